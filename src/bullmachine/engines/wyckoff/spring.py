"""Springs: the support is broken and taken back, tested, and held or lost (the end of phase B, phase C)."""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog, Reason, State
from bullmachine.core.kernel import kernel
from bullmachine.core.ramp import ramp
from bullmachine.engines.wyckoff.advance import show_strength, strength
from bullmachine.engines.wyckoff.book import book_free, book_keep
from bullmachine.engines.wyckoff.kinds import Kind, Phase
from bullmachine.engines.wyckoff.params import SpringParams, TestParams, WyckoffParams
from bullmachine.engines.wyckoff.records import (
    KEY_LIFE,
    SPRING_SLOT,
    TEST_OK_SLOT,
    TEST_SLOT,
    UNDERCUT_SLOT,
    WyckoffState,
)
from bullmachine.engines.wyckoff.say import begin_visits, enter, fail, height, middle, refer, say, span
from bullmachine.engines.wyckoff.window import close_at_edge

__all__ = ["pierce_step", "spring_step"]

_UNDERCUT: Final = int(Kind.UNDERCUT)
_SPRING: Final = int(Kind.SPRING)
_TEST: Final = int(Kind.TEST)
_TEST_OK: Final = int(Kind.TEST_OK)
_TEST_FAIL: Final = int(Kind.TEST_FAIL)
_B: Final = int(Phase.B)
_C: Final = int(Phase.C)
_UPDATE: Final = int(State.UPDATE)
_END: Final = int(State.END)
_DEPTH: Final = int(Reason.DEPTH)
_NO_RECLAIM: Final = int(Reason.NO_RECLAIM)
_BELOW_SPRING: Final = int(Reason.BELOW_SPRING)
_HEAVY: Final = 1  # types of a spring by its volume
_USUAL: Final = 2
_QUIET: Final = 3
_TESTED: Final = 0.8  # what the volume of a heavy spring counts once it was tested
_TERMINAL: Final = 1.0  # a heavy spring deeper than this, in a, is a terminal shakeout


@kernel
def _dig(s: WyckoffState, side: int, bar: Bar) -> None:
    """This bar is part of the pierce, or its first."""
    t, q = s.turned[side], s.machines[side].pierce
    if q.bars == 0:
        q.low = math.inf
        q.volume = math.nan
        q.rv = math.nan
        q.spread = 0.0
    q.bars += 1
    if t.low < q.low:
        q.low = t.low
        q.i = bar.i
        q.ts = bar.ts
    if not math.isnan(s.v) and not q.volume >= s.v:
        q.volume = s.v
    if s.known == 1 and not q.rv >= s.rv:
        q.rv = s.rv
    q.spread = max(q.spread, t.high - t.low)


@kernel
def _type(p: SpringParams, rv: float) -> int:
    """3 quiet, 2 usual, 1 heavy, 0 unknown."""
    if rv <= p.quiet_rv:
        return _QUIET
    if rv <= p.heavy_rv:
        return _USUAL
    return 0 if math.isnan(rv) else _HEAVY


@kernel
def _volume_worth(type_: int) -> float:
    if type_ == _QUIET:
        return 1.0
    if type_ == _USUAL:
        return 0.6
    return 0.3 if type_ == _HEAVY else 0.0


@kernel
def _tell(s: WyckoffState, side: int, kind: int, worth: float, parent: int, bar: Bar, log: EventLog) -> int:
    """Say what the spring, or the undercut, in `spring` was; the event's slot in the log."""
    m = s.machines[side]
    q = m.spring
    depth = (m.support - q.low) / m.a
    score = (
        0.30 * ramp(depth, 1.5, 0.2)
        + 0.25 * ramp(float(q.bars), 3.0, 1.0)
        + 0.25 * worth
        + 0.20 * ramp(q.clv, 0.4, 0.9)
    )
    k = say(s, side, 1, kind + side, q.low, score, bar, log)
    e = log.slots[k]
    refer(e, q.i, q.ts)
    span(e, side, q.low, m.support)
    e.parent = parent
    e.ev[0] = depth
    e.ev[1] = float(q.bars)
    e.ev[2] = 0.0 if math.isnan(q.rv) else q.rv
    e.ev[3] = q.clv
    e.ev[4] = float(q.type)
    e.ev[5] = 1.0 if q.type == _HEAVY and depth > _TERMINAL else 0.0
    e.ev[6] = float(q.bars_b)
    return k


@kernel
def _take_back(p: SpringParams, s: WyckoffState, side: int, bar: Bar) -> None:
    """The support is taken back: the pierce becomes the spring."""
    t, m = s.turned[side], s.machines[side]
    q, r = m.pierce, m.spring
    r.bars = q.bars
    r.low = q.low
    r.i = q.i
    r.ts = q.ts
    r.volume = q.volume
    r.rv = q.rv
    r.spread = q.spread
    r.type = _type(p, q.rv)
    r.clv = close_at_edge(t.low, t.high, t.close)
    r.bars_b = bar.i - m.b_i
    begin_visits(m, 0)


