"""Records of the SMC engine: what it remembers and what it says at a close."""

from __future__ import annotations

import enum
import math
from typing import Final

from bullmachine.core.board import PLACES, Board
from bullmachine.core.record import F8, I8, array, nested, out, record
from bullmachine.core.slots import SlotTable

__all__ = [
    "BLOCKS",
    "BOS_SLOT",
    "CANDLES",
    "CHOCH_SLOT",
    "FVG_PER_SIDE",
    "MSS_SLOT",
    "NEVER",
    "OB_PER_SIDE",
    "PATTERNS",
    "POOLS_PER_SIDE",
    "RUN_SLOT",
    "SLOTS_USED",
    "SMR_SLOT",
    "SOURCES",
    "SWEEP_SLOT",
    "Best",
    "Break",
    "Candle",
    "Displaced",
    "Fourth",
    "Gap",
    "Leg",
    "Met",
    "Pattern",
    "Pool",
    "Reversal",
    "Smc4State",
    "SmcOut",
    "SmcState",
    "Source",
    "Swept",
    "Turn",
    "Way",
    "Zone",
]

CANDLES: Final = 64  #: a power of two that holds the k <= 50 bars after a pivot, and the pivot
BLOCKS: Final = 2  #: births of the board: gaps are 0 (up) and 1, blocks 2 and 3
FVG_PER_SIDE: Final = 64  #: live gaps of each side of birth
OB_PER_SIDE: Final = 32  #: live order blocks of each side of birth
POOLS_PER_SIDE: Final = 32  #: live pools of each side
MSS_SLOT: Final = 0  #: the slots of a kind: +1, then -1
CHOCH_SLOT: Final = 2
BOS_SLOT: Final = 4
SWEEP_SLOT: Final = 6
SMR_SLOT: Final = 8
RUN_SLOT: Final = 10
SLOTS_USED: Final = 12
PATTERNS: Final = 8  #: armed patterns of four swings
NEVER: Final = -(1 << 40)  #: the bar of what has not happened


class Source(enum.IntEnum):
    """Where a pool's level comes from."""

    PIVOT = 0
    PDH = 1
    PDL = 2
    PWH = 3
    PWL = 4
    ASIA_HIGH = 5
    ASIA_LOW = 6
    LONDON_HIGH = 7
    LONDON_LOW = 8
    NEW_YORK_HIGH = 9
    NEW_YORK_LOW = 10
    TR_HIGH = 11
    TR_LOW = 12


SOURCES: Final = len(Source)


@record
class Candle:
    """One past bar with its yardsticks; `rv` is NaN where it is missing."""

    ts: I8 = 0
    open: F8 = 0.0
    high: F8 = 0.0
    low: F8 = 0.0
    close: F8 = 0.0
    atr: F8 = math.nan
    rv: F8 = math.nan


@record
class Turn:
    """The pivot that structure waits to see broken: its level (NaN without one), bar, and the pivots' k."""

    level: F8 = math.nan
    i: I8 = -1
    k: I8 = 0


@record
class Leg:
    """The bars since a pivot, upside down for highs broken downwards: their extreme and the leg away from it.

    `low` is the lowest low, `i` its bar, `top` the highest high from there on. `last_*` is the last candle
    against the leg, `candle` the one that would be the order block (`lo`, `hi` as a price, not upside down).
    """

    i: I8 = -1
    low: F8 = 0.0
    top: F8 = 0.0
    last: I8 = -1
    candle: I8 = -1
    ts: I8 = -1
    lo: F8 = math.nan
    hi: F8 = math.nan
    rv: F8 = math.nan
    last_ts: I8 = -1
    last_lo: F8 = math.nan
    last_hi: F8 = math.nan
    last_rv: F8 = math.nan


@record
class Displaced:
    """The last displacement of one direction; `before` is the bar of the one before it, `before_id` its event."""

    i: I8 = NEVER
    id: I8 = -1
    score: F8 = 0.0
    before: I8 = NEVER
    before_id: I8 = -1


@record
class Break:
    """The break of structure on this bar; `kind` 0 without one."""

    kind: I8 = 0
    dir: I8 = 0
    level: F8 = math.nan
    swing: I8 = -1
    id: I8 = -1
    score: F8 = 0.0
    shift: F8 = 0.0


