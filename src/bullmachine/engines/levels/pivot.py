"""Pivots (fractals): a bar whose high or low is the extreme of its neighbourhood, known `k` bars later.

`strict` is the engine's own rule: above every one of the `k` bars to the left and not below any of the
`k` to the right, so a plateau has one pivot, its first bar. `smc` is the rule of smart-money-concepts
0.0.27, kept for parity with its published tables: not below any bar in [i - k + 1, i + k], ties
allowed, a bar that is a high is not tested as a low, the first candidate is bar 2k - 1.

The candidate's neighbours are scanned in pairs from near to far until one refutes it. Two bars within
j of each other cannot both survive j pairs, so at most n / j do and a scan costs ln(k) pairs on average
on *any* strict series, without the deques' bookkeeping (hourly ETH: 1.6 pairs a side at k = 5).

Source: B. Williams, Trading Chaos, 1995 (fractal), with the tie rule stated above.
"""

from __future__ import annotations

import enum
import math
from typing import Any, Final

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, array, out, param, params, record

__all__ = ["PivotOut", "PivotParams", "PivotRule", "PivotState", "pivot_push", "pivot_step", "pivot_warm_up"]

_SLOTS: Final = 128  #: a power of two that holds 2 * 50 + 1 bars
_MASK: Final = _SLOTS - 1


class PivotRule(enum.IntEnum):
    """Which neighbourhood a pivot is the extreme of."""

    STRICT = 0
    SMC = 1


_STRICT: Final = int(PivotRule.STRICT)


@params
class PivotParams:
    """Parameters of pivots."""

    k: I8 = param(default=5, ge=1, le=50, doc="bars to each side that a pivot exceeds")
    rule: PivotRule = param(default=PivotRule.STRICT, doc="strict, or smc for smart-money-concepts parity")


@record
class PivotState:
    """The last bars: highs, negated lows (a low is then found by the code for highs) and open times."""

    n: I8 = 0
    high: list[float] = array(F8, _SLOTS)
    minus_low: list[float] = array(F8, _SLOTS)
    ts: list[int] = array(I8, _SLOTS)


@record
class PivotOut:
    """What became known at this bar about the bar `k` bars ago; NaN and -1 where nothing did.

    Prominence is the distance to the best of the `k` bars on the higher side, in price units.
    """

    high_confirmed: I8 = out(default=0, mirror="swap:low_confirmed")
    low_confirmed: I8 = out(default=0, mirror="swap:high_confirmed")
    index: I8 = out(default=-1, mirror="same")
    ts: I8 = out(default=-1, mirror="same")
    high: F8 = out(default=math.nan, mirror="swap-negate:low")
    low: F8 = out(default=math.nan, mirror="swap-negate:high")
    high_prominence: F8 = out(default=math.nan, mirror="swap:low_prominence")
    low_prominence: F8 = out(default=math.nan, mirror="swap:high_prominence")


@kernel
def pivot_warm_up(k: int, rule: int) -> int:
    """How many first bars cannot confirm a pivot.

    >>> pivot_warm_up(5, 0), pivot_warm_up(5, 1)
    (10, 14)
    """
    return 2 * k if rule == _STRICT else 3 * k - 1


@kernel
def _peak_strict(v: Any, c: int, k: int) -> bool:
    x = v[c & _MASK]
    for j in range(1, k + 1):
        if v[(c - j) & _MASK] >= x or v[(c + j) & _MASK] > x:
            return False
    return True


@kernel
def _peak_smc(v: Any, c: int, k: int) -> bool:
    x = v[c & _MASK]
    for j in range(c - k + 1, c + k + 1):
        if v[j & _MASK] > x:
            return False
    return True


@kernel
def _prominence(v: Any, c: int, k: int) -> float:
    best = v[(c - 1) & _MASK]
    for j in range(1, k + 1):
        best = max(best, v[(c - j) & _MASK], v[(c + j) & _MASK])
    drop: float = v[c & _MASK] - best
    return drop


@kernel
def _clear(o: PivotOut) -> None:
    o.high_confirmed = 0
    o.low_confirmed = 0
    o.index = -1
    o.ts = -1
    o.high = math.nan
    o.low = math.nan
    o.high_prominence = math.nan
    o.low_prominence = math.nan


@kernel
def pivot_push(p: PivotParams, s: PivotState, i: int, ts: int, high: float, low: float, o: PivotOut) -> None:
    """Take the value pair of bar `i` (a bar's high and low, or an oscillator twice).

    `o` says what is confirmed now about bar `i - k`; both sides of one bar are both reported.
    """
    slot = s.n & _MASK
    s.high[slot] = high
    s.minus_low[slot] = -low
    s.ts[slot] = ts
    s.n += 1
    _clear(o)
    k = p.k
    if s.n <= pivot_warm_up(k, p.rule):
        return
    c = s.n - 1 - k
    if p.rule == _STRICT:
        is_high = _peak_strict(s.high, c, k)
        is_low = _peak_strict(s.minus_low, c, k)
    else:
        is_high = _peak_smc(s.high, c, k)
        is_low = not is_high and _peak_smc(s.minus_low, c, k)
    if not is_high and not is_low:
        return
    o.index = i - k
    o.ts = s.ts[c & _MASK]
    if is_high:
        o.high_confirmed = 1
        o.high = s.high[c & _MASK]
        o.high_prominence = _prominence(s.high, c, k)
    if is_low:
        o.low_confirmed = 1
        o.low = -s.minus_low[c & _MASK]
        o.low_prominence = _prominence(s.minus_low, c, k)


@kernel
def pivot_step(p: PivotParams, s: PivotState, bar: Bar, o: PivotOut) -> None:
    """Take one closed bar; `o` says what became known about the bar `k` bars ago."""
    pivot_push(p, s, bar.i, bar.ts, bar.high, bar.low, o)
