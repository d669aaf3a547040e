"""Mean, deviation and z-score of the last values, O(1) per bar (see `window` for the arithmetic).

Source: population moments as TA-Lib's SMA and STDDEV (nbdev 1); z-score of a value against the values
before it, clipped to [-3, 5], as this machine defines its volume yardstick.
"""

from __future__ import annotations

import math
from typing import Any, Final

from bullmachine.core.engine import StepEngine
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.record import F8, I8, nested, out, param, params, record
from bullmachine.indicators.window import WINDOW_CAP, Window, window_mean, window_push, window_sd

__all__ = [
    "Stats",
    "StatsOut",
    "StatsParams",
    "StatsState",
    "ZScore",
    "ZScoreOut",
    "ZScoreParams",
    "ZScoreState",
    "stats_step",
    "zscore_step",
]

_Z_LOW: Final = -3.0
_Z_HIGH: Final = 5.0


@params
class StatsParams:
    """Parameters of the rolling mean and deviation."""

    length: I8 = param(default=20, ge=2, le=WINDOW_CAP, doc="values in the window")


@record
class StatsState:
    """The window."""

    window: Window = nested(Window)


@record
class StatsOut:
    """Mean and deviation in the input's units, and how many deviations the last value is off."""

    mean: F8 = out(default=math.nan, mirror="negate")
    std: F8 = out(default=math.nan, mirror="same")
    z: F8 = out(default=math.nan, mirror="negate")


@kernel
def stats_step(p: StatsParams, s: StatsState, x: float, o: StatsOut) -> None:
    """Take one value; outputs cover the `length` values ending at it."""
    o.mean = math.nan
    o.std = math.nan
    o.z = math.nan
    window_push(s.window, p.length, x)
    if s.window.n == p.length:
        o.mean = window_mean(s.window, p.length)
        o.std = window_sd(s.window, p.length)
        o.z = (x - o.mean) / o.std if o.std > 0.0 else 0.0


@kernel
def _run_stats(p: Any, s: Any, bars: Any, out: Any, _log: Any) -> int:
    for i in range(len(bars)):
        stats_step(p[0], s[0], bars[i].close, out[i])
    return len(bars)


class Stats(StepEngine):
    """Rolling mean, population deviation and z-score of the close.

    >>> stats = Stats(StatsParams(length=2), timeframe="1h")
    >>> stats.update((0, 1.0, 1.0, 1.0, 1.0, 5.0))
    StatsOut(mean=nan, std=nan, z=nan)
    >>> stats.update((3_600_000, 3.0, 3.0, 3.0, 3.0, 5.0))
    StatsOut(mean=2.0, std=1.0, z=1.0)
    """

    name = "stats"
    Params = StatsParams
    State = StatsState
    Output = StatsOut
    kernel = _run_stats

    @property
    def warm_up(self) -> int:
        """`length` - 1 bars fill the window up to the one being shown."""
        length: int = self.params.length
        return length - 1


@params
class ZScoreParams:
    """Parameters of the z-score against the values before."""

    length: I8 = param(default=20, ge=2, le=WINDOW_CAP, doc="values before the one that is judged")


@record
class ZScoreState:
    """The window of values before."""

    window: Window = nested(Window)


@record
class ZScoreOut:
    """Clipped z-score (a pure number) and the mean it was measured from, in the input's units."""

    z: F8 = out(default=math.nan, mirror="same")
    mean: F8 = out(default=math.nan, mirror="same")


@inlined
def zscore_step(p: ZScoreParams, s: ZScoreState, x: float, o: ZScoreOut) -> None:
    """Judge `x` by the `length` values before it, then remember it; 0 when they were all equal."""
    o.z = math.nan
    o.mean = math.nan
    if s.window.n == p.length:
        o.mean = window_mean(s.window, p.length)
        sd = window_sd(s.window, p.length)
        o.z = min(max((x - o.mean) / sd, _Z_LOW), _Z_HIGH) if sd > 0.0 else 0.0
    window_push(s.window, p.length, x)


@kernel
def _run_zscore(p: Any, s: Any, bars: Any, out: Any, _log: Any) -> int:
    for i in range(len(bars)):
        if bars[i].novol:
            out[i].z = 0.0
            out[i].mean = window_mean(s[0].window, p[0].length) if s[0].window.n == p[0].length else math.nan
        else:
            zscore_step(p[0], s[0], bars[i].volume, out[i])
    return len(bars)


class ZScore(StepEngine):
    """Z-score of the volume against the bars before; a bar without volume has 0 and is not remembered.

    >>> z = ZScore(ZScoreParams(length=2), timeframe="1h")
    >>> for hour, volume in enumerate((1.0, 3.0, 4.0)):
    ...     last = z.update((hour * 3_600_000, 1.0, 1.0, 1.0, 1.0, volume))
    >>> last
    ZScoreOut(z=2.0, mean=2.0)
    """

    name = "zscore"
    Params = ZScoreParams
    State = ZScoreState
    Output = ZScoreOut
    kernel = _run_zscore

    @property
    def warm_up(self) -> int:
        """`length` bars with volume come before the first judgement."""
        length: int = self.params.length
        return length
