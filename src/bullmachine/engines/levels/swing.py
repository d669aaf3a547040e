"""Swings: the alternating sequence of pivot highs and lows.

A pivot of the other type than the last swing is appended; one of the same type replaces the last swing
when it is strictly more extreme and is ignored otherwise. The last swing is therefore *provisional*:
it is final only when the next opposite pivot is confirmed. Both are kept apart here.

Where one bar is both a pivot high and a pivot low, the type opposite to the last swing comes first;
without a last swing neither side has a claim, and both are dropped (the mirrored market must agree).
"""

from __future__ import annotations

import enum
import math
from typing import Final

from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, array, nested, record
from bullmachine.core.ring import next_slot

__all__ = [
    "SWINGS_KEPT",
    "Swing",
    "SwingChange",
    "SwingLabel",
    "SwingSide",
    "SwingState",
    "swing_at",
    "swing_name",
    "swing_push",
]

SWINGS_KEPT: Final = 8  #: patterns need four


class SwingChange(enum.IntEnum):
    """What a pivot did to the sequence."""

    IGNORED = 0
    APPENDED = 1
    REPLACED = 2


class SwingLabel(enum.IntEnum):
    """A swing against the one of its type before it, counted in its own direction.

    So that the mirrored market carries the same number: `EXTENDED` is HH for a high and LL for a low.
    """

    FIRST = 0
    EXTENDED = 1
    EQUAL = 2
    FAILED = 3


_IGNORED: Final = int(SwingChange.IGNORED)
_APPENDED: Final = int(SwingChange.APPENDED)
_REPLACED: Final = int(SwingChange.REPLACED)
_FIRST: Final = int(SwingLabel.FIRST)
_EXTENDED: Final = int(SwingLabel.EXTENDED)
_EQUAL: Final = int(SwingLabel.EQUAL)
_FAILED: Final = int(SwingLabel.FAILED)
_NAMES: Final = {
    SwingLabel.FIRST: ("L", "H"),
    SwingLabel.EXTENDED: ("LL", "HH"),
    SwingLabel.EQUAL: ("EL", "EH"),
    SwingLabel.FAILED: ("HL", "LH"),
}


def swing_name(dir_: int, label: int) -> str:
    """What chartists call a swing of this side and label.

    >>> swing_name(1, SwingLabel.EXTENDED), swing_name(-1, SwingLabel.FAILED)
    ('HH', 'HL')
    """
    return _NAMES[SwingLabel(label)][dir_ > 0]


@record
class Swing:
    """One swing: its side (+1 a high), its bar, its level, its label and the id of its event."""

    dir: I8 = 0
    i: I8 = -1
    ts: I8 = -1
    level: F8 = math.nan
    label: I8 = 0
    event: I8 = -1


@record
class SwingSide:
    """The last swing of one side, and the last final one (the same unless it is the newest swing)."""

    level: F8 = math.nan
    i: I8 = -1
    label: I8 = 0
    final: F8 = math.nan
    final_i: I8 = -1


@record
class SwingState:
    """The last swings, oldest evicted first (`head` is the slot written next), and each side's last."""

    n: I8 = 0
    head: I8 = 0
    ring: list[Swing] = array(Swing, SWINGS_KEPT)
    high: SwingSide = nested(SwingSide)
    low: SwingSide = nested(SwingSide)


@kernel
def swing_at(s: SwingState, back: int) -> int:
    """The slot of the swing `back` swings ago (0 = the last), -1 where there is none."""
    if back >= s.n:
        return -1
    k = s.head - 1 - back
    return k + SWINGS_KEPT if k < 0 else k


@kernel
def _label(s: SwingState, back: int, dir_: int, level: float) -> int:
    before = swing_at(s, back)
    if before < 0:
        return _FIRST
    beyond = (level - s.ring[before].level) * dir_
    if beyond > 0.0:
        return _EXTENDED
    return _FAILED if beyond < 0.0 else _EQUAL


@kernel
def _append(s: SwingState, dir_: int) -> None:
    """Make room for a swing of side `dir_`: the other side's last is final from now on."""
    settled = s.low if dir_ > 0 else s.high
    settled.final = settled.level
    settled.final_i = settled.i
    s.head = next_slot(s.head, SWINGS_KEPT)
    s.n = min(s.n + 1, SWINGS_KEPT)


@kernel
def _write(s: SwingState, dir_: int, i: int, ts: int, level: float, label: int) -> None:
    new = s.ring[swing_at(s, 0)]
    new.dir = dir_
    new.i = i
    new.ts = ts
    new.level = level
    new.label = label
    side = s.high if dir_ > 0 else s.low
    side.level = level
    side.i = i
    side.label = label


@kernel
def swing_push(s: SwingState, dir_: int, i: int, ts: int, level: float) -> int:
    """Offer a confirmed pivot; what it did (`SwingChange`).

    The event id of the newest swing is the caller's to set; on a replacement it still holds the parent's.
    """
    last = swing_at(s, 0)
    if last >= 0 and s.ring[last].dir == dir_:
        if (level - s.ring[last].level) * dir_ <= 0.0:
            return _IGNORED
        _write(s, dir_, i, ts, level, _label(s, 2, dir_, level))
        return _REPLACED
    label = _label(s, 1, dir_, level)
    _append(s, dir_)
    _write(s, dir_, i, ts, level, label)
    return _APPENDED
