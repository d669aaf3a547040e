"""What structure says to either side, recomputed at each bar by looking at everything that is live.

Takes the list of live zones, the bars so far and the events so far; remembers nothing the machine remembers.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

from bullmachine.engines.levels import Kind as Levels
from bullmachine.engines.smc import Kind
from bullmachine.machine.zones import LiveZone

ZONES: Final = ("FVG", "IFVG", "OB", "BREAKER")
NONE, SWEEP, ZONE, SWING = -1, 0, 1, 2
LIFE: Final = 12  # bars a sweep or a reversal is live for the score


@dataclasses.dataclass(frozen=True)
class Slot:
    """The strongest live event of a kind and side."""

    i: int
    score: float
    extreme: float


@dataclasses.dataclass
class Told:
    """What the base stream's events say so far, and of either stream which zones turned or lost half."""

    last: dict[tuple[int, int], Any] = dataclasses.field(default_factory=dict)
    turned: dict[int, int] = dataclasses.field(default_factory=dict)
    deep: set[int] = dataclasses.field(default_factory=set)
    swept_to: dict[int, float] = dataclasses.field(default_factory=dict)
    slots: dict[tuple[int, int], Slot] = dataclasses.field(default_factory=dict)
    pierced: set[int] = dataclasses.field(default_factory=set)
    opened: dict[int, tuple[int, int]] = dataclasses.field(default_factory=dict)

    def hear(self, events: Iterable[Any], base: int, bar: Any) -> None:
        for key, slot in list(self.slots.items()):
            if bar.i - slot.i >= LIFE or key[1] * (bar.close - slot.extreme) < 0:
                del self.slots[key]
        for e in events:
            if e.kind in {Kind.IFVG, Kind.BREAKER}:
                self.turned[int(e.parent)] = int(e.i_known)
            if e.kind == Kind.OB_MITIGATED:
                self.deep.add(int(e.parent))
            if e.tf == base:
                self._hear_base(e)

    def _hear_base(self, e: Any) -> None:
        kind = int(Levels.SWING) if e.kind == Levels.SWING_REPLACED else int(e.kind)
        self.last[kind, int(e.dir)] = (int(e.i_known), float(e.price))
        if e.kind == Kind.POOL:
            self.opened[int(e.id)] = (int(e.i_known), int(e.ev[1]))
        if e.kind == Kind.SWEEP:
            self.swept_to[int(e.id)] = float(e.lo if e.dir > 0 else e.hi)
            self._enter(e, self.swept_to[int(e.id)])
        if e.kind == Kind.SMR:
            self._enter(e, self.swept_to[int(e.parent)])

    def _enter(self, e: Any, extreme: float) -> None:
        held, i = self.slots.get((int(e.kind), int(e.dir))), int(e.i_known)
        if held is None or e.score >= held.score * (1 - (i - held.i) / LIFE):
            self.slots[int(e.kind), int(e.dir)] = Slot(i, float(e.score), extreme)

    def price(self, kind: int, dir_: int) -> float:
        return float(self.last.get((int(kind), dir_), (0, math.nan))[1])

    def age(self, kind: int, dir_: int, i: int) -> int:
        return i - int(self.last[int(kind), dir_][0]) if (int(kind), dir_) in self.last else -1

    def pierce(self, pools: Iterable[LiveZone], bar: Any, room: float) -> None:
        """A pool is pierced once price is beyond it by more than the tolerance; a pivot's not on its first bar."""
        for pool in pools:
            born, source = self.opened[pool.id]
            beyond = bar.high > pool.hi + room if pool.dir > 0 else bar.low < pool.lo - room
            if beyond and (bar.i > born or source > 0):
                self.pierced.add(pool.id)


def away(zone: LiveZone, close: float) -> float:
    """Distance of the close from the zone's near edge, 0 inside and beyond."""
    return max(0.0, close - zone.hi if zone.dir > 0 else zone.lo - close)


