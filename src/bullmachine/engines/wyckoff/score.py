"""The Wyckoff score: signed contributions, each weight x activation x direction, in two books.

Trend: phases D and E and the events that lead there. Reversal: phases A to C, springs and failures, tests, volume on
legs up against legs down, bar events, candle sweeps. What the side says that does not count is worth a quarter, or
nothing while it only builds.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import Reason
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ramp import ramp
from bullmachine.core.slots import BEYOND, SlotTable
from bullmachine.engines.smc.records import SMR_SLOT as SMC_SMR_SLOT
from bullmachine.engines.wyckoff.book import book_best, book_keep, book_rare, books_fade, books_settle, stronger
from bullmachine.engines.wyckoff.kinds import Phase
from bullmachine.engines.wyckoff.legs import leg_back
from bullmachine.engines.wyckoff.params import Weights, WyckoffParams
from bullmachine.engines.wyckoff.records import (
    BAR_LIFE,
    BARS,
    FAILS,
    LEGS,
    QUIET_SLOT,
    SMR_LIFE,
    SMR_SLOT,
    SPRINGS,
    SWEEPS,
    TESTS,
    TREND,
    WyckoffOut,
    WyckoffState,
)
from bullmachine.engines.wyckoff.structure import NEVER, Machine

__all__ = ["fade", "score_step"]

_N: Final = int(Phase.N)
_A1: Final = int(Phase.A1)
_A2: Final = int(Phase.A2)
_B: Final = int(Phase.B)
_C: Final = int(Phase.C)
_D: Final = int(Phase.D)
_E: Final = int(Phase.E)
_NOVOL: Final = int(Reason.NOVOL)
_GROWN: Final = 40  # bars of phase B that add to the quality
_BESIDE: Final = 0.25  # what the words of the side that does not count are worth


@inlined
def fade(s: WyckoffState, bar: Bar) -> None:
    """End the events that this close refutes, before this bar's own take their slots."""
    books_fade(s.books, bar.i, bar.close)


@inlined
def _rank(phase: int) -> int:
    """How much a phase counts against another: a markup less than a spring or an advance."""
    return _C if phase == _E else phase + (1 if phase >= _C else 0)


@inlined
def _active(one: Machine, two: Machine) -> int:
    """The side that counts: the further one, of equals the one that spoke last."""
    a, b = _rank(one.phase), _rank(two.phase)
    if a == b:
        a, b = (one.last_i, two.last_i) if a > 0 else (0, 0)
    return (1 if a > b else 0) - (1 if a < b else 0)


@inlined
def _factor(m: Machine, other: Machine, counts: bool) -> float:  # noqa: FBT001  (kernels have no keywords)
    """What the machine's words are worth."""
    if counts or _N in (m.phase, other.phase):
        return 1.0
    return 0.0 if m.phase <= _B else _BESIDE


@kernel
def _volumes(s: WyckoffState, side: int) -> float:
    """How much quieter the last leg against the machine was than the one before it, as a share of the quality."""
    g, d, m = s.legs, 1 - 2 * side, s.machines[side]
    back = 0 if g.n > 0 and leg_back(g, 0).dir != d else 1
    if g.n < back + 3:
        return 0.0
    last, older = leg_back(g, back), leg_back(g, back + 2)
    if older.origin_i < m.start_i or not older.volume > 0.0 or math.isnan(last.volume):
        return 0.0
    return ramp(last.volume / older.volume, 1.0, 0.6)


@kernel
def _build(s: WyckoffState, side: int, i: int) -> None:
    """How well the structure is built: tests, time, volume drying up, touches of the creek."""
    m = s.machines[side]
    if i in (s.legs.last_i, m.phase_i):
        m.fall = _volumes(s, side)
    time = ramp(float(i - m.b_i), 8.0, float(_GROWN)) if m.phase != _A2 else 0.0
    m.built = 0.3 * ramp(float(m.n_st), 1.0, 3.0) + 0.3 * time + 0.2 * m.fall + 0.2 * ramp(float(m.touches), 1.0, 3.0)


@inlined
def _quality(s: WyckoffState, side: int, i: int) -> float:
    m = s.machines[side]
    if not _A2 <= m.phase <= _D:
        return 0.0
    if i in (s.legs.last_i, m.phase_i, m.changed_i) or i - m.b_i <= _GROWN:
        _build(s, side, i)
    return m.built


