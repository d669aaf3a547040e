"""One bar through the HOB engine: evidence, reactions, zones, candidates, score, in this order.

SMC has taken the bar before: its state tells which of its zones the bar met, what it swept, and the last candles.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog
from bullmachine.core.kernel import kernel
from bullmachine.engines.features import FeaturesOut
from bullmachine.engines.hob.candidates import candidates_step
from bullmachine.engines.hob.evidence import absorb_step, spike_step
from bullmachine.engines.hob.params import HobParams
from bullmachine.engines.hob.reaction import reaction_step
from bullmachine.engines.hob.records import PER_SIDE, HobOut, HobState
from bullmachine.engines.hob.score import score_step
from bullmachine.engines.hob.zones import due_step, zones_step
from bullmachine.engines.smc import SmcState

__all__ = ["EVENTS_PER_BAR", "hob_step"]

#: a wick and a spike; two reactions end and two are made; every body speaks once, one more goes for want of room
EVENTS_PER_BAR: Final = 2 + 4 + 2 * PER_SIDE + 1


@kernel
def hob_step(p: HobParams, s: HobState, bar: Bar, f: FeaturesOut, smc: SmcState, o: HobOut, log: EventLog) -> None:
    """Take one closed bar with its features and SMC's view of it; at most `EVENTS_PER_BAR` events."""
    atr = f.atr_prev
    absorb_step(p, s, bar, atr, log)
    spike_step(p, s, bar, atr, f.rv, smc.swept_now, log)
    due_step(s, bar, log)
    reaction_step(p, s, smc, bar, atr, log)
    zones_step(s, smc, bar, atr, log)
    candidates_step(p, s, smc, bar, log)
    score_step(p, s, bar, atr, o)
