"""Wyckoff: ranges, their phases and events on both sides, and what volume and spread say bar by bar."""

from bullmachine.engines.wyckoff.engine import Wyckoff
from bullmachine.engines.wyckoff.kinds import Kind, Phase
from bullmachine.engines.wyckoff.params import (
    ClimaxParams,
    CoilParams,
    CrtParams,
    Inside,
    LegParams,
    LockParams,
    LpsParams,
    MarkupParams,
    RallyParams,
    RangeParams,
    SosParams,
    SpringParams,
    StParams,
    TestParams,
    VsaParams,
    Weights,
    WyckoffParams,
)
from bullmachine.engines.wyckoff.records import WyckoffOut, WyckoffState
from bullmachine.engines.wyckoff.step import EVENTS_PER_BAR, wyckoff_step
from bullmachine.engines.wyckoff.view import view_range

__all__ = [
    "EVENTS_PER_BAR",
    "ClimaxParams",
    "CoilParams",
    "CrtParams",
    "Inside",
    "Kind",
    "LegParams",
    "LockParams",
    "LpsParams",
    "MarkupParams",
    "Phase",
    "RallyParams",
    "RangeParams",
    "SosParams",
    "SpringParams",
    "StParams",
    "TestParams",
    "VsaParams",
    "Weights",
    "Wyckoff",
    "WyckoffOut",
    "WyckoffParams",
    "WyckoffState",
    "view_range",
    "wyckoff_step",
]
