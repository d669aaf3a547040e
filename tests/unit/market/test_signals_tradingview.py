"""TradingView's list of trades over the years, as signals that were known when they are said to be."""

import pathlib
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from bullmachine.core.errors import ConfigError, DataError
from bullmachine.market.align import align
from bullmachine.market.read import read_bars
from bullmachine.market.report import Bars
from bullmachine.market.signals import Signals, read_signals

Write = Callable[..., pathlib.Path]

START = 1_700_006_400_000  # 2023-11-15 00:00 UTC
HOUR = 3_600_000

OLD = """Trade #,Type,Signal,Date/Time,Price,Contracts,Profit,Cum. Profit
1,Entry Long,Dip,2023-11-15 02:00,120,2,,
1,Exit Long,Rest,2023-11-15 05:00,150,2,60,60
2,Entry Short,Break,2023-11-15 07:00,170,1,,
2,Exit Short,Cover,2023-11-15 09:00,190,1,-20,40
"""
NEWEST_FIRST = """\ufeffTrade #,Type,Date/Time,Signal,Price USDT,Position size (qty),Position size (value),Net P&L USDT
2,Exit short,2023-11-15 09:00,Cover,190,1,190,-20
2,Entry short,2023-11-15 07:00,Break,170,1,170,-20
1,Exit long,2023-11-15 05:00,Rest,150,2,300,60
1,Entry long,2023-11-15 02:00,Dip,120,2,240,60
"""
NEW = """Trade number,Type,Date and time,Signal,Price USD,Size (qty),Size (value),Net PnL USD,Return %
1,Exit long,2023-11-15 05:00,Rest,150,2,300,60,25
1,Entry long,2023-11-15 02:00,Dip,120,2,240,60,25
2,Exit short,2023-11-15 09:00,Cover,190,1,190,-20,-12
2,Entry short,2023-11-15 07:00,Break,170,1,170,-20,-12
"""


@pytest.fixture(scope="module")
def bars() -> Bars:
    """Twenty hours that open at 100, 110, 120 ... and span 4 to either side."""
    opens = 100.0 + 10.0 * np.arange(20)
    time = START + HOUR * np.arange(20)
    table = {"time": time, "open": opens, "high": opens + 4, "low": opens - 4, "close": opens + 1}
    return read_bars(pl.DataFrame(table), timeframe="1h", calendar="24x7")


def hours(signals: Signals) -> list[float]:
    return [(time - START) / HOUR for time in signals.time.tolist()]


def trades(*lines: str) -> str:
    return "\n".join(["Trade #,Type,Signal,Date/Time,Price USDT,Contracts", *lines])


@pytest.mark.parametrize("text", [OLD, NEWEST_FIRST, NEW], ids=["old", "newest first", "new"])
def test_every_generation_of_the_export_says_the_same(write: Write, bars: Bars, text: str) -> None:
    got = read_signals(write(text, "list.csv"), tz="UTC", bars=bars, symbol="ETHUSDT")
    assert got.trades
    assert got.format == "csv (tradingview trades)"
    assert hours(got) == [2, 5, 7, 9]
    assert got.side.tolist() == [1, 0, -1, 0]
    np.testing.assert_array_equal(got.size, [2, np.nan, 1, np.nan])
    assert [got.tags[k] for k in got.tag] == ["Dip", "Rest", "Break", "Cover"]
    assert got.symbols == ("ETHUSDT",)
    assert np.isnan(got.limit).all()
    assert np.isnan(got.stop).all()
    assert got.expiry.tolist() == [-1] * 4


def test_a_fill_at_an_open_was_decided_at_the_close_that_is_that_moment(write: Write, bars: Bars) -> None:
    got = read_signals(write(OLD), tz="UTC", bars=bars)
    assert align(got, bars.rows["ts"] + HOUR, HOUR).bar.tolist() == [1, 4, 6, 8]
    with pytest.raises(ConfigError, match="is a list of trades, whose times are when orders filled: leave stamps"):
        align(got, bars.rows["ts"] + HOUR, HOUR, "open")


def test_the_charts_zone_is_asked_for(write: Write, bars: Bars) -> None:
    text = trades("1,Entry long,L,2023-11-15 03:00,120,2", "1,Exit long,X,2023-11-15 06:00,150,2")
    with pytest.raises(DataError, match=r"list\.csv: the times name no zone; .*say which it is"):
        read_signals(write(text, "list.csv"), bars=bars)
    assert hours(read_signals(write(text), tz="Europe/Berlin", bars=bars)) == [2, 5]


