"""Building a cause: secondary tests, and what happens inside the range (phases A2 and B)."""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog, Reason
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ramp import ramp
from bullmachine.engines.wyckoff.advance import show_strength, strength
from bullmachine.engines.wyckoff.book import book_keep
from bullmachine.engines.wyckoff.kinds import Kind, Phase
from bullmachine.engines.wyckoff.legs import leg_back
from bullmachine.engines.wyckoff.params import StParams, WyckoffParams
from bullmachine.engines.wyckoff.records import KEY_LIFE, ST_SLOT, WyckoffState
from bullmachine.engines.wyckoff.say import enter, fail, height, refer, say, span, volume_kept
from bullmachine.engines.wyckoff.spring import pierce_step
from bullmachine.engines.wyckoff.structure import Machine, Mark

__all__ = ["cause_step", "test_step"]

_ST: Final = int(Kind.ST)
_UA: Final = int(Kind.UA)
_LPS_C: Final = int(Kind.LPS_C)
_B: Final = int(Phase.B)
_BREAKDOWN: Final = int(Reason.BREAKDOWN)
_TIMEOUT: Final = int(Reason.TIMEOUT)
_NO_TR: Final = int(Reason.NO_TR)
_AGE: Final = int(Reason.AGE)
_TESTS: Final = 2  # tests that come before an LPS_C
_TOLD: Final = 2  # `near`: this visit to the creek was told


@kernel
def _mark(s: WyckoffState, side: int, k: Mark, bar: Bar) -> None:
    t = s.turned[side]
    k.i = bar.i
    k.ts = bar.ts
    k.low = t.low
    k.volume = s.v
    k.spread = t.high - t.low


@kernel
def _leave(p: StParams, m: Machine) -> bool:
    """The low of the revisit is left: whether it was a test. The record goes to `visited`."""
    r, v = m.revisit, m.visited
    v.i = r.i
    v.ts = r.ts
    v.low = r.low
    v.volume = r.volume
    v.spread = r.spread
    r.i = -1
    m.away = 0
    small = v.spread <= p.spread * m.r_ref
    return small and v.low >= m.support - p.undercut * m.a and volume_kept(v.volume, p.volume, m.v_ref)


@inlined
def _revisit(p: StParams, s: WyckoffState, side: int, bar: Bar) -> bool:
    """Follow a way back to the support; whether a test of it was confirmed on this bar.

    One way back is one test: price must leave the area before the next.
    """
    t, m = s.turned[side], s.machines[side]
    r = m.revisit
    if r.i < 0:
        near = t.low <= m.support + p.area * height(m)
        if near and m.away == 1:
            _mark(s, side, r, bar)
        m.away = 0 if near else 1
        return False
    if t.low < r.low:
        _mark(s, side, r, bar)
        return False
    return t.close - r.low >= p.confirm * m.a and _leave(p, m)


@kernel
def _secondary(s: WyckoffState, side: int, bar: Bar, log: EventLog) -> int:
    """The low in `visited` was a secondary test; its event."""
    m, d = s.machines[side], 1 - 2 * side
    v = m.visited
    away, spread, volume = (v.low - m.support) / m.a, v.spread / m.r_ref, 0.0
    quiet = 0.0
    if not (math.isnan(m.v_ref) or math.isnan(v.volume)):
        volume = v.volume / m.v_ref if m.v_ref > 0.0 else 0.0
        quiet = ramp(volume, 0.7, 0.25)
    score = 0.4 * quiet + 0.3 * ramp(spread, 0.8, 0.25) + 0.3 * ramp(away, -0.5, 0.5)
    m.n_st += 1
    m.changed_i = bar.i
    e = log.slots[say(s, side, 1, _ST, v.low, score, bar, log)]
    refer(e, v.i, v.ts)
    span(e, side, v.low, m.support)
    e.parent = m.base
    e.ev[0] = volume
    e.ev[1] = spread
    e.ev[2] = away
    e.ev[3] = float(m.n_st)
    m.support = min(m.support, v.low)
    book_keep(s.books, ST_SLOT + side, KEY_LIFE, bar.i, e.id, d * v.low, e.score)
    return e.id


