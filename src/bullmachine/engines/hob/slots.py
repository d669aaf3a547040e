"""The score's memory of evidence and reactions: a slot per kind and direction, and when a kind was last heard of.

Most bars have nothing of a kind left; asking that first costs half of fading and netting all slots.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.board import side_of
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.slots import slot_keep, slots_expire, slots_net
from bullmachine.engines.hob.records import HobState

__all__ = ["ABSORB", "EVIDENCE_LIFE", "REACTION", "REACTION_LIFE", "SPIKE", "keep", "net"]

ABSORB: Final = 0  #: kinds of evidence; each has the slots 2 k (+1) and 2 k + 1 (-1)
SPIKE: Final = 1
REACTION: Final = 2
EVIDENCE_LIFE: Final = 3  #: bars over which a wick or a spike decays to nothing
REACTION_LIFE: Final = 6  #: the same for a reaction


@kernel
def keep(s: HobState, kind: int, life: int, bar: Bar, d: int, id_: int, level: float, strength: float) -> None:
    """An event of this bar takes its slot unless a stronger one, not refuted by this close, still lives there."""
    slot = s.slots.slots[2 * kind + side_of(d)]
    if d * (bar.close - slot.level) < 0.0:
        slot.live = 0
    s.until[kind] = bar.i + life
    slot_keep(slot, life, bar.i, d, id_, level, strength)


@inlined
def net(s: HobState, kind: int, life: int, bar: Bar) -> tuple[float, int]:
    """Bull less bear of one kind after this close, and the event of the stronger (-1 without one)."""
    if bar.i > s.until[kind]:
        return 0.0, -1
    slots_expire(s.slots, 2 * kind, 2 * kind + 2, life, bar.i, bar.close)
    return slots_net(s.slots, 2 * kind, 2 * kind + 2, life, bar.i)
