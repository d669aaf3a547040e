"""Bad input: exit code 2, one sentence that says where and what to do, and not a trace on disk."""

from __future__ import annotations

import datetime as dt
import functools
import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Final

import polars as pl
import pytest
from tests.cli.conftest import Bull, Done

Write = Callable[[pl.DataFrame, pathlib.Path], object]

DAMAGED: Final = "x.parquet cannot be read as parquet: truncated or damaged"
SPAN: Final = "the data span 2022-01-01"


def _csv(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Write:
    return lambda market, path: change(market).write_csv(path)


def _cell(column: str, row: int, value: object) -> Write:
    """The file with one cell (1-based row) replaced, as text."""

    def change(market: pl.DataFrame) -> pl.DataFrame:
        cells = market[column].cast(pl.String).to_list()
        cells[row - 1] = None if value is None else str(value)
        return market.with_columns(pl.Series(column, cells, dtype=pl.String))

    return _csv(change)


def _swapped(market: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([market.slice(0, 99), market.slice(100, 1), market.slice(99, 1), market.slice(101)])


def _doubled(market: pl.DataFrame) -> pl.DataFrame:
    again = market.slice(99, 1).with_columns(close=pl.col("low"))
    return pl.concat([market.head(100), again, market.slice(100)])


def _truncated(market: pl.DataFrame, path: pathlib.Path) -> None:
    market.write_parquet(path)
    path.write_bytes(path.read_bytes()[:-500])


def _shifted(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("time").str.replace(":00Z", ":07Z"))


def _step(market: pl.DataFrame, *, minutes: int, late: int = 0) -> pl.DataFrame:
    """The same bars so many minutes apart."""
    first = dt.datetime(2022, 1, 1, 0, late, tzinfo=dt.UTC)
    times = [first + k * dt.timedelta(minutes=minutes) for k in range(len(market))]
    return market.with_columns(time=pl.Series([f"{when:%Y-%m-%dT%H:%M:%SZ}" for when in times]))


def _zone(text: str, rows: int) -> Write:
    def change(market: pl.DataFrame) -> pl.DataFrame:
        late = pl.int_range(pl.len()) >= rows
        return market.with_columns(
            time=pl.when(late).then(pl.col("time").str.replace("Z", text, literal=True)).otherwise("time")
        )

    return _csv(change)


#: file, how it is written, and what the sentence must name
FILES: Final[dict[str, tuple[str, Write, tuple[str, ...]]]] = {
    "wrong columns": (
        "x.csv",
        _csv(lambda m: m.rename({"close": "last"})),
        ("x.csv has no column for close", "found: time, open, high, low, last, volume", "name them time, open"),
    ),
    "unsorted": ("x.csv", _csv(_swapped), ("x.csv row 101, column time: 2022-01-05 03:00 comes after", "row 100")),
    "a second, different bar": (
        "x.csv",
        _csv(_doubled),
        ("x.csv row 101, column time: a second, different bar for 2022-01-05 03:00", "the first is row 100"),
    ),
    "NaN": ("x.csv", _cell("low", 50, "NaN"), ("x.csv row 50, column low: low is missing or NaN", "policy")),
    "an empty cell": ("x.csv", _cell("close", 50, None), ("x.csv row 50, column close: close is missing or NaN",)),
    "infinity": ("x.csv", _cell("high", 50, "inf"), ("x.csv row 50, column high: high is inf",)),
    "high below low": ("x.csv", _cell("high", 50, 1.0), ("x.csv row 50, column high: high 1.0 is below low",)),
    "a low above the open": ("x.csv", _cell("low", 50, 1e6), ("x.csv row 50", "1000000.0")),
    "text in a number": ("x.csv", _cell("open", 50, "n/a"), ("x.csv row 50, column open: 'n/a' is no number",)),
    "an unreadable time": ("x.csv", _cell("time", 50, "yesterday"), ("x.csv row 50, column time", "yesterday")),
    "no zone": ("x.csv", _zone("", 0), ("x.csv: the times name no zone", "UTC")),
    "a zone on some rows only": ("x.csv", _zone("", 100), ("x.csv row 101: the time lacks a zone, unlike row 1",)),
    "two zones": ("x.csv", _zone("+05:00", 100), ("x.csv row 101", "is in another zone than row 1")),
    "off the grid": ("x.csv", _csv(_shifted), ("x.csv row 1, column time: 2022-01-01 00:00:07", "off the 1h grid")),
    "coarser bars": ("x.csv", _csv(lambda m: m.gather_every(4)), ("x.csv holds 4h bars, the base timeframe is 1h",)),
    "finer bars that do not divide the base": (
        "x.csv",
        _csv(functools.partial(_step, minutes=45)),
        ("x.csv holds 45m bars, which do not divide the base timeframe 1h", "ladder that begins with 45m"),
    ),
    "finer bars of an odd step": (
        "x.csv",
        _csv(functools.partial(_step, minutes=7)),
        ("x.csv holds 7m bars, which do not divide the base timeframe 1h",),
    ),
    "finer bars off their own grid": (
        "x.csv",
        _csv(functools.partial(_step, minutes=5, late=2)),
        ("x.csv row 1, column time: 2022-01-01 00:02", "off the 5m grid"),
    ),
    "a bad row of a finer file": (
        "x.csv",
        _csv(lambda m: pl.concat([m[:49], m[49:50].with_columns(high=1.0), m[50:]]).pipe(_step, minutes=5)),
        ("x.csv row 50, column high: high 1.0 is below low", "policy"),
    ),
    "finer bars that end no hour": (
        "x.csv",
        _csv(lambda m: _step(m, minutes=5).head(11)),
        ("x.csv: its 11 5m bars reach the end of no 1h bar; give a longer file",),
    ),
    "an empty file": ("x.csv", lambda _, path: path.touch(), ("x.csv is empty",)),
    "only a header": ("x.csv", _csv(lambda m: m.head(0)), ("x.csv has a header but no bars",)),
    "a ragged row": (
        "x.csv",
        lambda m, path: path.write_text(m.head(3).write_csv() + "1,2,3,4,5,6,7,8\n"),
        ("x.csv row 4 has 8 fields where 6 are expected",),
    ),
    "no text at all": ("x.csv", lambda _, path: path.write_bytes(b"\xff\xfe,\x80"), ("x.csv is no UTF-8 text",)),
    "a truncated Parquet file": ("x.parquet", _truncated, (DAMAGED,)),
    "text called Parquet": (
        "x.parquet",
        lambda m, path: m.write_csv(path),
        (DAMAGED,),
    ),
}  # fmt: skip

#: arguments after the file, and what the sentence must name
ARGUMENTS: Final[dict[str, tuple[list[str], tuple[str, ...]]]] = {
    "an empty window": (
        ["--from", "2022-02-02", "--to", "2022-02-01"],
        ("the window 2022-02-02 00:00 .. 2022-02-02 00:00 is empty", "--from must be before --to"),
    ),
    "a window after the data": (["--from", "2030-01-01"], ("no bar from 2030-01-01 00:00", SPAN)),
    "a window before the data": (["--to", "2021-01-01"], ("no bar before 2021-01-02 00:00", SPAN)),
    "a date that is none": (["--from", "01.02.2022"], ("'01.02.2022' is neither a date like 2025-02-28",)),
    "an unknown setting": (["--set", "fusion.onn=0.9"], ('"fusion.onn" in --set', "did you mean fusion.on?")),
    "an unknown setting without its section": (["--set", "per_trade=0.1"], ("did you mean risk.per_trade",)),
    "a value out of range": (
        ["--set", "risk.per_trade=0.5"],
        ("risk.per_trade = 0.5 in --set is above 0.2", "allowed: 0.0001 to 0.2"),
    ),
    "a value of the wrong kind": (["--set", "risk.per_trade=lots"], ('risk.per_trade = "lots"', "is not a number")),
    "a name that is none": (["--set", "trade.side=up"], ('trade.side = "up"', "both, long, short")),
    "weights that do not sum": (["--set", "fusion.momentum.mix_base=0.5"], ("must be 1, not 0.8",)),
    "a text that sets nothing": (["--set", "fusion.on"], ('--set "fusion.on" is not KEY=VALUE',)),
    "a preset that is none": (["--config", "eth_1hh"], ('no preset "eth_1hh"', "did you mean eth_1h?")),
    "a settings file that is not there": (["--config", "no/such.toml"], ("no settings file no/such.toml",)),
    "a policy that is none": (["--policy", "ignore"], ("policy = 'ignore' is neither 'refuse' nor 'drop'",)),
    "a folder under a file": (["--out", "market.csv/run"], ("cannot make market.csv/run.partial: Not a directory",)),
    "a name too long": (["--out", "x" * 300], ("cannot make xxx", "File name too long")),
    "a settings name too long": (["--config", "x" * 300], ("no preset", "presets: eth_15m, eth_1h")),
    "a folder of settings": (["--config", "."], (". cannot be read as a settings file: Is a directory",)),
    "a name kept for the newest run": (["--out", "last"], ("'last' cannot be the name of a run",)),
    "a time zone that is none": (["--tz", "Mars/Olympus"], ("Mars/Olympus",)),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_one_sentence(name: str, bull: Bull, market: pl.DataFrame, tmp_path: pathlib.Path) -> None:
    file, write, words = FILES[name]
    write(market, tmp_path / file)
    _refused(bull("backtest", file, "--from", "2022-03-01"), words, tmp_path, [file])


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_bad_argument_is_one_sentence(name: str, bull: Bull, market: pl.DataFrame, tmp_path: pathlib.Path) -> None:
    arguments, words = ARGUMENTS[name]
    if "--tz" in arguments:
        _zone("", 0)(market, tmp_path / "market.csv")
    else:
        market.write_csv(tmp_path / "market.csv")
    _refused(bull("backtest", "market.csv", *arguments), words, tmp_path, ["market.csv"])


def test_a_file_that_is_not_there_is_named(bull: Bull, tmp_path: pathlib.Path) -> None:
    _refused(bull("backtest", "no/such.csv"), ("no/such.csv does not exist; check the path",), tmp_path, [])


def test_a_directory_is_no_file_of_bars(bull: Bull, tmp_path: pathlib.Path) -> None:
    _refused(bull("backtest", "."), (". cannot be read: Is a directory",), tmp_path, [])


def test_a_bad_settings_file_is_named_with_its_line(bull: Bull, file: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "my.toml").write_text("[fusion]\non = 0.9\noof = 0.3\n")
    words = ('unknown setting "fusion.oof" in my.toml; did you mean fusion.off',)
    _refused(bull("backtest", file, "--config", "my.toml"), words, tmp_path, ["market.csv", "my.toml"])
    (tmp_path / "my.toml").write_text("[fusion\n")
    words = ("my.toml is not valid TOML",)
    _refused(bull("backtest", file, "--config", "my.toml"), words, tmp_path, ["market.csv", "my.toml"])


def test_a_run_that_exists_is_refused_and_stays(bull: Bull, file: pathlib.Path, tmp_path: pathlib.Path) -> None:
    arguments = ("backtest", file, "--from", "2022-03-01", "--to", "2022-03-02", "--out", "run")
    assert bull(*arguments).code == 0
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    done = bull(*arguments)
    _refused(done, ("run exists: choose another --out, or --force to replace it",), tmp_path, None)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert bull(*arguments, "--force").code == 0


def test_drop_is_the_remedy_for_bad_rows(bull: Bull, market: pl.DataFrame, tmp_path: pathlib.Path) -> None:
    _cell("high", 50, 1.0)(market, tmp_path / "x.csv")
    assert bull("backtest", "x.csv", "--from", "2022-03-01", "--policy", "drop").code == 0


def test_a_zone_is_the_remedy_for_naive_times(bull: Bull, market: pl.DataFrame, tmp_path: pathlib.Path) -> None:
    _zone("", 0)(market, tmp_path / "x.csv")
    assert bull("backtest", "x.csv", "--from", "2022-03-01", "--tz", "UTC").code == 0


def test_too_little_history_is_a_note_and_no_error(bull: Bull, file: pathlib.Path) -> None:
    done = bull("backtest", file, "--to", "2022-01-05")
    assert done.code == 0
    assert "note: too little history of MARKET: " in done.err
    assert "funnel: signals " in done.out


@pytest.mark.parametrize(
    "arguments",
    [("data", "check", "no.csv"), ("config", "check", "no.toml"), ("calibrate", "no.csv", "--until", "2022-02-01")],
)
def test_every_command_refuses_in_one_sentence(arguments: tuple[str, ...], bull: Bull, tmp_path: pathlib.Path) -> None:
    _refused(bull(*arguments), ("no.", "; "), tmp_path, [])


@pytest.mark.parametrize(
    "arguments",
    [
        ("config", "init", "no/such/folder.toml"),
        ("calibrate", "market.csv", "--until", "2022-03-20", "--out", "no/such/folder.toml"),
    ],
)
def test_a_file_that_cannot_be_written_is_one_sentence(
    arguments: tuple[str, ...], bull: Bull, file: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    done = bull(*arguments)
    assert done.code == 2
    assert done.err.splitlines()[-1].startswith("error: no/such/folder.toml could not be written: No such file")
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize(
    "arguments",
    [
        ("config", "init", "market.csv/x.toml"),
        ("config", "init", "x" * 300),
        ("calibrate", "market.csv", "--until", "2022-03-20", "--out", "market.csv/x.toml"),
    ],
)
def test_a_place_where_no_file_can_be_is_one_sentence(
    arguments: tuple[str, ...], bull: Bull, file: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    done = bull(*arguments)
    assert done.code == 2
    assert "could not be written: " in done.err.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def _refused(done: Done, words: tuple[str, ...], folder: pathlib.Path, left: list[str] | None) -> None:
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    for word in words:
        assert word in done.err
    if left is not None:
        assert sorted(path.name for path in folder.iterdir()) == left


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["no/such.csv"], "does not exist"),
        (["market.csv", "--set", "fusion.onn=1"], "did you mean fusion.on?"),
        (["cut.parquet"], "truncated or damaged"),
    ],
)
def test_the_real_command_refuses_in_one_sentence_too(arguments: list[str], word: str, file: pathlib.Path) -> None:
    _truncated(pl.read_csv(file), file.parent / "cut.parquet")
    command = [sys.executable, "-m", "bullmachine", "backtest", *arguments]
    done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)
    _refused(Done(done.returncode, done.stdout, done.stderr), (word,), file.parent, ["cut.parquet", file.name])
