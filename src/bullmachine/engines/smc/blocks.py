"""Order blocks: the candle from which price left to break structure.

Source: community mechanisation of ICT's order block; smart-money-concepts 0.0.27 for the extreme and its ties.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.board import board_add, board_next, near_edge, side_of
from bullmachine.core.events import EventLog, State
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ramp import ramp
from bullmachine.engines.features import FeaturesOut
from bullmachine.engines.smc.gaps import open_zone
from bullmachine.engines.smc.kinds import Kind
from bullmachine.engines.smc.params import ObParams
from bullmachine.engines.smc.records import BLOCKS, OB_PER_SIDE, Leg, SmcState
from bullmachine.engines.smc.structure import in_atr, known_rv
from bullmachine.engines.smc.zones import emit_zone, evict_zone

__all__ = ["block_step"]

_OB: Final = int(Kind.OB)
_NEW: Final = int(State.NEW)
_UPDATE: Final = int(State.UPDATE)


@kernel
def _same(s: SmcState, d: int, candle: int) -> int:
    """The place of the unbroken block of direction `d` made of this candle, -1 without one."""
    line = s.board.lines[side_of(d)]
    for j in range(line.n):
        z = s.zones[line.place[j]]
        if z.block == 1 and z.ref == candle and z.turned < 0:
            return line.place[j]
    return -1


@kernel
def _again(s: SmcState, place: int, bar: Bar, log: EventLog) -> None:
    z = s.zones[place]
    z.n += 1
    emit_zone(log, bar, z, _OB, _UPDATE, 0)


@kernel
def _make(p: ObParams, s: SmcState, leg: Leg, bar: Bar, f: FeaturesOut, log: EventLog) -> None:
    d, b, atr = s.broken.dir, s.board, f.atr_prev
    side = side_of(d)
    if b.n[BLOCKS + side] >= OB_PER_SIDE:
        evict_zone(s, board_next(b, BLOCKS + side), bar, atr, log)
    top = max(leg.top, bar.high if d > 0 else -bar.low)
    push = 1.0 if s.displaced[side].i >= leg.i else 0.0
    gap = 1.0 if s.gap.last_ref[side] >= leg.i else 0.0
    swept = 1.0 if s.swept[side].ref > s.broken.swing else 0.0
    size, rv = in_atr(top - leg.low, atr), known_rv(leg.rv)
    place = board_add(b, BLOCKS + side, d, near_edge(d, leg.lo, leg.hi), bar.i + p.max_age, log.head.seq)
    z = s.zones[place]
    open_zone(z, d, leg.lo, leg.hi, leg.candle, leg.ts, bar.i, p.max_age)
    z.block = 1
    z.score = 0.0
    if atr > 0.0:
        z.score = 0.25 * push + 0.25 * gap + 0.2 * ramp(size, 1.0, 4.0) + 0.15 * swept + 0.15 * ramp(rv, 1.0, 2.0)
    z.worth = z.score
    e = log.slots[emit_zone(log, bar, z, _OB, _NEW, 0)]
    e.parent = s.broken.id
    e.ev[1] = size
    e.ev[2] = rv
    e.ev[3] = push
    e.ev[4] = gap
    e.ev[5] = swept
    z.id = e.id
    z.said = e.id


@inlined
def block_step(p: ObParams, s: SmcState, bar: Bar, f: FeaturesOut, log: EventLog) -> None:
    """The order block of this bar's break, if it has one."""
    if s.broken.kind == 0:
        return
    leg = s.legs[side_of(s.broken.dir)]
    if leg.i < 0 or not leg.hi > leg.lo:
        return
    place = _same(s, s.broken.dir, leg.candle)
    if place >= 0:
        _again(s, place, bar, log)
    else:
        _make(p, s, leg, bar, f, log)
