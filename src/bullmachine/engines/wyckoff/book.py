"""Books of slots: the live ones are listed, so that a bar looks at the one or two there are and not at twelve places.

A list is made anew when an event enters, is refuted or dies of age, and with it the levels that price meets first:
no close between them refutes anything. Walking all slots on every bar cost a third of the engine.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.record import F8, I8, array, nested, record
from bullmachine.core.slots import SLOT_PLACES, SlotTable, slot_alive, slot_free, slot_keep, slot_strength, slots_refute

__all__ = ["Book", "book_best", "book_fade", "book_free", "book_keep", "stronger"]

_LATE: Final = 1 << 40  # the bar at which an empty book has to be looked at


@record
class Book:
    """Slots that are netted together; bulls come first among the `n` live `places`.

    `lives` are those of each place's kind. From bar `due` on the list is to be made anew. No close from `bull` to
    `bear` refutes anything.
    """

    due: I8 = _LATE
    n_bull: I8 = 0
    n: I8 = 0
    bull: F8 = -math.inf
    bear: F8 = math.inf
    places: list[int] = array(I8, SLOT_PLACES)
    lives: list[int] = array(I8, SLOT_PLACES)
    table: SlotTable = nested(SlotTable)


@kernel
def book_keep(b: Book, place: int, life: int, i: int, id_: int, level: float, strength: float) -> None:
    """Put an event known at bar `i` into its slot, if it is strong enough."""
    slot_keep(b.table.slots[place], life, i, id_, level, strength)
    b.lives[place] = life
    b.due = i


@kernel
def book_free(b: Book, place: int, i: int) -> None:
    """The event in `place` is over."""
    slot_free(b.table.slots[place])
    b.due = i


@kernel
def _list(b: Book, i: int) -> None:
    """Find the live slots, when the first of them dies, and the levels that price meets first."""
    b.n = 0
    b.due = _LATE
    b.bull = -math.inf
    b.bear = math.inf
    for side in range(2):
        for place in range(side, SLOT_PLACES, 2):
            slot = b.table.slots[place]
            if not slot_alive(slot, b.lives[place], i):
                continue
            b.places[b.n] = place
            b.n += 1
            b.due = min(b.due, slot.i + b.lives[place])
            if side == 0:
                b.bull = max(b.bull, slot.level)
            else:
                b.bear = min(b.bear, slot.level)
        if side == 0:
            b.n_bull = b.n


@kernel
def _refute(b: Book, i: int, close: float) -> None:
    slots_refute(b.table, 0, SLOT_PLACES, close)
    _list(b, i)


@inlined
def book_fade(b: Book, i: int, close: float) -> None:
    """End what this close refutes."""
    if (close < b.bull) | (close > b.bear):
        _refute(b, i, close)


@kernel
def _strongest(b: Book, first: int, last: int, i: int, other: int, own: float, its: float) -> tuple[float, int]:
    best, id_ = 0.0, -1
    for k in range(first, last):
        place = b.places[k]
        slot = b.table.slots[place]
        left = slot_strength(slot, b.lives[place], i) * (own if place < other else its)
        id_ = slot.id if left > best else id_
        best = max(best, left)
    return best, id_


@inlined
def book_best(b: Book, i: int, other: int, long: float, short: float) -> tuple[float, int, float, int]:
    """What is left of the strongest bull and of the strongest bear, each with its id (-1 without one).

    Events of the accumulation count `long` times, of the distribution `short` times. Bulls are the accumulation's,
    from place `other` on the distribution's; bears the other way round.
    """
    if i >= b.due:
        _list(b, i)
    if b.n == 0:
        return 0.0, -1, 0.0, -1
    bull, bull_id = _strongest(b, 0, b.n_bull, i, other, long, short)
    bear, bear_id = _strongest(b, b.n_bull, b.n, i, other, short, long)
    return bull, bull_id, bear, bear_id


@inlined
def stronger(bull: float, bull_id: int, bear: float, bear_id: int) -> int:
    """The id of the stronger, -1 when they are equal."""
    id_ = bull_id if bull > bear else bear_id
    return -1 if bull == bear else id_
