"""SMC: what traders call smart money concepts, as deterministic events that never look ahead."""

from bullmachine.engines.smc.engine import Smc
from bullmachine.engines.smc.kinds import Kind
from bullmachine.engines.smc.params import (
    Candidate,
    DealingParams,
    DisplacementParams,
    FvgParams,
    ObParams,
    PoolParams,
    Price,
    Smc4,
    SmcParams,
    SmrParams,
    Span,
    StructureParams,
    Weights,
)
from bullmachine.engines.smc.records import SmcOut, SmcState, Source
from bullmachine.engines.smc.step import EVENTS_PER_BAR, smc_step
from bullmachine.engines.smc.view import Invalidation, view_edge, view_side

__all__ = [
    "EVENTS_PER_BAR",
    "Candidate",
    "DealingParams",
    "DisplacementParams",
    "FvgParams",
    "Invalidation",
    "Kind",
    "ObParams",
    "PoolParams",
    "Price",
    "Smc",
    "Smc4",
    "SmcOut",
    "SmcParams",
    "SmcState",
    "SmrParams",
    "Source",
    "Span",
    "StructureParams",
    "Weights",
    "smc_step",
    "view_edge",
    "view_side",
]
