"""What all words of a machine share: they are said in its own prices, turned back here."""

from __future__ import annotations

import math
from typing import Any, Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import Event, EventLog, Reason, State, emit
from bullmachine.core.kernel import kernel
from bullmachine.core.ramp import ramp
from bullmachine.core.slots import BEYOND
from bullmachine.engines.wyckoff.book import book_keep
from bullmachine.engines.wyckoff.kinds import Kind, Phase
from bullmachine.engines.wyckoff.records import FAIL_SLOT, KEY_LIFE, WyckoffState
from bullmachine.engines.wyckoff.structure import Machine

__all__ = ["begin_visits", "end", "enter", "fail", "height", "middle", "refer", "reset", "say", "span", "volume_kept"]

_ACC_FAIL: Final = int(Kind.ACC_FAIL)
_RANGE_END: Final = int(Kind.RANGE_END)
_N: Final = int(Phase.N)
_A1: Final = int(Phase.A1)
_END: Final = int(State.END)
_TIMEOUT: Final = int(Reason.TIMEOUT)
_AGE: Final = int(Reason.AGE)
_NO_TR: Final = int(Reason.NO_TR)


@kernel
def height(m: Machine) -> float:
    """From the support to the creek."""
    return m.creek - m.support


@kernel
def middle(m: Machine) -> float:
    """Half way from the support to the creek."""
    return m.support + 0.5 * (m.creek - m.support)


@kernel
def say(s: WyckoffState, side: int, dir_: int, kind: int, price: float, score: float, bar: Bar, log: EventLog) -> int:
    """Emit the machine's event; the slot's index. `dir_` is +1 with the machine, -1 against it."""
    m, d = s.machines[side], 1 - 2 * side
    m.last_i = bar.i
    return emit(log, bar, kind, d * dir_, d * price, score * m.worth if s.atr > 0.0 else 0.0)


@kernel
def span(e: Any, side: int, a: float, b: float) -> None:
    """The event's zone lies between two prices of the machine."""
    d = 1 - 2 * side
    e.lo = min(d * a, d * b)
    e.hi = max(d * a, d * b)


@kernel
def refer(e: Event, i: int, ts: int) -> None:
    """The event is about an earlier bar."""
    e.i_ref = i
    e.t_ref = ts


@kernel
def volume_kept(volume: float, share: float, reference: float) -> bool:
    """Whether volume is at most a share of the reference; skipped without a reference, not met without volume."""
    return math.isnan(reference) or volume <= share * reference


@kernel
def enter(m: Machine, phase: int, i: int, id_: int) -> None:
    """The machine is in `phase` from bar `i` on, because of event `id_`."""
    m.phase = phase
    m.phase_i = i
    m.said = id_


@kernel
def begin_visits(m: Machine, away: int) -> None:
    """No way back to the support and no pierce of it is open; `away` is 1 where price is not there now."""
    m.away = away
    m.revisit.i = -1
    m.pierce.bars = 0


@kernel
def reset(m: Machine, i: int) -> None:
    """Nothing is going on any more; whatever begins a structure sets all it reads."""
    enter(m, _N, i, -1)
    m.locked = 0
    m.undecided = 0
    m.worth = 1.0


@kernel
def fail(s: WyckoffState, side: int, reason: int, bar: Bar, log: EventLog) -> None:
    """The structure failed."""
    m, close = s.machines[side], s.turned[side].close
    away = (m.support - close) / m.a
    quiet = reason in (_TIMEOUT, _AGE, _NO_TR)
    score = 0.0 if quiet else 0.5 * ramp(away, 0.0, 1.0) + 0.5 * ramp(s.rv, 1.0, 2.0)
    e = log.slots[say(s, side, -1, _ACC_FAIL + side, m.support, score, bar, log)]
    d = 1 - 2 * side
    level = d * BEYOND
    if m.phase != _A1:
        span(e, side, m.support, m.creek)
        level = d * m.creek
    e.parent = m.said
    e.state = _END
    e.reason = reason
    e.ev[0] = float(m.phase)
    e.ev[1] = away
    e.ev[2] = s.rv
    book_keep(s.books, FAIL_SLOT + 1 - side, KEY_LIFE, bar.i, e.id, level, e.score)
    reset(m, bar.i)


@kernel
def end(s: WyckoffState, side: int, reason: int, bar: Bar, log: EventLog) -> None:
    """The structure is over without having failed."""
    m = s.machines[side]
    e = log.slots[say(s, side, 1, _RANGE_END, middle(m), 0.0, bar, log)]
    span(e, side, m.support, m.creek)
    e.parent = m.said
    e.state = _END
    e.reason = reason
    e.ev[0] = float(m.phase)
    reset(m, bar.i)
