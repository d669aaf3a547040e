"""`bull` in this process: arguments in; exit code, output and complaints back."""

from __future__ import annotations

import dataclasses
import pathlib
import signal
import sys
from collections.abc import Callable, Iterator

import polars as pl
import pytest

from bullmachine.cli.main import main
from bullmachine.market.sample import sample_rows


@dataclasses.dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


Bull = Callable[..., Done]


@pytest.fixture
def bull(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Bull]:
    """`bull("data", "check", file)`: run a command in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    handler = signal.getsignal(signal.SIGTERM)

    def run(*argv: str | pathlib.Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["bull", *map(str, argv)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        told = capsys.readouterr()
        return Done(code, told.out, told.err)

    yield run
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture(scope="session")
def market() -> pl.DataFrame:
    """2,000 hours of the synthetic market as a table."""
    rows = sample_rows(2_000)
    frame = pl.DataFrame({name: rows[name] for name in rows.dtype.names or ()})
    return frame.rename({"ts": "time"}).with_columns(
        pl.from_epoch("time", time_unit="ms").dt.replace_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    )


@pytest.fixture
def file(tmp_path: pathlib.Path, market: pl.DataFrame) -> pathlib.Path:
    """The market as a CSV file in the directory of the command."""
    path = tmp_path / "market.csv"
    market.write_csv(path)
    return path
