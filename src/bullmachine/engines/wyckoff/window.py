"""What the engine keeps of past bars, and this bar seen from each side."""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import called, inlined, kernel
from bullmachine.core.ring import next_slot
from bullmachine.engines.levels import LevelsOut
from bullmachine.engines.wyckoff.records import PASTS, PIVOTS, Past, Pivots, Turned, WyckoffState

__all__ = ["close_at_edge", "floor_under", "past_at", "pivots_take", "top_before", "turn", "window_take"]

_MASK: Final = PASTS - 1


@inlined
def past_at(s: WyckoffState, i: int) -> Past:
    """Bar `i` of the stream, one of the last `PASTS` before this one."""
    return s.past[i & _MASK]


@kernel
def top_before(s: WyckoffState, side: int, i: int, n: int) -> float:
    """The highest high, as the machine of `side` sees it, of up to `n` bars before bar `i`."""
    top = -math.inf
    for k in range(max(0, i - n), i):
        bar = past_at(s, k)
        top = max(top, bar.high if side == 0 else -bar.low)
    s.work += n
    return top


@called
def floor_under(s: WyckoffState, side: int, i: int, n: int, low: float) -> float:
    """The lowest low, as the machine of `side` sees it, of the `n` bars before bar `i`, if `low` is under it.

    Else, or without as many bars, minus infinity. Asked for on a bar that is wide or heavy and gone through until a low
    is as low, two or three bars: minima kept on every bar were an eighth of the engine's instructions.
    """
    floor = math.inf if i >= n else -math.inf
    k = i - 1
    while k >= i - n and floor > low:
        bar = past_at(s, k)
        floor = min(floor, bar.low if side == 0 else -bar.high)
        k -= 1
    s.work += i - k
    return floor if floor > low else -math.inf


@kernel
def close_at_edge(low: float, high: float, close: float) -> float:
    """Where in its range a bar closed: 0 at the low, 1 at the high, one half without a range."""
    return (close - low) / (high - low) if high > low else 0.5


@inlined
def _turn_one(s: WyckoffState, side: int, open_: float, high: float, low: float, close: float) -> None:
    t: Turned = s.turned[side]
    t.prev = t.close
    t.open = open_
    t.high = high
    t.low = low
    t.close = close


@inlined
def turn(s: WyckoffState, bar: Bar) -> None:
    """See this bar from both sides."""
    _turn_one(s, 0, bar.open, bar.high, bar.low, bar.close)
    _turn_one(s, 1, -bar.open, -bar.low, -bar.high, -bar.close)


@inlined
def window_take(s: WyckoffState, bar: Bar) -> None:
    """Remember this bar."""
    past = s.past[bar.i & _MASK]
    past.ts = bar.ts
    past.open = bar.open
    past.high = bar.high
    past.low = bar.low
    past.close = bar.close
    s.v2 = s.v1
    s.v1 = s.v


@kernel
def _pivot_take(q: Pivots, i: int, level: float) -> None:
    q.ring[q.head].i = i
    q.ring[q.head].level = level
    q.head = next_slot(q.head, PIVOTS)


@kernel
def pivots_take(s: WyckoffState, lv: LevelsOut) -> None:
    """Remember the pivots confirmed on this bar."""
    if lv.pivot_high_confirmed == 1:
        _pivot_take(s.pivots[0], lv.pivot_index, lv.pivot_high)
    if lv.pivot_low_confirmed == 1:
        _pivot_take(s.pivots[1], lv.pivot_index, -lv.pivot_low)