def in_the_way(zones: Iterable[LiveZone], told: Told, d: int, least: float) -> list[LiveZone]:
    """The opposing blocks that nobody met half-way and the opposing breakers that are good enough; nearest edges."""
    good = [
        z
        for z in zones
        if z.dir == -d and z.quality >= least and (z.kind == "BREAKER" or (z.kind == "OB" and z.id not in told.deep))
    ]
    edges = [z.lo if d > 0 else -z.hi for z in good]
    return [z for z, edge in zip(good, edges, strict=True) if edge == min(edges)]


def edge(
    base: list[LiveZone], middle: list[LiveZone], ranges: list[tuple[float, float, int]], close: float
) -> list[tuple[float, float, int]]:
    """What may stand in the way: (distance, quality, id); the middle stream's, and a range's, only where nearer."""
    if middle and (not base or away(middle[0], close) < away(base[0], close)):
        base = middle
    found = [(away(z, close), z.quality, z.id) for z in base]
    for one in ranges:
        if not found or one[0] < found[0][0]:
            found = [one]
    return found


def far_edge(wyckoff: Any, d: int, close: float, least: float) -> list[tuple[float, float, int]]:
    """The edge of Wyckoff's range that lies ahead, if the range is good enough: none, or (distance, quality, id)."""
    ahead = float(d * ((wyckoff.range_high if d > 0 else wyckoff.range_low) - close))
    counts = ahead >= 0 and wyckoff.quality >= least
    return [(ahead, float(wyckoff.quality), int(wyckoff.phase_id))] if counts else []


@dataclasses.dataclass(frozen=True)
class Held:
    """A zone, what it counts for at this close, and whether price was in it in the last three bars."""

    zone: LiveZone
    worth: float
    lately: bool


def holding(zone: LiveZone, told: Told, bars: Sequence[Any], atr: float) -> Held:
    now = bars[-1]
    since = max(now.i - zone.age, told.turned.get(zone.id, -1))
    reached = [b.low <= zone.hi if zone.dir > 0 else b.high >= zone.lo for b in bars[-3:] if b.i > since]
    if any(reached) and zone.dir * (now.close - (zone.lo + zone.hi) / 2) >= 0:
        return Held(zone, zone.quality, lately=True)
    near = 1 - min(1.0, away(zone, now.close) / atr)
    return Held(zone, 0.5 * zone.quality * near, any(reached))


def best(zones: Iterable[LiveZone], told: Told, d: int, bars: Sequence[Any], atr: float) -> list[Held]:
    """The zones of direction `d` that count most: one, but for ties; none where none counts."""
    if not atr > 0:
        return []
    held = [holding(z, told, bars, atr) for z in zones if z.dir == d and z.kind in ZONES]
    most = max((h.worth for h in held), default=0.0)
    return [h for h in held if h.worth > 0 and math.isclose(h.worth, most, rel_tol=1e-12)]


def pools(zones: Iterable[LiveZone], told: Told, d: int, close: float) -> list[tuple[float, int]]:
    """The four nearest pools beyond the close that nothing has pierced: (price, id)."""
    found = [z for z in zones if z.kind == "POOL" and z.dir == d and z.id not in told.pierced]
    ahead = [(z.lo, z.id) for z in found if d * (z.lo - close) > 0]
    return sorted(ahead, key=lambda pool: (d * pool[0], pool[1]))[:4]


def wrong(told: Told, d: int, close: float, holds: Held | None) -> tuple[float, int]:
    """The level beyond which an idea of direction `d` is wrong, and what gives it."""
    slots = [told.slots.get((int(kind), d)) for kind in (Kind.SMR, Kind.SWEEP)]
    tried = [(slot.extreme, SWEEP) for slot in slots if slot is not None]
    if holds is not None and holds.lately:
        tried.append((holds.zone.lo if d > 0 else holds.zone.hi, ZONE))
    tried.append((told.price(Levels.SWING, -d), SWING))
    return next(((level, kind) for level, kind in tried if d * (close - level) > 0), (math.nan, NONE))
