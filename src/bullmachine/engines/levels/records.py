"""The levels engine's parameters, state and output."""

from __future__ import annotations

import dataclasses
import math

from bullmachine.core.record import F8, I8, array, nested, out, params, record
from bullmachine.engines.levels.period import PeriodState
from bullmachine.engines.levels.pivot import PivotOut, PivotParams, PivotState
from bullmachine.engines.levels.sentinel import ChannelParams, SentinelState
from bullmachine.engines.levels.session import SESSIONS, SessionParams, SessionState, SessionTable, session_tables
from bullmachine.engines.levels.swing import SwingState
from bullmachine.engines.levels.zone import FOR_EVER

__all__ = ["LevelsKernelParams", "LevelsOut", "LevelsParams", "LevelsState", "levels_kernel_params"]


@params
class LevelsParams:
    """Parameters of the levels engine."""

    pivot: PivotParams = nested(PivotParams)
    sessions: SessionParams = nested(SessionParams)
    channel: ChannelParams = nested(ChannelParams)


@record
class LevelsKernelParams:
    """`LevelsParams` as kernels read them: windows in milliseconds with their zones' offsets."""

    pivot: PivotParams = nested(PivotParams)
    channel: ChannelParams = nested(ChannelParams)
    sessions: list[SessionTable] = dataclasses.field(
        default_factory=session_tables, metadata={"item": SessionTable, "length": len(SESSIONS)}
    )


def levels_kernel_params(p: LevelsParams) -> LevelsKernelParams:
    """What the kernels read for `p`."""
    return LevelsKernelParams(pivot=p.pivot, channel=p.channel, sessions=session_tables(p.sessions))


@record
class LevelsState:
    """All the engine remembers; `sessions_until` is the earliest `until` of the sessions."""

    last_ts: I8 = 0
    sessions_until: I8 = -FOR_EVER
    pivot: PivotState = nested(PivotState)
    found: PivotOut = nested(PivotOut)
    swing: SwingState = nested(SwingState)
    sessions: list[SessionState] = array(SessionState, len(SESSIONS))
    day: PeriodState = nested(PeriodState)
    week: PeriodState = nested(PeriodState)
    sentinel: SentinelState = nested(SentinelState)


@record
class LevelsOut:
    """Levels as of this bar's close, in price units; NaN where there is none, indices -1.

    `ready`: pivots can be confirmed and the averages of the sentinels are warm. `pivot_*`: what was
    confirmed on this bar about bar `pivot_index`; where both sides were, `pivot_first` comes first.
    `swing_high`, `swing_low`: the last of each type; the one of type `swing_dir` is provisional, the
    other final; `final_*` are the last final ones. `swing_*_change`: what this bar did (`SwingChange`).
    `*_break`: 0 not beyond in this period, 1 by a wick, 2 by a close. `sentinels`: bits of `Sentinel`.
    """

    ready: I8 = out(default=0, mirror="same")
    pivot_high_confirmed: I8 = out(default=0, mirror="swap:pivot_low_confirmed")
    pivot_low_confirmed: I8 = out(default=0, mirror="swap:pivot_high_confirmed")
    pivot_first: I8 = out(default=0, mirror="negate")
    pivot_index: I8 = out(default=-1, mirror="same")
    pivot_ts: I8 = out(default=-1, mirror="same")
    pivot_high: F8 = out(default=math.nan, mirror="swap-negate:pivot_low")
    pivot_low: F8 = out(default=math.nan, mirror="swap-negate:pivot_high")
    pivot_high_score: F8 = out(default=0.0, mirror="swap:pivot_low_score")
    pivot_low_score: F8 = out(default=0.0, mirror="swap:pivot_high_score")
    swing_dir: I8 = out(default=0, mirror="negate")
    swing_high: F8 = out(default=math.nan, mirror="swap-negate:swing_low")
    swing_low: F8 = out(default=math.nan, mirror="swap-negate:swing_high")
    swing_high_index: I8 = out(default=-1, mirror="swap:swing_low_index")
    swing_low_index: I8 = out(default=-1, mirror="swap:swing_high_index")
    swing_high_label: I8 = out(default=0, mirror="swap:swing_low_label")
    swing_low_label: I8 = out(default=0, mirror="swap:swing_high_label")
    swing_high_change: I8 = out(default=0, mirror="swap:swing_low_change")
    swing_low_change: I8 = out(default=0, mirror="swap:swing_high_change")
    final_high: F8 = out(default=math.nan, mirror="swap-negate:final_low")
    final_low: F8 = out(default=math.nan, mirror="swap-negate:final_high")
    final_high_index: I8 = out(default=-1, mirror="swap:final_low_index")
    final_low_index: I8 = out(default=-1, mirror="swap:final_high_index")
    asia_active: I8 = out(default=0, mirror="same")
    asia_high: F8 = out(default=math.nan, mirror="swap-negate:asia_low")
    asia_low: F8 = out(default=math.nan, mirror="swap-negate:asia_high")
    london_active: I8 = out(default=0, mirror="same")
    london_high: F8 = out(default=math.nan, mirror="swap-negate:london_low")
    london_low: F8 = out(default=math.nan, mirror="swap-negate:london_high")
    new_york_active: I8 = out(default=0, mirror="same")
    new_york_high: F8 = out(default=math.nan, mirror="swap-negate:new_york_low")
    new_york_low: F8 = out(default=math.nan, mirror="swap-negate:new_york_high")
    pdh: F8 = out(default=math.nan, mirror="swap-negate:pdl")
    pdl: F8 = out(default=math.nan, mirror="swap-negate:pdh")
    pdh_break: I8 = out(default=0, mirror="swap:pdl_break")
    pdl_break: I8 = out(default=0, mirror="swap:pdh_break")
    pd_age_days: I8 = out(default=0, mirror="same")
    pd_partial: I8 = out(default=0, mirror="same")
    pwh: F8 = out(default=math.nan, mirror="swap-negate:pwl")
    pwl: F8 = out(default=math.nan, mirror="swap-negate:pwh")
    pwh_break: I8 = out(default=0, mirror="swap:pwl_break")
    pwl_break: I8 = out(default=0, mirror="swap:pwh_break")
    pw_age_days: I8 = out(default=0, mirror="same")
    pw_partial: I8 = out(default=0, mirror="same")
    sentinels: I8 = out(default=0, mirror="same")
