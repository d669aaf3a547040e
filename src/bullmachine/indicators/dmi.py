"""Directional movement: +DI, -DI, DX and ADX, O(1) per bar.

A bar moves up by how far its high passes the last one, down by how far its low does; only the larger
counts, and only if it is positive. The two movements and the true range are summed over the bars 1 to
`length` - 1 and then follow S = S - S / length + x. DI = 100 movement / range; DX = 100 |difference| /
sum of the two; ADX is the mean of the first `length` DX and then Wilder's recursion.

Where nothing ever moved DX has no value: it keeps its last one (0 at first) and ADX stands still, as
TA-Lib does.

Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978; seeding as TA-Lib 0.8.2.
"""

from __future__ import annotations

import math
from typing import Any

from bullmachine.core.bars import Bar
from bullmachine.core.engine import StepEngine
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.record import F8, I8, out, param, params, record
from bullmachine.indicators.atr import true_range

__all__ = ["Dmi", "DmiOut", "DmiParams", "DmiState", "dmi_step"]


@params
class DmiParams:
    """Parameters of the directional movement index."""

    length: I8 = param(default=14, ge=2, le=200, doc="bars in each of Wilder's averages")


@record
class DmiState:
    """How many bars were seen, the last one's prices, the three sums, the last DX; ADX's seed and then ADX."""

    n: I8 = 0
    high: F8 = 0.0
    low: F8 = 0.0
    close: F8 = 0.0
    plus: F8 = 0.0
    minus: F8 = 0.0
    range: F8 = 0.0
    dx: F8 = 0.0
    adx: F8 = 0.0


@record
class DmiOut:
    """Each from 0 to 100; +DI, -DI and DX from index `length`, ADX from 2 `length` - 1, NaN before."""

    plus_di: F8 = out(default=math.nan, mirror="swap:minus_di")
    minus_di: F8 = out(default=math.nan, mirror="swap:plus_di")
    dx: F8 = out(default=math.nan, mirror="same")
    adx: F8 = out(default=math.nan, mirror="same")


@inlined
def _accumulate(p: DmiParams, s: DmiState, bar: Bar) -> None:
    """Add the bar's movement and range to the three sums."""
    up = bar.high - s.high
    down = s.low - bar.low
    plus = up if up > down and up > 0.0 else 0.0
    minus = down if down > up and down > 0.0 else 0.0
    if s.n >= p.length:
        s.plus -= s.plus / p.length
        s.minus -= s.minus / p.length
        s.range -= s.range / p.length
    s.plus += plus
    s.minus += minus
    s.range += true_range(bar, s.close)


@kernel
def _average_dx(p: DmiParams, s: DmiState) -> None:
    """Take the new DX into ADX or its seed."""
    if s.n < 2 * p.length:
        s.adx += s.dx
    else:
        s.adx = (s.adx * (p.length - 1) + s.dx) / p.length


@inlined
def dmi_step(p: DmiParams, s: DmiState, bar: Bar, o: DmiOut) -> None:
    """Take one closed bar."""
    o.plus_di = math.nan
    o.minus_di = math.nan
    o.dx = math.nan
    o.adx = math.nan
    if s.n > 0:
        _accumulate(p, s, bar)
    if s.n >= p.length:
        o.plus_di = 100.0 * (s.plus / s.range) if s.range > 0.0 else 0.0
        o.minus_di = 100.0 * (s.minus / s.range) if s.range > 0.0 else 0.0
        both = o.plus_di + o.minus_di
        if both > 0.0:
            s.dx = 100.0 * (abs(o.plus_di - o.minus_di) / both)
            _average_dx(p, s)
        o.dx = s.dx
        if s.n == 2 * p.length - 1:
            s.adx /= p.length
        if s.n >= 2 * p.length - 1:
            o.adx = s.adx
    s.high = bar.high
    s.low = bar.low
    s.close = bar.close
    s.n += 1


@kernel
def _run(p: Any, s: Any, bars: Any, out: Any, _log: Any) -> int:
    for i in range(len(bars)):
        dmi_step(p[0], s[0], bars[i], out[i])
    return len(bars)


class Dmi(StepEngine):
    """Directional movement index.

    >>> dmi = Dmi(DmiParams(length=2), timeframe="1h")
    >>> for hour, close in enumerate((10.0, 11.0, 12.0)):
    ...     last = dmi.update((hour * 3_600_000, close, close + 0.5, close - 0.5, close, 5.0))
    >>> round(last.plus_di, 6), last.minus_di, last.dx, last.adx
    (66.666667, 0.0, 100.0, nan)
    """

    name = "dmi"
    Params = DmiParams
    State = DmiState
    Output = DmiOut
    kernel = _run

    @property
    def warm_up(self) -> int:
        """The bars before ADX, the last of the four to come."""
        length: int = self.params.length
        return 2 * length - 1
