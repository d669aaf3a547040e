"""Displacement, breaks of structure, and the shift they make together.

A pivot is broken by a close (or wick) beyond it, once; a new pivot replaces the one that waits. A pivot
confirmed at a bar has that bar's close inside it, so a break comes after its confirmation and needs no cross
test. Where one bar would break both sides (by wick, or with a distance in an ATR that shrank) it breaks none.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.board import side_of
from bullmachine.core.events import EventLog, emit
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ramp import ramp
from bullmachine.core.slots import BEYOND, slots_keep
from bullmachine.engines.features import FeaturesOut
from bullmachine.engines.levels import LevelsOut
from bullmachine.engines.smc.candles import candle_at, leg_begin, leg_take
from bullmachine.engines.smc.kinds import Kind
from bullmachine.engines.smc.params import DisplacementParams, Price, SmcParams, StructureParams
from bullmachine.engines.smc.records import BOS_SLOT, CHOCH_SLOT, MSS_SLOT, SmcState

__all__ = ["SHIFT_LIFE", "displacement_step", "in_atr", "known_rv", "structure_step"]

SHIFT_LIFE: Final = 12  #: bars over which a break decays to nothing in the score
_CHOCH_SHARE: Final = 0.7  # activation of a CHOCH, and of a BOS, relative to an MSS
_BOS_SHARE: Final = 0.5
_DISPL: Final = int(Kind.DISPL)
_BOS: Final = int(Kind.BOS)
_CHOCH: Final = int(Kind.CHOCH)
_MSS: Final = int(Kind.MSS)
_WICK: Final = int(Price.WICK)


@kernel
def in_atr(distance: float, atr: float) -> float:
    """A distance in ATR; 0 while the ATR is cold or 0."""
    return distance / atr if atr > 0.0 else 0.0


@kernel
def known_rv(rv: float) -> float:
    """The relative volume, 0 where it is missing: below the foot of every ramp."""
    return 0.0 if math.isnan(rv) else rv


@inlined
def displacement_step(p: DisplacementParams, s: SmcState, bar: Bar, f: FeaturesOut, log: EventLog) -> None:
    """A displacement, if this bar is one."""
    body, spread = abs(bar.close - bar.open), bar.high - bar.low
    if not f.atr_prev > 0.0 or body < p.body * f.atr_prev or body < p.share * spread or body == 0.0:
        return
    d = 1 if bar.close > bar.open else -1
    size, share, rv = body / f.atr_prev, body / spread, known_rv(f.rv)
    score = 0.5 * ramp(size, 1.2, 3.0) + 0.3 * ramp(share, 0.6, 0.95) + 0.2 * ramp(rv, 1.0, 2.5)
    e = log.slots[emit(log, bar, _DISPL, d, bar.close, score)]
    e.lo = bar.low
    e.hi = bar.high
    e.ev[0] = size
    e.ev[1] = share
    e.ev[2] = rv
    last = s.displaced[side_of(d)]
    last.before = last.i
    last.before_id = last.id
    last.i = bar.i
    last.id = e.id
    last.score = score


@kernel
def _expect(p: SmcParams, s: SmcState, d: int, level: float, i: int, now: int) -> None:
    """Wait for a break of direction `d` of the pivot at bar `i`, confirmed at bar `now`."""
    turn, leg = s.turns[side_of(d)], s.legs[side_of(d)]
    turn.level = level
    turn.i = i
    turn.k = now - i
    leg_begin(leg)
    for j in range(i + 1, now):
        leg_take(p.ob, leg, d, j, candle_at(s, j))


@inlined
def _beyond(p: StructureParams, s: SmcState, d: int, bar: Bar, atr: float) -> bool:
    """Whether the bar breaks the pivot that waits; nothing is beyond NaN."""
    turn = s.turns[side_of(d)]
    room = 0.0 if p.min_break == 0.0 else p.min_break * atr  # a cold yardstick makes this NaN: silent
    x = bar.close
    if p.break_by == _WICK:
        x = bar.high if d > 0 else bar.low
    return d * (x - turn.level) > room


@kernel
def _score(s: SmcState, d: int, bar: Bar, f: FeaturesOut) -> float:
    if not f.atr_prev > 0.0:
        return 0.0
    turn, atr = s.turns[side_of(d)], f.atr_prev
    total = 0.4 * ramp(d * (bar.close - turn.level) / atr, 0.0, 1.0) + 0.2 * ramp(known_rv(f.rv), 1.0, 2.0)
    total += 0.2 * ramp(abs(bar.close - bar.open) / atr, 0.5, 1.5)
    return total + 0.2 * ramp(float(bar.i - turn.i), float(turn.k), 10.0 * turn.k)


@kernel
def _break(s: SmcState, d: int, bar: Bar, f: FeaturesOut, log: EventLog) -> None:
    turn, b = s.turns[side_of(d)], s.broken
    b.kind = _CHOCH if s.trend == -d else _BOS
    b.dir = d
    b.level = turn.level
    b.swing = turn.i
    b.score = _score(s, d, bar, f)
    e = log.slots[emit(log, bar, b.kind, d, turn.level, b.score)]
    e.ev[0] = float(turn.i)
    e.ev[1] = in_atr(d * (bar.close - turn.level), f.atr_prev)
    e.ev[2] = known_rv(f.rv)
    e.ev[3] = in_atr(abs(bar.close - bar.open), f.atr_prev)
    e.ev[4] = 1.0 if s.trend == 0 else 0.0
    e.ev[5] = float(bar.i - turn.i)
    b.id = e.id
    turn.level = math.nan
    s.trend = d
    s.broke = bar.i
    s.broke_k = turn.k
    s.broke_id = e.id
    first, share = BOS_SLOT, _BOS_SHARE
    if b.kind == _CHOCH:
        s.choch[side_of(d)] = bar.i
        first, share = CHOCH_SLOT, _CHOCH_SHARE
    slots_keep(s.slots, first + side_of(d), SHIFT_LIFE, bar.i, e.id, -d * BEYOND, share * b.score)


@kernel
def _shift(p: DisplacementParams, s: SmcState, bar: Bar, log: EventLog) -> None:
    """The MSS of this bar's CHOCH, if a displacement on its side is near."""
    b = s.broken
    push = s.displaced[side_of(b.dir)]
    if bar.i - push.i > p.window - 1:
        return
    score = 0.5 * b.score + 0.5 * push.score
    e = log.slots[emit(log, bar, _MSS, b.dir, b.level, score)]
    e.parent = b.id
    e.ev[0] = float(push.i)
    e.ev[1] = push.score
    b.shift = push.score
    slots_keep(s.slots, MSS_SLOT + side_of(b.dir), SHIFT_LIFE, bar.i, e.id, -b.dir * BEYOND, score)


@inlined
def structure_step(p: SmcParams, s: SmcState, bar: Bar, f: FeaturesOut, lv: LevelsOut, log: EventLog) -> None:
    """Take this bar's pivots, then test the close against the pivots that wait.

    `s.broken` is what broke, its `shift` the displacement's score where it is an MSS, else -1.
    """
    s.broken.kind = 0
    s.broken.shift = -1.0
    if lv.pivot_high_confirmed == 1:
        _expect(p, s, 1, lv.pivot_high, lv.pivot_index, bar.i)
    if lv.pivot_low_confirmed == 1:
        _expect(p, s, -1, lv.pivot_low, lv.pivot_index, bar.i)
    up, down = _beyond(p.structure, s, 1, bar, f.atr_prev), _beyond(p.structure, s, -1, bar, f.atr_prev)
    if up == down:
        return
    _break(s, 1 if up else -1, bar, f, log)
    if s.broken.kind == _CHOCH:
        _shift(p.displacement, s, bar, log)
