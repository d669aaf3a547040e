"""Highest high and lowest low of the last bars, amortised O(1) per bar.

Two monotonic deques; the low side keeps negated lows, so that both sides are the same code.

Source: highest high / lowest low (Donchian channel) over `length` bars ending at the current one;
first output as TA-Lib 0.8.2 MAX and MIN.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from bullmachine.core.bars import Bar
from bullmachine.core.engine import StepEngine
from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, nested, out, param, params, record
from bullmachine.core.ring import DEQUE_CAP, Deque, deque_front, deque_push

__all__ = ["Extremes", "ExtremesOut", "ExtremesParams", "ExtremesState", "extremes_step"]


@params
class ExtremesParams:
    """Parameters of the rolling extremes."""

    length: I8 = param(default=20, ge=1, le=DEQUE_CAP, doc="bars in the window, the current one included")


@record
class ExtremesState:
    """How many bars were seen, and the candidates of both sides."""

    n: I8 = 0
    highs: Deque = nested(Deque)
    lows: Deque = nested(Deque)


@record
class ExtremesOut:
    """The window's extremes in price units; NaN until `length` bars were seen."""

    highest: F8 = out(default=math.nan, mirror="swap-negate:lowest")
    lowest: F8 = out(default=math.nan, mirror="swap-negate:highest")


@kernel
def extremes_step(p: ExtremesParams, s: ExtremesState, bar: Bar, o: ExtremesOut) -> None:
    """Take one closed bar; outputs are valid from the bar with index `length` - 1."""
    deque_push(s.highs, s.n, bar.high, p.length)
    deque_push(s.lows, s.n, -bar.low, p.length)
    s.n += 1
    ready = s.n >= p.length
    o.highest = deque_front(s.highs) if ready else math.nan
    o.lowest = -deque_front(s.lows) if ready else math.nan


@kernel
def _run(p: Any, s: Any, bars: Any, out: Any, _log: Any) -> int:
    for i in range(len(bars)):
        extremes_step(p[0], s[0], bars[i], out[i])
    return len(bars)


class Extremes(StepEngine):
    """Highest high and lowest low of the last bars.

    >>> extremes = Extremes(ExtremesParams(length=2), timeframe="1h")
    >>> for hour, close in enumerate((9.0, 5.0, 7.0)):
    ...     last = extremes.update((hour * 3_600_000, close, close + 1, close - 1, close, 5.0))
    >>> last
    ExtremesOut(highest=8.0, lowest=4.0)
    """

    name = "extremes"
    Params = ExtremesParams
    State = ExtremesState
    Output = ExtremesOut
    kernel = _run
    capacities: ClassVar[dict[str, int]] = {"highs.n": DEQUE_CAP, "lows.n": DEQUE_CAP}

    @property
    def warm_up(self) -> int:
        """`length` - 1 bars fill the window up to the one being shown."""
        length: int = self.params.length
        return length - 1
