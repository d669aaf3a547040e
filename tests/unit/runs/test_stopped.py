"""A run that is stopped in the middle leaves a marked partial folder, and the next run of that name clears it."""

from __future__ import annotations

import contextlib
import json
import pathlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import polars as pl
import pytest
from tests.modes import compiled_only

import bullmachine as bm
from bullmachine.runs.folder import RunFolder
from bullmachine.runs.plan import plan

pytestmark = [compiled_only, pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")]

#: the command line, but every piece of bars takes a while and says that it was taken
DRIVER: Final = """
import sys, time
from bullmachine.runs.journal import Journal
take = Journal.take
def slowly(self, chunk):
    take(self, chunk)
    if self.counts["decided"]:
        print("taken", flush=True)
        time.sleep(0.3)
Journal.take = slowly
from bullmachine.cli.main import main
main()
"""


@contextlib.contextmanager
def _running(out: pathlib.Path) -> Iterator[subprocess.Popen[str]]:
    """`bull demo` that has decided some bars and is far from done."""
    command = [sys.executable, "-c", DRIVER, "demo", "--out", str(out), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(2):
            assert process.stdout.readline() == "taken\n"
        yield process


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_a_marked_partial_folder_and_its_exit_code(
    tmp_path: pathlib.Path, sent: signal.Signals, code: int
) -> None:
    with _running(tmp_path / "run") as process:
        process.send_signal(sent)
        _, told = process.communicate(timeout=60)
    assert process.returncode == code
    assert told.splitlines()[-1] == f"stopped: {tmp_path / 'run.partial'} holds what was written until then"
    assert "Traceback" not in told
    assert [path.name for path in tmp_path.iterdir()] == ["run.partial"]
    left = tmp_path / "run.partial"
    manifest = json.loads((left / "manifest.json").read_text("utf-8"))
    assert manifest["status"] == "interrupted"
    decided = manifest["counts"]["decided"]
    assert 0 < decided < 10_000
    for table in ("decisions", "equity"):
        assert len(pl.read_parquet(left / f"{table}.parquet")) == decided
    assert all(json.loads(line) for line in (left / "log.jsonl").read_text("utf-8").splitlines())
    assert not (left / "summary.json").exists()
    _next_run_clears(tmp_path)


def test_a_killed_run_leaves_a_partial_folder_too(tmp_path: pathlib.Path) -> None:
    with _running(tmp_path / "run") as process:
        process.kill()
        process.communicate(timeout=60)
    assert [path.name for path in tmp_path.iterdir()] == ["run.partial"]
    assert not (tmp_path / "run.partial" / "manifest.json").exists()
    _next_run_clears(tmp_path)


def _next_run_clears(directory: pathlib.Path) -> None:
    code = "import sys; from bullmachine.cli.main import main; main()"
    command = [sys.executable, "-c", code, "demo", "--out", str(directory / "run"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"note: removed {directory / 'run.partial'}, left by a run that was stopped" in done.stderr
    assert sorted(path.name for path in directory.iterdir()) == ["last", "run"]
    assert json.loads(done.stdout)["path"] == str(directory / "run")


@pytest.mark.parametrize("pieces", [8, 45], ids=["first pass", "second pass"])
@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_whatever_stops_a_run_goes_on_to_the_caller(
    tmp_path: pathlib.Path, stop: type[BaseException], pieces: int
) -> None:
    from bullmachine.runs import backtest  # noqa: PLC0415  (the checked `run` is put into the module)

    def halt(done: int, _all: int) -> None:
        if done > pieces:
            raise stop

    folder = RunFolder(tmp_path / "run")
    with pytest.raises(stop):
        backtest.run(plan(bm.sample(), start="2022-04-01"), folder, progress=halt)
    manifest = json.loads((tmp_path / "run.partial" / "manifest.json").read_text("utf-8"))
    assert manifest["status"] == "interrupted"
    assert manifest["counts"]["decided"] > 0
    assert not (tmp_path / "run").exists()
