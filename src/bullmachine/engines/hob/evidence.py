"""Evidence of a reaction: a wick that was absorbed, and volume far above the usual."""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.board import side_of
from bullmachine.core.events import EventLog, emit
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ramp import ramp
from bullmachine.core.slots import BEYOND, slots_keep
from bullmachine.engines.hob.kinds import Kind
from bullmachine.engines.hob.params import HobParams
from bullmachine.engines.hob.records import ABSORB_SLOT, EVIDENCE_LIFE, SPIKE_SLOT, HobState

__all__ = ["absorb_step", "spike_step"]

_WICK_ABSORB: Final = int(Kind.WICK_ABSORB)
_VOL_SPIKE: Final = int(Kind.VOL_SPIKE)
_FAR: Final = 0.55  # how far from the wick's end, as a share of the range, an absorbed wick's bar closes
_SIDE: Final = 0.6  # how far from the other end a spike's bar closes to speak for a side
_ALONE: Final = 0.5  # activation of a spike without an absorbed wick or a sweep


@inlined
def absorb_step(p: HobParams, s: HobState, bar: Bar, atr: float, log: EventLog) -> None:
    """The absorbed wick of this bar, if it has one: only the one that the close is far from can be."""
    s.shown.dir = 0
    s.shown.absorb = 0.0
    spread = bar.high - bar.low
    if spread == 0.0 or not atr > 0.0:
        return
    up, down = bar.close - bar.low, bar.high - bar.close
    below, above = min(bar.open, bar.close) - bar.low, bar.high - max(bar.open, bar.close)
    d, wick = (1, below) if up > down else (-1, above)  # both at hand: chosen without a branch
    share = wick / spread
    away, size = max(up, down) / spread, spread / atr
    small = (share < p.wick) | (wick < p.wick_body * abs(bar.close - bar.open)) | (size < p.min_sp)
    if small | (away < _FAR):  # one branch: each of the four alone is hard to foresee
        return
    score = 0.5 * ramp(share, 0.5, 0.8) + 0.3 * ramp(size, 0.8, 2.0) + 0.2 * ramp(away, 0.55, 0.9)
    e = log.slots[emit(log, bar, _WICK_ABSORB, d, bar.low if d > 0 else bar.high, score)]
    e.lo = bar.low
    e.hi = bar.high
    e.ev[0] = share
    e.ev[1] = size
    e.ev[2] = up / spread
    s.shown.dir = d
    s.shown.absorb = score
    slots_keep(s.slots, ABSORB_SLOT + side_of(d), EVIDENCE_LIFE, bar.i, e.id, -d * BEYOND, score)


@kernel
def _side(bar: Bar, spread: float) -> int:
    """The side a spike's close speaks for, 0 in the middle."""
    if spread == 0.0:
        return 0
    if (bar.close - bar.low) / spread > _SIDE:
        return 1
    return -1 if (bar.high - bar.close) / spread > _SIDE else 0


@inlined
def spike_step(p: HobParams, s: HobState, bar: Bar, atr: float, rv: float, swept: int, log: EventLog) -> None:
    """The volume spike of this bar, if it is one; `swept` is 1 where it also took liquidity."""
    s.shown.spike = 0.0
    if not rv >= p.spike_rv:
        return
    spread = bar.high - bar.low
    score = ramp(rv, 1.5, 3.0) if atr > 0.0 else 0.0
    e = log.slots[emit(log, bar, _VOL_SPIKE, 0, bar.close, score)]
    e.lo = bar.low
    e.hi = bar.high
    e.ev[0] = rv
    e.ev[1] = (bar.close - bar.low) / spread if spread > 0.0 else 0.5
    s.shown.spike = score
    d = _side(bar, spread)
    if d != 0:
        strength = score if swept == 1 or s.shown.dir != 0 else _ALONE * score
        slots_keep(s.slots, SPIKE_SLOT + side_of(d), EVIDENCE_LIFE, bar.i, e.id, -d * BEYOND, strength)
