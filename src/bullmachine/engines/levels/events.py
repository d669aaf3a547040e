"""Emitting the levels engine's events: the kernels that turn what the parts found into log entries."""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog, Reason, State, emit
from bullmachine.core.kernel import kernel
from bullmachine.engines.levels.kinds import Kind
from bullmachine.engines.levels.pivot import PivotOut
from bullmachine.engines.levels.sentinel import strength
from bullmachine.engines.levels.session import SessionState
from bullmachine.engines.levels.swing import SwingChange, SwingState, swing_at

__all__ = ["emit_break", "emit_pivot", "emit_session_close", "emit_swing"]

_PIVOT: Final = int(Kind.PIVOT)
_SWING: Final = int(Kind.SWING)
_SWING_REPLACED: Final = int(Kind.SWING_REPLACED)
_SESSION_CLOSE: Final = int(Kind.SESSION_CLOSE)
_UPDATE: Final = int(State.UPDATE)
_REASON: Final = int(Reason.REPLACED)
_REPLACED: Final = int(SwingChange.REPLACED)


@kernel
def emit_pivot(log: EventLog, bar: Bar, found: PivotOut, dir_: int, score: float) -> None:
    """The pivot of side `dir_` that `found` holds."""
    k = emit(log, bar, _PIVOT, dir_, found.high if dir_ > 0 else found.low, score)
    e = log.slots[k]
    e.i_ref = found.index
    e.t_ref = found.ts
    e.ev[0] = found.high_prominence if dir_ > 0 else found.low_prominence


@kernel
def emit_swing(log: EventLog, bar: Bar, s: SwingState, change: int) -> None:
    """The newest swing after `change`; it keeps the event's id, so that a replacement can name its parent."""
    new = s.ring[swing_at(s, 0)]
    k = emit(log, bar, _SWING_REPLACED if change == _REPLACED else _SWING, new.dir, new.level, 0.0)
    e = log.slots[k]
    e.i_ref = new.i
    e.t_ref = new.ts
    if change == _REPLACED:
        e.state = _UPDATE
        e.reason = _REASON
        e.parent = new.event
    e.ev[0] = new.label
    before = swing_at(s, 1)
    if before >= 0:
        e.ev[1] = abs(new.level - s.ring[before].level)
    new.event = e.id


@kernel
def emit_session_close(log: EventLog, bar: Bar, s: SessionState, number: int, bars: int, last_ts: int) -> None:
    """Session `number` ended with the bar before `bar`."""
    k = emit(log, bar, _SESSION_CLOSE, 0, (s.last_low + s.last_high) / 2.0, 0.0)
    e = log.slots[k]
    e.i_ref = bar.i - 1
    e.t_ref = last_ts
    e.lo = s.last_low
    e.hi = s.last_high
    e.ev[0] = number
    e.ev[1] = bars


@kernel
def emit_break(log: EventLog, bar: Bar, kind: int, dir_: int, level: float, atr: float, ev: int) -> None:
    """The close went beyond `level` on side `dir_`; scored by how far in ATR."""
    k = emit(log, bar, kind, dir_, level, strength((bar.close - level) * dir_, atr))
    log.slots[k].ev[0] = ev
