"""Signals from every kind of source, each cell where it belongs."""

import hashlib
import pathlib
from collections.abc import Callable

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from bullmachine.market.signals import Signals, read_signals

Write = Callable[..., pathlib.Path]

START = 1_700_006_400_000  # 2023-11-15 00:00 UTC
HOUR = 3_600_000
TEXT = """Time,Side,Limit,Stop,Target,Size,Expiry,Tag
2023-11-15T00:00Z,long,100,95.5,120,0.25,6,dip
2023-11-15T03:00Z,FLAT,,,,,,
2023-11-15T04:00Z,sell,,,,,,break
2023-11-15T05:00Z,buy,,,,2,,dip
"""


def frame(side: list[object], **columns: list[object]) -> pl.DataFrame:
    """One signal an hour."""
    return pl.DataFrame({"time": [START + HOUR * k for k in range(len(side))], "side": side, **columns}, strict=False)


def same(signals: Signals, other: Signals) -> bool:
    columns = ("time", "side", "limit", "stop", "target", "size", "expiry", "tag", "symbol", "row")
    return all(np.array_equal(getattr(signals, c), getattr(other, c), equal_nan=True) for c in columns)


def test_every_column_of_a_csv_arrives_and_empty_cells_are_not_given(write: Write) -> None:
    path = write(TEXT, "mine.csv")
    got = read_signals(path)
    nan = np.nan
    assert got.time.tolist() == [START, START + 3 * HOUR, START + 4 * HOUR, START + 5 * HOUR]
    assert got.side.tolist() == [1, 0, -1, 1]
    np.testing.assert_array_equal(got.limit, [100.0, nan, nan, nan])
    np.testing.assert_array_equal(got.stop, [95.5, nan, nan, nan])
    np.testing.assert_array_equal(got.target, [120.0, nan, nan, nan])
    np.testing.assert_array_equal(got.size, [0.25, nan, nan, 2.0])
    assert got.expiry.tolist() == [6, -1, -1, -1]
    assert [got.tags[k] if k >= 0 else "" for k in got.tag] == ["dip", "", "break", "dip"]
    assert got.row.tolist() == [1, 2, 3, 4]
    assert (got.name, got.format, got.trades) == ("mine.csv", "csv (signals)", False)
    assert got.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert len(got) == 4


@pytest.mark.parametrize("kind", ["parquet", "feather", "polars", "pandas", "pyarrow", "pandas index"])
def test_every_source_says_the_same_as_the_csv(write: Write, tmp_path: pathlib.Path, kind: str) -> None:
    table = pl.read_csv(TEXT.encode()).with_columns(pl.col("Time").str.to_datetime("%Y-%m-%dT%H:%MZ", time_zone="UTC"))
    pandas = pd.DataFrame(table.to_dict(as_series=False))
    source: object = {
        "polars": table,
        "pandas": pandas,
        "pyarrow": pa.Table.from_pydict(table.to_dict(as_series=False)),
        "pandas index": pandas.set_index("Time").rename_axis(None),
    }.get(kind)
    if kind == "parquet":
        table.write_parquet(source := tmp_path / "s.parquet")
    if kind == "feather":
        table.write_ipc(source := tmp_path / "s.feather")
    assert same(read_signals(source), read_signals(write(TEXT)))


@pytest.mark.parametrize(
    "side",
    [
        ["long", "short", "flat"],
        [" Buy", "SELL ", "Exit"],
        ["+1", "-1", "close"],
        [1, -1, 0],
        [1.0, -1.0, -0.0],
        ["1.0", "-1.0", "0"],
    ],
)
def test_a_side_may_be_a_word_or_a_number(side: list[object]) -> None:
    assert read_signals(frame(side)).side.tolist() == [1, -1, 0]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Stop Loss", "stop"),
        ("SL", "stop"),
        ("take_profit", "target"),
        ("TP", "target"),
        ("qty", "size"),
        ("Limit Price", "limit"),
    ],
)
def test_common_names_of_a_column_are_known(name: str, part: str) -> None:
    got = read_signals(frame(["long"]).with_columns(pl.lit(7.5).alias(name)))
    assert getattr(got, part).tolist() == [7.5]
    assert got.columns[part] == name
    assert got.notes == ()


def test_a_column_that_nothing_reads_is_told() -> None:
    got = read_signals(frame(["long"], stoploss_price=[7.5], mood=["good"]))
    assert got.notes == ("polars frame: not read as part of a signal: stoploss_price, mood",)


def test_a_flat_may_say_size_zero_as_tables_of_numbers_do() -> None:
    assert np.isnan(read_signals(frame(["long", "flat"], size=[2.0, 0.0])).size[1])


def test_a_file_that_is_newest_first_is_turned_round(write: Write) -> None:
    lines = TEXT.strip().splitlines()
    got = read_signals(write("\n".join([lines[0], *reversed(lines[1:])])))
    assert got.time.tolist() == sorted(got.time.tolist())
    assert got.side.tolist() == [1, 0, -1, 1]
    assert got.row.tolist() == [4, 3, 2, 1]


def test_naive_times_are_read_in_the_zone_that_is_named() -> None:
    naive = pl.DataFrame({"time": ["2023-11-15 01:00"], "side": ["long"]})
    assert read_signals(naive, tz="Europe/Berlin").time.tolist() == [START]


def test_symbols_are_those_of_the_run_in_its_order_whatever_the_case() -> None:
    both = pl.DataFrame({"time": [START, START], "side": ["long", "short"], "Symbol": ["ethusdt", "BTCUSDT"]})
    got = read_signals(both, symbol=("BTCUSDT", "ETHUSDT"))
    assert (got.symbol.tolist(), got.symbols) == ([1, 0], ("BTCUSDT", "ETHUSDT"))
    assert got.of(1).side.tolist() == [1]
    assert read_signals(both).symbols == ("ETHUSDT", "BTCUSDT")
    assert read_signals(frame(["long"]), symbol="ETHUSDT").symbols == ("ETHUSDT",)


def test_the_hash_of_a_frame_is_that_of_what_it_says() -> None:
    one, two = read_signals(frame(["long", "flat"])), read_signals(frame(["long", "short"]))
    assert one.sha256 == read_signals(frame([1, 0])).sha256 != two.sha256
