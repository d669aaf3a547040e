"""What the engine keeps of past bars: the last ones, the lowest low of a window, and this bar seen from each side."""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ring import next_slot
from bullmachine.engines.levels import LevelsOut
from bullmachine.engines.wyckoff.params import WyckoffParams
from bullmachine.engines.wyckoff.records import PASTS, PIVOTS, Floor, Past, Pivots, Turned, WyckoffState

__all__ = ["close_at_edge", "past_at", "pivots_take", "top_before", "turn", "window_take"]

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


@kernel
def close_at_edge(low: float, high: float, close: float) -> float:
    """Where in its range a bar closed: 0 at the low, 1 at the high, one half without a range."""
    return (close - low) / (high - low) if high > low else 0.5


@kernel
def _block_end(f: Floor, n: int) -> None:
    """Turn the block's values into minima of what follows each."""
    for k in range(n - 2, -1, -1):
        f.low[k] = min(f.low[k], f.low[k + 1])
    f.k = 0
    f.run = math.inf


@inlined
def _floor_take(f: Floor, n: int, low: float) -> None:
    f.low[f.k] = low
    f.run = min(f.run, low)
    f.k += 1
    if f.k == n:
        _block_end(f, n)


@inlined
def _least(f: Floor) -> float:
    return min(f.low[f.k], f.run)


@inlined
def _turn_one(s: WyckoffState, side: int, open_: float, high: float, low: float, close: float) -> None:
    t: Turned = s.turned[side]
    t.prev = t.close
    t.open = open_
    t.high = high
    t.low = low
    t.close = close
    t.floor = _least(s.floors[side])
    t.bar_floor = _least(s.bar_floors[side])


@inlined
def turn(s: WyckoffState, bar: Bar) -> None:
    """See this bar from both sides."""
    _turn_one(s, 0, bar.open, bar.high, bar.low, bar.close)
    _turn_one(s, 1, -bar.open, -bar.low, -bar.high, -bar.close)


@inlined
def window_take(p: WyckoffParams, s: WyckoffState, bar: Bar) -> None:
    """Remember this bar."""
    past = s.past[bar.i & _MASK]
    past.ts = bar.ts
    past.open = bar.open
    past.high = bar.high
    past.low = bar.low
    past.close = bar.close
    s.v2 = s.v1
    s.v1 = s.v
    _floor_take(s.floors[0], p.climax.n_low, bar.low)
    _floor_take(s.floors[1], p.climax.n_low, -bar.high)
    _floor_take(s.bar_floors[0], p.vsa.n, bar.low)
    _floor_take(s.bar_floors[1], p.vsa.n, -bar.high)


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
