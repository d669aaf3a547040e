"""One stream, bar by bar: the engines in their fixed order, on the base and on the middle timeframe alike.

Both streams share these records and this one kernel, so that every engine is compiled once.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog
from bullmachine.core.kernel import kernel
from bullmachine.core.record import nested, record
from bullmachine.engines.features import FeaturesParams, FeaturesState, features_step
from bullmachine.engines.hob import EVENTS_PER_BAR as HOB_EVENTS
from bullmachine.engines.hob import HobParams, HobState, hob_step
from bullmachine.engines.levels import EVENTS_PER_BAR as LEVELS_EVENTS
from bullmachine.engines.levels import LevelsKernelParams, LevelsOut, LevelsState, levels_step
from bullmachine.engines.momentum import EVENTS_PER_BAR as MOMENTUM_EVENTS
from bullmachine.engines.momentum import MomentumParams, MomentumState, momentum_step
from bullmachine.engines.smc import EVENTS_PER_BAR as SMC_EVENTS
from bullmachine.engines.smc import SmcParams, SmcState, smc_step
from bullmachine.fusion.readings import StreamReading

__all__ = ["STREAM_EVENTS", "StreamParams", "StreamState", "stream_step"]

STREAM_EVENTS: Final = (
    LEVELS_EVENTS + SMC_EVENTS + HOB_EVENTS + MOMENTUM_EVENTS
)  #: most events of one bar of one stream


@record
class StreamParams:
    """Parameters of a stream's engines, as kernels read them."""

    features: FeaturesParams = nested(FeaturesParams)
    levels: LevelsKernelParams = nested(LevelsKernelParams)
    smc: SmcParams = nested(SmcParams)
    hob: HobParams = nested(HobParams)
    momentum: MomentumParams = nested(MomentumParams)


@record
class StreamState:
    """What a stream's engines remember, and the outputs that only other engines read."""

    features: FeaturesState = nested(FeaturesState)
    levels: LevelsState = nested(LevelsState)
    levels_out: LevelsOut = nested(LevelsOut)
    smc: SmcState = nested(SmcState)
    hob: HobState = nested(HobState)
    momentum: MomentumState = nested(MomentumState)


@kernel
def stream_step(p: StreamParams, s: StreamState, bar: Bar, o: StreamReading, log: EventLog) -> None:
    """Take one closed bar of the stream: features, levels, smc, hob, momentum; at most `STREAM_EVENTS` events."""
    o.closed_at = bar.ts + bar.tf
    o.i = bar.i
    features_step(p.features, s.features, bar, o.features)
    levels_step(p.levels, s.levels, bar, o.features, s.levels_out, log)
    smc_step(p.smc, s.smc, bar, o.features, s.levels_out, o.smc, log)
    hob_step(p.hob, s.hob, bar, o.features, s.smc, o.hob, log)
    momentum_step(p.momentum, s.momentum, bar, o.features, o.momentum, log)
