"""What an order is made of: where it enters, how far its stop lies, what its targets aim at.

A side's zone is the one that supports it (`SideReading.zone_lo` .. `zone_hi`); `edge` is the near side of it,
`ce` its middle, and `ote` the 70.5 % retracement of the dealing range.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.kernel import inlined, kernel
from bullmachine.fusion.readings import POOLS, Readings, SideReading
from bullmachine.trading.exit_params import ExitParams, StopAt, StopFactor, TargetAt, TargetParams
from bullmachine.trading.params import CostParams, DecideParams, EntryAt, Slippage

__all__ = ["entry_price", "exits_of", "round_trip", "stop_distance", "target_level"]

_OTE: Final = 0.705  #: the middle of the 62 % to 79 % retracement
_STRUCTURE_ROOM: Final = 0.25  #: ATR between the invalidation and the stop behind it
_NEAREST: Final = 1.0  #: ATR a structural stop keeps at least
_POOL_R: Final = 1.5  #: R beyond which a pool is worth aiming at


@kernel
def entry_price(at: int, side: int, close: float, r: Readings) -> float:
    """Where an order enters: about the close for a market order, else its limit; NaN without a zone."""
    if at == EntryAt.MARKET:
        return close
    low, high = r.structure.range_low, r.structure.range_high
    if at == EntryAt.OTE:
        return high - _OTE * (high - low) if side == 1 else low + _OTE * (high - low)
    zone = r.structure.long if side == 1 else r.structure.short
    if at == EntryAt.CE:
        return 0.5 * (zone.zone_lo + zone.zone_hi)
    return zone.zone_hi if side == 1 else zone.zone_lo


@inlined
def exits_of(p: DecideParams, setup: int) -> ExitParams:
    """The exits of what setup number `setup` asked for; 0: of what anything else did."""
    return p.exits if setup == 0 else p.sets[setup - 1]


@kernel
def _factor(p: ExitParams, adx: float) -> float:
    """v1.8's factor: tighter where there is no trend, wider where there is."""
    if p.stop_factor == StopFactor.OFF or math.isnan(adx):
        return 1.0
    if adx < 20.0:  # noqa: PLR2004  (v1.8's numbers are the definition)
        return 0.75
    return 1.25 if adx > 25.0 else 1.0  # noqa: PLR2004


@kernel
def stop_distance(p: ExitParams, side: int, basis: float, r: Readings) -> float:
    """Distance of the first stop from an entry at `basis`; NaN or negative where structure has no level behind it."""
    atr = r.base.features.atr
    factor = _factor(p, r.middle.momentum.adx)
    if p.stop == StopAt.ATR:
        return factor * p.stop_atr * atr
    level = r.structure.long.invalidation if side == 1 else r.structure.short.invalidation
    away = side * (basis - level)
    if not away > 0.0:
        return math.nan
    return factor * max(away + _STRUCTURE_ROOM * atr, _NEAREST * atr)


@kernel
def round_trip(c: CostParams, price: float, atr: float) -> float:
    """What entering and being stopped out costs, in price units; a bar's range is taken as one ATR."""
    fees = 2.0 * c.taker_bps * abs(price) * 1e-4
    if c.slippage == Slippage.RANGE:
        return fees + 2.0 * c.range_share * atr
    return fees + (c.entry_bps + c.stop_bps) * abs(price) * 1e-4


@kernel
def _pool(side: int, basis: float, distance: float, view: SideReading) -> float:
    """The nearest of the opposing pools beyond 1.5 R; NaN when there is none."""
    nearest = math.nan
    for n in range(POOLS):
        price = view.pools[n].price
        if side * (price - basis) > _POOL_R * distance and not side * (price - nearest) >= 0.0:
            nearest = price
    return nearest


@kernel
def target_level(t: TargetParams, side: int, basis: float, distance: float, r: Readings) -> float:
    """The price structure gives a rung; NaN where the rung is off or measured in R."""
    if t.at == TargetAt.LIQUIDITY:
        return _pool(side, basis, distance, r.structure.long if side == 1 else r.structure.short)
    if t.at == TargetAt.RANGE_EDGE:
        return r.structure.range_high if side == 1 else r.structure.range_low
    return math.nan
