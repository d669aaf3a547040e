"""Records of the HOB engine: what it remembers and what it says at a close."""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.board import Board
from bullmachine.core.record import F8, I8, array, nested, out, record
from bullmachine.core.slots import SlotTable
from bullmachine.engines.smc.records import Met

__all__ = [
    "ABSORB_SLOT",
    "EVIDENCE_LIFE",
    "PER_SIDE",
    "REACTION_LIFE",
    "REACTION_SLOT",
    "SLOTS_USED",
    "SPIKE_SLOT",
    "Body",
    "Claim",
    "HobOut",
    "HobState",
    "House",
    "Shown",
]

PER_SIDE: Final = 64  #: bodies of each direction, waiting and hidden together
ABSORB_SLOT: Final = 0  #: the slots of a kind: +1, then -1
SPIKE_SLOT: Final = 2
REACTION_SLOT: Final = 4
SLOTS_USED: Final = 6
EVIDENCE_LIFE: Final = 3  #: bars over which a wick or a spike decays to nothing in the score
REACTION_LIFE: Final = 6  #: the same for a reaction


@record
class Body:
    """A candle's body; `dir` is its colour, `room` what price may touch of it, `share` its share of the range.

    `n` counts how often price skipped it, at last known on bar `hidden`; `passed` is the bar that may just have
    skipped it, -1 without one. `partial` is 1 once only the middle can be skipped.
    """

    dir: I8 = 0
    lo: F8 = math.nan
    hi: F8 = math.nan
    room: F8 = 0.0
    share: F8 = 0.0
    ref: I8 = 0
    ref_ts: I8 = 0
    n: I8 = 0
    partial: I8 = 0
    touched: I8 = 0
    passed: I8 = -1
    hidden: I8 = -1
    score: F8 = 0.0
    id: I8 = -1


@record
class House:
    """Bodies, the board they are on, and the places that this bar may have skipped."""

    board: Board = nested(Board)
    bodies: list[Body] = array(Body, 2 * PER_SIDE)
    n_passed: I8 = 0
    passed: list[int] = array(I8, 2 * PER_SIDE)


@record
class Shown:
    """What this bar shows of its own: the direction and score of an absorbed wick, the score of a spike."""

    dir: I8 = 0
    absorb: F8 = 0.0
    spike: F8 = 0.0


@record
class Claim:
    """The live reaction of one direction: when it was made, at which close, with which ATR, on which zone."""

    live: I8 = 0
    i: I8 = 0
    close: F8 = math.nan
    atr: F8 = math.nan
    lo: F8 = math.nan
    hi: F8 = math.nan
    ref: I8 = 0
    ref_ts: I8 = 0
    score: F8 = 0.0
    id: I8 = -1


@record
class HobState:
    """All the engine remembers. Pairs are (+1, -1) by direction.

    Bodies wait in a house of their own until they are skipped: they are many, and only hidden ones defend a side.
    `met` and `theirs` are scratch of one bar. `work` counts the places visited, `overflow` what was dropped for want
    of room.
    """

    work: I8 = 0
    overflow: I8 = 0
    waiting: House = nested(House)
    hidden: House = nested(House)
    shown: Shown = nested(Shown)
    met: Met = nested(Met)
    theirs: Met = nested(Met)
    claims: list[Claim] = array(Claim, 2)
    slots: SlotTable = nested(SlotTable)


@record
class HobOut:
    """Signed contributions in [-weight, weight] and their sum, all in the reversal book.

    `*_id` is the event behind a contribution, -1 without one. All contributions are 0 until `ready`.
    """

    zone_part: F8 = out(default=0.0, mirror="negate")
    zone_id: I8 = out(default=-1, mirror="exempt:events of one bar may come in another order")
    absorb_part: F8 = out(default=0.0, mirror="negate")
    absorb_id: I8 = out(default=-1, mirror="exempt:events of one bar may come in another order")
    spike_part: F8 = out(default=0.0, mirror="negate")
    spike_id: I8 = out(default=-1, mirror="exempt:events of one bar may come in another order")
    reaction_part: F8 = out(default=0.0, mirror="negate")
    reaction_id: I8 = out(default=-1, mirror="exempt:events of one bar may come in another order")
    reversal: F8 = out(default=0.0, mirror="negate")
    ready: I8 = out(default=0, mirror="same")
