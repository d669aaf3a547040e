"""A disk that is full or refuses ends a run with one sentence and without a folder that looks finished."""

from __future__ import annotations

import errno
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Any, Final

import polars as pl
import pytest
from tests.modes import compiled_only
from tests.unit.runs.conftest import Backtest

from bullmachine.core.errors import OutputError
from bullmachine.runs import parts
from bullmachine.runs.folder import RunFolder

pytestmark = compiled_only

FULL: Final = r"the disk is full: .*run\.partial could not be written; free some space"


def _full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _refuse_open(monkeypatch: pytest.MonkeyPatch, name: str, code: int) -> None:
    """`Path.open` and `Path.write_text` fail for files called `name`."""
    opened = pathlib.Path.open

    def guarded(self: pathlib.Path, *args: Any, **kwargs: Any) -> Any:
        if self.name == name and "partial" in str(self):
            raise OSError(code, os.strerror(code))
        return opened(self, *args, **kwargs)

    monkeypatch.setattr(pathlib.Path, "open", guarded)


def test_a_full_disk_while_tables_are_written(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, backtest: Backtest
) -> None:
    monkeypatch.setattr(parts, "ROWS_HELD", 100)
    monkeypatch.setattr(pl.DataFrame, "write_parquet", _full)
    with pytest.raises(OutputError, match=FULL):
        backtest(out=tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run.partial"]
    assert json.loads((tmp_path / "run.partial" / "manifest.json").read_text("utf-8"))["status"] == "interrupted"


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("parquet: underlying IO error: No space left on device (os error 28)", FULL),
        ("parquet: Invalid thrift: transport error", "could not be written: Input/output error; choose another --out"),
    ],
)
def test_a_failed_write_of_polars_own_is_one_sentence_too(
    told: str, says: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, backtest: Backtest
) -> None:
    sink = pl.LazyFrame.sink_parquet

    def fail(self: pl.LazyFrame, target: Any, **options: Any) -> Any:
        if isinstance(target, pathlib.Path):
            raise pl.exceptions.ComputeError(told)
        return sink(self, target, **options)

    monkeypatch.setattr(parts, "ROWS_HELD", 100)
    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", fail)
    with pytest.raises(OutputError, match=says):
        backtest(out=tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run.partial"]


@pytest.mark.parametrize("name", ["log.jsonl", "manifest.json", "summary.json"])
def test_a_full_disk_when_a_file_is_made(
    name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, backtest: Backtest
) -> None:
    _refuse_open(monkeypatch, name, errno.ENOSPC)
    with pytest.raises(OutputError, match=FULL):
        backtest(out=tmp_path / "run")
    left = [path.name for path in tmp_path.iterdir()]
    assert left == (["run.partial"] if name == "summary.json" else [])


def test_a_full_disk_at_the_very_end_keeps_the_run_that_was_there(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, backtest: Backtest
) -> None:
    kept = backtest(out=tmp_path / "run").path / "manifest.json"
    before = kept.read_bytes()
    monkeypatch.setattr(RunFolder, "finish", _full)
    with pytest.raises(OutputError, match=FULL):
        backtest(out=tmp_path / "run", force=True)
    assert kept.read_bytes() == before


def test_another_failure_is_named(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, backtest: Backtest) -> None:
    _refuse_open(monkeypatch, "summary.json", errno.EACCES)
    with pytest.raises(
        OutputError, match=r"run\.partial could not be written: Permission denied; choose another --out"
    ):
        backtest(out=tmp_path / "run")


def test_a_run_that_nobody_asked_to_keep_leaves_nothing_when_it_fails(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, backtest: Backtest
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(pl.DataFrame, "write_parquet", _full)
    with pytest.raises(OutputError, match=FULL):
        backtest()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_limit_of_the_system_on_file_sizes_is_met_in_the_middle_of_a_table(tmp_path: pathlib.Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "from bullmachine.cli.main import main\n"
        "from bullmachine.machine.warm import compile_kernels\n"
        "list(compile_kernels())\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "main()\n"
    )
    command = [sys.executable, "-c", code, "demo", "--out", str(tmp_path / "run"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert (done.stdout, done.stderr.count("error: ")) == ("", 1)
    assert "run.partial could not be written: " in done.stderr
    assert "File too large" in done.stderr
    assert not (tmp_path / "run").exists()
