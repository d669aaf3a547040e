"""Readings: everything sense hands to decide at one base close, as one fixed record.

`Readings` is the border between the two stages and holds no order, position or decision parameter.
It must stay within `READINGS_LIMIT` bytes: a chunk of 500 fits the second-level cache.

Fields of engines that do not exist yet are not here; a new engine adds its own record to
`StreamReading` and fills its part of `Structure`, whose places are fixed from the start because
targets, stops and guards address them. Empty places are NaN (prices) or -1 (ids, ages).
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.record import F8, I8, array, nested, record
from bullmachine.engines.features import FeaturesOut
from bullmachine.engines.hob import HobOut
from bullmachine.engines.momentum import MomentumOut
from bullmachine.engines.smc import SmcOut
from bullmachine.engines.wyckoff import WyckoffOut

__all__ = [
    "POOLS",
    "READINGS_LIMIT",
    "Edge",
    "Pool",
    "Readings",
    "SideReading",
    "SlowReading",
    "StreamReading",
    "Structure",
]

READINGS_LIMIT: Final = (1 << 20) // 500  #: bytes of one `Readings`
POOLS: Final = 4  #: nearest opposing liquidity pools kept per side


@record
class StreamReading:
    """One timeframe's last closed bar: its close time and what the engines read from it."""

    closed_at: I8 = -1
    i: I8 = -1
    features: FeaturesOut = nested(FeaturesOut)
    momentum: MomentumOut = nested(MomentumOut)
    smc: SmcOut = nested(SmcOut)
    wyckoff: WyckoffOut = nested(WyckoffOut)
    hob: HobOut = nested(HobOut)


@record
class SlowReading:
    """The slow timeframe's last closed bar: its close time, its yardsticks, and Wyckoff's view."""

    closed_at: I8 = -1
    i: I8 = -1
    features: FeaturesOut = nested(FeaturesOut)
    wyckoff: WyckoffOut = nested(WyckoffOut)


@record
class Edge:
    """The nearest opposing order block, breaker or range edge that is good enough to matter."""

    distance: F8 = math.nan
    quality: F8 = 0.0
    id: I8 = -1


@record
class Pool:
    """A liquidity pool: its price and the event that made it."""

    price: F8 = math.nan
    id: I8 = -1


@record
class SideReading:
    """What stands for or against one side (long or short); `zone_*` is the zone that supports it."""

    edge: Edge = nested(Edge)
    zone_lo: F8 = math.nan
    zone_hi: F8 = math.nan
    pools: list[Pool] = array(Pool, POOLS)
    invalidation: F8 = math.nan
    invalidation_kind: I8 = -1
    opposite_swing: F8 = math.nan
    spring_age: I8 = -1
    smr_age: I8 = -1
    choch_age: I8 = -1


@record
class Structure:
    """Price structure both sides share, then each side's view."""

    range_low: F8 = math.nan
    range_high: F8 = math.nan
    long: SideReading = nested(SideReading)
    short: SideReading = nested(SideReading)


@record
class Readings:
    """All readings at the close of one base bar.

    `since_rejected` and `since_gap` count base bars since a rejected bar and since a calendar gap longer
    than the engine parameter allows (0 = this bar; large when never). `atr_rank` and `atr_rank_short` are
    mid-ranks from 0 to 1 of the base ATR among its own past (NaN until there is enough). `sentinels` is a bit mask of
    `engines.levels.Sentinel`.
    """

    base: StreamReading = nested(StreamReading)
    middle: StreamReading = nested(StreamReading)
    slow: SlowReading = nested(SlowReading)
    atr_rank: F8 = math.nan
    atr_rank_short: F8 = math.nan
    volume_z: F8 = math.nan
    sentinels: I8 = 0
    since_rejected: I8 = 1 << 40
    since_gap: I8 = 1 << 40
    structure: Structure = nested(Structure)
