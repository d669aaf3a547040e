"""The dealing range: where the close stands between the last swing low and the last swing high.

The newest of the two swings is provisional; a range of final swings only would lag a whole leg.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import inlined
from bullmachine.engines.levels import LevelsOut
from bullmachine.engines.smc.params import DealingParams
from bullmachine.engines.smc.records import SmcOut

__all__ = ["dealing_step"]

_OTE_FROM: Final = 0.62  # retracement of the last leg: the optimal trade entry of ICT's lectures
_OTE_TO: Final = 0.79


@inlined
def dealing_step(p: DealingParams, bar: Bar, lv: LevelsOut, o: SmcOut) -> float:
    """Fill the range; the signed place of the close, from -1 at the low to +1 at the high, 0 without a range."""
    o.range_low = math.nan
    o.range_high = math.nan
    o.range_pos = math.nan
    o.range_dir = 0
    o.ote = 0
    o.outside = 0
    low, high, c = lv.swing_low, lv.swing_high, bar.close
    if not high > low:
        return 0.0
    o.range_low = low
    o.range_high = high
    place = min(1.0, max(-1.0, ((c - low) - (high - c)) / (high - low)))  # exact upside down, unlike 2 x pos - 1
    o.range_pos = 0.5 + 0.5 * place
    if abs(place) > 2.0 * p.eq_band:
        o.range_dir = -1 if place > 0.0 else 1
    o.outside = 1 if c > high or c < low else 0
    back = (high - c if lv.swing_dir > 0 else c - low) / (high - low)
    o.ote = 1 if _OTE_FROM <= back <= _OTE_TO else 0
    return place