@record
class Zone:
    """A gap or an order block. `turned` is the bar at which it changed direction, -1 before.

    `dir` is its present direction, `fill` the share of a gap that price has filled, `deep` 1 once half of it
    was (a gap's CE, a block's mitigation), `through` 1 once all of a gap was, `touched` the last bar that met it
    in its present direction. `id` is the event that made it, `said` the one that gave it its present direction.
    `worth` is the score less what was used of the zone; it fades by `fading` a bar.
    """

    dir: I8 = 0
    block: I8 = 0
    lo: F8 = math.nan
    hi: F8 = math.nan
    ref: I8 = 0
    ref_ts: I8 = 0
    born: I8 = 0
    id: I8 = -1
    said: I8 = -1
    score: F8 = 0.0
    worth: F8 = 0.0
    fading: F8 = 0.0
    n: I8 = 1
    fill: F8 = 0.0
    met: I8 = 0
    deep: I8 = 0
    through: I8 = 0
    turned: I8 = -1
    touched: I8 = NEVER


@record
class Gap:
    """The last gap made: its bar, direction, zone, place on the board and event."""

    i: I8 = NEVER
    dir: I8 = 0
    lo: F8 = math.nan
    hi: F8 = math.nan
    place: I8 = -1
    id: I8 = -1
    last_ref: list[int] = array(I8, 2, NEVER)


@record
class Pool:
    """Liquidity beyond a level; `dir` is that of its sweep (-1 for a high). `bars` counts from the piercing bar."""

    dir: I8 = 0
    source: I8 = 0
    level: F8 = math.nan
    anchor: F8 = math.nan
    n: I8 = 1
    born: I8 = 0
    ref: I8 = 0
    ref_ts: I8 = 0
    id: I8 = -1
    bars: I8 = 0
    extreme: F8 = math.nan
    extreme_i: I8 = 0
    extreme_ts: I8 = 0
    pierced_i: I8 = 0
    pierced_ts: I8 = 0
    wick: F8 = 0.0
    rv: F8 = math.nan


@record
class Swept:
    """The last sweep of one direction; `unused` until a reversal is made of it."""

    known: I8 = NEVER
    unused: I8 = 0
    ref: I8 = NEVER
    ref_ts: I8 = -1
    level: F8 = math.nan
    extreme: F8 = math.nan
    score: F8 = 0.0
    id: I8 = -1


@record
class Reversal:
    """The last SMR of one direction, `live` until it ends; `born` is the bar of its CHOCH."""

    live: I8 = 0
    born: I8 = NEVER
    ref: I8 = 0
    ref_ts: I8 = 0
    price: F8 = math.nan
    extreme: F8 = math.nan
    lo: F8 = math.nan
    hi: F8 = math.nan
    id: I8 = -1


@record
class Met:
    """What this bar reached of blocks, breakers and turned gaps of one direction, as they were before it.

    `n` zones, the best of them: its live quality, event, edges and bar.
    """

    n: I8 = 0
    quality: F8 = 0.0
    id: I8 = -1
    lo: F8 = math.nan
    hi: F8 = math.nan
    ref: I8 = -1
    ref_ts: I8 = -1


@record
class Best:
    """The zone of one direction that counts most at this close; `held` 1 where it was touched lately."""

    worth: F8 = 0.0
    id: I8 = -1
    lo: F8 = math.nan
    hi: F8 = math.nan
    held: I8 = 0


@record
class Way:
    """The nearest block in the way of one direction: its place (-1 none), found at the blocks' change `changes`."""

    changes: I8 = -1
    place: I8 = -1


@record
class Fourth:
    """A swing as the four-swing patterns see it, and the first close beyond it (-1 without one)."""

    dir: I8 = 0
    i: I8 = -1
    ts: I8 = -1
    level: F8 = math.nan
    broken: I8 = -1


@record
class Pattern:
    """A complete pattern that waits for a close beyond its second swing."""

    live: I8 = 0
    kind: I8 = 0
    armed: I8 = 0
    swing: Fourth = nested(Fourth)


