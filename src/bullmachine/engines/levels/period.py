"""Previous day and week: the high and low of the last finished period, from the first bar of the new one.

Days start at 00:00 UTC, weeks on Monday 00:00 UTC. A period without bars does not exist: "previous" is
the last one that had any, and `age_days` says how many days before this one it began (1 for yesterday,
3 on a Monday after a Friday). `partial` marks a first period whose beginning the stream did not see.
Bars longer than the period have no previous period: everything stays NaN.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.record import F8, I8, record
from bullmachine.core.time import DAY, bucket_start

__all__ = ["PeriodState", "period_step"]

_NEVER: Final = -(2**62)
_WICK: Final = 1
_CLOSE: Final = 2


@record
class PeriodState:
    """The running period (`start`, `until`, extremes) and the last finished one.

    `broke_high`, `broke_low`: 0 not yet this period, 1 a wick was beyond, 2 a close was. `armed_*` are
    the levels until then, NaN afterwards: an ordinary bar costs one comparison a side.
    """

    start: I8 = _NEVER
    until: I8 = _NEVER
    run_high: F8 = math.nan
    run_low: F8 = math.nan
    run_partial: I8 = 0
    high: F8 = math.nan
    low: F8 = math.nan
    armed_high: F8 = math.nan
    armed_low: F8 = math.nan
    partial: I8 = 0
    age_days: I8 = 0
    broke_high: I8 = 0
    broke_low: I8 = 0


@kernel
def _turn(s: PeriodState, bar: Bar, length: int) -> None:
    """Publish the running period, if any, and open the one that holds `bar`."""
    start = bucket_start(bar.ts, length)
    first = s.start == _NEVER
    if not first:
        s.high = s.run_high
        s.low = s.run_low
        s.partial = s.run_partial
        s.age_days = (start - s.start) // DAY
    s.run_partial = 1 if first and bar.ts != start else 0
    s.start = start
    s.until = start + length
    s.run_high = bar.high
    s.run_low = bar.low
    s.armed_high = s.high
    s.armed_low = s.low
    s.broke_high = 0
    s.broke_low = 0


@inlined
def period_step(s: PeriodState, bar: Bar, length: int) -> int:
    """Take one closed bar; +1 or -1 at the period's first close beyond the previous high or low, else 0."""
    if bar.tf > length:
        return 0
    if bar.ts >= s.until:
        _turn(s, bar, length)
    s.run_high = max(s.run_high, bar.high)
    s.run_low = min(s.run_low, bar.low)
    fired = 0
    if bar.high > s.armed_high:
        s.broke_high = _WICK
        if bar.close > s.high:
            s.broke_high = _CLOSE
            s.armed_high = math.nan
            fired = 1
    if bar.low < s.armed_low:
        s.broke_low = _WICK
        if bar.close < s.low:
            s.broke_low = _CLOSE
            s.armed_low = math.nan
            fired = -1
    return fired