@kernel
def _law(s: WyckoffState, start: int) -> float:
    """Volume on the legs up against that on the legs down since bar `start`, in [-1, 1]."""
    g = s.legs
    up, down, n_up, n_down = 0.0, 0.0, 0, 0
    for back in range(min(g.n, LEGS) - 1, -1, -1):
        leg = leg_back(g, back)
        if leg.origin_i < start or math.isnan(leg.volume):
            continue
        if leg.dir > 0:
            up += leg.volume
            n_up += 1
        else:
            down += leg.volume
            n_down += 1
    s.work += LEGS
    if n_up == 0 or n_down == 0:
        return 0.0
    up, down = up / n_up, down / n_down
    if not up + down > 0.0:
        return 0.0
    share = ramp(abs(up - down) / (up + down), 0.0, 0.4)
    return share if up > down else -share


@inlined
def _volume_law(s: WyckoffState, start: int) -> float:
    """The law of the range that began at `start`, read again when a leg was confirmed."""
    if start < 0:
        return 0.0
    if s.law_start != start or s.law_n != s.legs.n:
        s.law = _law(s, start)
        s.law_start = start
        s.law_n = s.legs.n
    return s.law


@inlined
def _range(s: WyckoffState, active: int, o: WyckoffOut) -> int:
    """The range that counts; the bar it began at, -1 without one."""
    one, two = s.machines[0], s.machines[1]
    o.range_low = math.nan
    o.range_high = math.nan
    o.quality = 0.0
    if active == 0:
        if one.undecided == 0:
            return -1
        o.range_low = min(one.support, -two.creek)
        o.range_high = max(one.creek, -two.support)
        o.quality = 0.5 * (o.quality_long + o.quality_short)
        return one.start_i
    m = s.machines[0 if active > 0 else 1]
    if not _A2 <= m.phase <= _D:
        return -1
    o.range_low = m.support if active > 0 else -m.creek
    o.range_high = m.creek if active > 0 else -m.support
    o.quality = o.quality_long if active > 0 else o.quality_short
    return m.start_i


@inlined
def _phase(p: WyckoffParams, s: WyckoffState, i: int, o: WyckoffOut) -> None:
    """What the phase of the side that counts is worth."""
    o.phase_trend_part = 0.0
    o.phase_reversal_part = 0.0
    o.phase_id = -1
    if o.active == 0:
        return
    m = s.machines[0 if o.active > 0 else 1]
    q = o.quality_long if o.active > 0 else o.quality_short
    weight = p.weights.phase * o.active
    o.phase_id = m.said
    if m.phase == _A1:
        o.phase_reversal_part = weight * 0.10
    elif m.phase == _A2:
        o.phase_reversal_part = weight * (0.20 * q)
    elif m.phase == _B:
        o.phase_reversal_part = weight * (0.30 * q)
    elif m.phase == _C:
        o.phase_reversal_part = weight * (0.70 * q)
    elif m.phase == _D:
        o.phase_trend_part = weight * (0.90 * q)
    else:
        o.phase_trend_part = weight * (1.0 - (i - m.phase_i) / p.markup.e_max)


@inlined
def _keys(w: Weights, s: WyckoffState, i: int, long: float, short: float, o: WyckoffOut) -> float:
    """Key events of the trend and of a turn; the part of both together."""
    bull, bull_id, bear, bear_id = book_rare(s.books.books[TREND], i, long, short)
    up, up_id, down, down_id = book_rare(s.books.books[SPRINGS], i, long, short)
    more, more_id, less, less_id = book_rare(s.books.books[FAILS], i, short, long)
    up_id = more_id if more > up else up_id
    up = max(up, more)
    down_id = less_id if less > down else down_id
    down = max(down, less)
    o.key_trend_part = w.key_event * (bull - bear)
    o.key_trend_id = stronger(bull, bull_id, bear, bear_id)
    o.key_reversal_part = w.key_event * (up - down)
    o.key_reversal_id = stronger(up, up_id, down, down_id)
    return w.key_event * (max(bull, up) - max(bear, down))


@inlined
def _tests(w: Weights, s: WyckoffState, i: int, long: float, short: float, o: WyckoffOut) -> None:
    bull, bull_id, bear, bear_id = book_rare(s.books.books[TESTS], i, long, short)
    o.test_part = w.test * (bull - bear)
    o.test_id = stronger(bull, bull_id, bear, bear_id)