def test_fills_that_lie_outside_their_bars_betray_the_wrong_zone(write: Write, bars: Bars) -> None:
    with pytest.raises(DataError, match=r"120.0 is not in the bar it names \(.* spans 1\d\d.0 to 1\d\d.0\), nor are 4"):
        read_signals(write(OLD), tz="Etc/GMT+2", bars=bars)


def test_bars_are_needed_to_tell_where_in_a_bar_an_order_filled(write: Write) -> None:
    with pytest.raises(DataError, match=r"list\.csv is a list of trades: only the bars .*; hand in bars"):
        read_signals(write(OLD, "list.csv"), tz="UTC")


def test_a_stop_inside_a_bar_is_known_at_its_close(write: Write, bars: Bars) -> None:
    text = trades("1,Entry long,L,2023-11-15 02:00,120,2", "1,Exit long,Stop,2023-11-15 05:00,147,2")
    got = read_signals(write(text), tz="UTC", bars=bars)
    assert hours(got) == [2, 6]
    assert got.notes[1] == "1 orders filled inside a bar and are taken as known at its close, not at its open"


def test_a_few_ticks_of_slippage_still_are_the_open(write: Write, bars: Bars) -> None:
    text = trades("1,Entry long,L,2023-11-15 02:00,120.05,2", "1,Exit long,X,2023-11-15 05:00,149.95,2")
    assert hours(read_signals(write(text), tz="UTC", bars=bars)) == [2, 5]


def test_a_trade_stopped_on_its_entry_bar_leaves_at_that_bars_close(write: Write, bars: Bars) -> None:
    text = trades("1,Entry long,L,2023-11-15 02:00,120,2", "1,Exit long,Stop,2023-11-15 02:00,117,2")
    assert hours(read_signals(write(text), tz="UTC", bars=bars)) == [2, 3]


def test_a_trade_that_was_over_before_it_could_be_known_is_left_out_and_told(write: Write, bars: Bars) -> None:
    inside = ("1,Entry long,L,2023-11-15 02:00,122,2", "1,Exit long,Stop,2023-11-15 02:00,117,2")
    whole = ("2,Entry short,S,2023-11-15 07:00,170,1", "2,Exit short,X,2023-11-15 09:00,190,1")
    got = read_signals(write(trades(*inside, *whole)), tz="UTC", bars=bars)
    assert hours(got) == [7, 9]
    assert got.notes[2] == "1 trades were over before they could be known and are left out"


def test_a_flip_is_the_entry_alone(write: Write, bars: Bars) -> None:
    flip = (
        "1,Entry long,L,2023-11-15 02:00,120,2",
        "1,Exit long,S,2023-11-15 05:00,150,2",
        "2,Entry short,S,2023-11-15 05:00,150,3",
        "2,Exit short,X,2023-11-15 07:00,170,3",
    )
    got = read_signals(write(trades(*flip)), tz="UTC", bars=bars)
    assert (hours(got), got.side.tolist()) == ([2, 5, 7], [1, -1, 0])
    assert got.size[1] == 3
    assert got.notes[1] == "1 entries turn a position at once: with exits.on_opposite = flip they are followed"


def test_a_trade_that_follows_at_once_on_the_same_side_is_no_turn(write: Write, bars: Bars) -> None:
    again = ("2,Entry long,L,2023-11-15 05:00,150,3", "2,Exit long,X,2023-11-15 07:00,170,3")
    got = read_signals(write(trades(ENTRY, EXIT, *again)), tz="UTC", bars=bars)
    assert (hours(got), got.side.tolist(), len(got.notes)) == ([2, 5, 7], [1, 1, 0], 1)


def test_an_entry_waits_for_an_exit_that_was_known_a_bar_late(write: Write, bars: Bars) -> None:
    flip = (
        "1,Entry long,L,2023-11-15 02:00,120,2",
        "1,Exit long,S,2023-11-15 05:00,153,2",
        "2,Entry short,S,2023-11-15 05:00,150,3",
        "2,Exit short,X,2023-11-15 07:00,170,3",
    )
    got = read_signals(write(trades(*flip)), tz="UTC", bars=bars)
    assert (hours(got), got.side.tolist()) == ([2, 6, 7], [1, -1, 0])


