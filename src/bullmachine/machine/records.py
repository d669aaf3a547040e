"""Records of the sense stage: parameters and state of all streams (see `stream` for what a stream holds)."""

from __future__ import annotations

import dataclasses
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.record import I8, array, nested, param, params, record
from bullmachine.core.time import DAY, HOUR
from bullmachine.engines.features import FeaturesParams
from bullmachine.engines.hob import HobParams
from bullmachine.engines.levels import LevelsKernelParams, LevelsParams, levels_kernel_params
from bullmachine.engines.momentum import MomentumParams
from bullmachine.engines.smc import SmcParams
from bullmachine.engines.wyckoff import WyckoffParams
from bullmachine.fusion.readings import SlowReading, StreamReading
from bullmachine.indicators.percentile import MidrankOut, MidrankParams, MidrankState
from bullmachine.indicators.rolling import ZScoreOut, ZScoreParams, ZScoreState
from bullmachine.machine.sentinels import Areas
from bullmachine.machine.stream import SlowParams, SlowStreamState, StreamParams, StreamState
from bullmachine.market.buckets import Bucket
from bullmachine.market.calendars import Calendar, CalendarState

BAR_SLOTS: Final = 1024  #: slower bars held between two drains
BARS_PER_BAR: Final = 4  #: each slower stream closes at most twice on one base bar (a hole)

__all__ = [
    "BARS_PER_BAR",
    "BAR_SLOTS",
    "BarLog",
    "BaseState",
    "MiddleState",
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
    middle_k: I8 = param(default=3, ge=1, le=50, doc="bars to each side of a pivot of levels on the middle timeframe")
    slow_k: I8 = param(default=3, ge=1, le=50, doc="bars to each side of a pivot of levels on the slow timeframe")
    smc: SmcParams = nested(SmcParams)
    wyckoff: WyckoffParams = nested(WyckoffParams)
    middle_e_max: I8 = param(default=120, ge=20, le=500, doc="bars a markup counts on the middle timeframe")
    slow_e_max: I8 = param(default=40, ge=20, le=500, doc="bars a markup counts on the slow timeframe")
    hob: HobParams = nested(HobParams)
    momentum: MomentumParams = nested(MomentumParams)
    volume: ZScoreParams = nested(ZScoreParams)
    atr_rank: MidrankParams = nested(MidrankParams)
    atr_rank_short: MidrankParams = nested(MidrankParams, length=100, every=1, ready=100)


@record
class SenseKernelParams:
    """`SenseParams` as kernels read them: by stream, and the levels engine's sessions as tables."""

    base: I8 = 0
    middle: I8 = 0
    slow: I8 = 0
    calendar: Calendar = Calendar.ALWAYS
    max_gap: I8 = 0
    base_stream: StreamParams = nested(StreamParams)
    middle_stream: StreamParams = nested(StreamParams)
    slow_stream: SlowParams = nested(SlowParams)
    volume: ZScoreParams = nested(ZScoreParams)
    atr_rank: MidrankParams = nested(MidrankParams)
    atr_rank_short: MidrankParams = nested(MidrankParams)


def sense_kernel_params(p: SenseParams) -> SenseKernelParams:
    """What the kernels read for `p`."""
    return SenseKernelParams(
        base=p.base,
        middle=p.middle,
        slow=p.slow,
        calendar=p.calendar,
        max_gap=p.max_gap,
        base_stream=_stream_params(p, p.levels.pivot.k, p.wyckoff.markup.e_max),
        middle_stream=_stream_params(p, p.middle_k, p.middle_e_max),
        slow_stream=SlowParams(features=p.features, levels=_levels(p, p.slow_k), wyckoff=_wyckoff(p, p.slow_e_max)),
        volume=p.volume,
        atr_rank=p.atr_rank,
        atr_rank_short=p.atr_rank_short,
    )


def _levels(p: SenseParams, k: int) -> LevelsKernelParams:
    pivot = dataclasses.replace(p.levels.pivot, k=k)
    return levels_kernel_params(dataclasses.replace(p.levels, pivot=pivot))


def _wyckoff(p: SenseParams, e_max: int) -> WyckoffParams:
    return dataclasses.replace(p.wyckoff, markup=dataclasses.replace(p.wyckoff.markup, e_max=e_max))


def _stream_params(p: SenseParams, k: int, e_max: int) -> StreamParams:
    return StreamParams(
        features=p.features,
        levels=_levels(p, k),
        smc=p.smc,
        wyckoff=_wyckoff(p, e_max),
        hob=p.hob,
        momentum=p.momentum,
    )


@record
class BarLog:
    """Slots for the slower bars closed in one chunk: what the slower streams saw."""

    n: I8 = 0
    slots: list[Bar] = array(Bar, BAR_SLOTS)


@record
class BaseState:
    """The base stream, the yardsticks of its volume and of its ATR, and where sentinels saw it."""

    stream: StreamState = nested(StreamState)
    volume: ZScoreState = nested(ZScoreState)
    volume_out: ZScoreOut = nested(ZScoreOut)
    atr_rank: MidrankState = nested(MidrankState)
    atr_rank_short: MidrankState = nested(MidrankState)
    rank_out: MidrankOut = nested(MidrankOut)
    areas: Areas = nested(Areas)


@record
class MiddleState:
    """The middle stream: its forming bucket, its engines, its last reading."""

    bucket: Bucket = nested(Bucket)
    stream: StreamState = nested(StreamState)
    reading: StreamReading = nested(StreamReading)


@record
class SlowState:
    """The slow stream: its forming bucket, its engines, its last reading."""

    bucket: Bucket = nested(Bucket)
    stream: SlowStreamState = nested(SlowStreamState)
    reading: SlowReading = nested(SlowReading)


@record
class SenseState:
    """Everything sense remembers."""

    calendar: CalendarState = nested(CalendarState)
    since_rejected: I8 = 1 << 40
    since_gap: I8 = 1 << 40
    base: BaseState = nested(BaseState)
    middle: MiddleState = nested(MiddleState)
    slow: SlowState = nested(SlowState)
