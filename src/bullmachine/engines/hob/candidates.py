"""Candidates of hidden zones: a body of some size that the next bar closes beyond."""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.board import board_add, board_next, near_edge, side_of
from bullmachine.core.events import EventLog, Reason
from bullmachine.core.kernel import inlined, kernel
from bullmachine.engines.hob.kinds import Kind
from bullmachine.engines.hob.params import HobParams
from bullmachine.engines.hob.records import PER_SIDE, HobState
from bullmachine.engines.hob.zones import end_body
from bullmachine.engines.smc import SmcState
from bullmachine.engines.smc.candles import candle_at
from bullmachine.engines.smc.records import Candle

__all__ = ["candidates_step"]

_HOB_END: Final = int(Kind.HOB_END)
_CAPACITY: Final = int(Reason.CAPACITY)


@inlined
def _large(p: HobParams, c: Candle) -> bool:
    """Whether the candle has a body that can be hidden."""
    body = abs(c.close - c.open)
    large = (body >= p.min_body * (c.high - c.low)) & (body >= p.min_body_atr * c.atr)
    return large & (c.atr > 0.0) & (body > 0.0)


@kernel
def _wait(p: HobParams, s: HobState, c: Candle, d: int, i: int) -> None:
    """The body of candle `i` waits for price to skip it, from the side it was left on."""
    h = s.waiting
    lo, hi = min(c.open, c.close), max(c.open, c.close)
    z = h.bodies[board_add(h.board, side_of(d), -d, near_edge(-d, lo, hi), i + p.max_age, i)]
    z.dir = d
    z.lo = lo
    z.hi = hi
    z.room = p.buf * (hi - lo)
    z.share = (hi - lo) / (c.high - c.low)
    z.ref = i
    z.ref_ts = c.ts
    z.n = 0
    z.partial = 0
    z.touched = 0
    z.hidden = -1
    z.score = 0.0
    z.id = -1


@kernel
def _make_room(s: HobState, side: int, bar: Bar, log: EventLog) -> None:
    """The oldest never hidden goes first, then the oldest hidden."""
    h = s.waiting if s.waiting.board.n[side] > 0 else s.hidden
    end_body(h, board_next(h.board, side), _HOB_END, _CAPACITY, bar, log)
    s.overflow += 1


@inlined
def candidates_step(p: HobParams, s: HobState, smc: SmcState, bar: Bar, log: EventLog) -> None:
    """The candle before waits if this bar closed beyond it; this one is a candidate and needs room.

    Most candidates die on the next bar, so that one is only looked at then, but for its room.
    """
    if bar.i == 0:
        return
    c = candle_at(smc, bar.i - 1)
    d = 1 if c.close > c.open else -1
    if (d * (bar.close - c.open) < 0.0) & _large(p, c):
        _wait(p, s, c, d, bar.i - 1)
    side = side_of(1 if bar.close > bar.open else -1)
    if s.waiting.board.n[side] + s.hidden.board.n[side] >= PER_SIDE and _large(p, candle_at(smc, bar.i)):
        _make_room(s, side, bar, log)
