"""Trading calendars: which base bars a market is expected to print, as kernels.

* `24x7`: every slot of the grid.
* `24x5` (foreign exchange): the week is closed from Friday 21:00 to Sunday 22:00 UTC, the widest
  reading over both sides of daylight saving. A slot that opens in there is optional: never missing.
* `us_equities`: learned from the data, causally. A session is a UTC day with bars. Its half-hours (an
  hour would call 14:00 missing in a market that opens at 14:30) and its weekday are learned when the
  next session begins. A half-hour is expected when at least half of the last 20 sessions had it and the
  last one had it too (else a change of clocks costs a gap a day for ten days); a weekday when one of
  them fell on it. One expected day without any bar is a holiday, two in a row are missing.
  Until 5 sessions are learned, or when the timeframe does not divide a day, nothing is expected.

A slot is a bar's open time; its length matters only to where the next one is.
"""

from __future__ import annotations

import enum
import math
from typing import Any, Final

from bullmachine.core.kernel import kernel
from bullmachine.core.record import I8, array, record
from bullmachine.core.ring import next_slot
from bullmachine.core.time import DAY, HOUR, MINUTE, WEEK

__all__ = [
    "CALENDARS",
    "SESSIONS_KEPT",
    "SESSIONS_NEEDED",
    "Calendar",
    "CalendarState",
    "calendar_gap",
    "calendar_gaps",
    "expected_bars",
]

SESSIONS_KEPT: Final = 20  #: sessions the `us_equities` calendar remembers
SESSIONS_NEEDED: Final = 5  #: sessions it must know before it expects anything

_CELL: Final = 30 * MINUTE
_CELLS: Final = DAY // _CELL
_EPOCH_WEEKDAY: Final = 3  # 1970-01-01 was a Thursday; Monday is 0
_FRIDAY_CLOSE: Final = DAY + 21 * HOUR  # Friday 1970-01-02 21:00
_CLOSED: Final = 49 * HOUR  # until Sunday 22:00


class Calendar(enum.IntEnum):
    """How a market's expected bars are counted."""

    ALWAYS = 0
    WEEKDAYS = 1
    SESSIONS = 2


#: the public names of the calendars
CALENDARS: Final[dict[str, Calendar]] = {
    "24x7": Calendar.ALWAYS,
    "24x5": Calendar.WEEKDAYS,
    "us_equities": Calendar.SESSIONS,
}
_WEEKDAYS: Final = int(Calendar.WEEKDAYS)
_SESSIONS: Final = int(Calendar.SESSIONS)


@record
class CalendarState:
    """The previous bar and, for `us_equities`, what the last sessions looked like.

    `today` and `hours` are sets of half-hours (bit k opens k * 30 minutes after 00:00 UTC), `weekdays`
    is a set of weekdays (bit 0 is Monday); `masks` and `days` are rings of the learned sessions.
    """

    n: I8 = 0
    prev: I8 = 0
    day: I8 = 0
    today: I8 = 0
    hours: I8 = 0
    weekdays: I8 = 0
    sessions: I8 = 0
    head: I8 = 0
    masks: list[int] = array(I8, SESSIONS_KEPT)
    days: list[int] = array(I8, SESSIONS_KEPT)
    seen: list[int] = array(I8, _CELLS)


@kernel
def _slots(start: int, end: int, tf: int) -> int:
    """Multiples of `tf` in [start, end)."""
    return (end - 1) // tf - (start - 1) // tf if end > start else 0


@kernel
def _closed_by_week(start: int, end: int, tf: int) -> int:
    n = 0
    close = start - (start - _FRIDAY_CLOSE) % WEEK
    while close < end:
        low = max(start, close)
        high = min(end, close + _CLOSED)
        n += _slots(low - start, high - start, tf)
        close += WEEK
    return n


