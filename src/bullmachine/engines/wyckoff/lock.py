"""Ranges without a climax: price has gone sideways between two edges for long enough.

Both machines take the range until one of them moves. Looked for only where a pivot was confirmed: a touch is
what makes a range.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog, Reason, emit
from bullmachine.core.kernel import kernel
from bullmachine.engines.wyckoff.kinds import Kind, Phase
from bullmachine.engines.wyckoff.params import LockParams, WyckoffParams
from bullmachine.engines.wyckoff.records import PIVOTS, Pivots, WyckoffState
from bullmachine.engines.wyckoff.say import begin_visits, end, enter, refer, span
from bullmachine.engines.wyckoff.window import past_at

__all__ = ["lock_step"]

_RANGE: Final = int(Kind.RANGE)
_B: Final = int(Phase.B)
_E: Final = int(Phase.E)
_SUPERSEDED: Final = int(Reason.SUPERSEDED)
_TESTS: Final = 2  # touches of the support that a locked range begins with


@kernel
def _way_gone(s: WyckoffState, i: int, n: int, close: float) -> float:
    """The sum of the closes' moves over the last `n` bars, this one included."""
    total, before = 0.0, past_at(s, i - n).close
    for k in range(i - n + 1, i):
        now = past_at(s, k).close
        total += abs(now - before)
        before = now
    s.work += n
    return total + abs(close - before)


@kernel
def _extremes(s: WyckoffState, n: int, bar: Bar) -> tuple[float, float]:
    """The lowest low and the highest high of the last `n` bars, this one included."""
    low, high = bar.low, bar.high
    for k in range(bar.i - n + 1, bar.i):
        past = past_at(s, k)
        low = min(low, past.low)
        high = max(high, past.high)
    s.work += n
    return low, high


@kernel
def _touches(q: Pivots, first: int, level: float) -> tuple[int, int, int]:
    """Pivots from bar `first` on that reach the level, on the side where they are high: how many, first and last."""
    n, since, until = 0, -1, -1
    for k in range(PIVOTS):
        i = q.ring[k].i
        if i >= first and q.ring[k].level >= level:
            n += 1
            since = i if since < 0 else min(since, i)
            until = max(until, i)
    return n, since, until


@kernel
def _take(p: WyckoffParams, s: WyckoffState, side: int, low: float, high: float, id_: int, n: int, bar: Bar) -> None:
    """The machine of `side` takes the range; low and high are its own, `n` the touches of its creek."""
    m = s.machines[side]
    m.locked = 1
    m.undecided = 1
    m.worth = p.lock.worth
    m.last_i = bar.i
    m.base = id_
    m.a = s.atr
    m.support = low
    m.creek = high
    m.start_i = bar.i - p.lock.n + 1
    m.b_i = m.start_i
    m.n_st = _TESTS
    m.touches = n
    m.near = 0
    m.lps_c = 0
    begin_visits(m, 0)
    m.v_ref = p.climax.rv * (s.v / s.rv) if s.rv > 0.0 and s.v > 0.0 else math.nan
    m.r_ref = p.climax.sp * s.atr
    enter(m, _B, bar.i, id_)


@kernel
def _to_and_fro(p: WyckoffParams, s: WyckoffState, low: float, high: float, moved: float, bar: Bar) -> float:
    """The way price went in the window, if that is low enough and the way led to and fro and not somewhere; else 0."""
    q, size = p.lock, high - low
    if not p.rally.least * s.atr <= size <= q.max_height * s.atr:
        return 0.0
    way = _way_gone(s, bar.i, q.n, bar.close)
    return way if moved <= q.efficiency * way else 0.0


@kernel
def _way_in(s: WyckoffState, q: LockParams, i: int) -> float:
    """How price came: from the close before the window's own length to the one before the window."""
    return past_at(s, i - q.n).close - past_at(s, i - 2 * q.n).close


@kernel
def lock_step(p: WyckoffParams, s: WyckoffState, bar: Bar, log: EventLog) -> None:
    """Look for a range that ends with this bar; the caller has seen that both machines are free."""
    q, i = p.lock, bar.i
    came = _way_in(s, q, i)
    if came == 0.0 or abs(came) < q.drift * s.atr:
        return
    low, high = _extremes(s, q.n, bar)
    moved = abs(bar.close - past_at(s, i - q.n).close)
    way = _to_and_fro(p, s, low, high, moved, bar)
    if way == 0.0:
        return
    first, near = i - q.n + 1, q.touch * (high - low)
    s.work += 2 * PIVOTS
    above, top_since, top_until = _touches(s.pivots[0], first, high - near)
    below, low_since, low_until = _touches(s.pivots[1], first, -(low + near))
    if above < q.touches or below < q.touches:
        return
    if top_until <= low_since or low_until <= top_since:  # a step: all of one edge, then all of the other
        return
    for side in range(2):
        if s.machines[side].phase == _E:
            end(s, side, _SUPERSEDED, bar, log)
    e = log.slots[emit(log, bar, _RANGE, 1 if came > 0.0 else -1, 0.5 * (low + high), 0.0)]
    refer(e, first, past_at(s, first).ts)
    span(e, 0, low, high)
    e.ev[0] = (high - low) / s.atr
    e.ev[1] = moved / way
    e.ev[2] = float(above)
    e.ev[3] = float(below)
    e.ev[4] = abs(came) / s.atr
    _take(p, s, 0, low, high, e.id, above, bar)
    _take(p, s, 1, -high, -low, e.id, below, bar)
