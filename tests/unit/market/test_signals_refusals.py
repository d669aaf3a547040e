"""Every bad table of signals: one sentence with the place, the value and what to do."""

import pathlib
import re
from collections.abc import Callable

import polars as pl
import pytest

from bullmachine.core.errors import ConfigError, DataError
from bullmachine.market.signals import read_signals

Write = Callable[..., pathlib.Path]

HEADER = "time,side,limit,stop,target,size,expiry,symbol"
ROWS = ["2023-11-15T00:00Z,long,,,,1,,ETH", "2023-11-15T01:00Z,flat,,,,,,ETH", "2023-11-15T02:00Z,short,,,,1,,ETH"]

BAD = {
    "unknown side": ("2023-11-15T02:00Z,up,,,,1,,ETH", "side", "'up' is no side; write long, short or flat"),
    "no side": ("2023-11-15T02:00Z,,,,,1,,ETH", "side", "the side is missing; write long"),
    "size of zero": ("2023-11-15T02:00Z,long,,,,0,,ETH", "size", "size 0.0 is not above 0; leave it empty"),
    "negative size": ("2023-11-15T02:00Z,long,,,,-2,,ETH", "size", "size -2.0 is not above 0"),
    "infinite size": ("2023-11-15T02:00Z,long,,,,inf,,ETH", "size", "size is inf"),
    "text in size": ("2023-11-15T02:00Z,long,,,,all,,ETH", "size", "'all' is no number"),
    "negative limit": ("2023-11-15T02:00Z,long,-1,,,,,ETH", "limit", "limit -1.0 is not above 0"),
    "zero stop": ("2023-11-15T02:00Z,long,,0,,,,ETH", "stop", "stop 0.0 is not above 0"),
    "infinite target": ("2023-11-15T02:00Z,long,,,inf,,,ETH", "target", "target is inf"),
    "long stop": ("2023-11-15T02:00Z,long,100,101,,,,ETH", "stop", "stop 101.0 of a long is not below its limit 100.0"),
    "stop at limit": ("2023-11-15T02:00Z,long,100,100,,,,ETH", "stop", "stop 100.0 of a long is not below its limit"),
    "short stop": ("2023-11-15T02:00Z,short,100,99,,,,ETH", "stop", "stop 99.0 of a short is not above its limit 100"),
    "long target": ("2023-11-15T02:00Z,long,100,,99,,,ETH", "target", "target 99.0 of a long is not above its limit"),
    "short target": ("2023-11-15T02:00Z,short,,90,95,,,ETH", "stop", "stop 90.0 of a short is not above its target"),
    "flat with a level": ("2023-11-15T02:00Z,flat,,90,,,,ETH", "stop", "a flat has no stop; flat closes everything"),
    "flat with a size": ("2023-11-15T02:00Z,flat,,,,1,,ETH", "size", "a flat has no size"),
    "half a bar": ("2023-11-15T02:00Z,long,100,,,,1.5,ETH", "expiry", "expiry 1.5 is no number of bars"),
    "no bars": ("2023-11-15T02:00Z,long,100,,,,0,ETH", "expiry", "expiry 0.0 is no number of bars"),
    "endless": ("2023-11-15T02:00Z,long,100,,,,1e300,ETH", "expiry", "expiry 1e.300 is no number of bars"),
    "expiry of nothing": ("2023-11-15T02:00Z,long,,,,,5,ETH", "expiry", "without a limit .* cannot expire"),
    "same time": ("2023-11-15T01:00Z,long,,,,,,ETH", "time", "a second signal for .*01:00.* \\(the first is row 2\\)"),
    "unsorted": ("2023-11-15T00:30Z,long,,,,,,ETH", "time", "00:30.* comes after .*01:00.* of row 2; sort"),
    "no time": (",long,,,,,,ETH", "time", "time None cannot be read"),
    "odd time": ("noon,long,,,,,,ETH", "time", "time noon cannot be read"),
    "other symbol": (
        "2023-11-15T02:00Z,long,,,,,,BTC",
        "symbol",
        "the run has no 'BTC' \\(it has ETH\\); leave the row",
    ),
    "no symbol": ("2023-11-15T02:00Z,long,,,,,,", "symbol", "the symbol is missing"),
}


@pytest.mark.parametrize(("line", "column", "sentence"), BAD.values(), ids=BAD)
def test_a_bad_row_is_refused_with_its_place(write: Write, line: str, column: str, sentence: str) -> None:
    path = write("\n".join([HEADER, *ROWS[:2], line]), "mine.csv")
    with pytest.raises(DataError, match=rf"^mine\.csv row 3, column {column}: .*{sentence}") as got:
        read_signals(path, symbol="ETH")
    assert {k: got.value.facts[k] for k in ("path", "row", "column")} == {
        "path": "mine.csv",
        "row": 3,
        "column": column,
    }
    assert "\n" not in str(got.value)
    assert ";" in str(got.value)


def test_the_rows_those_tests_change_are_good(write: Write) -> None:
    assert len(read_signals(write("\n".join([HEADER, *ROWS])), symbol="ETH")) == 3


WHOLE = {
    "empty": ("", "mine.csv is empty"),
    "header only": (HEADER, "mine.csv has a header but no signals"),
    "no side": ("time,limit\n2023-11-15T00:00Z,5", r"mine.csv has no column for side \(found: time, limit\); .* long"),
    "no time": ("side,limit\nlong,5", "mine.csv has no column for time .*; signals need a column time"),
    "open times": ("open_time,side\n1700006400,long", "mine.csv has no column for time .*when each was known"),
    "two sides": ("time,side,Side\n1700006400,long,long", "mine.csv has several columns for side: 'side' and 'Side'"),
    "no header": ("1700006400,long\n1700010000,short", "mine.csv has no header line .* such as time,side,size"),
    "naive": ("time,side\n2023-11-15 00:00,long", "mine.csv: the times name no zone; .* say which it is"),
}


@pytest.mark.parametrize(("text", "sentence"), WHOLE.values(), ids=WHOLE)
def test_a_file_that_is_no_table_of_signals_is_refused(write: Write, text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=rf"^{sentence}"):
        read_signals(write(text, "mine.csv"))


def test_a_file_that_is_not_there_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.csv does not exist"):
        read_signals(tmp_path / "nothing.csv")


def test_what_is_no_frame_is_refused() -> None:
    with pytest.raises(DataError, match="a dict is no source of signals"):
        read_signals({"time": [], "side": []})


def test_a_frame_without_rows_is_refused() -> None:
    empty = pl.DataFrame({"time": [], "side": []}, schema={"time": pl.Int64, "side": pl.String})
    with pytest.raises(DataError, match="polars frame has columns but no signals"):
        read_signals(empty)


def test_several_symbols_need_a_column_that_names_them() -> None:
    with pytest.raises(DataError, match=r"names no symbol and the run has ETH, BTC; add a column symbol"):
        read_signals(pl.DataFrame({"time": [1_700_006_400], "side": [1]}), symbol=("ETH", "BTC"))


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match=re.escape("tz = 'Moon' is no time zone")):
        read_signals(pl.DataFrame({"time": [1_700_006_400], "side": [1]}), tz="Moon")


def test_two_symbols_may_speak_at_one_time_but_neither_twice() -> None:
    twice = pl.DataFrame({"time": [1_700_006_400] * 3, "side": [1, 1, 0], "symbol": ["A", "B", "A"]})
    assert len(read_signals(twice[:2])) == 2
    with pytest.raises(DataError, match=r"row 3, column time: a second signal .*the first is row 1"):
        read_signals(twice)
