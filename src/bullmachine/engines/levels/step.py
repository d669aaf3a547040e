"""One bar through the levels engine: pivots, swings, sessions, periods, sentinels, in this order."""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog, emit
from bullmachine.core.kernel import called, inlined, kernel
from bullmachine.core.time import DAY, WEEK
from bullmachine.engines.features import FeaturesOut
from bullmachine.engines.levels.events import emit_break, emit_pivot, emit_session_close, emit_swing
from bullmachine.engines.levels.kinds import Kind
from bullmachine.engines.levels.period import PeriodState, period_step
from bullmachine.engines.levels.pivot import PivotOut, pivot_step, pivot_warm_up
from bullmachine.engines.levels.records import LevelsKernelParams, LevelsOut, LevelsState
from bullmachine.engines.levels.sentinel import (
    Sentinel,
    SentinelState,
    channel_edge,
    channel_side,
    cross_sign,
    strength,
)
from bullmachine.engines.levels.session import session_take, session_turn
from bullmachine.engines.levels.swing import SwingChange, SwingState, swing_at, swing_push
from bullmachine.engines.levels.zone import FOR_EVER

__all__ = ["EVENTS_PER_BAR", "levels_step"]

#: two pivots and what each does to the swings, close and one break of three sessions, one break of two
#: periods (a close cannot be beyond both sides), four sentinels
EVENTS_PER_BAR: Final = 2 * 2 + 3 * 2 + 2 + 4

_IGNORED: Final = int(SwingChange.IGNORED)
_SESSION_BREAK: Final = int(Kind.SESSION_BREAK)
_PD_BREAK: Final = int(Kind.PD_BREAK)
_PW_BREAK: Final = int(Kind.PW_BREAK)
_ATR_BREAK: Final = int(Kind.ATR_BREAK)
_SMA_CROSS: Final = int(Kind.SMA_CROSS)
_CLOSE_X_SMA20: Final = int(Kind.CLOSE_X_SMA20)
_CLOSE_X_SMA50: Final = int(Kind.CLOSE_X_SMA50)
_BIT_ATR: Final = int(Sentinel.ATR_BREAK)
_BIT_SMA: Final = int(Sentinel.SMA_CROSS)
_BIT_FAST: Final = int(Sentinel.CLOSE_X_SMA20)
_BIT_SLOW: Final = int(Sentinel.CLOSE_X_SMA50)
_BIT_SESSION: Final = int(Sentinel.SESSION_BREAK)


@kernel
def _first_side(found: PivotOut, s: SwingState) -> int:
    """Which side of a confirmed bar comes first, 0 for none: see `swing` for a bar that is both."""
    if found.high_confirmed == 1 and found.low_confirmed == 1:
        last = swing_at(s, 0)
        return 0 if last < 0 else -s.ring[last].dir
    return 1 if found.high_confirmed == 1 else -1


@kernel
def _pivot(s: LevelsState, bar: Bar, side: int, atr: float, o: LevelsOut, log: EventLog) -> None:
    """One confirmed pivot: its event, what it does to the swings, and the outputs about both."""
    found = s.found
    level = found.high if side > 0 else found.low
    score = strength(found.high_prominence if side > 0 else found.low_prominence, atr)
    emit_pivot(log, bar, found, side, score)
    change = swing_push(s.swing, side, found.index, found.ts, level)
    if change != _IGNORED:
        emit_swing(log, bar, s.swing, change)
    if side > 0:
        o.pivot_high_confirmed = 1
        o.pivot_high = level
        o.pivot_high_score = score
        o.swing_high_change = change
    else:
        o.pivot_low_confirmed = 1
        o.pivot_low = level
        o.pivot_low_score = score
        o.swing_low_change = change


@inlined
def _pivots(p: LevelsKernelParams, s: LevelsState, bar: Bar, atr: float, o: LevelsOut, log: EventLog) -> None:
    pivot_step(p.pivot, s.pivot, bar, s.found)
    o.pivot_high_confirmed = 0
    o.pivot_low_confirmed = 0
    o.pivot_first = 0
    o.pivot_index = -1
    o.pivot_ts = -1
    o.pivot_high = math.nan
    o.pivot_low = math.nan
    o.pivot_high_score = 0.0
    o.pivot_low_score = 0.0
    o.swing_high_change = 0
    o.swing_low_change = 0
    if s.found.index < 0:
        return
    first = _first_side(s.found, s.swing)
    if first == 0:
        return
    o.pivot_first = first
    o.pivot_index = s.found.index
    o.pivot_ts = s.found.ts
    _pivot(s, bar, first, atr, o, log)
    if s.found.high_confirmed == 1 and s.found.low_confirmed == 1:
        _pivot(s, bar, -first, atr, o, log)


@inlined
def _swings(s: SwingState, o: LevelsOut) -> None:
    last = swing_at(s, 0)
    o.swing_dir = s.ring[last].dir if last >= 0 else 0
    o.swing_high = s.high.level
    o.swing_low = s.low.level
    o.swing_high_index = s.high.i
    o.swing_low_index = s.low.i
    o.swing_high_label = s.high.label
    o.swing_low_label = s.low.label
    o.final_high = s.high.final
    o.final_low = s.low.final
    o.final_high_index = s.high.final_i
    o.final_low_index = s.low.final_i


