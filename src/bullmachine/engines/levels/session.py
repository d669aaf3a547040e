"""Sessions: the high and low of Asia, London and New York, usable from the first bar after the session.

A bar belongs to a session when its open time, in the session's own local time, lies in [start, end);
an end at or before the start is the next day's. Defaults: Asia 00:00-08:00 UTC, London 08:00-17:00
Europe/London, New York 08:00-17:00 America/New_York. `fixed_utc` gives smart-money-concepts' hours.

Levels appear at the first bar that opens at or after the end and live until the same session ends on
the next day, with or without bars: a day without trading leaves no levels, never older ones. Bars of
four hours and more, or longer than the session, have no session.

Inside, outside and day change only at a window's edge or at a clock change. The state keeps the next
such moment, so that most bars cost one comparison a session instead of a division.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Final

from bullmachine.core.bars import Bar
from bullmachine.core.errors import ConfigError
from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, nested, param, params, record
from bullmachine.core.time import DAY, HOUR, MINUTE
from bullmachine.engines.levels.zone import OffsetTable, Zone, offset_table

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


def _window(zone: Zone, start: int, end: int) -> SessionWindow:
    """A `nested` window with its own defaults."""
    made: Any = dataclasses.field(
        default_factory=lambda: SessionWindow(zone=zone, start=start, end=end), metadata={"item": SessionWindow}
    )
    window: SessionWindow = made
    return window


@params
class SessionParams:
    """Parameters of the three sessions."""

    asia: SessionWindow = _window(Zone.UTC, 0, 480)
    london: SessionWindow = _window(Zone.LONDON, 480, 1020)
    new_york: SessionWindow = _window(Zone.NEW_YORK, 480, 1020)
    fixed_utc: I8 = param(default=0, ge=0, le=1, doc="1: 00-08, 07-16 and 13-22 UTC all year, windows left alone")


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


def session_tables(p: SessionParams) -> list[SessionTable]:
    """The windows in the order of `SESSIONS`.

    Raises:
        ConfigError: `fixed_utc` together with windows of one's own.

    >>> [t.length // 3_600_000 for t in session_tables(SessionParams())]
    [8, 9, 9]
    """
    own = (p.asia, p.london, p.new_york)
    default = SessionParams()
    if p.fixed_utc and own != (default.asia, default.london, default.new_york):
        raise ConfigError("fixed_utc sets the windows itself: leave asia, london and new_york alone", key="fixed_utc")
    return [_table(window) for window in (_FIXED_UTC if p.fixed_utc else own)]


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
    """

    cursor: I8 = 0
    until: I8 = _NEVER
    inside: I8 = 0
    day: I8 = _NEVER
    ended: I8 = _NEVER
    bars: I8 = 0
    run_high: F8 = math.nan
    run_low: F8 = math.nan
    high: F8 = math.nan
    low: F8 = math.nan
    broke_high: I8 = 0
    broke_low: I8 = 0


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
def session_turn(t: SessionTable, s: SessionState, bar: Bar) -> int:
    """End what ended before `bar`; the number of bars of the session that did, 0 if none.

    Until `session_take`, its extremes are `run_high` and `run_low`, also where no level lives on.
    """
    if bar.tf > t.longest_bar or bar.ts < s.until:
        return 0
    day = s.day
    ended = s.ended
    _locate(t, s, bar.ts)
    closed = 0
    if s.bars > 0 and (s.inside == 0 or s.day != day):
        closed = s.bars
        s.bars = 0
    if s.ended != ended:
        live = closed > 0 and s.ended == day
        s.high = s.run_high if live else math.nan
        s.low = s.run_low if live else math.nan
        s.broke_high = 0
        s.broke_low = 0
    return closed


@kernel
def session_take(s: SessionState, bar: Bar) -> int:
    """Add `bar` to a running session; +1 or -1 at the first close beyond the levels' high or low, else 0."""
    if s.inside:
        s.run_high = max(s.run_high, bar.high) if s.bars > 0 else bar.high
        s.run_low = min(s.run_low, bar.low) if s.bars > 0 else bar.low
        s.bars += 1
    if bar.close > s.high and s.broke_high == 0:
        s.broke_high = 1
        return 1
    if bar.close < s.low and s.broke_low == 0:
        s.broke_low = 1
        return -1
    return 0
