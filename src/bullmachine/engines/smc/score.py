"""The SMC score: signed contributions, each weight x activation x direction, in two books.

Trend: structure, shift and runs. Reversal: the best zone at the price, sweeps and reversals, and the place in
the dealing range. A zone counts when it was touched in the last bars and held, or by its nearness.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.board import Line, side_of
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ramp import ramp
from bullmachine.core.slots import slots_fade, slots_net
from bullmachine.engines.smc.candles import candle_at
from bullmachine.engines.smc.params import SmcParams
from bullmachine.engines.smc.pools import LIQUIDITY_LIFE, RUN_LIFE
from bullmachine.engines.smc.records import MSS_SLOT, RUN_SLOT, SLOTS_USED, SWEEP_SLOT, Best, SmcOut, SmcState
from bullmachine.engines.smc.structure import SHIFT_LIFE
from bullmachine.engines.smc.zones import quality

__all__ = ["fade", "score_step"]

_TOUCHED: Final = 2  # a touch counts on its bar and the two after it
_FADED: Final = 60  # bars after a break at which the trend of structure counts least
_NEAREST: Final = 3  # zones of a side that are always looked at
_LEAST: Final = 0.4  # what it counts then


@inlined
def _structure(s: SmcState, i: int) -> float:
    """Signed activation of the trend: full after a break, fading to its least."""
    if s.trend == 0:
        return 0.0
    age, full = i - s.broke, min(3 * s.broke_k, _FADED - 1)
    if age <= full:
        return float(s.trend)
    return s.trend * (1.0 - (1.0 - _LEAST) * ramp(float(age), float(full), float(_FADED)))


@inlined
def _reach(s: SmcState, d: int, bar: Bar, atr: float) -> float:
    """How near an edge must be to count, upside down for -1: touched in the last bars, or within an ATR."""
    one, two = candle_at(s, bar.i - 1), candle_at(s, bar.i - _TOUCHED)
    low = min(bar.low, one.low, two.low) if d > 0 else -max(bar.high, one.high, two.high)
    return min(low, d * bar.close - atr)


@inlined
def _clear(best: Best) -> None:
    best.worth = 0.0
    best.id = -1
    best.lo = math.nan
    best.hi = math.nan
    best.held = 0


@inlined
def _counts(s: SmcState, line: Line, j: int, d: int, bar: Bar, atr: float, per_atr: float) -> float:
    """What the zone `j` of a line counts at this close; without a branch, which cannot be foreseen."""
    z, away = s.zones[line.place[j]], max(0.0, d * bar.close - line.key[j])
    near = 0.5 * (1.0 - away * per_atr)
    near = near if away < atr else 0.0
    held = (bar.i - z.touched <= _TOUCHED) & (d * (bar.close - 0.5 * (z.lo + z.hi)) >= 0.0)
    return quality(z, bar.i) * (1.0 if held else near)


@inlined
def _look(s: SmcState, d: int, bar: Bar, atr: float) -> None:
    """Find the zone of direction `d` that counts most.

    The nearest are looked at in any case: how many are in reach cannot be foreseen, and most often they are these.
    Three of them cost 4 % of the engine less than none, one, two or four.
    """
    line, best = s.board.lines[side_of(d)], s.best[side_of(d)]
    if line.n == 0:
        _clear(best)
        return
    reach, per_atr, last = _reach(s, d, bar, atr), 1.0 / atr, line.n - 1
    most, found = 0.0, -1
    for k in range(_NEAREST):
        j = max(0, last - k)
        worth = _counts(s, line, j, d, bar, atr, per_atr)
        worth = worth if line.key[j] >= reach else 0.0
        found = j if worth > most else found
        most = max(most, worth)
    j = last - _NEAREST
    while j >= 0 and line.key[j] >= reach:
        worth = _counts(s, line, j, d, bar, atr, per_atr)
        found = j if worth > most else found
        most = max(most, worth)
        j -= 1
    s.work += last - j
    if found < 0:
        _clear(best)
        return
    z = s.zones[line.place[found]]
    best.worth = most
    best.id = z.said
    best.lo = z.lo
    best.hi = z.hi
    best.held = 1 if bar.i - z.touched <= _TOUCHED else 0


@inlined
def _zone(s: SmcState, bar: Bar, atr: float, o: SmcOut) -> float:
    _look(s, 1, bar, atr)
    _look(s, -1, bar, atr)
    bull, bear = s.best[0], s.best[1]
    o.zone_id = -1
    if bull.worth != bear.worth:
        o.zone_id = bull.id if bull.worth > bear.worth else bear.id
    return bull.worth - bear.worth


@kernel
def _silent(s: SmcState, o: SmcOut) -> None:
    """No contribution while the yardstick is cold or 0."""
    o.structure_part = 0.0
    o.shift_part = 0.0
    o.run_part = 0.0
    o.zone_part = 0.0
    o.liquidity_part = 0.0
    o.location_part = 0.0
    o.trend = 0.0
    o.reversal = 0.0
    o.structure_id = -1
    o.shift_id = -1
    o.run_id = -1
    o.zone_id = -1
    o.liquidity_id = -1
    for side in range(2):
        _clear(s.best[side])


@inlined
def fade(s: SmcState, bar: Bar) -> None:
    """End the sweeps and reversals that this close refutes, before this bar's own events take their slots."""
    slots_fade(s.slots, bar.close)


@inlined
def score_step(p: SmcParams, s: SmcState, bar: Bar, atr: float, place: float, o: SmcOut) -> None:
    """Fill the contributions; `place` is that of the close in the dealing range."""
    i = bar.i
    o.direction = s.trend
    o.ready = 0 if math.isnan(atr) else 1
    if not atr > 0.0:
        _silent(s, o)
        return
    w = p.weights
    o.structure_id = s.broke_id
    o.structure_part = w.structure * _structure(s, i)
    shift, o.shift_id = slots_net(s.slots, MSS_SLOT, SWEEP_SLOT, SHIFT_LIFE, i)
    run, o.run_id = slots_net(s.slots, RUN_SLOT, SLOTS_USED, RUN_LIFE, i)
    liquidity, o.liquidity_id = slots_net(s.slots, SWEEP_SLOT, RUN_SLOT, LIQUIDITY_LIFE, i)
    o.shift_part = w.shift * shift
    o.run_part = w.liquidity * run
    o.zone_part = w.zone * _zone(s, bar, atr, o)
    o.liquidity_part = w.liquidity * liquidity
    o.location_part = w.location * (-place if o.range_dir != 0 else 0.0)
    o.trend = o.structure_part + o.shift_part + o.run_part
    o.reversal = o.zone_part + o.liquidity_part + o.location_part
