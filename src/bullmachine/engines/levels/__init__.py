"""Levels: where price turned, where the last sessions, day and week ended, and signs that it matters now."""

from bullmachine.engines.levels.engine import Levels
from bullmachine.engines.levels.kinds import Kind
from bullmachine.engines.levels.pivot import PivotOut, PivotParams, PivotRule, PivotState, pivot_step
from bullmachine.engines.levels.records import (
    LevelsKernelParams,
    LevelsOut,
    LevelsParams,
    LevelsState,
    levels_kernel_params,
)
from bullmachine.engines.levels.sentinel import ChannelParams, Sentinel
from bullmachine.engines.levels.session import SESSIONS, SessionParams, SessionWindow
from bullmachine.engines.levels.step import EVENTS_PER_BAR, levels_step
from bullmachine.engines.levels.swing import SwingChange, SwingLabel, swing_name
from bullmachine.engines.levels.zone import Zone

__all__ = [
    "EVENTS_PER_BAR",
    "SESSIONS",
    "ChannelParams",
    "Kind",
    "Levels",
    "LevelsKernelParams",
    "LevelsOut",
    "LevelsParams",
    "LevelsState",
    "PivotOut",
    "PivotParams",
    "PivotRule",
    "PivotState",
    "Sentinel",
    "SessionParams",
    "SessionWindow",
    "SwingChange",
    "SwingLabel",
    "Zone",
    "levels_kernel_params",
    "levels_step",
    "pivot_step",
    "swing_name",
]
