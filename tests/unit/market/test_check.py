"""What `check_data` reports, and how timeframe, calendar and symbol are found."""

import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from bullmachine.core.errors import DataError
from bullmachine.core.time import DAY, HOUR, MINUTE, WEEK
from bullmachine.market.check import check_data
from bullmachine.market.find import find_calendar, find_gaps, find_timeframe
from bullmachine.market.report import Hole
from bullmachine.market.sample import SAMPLE_START, sample_rows

MONDAY = SAMPLE_START + 2 * DAY  # 2022-01-03


def frame(rows: np.ndarray[Any, Any]) -> pl.DataFrame:
    names = ("open", "high", "low", "close", "volume")
    return pl.DataFrame({"time": rows["ts"]} | {name: rows[name] for name in names})


def test_a_clean_source_is_called_clean() -> None:
    report = check_data(frame(sample_rows(500)))
    assert report.clean
    assert (report.n_rows, report.first, report.last) == (500, SAMPLE_START, SAMPLE_START + 499 * HOUR)
    assert (report.timeframe, report.calendar, report.holes) == ("1h", "24x7", 0)


def test_holes_are_counted_and_the_largest_come_first() -> None:
    rows = np.delete(sample_rows(1000), [5, 50, 51, 52, *range(700, 710)])
    report = check_data(frame(rows))
    assert (report.holes, report.missing_bars) == (3, 14)
    assert report.largest_holes == (
        Hole(SAMPLE_START + 699 * HOUR, 10),
        Hole(SAMPLE_START + 49 * HOUR, 3),
        Hole(SAMPLE_START + 4 * HOUR, 1),
    )
    assert str(report.largest_holes[2]) == "1 bar missing after 2022-01-01 04:00 UTC"
    assert not report.clean


def test_bad_bars_are_reported_and_never_raised() -> None:
    rows = sample_rows(100)
    rows["high"][10] = 1.0
    rows["close"][20] = np.nan
    rows["ts"][30] += MINUTE
    rows["ts"][40] = rows["ts"][38]
    rows[50] = rows[49]
    rows["volume"][60] = 0.0
    report = check_data(frame(rows))
    assert report.rejected == {"impossible": 1, "not_finite": 1, "off_grid": 1, "not_later": 1}
    assert (report.duplicates, report.impossible, report.zero_volume) == (1, 1, 1)
    assert [(p.row, p.reason) for p in report.places] == [
        (11, "impossible"),
        (21, "not_finite"),
        (31, "off_grid"),
        (41, "not_later"),
    ]


def test_a_source_of_bad_bars_only_still_has_a_report() -> None:
    rows = sample_rows(10)
    rows["low"] = 1e9
    report = check_data(frame(rows))
    assert (report.n_rows, report.impossible, report.first, report.no_volume) == (0, 10, 0, True)


def test_newest_first_keeps_the_sources_row_numbers() -> None:
    rows = sample_rows(50)
    rows["high"][45] = 1.0
    report = check_data(frame(rows[::-1]))
    assert report.reversed
    assert [p.row for p in report.places] == [5]


@pytest.mark.parametrize("tf", [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY, WEEK])
def test_the_most_common_distance_is_the_timeframe(tf: int) -> None:
    ts = MONDAY + tf * np.delete(np.arange(60), [3, 20, 21, 40])
    assert find_timeframe(ts, "x") == tf


@pytest.mark.parametrize(
    "steps",
    [
        [1, 2, 3, 4, 5, 6],  # nothing repeats
        [2, 2, 2, 2, 1, 2, 1, 2, 3, 2, 2, 1, 2, 2],  # hours where half the bars are absent
        [45_000 / HOUR] * 9,  # below a minute
        [31 * 24] * 9,  # months
    ],
)
def test_an_unclear_timeframe_is_asked_for(steps: list[float]) -> None:
    ts = MONDAY + (HOUR * np.cumsum([0.0, *steps])).astype(np.int64)
    with pytest.raises(DataError, match=r"x\.csv: no clear timeframe: .*; say which it is \(timeframe: 1h\)"):
        find_timeframe(ts, "x.csv")


def week_bars(tf: int, hours: Callable[[int, int], bool]) -> np.ndarray[Any, Any]:
    """Eight weeks of slots kept where `hours(weekday, hour)` says so."""
    ts = MONDAY + tf * np.arange(8 * WEEK // tf)
    keep = [hours(int((t - MONDAY) // DAY % 7), int(t % DAY // HOUR)) for t in ts]
    return np.asarray(ts[np.array(keep)])


def forex(day: int, hour: int) -> bool:
    return not ((day == 4 and hour >= 21) or day == 5 or (day == 6 and hour < 22))


def test_the_calendar_is_told_by_weekends_and_nights() -> None:
    for tf in (15 * MINUTE, HOUR, 4 * HOUR):
        assert find_calendar(week_bars(tf, lambda _d, _h: True), tf) == "24x7"
        assert find_calendar(week_bars(tf, forex), tf) == "24x5"
    assert find_calendar(week_bars(HOUR, lambda d, h: d < 5 and 14 <= h < 21), HOUR) == "us_equities"
    assert find_calendar(week_bars(DAY, lambda d, _h: d < 5), DAY) == "us_equities"


def test_a_thin_market_around_the_clock_stays_so() -> None:
    assert find_calendar(week_bars(HOUR, lambda d, h: (d * 24 + h) % 3 == 0), HOUR) == "24x7"


def test_less_than_two_weeks_cannot_tell_a_calendar() -> None:
    assert find_calendar(week_bars(HOUR, forex)[:200], HOUR) == "24x7"


def test_the_named_calendar_counts_the_holes() -> None:
    ts = week_bars(HOUR, forex)
    assert find_gaps(ts, HOUR, "24x5").sum() == 0
    assert find_gaps(ts, HOUR, "24x7").sum() == 8 * 49


def test_a_file_that_cannot_be_read_at_all_is_still_an_error(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        check_data(tmp_path / "none.csv")