@pytest.mark.parametrize(
    "still",
    ["2,Exit short,Open,2023-11-15 12:00,221,1", "2,Exit short,Open,,,1", "2,Exit short,,Open,,1", None],
)
def test_a_trade_that_is_still_open_has_an_entry_only(write: Write, bars: Bars, still: str | None) -> None:
    rows = [*OLD.replace(",,\n", "\n").splitlines()[1:4], *([still] if still else [])]
    text = trades(*[",".join(row.split(",")[:6]) for row in rows])
    got = read_signals(write(text), tz="UTC", bars=bars)
    assert (hours(got), got.side.tolist()) == ([2, 5, 7], [1, 0, -1])


def test_an_exit_that_is_merely_called_open_is_an_exit(write: Write, bars: Bars) -> None:
    got = read_signals(write(OLD.replace("Rest", "Open")), tz="UTC", bars=bars)
    assert got.side.tolist() == [1, 0, -1, 0]


def test_parts_of_one_position_are_added_up(write: Write, bars: Bars) -> None:
    rows = ("Entry long,L,2023-11-15 02:00,120", "Exit long,X,2023-11-15 05:00,150")
    text = trades(*(f"{n},{row},{q}" for n, q in ((1, 2), (2, 0.5)) for row in rows))
    got = read_signals(write(text), tz="UTC", bars=bars)
    assert (hours(got), got.size[0]) == ([2, 5], 2.5)


ENTRY, EXIT = "1,Entry long,L,2023-11-15 02:00,120,2", "1,Exit long,X,2023-11-15 05:00,150,2"
BAD = {
    "pyramiding": ((ENTRY, EXIT, "2,Entry long,L,2023-11-15 04:00,140,2"), "row 3, .*trade 2 begins while trade 1 is"),
    "partial exit": (
        (ENTRY, "1,Exit long,X,2023-11-15 04:00,140,1", EXIT),
        "row 3, .*1 entries and 2 exits .*; only whole",
    ),
    "exit alone": ((EXIT, "2,Entry long,L,2023-11-15 07:00,170,2"), "row 1, .*trade 1 has 0 entries and 1 exits"),
    "other side": ((ENTRY, EXIT.replace("long", "short")), "row 2, .*exit of trade 1 is of the other side"),
    "backwards": ((ENTRY, EXIT.replace("05:", "01:")), "row 2, .*or before its entry"),
    "type": ((ENTRY, EXIT.replace("Exit long", "Salida")), "row 2, column Type: 'Salida' is none of Entry long"),
    "no price": ((ENTRY, EXIT.replace("150", "")), "row 2, column Price USDT: the price is missing"),
    "text price": ((ENTRY, EXIT.replace("150", "?")), r"row 2, column Price USDT: '\?' is no number"),
    "no number": ((ENTRY, EXIT[1:]), "row 2, column Trade #: the number is missing"),
    "no size": ((ENTRY.replace(",2", ",-2"), EXIT), "row 1, column .*"),
    "time": ((ENTRY, EXIT.replace("05:00", "25:00")), "row 2, column Date/Time: time .* cannot be read"),
}


@pytest.mark.parametrize(("lines", "sentence"), BAD.values(), ids=BAD)
def test_an_export_that_cannot_be_followed_is_refused(
    write: Write, bars: Bars, lines: tuple[str, ...], sentence: str
) -> None:
    good = ("9,Entry long,L,2023-11-15 09:00,190,2", "9,Exit long,X,2023-11-15 10:00,200,2")
    with pytest.raises(DataError, match=rf"^list\.csv {sentence}"):
        read_signals(write(trades(*lines, *good), "list.csv"), tz="UTC", bars=bars)


def test_an_export_without_prices_is_refused(write: Write, bars: Bars) -> None:
    text = "Trade #,Type,Signal,Date/Time\n1,Entry long,L,2023-11-15 02:00"
    with pytest.raises(DataError, match=r"list\.csv has no column for price; export the list of trades whole"):
        read_signals(write(text, "list.csv"), tz="UTC", bars=bars)


def test_a_list_of_trades_names_one_market(write: Write, bars: Bars) -> None:
    with pytest.raises(DataError, match=r"of one chart: run it with that one symbol, not with 2"):
        read_signals(write(OLD), tz="UTC", bars=bars, symbol=("A", "B"))
