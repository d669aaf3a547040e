"""What a column of open times says about itself: its timeframe, its calendar, its holes."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bullmachine.core.errors import DataError
from bullmachine.core.record import to_array
from bullmachine.core.time import DAY, HOUR, MINUTE, WEEK
from bullmachine.market.calendars import CALENDARS, Calendar, CalendarState, calendar_gaps

__all__ = ["find_calendar", "find_gaps", "find_timeframe"]

_Array = np.ndarray[Any, Any]

_ASK: Final = "say which it is (timeframe: 1h)"
_HALF: Final = 0.5  # of the distances must be the timeframe
_ON_GRID: Final = 0.75  # of the stamps must be in step with each other; off the UTC grid is admission's matter
_WEEKEND: Final = (DAY + 22 * HOUR, 47 * HOUR)  # Friday 22:00 to Sunday 21:00, closed on either side of DST
_WEEKEND_OPEN: Final = 0.1  # share of bars there (28 % when every slot trades)
_WEEK_FILLED: Final = 0.6  # share of the open week's slots (27 % for seven hours a day)


def find_timeframe(ts: _Array, where: str) -> int:
    """The most common distance between neighbouring stamps, in ms, if it is a sensible timeframe.

    Raises:
        DataError: there is one bar only, or no distance is common enough to be sure.

    >>> find_timeframe(np.array([0, 1, 2, 5]) * 3_600_000, "x.csv") // 60_000
    60
    """
    steps = np.abs(np.diff(ts))
    steps = steps[steps > 0]
    if len(steps) == 0:
        raise DataError(f"{where}: one bar does not tell its timeframe; {_ASK}", path=where)
    lengths, counts = np.unique(steps, return_counts=True)
    k = int(np.argmax(counts))
    length, share = int(lengths[k]), counts[k] / len(steps)
    on_grid = np.unique(ts % length, return_counts=True)[1].max() / len(ts)
    if length % MINUTE or length > WEEK or share < _HALF or on_grid < _ON_GRID:
        raise DataError(
            f"{where}: no clear timeframe: {share:.0%} of the bars are {length / MINUTE:g} minutes apart "
            f"and {on_grid:.0%} of them in step; {_ASK}",
            path=where,
            value=length,
        )
    return length


def find_calendar(ts: _Array, tf: int) -> str:
    """The calendar that sorted open times look like; `24x7` when two weeks cannot tell.

    >>> find_calendar(np.arange(1000) * 3_600_000, 3_600_000)
    '24x7'
    """
    span = int(ts[-1] - ts[0]) if len(ts) else 0
    if span < 2 * WEEK:
        return "24x7"
    start, length = _WEEKEND
    inside = (ts - start) % WEEK < length
    if np.mean(inside) >= _WEEKEND_OPEN:
        return "24x7"
    open_slots = span / tf * (WEEK - length) / WEEK
    return "24x5" if tf < DAY and np.sum(~inside) >= _WEEK_FILLED * open_slots else "us_equities"


def find_gaps(ts: _Array, tf: int, calendar: str) -> _Array:
    """Bars of the calendar missing before each of the sorted open times."""
    mode = CALENDARS[calendar]
    if mode is Calendar.ALWAYS:
        # The kernel says the same (a test holds it to that) and costs 0.1 s to load.
        return np.asarray(np.diff(ts, prepend=ts[:1] - tf) // tf - 1)
    gaps = np.zeros(len(ts), np.int64)
    calendar_gaps(int(mode), to_array(CalendarState), ts, tf, gaps)
    return gaps
