"""Books of slots: which event counts is known beforehand, so that a bar reads one of each side and not twelve places.

Events decay in straight lines, so that it is known when one becomes stronger than another: the places are gone through
only then, where an event is refuted, or where one enters that is neither the strongest for good nor of no account.
Tried: going through the live places on every bar (10 % slower, and a third of the engine's code), and on every bar
on which an event entered or died (no gain).
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.kernel import called, inlined
from bullmachine.core.record import F8, I8, array, nested, record
from bullmachine.core.slots import (
    SLOT_PLACES,
    Slot,
    SlotTable,
    slot_alive,
    slot_free,
    slot_strength,
    slots_fade,
    slots_keep,
)

__all__ = [
    "Book",
    "Books",
    "Top",
    "book_best",
    "book_free",
    "book_keep",
    "book_rare",
    "books_fade",
    "books_settle",
    "stronger",
]

_BOOKS: Final = 6
_LATE: Final = 1 << 40  # a bar that does not come
_CLEAR: Final = 1.000001  # times as strong: no rounding turns that round
_EARLY: Final = 0.999  # share of the time until two are equal after which they are looked at again


@record
class Top:
    """The strongest event of a side: the bar it was known and its end, its life, id and first strength (0: none).

    Before bar `due` no other can be the strongest.
    """

    i: I8 = 0
    end: I8 = 0
    life: I8 = 1
    id: I8 = -1
    strength: F8 = 0.0
    due: I8 = _LATE


@record
class Book:
    """Slots that are netted together, with the life of each place's kind, and the strongest bull and bear."""

    tops: list[Top] = array(Top, 2)
    lives: list[int] = array(I8, SLOT_PLACES, 1)
    table: SlotTable = nested(SlotTable)


@record
class Books:
    """All books; `due` is the first of theirs. No close from `low` to `high` refutes anything."""

    due: I8 = _LATE
    low: F8 = -math.inf
    high: F8 = math.inf
    books: list[Book] = array(Book, _BOOKS)


@inlined
def _left(t: Top, i: int) -> float:
    """As `slot_strength`, to the bit; a `max` of the result was a branch."""
    left: float = t.strength * (1.0 - min(i - t.i, t.life) / t.life)
    return left


@called
def _crown(t: Top, slot: Slot, life: int) -> None:
    t.i = slot.i
    t.end = slot.i + life
    t.life = life
    t.id = slot.id
    t.strength = slot.strength


@called
def _overtakes(t: Top, left: float, slot: Slot, life: int, i: int) -> int:
    """The bar on which the event in the slot may be stronger than the strongest, of which there is `left`."""
    other, end = slot_strength(slot, life, i), slot.i + life
    if left < _CLEAR * other:
        return i + 1
    if end <= t.end or other == 0.0:
        return _LATE
    lost = left / (t.end - i) - other / (end - i)  # a bar, of what it is ahead; 0 where both are next to nothing
    if lost <= 0.0:
        return i + 1
    return i + max(1, int(min(_EARLY * (left - other) / lost, t.end - i)))


@called
def _rank(bs: Books, b: Book, side: int, i: int) -> None:
    """Find the strongest event of a side and until when it is."""
    t = b.tops[side]
    best, at = 0.0, -1
    for k in range(side, SLOT_PLACES, 2):
        slot = b.table.slots[k]
        if slot_alive(slot, b.lives[k], i):
            left = slot_strength(slot, b.lives[k], i)
            at = k if left > best else at
            best = max(best, left)
    t.due = _LATE
    t.end = 0
    t.strength = 0.0
    if at >= 0:
        _crown(t, b.table.slots[at], b.lives[at])
        for k in range(side, SLOT_PLACES, 2):
            if k != at:
                t.due = min(t.due, _overtakes(t, best, b.table.slots[k], b.lives[k], i))
    bs.due = min(bs.due, t.due)


@called
def book_keep(bs: Books, place: int, life: int, i: int, id_: int, level: float, strength: float) -> None:
    """Put an event known at bar `i` into its place, if it is strong enough."""
    b, k = bs.books[place // SLOT_PLACES], place % SLOT_PLACES
    slot, t, side = b.table.slots[k], b.tops[k % 2], k % 2
    slots_keep(b.table, k, life, i, id_, level, strength)
    b.lives[k] = life
    if slot.id != id_:
        return
    bs.low = max(bs.low, b.table.bull)
    bs.high = min(bs.high, b.table.bear)
    if t.due == _LATE and strength > _CLEAR * _left(t, i) and i + life >= t.end:
        _crown(t, slot, life)
    else:
        _rank(bs, b, side, i)


@called
def book_free(bs: Books, place: int, i: int) -> None:
    """The event in `place` is over."""
    b, k = bs.books[place // SLOT_PLACES], place % SLOT_PLACES
    slot_free(b.table.slots[k])
    _rank(bs, b, k % 2, i)


@called
def _settle(bs: Books, i: int) -> None:
    bs.due = _LATE
    for k in range(_BOOKS):
        b = bs.books[k]
        for side in range(2):
            if i >= b.tops[side].due:
                _rank(bs, b, side, i)
            bs.due = min(bs.due, b.tops[side].due)


@inlined
def books_settle(bs: Books, i: int) -> None:
    """Before the books are read at bar `i`: find what counts, where that may have changed."""
    if i >= bs.due:
        _settle(bs, i)


@called
def _refute(bs: Books, i: int, close: float) -> None:
    bs.low = -math.inf
    bs.high = math.inf
    for k in range(_BOOKS):
        b = bs.books[k]
        if (close < b.table.bull) | (close > b.table.bear):
            slots_fade(b.table, close)
            _rank(bs, b, 0, i)
            _rank(bs, b, 1, i)
        bs.low = max(bs.low, b.table.bull)
        bs.high = min(bs.high, b.table.bear)


@inlined
def books_fade(bs: Books, i: int, close: float) -> None:
    """End what this close refutes."""
    if (close < bs.low) | (close > bs.high):
        _refute(bs, i, close)


@inlined
def book_best(b: Book, i: int, long: float, short: float) -> tuple[float, int, float, int]:
    """What is left of the strongest bull and of the strongest bear, each with its id where something is.

    Bulls count `long` times, bears `short` times.
    """
    one, two = b.tops[0], b.tops[1]
    return _left(one, i) * long, one.id, _left(two, i) * short, two.id


@inlined
def book_rare(b: Book, i: int, long: float, short: float) -> tuple[float, int, float, int]:
    """`book_best` for a book in which seldom anything lives."""
    if i >= max(b.tops[0].end, b.tops[1].end):
        return 0.0, -1, 0.0, -1
    return book_best(b, i, long, short)


@inlined
def stronger(bull: float, bull_id: int, bear: float, bear_id: int) -> int:
    """The id of the stronger, -1 when they are equal."""
    id_ = bull_id if bull > bear else bear_id
    return -1 if bull == bear else id_
