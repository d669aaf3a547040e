"""Both machines on one bar: each takes it in the phase it is in, then they look at each other.

A machine makes one transition a bar: a bar that fails a range is not also a climax.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog, Reason
from bullmachine.core.kernel import inlined, kernel
from bullmachine.engines.wyckoff.advance import advance_step
from bullmachine.engines.wyckoff.cause import cause_step, test_step
from bullmachine.engines.wyckoff.climax import climax_step, markup_step, rally_step
from bullmachine.engines.wyckoff.kinds import Phase
from bullmachine.engines.wyckoff.lock import lock_step
from bullmachine.engines.wyckoff.params import WyckoffParams
from bullmachine.engines.wyckoff.records import WyckoffState
from bullmachine.engines.wyckoff.say import end
from bullmachine.engines.wyckoff.spring import spring_step
from bullmachine.engines.wyckoff.structure import Machine

__all__ = ["machines_step"]

_N: Final = int(Phase.N)
_A1: Final = int(Phase.A1)
_A2: Final = int(Phase.A2)
_B: Final = int(Phase.B)
_C: Final = int(Phase.C)
_D: Final = int(Phase.D)
_E: Final = int(Phase.E)
_REFUTED: Final = int(Reason.REFUTED)
_DECIDED: Final = int(Reason.DECIDED)
_NEAR: Final = 0.25  # a high this near the creek, in a, touches it


@inlined
def _touch(m: Machine, high: float, i: int) -> None:
    """Count how often price came to the creek."""
    near = 1 if high >= m.creek - _NEAR * m.a else 0
    if near > m.near:
        m.touches += 1
        m.changed_i = i
    m.near = near


@kernel
def _structure(p: WyckoffParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """A machine that is in a structure takes the bar."""
    m = s.machines[side]
    phase = m.phase
    if phase == _A1:
        rally_step(p, s, side, bar, log)
    elif phase == _E:
        markup_step(p, s, side, bar, log)
    else:
        _touch(m, s.turned[side].high, bar.i)
        if phase == _B:
            cause_step(p, s, side, bar, log)
        elif phase == _C:
            spring_step(p, s, side, bar, log)
        elif phase == _D:
            advance_step(p, s, side, bar, log)
        else:
            test_step(p, s, side, bar, log)


@kernel
def _moved(m: Machine, i: int) -> bool:
    """Whether the machine sprang or advanced on this bar."""
    return m.phase_i == i and (m.phase in (_C, _D))


@kernel
def _meet(s: WyckoffState, bar: Bar, log: EventLog) -> None:
    """What one machine did on this bar ends the other."""
    for side in range(2):
        m, other = s.machines[side], s.machines[1 - side]
        if not _moved(m, bar.i) or _moved(other, bar.i):
            continue
        if m.undecided == 1 and other.undecided == 1:
            end(s, 1 - side, _DECIDED, bar, log)
        elif m.phase == _C and (other.phase in (_C, _D)):
            end(s, 1 - side, _REFUTED, bar, log)


@inlined
def _free(m: Machine) -> bool:
    """Whether the machine could take a range: it has none that counts."""
    return m.phase in (_N, _E)


@inlined
def machines_step(p: WyckoffParams, s: WyckoffState, pivot: int, bar: Bar, log: EventLog) -> None:
    """Take one closed bar; `pivot` is not 0 where a pivot was confirmed."""
    for side in range(2):
        if s.machines[side].phase != _N:
            _structure(p, s, side, bar, log)
        elif s.wide == 1:
            climax_step(p, s, side, bar, log)
    one, two = s.machines[0], s.machines[1]
    if bar.i in (one.phase_i, two.phase_i):
        _meet(s, bar, log)
        if one.undecided != two.undecided:
            one.undecided = 0
            two.undecided = 0
    elif pivot != 0 and bar.i >= 2 * p.lock.n and s.atr > 0.0 and _free(one) and _free(two):
        lock_step(p, s, bar, log)
