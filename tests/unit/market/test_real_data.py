"""Real files against what is known of them."""

import pathlib
from collections.abc import Callable

import numpy as np
import pytest

from bullmachine.core.record import to_array
from bullmachine.core.time import HOUR, from_ms
from bullmachine.market.calendars import CalendarState, calendar_gaps
from bullmachine.market.find import find_gaps
from bullmachine.market.read import read_bars

Find = Callable[[str], pathlib.Path]


@pytest.mark.parametrize(
    ("name", "n", "calendar", "holes", "missing"),
    [
        ("ETHUSDT_binance_1h", 54_186, "24x7", 19, 54),
        ("BTCUSDT_binance_1h", 68_484, "24x7", 28, 128),
        ("ETHUSDT_binance_5m", 176_583, "24x7", 2, 305),
        ("ETHUSDT_binanceperp_1m", 59_547, "24x7", 0, 0),
        ("ETHUSD_kraken_1h", 62_799, "24x7", 361, 708),
        ("EURUSD_oanda_1h", 74_439, "24x5", 28, 676),
    ],
)
def test_rows_calendar_and_holes(real_data: Find, name: str, n: int, calendar: str, holes: int, missing: int) -> None:
    report = read_bars(real_data(f"ohlcv/{name}.parquet")).report
    assert (report.n_rows, report.calendar, report.rejected) == (n, calendar, {})
    assert (report.holes, report.missing_bars) == (holes, missing)


def test_vectorised_holes_are_the_kernels(real_data: Find) -> None:
    ts = read_bars(real_data("ohlcv/ETHUSD_kraken_1h.parquet")).rows["ts"]
    slow = np.zeros(len(ts), np.int64)
    calendar_gaps(0, to_array(CalendarState), ts, HOUR, slow)
    assert np.array_equal(find_gaps(ts, HOUR, "24x7"), slow)


@pytest.mark.parametrize(("name", "n", "holes"), [("SPY_1h", 40_832, 94), ("AAPL_1h", 40_831, 95)])
def test_only_long_closures_are_long_gaps_of_a_stock(real_data: Find, name: str, n: int, holes: int) -> None:
    """September 2001, two holidays running in January 2007, the storm of October 2012; half-days are 3 or less."""
    report = read_bars(real_data(f"ohlcv/{name}.parquet")).report
    assert (report.n_rows, report.calendar, report.holes, report.missing_bars) == (n, "us_equities", holes, 214)
    long = [(str(from_ms(h.after).date()), h.missing) for h in report.largest_holes if h.missing > 3]
    assert long == [("2001-09-10", 28), ("2006-12-29", 14), ("2012-10-26", 14)]
    assert holes / n < 0.0025


def test_a_currency_without_volume_says_so(real_data: Find) -> None:
    report = read_bars(real_data("ohlcv/EURUSD_oanda_1h.parquet")).report
    assert report.no_volume
    assert report.zero_volume == report.n_rows


def test_known_lows_and_highs_are_where_they_were(real_data: Find) -> None:
    rows = read_bars(real_data("ohlcv/ETHUSDT_binance_1h.parquet")).rows
    low = rows[np.argmin(np.where(rows["ts"] > 1_640_000_000_000, rows["low"], np.inf))]
    assert (str(low["ts"].astype("M8[ms]").astype("M8[D]")), float(low["low"])) == ("2022-06-18", 881.56)
