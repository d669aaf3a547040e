"""The trend of a timeframe.

A timeframe trends once its close is more than half an ATR(14) away from its SMA(20); the trend is at full strength
from 2.5 ATR on. Inside that band it has none.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.kernel import kernel
from bullmachine.core.ramp import ramp

__all__ = ["trend_of"]

_DEAD: Final = 0.5  #: distance from the mean, in ATR, up to which there is no trend
_FULL: Final = 2.5  #: from which it is at full strength


@kernel
def trend_of(x: float) -> float:
    """The trend of a timeframe whose close is `x` ATR away from its mean: strength in [0, 1], negative below it.

    >>> trend_of(1.5), trend_of(-2.5), trend_of(0.5)
    (0.5, -1.0, 0.0)
    """
    strength = ramp(abs(x), _DEAD, _FULL)
    return strength if x > 0.0 else -strength
