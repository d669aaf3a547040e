"""Exponential moving average of the close, O(1) per bar.

Seeded with the simple average of the first `length` closes, then value += k (close - value) with
k = 2 / (length + 1).

Source: seeding and recursion as TA-Lib 0.8.2.
"""

from __future__ import annotations

import math
from typing import Any

from bullmachine.core.engine import StepEngine
from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, out, param, params, record

__all__ = ["Ema", "EmaOut", "EmaParams", "EmaState", "ema_step"]


@params
class EmaParams:
    """Parameters of the exponential moving average."""

    length: I8 = param(default=20, ge=1, le=500, doc="closes in the seed; k = 2 / (length + 1)")


@record
class EmaState:
    """How many closes were seen; the seed's sum and then the average."""

    n: I8 = 0
    value: F8 = 0.0


@record
class EmaOut:
    """The average in price units; NaN until `length` closes were seen."""

    ema: F8 = out(default=math.nan, mirror="negate")


@kernel
def ema_step(p: EmaParams, s: EmaState, x: float, o: EmaOut) -> None:
    """Take one value; `o.ema` is valid from the value with index `length` - 1."""
    o.ema = math.nan
    s.n += 1
    if s.n <= p.length:
        s.value += x
        if s.n == p.length:
            s.value /= p.length
    else:
        s.value += (x - s.value) * (2.0 / (p.length + 1))
    if s.n >= p.length:
        o.ema = s.value


@kernel
def _run(p: Any, s: Any, bars: Any, out: Any, _log: Any) -> int:
    for i in range(len(bars)):
        ema_step(p[0], s[0], bars[i].close, out[i])
    return len(bars)


class Ema(StepEngine):
    """Exponential moving average of the close.

    >>> ema = Ema(EmaParams(length=3), timeframe="1h")
    >>> for hour, close in enumerate((1.0, 2.0, 3.0, 6.0)):
    ...     last = ema.update((hour * 3_600_000, close, close, close, close, 5.0))
    >>> last
    EmaOut(ema=4.0)
    """

    name = "ema"
    Params = EmaParams
    State = EmaState
    Output = EmaOut
    kernel = _run

    @property
    def warm_up(self) -> int:
        """`length` - 1 bars, as the seed ends at the bar being shown."""
        length: int = self.params.length
        return length - 1
