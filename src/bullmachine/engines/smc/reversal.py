"""Smart-money reversals: a sweep, and within some bars a change of character the same way.

A close beyond a sweep's extreme refutes the sweep: no reversal is made of it any more.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.board import side_of
from bullmachine.core.events import EventLog, Reason, State, emit
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.slots import slots_keep
from bullmachine.engines.smc.kinds import Kind
from bullmachine.engines.smc.params import SmrParams
from bullmachine.engines.smc.pools import LIQUIDITY_LIFE
from bullmachine.engines.smc.records import SMR_SLOT, Reversal, SmcState

__all__ = ["reversal_step"]

_SMR: Final = int(Kind.SMR)
_SMR_INVALID: Final = int(Kind.SMR_INVALID)
_SMC_END: Final = int(Kind.SMC_END)
_CHOCH: Final = int(Kind.CHOCH)
_END: Final = int(State.END)
_AGE: Final = int(Reason.AGE)
_REPLACED: Final = int(Reason.REPLACED)
_NONE: Final = int(Reason.NONE)


@kernel
def _over(r: Reversal, d: int, kind: int, reason: int, bar: Bar, log: EventLog) -> None:
    """The reversal ends; refuted it speaks of its extreme only."""
    e = log.slots[emit(log, bar, kind, d, r.price, 0.0)]
    e.i_ref = r.ref
    e.t_ref = r.ref_ts
    e.state = _END
    e.reason = reason
    e.parent = r.id
    if kind == _SMR_INVALID:
        e.price = r.extreme
        e.lo = r.extreme
        e.hi = r.extreme
    else:
        e.lo = r.lo
        e.hi = r.hi
        e.ev[0] = float(_SMR)
    r.live = 0


@inlined
def _age(p: SmrParams, r: Reversal, d: int, bar: Bar, log: EventLog) -> None:
    if r.live == 0:
        return
    if d * (bar.close - r.extreme) < 0.0:
        _over(r, d, _SMR_INVALID, _NONE, bar, log)
    elif bar.i - r.born >= p.life:
        _over(r, d, _SMC_END, _AGE, bar, log)


@kernel
def _make(s: SmcState, bar: Bar, log: EventLog) -> None:
    """The last sweep of the break's direction becomes a reversal."""
    b = s.broken
    side = side_of(b.dir)
    r, swept = s.reversals[side], s.swept[side]
    if r.live == 1:
        _over(r, b.dir, _SMC_END, _REPLACED, bar, log)
    swept.unused = 0
    r.live = 1
    r.born = bar.i
    r.ref = swept.ref
    r.ref_ts = swept.ref_ts
    r.price = swept.level
    r.extreme = swept.extreme
    r.lo = min(swept.extreme, b.level)
    r.hi = max(swept.extreme, b.level)
    score = 0.4 * swept.score + 0.3 * b.score + 0.3 * max(0.0, b.shift)
    e = log.slots[emit(log, bar, _SMR, b.dir, r.price, score)]
    e.i_ref = r.ref
    e.t_ref = r.ref_ts
    e.lo = r.lo
    e.hi = r.hi
    e.parent = swept.id
    e.ev[0] = float(bar.i)
    e.ev[1] = float(bar.i - swept.known)
    e.ev[2] = 1.0 if b.shift >= 0.0 else 0.0
    r.id = e.id
    slots_keep(s.slots, SMR_SLOT + side, LIQUIDITY_LIFE, bar.i, e.id, r.extreme, score)


@inlined
def _refute(s: SmcState, d: int, close: float) -> None:
    swept = s.swept[side_of(d)]
    swept.unused &= 0 if d * (close - swept.extreme) < 0.0 else 1


@inlined
def reversal_step(p: SmrParams, s: SmcState, bar: Bar, log: EventLog) -> None:
    """End what is over, then make a reversal of this bar's CHOCH and an unused sweep before it."""
    _age(p, s.reversals[0], 1, bar, log)
    _age(p, s.reversals[1], -1, bar, log)
    _refute(s, 1, bar.close)
    _refute(s, -1, bar.close)
    if s.broken.kind != _CHOCH:
        return
    swept = s.swept[side_of(s.broken.dir)]
    if swept.unused == 1 and bar.i - swept.known <= p.window:
        _make(s, bar, log)
