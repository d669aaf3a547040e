"""The last bars of a stream, and what the bars since a pivot amount to.

An order block is searched in the bars since the broken pivot. Nothing is searched at the break: each leg
keeps its extreme as bars come; only the bars that confirmed the pivot are gone through once.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import inlined, kernel
from bullmachine.engines.features import FeaturesOut
from bullmachine.engines.smc.params import Candidate, ObParams, Span
from bullmachine.engines.smc.records import CANDLES, Candle, Leg, SmcState

__all__ = ["candle_at", "candle_push", "leg_begin", "leg_take"]

_MASK: Final = CANDLES - 1
_BODY: Final = int(Span.BODY)
_LAST_OPPOSING: Final = int(Candidate.LAST_OPPOSING)


@inlined
def candle_at(s: SmcState, i: int) -> Candle:
    """Bar `i` of the stream, one of the last `CANDLES`."""
    return s.candles[i & _MASK]


@inlined
def candle_push(s: SmcState, bar: Bar, f: FeaturesOut) -> None:
    """Remember this bar."""
    c = s.candles[bar.i & _MASK]
    c.ts = bar.ts
    c.open = bar.open
    c.high = bar.high
    c.low = bar.low
    c.close = bar.close
    c.atr = f.atr_prev
    c.rv = f.rv
    s.n = bar.i + 1


@kernel
def leg_begin(leg: Leg) -> None:
    """Forget the bars before the pivot that was just confirmed."""
    leg.i = -1
    leg.last = -1
    leg.candle = -1


@kernel
def _choose(p: ObParams, leg: Leg, i: int, c: Candle) -> None:
    """Bar `i` is the new extreme: it, or the last candle against the leg, would be the block."""
    if p.candidate == _LAST_OPPOSING and leg.last >= 0:
        leg.candle = leg.last
        leg.ts = leg.last_ts
        leg.lo = leg.last_lo
        leg.hi = leg.last_hi
        leg.rv = leg.last_rv
        return
    leg.candle = i
    leg.ts = c.ts
    leg.lo = min(c.open, c.close) if p.zone == _BODY else c.low
    leg.hi = max(c.open, c.close) if p.zone == _BODY else c.high
    leg.rv = c.rv


@kernel
def leg_take(p: ObParams, leg: Leg, d: int, i: int, c: Candle) -> None:
    """Take bar `i` into the leg whose break would have direction `d`."""
    low = c.low if d > 0 else -c.high
    high = c.high if d > 0 else -c.low
    if p.max_range > 0.0 and c.atr > 0.0 and c.high - c.low >= p.max_range * c.atr:
        leg.top = max(leg.top, high)
        return
    if p.candidate == _LAST_OPPOSING and d * (c.close - c.open) < 0.0:
        leg.last = i
        leg.last_ts = c.ts
        leg.last_lo = min(c.open, c.close) if p.zone == _BODY else c.low
        leg.last_hi = max(c.open, c.close) if p.zone == _BODY else c.high
        leg.last_rv = c.rv
    if leg.i < 0 or low <= leg.low:
        leg.i = i
        leg.low = low
        leg.top = high
        _choose(p, leg, i, c)
    else:
        leg.top = max(leg.top, high)