@record
class Smc4State:
    """The last four swings, oldest first, the armed patterns, and which swing was armed last."""

    n: I8 = 0
    armed: I8 = 0
    swings: list[Fourth] = array(Fourth, 4)
    patterns: list[Pattern] = array(Pattern, PATTERNS)


@record
class SmcState:
    """All the engine remembers. Pairs are (+1, -1) by direction, or (highs, lows) for `turns`.

    `work` counts the places visited, `overflow` what was ended for want of room. `tr_high`, `tr_low` are the edges
    of the trading range as of the previous bar, NaN without one: the Wyckoff engine of the stream writes them.
    """

    n: I8 = 0
    work: I8 = 0
    overflow: I8 = 0
    candles: list[Candle] = array(Candle, CANDLES)
    turns: list[Turn] = array(Turn, 2)
    legs: list[Leg] = array(Leg, 2)
    trend: I8 = 0
    broke: I8 = NEVER
    broke_k: I8 = 0
    broke_id: I8 = -1
    choch: list[int] = array(I8, 2, NEVER)
    broken: Break = nested(Break)
    displaced: list[Displaced] = array(Displaced, 2)
    gap: Gap = nested(Gap)
    board: Board = nested(Board)
    zones: list[Zone] = array(Zone, PLACES)
    pools: Board = nested(Board)
    pool: list[Pool] = array(Pool, PLACES)
    pierced: list[int] = array(I8, 2)
    tr_high: F8 = math.nan
    tr_low: F8 = math.nan
    sources: I8 = SOURCES
    outside: list[float] = array(F8, SOURCES, math.nan)
    seen: list[float] = array(F8, SOURCES, math.nan)
    held: list[int] = array(I8, SOURCES, -1)
    swept: list[Swept] = array(Swept, 2)
    swept_now: I8 = 0
    reversals: list[Reversal] = array(Reversal, 2)
    met: list[Met] = array(Met, 2)
    best: list[Best] = array(Best, 2)
    ways: list[Way] = array(Way, 2)
    slots: SlotTable = nested(SlotTable)
    four: Smc4State = nested(Smc4State)


@record
class SmcOut:
    """Signed contributions in [-weight, weight], the score of each book, and the dealing range at a close.

    `trend` is the sum of structure, shift and run, `reversal` that of zone, liquidity and location; `*_id` is
    the event behind a contribution, -1 without one. `range_dir` is +1 in discount, -1 in premium; `range_pos`
    the place of the close from 0 (low) to 1 (high), NaN without a range; `ote` 1 where the last leg is retraced
    by 62 to 79 %. All contributions are 0 until `ready`.
    """

    structure_part: F8 = out(default=0.0, mirror="negate")
    structure_id: I8 = out(default=-1, mirror="exempt:events of one bar may come in another order")
    shift_part: F8 = out(default=0.0, mirror="negate")
    shift_id: I8 = out(default=-1, mirror="exempt:events of one bar may come in another order")
    run_part: F8 = out(default=0.0, mirror="negate")
    run_id: I8 = out(default=-1, mirror="exempt:events of one bar may come in another order")
    zone_part: F8 = out(default=0.0, mirror="negate")
    zone_id: I8 = out(default=-1, mirror="exempt:events of one bar may come in another order")
    liquidity_part: F8 = out(default=0.0, mirror="negate")
    liquidity_id: I8 = out(default=-1, mirror="exempt:events of one bar may come in another order")
    location_part: F8 = out(default=0.0, mirror="negate")
    trend: F8 = out(default=0.0, mirror="negate")
    reversal: F8 = out(default=0.0, mirror="negate")
    direction: I8 = out(default=0, mirror="negate")
    range_low: F8 = out(default=math.nan, mirror="swap-negate:range_high")
    range_high: F8 = out(default=math.nan, mirror="swap-negate:range_low")
    range_pos: F8 = out(default=math.nan, mirror="exempt:1 - x is not exact; `location_part` carries the law")
    range_dir: I8 = out(default=0, mirror="negate")
    ote: I8 = out(default=0, mirror="same")
    outside: I8 = out(default=0, mirror="same")
    ready: I8 = out(default=0, mirror="same")