@inlined
def _bars(w: Weights, s: WyckoffState, i: int, o: WyckoffOut) -> None:
    bull, bull_id, bear, bear_id = book_best(s.books.books[BARS], i, 1.0, 1.0)
    o.vsa_part = w.vsa * (bull - bear)
    o.vsa_id = stronger(bull, bull_id, bear, bear_id)


@inlined
def _sweeps(w: Weights, s: WyckoffState, i: int, o: WyckoffOut) -> None:
    bull, bull_id, bear, bear_id = book_best(s.books.books[SWEEPS], i, 1.0, 1.0)
    o.crt_smr_part = w.crt_smr * (bull - bear)
    o.crt_smr_id = stronger(bull, bull_id, bear, bear_id)


@kernel
def _smart_money(s: WyckoffState, smr: SlotTable, i: int) -> None:
    for side in range(2):
        slot = smr.slots[SMC_SMR_SLOT + side]
        if slot.i == i:
            book_keep(s.books, SMR_SLOT + side, SMR_LIFE, i, slot.id, slot.level, slot.strength)


@inlined
def _settle(s: WyckoffState, smr: SlotTable, i: int, active: int) -> None:
    """Take what else counts: no supply or demand on the side of the background, reversals SMC saw on this bar."""
    q = s.quiet
    if q.dir != 0 and q.dir == (active if active != 0 else s.climax_dir):
        book_keep(s.books, QUIET_SLOT + (1 - q.dir) // 2, BAR_LIFE, i, q.id, -q.dir * BEYOND, q.score)
    if smr.slots[SMC_SMR_SLOT].i == i or smr.slots[SMC_SMR_SLOT + 1].i == i:
        _smart_money(s, smr, i)
    books_settle(s.books, i)


@kernel
def _silent(o: WyckoffOut) -> None:
    """No contribution while the yardstick is cold or 0."""
    o.phase_trend_part = 0.0
    o.phase_reversal_part = 0.0
    o.phase_id = -1
    o.key_trend_part = 0.0
    o.key_trend_id = -1
    o.key_reversal_part = 0.0
    o.key_reversal_id = -1
    o.test_part = 0.0
    o.test_id = -1
    o.volume_law_part = 0.0
    o.vsa_part = 0.0
    o.vsa_id = -1
    o.crt_smr_part = 0.0
    o.crt_smr_id = -1
    o.trend = 0.0
    o.reversal = 0.0
    o.score = 0.0


@inlined
def _stand(s: WyckoffState, i: int, o: WyckoffOut) -> None:
    """Where the machines stand."""
    one, two = s.machines[0], s.machines[1]
    o.active = _active(one, two)
    o.phase_long = one.phase
    o.phase_short = two.phase
    o.spring_age = i - one.sprang if one.sprang != NEVER else -1
    o.utad_age = i - two.sprang if two.sprang != NEVER else -1
    o.quality_long = _quality(s, 0, i)
    o.quality_short = _quality(s, 1, i)
    o.age_long = i - one.phase_i if one.phase != _N else 0
    o.age_short = i - two.phase_i if two.phase != _N else 0
    o.both_sides = 1 if one.phase >= _C and two.phase >= _C else 0


@inlined
def score_step(p: WyckoffParams, s: WyckoffState, bar: Bar, smr: SlotTable, o: WyckoffOut) -> None:
    """Fill the output."""
    i, w = bar.i, p.weights
    warm = not math.isnan(s.atr)
    _stand(s, i, o)
    start = _range(s, o.active, o)
    o.silent = _NOVOL if warm and bar.novol == 1 else 0
    o.ready = 1 if warm and i >= p.climax.n_low else 0
    if not s.atr > 0.0:
        _silent(o)
        return
    one, two = s.machines[0], s.machines[1]
    long, short = _factor(one, two, o.active != -1), _factor(two, one, o.active != 1)
    _phase(p, s, i, o)
    _settle(s, smr, i, o.active)
    keys = _keys(w, s, i, long, short, o)
    _tests(w, s, i, long, short, o)
    _bars(w, s, i, o)
    _sweeps(w, s, i, o)
    o.volume_law_part = w.volume_law * _volume_law(s, start)
    o.trend = o.phase_trend_part + o.key_trend_part
    o.reversal = (
        o.phase_reversal_part + o.key_reversal_part + o.test_part + o.volume_law_part + o.vsa_part + o.crt_smr_part
    )
    o.score = (
        o.phase_trend_part
        + o.phase_reversal_part
        + keys
        + o.test_part
        + o.volume_law_part
        + o.vsa_part
        + o.crt_smr_part
    )
