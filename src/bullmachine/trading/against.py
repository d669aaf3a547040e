"""What speaks against a trade in the readings themselves: volatility, slower trends, Wyckoff, structure.

Each is a question with a yes or no; `guards` gives the answers their names. `mine` and `other` are what structure
says for the side that is asked about and for the opposite one. A limit that switches a question off makes it no.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.kernel import kernel
from bullmachine.engines.features import FeaturesOut
from bullmachine.engines.wyckoff import Phase, WyckoffOut
from bullmachine.fusion.adjust import align
from bullmachine.fusion.params import MtfParams
from bullmachine.fusion.readings import Readings, SideReading
from bullmachine.fusion.trend import trend_of
from bullmachine.trading.params import GuardParams, Switch

__all__ = [
    "both_sides",
    "fresh_shift",
    "htf_opposed",
    "informed",
    "no_room",
    "throttled",
    "turning",
    "unaligned",
    "volatile",
    "wyckoff_opposed",
]

_C: Final = int(Phase.C)


@kernel
def _outside(rank: float, low: float, high: float) -> bool:
    return rank < low or rank > high  # NaN is neither: `informed` speaks for it


@kernel
def volatile(p: GuardParams, r: Readings) -> bool:
    """Whether the ATR is outside its band over the long past."""
    return _outside(r.atr_rank, p.volatility_low, p.volatility_high)


@kernel
def throttled(p: GuardParams, r: Readings) -> bool:
    """Whether the ATR is outside its band over the short past."""
    return _outside(r.atr_rank_short, p.throttle_low, p.throttle_high)


@kernel
def both_sides(p: GuardParams, r: Readings) -> bool:
    """Whether on one timeframe the machines of both sides are in phase C or later."""
    told = r.base.wyckoff.both_sides + r.middle.wyckoff.both_sides + r.slow.wyckoff.both_sides
    return p.both_sides == Switch.ON and told > 0


@kernel
def _young(age: int, bars: int) -> bool:
    return 0 <= age < bars


@kernel
def turning(p: GuardParams, mine: SideReading) -> bool:
    """Whether the market turned to the side lately: a spring (upthrust) or a reversal, which what opposes allows."""
    return _young(mine.spring_age, p.turn_bars) or _young(mine.smr_age, p.turn_bars)


@kernel
def htf_opposed(p: GuardParams, side: int, r: Readings) -> bool:
    """Whether the trends of both slower timeframes are against the side, and strong."""
    if p.htf_strength == 0.0:
        return False
    middle, slow = trend_of(r.middle.features.trend), trend_of(r.slow.features.trend)
    return -side * middle >= p.htf_strength and -side * slow >= p.htf_strength


@kernel
def _opposes(p: GuardParams, side: int, w: WyckoffOut) -> bool:
    phase, quality = (w.phase_short, w.quality_short) if side > 0 else (w.phase_long, w.quality_long)
    return w.active == -side and phase >= _C and quality >= p.opposed_quality


@kernel
def wyckoff_opposed(p: GuardParams, side: int, r: Readings) -> bool:
    """Whether on some timeframe the machine that counts is the other side's, in phase C or later and well built.

    A markup (phase E) has left its range and has no quality: it opposes by its trend.
    """
    if p.opposed_quality == 0.0:
        return False
    return _opposes(p, side, r.base.wyckoff) or _opposes(p, side, r.middle.wyckoff) or _opposes(p, side, r.slow.wyckoff)


@kernel
def fresh_shift(p: GuardParams, other: SideReading) -> bool:
    """Whether character changed to the other side within the last bars, this one included."""
    return _young(other.choch_age, p.fresh_shift_bars)


@kernel
def no_room(p: GuardParams, mine: SideReading, ahead: float, distance: float) -> bool:
    """Whether what stands in the way is nearer to the entry than so many stop distances.

    `ahead` is how far the close lies ahead of the planned entry, in price units.
    """
    return p.room_r > 0.0 and mine.edge.distance + ahead < p.room_r * distance


@kernel
def unaligned(p: GuardParams, mtf: MtfParams, side: int, r: Readings) -> bool:
    """Whether the slower timeframes stand against the side."""
    return p.require_alignment == Switch.ON and align(mtf, r, float(side)) < 0.0


@kernel
def _ranks_known(p: GuardParams, r: Readings) -> bool:
    asked = p.volatility_low > 0.0 or p.volatility_high < 1.0
    short = p.throttle_low > 0.0 or p.throttle_high < 1.0
    return not (asked and math.isnan(r.atr_rank)) and not (short and math.isnan(r.atr_rank_short))


@kernel
def _has_trend(f: FeaturesOut) -> bool:
    return f.atr > 0.0 and not math.isnan(f.sma_fast)


@kernel
def _trends_known(p: GuardParams, r: Readings) -> bool:
    asked = p.htf_strength > 0.0 or p.require_alignment == Switch.ON
    return not asked or (_has_trend(r.middle.features) and _has_trend(r.slow.features))


@kernel
def _ranges_known(p: GuardParams, r: Readings) -> bool:
    asked = p.opposed_quality > 0.0 or p.both_sides == Switch.ON
    told = r.base.wyckoff.ready == 1 and r.middle.wyckoff.ready == 1 and r.slow.wyckoff.ready == 1
    return told or not asked


@kernel
def _structure_known(p: GuardParams, r: Readings) -> bool:
    asked = p.room_r > 0.0 or p.fresh_shift_bars > 0
    return not asked or (r.base.smc.ready == 1 and r.middle.smc.ready == 1)


@kernel
def informed(p: GuardParams, r: Readings) -> bool:
    """Whether all that the guards which are switched on read is known."""
    return _ranks_known(p, r) and _trends_known(p, r) and _ranges_known(p, r) and _structure_known(p, r)
