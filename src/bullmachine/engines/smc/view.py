"""What structure says to who trades: what is in the way, where liquidity lies, where an idea is wrong.

It fills the places of `fusion.readings.SideReading`, which belong to a higher room: hence `Any`.
"""

from __future__ import annotations

import enum
import math
from typing import Any, Final

from bullmachine.core.board import side_of
from bullmachine.core.kernel import kernel
from bullmachine.core.slots import slot_alive
from bullmachine.engines.smc.params import SmcParams
from bullmachine.engines.smc.pools import LIQUIDITY_LIFE
from bullmachine.engines.smc.records import BLOCKS, NEVER, SMR_SLOT, SWEEP_SLOT, SmcState, Zone
from bullmachine.engines.smc.zones import quality

__all__ = ["Invalidation", "view_edge", "view_side"]


class Invalidation(enum.IntEnum):
    """What gives the level beyond which an idea is wrong."""

    NONE = -1
    SWEEP = 0
    ZONE = 1
    SWING = 2


_SWEEP: Final = int(Invalidation.SWEEP)
_ZONE: Final = int(Invalidation.ZONE)
_SWING: Final = int(Invalidation.SWING)
_NONE: Final = int(Invalidation.NONE)


@kernel
def _in_the_way(p: SmcParams, z: Zone, i: int) -> bool:
    """Whether the zone is a fresh block or a breaker that is good enough to stand in the way."""
    fresh = z.block == 1 and (z.deep == 0 or z.turned >= 0)
    return fresh and quality(z, i) >= p.room_quality


@kernel
def _way(p: SmcParams, s: SmcState, side: int, i: int) -> int:
    """The place of the nearest zone in line `side` that stands in the way, -1 without one.

    Quality only falls, so the one found last holds until the blocks on the board change or it falls itself.
    """
    way = s.ways[side]
    changes = s.board.changes[BLOCKS] + s.board.changes[BLOCKS + 1]
    if way.changes == changes and (way.place < 0 or _in_the_way(p, s.zones[way.place], i)):
        return way.place
    way.changes = changes
    way.place = -1
    line = s.board.lines[side]
    j = line.n - 1
    while j >= 0 and way.place < 0:
        s.work += 1
        if _in_the_way(p, s.zones[line.place[j]], i):
            way.place = line.place[j]
        j -= 1
    return way.place


@kernel
def view_edge(p: SmcParams, s: SmcState, d: int, i: int, close: float, o: Any) -> None:
    """Put the nearest zone in the way of direction `d` into `o.edge` if it is nearer than what stands there.

    `i` is the last bar of the zone's stream; the distance is in price units, 0 inside the zone.
    """
    place = _way(p, s, side_of(-d), i)
    if place < 0:
        return
    z = s.zones[place]
    away = max(0.0, z.lo - close if d > 0 else close - z.hi)
    if o.edge.distance <= away:  # never where there is none yet: NaN
        return
    o.edge.distance = away
    o.edge.quality = quality(z, i)
    o.edge.id = z.id


@kernel
def _pools(s: SmcState, d: int, close: float, o: Any) -> None:
    """The nearest opposing pools beyond the close that are not pierced."""
    line = s.pools.lines[side_of(-d)]
    n, j = 0, line.n - 1
    while j >= 0 and n < len(o.pools):
        pool = s.pool[line.place[j]]
        if pool.bars == 0 and d * (pool.level - close) > 0.0:
            o.pools[n].price = pool.level
            o.pools[n].id = pool.id
            n += 1
        j -= 1
    while n < len(o.pools):
        o.pools[n].price = math.nan
        o.pools[n].id = -1
        n += 1


@kernel
def _wrong(o: Any, d: int, close: float, level: float, kind: int) -> None:
    """Take `level` as the invalidation where none is taken yet and it lies on the far side of the close."""
    if o.invalidation_kind == _NONE and d * (close - level) > 0.0:
        o.invalidation = level
        o.invalidation_kind = kind


@kernel
def _invalidation(s: SmcState, d: int, i: int, close: float, swing: float, o: Any) -> None:
    """The extreme of a live reversal or sweep, else the far edge of the zone that holds, else the last swing."""
    side = side_of(d)
    o.invalidation = math.nan
    o.invalidation_kind = _NONE
    smr, sweep, best = s.slots.slots[SMR_SLOT + side], s.slots.slots[SWEEP_SLOT + side], s.best[side]
    if slot_alive(smr, LIQUIDITY_LIFE, i):
        _wrong(o, d, close, smr.level, _SWEEP)
    if slot_alive(sweep, LIQUIDITY_LIFE, i):
        _wrong(o, d, close, sweep.level, _SWEEP)
    if best.held == 1:
        _wrong(o, d, close, best.lo if d > 0 else best.hi, _ZONE)
    _wrong(o, d, close, swing, _SWING)


@kernel
def view_side(s: SmcState, d: int, i: int, close: float, swing: float, o: Any) -> None:
    """Fill the view of direction `d` at bar `i`, less the edge; `swing` is the last swing on its side."""
    side = side_of(d)
    best = s.best[side]
    o.zone_lo = best.lo
    o.zone_hi = best.hi
    o.opposite_swing = swing
    o.choch_age = i - s.choch[side] if s.choch[side] != NEVER else -1
    o.smr_age = i - s.reversals[side].born if s.reversals[side].born != NEVER else -1
    _pools(s, d, close, o)
    _invalidation(s, d, i, close, swing, o)
    o.edge.distance = math.nan
    o.edge.quality = 0.0
    o.edge.id = -1
