"""The fast signal: a trend filter from three timeframes, and what it and F come to in each mode of execution.

It stands on the side of the slow timeframe's two means while the middle timeframe trends, the base RSI leaves room
and the close is on that side of the slow mean, but not far from it. It appears on the bar from which it stands on a
side on which it did not stand before, and asks once.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.kernel import kernel
from bullmachine.core.ramp import ramp
from bullmachine.fusion.readings import Readings
from bullmachine.trading.params import DecideParams, Execution, ExecutionParams, Source

__all__ = ["acts_on_fast", "asked_side", "fast_side", "fast_strength"]

_ROOM: Final = 40.0  #: points of RSI that are as much room as counts
_MOST: Final = 0.9


@kernel
def _headroom(p: ExecutionParams, side: int, rsi: float) -> float:
    """Points of RSI up to where it is stretched on the side."""
    return p.rsi - rsi if side > 0 else rsi - (100.0 - p.rsi)


@kernel
def fast_side(p: ExecutionParams, close: float, r: Readings) -> int:
    """The side on which the fast signal stands, 0 for none; none while anything it reads is not known."""
    slow, fast_mean, slow_mean = r.slow.features, r.slow.features.sma_fast, r.slow.features.sma_slow
    side = (1 if fast_mean > slow_mean else 0) - (1 if fast_mean < slow_mean else 0)
    if side == 0 or not r.middle.momentum.adx >= p.adx or not _headroom(p, side, r.base.momentum.rsi) >= 0.0:
        return 0
    away = side * (close - fast_mean)
    return side if 0.0 <= away <= p.reach_atr * slow.atr else 0


@kernel
def fast_strength(p: ExecutionParams, side: int, r: Readings) -> float:
    """How strong it is where it stands on `side`: more with a stronger trend and with more room."""
    room = ramp(_headroom(p, side, r.base.momentum.rsi), 0.0, _ROOM)
    return min(_MOST, 0.4 + r.middle.momentum.adx / 100.0 + 0.2 * room)


@kernel
def acts_on_fast(p: DecideParams) -> bool:
    """Whether the fast signal is what asks."""
    if p.trade.source == Source.SIGNALS:
        return False
    return p.execution.mode in (Execution.ADVISORY, Execution.PREFILTER)


@kernel
def asked_side(p: DecideParams, standing: int, wish: int, before: int, fast: int) -> int:
    """The side an order is asked for.

    `wish` is the side F (or a signal of one's own) would have the state take, `standing` the one on which the state
    stood and stays; the fast signal stands on `fast` now and stood on `before`.
    """
    if p.trade.source == Source.SIGNALS or p.execution.mode == Execution.FUSION_ONLY:
        return wish
    if p.execution.mode == Execution.CONFIRM:
        return wish if fast == wish else 0
    appeared = fast if fast != before else 0
    if p.execution.mode == Execution.ADVISORY:
        return appeared
    return appeared if standing == appeared else 0