@kernel
def _closed_slots(start: int, end: int, tf: int) -> int:
    """Slots `start + k tf` before `end` that open in a weekend; whole cycles are multiplied."""
    cycle = WEEK // math.gcd(WEEK, tf) * tf
    whole = max((end - start) // cycle, 0)
    n = _closed_by_week(start + whole * cycle, end, tf)
    if whole > 0:
        n += whole * _closed_by_week(start, start + cycle, tf)
    return n


@kernel
def _week_slots(start: int, end: int, tf: int) -> int:
    """Slots `start + k tf` before `end` of the 24x5 week."""
    return _slots(0, end - start, tf) - _closed_slots(start, end, tf)


@kernel
def _learn(s: CalendarState) -> None:
    """Take the finished day `s.day` into the rings and expect anew."""
    old = s.masks[s.head]
    s.masks[s.head] = s.today
    s.days[s.head] = s.day
    s.head = next_slot(s.head, SESSIONS_KEPT)
    s.sessions = min(s.sessions + 1, SESSIONS_KEPT)
    s.hours = 0
    for k in range(_CELLS):
        had = (s.today >> k) & 1
        s.seen[k] += had - ((old >> k) & 1)
        if had == 1 and 2 * s.seen[k] >= s.sessions:
            s.hours |= 1 << k
    s.weekdays = 0
    for k in range(s.sessions):
        s.weekdays |= 1 << (s.days[k] + _EPOCH_WEEKDAY) % 7


@kernel
def _opens(s: CalendarState, day: int) -> int:
    """1 when a session is expected on `day` (days since the epoch)."""
    if s.sessions < SESSIONS_NEEDED:
        return 0
    return (s.weekdays >> (day + _EPOCH_WEEKDAY) % 7) & 1


@kernel
def _opening_days(s: CalendarState, start: int, end: int) -> int:
    """Days in [start, end) on which a session is expected."""
    n = 0
    weeks = max((end - start) // 7, 0)
    if weeks > 0:
        for day in range(7):
            n += weeks * _opens(s, day)
    for day in range(start + 7 * weeks, end):
        n += _opens(s, day)
    return n


@kernel
def _day_slots(s: CalendarState, start: int, end: int, tf: int) -> int:
    """Expected slots in [start, end), both in milliseconds of one session's day."""
    n = 0
    for k in range(_CELLS):
        if (s.hours >> k) & 1 == 1:
            n += _slots(max(start, k * _CELL), min(end, (k + 1) * _CELL), tf)
    return n


@kernel
def _session_gap(s: CalendarState, ts: int, tf: int) -> int:
    day = ts // DAY
    if day == s.day:
        return _opens(s, day) * _day_slots(s, s.prev - day * DAY + tf, ts - day * DAY, tf)
    missing = _opens(s, s.day) * _day_slots(s, s.prev - s.day * DAY + tf, DAY, tf)
    _learn(s)
    away = _opening_days(s, s.day + 1, day)
    if away > 1:
        missing += away * _day_slots(s, 0, DAY, tf)
    return missing + _opens(s, day) * _day_slots(s, 0, ts - day * DAY, tf)


@kernel
def _note_session(s: CalendarState, ts: int) -> None:
    day = ts // DAY
    if day != s.day or s.n == 0:
        s.day = day
        s.today = 0
    s.today |= 1 << (ts - day * DAY) // _CELL


@kernel
def calendar_gap(mode: int, s: CalendarState, ts: int, tf: int) -> int:
    """Bars of length `tf` ms missing between the previous bar and the one opening at `ts`; learns it.

    Call it once per base bar in time order. 0 for the first bar and for consecutive ones. The cost is
    bounded however long the silence was.

    >>> from bullmachine.core.record import to_array
    >>> s, hour = to_array(CalendarState)[0], 3_600_000
    >>> [calendar_gap(Calendar.ALWAYS, s, k * hour, hour) for k in (0, 1, 5)]
    [0, 0, 3]
    """
    gap = 0
    if s.n > 0 and ts > s.prev + tf:
        if mode == _WEEKDAYS:
            gap = _week_slots(s.prev + tf, ts, tf)
        elif mode != _SESSIONS:
            gap = (ts - s.prev) // tf - 1
    if mode == _SESSIONS and DAY % tf == 0:
        if s.n > 0 and ts > s.prev:
            gap = _session_gap(s, ts, tf)
        _note_session(s, ts)
    s.prev = ts
    s.n += 1
    return gap


@kernel
def calendar_gaps(mode: int, states: Any, ts: Any, tf: int, gaps: Any) -> None:
    """`calendar_gap` of every open time in `ts`, into `gaps`. `states` is a (1,)-array of `CalendarState`."""
    for i in range(len(ts)):
        gaps[i] = calendar_gap(mode, states[0], ts[i], tf)


@kernel
def expected_bars(mode: int, s: CalendarState, start: int, end: int, tf: int) -> int:
    """Base bars of length `tf` ms the calendar expects in [start, end) ms; at least 1.

    `us_equities` answers from the sessions learned so far and knows no holidays ahead.
    """
    if mode == _WEEKDAYS:
        return max(1, _week_slots(start, end, tf))
    if mode != _SESSIONS:
        return max(1, (end - start) // tf)
    if DAY % tf != 0:
        return 1
    first, last = start // DAY, (end - 1) // DAY
    if first == last:
        return max(1, _opens(s, first) * _day_slots(s, start - first * DAY, end - first * DAY, tf))
    n = _opens(s, first) * _day_slots(s, start - first * DAY, DAY, tf)
    n += _opening_days(s, first + 1, last) * _day_slots(s, 0, DAY, tf)
    return max(1, n + _opens(s, last) * _day_slots(s, 0, end - last * DAY, tf))
