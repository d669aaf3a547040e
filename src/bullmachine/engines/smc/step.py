"""One bar through the SMC engine: structure, pools, reversals, zones, range, score, in this order.

What a bar does to zones that exist comes before the zones it makes; a later engine finds in the state what
this bar met and swept (`met`, `swept`).
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog
from bullmachine.core.kernel import kernel
from bullmachine.engines.features import FeaturesOut
from bullmachine.engines.levels import LevelsOut
from bullmachine.engines.smc.blocks import block_step
from bullmachine.engines.smc.candles import candle_at, candle_push, leg_take
from bullmachine.engines.smc.dealing import dealing_step
from bullmachine.engines.smc.gaps import gap_step
from bullmachine.engines.smc.params import Smc4, SmcParams
from bullmachine.engines.smc.pools import pools_step
from bullmachine.engines.smc.records import (
    FVG_PER_SIDE,
    OB_PER_SIDE,
    PATTERNS,
    POOLS_PER_SIDE,
    SOURCES,
    SmcOut,
    SmcState,
)
from bullmachine.engines.smc.reversal import reversal_step
from bullmachine.engines.smc.score import fade, score_step
from bullmachine.engines.smc.smc4 import smc4_step
from bullmachine.engines.smc.structure import displacement_step, structure_step
from bullmachine.engines.smc.zones import zones_step

__all__ = ["EVENTS_PER_BAR", "smc_step"]

#: a displacement, a break and its shift; every pool ends, external ones open again, two pivots; two reversals end
#: and one is made; every gap and block tells its four or three stages, one of each is made and pushes one out; patterns
EVENTS_PER_BAR: Final = (
    3
    + (2 * POOLS_PER_SIDE + 2 * (SOURCES - 1) + 4)
    + 4
    + (2 * FVG_PER_SIDE * 4 + 3)
    + (2 * OB_PER_SIDE * 3 + 2)
    + (PATTERNS + 2)
)

_OFF: Final = int(Smc4.OFF)


@kernel
def smc_step(p: SmcParams, s: SmcState, bar: Bar, f: FeaturesOut, lv: LevelsOut, o: SmcOut, log: EventLog) -> None:
    """Take one closed bar with its features and levels; at most `EVENTS_PER_BAR` events."""
    fade(s, bar)
    displacement_step(p.displacement, s, bar, f, log)
    structure_step(p, s, bar, f, lv, log)
    pools_step(p.pools, s, bar, f, lv, log)
    reversal_step(p.smr, s, bar, log)
    zones_step(p, s, bar, log)
    gap_step(p.fvg, s, bar, f, log)
    block_step(p.ob, s, bar, f, log)
    if p.smc4 != _OFF:
        smc4_step(p.smc4, s, bar, lv, log)
    score_step(p, s, bar, f.atr_prev, dealing_step(p.dealing, bar, lv, o), o)
    candle_push(s, bar, f)
    for side in range(2):
        leg_take(p.ob, s.legs[side], 1 - 2 * side, bar.i, candle_at(s, bar.i))
