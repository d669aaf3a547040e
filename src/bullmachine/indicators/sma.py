"""Simple moving average of the close, O(1) per bar.

The average is a pivot plus the mean difference to it (see `window`), so a flat window's average is
exactly its price: two averages of a flat market are equal, and no crossing is seen where none is.

Source: mean of the last `length` closes; first output as TA-Lib 0.8.2.
"""

from __future__ import annotations

import math
from typing import Any

from bullmachine.core.engine import StepEngine
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.record import F8, I8, nested, out, param, params, record
from bullmachine.indicators.window import Window, window_mean, window_push

__all__ = ["Sma", "SmaOut", "SmaParams", "SmaState", "sma_step"]


@params
class SmaParams:
    """Parameters of the simple moving average."""

    length: I8 = param(default=20, ge=1, le=200, doc="closes in the average")


@record
class SmaState:
    """The window of closes."""

    window: Window = nested(Window)


@record
class SmaOut:
    """The average in price units; NaN until `length` closes were seen."""

    sma: F8 = out(default=math.nan, mirror="negate")


@inlined
def sma_step(p: SmaParams, s: SmaState, x: float, o: SmaOut) -> None:
    """Take one value; `o.sma` covers the `length` values ending at it."""
    window_push(s.window, p.length, x)
    o.sma = window_mean(s.window, p.length) if s.window.n == p.length else math.nan


@kernel
def _run(p: Any, s: Any, bars: Any, out: Any, _log: Any) -> int:
    for i in range(len(bars)):
        sma_step(p[0], s[0], bars[i].close, out[i])
    return len(bars)


class Sma(StepEngine):
    """Simple moving average of the close.

    >>> sma = Sma(SmaParams(length=2), timeframe="1h")
    >>> sma.update((0, 1.0, 1.0, 1.0, 1.0, 5.0))
    SmaOut(sma=nan)
    >>> sma.update((3_600_000, 2.0, 2.0, 2.0, 2.0, 5.0))
    SmaOut(sma=1.5)
    """

    name = "sma"
    Params = SmaParams
    State = SmaState
    Output = SmaOut
    kernel = _run

    @property
    def warm_up(self) -> int:
        """`length` - 1 bars fill the window up to the one being shown."""
        length: int = self.params.length
        return length - 1
