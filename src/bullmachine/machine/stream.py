"""One stream, bar by bar: the engines in their fixed order.

The base and the middle timeframe share these records and one kernel, so that every engine is compiled once. The slow
timeframe runs what has a reader there: Wyckoff, and what Wyckoff needs.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog
from bullmachine.core.kernel import kernel
from bullmachine.core.record import nested, record
from bullmachine.core.slots import SlotTable
from bullmachine.engines.features import FeaturesParams, FeaturesState, features_step
from bullmachine.engines.hob import EVENTS_PER_BAR as HOB_EVENTS
from bullmachine.engines.hob import HobParams, HobState, hob_step
from bullmachine.engines.levels import EVENTS_PER_BAR as LEVELS_EVENTS
from bullmachine.engines.levels import LevelsKernelParams, LevelsOut, LevelsState, levels_step
from bullmachine.engines.momentum import EVENTS_PER_BAR as MOMENTUM_EVENTS
from bullmachine.engines.momentum import MomentumParams, MomentumState, momentum_step
from bullmachine.engines.smc import EVENTS_PER_BAR as SMC_EVENTS
from bullmachine.engines.smc import SmcParams, SmcState, smc_step
from bullmachine.engines.wyckoff import EVENTS_PER_BAR as WYCKOFF_EVENTS
from bullmachine.engines.wyckoff import WyckoffParams, WyckoffState, wyckoff_step
from bullmachine.fusion.readings import SlowReading, StreamReading

__all__ = [
    "SLOW_EVENTS",
    "STREAM_EVENTS",
    "SlowParams",
    "SlowStreamState",
    "StreamParams",
    "StreamState",
    "slow_step",
    "stream_step",
]

#: most events of one bar of a stream, and of the slow one
STREAM_EVENTS: Final = LEVELS_EVENTS + SMC_EVENTS + WYCKOFF_EVENTS + HOB_EVENTS + MOMENTUM_EVENTS
SLOW_EVENTS: Final = LEVELS_EVENTS + WYCKOFF_EVENTS


@record
class StreamParams:
    """Parameters of a stream's engines, as kernels read them."""

    features: FeaturesParams = nested(FeaturesParams)
    levels: LevelsKernelParams = nested(LevelsKernelParams)
    smc: SmcParams = nested(SmcParams)
    wyckoff: WyckoffParams = nested(WyckoffParams)
    hob: HobParams = nested(HobParams)
    momentum: MomentumParams = nested(MomentumParams)


@record
class StreamState:
    """What a stream's engines remember, and the outputs that only other engines read."""

    features: FeaturesState = nested(FeaturesState)
    levels: LevelsState = nested(LevelsState)
    levels_out: LevelsOut = nested(LevelsOut)
    smc: SmcState = nested(SmcState)
    wyckoff: WyckoffState = nested(WyckoffState)
    hob: HobState = nested(HobState)
    momentum: MomentumState = nested(MomentumState)


@kernel
def stream_step(p: StreamParams, s: StreamState, bar: Bar, o: StreamReading, log: EventLog) -> None:
    """Take one closed bar: features, levels, smc, wyckoff, hob, momentum; at most `STREAM_EVENTS` events."""
    o.closed_at = bar.ts + bar.tf
    o.i = bar.i
    features_step(p.features, s.features, bar, o.features)
    levels_step(p.levels, s.levels, bar, o.features, s.levels_out, log)
    smc_step(p.smc, s.smc, bar, o.features, s.levels_out, o.smc, log)
    wyckoff_step(p.wyckoff, s.wyckoff, bar, o.features, s.levels_out, s.smc.slots, o.wyckoff, log)
    s.smc.tr_high = o.wyckoff.range_high  # read at the next bar: the only edge that points back
    s.smc.tr_low = o.wyckoff.range_low
    hob_step(p.hob, s.hob, bar, o.features, s.smc, o.hob, log)
    momentum_step(p.momentum, s.momentum, bar, o.features, o.momentum, log)


@record
class SlowParams:
    """Parameters of the slow stream's engines, as kernels read them."""

    features: FeaturesParams = nested(FeaturesParams)
    levels: LevelsKernelParams = nested(LevelsKernelParams)
    wyckoff: WyckoffParams = nested(WyckoffParams)


@record
class SlowStreamState:
    """What the slow stream's engines remember; `reversals` stays empty: there is no SMC whose reversals would count."""

    features: FeaturesState = nested(FeaturesState)
    levels: LevelsState = nested(LevelsState)
    levels_out: LevelsOut = nested(LevelsOut)
    wyckoff: WyckoffState = nested(WyckoffState)
    reversals: SlotTable = nested(SlotTable)


@kernel
def slow_step(p: SlowParams, s: SlowStreamState, bar: Bar, o: SlowReading, log: EventLog) -> None:
    """Take one closed bar of the slow stream: features, levels, wyckoff; at most `SLOW_EVENTS` events."""
    o.closed_at = bar.ts + bar.tf
    o.i = bar.i
    features_step(p.features, s.features, bar, o.features)
    levels_step(p.levels, s.levels, bar, o.features, s.levels_out, log)
    wyckoff_step(p.wyckoff, s.wyckoff, bar, o.features, s.levels_out, s.reversals, o.wyckoff, log)
