"""What both machines share on a bar: how often price touches the creek, and what one of them ends for the other."""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog, Reason
from bullmachine.core.kernel import inlined, kernel
from bullmachine.engines.wyckoff.kinds import Phase
from bullmachine.engines.wyckoff.records import WyckoffState
from bullmachine.engines.wyckoff.say import end
from bullmachine.engines.wyckoff.structure import Machine

__all__ = ["free", "meet", "touch"]

_N: Final = int(Phase.N)
_C: Final = int(Phase.C)
_D: Final = int(Phase.D)
_E: Final = int(Phase.E)
_REFUTED: Final = int(Reason.REFUTED)
_DECIDED: Final = int(Reason.DECIDED)
_NEAR: Final = 0.25  # a high this near the creek, in a, touches it


@inlined
def touch(m: Machine, high: float, i: int) -> None:
    """Count how often price came to the creek."""
    if high < m.creek - _NEAR * m.a:
        m.near = 0
    elif m.near == 0:
        m.near = 1
        m.touches += 1
        m.changed_i = i


@kernel
def _moved(m: Machine, i: int) -> bool:
    """Whether the machine sprang or advanced on this bar."""
    return m.phase_i == i and (m.phase in (_C, _D))


@kernel
def meet(s: WyckoffState, bar: Bar, log: EventLog) -> None:
    """What one machine did on this bar ends the other; who is left of two on one range has it for itself.

    A shared range is decided by an advance, not by a spring: when the spring decided, its failure a bar later left
    nobody to see the break that followed (on ETH 1d, 2019 to 2025, three breaks of three).
    """
    for side in range(2):
        m, other = s.machines[side], s.machines[1 - side]
        if not _moved(m, bar.i) or _moved(other, bar.i):
            continue
        if m.phase == _D:
            if m.undecided == 1 and other.undecided == 1:
                end(s, 1 - side, _DECIDED, bar, log)
        elif other.phase in (_C, _D):
            end(s, 1 - side, _REFUTED, bar, log)
    one, two = s.machines[0], s.machines[1]
    if one.undecided != two.undecided:
        one.undecided = 0
        two.undecided = 0


@inlined
def free(m: Machine) -> bool:
    """Whether the machine could take a range: it has none that counts."""
    return m.phase in (_N, _E)
