"""Mid-rank of a value among its own past samples, O(log n) per bar and one shift per sample.

rank = (samples below + half the equal ones) / samples, from 0 to 1. The samples are each `every`-th
value, the first included, of which the last `length` are kept; a value is judged by the samples before
it, so that it is not part of its own yardstick. NaN is no value: it is neither judged nor counted.

The ring knows which sample leaves, a sorted copy beside it answers by two binary searches; replacing a
sample slides one hole from the old value's place to the new one's. No histogram: its bins would be a
hidden tolerance and, on a log scale, a transcendental function in a kernel.

Source: mid-rank (mean of strict and weak percentile rank), as SciPy's percentileofscore "mean" / 100.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from bullmachine.core.engine import StepEngine
from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, array, out, param, params, record
from bullmachine.core.ring import next_slot

__all__ = ["SAMPLES_CAP", "Midrank", "MidrankOut", "MidrankParams", "MidrankState", "midrank_step"]

SAMPLES_CAP: Final = 512  #: most samples kept


@params
class MidrankParams:
    """Parameters of the mid-rank; the defaults look back 2,000 bars."""

    length: I8 = param(default=500, ge=1, le=SAMPLES_CAP, doc="samples kept")
    every: I8 = param(default=4, ge=1, le=1000, doc="values from one sample to the next")
    ready: I8 = param(default=200, ge=1, le=100_000, doc="values before the first rank")


@record
class MidrankState:
    """How many values were seen; the samples in order of time (slot `head` is written next) and of size."""

    seen: I8 = 0
    head: I8 = 0
    n: I8 = 0
    ring: list[float] = array(F8, SAMPLES_CAP)
    sorted: list[float] = array(F8, SAMPLES_CAP)


@record
class MidrankOut:
    """The rank from 0 to 1; NaN until `ready` values were seen."""

    rank: F8 = out(default=math.nan, mirror="same")


@kernel
def _count_below(s: MidrankState, x: float) -> int:
    """How many samples are below `x`: the place of the first that is not."""
    low, high = 0, s.n
    while low < high:
        middle = (low + high) // 2
        if s.sorted[middle] < x:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _count_up_to(s: MidrankState, x: float) -> int:
    """How many samples are not above `x`."""
    low, high = 0, s.n
    while low < high:
        middle = (low + high) // 2
        if s.sorted[middle] <= x:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _remember(p: MidrankParams, s: MidrankState, x: float) -> None:
    """Put `x` in the place of the oldest sample, or in a new one while there is room."""
    if s.n == p.length:
        hole = _count_below(s, s.ring[s.head])
    else:
        hole = s.n
        s.n += 1
    while hole > 0 and s.sorted[hole - 1] > x:
        s.sorted[hole] = s.sorted[hole - 1]
        hole -= 1
    while hole + 1 < s.n and s.sorted[hole + 1] < x:
        s.sorted[hole] = s.sorted[hole + 1]
        hole += 1
    s.sorted[hole] = x
    s.ring[s.head] = x
    s.head = next_slot(s.head, p.length)


@kernel
def midrank_step(p: MidrankParams, s: MidrankState, x: float, o: MidrankOut) -> None:
    """Rank one value among the samples before it, then sample it if its turn has come."""
    o.rank = math.nan
    if math.isnan(x):
        return
    if s.seen >= p.ready and s.n > 0:
        o.rank = (_count_below(s, x) + _count_up_to(s, x)) / (2 * s.n)
    if s.seen % p.every == 0:
        _remember(p, s, x)
    s.seen += 1


@kernel
def _run(p: Any, s: Any, bars: Any, out: Any, _log: Any) -> int:
    for i in range(len(bars)):
        midrank_step(p[0], s[0], bars[i].high - bars[i].low, out[i])
    return len(bars)


class Midrank(StepEngine):
    """Mid-rank of the bar's range (high - low) among the ranges of the bars before.

    >>> midrank = Midrank(MidrankParams(length=4, every=1, ready=2), timeframe="1h")
    >>> for hour, high in enumerate((1.0, 3.0, 2.0, 3.0)):
    ...     last = midrank.update((hour * 3_600_000, 0.0, high, 0.0, 0.0, 5.0))
    >>> round(last.rank, 6)
    0.833333
    """

    name = "midrank"
    Params = MidrankParams
    State = MidrankState
    Output = MidrankOut
    kernel = _run
    capacities: ClassVar[dict[str, int]] = {"n": SAMPLES_CAP}

    @property
    def warm_up(self) -> int:
        """`ready` bars come before the first rank."""
        ready: int = self.params.ready
        return ready
