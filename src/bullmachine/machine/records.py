"""Records of the sense stage: parameters and state of all streams."""

from __future__ import annotations

import dataclasses
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.record import I8, array, nested, param, params, record
from bullmachine.core.time import DAY, HOUR
from bullmachine.engines.features import FeaturesParams, FeaturesState
from bullmachine.engines.levels import (
    LevelsKernelParams,
    LevelsOut,
    LevelsParams,
    LevelsState,
    levels_kernel_params,
)
from bullmachine.engines.momentum import MomentumParams, MomentumState
from bullmachine.fusion.readings import StreamReading
from bullmachine.indicators.rolling import ZScoreOut, ZScoreParams, ZScoreState
from bullmachine.market.buckets import Bucket
from bullmachine.market.calendars import Calendar, CalendarState

BAR_SLOTS: Final = 1024  #: slower bars held between two drains
BARS_PER_BAR: Final = 4  #: each slower stream closes at most twice on one base bar (a hole)

__all__ = [
    "BARS_PER_BAR",
    "BAR_SLOTS",
    "BarLog",
    "BaseState",
    "SenseKernelParams",
    "SenseParams",
    "SenseState",
    "SlowState",
    "sense_kernel_params",
]


@params
class SenseParams:
    """What the sense stage reads besides bars: timeframes, calendar and engine parameters."""

    base: I8 = param(default=HOUR, ge=60_000, le=DAY, doc="base timeframe in milliseconds")
    middle: I8 = param(default=4 * HOUR, ge=60_000, le=7 * DAY, doc="middle timeframe in milliseconds")
    slow: I8 = param(default=DAY, ge=60_000, le=7 * DAY, doc="slow timeframe in milliseconds")
    calendar: Calendar = param(default=Calendar.ALWAYS, doc="which bars the market is expected to print")
    max_gap: I8 = param(default=3, ge=0, le=10_000, doc="calendar bars that may be missing without a `bad_data` block")
    features: FeaturesParams = nested(FeaturesParams)
    levels: LevelsParams = nested(LevelsParams)
    momentum: MomentumParams = nested(MomentumParams)
    volume: ZScoreParams = nested(ZScoreParams)


@record
class SenseKernelParams:
    """`SenseParams` as kernels read them: the levels engine's sessions as tables."""

    base: I8 = 0
    middle: I8 = 0
    slow: I8 = 0
    calendar: Calendar = Calendar.ALWAYS
    max_gap: I8 = 0
    features: FeaturesParams = nested(FeaturesParams)
    levels: LevelsKernelParams = nested(LevelsKernelParams)
    momentum: MomentumParams = nested(MomentumParams)
    volume: ZScoreParams = nested(ZScoreParams)


def sense_kernel_params(p: SenseParams) -> SenseKernelParams:
    """What the kernels read for `p`."""
    given = {f.name: getattr(p, f.name) for f in dataclasses.fields(p)}
    return SenseKernelParams(**{**given, "levels": levels_kernel_params(p.levels)})


@record
class BarLog:
    """Slots for the slower bars closed in one chunk: what the slower streams saw."""

    n: I8 = 0
    slots: list[Bar] = array(Bar, BAR_SLOTS)


@record
class BaseState:
    """The base stream: every engine, and the volume's yardstick."""

    features: FeaturesState = nested(FeaturesState)
    levels: LevelsState = nested(LevelsState)
    levels_out: LevelsOut = nested(LevelsOut)
    momentum: MomentumState = nested(MomentumState)
    volume: ZScoreState = nested(ZScoreState)
    volume_out: ZScoreOut = nested(ZScoreOut)


@record
class SlowState:
    """A slower stream: its forming bucket, the engines that have a reader, its last reading."""

    bucket: Bucket = nested(Bucket)
    features: FeaturesState = nested(FeaturesState)
    momentum: MomentumState = nested(MomentumState)
    reading: StreamReading = nested(StreamReading)


@record
class SenseState:
    """Everything sense remembers."""

    calendar: CalendarState = nested(CalendarState)
    since_rejected: I8 = 1 << 40
    since_gap: I8 = 1 << 40
    base: BaseState = nested(BaseState)
    middle: SlowState = nested(SlowState)
    slow: SlowState = nested(SlowState)
