"""Windows: which bars are decided.

A date means the whole UTC day, at both ends; a time stamp is exact and exclusive at the end. Every
earlier bar of the file is warm-up: read by the engines, never traded.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np

from bullmachine.core.errors import WindowError
from bullmachine.core.time import DAY, from_ms, to_ms

__all__ = ["Moment", "Window", "cut", "parse_moment"]

_Array = np.ndarray[Any, Any]
Moment = str | dt.date | dt.datetime | None


@dataclass(frozen=True, slots=True)
class Window:
    """Rows to feed, bad rows dropped before each, the open time of the first decided bar, rows of warm-up."""

    rows: _Array
    dropped: _Array
    trade_from: int
    warm_up: int

    @property
    def decided(self) -> int:
        """How many rows are decided."""
        return len(self.rows) - self.warm_up


def parse_moment(value: str | dt.date | dt.datetime, *, end: bool) -> int:
    """Milliseconds of a `--from` or `--to` value; a date as an end means the end of that day.

    >>> parse_moment("1970-01-02", end=False), parse_moment("1970-01-02", end=True)
    (86400000, 172800000)
    >>> parse_moment("1970-01-01T01:00Z", end=True)
    3600000
    """
    if isinstance(value, str):
        value = _parse(value)
    if isinstance(value, dt.datetime):
        return to_ms(value if value.tzinfo else value.replace(tzinfo=dt.UTC))
    if not isinstance(value, dt.date):
        raise WindowError(f"{value!r} is no date: give a text like 2025-02-28, a date or a datetime", value=value)
    day = to_ms(dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC))
    return day + DAY if end else day


def _parse(text: str) -> dt.date:
    text = text.strip()
    try:
        return dt.date.fromisoformat(text) if len(text) <= len("2025-02-28") else dt.datetime.fromisoformat(text)
    except ValueError:
        raise WindowError(f"{text!r} is neither a date like 2025-02-28 nor a time like 2025-02-28T06:00Z") from None


def cut(
    rows: _Array,
    tf: int,
    start: Moment,
    end: Moment,
    warm_up: int | None = None,
    dropped: _Array | None = None,
) -> Window:
    """The window [start, end) of `rows` with the rows before it as warm-up (at most `warm_up` of them).

    `dropped` counts bad rows left out before each row (none when omitted).

    Raises:
        WindowError: the window is empty, or holds no bar of the data, or `warm_up` is negative.
    """
    if warm_up is not None and warm_up < 0:
        raise WindowError(f"{warm_up} bars of warm-up: --warmup must be 0 or more", warm_up=warm_up)
    first, last = int(rows["ts"][0]), int(rows["ts"][-1]) + tf
    low = first if start is None else parse_moment(start, end=False)
    high = last if end is None else parse_moment(end, end=True)
    if low >= high and start is not None and end is not None:
        raise WindowError(
            f"the window {_shown(low)} .. {_shown(high)} is empty: --from must be before --to", start=low, end=high
        )
    a, b = (int(x) for x in np.searchsorted(rows["ts"], [low, high]))
    if a >= b:
        span = f"{_shown(first)} .. {_shown(last)}"
        low_text = "" if start is None else f" from {_shown(low)}"
        high_text = "" if end is None else f" before {_shown(high)}"
        raise WindowError(f"there is no bar{low_text}{high_text}; the data span {span}", start=low, end=high)
    kept = a if warm_up is None else min(a, warm_up)
    part = slice(a - kept, b)
    none = np.zeros(len(rows), np.int64)
    return Window(
        rows=rows[part],
        dropped=(none if dropped is None else dropped)[part],
        trade_from=int(rows["ts"][a]),
        warm_up=kept,
    )


def _shown(ms: int) -> str:
    """A moment for a message; a zone or a whole day can move it beyond what Python can write."""
    try:
        return f"{from_ms(ms):%Y-%m-%d %H:%M}"
    except OverflowError:
        return "the end of time" if ms > 0 else "the beginning of time"
