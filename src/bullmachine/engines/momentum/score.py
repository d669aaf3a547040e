"""Momentum's contributions: weight x activation x direction, each damped until it is stable.

Wilder and exponential averages carry their seed for about ten lengths, so a contribution grows from
nothing at 2 lengths to its full size at 10 lengths of bars seen; a divergence does with its RSI.
"""

from __future__ import annotations

import math

from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ramp import ramp
from bullmachine.engines.momentum.records import MomentumOut, MomentumParams, MomentumState

__all__ = ["dmi_activation", "macd_activation", "rsi_activation", "stable", "trend_parts"]


@kernel
def rsi_activation(signed: float) -> float:
    """Signed activation of the RSI; `signed` is RSI - 50. A trend reading: no flip at 70 / 30."""
    a = ramp(abs(signed), 2.0, 20.0)
    return a if signed > 0.0 else -a


@kernel
def macd_activation(hist: float, atr: float) -> float:
    """Signed activation of the MACD histogram measured in ATR."""
    if not atr > 0.0:
        return 0.0
    a = ramp(abs(hist) / atr, 0.02, 0.3)
    return a if hist > 0.0 else -a


@kernel
def dmi_activation(adx: float, plus_di: float, minus_di: float) -> float:
    """Signed activation of the ADX times the balance of the directional indices."""
    total = plus_di + minus_di
    if not total > 0.0:
        return 0.0
    return ramp(adx, 15.0, 35.0) * (plus_di - minus_di) / total


@kernel
def stable(n: int, length: int) -> float:
    """How far an average of `length` has forgotten its seed after `n` bars, from 0 to 1."""
    if n >= 10 * length:  # what the ramp says too, without its division on every bar
        return 1.0
    return ramp(float(n), 2.0 * length, 10.0 * length)


@inlined
def trend_parts(p: MomentumParams, s: MomentumState, atr_prev: float, o: MomentumOut) -> None:
    """Fill the three trend contributions, or zeros while an indicator is cold."""
    o.rsi = s.rsi_out.rsi
    o.adx = s.dmi_out.adx
    cold = math.isnan(o.rsi) or math.isnan(o.adx) or math.isnan(s.macd_out.hist) or math.isnan(atr_prev)
    o.ready = 0 if cold else 1
    o.rsi_part = 0.0
    o.macd_part = 0.0
    o.dmi_part = 0.0
    if cold:
        return
    o.rsi_part = p.weights.rsi * rsi_activation(s.rsi_out.signed) * stable(s.n, p.rsi.length)
    o.macd_part = p.weights.macd * macd_activation(s.macd_out.hist, atr_prev) * stable(s.n, p.macd.slow)
    d = dmi_activation(s.dmi_out.adx, s.dmi_out.plus_di, s.dmi_out.minus_di)
    o.dmi_part = p.weights.dmi * d * stable(s.n, p.dmi.length)
