"""Every way a file of bars is laid out: each small file below holds the same three hourly bars."""

import pathlib
from collections.abc import Callable

import pytest

from bullmachine.core.time import HOUR
from bullmachine.market.read import read_bars

Write = Callable[..., pathlib.Path]

START = 1_700_006_400_000  # 2023-11-15 00:00:00 UTC
BARS = [
    (START, 10.0, 12.0, 9.0, 11.0, 100.0),
    (START + HOUR, 11.0, 13.5, 10.5, 13.0, 0.0),
    (START + 2 * HOUR, 13.0, 13.0, 12.25, 12.5, 7.5),
]

TRADINGVIEW = """time,open,high,low,close,Volume
1700006400,10,12,9,11,100
1700010000,11,13.5,10.5,13,0
1700013600,13,13,12.25,12.5,7.5
"""
TRADINGVIEW_ISO = """time,open,high,low,close,Plot,Volume
2023-11-15T00:00:00Z,10,12,9,11,3,100
2023-11-15T01:00:00Z,11,13.5,10.5,13,3,0
2023-11-15T02:00:00Z,13,13,12.25,12.5,3,7.5
"""
CCXT = """timestamp,open,high,low,close,volume
1700006400000,10,12,9,11,100
1700010000000,11,13.5,10.5,13,0
1700013600000,13,13,12.25,12.5,7.5
"""
BINANCE_HEADLESS = """1700006400000,10,12,9,11,100,1700009999999,1,2,3,4,0
1700010000000,11,13.5,10.5,13,0,1700013599999,1,2,3,4,0
1700013600000,13,13,12.25,12.5,7.5,1700017199999,1,2,3,4,0
"""
BINANCE_MICRO = """1700006400000000,10,12,9,11,100,1700009999999999,1,2,3,4,0
1700010000000000,11,13.5,10.5,13,0,1700013599999999,1,2,3,4,0
1700013600000000,13,13,12.25,12.5,7.5,1700017199999999,1,2,3,4,0
"""
BINANCE_HEADER = """open_time,open,high,low,close,volume,close_time,count
1700006400000,10,12,9,11,100,1700009999999,4
1700010000000,11,13.5,10.5,13,0,1700013599999,4
1700013600000,13,13,12.25,12.5,7.5,1700017199999,4
"""
COINBASE = """time,low,high,open,close,volume
1700013600,12.25,13,13,12.5,7.5
1700010000,10.5,13.5,11,13,0
1700006400,9,12,10,11,100
"""
PLAIN = """Date,Open,High,Low,Close,Volume
2023-11-15 00:00:00+00:00,10,12,9,11,100
2023-11-15 01:00:00+00:00,11,13.5,10.5,13,0
2023-11-15 02:00:00+00:00,13,13,12.25,12.5,7.5
"""
APART = """date;time;OPEN;HIGH;LOW;CLOSE;VOL
2023-11-15;00:00 Z;10;12;9;11;100
2023-11-15;01:00 Z;11;13.5;10.5;13;0
2023-11-15;02:00 Z;13;13;12.25;12.5;7.5
"""
TABS = """<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<VOL>
2023.11.15\t00:00:00\t10\t12\t9\t11\t100
2023.11.15\t01:00:00\t11\t13.5\t10.5\t13\t0
2023.11.15\t02:00:00\t13\t13\t12.25\t12.5\t7.5
"""
PANDAS_INDEX = """,open,high,low,close,volume
2023-11-15 00:00:00+00:00,1e1,12.0,9.0,11.0,100.0
2023-11-15 01:00:00+00:00,11.0,13.5,10.5,13.0,0.0
2023-11-15 02:00:00+00:00,13.0,13.0,12.25,12.5,7.5
"""
FLOAT_SECONDS = """unix,o,h,l,c,v
1700006400.0,10,12,9,11,100
1700010000.0,11,13.5,10.5,13,0
1700013600.0, 13, 13,12.25 ,"12.5",7.5
"""


@pytest.mark.parametrize(
    ("text", "form", "stamps"),
    [
        (TRADINGVIEW, "csv (tradingview)", "seconds since 1970"),
        (TRADINGVIEW_ISO, "csv (tradingview)", "text with a zone"),
        (CCXT, "csv (ccxt)", "milliseconds since 1970"),
        (BINANCE_HEADLESS, "csv (binance)", "milliseconds since 1970"),
        (BINANCE_MICRO, "csv (binance)", "microseconds since 1970"),
        (BINANCE_HEADER, "csv (binance)", "milliseconds since 1970"),
        (COINBASE, "csv (coinbase)", "seconds since 1970"),
        (PLAIN, "csv (plain)", "text with a zone"),
        (APART, "csv (plain)", "text with a zone"),
        (PANDAS_INDEX, "csv (plain)", "text with a zone"),
        (FLOAT_SECONDS, "csv (plain)", "seconds since 1970"),
    ],
)
def test_each_dialect_gives_the_same_three_bars(write: Write, text: str, form: str, stamps: str) -> None:
    bars = read_bars(write(text))
    assert bars.rows.tolist() == BARS
    assert bars.timeframe == HOUR
    assert (bars.report.format, bars.report.stamps, bars.report.timeframe) == (form, stamps, "1h")


