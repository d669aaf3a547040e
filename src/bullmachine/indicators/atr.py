"""True range and average true range, O(1) per bar.

TR is the bar's range stretched to the previous close; the first bar has none. ATR seeds with the mean
of the first `length` true ranges (the first bar's is skipped, as in TA-Lib) and then follows Wilder's
recursion.

Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978; seeding as TA-Lib 0.8.2.
"""

from __future__ import annotations

import math
from typing import Any

from bullmachine.core.bars import Bar
from bullmachine.core.engine import StepEngine
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.record import F8, I8, out, param, params, record

__all__ = ["Atr", "AtrOut", "AtrParams", "AtrState", "atr_step", "true_range"]


@params
class AtrParams:
    """Parameters of ATR."""

    length: I8 = param(default=14, ge=1, le=200, doc="true ranges in the average")


@record
class AtrState:
    """How many bars were seen, the previous close, the seed's sum and then the average."""

    n: I8 = 0
    prev_close: F8 = 0.0
    value: F8 = 0.0


@record
class AtrOut:
    """True range and its average, in price units; NaN until defined."""

    tr: F8 = out(default=math.nan, mirror="same")
    atr: F8 = out(default=math.nan, mirror="same")


@inlined
def true_range(bar: Bar, prev_close: float) -> float:
    """The bar's range stretched to the previous close."""
    return max(bar.high, prev_close) - min(bar.low, prev_close)


@inlined
def atr_step(p: AtrParams, s: AtrState, bar: Bar, o: AtrOut) -> None:
    """Take one closed bar; `o.atr` is valid from the bar with index `length`."""
    o.tr = math.nan
    o.atr = math.nan
    if s.n > 0:
        o.tr = true_range(bar, s.prev_close)
        if s.n <= p.length:
            s.value += o.tr
            if s.n == p.length:
                s.value /= p.length
        else:
            s.value = (s.value * (p.length - 1) + o.tr) / p.length
        if s.n >= p.length:
            o.atr = s.value
    s.prev_close = bar.close
    s.n += 1


@kernel
def _run(p: Any, s: Any, bars: Any, out: Any, _log: Any) -> int:
    for i in range(len(bars)):
        atr_step(p[0], s[0], bars[i], out[i])
    return len(bars)


class Atr(StepEngine):
    """Average true range (Wilder).

    >>> atr = Atr(AtrParams(length=2), timeframe="1h")
    >>> hour = 3_600_000
    >>> atr.update((0, 10.0, 12.0, 9.0, 11.0, 1.0))
    AtrOut(tr=nan, atr=nan)
    >>> atr.update((hour, 11.0, 12.0, 10.0, 11.0, 1.0))
    AtrOut(tr=2.0, atr=nan)
    >>> atr.update((2 * hour, 12.0, 13.0, 12.0, 12.5, 1.0))
    AtrOut(tr=2.0, atr=2.0)
    """

    name = "atr"
    Params = AtrParams
    State = AtrState
    Output = AtrOut
    kernel = _run

    @property
    def warm_up(self) -> int:
        """`length` bars: the first has no true range."""
        length: int = self.params.length
        return length
