"""Folders that no report can be made of are refused with one sentence, and nothing is written."""

import json
import pathlib

import polars as pl
import pytest
from tests.unit.report.folders import write

from bullmachine.core.errors import OutputError
from bullmachine.report import write_report


def _refused(folder: pathlib.Path) -> str:
    with pytest.raises(OutputError) as refused:
        write_report(folder)
    assert not list(folder.glob("*.html*"))
    return str(refused.value)


def test_a_folder_that_is_no_run(tmp_path: pathlib.Path) -> None:
    assert _refused(tmp_path) == f"{tmp_path} is no finished run: it has no manifest.json"


def test_a_run_that_was_interrupted(tmp_path: pathlib.Path) -> None:
    folder = write(tmp_path / "run")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8")) | {"status": "interrupted"}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert _refused(folder) == f"{folder} is a run that did not finish: run the backtest again"


@pytest.mark.parametrize("name", ["orders.parquet", "ambiguity.parquet"])
def test_a_folder_of_an_older_version(tmp_path: pathlib.Path, name: str) -> None:
    folder = write(tmp_path / "run")
    (folder / name).unlink()
    assert _refused(folder) == f"{folder} was written by an older version (it lacks {name}): run the backtest again"


def test_a_table_without_a_column_and_a_summary_without_a_key(tmp_path: pathlib.Path) -> None:
    folder = write(tmp_path / "run")
    pl.read_parquet(folder / "bars.parquet").drop("symbol").write_parquet(folder / "bars.parquet")
    assert "lacks the column symbol in bars.parquet" in _refused(folder)
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    del summary["interval"]
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    assert "lacks interval in summary.json" in _refused(folder)


@pytest.mark.parametrize("name", ["manifest.json", "summary.json", "equity.parquet"])
def test_a_file_that_cannot_be_read(tmp_path: pathlib.Path, name: str) -> None:
    folder = write(tmp_path / "run")
    (folder / name).write_bytes(b"\x00 nonsense")
    assert _refused(folder).startswith(f"{folder / name} cannot be read: ")


def test_a_place_that_cannot_be_written(tmp_path: pathlib.Path) -> None:
    folder = write(tmp_path / "run")
    with pytest.raises(OutputError, match=r"could not be written: .*; choose another --out"):
        write_report(folder, tmp_path / "nowhere" / "report.html")
