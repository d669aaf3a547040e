"""Records of the features engine."""

from __future__ import annotations

import math

from bullmachine.core.record import F8, I8, nested, out, param, params, record
from bullmachine.indicators.atr import AtrOut, AtrParams, AtrState
from bullmachine.indicators.sma import SmaOut, SmaParams, SmaState
from bullmachine.indicators.window import WINDOW_CAP, Window

__all__ = ["FeaturesOut", "FeaturesParams", "FeaturesState", "VolumeParams"]


@params
class VolumeParams:
    """What a bar's volume is measured with."""

    length: I8 = param(default=20, ge=1, le=WINDOW_CAP, doc="volumes in the mean, the bar's own excluded")


@params
class FeaturesParams:
    """Lengths of the yardsticks."""

    atr: AtrParams = nested(AtrParams)
    sma_fast: SmaParams = nested(SmaParams)
    sma_slow: SmaParams = nested(SmaParams, length=50)
    volume: VolumeParams = nested(VolumeParams)


@record
class FeaturesState:
    """States and last outputs of the indicators behind the yardsticks, and the volumes that were reported."""

    atr: AtrState = nested(AtrState)
    atr_out: AtrOut = nested(AtrOut)
    sma_fast: SmaState = nested(SmaState)
    sma_fast_out: SmaOut = nested(SmaOut)
    sma_slow: SmaState = nested(SmaState)
    sma_slow_out: SmaOut = nested(SmaOut)
    volume: Window = nested(Window)


@record
class FeaturesOut:
    """Yardsticks at the close of a bar; NaN while cold, except `trend`, which is 0 then.

    `atr_prev` and `sma_fast_prev` are as of the previous bar: a bar is never measured with itself.
    `trend` is (close - SMA fast) / ATR, the distance from the mean in ATR. `rv` is the volume over the mean
    of the volumes before it: 1 where that mean is 0, NaN until it is full and where volume is missing.
    """

    atr: F8 = out(default=math.nan, mirror="same")
    atr_prev: F8 = out(default=math.nan, mirror="same")
    sma_fast: F8 = out(default=math.nan, mirror="negate")
    sma_fast_prev: F8 = out(default=math.nan, mirror="negate")
    sma_slow: F8 = out(default=math.nan, mirror="negate")
    trend: F8 = out(default=0.0, mirror="negate")
    rv: F8 = out(default=math.nan, mirror="same")
    ready: I8 = out(default=0, mirror="same")
