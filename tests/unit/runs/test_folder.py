"""Run folders: partial until done, never overwritten by accident, found again by name."""

import json
import pathlib
import subprocess
import sys
from typing import Any, Final

import pytest

import bullmachine as bm
from bullmachine.core.errors import OutputError
from bullmachine.runs import parts
from bullmachine.runs.folder import RunFolder, find_run, past_runs, unused_name

MANIFEST: Final[dict[str, Any]] = {"fingerprints": {}, "status": "finished"}


def _made(target: pathlib.Path, **options: bool) -> pathlib.Path:
    folder = RunFolder(target, **options)
    folder.write_json("manifest.json", MANIFEST)
    return folder.finish()


def _tree(path: pathlib.Path) -> list[str]:
    return sorted(p.relative_to(path).as_posix() for p in path.rglob("*"))


def test_a_run_is_partial_until_it_is_finished(tmp_path: pathlib.Path) -> None:
    folder = RunFolder(tmp_path / "a" / "run")
    assert folder.path.name == "run.partial"
    assert _tree(tmp_path / "a") == ["run.partial"]
    folder.write_json("manifest.json", MANIFEST)
    assert folder.finish() == tmp_path / "a" / "run"
    assert _tree(tmp_path / "a") == ["last", "run", "run/manifest.json"]


def test_an_existing_run_is_refused_and_nothing_changes(tmp_path: pathlib.Path) -> None:
    _made(tmp_path / "run")
    before = _tree(tmp_path)
    with pytest.raises(OutputError, match="run exists: choose another --out, or --force to replace it"):
        RunFolder(tmp_path / "run")
    assert _tree(tmp_path) == before


def test_force_replaces_a_run_only_when_the_new_one_is_finished(tmp_path: pathlib.Path) -> None:
    (_made(tmp_path / "run") / "mark").touch()
    folder = RunFolder(tmp_path / "run", force=True)
    assert (tmp_path / "run" / "mark").exists()
    folder.write_json("manifest.json", MANIFEST)
    folder.finish()
    assert not (tmp_path / "run" / "mark").exists()


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"precious.txt": "mine"},
        {"manifest.json": "{}"},
        {"manifest.json": "no"},
        {"manifest.json": '{"name": "a web page"}'},
    ],
)
def test_force_does_not_remove_what_is_no_run(tmp_path: pathlib.Path, content: dict[str, str]) -> None:
    (tmp_path / "thing").mkdir()
    for name, text in content.items():
        (tmp_path / "thing" / name).write_text(text)
    before = _tree(tmp_path)
    with pytest.raises(OutputError, match="thing is no run folder, so --force does not remove it"):
        RunFolder(tmp_path / "thing", force=True)
    assert _tree(tmp_path) == before


def test_force_does_not_remove_a_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "thing").write_text("mine")
    with pytest.raises(OutputError, match="is no run folder"):
        RunFolder(tmp_path / "thing", force=True)
    assert (tmp_path / "thing").read_text() == "mine"


def test_a_leftover_of_a_stopped_run_is_removed_and_named(tmp_path: pathlib.Path) -> None:
    left = tmp_path / "run.partial"
    left.mkdir()
    (left / "log.jsonl").touch()
    folder = RunFolder(tmp_path / "run")
    assert folder.removed == f"removed {left}, left by a run that was stopped"
    assert _tree(left) == []


@pytest.mark.parametrize("name", ["thesis.docx", "deep/log.jsonl"])
def test_a_partial_folder_that_no_run_wrote_is_left_alone(tmp_path: pathlib.Path, name: str) -> None:
    precious = tmp_path / "run.partial" / name
    precious.parent.mkdir(parents=True)
    precious.write_text("mine")
    with pytest.raises(OutputError, match="is in the way and no run wrote it: move it"):
        RunFolder(tmp_path / "run")
    assert precious.read_text() == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="there an open file cannot be removed anyway")
