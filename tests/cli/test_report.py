"""`bull report`: where it finds the run, where it writes, what it refuses."""

import pathlib
import webbrowser

import pytest
from tests.cli.conftest import Bull
from tests.unit.report.folders import write


def test_the_report_lies_in_the_run_folder_and_is_made_anew(bull: Bull, tmp_path: pathlib.Path) -> None:
    folder = write(tmp_path / "runs" / "one")
    (tmp_path / "runs" / "last").write_text("one\n")
    for name in ("last", "one", folder):
        path = folder / "report.html"
        path.unlink(missing_ok=True)
        assert bull("report", name).code == 0
        assert path.read_text("utf-8").startswith("<!doctype html>")
    path.write_text("old")
    done = bull("report", "one")
    assert (done.code, done.out) == (0, "report: runs/one/report.html\n")
    assert path.read_text("utf-8") != "old"


def test_another_file_is_only_replaced_with_force(bull: Bull, tmp_path: pathlib.Path) -> None:
    folder, other = write(tmp_path / "one"), tmp_path / "other.html"
    other.write_text("mine")
    done = bull("report", folder, "--out", other)
    assert (done.code, other.read_text()) == (2, "mine")
    assert "--force" in done.err
    assert bull("report", folder, "--out", other, "--force").code == 0
    assert other.read_text("utf-8") != "mine"


def test_no_such_run_and_an_older_run_end_with_one_sentence(bull: Bull, tmp_path: pathlib.Path) -> None:
    missing = bull("report", "nothing")
    assert (missing.code, missing.err.count("\n")) == (2, 1)
    assert missing.err.startswith("error: no finished run 'nothing'")
    folder = write(tmp_path / "old")
    (folder / "orders.parquet").unlink()
    old = bull("report", folder)
    assert (old.code, old.err.count("\n")) == (2, 1)
    assert "older version" in old.err


def test_open_shows_the_file_in_the_browser(
    bull: Bull, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda uri: not shown.append(uri))  # type: ignore[func-returns-value]
    folder = write(tmp_path / "one")
    assert bull("report", folder, "--open").code == 0
    assert shown == [(folder / "report.html").as_uri()]
    monkeypatch.setattr(webbrowser, "open", lambda _uri: False)
    assert "open the file yourself" in bull("report", folder, "--open").err
