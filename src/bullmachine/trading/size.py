"""Size: a share of marked equity at risk between entry and stop, in whole lots."""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.kernel import kernel
from bullmachine.core.ramp import ramp
from bullmachine.trading.params import AccountParams, DecideParams, Market, RiskBy

__all__ = ["leverage_of", "lots_for", "lots_of", "risk_share"]

_MOST: Final = 2.0**53  # lots beyond this are no exact float, and beyond 2**63 no integer of a kernel
_GRAIN: Final = 1e-9  # of a lot: a size of 0.3 is three lots of 0.1, though 0.3 / 0.1 is a hair less


@kernel
def leverage_of(p: AccountParams) -> float:
    """Notional over margin: 1 where coins are owned."""
    return 1.0 if p.market == Market.SPOT else p.leverage


@kernel
def risk_share(p: DecideParams, strength: float) -> float:
    """The share of equity to risk; `strength` is |F|."""
    if p.risk.by == RiskBy.FLAT:
        return p.risk.per_trade
    share = ramp(strength, p.fusion.off, 1.0) if p.fusion.off < 1.0 else 1.0
    return p.risk.least + share * (p.risk.most - p.risk.least)


@kernel
def lots_for(
    p: AccountParams, lot: float, risk: float, equity: float, cash: float, price: float, distance: float
) -> int:
    """Whole lots so that a loss of `distance` costs the fraction `risk` of equity, cut to the notional cap.

    The cap is equity times leverage times `max_margin_use`; where coins are owned, also the cash.
    """
    if not equity > 0.0 or not distance > 0.0:
        return 0
    wanted = equity * risk / distance
    unit = abs(price)
    if unit > 0.0:
        most = equity * leverage_of(p) * p.max_margin_use
        if p.market == Market.SPOT:
            most = min(most, cash)
        wanted = min(wanted, most / unit)
    return lots_of(wanted, lot)


@kernel
def lots_of(size: float, lot: float) -> int:
    """A quantity in base units as whole lots, rounded down; a billionth of a lot is forgiven."""
    if not size > 0.0:
        return 0
    return math.floor(min(size / lot + _GRAIN, _MOST))
