"""Slot tables: the strongest live event of each kind and direction, which is all a score may count.

A table is a fixed array of `Slot`, one place per (kind, direction). An event's strength decays linearly
to nothing over its life; a newer event takes the slot when it is at least as strong as what is left of
the older one. A close beyond an event's level refutes it. Bull and bear are netted strongest against
strongest, so that nothing is counted twice and both sides cannot be high at once.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.record import F8, I8, array, record

__all__ = ["BEYOND", "SLOT_PLACES", "Slot", "SlotTable", "slot_keep", "slot_strength", "slots_expire", "slots_net"]

SLOT_PLACES: Final = 12  #: places of a table
BEYOND: Final = 1e300  #: a level no price reaches, against the event's direction: such an event is never refuted


@record
class Slot:
    """The strongest live event of one kind and direction: when known, its id, side, level and strength."""

    live: I8 = 0
    i: I8 = 0
    id: I8 = -1
    dir: I8 = 0
    level: F8 = 0.0
    strength: F8 = 0.0


@kernel
def slot_strength(slot: Slot, life: int, i: int) -> float:
    """What is left of the slot's event at bar `i`.

    >>> from bullmachine.core.record import to_array
    >>> slot = to_array(Slot(live=1, i=10, strength=0.8))[0]
    >>> slot_strength(slot, 4, 10), slot_strength(slot, 4, 13), slot_strength(slot, 4, 20)
    (0.8, 0.2, 0.0)
    """
    return slot.strength * max(0.0, 1.0 - (i - slot.i) / life)


@kernel
def slot_keep(slot: Slot, life: int, i: int, dir_: int, id_: int, level: float, strength: float) -> None:
    """Put an event known at bar `i` into its slot unless a stronger one still lives there."""
    if slot.live == 1 and strength < slot_strength(slot, life, i):
        return
    slot.live = 1
    slot.i = i
    slot.id = id_
    slot.dir = dir_
    slot.level = level
    slot.strength = strength


@record
class SlotTable:
    """Slots of one engine; each group of kinds that is netted together has a range of places.

    A record and not a bare array: an array argument is counted on every call, which cost more than the rest.
    """

    slots: list[Slot] = array(Slot, SLOT_PLACES)


@inlined
def slots_expire(t: SlotTable, first: int, last: int, life: int, i: int, close: float) -> None:
    """End what is older than its life or refuted by this close, in places `first` up to `last`."""
    for k in range(first, last):
        slot = t.slots[k]
        if slot.live == 1 and (i - slot.i >= life or slot.dir * (close - slot.level) < 0.0):
            slot.live = 0


@inlined
def slots_net(t: SlotTable, first: int, last: int, life: int, i: int) -> tuple[float, int]:
    """The strongest bull less the strongest bear, and the id of the stronger (-1 when they are equal)."""
    bull, bear, bull_id, bear_id = 0.0, 0.0, -1, -1
    for k in range(first, last):
        slot = t.slots[k]
        if slot.live == 1 and i - slot.i < life:
            left = slot_strength(slot, life, i)
            if slot.dir == 1 and left > bull:
                bull, bull_id = left, slot.id
            elif slot.dir == -1 and left > bear:
                bear, bear_id = left, slot.id
    if bull == bear:
        return 0.0, -1
    return bull - bear, bull_id if bull > bear else bear_id
