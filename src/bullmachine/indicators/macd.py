"""Moving average convergence divergence, O(1) per bar.

Both averages start at index `slow` - 1: the slow one with the mean of all closes so far, the fast one
with the mean of the last `fast` of them. (Not the same as two free-running EMAs until about bar 100.)
The signal is seeded with the mean of the first `signal` differences; nothing is shown before it.

Source: G. Appel, 1979; seeding as TA-Lib 0.8.2.
"""

from __future__ import annotations

import math
from typing import Any

from bullmachine.core.engine import StepEngine
from bullmachine.core.errors import ConfigError
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.record import F8, I8, out, param, params, record

__all__ = ["Macd", "MacdOut", "MacdParams", "MacdState", "macd_step"]


@params
class MacdParams:
    """Parameters of MACD."""

    fast: I8 = param(default=12, ge=2, le=200, doc="closes of the fast average; less than `slow`")
    slow: I8 = param(default=26, ge=3, le=400, doc="closes of the slow average")
    signal: I8 = param(default=9, ge=1, le=200, doc="differences in the signal average")

    def check(self) -> None:
        """Refuse a fast average that is not faster."""
        if self.fast >= self.slow:
            raise ConfigError(f"fast = {self.fast} is not below slow = {self.slow}", key="fast", value=self.fast)


@record
class MacdState:
    """How many closes were seen; of each average the seed's sum and then the average."""

    n: I8 = 0
    fast: F8 = 0.0
    slow: F8 = 0.0
    signal: F8 = 0.0


@record
class MacdOut:
    """Fast minus slow average, its average, and their difference, in price units; NaN until all are defined."""

    line: F8 = out(default=math.nan, mirror="negate")
    signal: F8 = out(default=math.nan, mirror="negate")
    hist: F8 = out(default=math.nan, mirror="negate")


@kernel
def _seeded(value: float, n: int, length: int, x: float) -> float:
    """The `n`-th value (from 1) into an average that is a sum before its seed is complete."""
    if n > length:
        return value + (x - value) * (2.0 / (length + 1))
    return (value + x) / length if n == length else value + x


@inlined
def macd_step(p: MacdParams, s: MacdState, close: float, o: MacdOut) -> None:
    """Take one close; outputs are valid from the close with index `slow` + `signal` - 2."""
    o.line = math.nan
    o.signal = math.nan
    o.hist = math.nan
    s.n += 1
    late = s.n - (p.slow - p.fast)
    if late > 0:
        s.fast = _seeded(s.fast, late, p.fast, close)
    s.slow = _seeded(s.slow, s.n, p.slow, close)
    lines = s.n - p.slow + 1
    if lines > 0:
        line = s.fast - s.slow
        s.signal = _seeded(s.signal, lines, p.signal, line)
        if lines >= p.signal:
            o.line = line
            o.signal = s.signal
            o.hist = line - s.signal


@kernel
def _run(p: Any, s: Any, bars: Any, out: Any, _log: Any) -> int:
    for i in range(len(bars)):
        macd_step(p[0], s[0], bars[i].close, out[i])
    return len(bars)


class Macd(StepEngine):
    """Moving average convergence divergence of the close.

    >>> macd = Macd(MacdParams(fast=2, slow=3, signal=1), timeframe="1h")
    >>> for hour, close in enumerate((1.0, 2.0, 6.0)):
    ...     last = macd.update((hour * 3_600_000, close, close, close, close, 5.0))
    >>> last
    MacdOut(line=1.0, signal=1.0, hist=0.0)
    >>> MacdParams(fast=26, slow=12)
    Traceback (most recent call last):
        ...
    bullmachine.core.errors.ConfigError: fast = 26 is not below slow = 12
    """

    name = "macd"
    Params = MacdParams
    State = MacdState
    Output = MacdOut
    kernel = _run

    @property
    def warm_up(self) -> int:
        """The bars before the signal's seed is complete."""
        p: MacdParams = self.params
        return p.slow + p.signal - 2