@kernel
def test_step(p: WyckoffParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """Phase A2: wait for the first secondary test."""
    m, close = s.machines[side], s.turned[side].close
    if _revisit(p.st, s, side, bar):
        enter(m, _B, bar.i, _secondary(s, side, bar, log))
        m.b_i = bar.i
    elif close < m.support - p.range.fail * m.a:
        fail(s, side, _BREAKDOWN, bar, log)
    elif close > m.creek + p.range.leave * height(m):
        fail(s, side, _NO_TR, bar, log)
    elif bar.i - m.phase_i > p.st.max_bars:
        fail(s, side, _TIMEOUT, bar, log)


@kernel
def _upthrust_action(s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """Price was beyond the creek and closed back: told once a visit."""
    t, m = s.turned[side], s.machines[side]
    m.near = _TOLD
    e = log.slots[say(s, side, -1, _UA + side, m.creek, 0.0, bar, log)]
    span(e, side, m.creek, t.high)
    e.parent = m.base
    e.ev[0] = (t.high - m.creek) / m.a


@kernel
def _higher_low(p: WyckoffParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """A leg down was confirmed: an LPS_C, if it is higher and quieter than the one before."""
    m, g, d = s.machines[side], s.legs, 1 - 2 * side
    if m.n_st < _TESTS or g.n <= _TESTS:
        return
    last, older = leg_back(g, 0), leg_back(g, 2)
    low, place = d * last.ext, d * last.ext - m.support
    if last.dir == d or older.origin_i < m.start_i or not low > d * older.ext:
        return
    if low > m.creek or place < p.lps.c_area * height(m):
        return
    if not last.volume <= p.lps.c_volume * older.volume:  # nor where one is unknown
        return
    volume, place = last.volume / older.volume if older.volume > 0.0 else 0.0, place / height(m)
    score = 0.5 * ramp(volume, 0.7, 0.3) + 0.5 * ramp(place, 0.2, 0.5)
    e = log.slots[say(s, side, 1, _LPS_C + side, low, score, bar, log)]
    refer(e, last.ext_i, last.ext_ts)
    e.parent = m.base
    e.ev[0] = volume
    e.ev[1] = place
    e.ev[2] = float(bar.i - m.b_i)
    m.lps_c = 1


@kernel
def cause_step(p: WyckoffParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """Phase B: springs, tests and signs of strength, until the range is left or grows old."""
    t, m = s.turned[side], s.machines[side]
    tested = _revisit(p.st, s, side, bar)
    if m.pierce.bars > 0 or t.low < m.support - p.spring.eps * m.a:
        if pierce_step(p.spring, s, side, bar, log):
            return
    else:
        if tested:
            _secondary(s, side, bar, log)
        if _inside(p, s, side, bar, log):
            return
    if t.close > m.creek + p.range.leave * height(m):
        fail(s, side, _NO_TR, bar, log)
    elif bar.i - m.b_i > p.range.max_bars:
        fail(s, side, _AGE, bar, log)


@kernel
def _inside(p: WyckoffParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> bool:
    """No pierce is open: whether strength shows through the creek."""
    t, m = s.turned[side], s.machines[side]
    grown = bar.i - m.b_i >= p.spring.min_b
    if t.high > m.creek + p.spring.eps * m.a and t.close <= m.creek and m.near != _TOLD:
        _upthrust_action(s, side, bar, log)
    if grown and s.legs.last_i == bar.i:
        _higher_low(p, s, side, bar, log)
    if not (grown and t.close > m.creek + p.sos.jac * m.a):
        return False
    how = strength(p.sos, s, side, bar.i)
    if how > 0:
        show_strength(p, s, side, how, 2, bar, log)
    return how > 0
