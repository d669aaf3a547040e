"""Which bars a window decides."""

import datetime as dt
from typing import Any, Final

import numpy as np
import pytest

from bullmachine.core.errors import WindowError
from bullmachine.core.time import DAY, HOUR
from bullmachine.runs.window import Moment, cut, parse_moment
from bullmachine.testing.markets import flat_market

START: Final = 1_577_836_800_000 + 5 * DAY  # the test markets begin on Monday 2020-01-06 00:00 UTC
ROWS: Final = flat_market(10 * 24)


def _decided(start: Moment, end: Moment, **options: Any) -> tuple[int, int]:
    """First and last decided bar in hours since the first bar."""
    window = cut(ROWS, HOUR, start, end, **options)
    decided = window.rows["ts"][window.warm_up :]
    assert len(decided) == window.decided
    assert window.trade_from == decided[0]
    return int(decided[0] - START) // HOUR, int(decided[-1] - START) // HOUR


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (None, None, 0, 239),
        ("2020-01-08", None, 48, 239),
        (None, "2020-01-08", 0, 71),
        ("2020-01-08", "2020-01-08", 48, 71),
        (dt.date(2020, 1, 8), dt.date(2020, 1, 9), 48, 95),
        ("2020-01-08T06:00Z", "2020-01-08T08:00Z", 54, 55),
        ("2020-01-08T06:00", "2020-01-08 08:00", 54, 55),
        ("2020-01-08T06:30Z", "2020-01-08T08:30Z", 55, 56),
        ("2020-01-08T07:00+01:00", "2020-01-08T09:00+01:00", 54, 55),
        (dt.datetime(2020, 1, 8, 6, tzinfo=dt.UTC), dt.datetime(2020, 1, 8, 8), 54, 55),  # noqa: DTZ001  (read as UTC)
        ("2020-01-08T00:00Z", "2020-01-08", 48, 71),
        ("1999-01-01", "2099-01-01", 0, 239),
        ("2020-01-08", "9999-12-31", 48, 239),
    ],
)
def test_a_date_is_a_whole_day_and_a_time_is_exclusive_at_the_end(
    start: Moment, end: Moment, first: int, last: int
) -> None:
    assert _decided(start, end) == (first, last)


def test_all_earlier_bars_are_warm_up_and_later_ones_are_not_read() -> None:
    window = cut(ROWS, HOUR, "2020-01-08", "2020-01-08")
    assert (window.warm_up, len(window.rows)) == (48, 72)
    assert window.rows["ts"][0] == START


@pytest.mark.parametrize(("limit", "kept"), [(0, 0), (5, 5), (48, 48), (49, 48), (10_000, 48)])
def test_warm_up_can_be_limited(limit: int, kept: int) -> None:
    window = cut(ROWS, HOUR, "2020-01-08", None, warm_up=limit)
    assert (window.warm_up, window.decided) == (kept, 192)
    assert window.trade_from == START + 48 * HOUR


def test_a_window_that_begins_in_a_hole_begins_at_the_next_bar() -> None:
    rows = np.delete(ROWS, slice(40, 60))
    window = cut(rows, HOUR, "2020-01-08", None)
    assert (window.trade_from, window.warm_up) == (START + 60 * HOUR, 40)


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("2020-01-09", "2020-01-08", "the window 2020-01-09 00:00 .. 2020-01-09 00:00 is empty"),
        ("2020-01-08T06:00Z", "2020-01-08T06:00Z", "is empty: --from must be before --to"),
        ("2021-01-01", None, "there is no bar from 2021-01-01 00:00; the data span 2020-01-06 00:00 .. 2020-01-16"),
        (None, "2019-01-01", "there is no bar before 2019-01-02 00:00; the data span"),
        ("2021-01-01", "2021-02-01", "there is no bar from 2021-01-01 00:00 before 2021-02-02 00:00; the data span"),
        ("2019-01-01", "2019-02-01", "the data span 2020-01-06 00:00 .. 2020-01-16 00:00"),
        ("2020-01-08T06:10Z", "2020-01-08T06:50Z", "there is no bar from 2020-01-08 06:10"),
        ("9999-12-31", "9999-12-31", "there is no bar from 9999-12-31 00:00 before the end of time"),
        (None, "0001-01-01T00:00+14:00", "there is no bar before the beginning of time; the data span 2020-01-06"),
        ("28.02.2025", None, "'28.02.2025' is neither a date like 2025-02-28 nor a time like"),
        ("2020-13-01", None, "is neither a date"),
        ("2020-01-08T25:00", None, "is neither a date"),
        ("", None, "is neither a date"),
    ],
)
def test_a_window_without_bars_is_refused_with_the_reason(start: Moment, end: Moment, says: str) -> None:
    with pytest.raises(WindowError) as error:
        cut(ROWS, HOUR, start, end)
    assert says in str(error.value)


def test_a_negative_warm_up_is_refused() -> None:
    with pytest.raises(WindowError, match="-1 bars of warm-up: --warmup must be 0 or more"):
        cut(ROWS, HOUR, None, None, warm_up=-1)


def test_a_date_ends_a_day_later_than_it_begins() -> None:
    assert parse_moment("2020-01-06", end=False) == START
    assert parse_moment("2020-01-06", end=True) == START + DAY
    assert parse_moment("20200106", end=False) == START