def test_the_partial_folder_of_a_living_run_is_left_alone(tmp_path: pathlib.Path) -> None:
    code = (
        "import pathlib, sys\n"
        "from bullmachine.runs.folder import RunFolder\n"
        "folder = RunFolder(pathlib.Path(sys.argv[1]))\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "run")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        with pytest.raises(OutputError, match=r"run\.partial is being written by another run"):
            RunFolder(tmp_path / "run")
        assert unused_name(tmp_path, "run").name == "run-2"
        other.kill()
    assert unused_name(tmp_path, "run").name == "run"
    assert "left by a run that was stopped" in RunFolder(tmp_path / "run").removed


@pytest.mark.parametrize("name", ["last", "run.partial", ".", "..", "/"])
def test_a_name_that_means_something_else_is_refused(
    tmp_path: pathlib.Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for force in (False, True):
        with pytest.raises(OutputError, match="cannot be the name of a run: choose another --out"):
            RunFolder(pathlib.Path(name), force=force)
    assert _tree(tmp_path) == []


def test_a_folder_called_last_is_not_replaced_by_the_alias(tmp_path: pathlib.Path) -> None:
    (tmp_path / "last").mkdir()
    with pytest.raises(OutputError, match="last is a folder"):
        RunFolder(tmp_path / "run")


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot make .*run\.partial: Not a directory"):
        RunFolder(tmp_path / "file" / "run")


def test_a_name_the_system_cannot_look_up_is_one_sentence(tmp_path: pathlib.Path) -> None:
    with pytest.raises(OutputError, match=r"cannot make .*: File name too long"):
        RunFolder(tmp_path / ("x" * 300))


def test_a_run_reads_back_from_a_folder_whose_name_looks_like_a_pattern(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROWS_HELD", 100)
    result = bm.backtest(bm.sample(), start="2022-04-01", end="2022-04-10", out=tmp_path / "run [1]")
    assert len(result.decisions) == 240


def test_default_names_lie_side_by_side(tmp_path: pathlib.Path) -> None:
    names = []
    for _ in range(3):
        names.append(unused_name(tmp_path, "2025-01-01-eth_1h-abcdef").name)
        _made(tmp_path / names[-1])
    assert names == ["2025-01-01-eth_1h-abcdef", "2025-01-01-eth_1h-abcdef-2", "2025-01-01-eth_1h-abcdef-3"]


def test_runs_are_found_by_path_by_name_and_as_the_last(tmp_path: pathlib.Path) -> None:
    first, second = _made(tmp_path / "first"), _made(tmp_path / "second")
    RunFolder(tmp_path / "third").write_json("manifest.json", MANIFEST)
    assert past_runs(tmp_path) == [first, second]
    assert find_run("first", tmp_path) == first
    assert find_run(str(first), tmp_path / "elsewhere") == first
    assert find_run("last", tmp_path) == second


def test_the_last_run_is_the_directory_s_own_and_no_namesake(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    _made(pathlib.Path("run"))
    there = _made(tmp_path / "there" / "run")
    assert find_run("last", tmp_path / "there") == there
    (tmp_path / "there" / "last").write_text("last\n", encoding="utf-8")
    with pytest.raises(OutputError, match="no finished run 'last'"):
        find_run("last", tmp_path / "there")


@pytest.mark.parametrize("name", ["third", "third.partial", "last"])
def test_a_run_that_is_not_there_is_named_with_its_neighbours(tmp_path: pathlib.Path, name: str) -> None:
    RunFolder(tmp_path / "third").write_json("manifest.json", MANIFEST)
    with pytest.raises(OutputError, match=rf"no finished run '{name}' here or in .* \(the newest there: none yet\)"):
        find_run(name, tmp_path)


def test_an_interrupted_run_says_so_and_is_not_found(tmp_path: pathlib.Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.interrupt(MANIFEST)
    assert json.loads((folder.path / "manifest.json").read_text())["status"] == "interrupted"
    assert past_runs(tmp_path) == []


def test_a_manifest_holds_no_nan(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ValueError, match="Out of range float values"):
        RunFolder(tmp_path / "run").write_json("manifest.json", {"x": float("nan")})


def test_a_past_run_is_opened_by_name_and_the_newest_as_last(tmp_path: pathlib.Path) -> None:
    for name in ("one", "two"):
        bm.backtest(bm.sample(), start="2023-12-01", out=tmp_path / name)
    assert bm.open_run("one", tmp_path).summary == bm.open_run(tmp_path / "one").summary
    assert bm.open_run(directory=tmp_path).path.name == "two"
    with pytest.raises(bm.OutputError, match="no finished run 'three'"):
        bm.open_run("three", tmp_path)
