"""Size: a fixed share of marked equity at risk between entry and stop, in whole lots."""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.kernel import kernel
from bullmachine.trading.params import AccountParams

__all__ = ["lots_for"]

_MOST: Final = 2.0**53  # lots beyond this are no exact float, and beyond 2**63 no integer of a kernel


@kernel
def lots_for(p: AccountParams, risk: float, equity: float, price: float, distance: float) -> int:
    """Whole lots so that a loss of `distance` costs the fraction `risk` of equity, cut to the notional cap."""
    if not equity > 0.0 or not distance > 0.0:
        return 0
    wanted = equity * risk / distance
    unit = abs(price)
    if unit > 0.0:
        wanted = min(wanted, equity * p.leverage * p.max_margin_use / unit)
    return math.floor(min(wanted / p.lot, _MOST))
