"""Moments of the last values: window, mean, standard deviation and z-score, O(1) per push.

A `Window` keeps sums of differences to a pivot that is itself one of the window's values, so a price
of 1e8 with a range of 1e-2 loses nothing. The sums are rebuilt from the ring each time its head
returns to slot 0 (every `length` pushes: the head is the counter), and at once when the spread falls
far below what the sums have held since, as when a spike leaves. What follows from it:

* a window's numbers equal, bit for bit, those of a fresh one started at any earlier return to slot 0;
* a window of equal values has exactly that mean and exactly 0 deviation: the length of the current
  run of equal values says so, which is "its min equals its max" without keeping either;
* scaling the input by a power of two, or negating it, does the same to every output.

Tried: plain sums of x and x*x lose all digits of the deviation once mean/sd passes 1e8, and Welford's
sliding form keeps the error of every spike it has seen.

Source: population moments as TA-Lib's SMA and STDDEV (nbdev 1); z-score of value v against the values
before it, clipped to [-3, 5], as this machine defines its volume yardstick.
"""

from __future__ import annotations

import math
from typing import Any, Final

from bullmachine.core.engine import StepEngine
from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, array, nested, out, param, params, record
from bullmachine.core.ring import next_slot, ring_at

__all__ = [
    "WINDOW_CAP",
    "Stats",
    "StatsOut",
    "StatsParams",
    "StatsState",
    "Window",
    "ZScore",
    "ZScoreOut",
    "ZScoreParams",
    "ZScoreState",
    "stats_step",
    "window_mean",
    "window_push",
    "window_sd",
    "zscore_step",
]

WINDOW_CAP: Final = 256  #: longest window
# A rebuilt window's spread is at least 1/256 of its sum of squares (the pivot is a member), so this
# cannot fire twice in a row; at 1e-3 the spread keeps 10 digits in the worst case.
_LOST: Final = 1e-3
Z_LOW: Final = -3.0
Z_HIGH: Final = 5.0


@record
class Window:
    """The last values (slot `head` is written next), their run of equal values and centred sums.

    `peak` is the largest sum of squares since the last rebuild: the scale of its rounding error.
    """

    head: I8 = 0
    n: I8 = 0
    run: I8 = 0
    pivot: F8 = 0.0
    sum: F8 = 0.0
    squares: F8 = 0.0
    peak: F8 = 0.0
    values: list[float] = array(F8, WINDOW_CAP)


@kernel
def window_push(w: Window, length: int, x: float) -> None:
    """Push `x`; beyond `length` values the oldest leaves."""
    w.run = w.run + 1 if w.n > 0 and ring_at(w.values, w.head, 0, length) == x else 1
    if w.n == length:
        d = w.values[w.head] - w.pivot
        w.sum -= d
        w.squares -= d * d
    else:
        w.n += 1
    w.values[w.head] = x
    w.head = next_slot(w.head, length)
    if w.run >= w.n:
        w.pivot = x
        w.sum = 0.0
        w.squares = 0.0
        w.peak = 0.0
        return
    d = x - w.pivot
    w.sum += d
    w.squares += d * d
    w.peak = max(w.peak, w.squares)
    if w.head == 0 or w.squares * w.n - w.sum * w.sum <= _LOST * w.peak * w.n:
        _rebuild(w, length, x)


@kernel
def _rebuild(w: Window, length: int, newest: float) -> None:
    """The sums from the ring, oldest value first, around the newest value."""
    total = 0.0
    squares = 0.0
    k = w.head if w.n == length else 0
    for _ in range(w.n):
        d = w.values[k] - newest
        total += d
        squares += d * d
        k = next_slot(k, length)
    w.pivot = newest
    w.sum = total
    w.squares = squares
    w.peak = squares


@kernel
def window_mean(w: Window) -> float:
    """The mean of the window (0 when nothing was pushed)."""
    return w.pivot + w.sum / w.n if w.n > 0 else 0.0


@kernel
def window_sd(w: Window) -> float:
    """The population standard deviation of the window."""
    if w.n == 0:
        return 0.0
    spread = w.squares - w.sum * w.sum / w.n
    return math.sqrt(spread / w.n) if spread > 0.0 else 0.0


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
        o.mean = window_mean(s.window)
        o.std = window_sd(s.window)
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


@kernel
def zscore_step(p: ZScoreParams, s: ZScoreState, x: float, o: ZScoreOut) -> None:
    """Judge `x` by the `length` values before it, then remember it; 0 when they were all equal."""
    o.z = math.nan
    o.mean = math.nan
    if s.window.n == p.length:
        o.mean = window_mean(s.window)
        sd = window_sd(s.window)
        o.z = min(max((x - o.mean) / sd, Z_LOW), Z_HIGH) if sd > 0.0 else 0.0
    window_push(s.window, p.length, x)


@kernel
def _run_zscore(p: Any, s: Any, bars: Any, out: Any, _log: Any) -> int:
    for i in range(len(bars)):
        if bars[i].novol:
            out[i].z = 0.0
            out[i].mean = window_mean(s[0].window) if s[0].window.n == p[0].length else math.nan
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
