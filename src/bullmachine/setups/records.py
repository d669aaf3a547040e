"""Records of the setup stage: conditions as tables of integers, what is remembered of events and zones."""

from __future__ import annotations

import enum
import math
from typing import Final

from bullmachine.core.record import F8, I8, array, nested, record
from bullmachine.trading.params import SETUPS

__all__ = [
    "ALTERNATIVES",
    "CONDITIONS",
    "KINDS",
    "NEVER",
    "OF_ZONE",
    "PAIRS",
    "TFS",
    "WATCHED",
    "ZONES",
    "ZONE_SETS",
    "AnyOf",
    "Condition",
    "Form",
    "Last",
    "SetupRow",
    "SetupState",
    "SetupTable",
    "Zone",
    "ZoneSet",
]

CONDITIONS: Final = 8  #: conditions of one setup
ALTERNATIVES: Final = 4  #: kinds of event one condition can name
PAIRS: Final = 48  #: (kind, timeframe) of all setups together
KINDS: Final = 600  #: numbers of event kinds are smaller
TFS: Final = 3  #: base, middle, slow
ZONES: Final = 64  #: live zones of a kind, timeframe and side: as many as SMC holds
WATCHED: Final = 4  #: kinds of zone: gaps, turned gaps, blocks, breakers
ZONE_SETS: Final = 2 * WATCHED * 2  #: kinds of zone on base and middle, for each side
OF_ZONE: Final = 1 << 16  #: of who reads an event: zones
NEVER: Final = -(1 << 40)  #: the bar of what has not happened


class Form(enum.IntEnum):
    """What a condition looks at."""

    EVENT = 0
    ZONE = 1
    TREND = 2
    PHASE = 3
    LOCATION = 4
    ALIGN = 5


@record
class AnyOf:
    """One of `n` pairs of event kind and timeframe, not older than `age`, with at least `score`."""

    n: I8 = 0
    age: I8 = 0
    score: F8 = 0.0
    pairs: list[int] = array(I8, ALTERNATIVES)


@record
class Condition:
    """One condition, for the long side: an event or a zone of not more than an age, or a value in `low`..`high`.

    `before` has no pair where no other event must have come first; its age counts back from the first. `zone` is the
    number of a kind of zone on a timeframe, whose age stands in `event`.
    """

    form: I8 = 0
    tf: I8 = 0
    low: F8 = -math.inf
    high: F8 = math.inf
    zone: I8 = 0
    event: AnyOf = nested(AnyOf)
    before: AnyOf = nested(AnyOf)


@record
class SetupRow:
    """One setup: its conditions, sides, and how it enters (`EntryAt`); `zone` is the condition whose zone it enters."""

    n: I8 = 0
    conditions: list[Condition] = array(Condition, CONDITIONS)
    long: I8 = 1
    short: I8 = 1
    entry: I8 = 0
    expiry: I8 = 0
    zone: I8 = -1


@record
class SetupTable:
    """The first `n` setups in the order of their names, and which events and zones they look at.

    `tfs` are the lengths of the timeframes; `reads[tf * KINDS + kind]` says who reads an event: the number of its pair
    plus 1, and `OF_ZONE` where it makes or ends a zone that is watched. `watches` is 1 for those kinds of zone,
    `zones` how many they are.
    """

    n: I8 = 0
    rows: list[SetupRow] = array(SetupRow, SETUPS)
    tfs: list[int] = array(I8, TFS)
    reads: list[int] = array(I8, TFS * KINDS)
    zones: I8 = 0
    watches: list[int] = array(I8, 2 * WATCHED)


@record
class Last:
    """The last event of a pair on one side: its bar (of its own timeframe), score, zone and id."""

    i: I8 = NEVER
    score: F8 = 0.0
    lo: F8 = math.nan
    hi: F8 = math.nan
    id: I8 = -1


@record
class Zone:
    """A live zone, the event `said` that made it what it is; `made` at a base bar, last `touched` at one of its own."""

    lo: F8 = 0.0
    hi: F8 = 0.0
    id: I8 = -1
    said: I8 = -1
    made: I8 = 0
    touched: I8 = NEVER


@record
class ZoneSet:
    """The live zones of one kind, timeframe and side, in any order.

    `edge` is the edge that price meets first, upside down for a resistance; `best` the zone touched last.
    """

    n: I8 = 0
    edge: F8 = -math.inf
    best: I8 = -1
    zones: list[Zone] = array(Zone, ZONES)


@record
class SetupState:
    """What is remembered: last events and live zones of both sides (long first), and the setups that hold (bits)."""

    last: list[Last] = array(Last, 2 * PAIRS)
    zones: list[ZoneSet] = array(ZoneSet, ZONE_SETS)
    long: I8 = 0
    short: I8 = 0
