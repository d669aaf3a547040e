"""The legs of price: an alternating sequence cut where price turns by some ATR, with what their bars were like.

One code serves both directions: a leg of direction `d` sees prices times `d`.
"""

from __future__ import annotations

import math

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ring import next_slot
from bullmachine.engines.wyckoff.records import LEGS, Leg, Legs, Sums, WyckoffState

__all__ = ["leg_back", "legs_step", "mean_rv", "mean_sp", "mean_volume"]


@inlined
def leg_back(g: Legs, back: int) -> Leg:
    """The leg confirmed `back` legs before the last one; the caller knows that it exists."""
    k = g.head - 1 - back
    return g.ring[k + LEGS if k < 0 else k]


@kernel
def mean_sp(a: Sums) -> float:
    """Mean range of the bars in ATR, NaN without any."""
    return a.sp / a.n if a.n > 0 else math.nan


@kernel
def mean_rv(a: Sums) -> float:
    """Mean relative volume of the bars where it is known, NaN without any."""
    return a.rv / a.n_rv if a.n_rv > 0 else math.nan


@kernel
def mean_volume(a: Sums) -> float:
    """Mean volume of the bars where it is known, NaN without any."""
    return a.v / a.n_v if a.n_v > 0 else math.nan


@inlined
def _add(a: Sums, s: WyckoffState) -> None:
    """This bar belongs to the leg."""
    there = 0 if math.isnan(s.v) else 1
    a.n += 1
    a.sp += s.sp
    a.n_rv += s.known
    a.rv += s.rv  # 0 where unknown
    a.n_v += there
    a.v += s.v if there == 1 else 0.0


@inlined
def _join(a: Sums, b: Sums) -> None:
    """`a` takes what `b` holds, which is empty then."""
    a.n += b.n
    a.sp += b.sp
    a.n_rv += b.n_rv
    a.rv += b.rv
    a.n_v += b.n_v
    a.v += b.v
    _clear(b)


@inlined
def _clear(a: Sums) -> None:
    a.n = 0
    a.sp = 0.0
    a.n_rv = 0
    a.rv = 0.0
    a.n_v = 0
    a.v = 0.0


@kernel
def _keep(g: Legs, i: int) -> None:
    """The running leg is confirmed."""
    leg = g.ring[g.head]
    leg.dir = g.dir
    leg.origin = g.origin
    leg.origin_i = g.origin_i
    leg.ext = g.ext
    leg.ext_i = g.ext_i
    leg.ext_ts = g.ext_ts
    leg.sp = mean_sp(g.leg)
    leg.rv = mean_rv(g.leg)
    leg.volume = mean_volume(g.leg)
    g.head = next_slot(g.head, LEGS)
    g.n += 1
    g.last_i = i


@kernel
def _reverse(g: Legs, i: int) -> None:
    """The bars since the extreme become a leg the other way."""
    _keep(g, i)
    g.origin = g.ext
    g.origin_i = g.ext_i
    g.origin_ts = g.ext_ts
    g.ext = g.dir * g.opp
    g.ext_i = g.opp_i
    g.ext_ts = g.opp_ts
    g.dir = -g.dir
    g.opp = math.inf
    _clear(g.leg)
    _join(g.leg, g.tail)


@kernel
def _swap_ends(g: Legs) -> None:
    price, i, ts = g.origin, g.origin_i, g.origin_ts
    g.origin = g.ext
    g.origin_i = g.ext_i
    g.origin_ts = g.ext_ts
    g.ext = price
    g.ext_i = i
    g.ext_ts = ts


@kernel
def _first(g: Legs, s: WyckoffState, bar: Bar, least: float) -> None:
    """Before the first leg: it begins when one end is far enough from the other, and only one is new."""
    _add(g.leg, s)
    up, down = bar.high > g.ext, bar.low < g.origin
    if up:
        g.ext = bar.high
        g.ext_i = bar.i
        g.ext_ts = bar.ts
    if down:
        g.origin = bar.low
        g.origin_i = bar.i
        g.origin_ts = bar.ts
    if up == down or g.ext - g.origin < least:
        return
    g.dir = 1 if up else -1
    if down:
        _swap_ends(g)


@inlined
def legs_step(g: Legs, s: WyckoffState, bar: Bar, least: float) -> None:
    """Take one closed bar; `least` is the turn that ends a leg, a price distance."""
    d = g.dir
    if d == 0:
        _first(g, s, bar, least)
        return
    t = s.turned[0 if d > 0 else 1]
    _add(g.tail, s)
    if t.high > d * g.ext:
        _join(g.leg, g.tail)
        g.ext = d * t.high
        g.ext_i = bar.i
        g.ext_ts = bar.ts
        g.opp = math.inf
        return
    further, i, ts = t.low < g.opp, g.opp_i, g.opp_ts
    g.opp = min(g.opp, t.low)
    g.opp_i = bar.i if further else i
    g.opp_ts = bar.ts if further else ts
    if d * g.ext - g.opp >= least:
        _reverse(g, bar.i)
