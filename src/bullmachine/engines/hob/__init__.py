"""HOB: hidden order blocks, the evidence of a reaction, and reactions at the zones of both structure engines."""

from bullmachine.engines.hob.engine import Hob
from bullmachine.engines.hob.kinds import Kind
from bullmachine.engines.hob.params import HobParams, ReactionParams, Weights
from bullmachine.engines.hob.records import HobOut, HobState
from bullmachine.engines.hob.step import EVENTS_PER_BAR, hob_step

__all__ = [
    "EVENTS_PER_BAR",
    "Hob",
    "HobOut",
    "HobParams",
    "HobState",
    "Kind",
    "ReactionParams",
    "Weights",
    "hob_step",
]
