"""Slot tables: the strongest live event of each kind and direction, which is all a score may count.

A table is a fixed array of `Slot`; each kind has two places, bull then bear. An event's strength decays
linearly to nothing over its life; a newer event takes the slot when it is at least as strong as what is left
of the older one. A close beyond an event's level refutes it. Bull and bear are netted strongest against
strongest, so that nothing is counted twice and both sides cannot be high at once.

A table knows which closes refute nothing, so that most closes cost two comparisons. The walk that nets runs on every
bar and has no branch: which slots live cannot be foreseen. A `live` flag with a test at each slot cost twice as much,
and a test whether any of a group lives saves its divisions and costs as much. Multiplying with 1 / life instead of
dividing would save 5 ns, and breaks the ties of strengths that are equal by the definition.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.record import F8, I8, array, record

__all__ = [
    "BEYOND",
    "SLOT_PLACES",
    "Slot",
    "SlotTable",
    "slot_alive",
    "slot_free",
    "slot_keep",
    "slot_strength",
    "slots_fade",
    "slots_keep",
    "slots_net",
]

SLOT_PLACES: Final = 12  #: places of a table
BEYOND: Final = 1e300  #: a level no price reaches, against the event's direction: such an event is never refuted
_NEVER: Final = -(1 << 40)  # the bar of an event that is over


@record
class Slot:
    """The strongest live event of one kind and direction: the bar it was known, its id, level and first strength."""

    i: I8 = _NEVER
    id: I8 = -1
    level: F8 = 0.0
    strength: F8 = 0.0


@inlined
def slot_alive(slot: Slot, life: int, i: int) -> bool:
    """Whether the slot's event, with `life` bars to live, is neither over nor refuted at bar `i`."""
    return i - slot.i < life


@inlined
def slot_strength(slot: Slot, life: int, i: int) -> float:
    """What is left of the slot's event at bar `i`.

    >>> from bullmachine.core.record import to_array
    >>> slot = to_array(Slot(i=10, strength=0.8))[0]
    >>> slot_strength(slot, 4, 10), slot_strength(slot, 4, 12), slot_strength(slot, 4, 20)
    (0.8, 0.4, 0.0)
    """
    left: float = slot.strength * max(0.0, 1.0 - (i - slot.i) / life)
    return left


@kernel
def slot_keep(slot: Slot, life: int, i: int, id_: int, level: float, strength: float) -> None:
    """Put an event known at bar `i` into its slot unless a stronger one still lives there."""
    if strength < slot_strength(slot, life, i):
        return
    slot.i = i
    slot.id = id_
    slot.level = level
    slot.strength = strength


@kernel
def slot_free(slot: Slot) -> None:
    """The slot's event is over."""
    slot.i = _NEVER


@record
class SlotTable:
    """Slots of one engine; each group of kinds that is netted together has a range of places.

    The slot behind the last place stays empty. No close from `bull` to `bear` refutes anything. A record and not a bare
    array: an array argument is counted on every call, which cost more than the rest.
    """

    slots: list[Slot] = array(Slot, SLOT_PLACES + 1)
    bull: F8 = -math.inf
    bear: F8 = math.inf


@kernel
def slots_keep(t: SlotTable, place: int, life: int, i: int, id_: int, level: float, strength: float) -> None:
    """Put an event known at bar `i` into its place unless a stronger one still lives there."""
    slot_keep(t.slots[place], life, i, id_, level, strength)
    if place % 2 == 0:
        t.bull = max(t.bull, level)
    else:
        t.bear = min(t.bear, level)


@kernel
def _fade(t: SlotTable, close: float) -> None:
    t.bull = -math.inf
    t.bear = math.inf
    for k in range(0, SLOT_PLACES, 2):
        bull, bear = t.slots[k], t.slots[k + 1]
        bull.i = _NEVER if close < bull.level else bull.i
        bear.i = _NEVER if close > bear.level else bear.i
        t.bull = max(t.bull, bull.level if bull.i > _NEVER else -math.inf)
        t.bear = min(t.bear, bear.level if bear.i > _NEVER else math.inf)


@inlined
def slots_fade(t: SlotTable, close: float) -> None:
    """End what this close refutes."""
    if (close < t.bull) | (close > t.bear):
        _fade(t, close)


@inlined
def slots_net(t: SlotTable, first: int, last: int, life: int, i: int) -> tuple[float, int]:
    """The strongest bull of a group less its strongest bear, and the id of the stronger (-1 when they are equal)."""
    bull, bear, up, down = 0.0, 0.0, SLOT_PLACES, SLOT_PLACES
    for k in range(first, last, 2):
        a, b = t.slots[k], t.slots[k + 1]
        left = slot_strength(a, life, i)
        up = k if left > bull else up  # the place and not the id: choosing what must be loaded is a branch
        bull = max(bull, left)
        left = slot_strength(b, life, i)
        down = k + 1 if left > bear else down
        bear = max(bear, left)
    place = up if bull > bear else down
    place = SLOT_PLACES if bull == bear else place
    return bull - bear, t.slots[place].id