@kernel
def _turn_sessions(p: LevelsKernelParams, s: LevelsState, bar: Bar, log: EventLog) -> None:
    """Let every session end or begin that does, and note when the next one can."""
    s.sessions_until = FOR_EVER
    for j in range(len(s.sessions)):
        session = s.sessions[j]
        if bar.ts >= session.until:
            closed = session_turn(p.sessions[j], session, bar)
            if closed > 0:
                emit_session_close(log, bar, session, j, closed, s.last_ts)
        s.sessions_until = min(s.sessions_until, session.until)


@inlined
def _sessions(p: LevelsKernelParams, s: LevelsState, bar: Bar, atr: float, o: LevelsOut, log: EventLog) -> int:
    """The sentinel bit of a session break."""
    if bar.ts >= s.sessions_until:
        _turn_sessions(p, s, bar, log)
    bits = 0
    for j in range(len(s.sessions)):
        session = s.sessions[j]
        side = session_take(session, bar)
        if side != 0:
            emit_break(log, bar, _SESSION_BREAK, side, session.high if side > 0 else session.low, atr, j)
            bits = _BIT_SESSION
    o.asia_active = s.sessions[0].inside
    o.asia_high = s.sessions[0].high
    o.asia_low = s.sessions[0].low
    o.london_active = s.sessions[1].inside
    o.london_high = s.sessions[1].high
    o.london_low = s.sessions[1].low
    o.new_york_active = s.sessions[2].inside
    o.new_york_high = s.sessions[2].high
    o.new_york_low = s.sessions[2].low
    return bits


@inlined
def _period(s: PeriodState, bar: Bar, length: int, kind: int, atr: float, log: EventLog) -> None:
    side = period_step(s, bar, length)
    if side != 0:
        emit_break(log, bar, kind, side, s.high if side > 0 else s.low, atr, s.age_days)


@inlined
def _periods(s: LevelsState, bar: Bar, atr: float, o: LevelsOut, log: EventLog) -> None:
    _period(s.day, bar, DAY, _PD_BREAK, atr, log)
    _period(s.week, bar, WEEK, _PW_BREAK, atr, log)
    o.pdh = s.day.high
    o.pdl = s.day.low
    o.pdh_break = s.day.broke_high
    o.pdl_break = s.day.broke_low
    o.pd_age_days = s.day.age_days
    o.pd_partial = s.day.partial
    o.pwh = s.week.high
    o.pwl = s.week.low
    o.pwh_break = s.week.broke_high
    o.pwl_break = s.week.broke_low
    o.pw_age_days = s.week.age_days
    o.pw_partial = s.week.partial


@kernel
def _cross(s: SentinelState, j: int, a: float, b: float, kind: int, bit: int, bar: Bar, log: EventLog) -> int:
    """`bit` where `a` crossed `b` on this bar, else 0; `j` is the pair's place in `signs`."""
    before = s.signs[j]
    sign = cross_sign(before, a, b)
    s.signs[j] = sign
    if before in (0, sign):
        return 0
    emit(log, bar, kind, sign, b, 0.0)
    return bit


@inlined
def _sentinels(p: LevelsKernelParams, s: SentinelState, bar: Bar, f: FeaturesOut, log: EventLog) -> int:
    """The bits of what fired."""
    bits = 0
    side = channel_side(s.side, bar.close, f.sma_fast_prev, f.atr_prev, p.channel.m)
    if side not in (0, s.side):
        edge = channel_edge(f.sma_fast_prev, f.atr_prev, p.channel.m, side)
        emit_break(log, bar, _ATR_BREAK, side, edge, f.atr_prev, 0)
        bits |= _BIT_ATR
    s.side = side
    bits |= _cross(s, 0, f.sma_fast, f.sma_slow, _SMA_CROSS, _BIT_SMA, bar, log)
    bits |= _cross(s, 1, bar.close, f.sma_fast, _CLOSE_X_SMA20, _BIT_FAST, bar, log)
    return bits | _cross(s, 2, bar.close, f.sma_slow, _CLOSE_X_SMA50, _BIT_SLOW, bar, log)


@kernel
def _ready(p: LevelsKernelParams, s: LevelsState, f: FeaturesOut) -> int:
    cold = math.isnan(f.atr_prev) or math.isnan(f.sma_fast_prev) or math.isnan(f.sma_slow)
    return 0 if cold or s.pivot.n <= pivot_warm_up(p.pivot.k, p.pivot.rule) else 1


@called  # not woven into both kinds of stream: 0.8 s less to compile, as fast
def levels_step(p: LevelsKernelParams, s: LevelsState, bar: Bar, f: FeaturesOut, o: LevelsOut, log: EventLog) -> None:
    """Take one closed bar and its features; at most `EVENTS_PER_BAR` events."""
    _pivots(p, s, bar, f.atr_prev, o, log)
    _swings(s.swing, o)
    bits = _sessions(p, s, bar, f.atr_prev, o, log)
    _periods(s, bar, f.atr_prev, o, log)
    o.sentinels = bits | _sentinels(p, s.sentinel, bar, f, log)
    o.ready = _ready(p, s, f)
    s.last_ts = bar.ts
