"""Records of the features engine."""

from __future__ import annotations

import math

from bullmachine.core.record import F8, I8, nested, out, params, record
from bullmachine.indicators.atr import AtrOut, AtrParams, AtrState
from bullmachine.indicators.sma import SmaOut, SmaParams, SmaState

__all__ = ["FeaturesOut", "FeaturesParams", "FeaturesState"]


@params
class FeaturesParams:
    """Lengths of the yardsticks."""

    atr: AtrParams = nested(AtrParams)
    sma_fast: SmaParams = nested(SmaParams)
    sma_slow: SmaParams = nested(SmaParams, length=50)


@record
class FeaturesState:
    """States and last outputs of the indicators behind the yardsticks."""

    atr: AtrState = nested(AtrState)
    atr_out: AtrOut = nested(AtrOut)
    sma_fast: SmaState = nested(SmaState)
    sma_fast_out: SmaOut = nested(SmaOut)
    sma_slow: SmaState = nested(SmaState)
    sma_slow_out: SmaOut = nested(SmaOut)


@record
class FeaturesOut:
    """Yardsticks at the close of a bar; NaN while cold, except `trend`, which is 0 then.

    `atr_prev` and `sma_fast_prev` are as of the previous bar: a bar is never measured with itself.
    `trend` is (close - SMA fast) / ATR, the distance from the mean in ATR.
    """

    atr: F8 = out(default=math.nan, mirror="same")
    atr_prev: F8 = out(default=math.nan, mirror="same")
    sma_fast: F8 = out(default=math.nan, mirror="negate")
    sma_fast_prev: F8 = out(default=math.nan, mirror="negate")
    sma_slow: F8 = out(default=math.nan, mirror="negate")
    trend: F8 = out(default=0.0, mirror="negate")
    ready: I8 = out(default=0, mirror="same")
