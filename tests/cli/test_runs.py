"""`bull runs`, `bull compare` and `--by`."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

import pytest
from tests.cli.conftest import Bull

Json = dict[str, Any]

SUMMARY: Json = {
    "symbol": "ETHUSDT", "synthetic": False, "from": "2025-02-28T01:00:00+00:00", "to": "2025-06-15T00:00:00+00:00",
    "positions": 12, "small_sample": True, "win_rate": 0.5, "bars_mean": 9.0, "r_net": 3.25, "return": 0.031,
    "max_drawdown": -0.02, "sharpe": None, "by_exit": {},
}  # fmt: skip
MANIFEST: Json = {
    "version": "1", "kernels": "k", "engines": {"features": 1}, "data": [{"sha256": "d"}],
    "window": {"from": "2025-02-28", "to": "2025-06-15"}, "fingerprints": {},
    "config": {"resolved": {"exits": {"stop_atr": 2.0}, "trade": {"side": "both"}}},
}  # fmt: skip


def _run(folder: pathlib.Path, summary: Json | None = None, manifest: Json | None = None, age: int = 0) -> None:
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps(SUMMARY if summary is None else summary))
    (folder / "manifest.json").write_text(json.dumps(MANIFEST if manifest is None else manifest))
    os.utime(folder / "manifest.json", (1_700_000_000 - age, 1_700_000_000 - age))


def _lines(out: str, word: str) -> list[list[str]]:
    """The cells of the table rows that hold `word`."""
    rows = ([cell.strip() for cell in line.strip("│").split("│")] for line in out.splitlines())
    return [row for row in rows if word in row]


def test_runs_are_listed_oldest_first_with_their_numbers(bull: Bull) -> None:
    _run(pathlib.Path("runs/new"))
    _run(pathlib.Path("runs/[old]"), {**SUMMARY, "r_net": -1.0, "max_drawdown": None}, age=60)
    _run(pathlib.Path("runs/half.partial"))
    done = bull("runs")
    assert (done.code, done.err) == (0, "")
    rows = _lines(done.out, "ETHUSDT")
    assert rows == [
        ["[old]", "ETHUSDT", "2025-02-28", "2025-06-15", "12", "-1.00", "3.10%", "-"],
        ["new", "ETHUSDT", "2025-02-28", "2025-06-15", "12", "+3.25", "3.10%", "-2.00%"],
    ]


def test_runs_speak_json(bull: Bull) -> None:
    _run(pathlib.Path("there/a"))
    (row,) = json.loads(bull("runs", "--dir", "there", "--json").out)
    assert row.pop("error") is None
    assert row.pop("name") == "a"
    assert row == {key: SUMMARY[key] for key in row}
    assert {"symbol", "positions", "r_net", "return", "max_drawdown"} < set(row)


def test_a_damaged_run_hides_no_other(bull: Bull) -> None:
    _run(pathlib.Path("runs/good"))
    _run(pathlib.Path("runs/bad"), age=60)
    pathlib.Path("runs/bad/summary.json").write_text("{")
    done = bull("runs")
    assert done.code == 0
    assert [row[0] for row in _lines(done.out, "good")] == ["good"]
    assert done.err.startswith("note: runs/bad cannot be read as a run: ")
    assert _lines(done.out, "bad") == [["bad", *"-" * 7]]


def test_a_directory_without_runs_says_so_and_none_is_refused(bull: Bull) -> None:
    pathlib.Path("empty").mkdir()
    assert bull("runs", "--dir", "empty").out == "no finished run in empty\n"
    assert bull("runs", "--dir", "empty", "--json").out == "[]\n"
    done = bull("runs")
    assert (done.code, done.out, done.err) == (
        2,
        "",
        "error: there is no directory runs: give --dir, or make a run first\n",
    )


def test_two_runs_stand_side_by_side_with_what_differs(bull: Bull) -> None:
    _run(pathlib.Path("runs/a"))
    settings = {"resolved": {"exits": {"stop_atr": 3.0, "trail": "none"}, "trade": {"side": "both"}}}
    other = {**MANIFEST, "config": settings, "data": [{"sha256": "e"}], "kernels": "l", "window": {}}
    _run(pathlib.Path("runs/b"), {**SUMMARY, "r_net": 1.0, "positions": 15, "sharpe": 1.5, "win_rate": None}, other)
    done = bull("compare", "a", "runs/b")
    assert done.code == 0
    assert _lines(done.out, "r_net") == [["r_net", "3.2500", "1.0000", "-2.2500"]]
    assert _lines(done.out, "positions") == [["positions", "12", "15", "+3"]]
    assert _lines(done.out, "return") == [["return", "0.0310", "0.0310", ""]]
    assert _lines(done.out, "sharpe") == [["sharpe", "-", "1.5000", ""]]
    assert _lines(done.out, "exits.stop_atr") == [["exits.stop_atr", "2.0", "3.0"]]
    assert _lines(done.out, "exits.trail") == [["exits.trail", "-", "none"]]
    assert _lines(done.out, "trade.side") == []
    for note in ("the data differ", "the windows differ", "the code differs: kernels"):
        assert note in done.out.splitlines()
    told = json.loads(bull("compare", "a", "b", "--json").out)
    assert told["runs"] == ["runs/a", "runs/b"]
    assert told["numbers"]["win_rate"] == [0.5, None]
    assert told["settings"] == {"exits.stop_atr": [2.0, 3.0], "exits.trail": [None, "none"]}
    assert told["notes"] == ["the data differ", "the windows differ", "the code differs: kernels"]
    assert not {"small_sample", "symbol", "by_exit"} & set(told["numbers"])


def test_equal_runs_differ_in_nothing(bull: Bull) -> None:
    for name in "ab":
        _run(pathlib.Path("there") / name)
    done = bull("compare", "a", "b", "--dir", "there")
    assert "all settings are the same" in done.out
    assert "differ" not in done.out


def test_other_signals_funding_and_lower_bars_are_named(bull: Bull) -> None:
    brought = {"funding": None, "lower_bars": None}
    given = {**MANIFEST, "signals": {"sha256": "s"}, "data": [{"sha256": "d", "outside": brought}]}
    _run(pathlib.Path("runs/a"), manifest=given)
    cases: dict[str, Json] = {
        "signals": {"signals": {"sha256": "t"}},
        "funding rates": {"data": [{"sha256": "d", "outside": {**brought, "funding": "f"}}]},
        "lower bars": {"data": [{"sha256": "d", "outside": {**brought, "lower_bars": "l"}}]},
    }
    for what, change in cases.items():
        _run(pathlib.Path("runs") / what, manifest={**given, **change})
        assert json.loads(bull("compare", "a", what, "--json").out)["notes"] == [f"the {what} differ"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("compare", "a", "zz"), "no finished run 'zz' here or in runs (the newest there: a, damaged)"),
        (("compare", "zz", "a"), "no finished run 'zz' here or in runs"),
        (("compare", "a", "damaged"), "runs/damaged cannot be read as a run: "),
        (("compare", "a", "a", "--dir", "nowhere"), "no finished run 'a' here or in nowhere"),
        (("runs", "--dir", "runs/a/summary.json"), "there is no directory runs/a/summary.json"),
        (("demo", "--by", "moon"), "--by moon: there is no such split; choose from exit, side, source, symbol, month"),
        (("backtest", "none.csv", "--by", "exit", "--by", "Side"), "--by Side: there is no such split"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_sentence(bull: Bull, arguments: tuple[str, ...], words: str) -> None:
    _run(pathlib.Path("runs/a"))
    _run(pathlib.Path("runs/damaged"))
    pathlib.Path("runs/damaged/manifest.json").write_text("[]")
    done = bull(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {words}")
    assert done.err.count("\n") == 1
    assert sorted(path.name for path in pathlib.Path().iterdir()) == ["runs"]
