"""Relative strength index (Wilder), O(1) per bar.

Average gain g and average loss l of the closes' changes, seeded with the mean of the first `length`
and then Wilder's recursion; RSI = 100 g / (g + l). Engines score with `signed` = 50 (g - l) / (g + l):
the mirrored market negates it to the last bit, which 100 - RSI does not.

With no change at all g + l is 0 and RSI is `flat`: 50 says "no side", TA-Lib says 0.

Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978; seeding as TA-Lib 0.8.2.
"""

from __future__ import annotations

import math
from typing import Any

from bullmachine.core.engine import StepEngine
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.record import F8, I8, out, param, params, record

__all__ = ["Rsi", "RsiOut", "RsiParams", "RsiState", "rsi_step"]


@params
class RsiParams:
    """Parameters of RSI."""

    length: I8 = param(default=14, ge=2, le=200, doc="changes in the averages")
    flat: F8 = param(default=50.0, ge=0, le=100, doc="RSI when no close changed; 0 for TA-Lib's answer")


@record
class RsiState:
    """How many closes were seen, the last one, and the seed's sums and then the averages."""

    n: I8 = 0
    prev: F8 = 0.0
    gain: F8 = 0.0
    loss: F8 = 0.0


@record
class RsiOut:
    """RSI from 0 to 100 and its exactly mirrored form from -50 to 50; NaN until defined."""

    rsi: F8 = out(default=math.nan, mirror="exempt:100 - RSI is not exact, `signed` is")
    signed: F8 = out(default=math.nan, mirror="negate")


@inlined
def rsi_step(p: RsiParams, s: RsiState, close: float, o: RsiOut) -> None:
    """Take one close; outputs are valid from the close with index `length`."""
    o.rsi = math.nan
    o.signed = math.nan
    change = close - s.prev
    s.prev = close
    s.n += 1
    if s.n == 1:
        return
    up = max(change, 0.0)
    down = max(-change, 0.0)
    if s.n <= p.length + 1:
        s.gain += up
        s.loss += down
        if s.n <= p.length:
            return
        s.gain /= p.length
        s.loss /= p.length
    else:
        s.gain = (s.gain * (p.length - 1) + up) / p.length
        s.loss = (s.loss * (p.length - 1) + down) / p.length
    both = s.gain + s.loss
    o.rsi = 100.0 * (s.gain / both) if both > 0.0 else p.flat
    o.signed = 50.0 * ((s.gain - s.loss) / both) if both > 0.0 else 0.0


@kernel
def _run(p: Any, s: Any, bars: Any, out: Any, _log: Any) -> int:
    for i in range(len(bars)):
        rsi_step(p[0], s[0], bars[i].close, out[i])
    return len(bars)


class Rsi(StepEngine):
    """Relative strength index of the close.

    >>> rsi = Rsi(RsiParams(length=2), timeframe="1h")
    >>> for hour, close in enumerate((4.0, 7.0, 6.0)):
    ...     last = rsi.update((hour * 3_600_000, close, close, close, close, 5.0))
    >>> last
    RsiOut(rsi=75.0, signed=25.0)
    """

    name = "rsi"
    Params = RsiParams
    State = RsiState
    Output = RsiOut
    kernel = _run

    @property
    def warm_up(self) -> int:
        """`length` bars: the first has no change."""
        length: int = self.params.length
        return length