def test_date_and_time_apart_without_a_zone_are_read_in_the_zone_the_caller_names(write: Write) -> None:
    bars = read_bars(write(TABS), tz="UTC")
    assert bars.rows.tolist() == BARS
    assert bars.report.stamps == "naive, read as UTC"
    assert bars.report.columns["time"] == "<DATE> + <TIME>"


def test_newest_first_is_turned_round_and_said(write: Write) -> None:
    assert read_bars(write(COINBASE)).report.reversed
    assert not read_bars(write(TRADINGVIEW)).report.reversed


@pytest.mark.parametrize("change", [("\n", "\r\n"), ("time,", "\ufefftime,"), ("7.5\n", "7.5\n\n\n"), ("7.5\n", "7.5")])
def test_line_ends_and_byte_order_marks_change_nothing(write: Write, change: tuple[str, str]) -> None:
    text = TRADINGVIEW.replace(*change)
    assert read_bars(write(text.encode())).rows.tolist() == BARS


def test_a_file_without_volume_has_missing_volume(write: Write) -> None:
    text = "\n".join(line.rsplit(",", 1)[0] for line in TRADINGVIEW.split())
    bars = read_bars(write(text))
    assert [row[:5] for row in bars.rows.tolist()] == [row[:5] for row in BARS]
    assert all(v != v for v in bars.rows["volume"].tolist())  # noqa: PLR0124  (NaN)
    assert (bars.report.no_volume, bars.report.missing_volume, bars.report.zero_volume) == (True, 3, 0)
    assert "volume" not in bars.report.columns


def test_empty_negative_and_nan_volumes_are_missing_and_kept(write: Write) -> None:
    text = TRADINGVIEW.replace(",100\n", ",\n").replace(",0\n", ",-3\n").replace(",7.5\n", ",nan\n")
    report = read_bars(write(text)).report
    assert (report.n_rows, report.missing_volume, report.no_volume) == (3, 3, True)


def test_a_single_zero_volume_is_a_real_zero(write: Write) -> None:
    report = read_bars(write(TRADINGVIEW)).report
    assert (report.zero_volume, report.missing_volume, report.no_volume) == (1, 0, False)


@pytest.mark.parametrize(
    ("zone", "hours"), [("Z", 0), ("UTC", 0), ("+02:00", 2), ("+0200", 2), ("-05", -5), (" +05:30", 5.5)]
)
def test_offsets_are_taken_off(write: Write, zone: str, hours: float) -> None:
    lines = [f"2023-11-15 {k:02d}:30{zone},1,1,1,1" for k in range(6, 9)]
    bars = read_bars(write("time,open,high,low,close\n" + "\n".join(lines)), timeframe="30m")
    assert bars.rows["ts"][0] == START + (6.5 - hours) * HOUR


def test_one_zone_in_summer_and_winter_is_one_zone(write: Write) -> None:
    lines = ["2023-11-05T01:00-04:00,1,1,1,1", "2023-11-05T01:00-05:00,1,1,1,1", "2023-11-05T02:00-05:00,1,1,1,1"]
    bars = read_bars(write("time,open,high,low,close\n" + "\n".join(lines)))
    assert bars.rows["ts"].tolist() == [START - 10 * 24 * HOUR + k * HOUR for k in (5, 6, 7)]


def test_naive_local_times_are_read_in_their_zone(write: Write) -> None:
    lines = [f"2023-07-03 {k:02d}:00,1,1,1,1" for k in (9, 10, 11)]
    bars = read_bars(write("time,open,high,low,close\n" + "\n".join(lines)), tz="America/New_York")
    assert bars.rows["ts"].tolist() == [START - 135 * 24 * HOUR + k * HOUR for k in (13, 14, 15)]


def test_the_most_telling_time_column_is_taken(write: Write) -> None:
    lines = TRADINGVIEW.replace("time,", "timestamp,").split()
    text = "\n".join([f"Date,Time,{lines[0]}", *(f"15.11.,am,{line}" for line in lines[1:])])
    bars = read_bars(write(text))
    assert bars.rows.tolist() == BARS
    assert bars.report.columns["time"] == "timestamp"
