"""A board: fixed places for things that live at a price and for a time, with the nearest always at hand.

Zones and pools have three orders at once, and each must cost nothing on a bar that touches none:

* by price. A thing lies `under` the price (a support) or `over` it (a resistance), in one of two lines
  sorted by the edge that price meets first, nearest last. Lines hold mirrored prices: an upper edge
  under the price, a negated lower edge over it, so that one code serves both (x = low, or x = -high).
* by time. An agenda, a linked list sorted by expiry: what ends by age is its first entry.
* by birth. Things of one birth (a kind and a side) have room for so many; the caller evicts what would end
  first (`board_next`).

A scan of all places on every bar costs five times as much (hourly ETH: 3 of 60 live zones are near).
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, array, record

__all__ = [
    "BIRTHS",
    "PLACES",
    "Board",
    "Line",
    "board_add",
    "board_due",
    "board_next",
    "board_remove",
    "board_reschedule",
    "board_turn",
    "far_edge",
    "near_edge",
    "side_of",
]

PLACES: Final = 192  #: things a board can hold, all births together
BIRTHS: Final = 4  #: kinds of birth that are counted apart
_NONE: Final = -1
_LATE: Final = 1 << 40  # when an empty agenda is due


@record
class Line:
    """Things on one side of the price, sorted by mirrored edge: the nearest is the last."""

    n: I8 = 0
    key: list[float] = array(F8, PLACES)
    place: list[int] = array(I8, PLACES)


@record
class Board:
    """Which places are taken, and the three orders.

    `n` counts each birth; places below `used` that are free are on the stack `free`. `first` and `last` end the
    agenda, whose links are `before` and `after`; `due` is when its first entry ends. `side` is the line a place is in
    (0 under, 1 over), `id` tells the older on a tie. `changes` counts what entered, left or turned, by birth.
    """

    changes: list[int] = array(I8, BIRTHS)
    n: list[int] = array(I8, BIRTHS)
    used: I8 = 0
    n_free: I8 = 0
    free: list[int] = array(I8, PLACES)
    first: I8 = _NONE
    last: I8 = _NONE
    due: I8 = _LATE
    before: list[int] = array(I8, PLACES, _NONE)
    after: list[int] = array(I8, PLACES, _NONE)
    expiry: list[int] = array(I8, PLACES)
    birth: list[int] = array(I8, PLACES)
    side: list[int] = array(I8, PLACES)
    id: list[int] = array(I8, PLACES)
    lines: list[Line] = array(Line, 2)


@kernel
def side_of(dir_: int) -> int:
    """The line of a thing with direction `dir_`: supports (+1) lie under the price, resistances over it."""
    return 0 if dir_ > 0 else 1


@kernel
def near_edge(dir_: int, lo: float, hi: float) -> float:
    """The edge of a zone that price meets first, upside down for a resistance.

    >>> near_edge(1, 10.0, 11.0), near_edge(-1, 10.0, 11.0)
    (11.0, -10.0)
    """
    return hi if dir_ > 0 else -lo


@kernel
def far_edge(dir_: int, lo: float, hi: float) -> float:
    """The edge beyond which a zone has failed, upside down for a resistance.

    >>> far_edge(1, 10.0, 11.0), far_edge(-1, 10.0, 11.0)
    (10.0, -11.0)
    """
    return lo if dir_ > 0 else -hi


@kernel
def _line_put(line: Line, place: int, key: float) -> None:
    j = line.n
    while j > 0 and line.key[j - 1] >= key:  # of equals the older is met first
        line.key[j] = line.key[j - 1]
        line.place[j] = line.place[j - 1]
        j -= 1
    line.key[j] = key
    line.place[j] = place
    line.n += 1


@kernel
def _line_drop(line: Line, place: int) -> None:
    j = line.n - 1
    while line.place[j] != place:
        j -= 1
    line.n -= 1
    while j < line.n:
        line.key[j] = line.key[j + 1]
        line.place[j] = line.place[j + 1]
        j += 1


@kernel
def _link(b: Board, place: int, before: int) -> None:
    """Put `place` behind `before` in the agenda (-1: in front)."""
    after = b.first if before == _NONE else b.after[before]
    b.before[place] = before
    b.after[place] = after
    if before == _NONE:
        b.first = place
        b.due = b.expiry[place]
    else:
        b.after[before] = place
    if after == _NONE:
        b.last = place
    else:
        b.before[after] = place


@kernel
def _unlink(b: Board, place: int) -> None:
    before, after = b.before[place], b.after[place]
    if before == _NONE:
        b.first = after
        b.due = b.expiry[after] if after != _NONE else _LATE
    else:
        b.after[before] = after
    if after == _NONE:
        b.last = before
    else:
        b.before[after] = before


@kernel
def board_add(b: Board, birth: int, dir_: int, key: float, expiry: int, id_: int) -> int:
    """Take a place for a thing of direction `dir_`; its place. The caller keeps the births below their capacity."""
    if b.n_free > 0:
        b.n_free -= 1
        place = b.free[b.n_free]
    else:
        place = b.used
        b.used += 1
    b.n[birth] += 1
    b.birth[place] = birth
    b.side[place] = side_of(dir_)
    b.id[place] = id_
    b.expiry[place] = expiry
    before = b.last
    while before != _NONE and b.expiry[before] > expiry:  # at once where all live equally long
        before = b.before[before]
    _link(b, place, before)
    _line_put(b.lines[b.side[place]], place, key)
    b.changes[birth] += 1
    return place


@kernel
def board_remove(b: Board, place: int) -> None:
    """Give the place back."""
    _line_drop(b.lines[b.side[place]], place)
    _unlink(b, place)
    b.changes[b.birth[place]] += 1
    b.n[b.birth[place]] -= 1
    b.free[b.n_free] = place
    b.n_free += 1


@kernel
def board_turn(b: Board, place: int, dir_: int, key: float) -> None:
    """The thing now has direction `dir_` and edge `key`; birth and expiry stay."""
    _line_drop(b.lines[b.side[place]], place)
    b.side[place] = side_of(dir_)
    b.changes[b.birth[place]] += 1
    _line_put(b.lines[b.side[place]], place, key)


@kernel
def board_reschedule(b: Board, place: int, expiry: int) -> None:
    """The thing now ends at `expiry`."""
    _unlink(b, place)
    b.expiry[place] = expiry
    before, after = _NONE, b.first
    while after != _NONE and b.expiry[after] <= expiry:
        before = after
        after = b.after[after]
    _link(b, place, before)


@kernel
def board_due(b: Board, i: int) -> int:
    """A place whose time is over at bar `i`, -1 without one."""
    return b.first if b.due <= i else _NONE


@kernel
def board_next(b: Board, birth: int) -> int:
    """Of those of one birth, the one that would end first; the older on a tie."""
    at = b.first
    while b.birth[at] != birth:
        at = b.after[at]
    best = at
    while at != _NONE and b.expiry[at] == b.expiry[best]:
        if b.birth[at] == birth and b.id[at] < b.id[best]:
            best = at
        at = b.after[at]
    return best
