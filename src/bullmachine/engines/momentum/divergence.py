"""Divergence of price and oscillator between two consecutive pivots of one side.

1. The oscillator is RSI - 50, so that highs are lows of the mirrored market and one code serves both.
2. When a pivot is confirmed it is compared with the pivot of its side before it, each with the
   oscillator of its own bar; only then it becomes the one before.
3. `regular`: price more extreme, oscillator less. `hidden`: price less extreme, oscillator more. An
   equal price or oscillator is nothing, and so is a pivot whose oscillator was cold.
4. A bar that is a pivot on both sides is first what the last pivot was not, then the other (as swings
   take it, see `engines.levels.swing`); as the very first pivot it is nothing. The mirrored market agrees.
5. The strongest divergence of each kind and direction lives in a slot: it decays linearly over `life`
   bars, ends when a close goes beyond the newer pivot, and is replaced by one at least as strong.

Sources: price pivots as of `engines.levels.pivot`; RSI as TA-Lib; the slot rule is ours.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog, emit
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ramp import ramp
from bullmachine.core.ring import next_slot, ring_at
from bullmachine.core.slots import slots_fade, slots_keep, slots_net
from bullmachine.engines.features import FeaturesOut
from bullmachine.engines.levels.pivot import pivot_step
from bullmachine.engines.momentum.records import (
    OSC_CAP,
    SLOTS,
    DivergenceParams,
    DivergenceState,
    Kind,
    MomentumOut,
)

__all__ = ["divergence_part", "divergence_step"]

_REGULAR: Final = int(Kind.DIV_REG)
_HIDDEN: Final = int(Kind.DIV_HID)
_HIDDEN_STRENGTH: Final = 0.7  # activation of a hidden divergence relative to a regular one
_BEYOND: Final = 20.0  # RSI beyond 30 / 70
_TREND: Final = 0.5  # distance from the mean, in ATR, that is a trend


@kernel
def _score(kind: int, d: int, d_osc: float, d_price: float, prev_osc: float, f: FeaturesOut) -> float:
    total = 0.5 * ramp(abs(d_osc), 2.0, 15.0)
    if f.atr_prev > 0.0:
        total += 0.3 * ramp(abs(d_price) / f.atr_prev, 0.1, 1.5)
    if kind == _REGULAR:
        return total + (0.2 if -d * prev_osc > _BEYOND else 0.0)
    return total + (0.2 if d * f.trend > _TREND else 0.0)


@kernel
def _far_enough(p: DivergenceParams, d_osc: float, d_price: float, atr: float) -> bool:
    """Both changes reach their least size; a cold or zero yardstick silences a threshold that is not 0."""
    if abs(d_osc) < p.min_osc:
        return False
    return p.min_price == 0.0 or (atr > 0.0 and abs(d_price) >= p.min_price * atr)


@kernel
def _first_side(s: DivergenceState) -> int:
    """Which side of a confirmed bar is compared first, 0 for none."""
    o = s.pivot_out
    if o.low_confirmed == o.high_confirmed:
        return -s.last
    return 1 if o.low_confirmed == 1 else -1


@kernel
def _compare(p: DivergenceParams, s: DivergenceState, bar: Bar, f: FeaturesOut, d: int, log: EventLog) -> None:
    """Compare the pivot confirmed now with the last; `d` is +1 for lows (a bullish divergence), -1 for highs."""
    index, osc = s.pivot_out.index, ring_at(s.osc, s.head, p.pivot.k, OSC_CAP)
    level = s.pivot_out.low if d == 1 else s.pivot_out.high
    prev = s.low if d == 1 else s.high
    separation = index - prev.i
    if prev.seen == 1 and p.min_sep <= separation <= p.max_sep and not math.isnan(prev.osc) and not math.isnan(osc):
        d_price, d_osc = level - prev.level, osc - prev.osc
        if d_price * d_osc < 0.0 and _far_enough(p, d_osc, d_price, f.atr_prev):
            kind = _REGULAR if d * d_price < 0.0 else _HIDDEN
            score = _score(kind, d, d_osc, d_price, prev.osc, f)
            e = log.slots[emit(log, bar, kind, d, level, score)]
            e.i_ref = index
            e.t_ref = s.pivot_out.ts
            e.lo = min(level, prev.level)
            e.hi = max(level, prev.level)
            e.ev[0] = 50.0 + prev.osc
            e.ev[1] = 50.0 + osc
            e.ev[2] = d_price / f.atr_prev if f.atr_prev > 0.0 else 0.0
            e.ev[3] = float(separation)
            first = 0 if kind == _REGULAR else 2
            strength = score if kind == _REGULAR else _HIDDEN_STRENGTH * score
            slots_keep(s.live, first if d == 1 else first + 1, p.life, bar.i, e.id, level, strength)
    prev.seen = 1
    prev.i = index
    prev.level = level
    prev.osc = osc


@inlined
def divergence_step(
    p: DivergenceParams, s: DivergenceState, bar: Bar, f: FeaturesOut, osc: float, log: EventLog
) -> None:
    """Take one closed bar and its oscillator (RSI - 50, NaN while cold)."""
    s.osc[s.head] = osc
    s.head = next_slot(s.head, OSC_CAP)
    slots_fade(s.live, bar.close)
    pivot_step(p.pivot, s.pivot, bar, s.pivot_out)
    if s.pivot_out.index < 0:
        return
    first = _first_side(s)
    if first == 0:
        return
    _compare(p, s, bar, f, first, log)
    if s.pivot_out.low_confirmed == s.pivot_out.high_confirmed:
        _compare(p, s, bar, f, -first, log)
    else:
        s.last = first


@inlined
def divergence_part(p: DivergenceParams, s: DivergenceState, i: int, weight: float, o: MomentumOut) -> None:
    """The strongest live bullish divergence less the strongest bearish one; the id of the stronger."""
    net, o.divergence_id = slots_net(s.live, 0, SLOTS, p.life, i)
    o.divergence_part = weight * net
