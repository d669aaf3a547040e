"""Sessions: the high and low of Asia, London and New York, usable from the first bar after the session.

A bar belongs to a session when its open time, in the session's own local time, lies in [start, end);
an end at or before the start is the next day's. Defaults: Asia 00:00-08:00 UTC, London 08:00-17:00
Europe/London, New York 08:00-17:00 America/New_York. `fixed_utc` gives smart-money-concepts' hours.

Levels appear at the first bar that opens at or after the end and live until the same session ends on
the next day, with or without bars: a day without trading leaves no levels, never older ones. Bars of
four hours and more, or longer than the session, have no session.

Inside, outside and day change only at a window's edge or at a clock change. The state keeps the next
such moment: most bars cost a comparison instead of a division, and the extremes simply run on, outside
too, because a session's first bar starts them afresh.
"""

from __future__ import annotations

import math
from typing import Any, Final

from bullmachine.core.bars import Bar
from bullmachine.core.errors import ConfigError
from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, nested, param, params, record
from bullmachine.core.time import DAY, HOUR, MINUTE
from bullmachine.engines.levels.zone import FOR_EVER, OffsetTable, Zone, offset_table

__all__ = [
    "SESSIONS",
    "SessionParams",
    "SessionState",
    "SessionTable",
    "SessionWindow",
    "session_tables",
    "session_take",
    "session_turn",
]

SESSIONS: Final = ("asia", "london", "new_york")
_BAR_LIMIT: Final = 4 * HOUR - 1
_NEVER: Final = -(2**62)
_DAY_MINUTES: Final = 1440


@params
class SessionWindow:
    """A daily window in the local time of `zone`, in minutes after midnight."""

    zone: Zone = param(default=Zone.UTC, doc="whose local time: utc, london, new_york or tokyo")
    start: I8 = param(default=0, ge=0, le=1439, doc="first minute of the window")
    end: I8 = param(default=480, ge=1, le=1440, doc="first minute after it; not after start: on the next day")


@params
class SessionParams:
    """Parameters of the three sessions."""

    asia: SessionWindow = nested(SessionWindow)
    london: SessionWindow = nested(SessionWindow, zone=Zone.LONDON, start=480, end=1020)
    new_york: SessionWindow = nested(SessionWindow, zone=Zone.NEW_YORK, start=480, end=1020)
    fixed_utc: I8 = param(default=0, ge=0, le=1, doc="1: 00-08, 07-16 and 13-22 UTC all year, own windows refused")

    def check(self) -> None:
        """Refuse `fixed_utc` together with windows of one's own."""
        if self.fixed_utc and self.windows != _DEFAULT:
            raise ConfigError(
                "fixed_utc sets the windows itself: leave asia, london and new_york alone", key="fixed_utc"
            )

    @property
    def windows(self) -> tuple[SessionWindow, SessionWindow, SessionWindow]:
        """The windows as given, in the order of `SESSIONS`."""
        return self.asia, self.london, self.new_york


_ALL_DEFAULTS: Final[Any] = SessionParams  # type checkers do not see that nested fields have defaults
_DEFAULT: Final = _ALL_DEFAULTS().windows
_FIXED_UTC: Final = (
    SessionWindow(start=0, end=8 * 60),
    SessionWindow(start=7 * 60, end=16 * 60),
    SessionWindow(start=13 * 60, end=22 * 60),
)


@record
class SessionTable:
    """One window as the kernel reads it, in milliseconds."""

    start: I8 = 0
    length: I8 = 0
    longest_bar: I8 = 0
    zone: OffsetTable = nested(OffsetTable)


def session_tables(p: SessionParams | None = None) -> list[SessionTable]:
    """The windows in the order of `SESSIONS`, the default ones without `p`.

    >>> [t.length // 3_600_000 for t in session_tables()]
    [8, 9, 9]
    """
    windows = _DEFAULT if p is None else _FIXED_UTC if p.fixed_utc else p.windows
    return [_table(window) for window in windows]


def _table(window: SessionWindow) -> SessionTable:
    minutes = (window.end - window.start - 1) % _DAY_MINUTES + 1
    return SessionTable(
        start=window.start * MINUTE,
        length=minutes * MINUTE,
        longest_bar=min(minutes * MINUTE, _BAR_LIMIT),
        zone=offset_table(window.zone),
    )


@record
class SessionState:
    """Where the stream stands in a session, its running extremes and the levels of the last one.

    `day` and `ended` count local days by their window's start: the window that began last, and the
    last one that is over. `until` is the first moment at which `inside`, `day` or `ended` can change.
    `first` is the index of the running session's first bar, -1 without one. `last_*` are the extremes
    of the session that ended last, `high` and `low` the same while they live. `armed_*` are the levels
    no close has gone beyond yet, NaN afterwards: one comparison a side instead of two.
    """

    cursor: I8 = 0
    until: I8 = _NEVER
    inside: I8 = 0
    day: I8 = _NEVER
    ended: I8 = _NEVER
    first: I8 = -1
    run_high: F8 = math.nan
    run_low: F8 = math.nan
    last_high: F8 = math.nan
    last_low: F8 = math.nan
    high: F8 = math.nan
    low: F8 = math.nan
    armed_high: F8 = math.nan
    armed_low: F8 = math.nan


@kernel
def _locate(t: SessionTable, s: SessionState, ts: int) -> None:
    """Set `inside`, `day`, `ended` and how long they hold."""
    while ts >= t.zone.until[s.cursor]:
        s.cursor += 1
    since = ts + t.zone.offset[s.cursor] - t.start
    s.day = since // DAY
    into = since - s.day * DAY
    s.inside = 1 if into < t.length else 0
    s.ended = s.day - s.inside
    edge = t.length if s.inside else DAY
    s.until = min(ts - into + edge, t.zone.until[s.cursor])


@kernel
def _publish(s: SessionState, live: bool) -> None:  # noqa: FBT001  (kernels have no keyword arguments)
    s.high = s.last_high if live else math.nan
    s.low = s.last_low if live else math.nan
    s.armed_high = s.high
    s.armed_low = s.low


@kernel
def session_turn(t: SessionTable, s: SessionState, bar: Bar) -> int:
    """End and begin what does so before `bar`, which opens at or after `until`.

    The number of bars of the session that ended, 0 if none did; `last_high`, `last_low` are its extremes.
    """
    if bar.tf > t.longest_bar:
        s.until = FOR_EVER
        return 0
    day = s.day
    ended = s.ended
    _locate(t, s, bar.ts)
    closed = 0
    if s.first >= 0 and (s.inside == 0 or s.day != day):
        closed = bar.i - s.first
        s.first = -1
        s.last_high = s.run_high
        s.last_low = s.run_low
    if s.ended != ended:
        _publish(s, closed > 0 and s.ended == day)
    if s.inside == 1 and s.first < 0:
        s.first = bar.i
        s.run_high = bar.high
        s.run_low = bar.low
    return closed


@kernel
def session_take(s: SessionState, bar: Bar) -> int:
    """Add `bar` to the extremes; +1 or -1 at the first close beyond the levels' high or low, else 0."""
    s.run_high = max(s.run_high, bar.high)
    s.run_low = min(s.run_low, bar.low)
    if bar.close > s.armed_high:
        s.armed_high = math.nan
        return 1
    if bar.close < s.armed_low:
        s.armed_low = math.nan
        return -1
    return 0