@kernel
def _sprung(p: SpringParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """Taken back: a spring, or too early for one."""
    m, d = s.machines[side], 1 - 2 * side
    _take_back(p, s, side, bar)
    q = m.spring
    worth, level = _volume_worth(q.type), d * q.low
    if q.bars_b >= p.min_b:
        e = log.slots[_tell(s, side, _SPRING, worth, m.base, bar, log)]
        book_keep(s.books, SPRING_SLOT + side, KEY_LIFE, bar.i, e.id, level, e.score)
        enter(m, _C, bar.i, e.id)
        m.sprang = bar.i
        m.tested = 0
        m.test.i = -1
        return
    e = log.slots[_tell(s, side, _UNDERCUT, worth, m.base, bar, log)]
    book_keep(s.books, UNDERCUT_SLOT + side, KEY_LIFE, bar.i, e.id, level, e.score)
    m.n_st += 1
    m.changed_i = bar.i
    m.support = q.low


@kernel
def pierce_step(p: SpringParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> bool:
    """Price is, or was, under the support: whether that was decided on this bar."""
    m = s.machines[side]
    _dig(s, side, bar)
    if m.support - m.pierce.low > max(p.depth_atr * m.a, p.depth_height * height(m)):
        fail(s, side, _DEPTH, bar, log)
    elif s.turned[side].close >= m.support:
        _sprung(p, s, side, bar, log)
    elif m.pierce.bars == p.bars:
        fail(s, side, _NO_RECLAIM, bar, log)
    else:
        return False
    return True


@kernel
def _outcome(p: TestParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """The test of an earlier bar comes true, fails or is forgotten."""
    t, m, d = s.turned[side], s.machines[side], 1 - 2 * side
    q, spring = m.test, m.spring
    bad, good = t.low < spring.low, t.close > q.high
    if bad or good:
        dir_, kind = (-1, _TEST_FAIL) if bad else (1, _TEST_OK)
        price, score = (spring.low, 0.0) if bad else (q.high, q.score)
        k = say(s, side, dir_, kind, price, 0.0, bar, log)
        e = log.slots[k]
        e.score = score if s.atr > 0.0 else 0.0
        refer(e, q.i, q.ts)
        e.parent = q.id
        e.state = _END
        if bad:
            book_free(s.books, TEST_SLOT + side, bar.i)
        else:
            book_keep(s.books, TEST_OK_SLOT + side, KEY_LIFE, bar.i, e.id, d * spring.low, e.score)
    if bad or good or bar.i - q.i >= p.ok_bars:
        q.i = -1


@kernel
def _quiet_test(p: WyckoffParams, s: WyckoffState, side: int) -> bool:
    """Whether this bar is a quiet one back at the support."""
    t, m = s.turned[side], s.machines[side]
    q = m.spring
    if t.low > m.support + p.st.area * height(m) or t.low <= q.low or t.close < m.support or t.close > t.prev:
        return False
    return s.v <= p.test.volume * q.volume and t.high - t.low <= p.test.spread * q.spread


@kernel
def _test(s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """The spring was tested; a heavy one is told again, worth more."""
    t, m, d = s.turned[side], s.machines[side], 1 - 2 * side
    q = m.spring
    volume = s.v / q.volume if q.volume > 0.0 else 0.0
    spread, away = (t.high - t.low) / q.spread, (t.low - q.low) / m.a
    score = 0.5 * ramp(volume, 0.7, 0.2) + 0.3 * ramp(spread, 0.8, 0.3) + 0.2 * ramp(away, 0.0, 1.0)
    e = log.slots[say(s, side, 1, _TEST + side, t.low, score, bar, log)]
    span(e, side, t.low, t.high)
    e.parent = m.said
    e.ev[0] = volume
    e.ev[1] = spread
    e.ev[2] = away
    m.tested = 1
    m.test.i = bar.i
    m.test.ts = bar.ts
    m.test.high = t.high
    m.test.score = e.score
    m.test.id = e.id
    book_keep(s.books, TEST_SLOT + side, KEY_LIFE, bar.i, e.id, d * q.low, e.score)
    if q.type == _HEAVY:
        e = log.slots[_tell(s, side, _SPRING, _TESTED, m.said, bar, log)]
        e.state = _UPDATE
        book_keep(s.books, SPRING_SLOT + side, KEY_LIFE, bar.i, e.id, d * q.low, e.score)


@kernel
def spring_step(p: WyckoffParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """Phase C: the spring is tested, strength shows, or the spring is lost."""
    t, m = s.turned[side], s.machines[side]
    if m.test.i >= 0:
        _outcome(p.test, s, side, bar, log)
    if t.close < m.spring.low:
        fail(s, side, _BELOW_SPRING, bar, log)
        return
    how = strength(p.sos, s, side, bar.i) if t.close > middle(m) else 0
    if how > 0:
        show_strength(p, s, side, how, 1, bar, log)
        return
    if m.tested == 0 and _quiet_test(p, s, side):
        _test(s, side, bar, log)
    if bar.i - m.phase_i > p.spring.max_bars:
        enter(m, _B, bar.i, m.base)
        begin_visits(m, 0)
