"""Zones of the SMC twin: fair value gaps and order blocks, from their birth to their end."""

import dataclasses
from collections.abc import Sequence

from tests.oracle.smc_twin_base import (
    AGE,
    BREAKER,
    BREAKER_INVALID,
    CAPACITY,
    END,
    FILLED,
    FILLED_GRACE,
    FVG,
    FVG_CE,
    FVG_FILLED,
    FVG_ROOM,
    FVG_TOUCH,
    IFVG,
    IFVG_INVALID,
    NEW,
    NONE,
    OB,
    OB_MITIGATED,
    OB_ROOM,
    OB_TOUCH,
    SMC_END,
    SUPERSEDED,
    TOUCH_WINDOW,
    UPDATE,
    Bar,
    Log,
    Rules,
    climb,
)
from tests.oracle.smc_twin_pools import Sweep
from tests.oracle.smc_twin_structure import Break, Displacement


@dataclasses.dataclass
class Zone:
    """A gap (`kind` FVG) or a block (OB); `birth` is its direction until it is flipped, `dir` the one it has."""

    id: int
    kind: int
    birth: int
    lo: float
    hi: float
    ref: int
    born: int
    score: float
    n: int = 1
    flipped: bool = False
    fill: float = 0.0
    filled_at: int | None = None
    last_touch: int | None = None
    told: set[int] = dataclasses.field(default_factory=set)

    @property
    def dir(self) -> int:
        return -self.birth if self.flipped else self.birth

    @property
    def name(self) -> int:
        """The kind of the event that made it what it is."""
        return (IFVG if self.kind == FVG else BREAKER) if self.flipped else self.kind

    def edges(self, side: int) -> tuple[float, float]:
        """Bottom and top as read from `side`."""
        return (self.lo, self.hi) if side == 1 else (-self.hi, -self.lo)

    def quality(self, i: int, max_age: int) -> float:
        left = self.score * (1 - (i - self.born) / max_age)
        if self.name == FVG:
            return left * (1 - self.fill)
        return 0.5 * left if self.name == OB and OB_MITIGATED in self.told else left

    def activation(self, bar: Bar, max_age: int) -> float:
        """What it adds to the score of its direction: touched lately and held, or how near it is."""
        quality, seen = self.quality(bar.i, max_age), bar.turned(self.dir)
        lo, hi = self.edges(self.dir)
        lately = self.last_touch is not None and bar.i - self.last_touch < TOUCH_WINDOW
        if lately and seen.close >= (lo + hi) / 2:
            return quality
        return 0.5 * quality * climb(bar.in_yards(max(0.0, seen.close - hi)), 1, 0)


class Zones:
    """Steps 6 to 8."""

    def __init__(self, rules: Rules, log: Log, bars: Sequence[Bar]) -> None:
        self.rules, self.log, self.bars = rules, log, bars
        self.live: list[Zone] = []
        self.gaps: dict[int, Zone] = {}  #: the last gap made, per direction
        self.overflow = 0

    def max_age(self, zone: Zone) -> int:
        return self.rules.fvg_max_age if zone.kind == FVG else self.rules.ob_max_age

    def lives(self, bar: Bar) -> None:
        """Step 6."""
        for zone in sorted(self.live, key=lambda z: (z.kind, z.id)):
            if bar.i - zone.born >= self.max_age(zone):
                self._end(bar, zone, AGE)
            elif zone.filled_at is not None and not zone.flipped and bar.i - zone.filled_at > FILLED_GRACE:
                self._end(bar, zone, FILLED)
            elif zone.flipped:
                self._flipped_life(bar, zone)
            else:
                self._first_life(bar, zone)

    def _first_life(self, bar: Bar, zone: Zone) -> None:
        seen, (lo, hi) = bar.turned(zone.birth), zone.edges(zone.birth)
        if seen.low <= hi:
            zone.last_touch = bar.i
            zone.fill = max(zone.fill, min(1.0, (hi - seen.low) / (hi - lo)))
        if zone.kind == FVG:
            happened = [
                (FVG_TOUCH, seen.low <= hi),
                (FVG_CE, seen.low <= 0.5 * (lo + hi)),
                (FVG_FILLED, seen.low <= lo),
            ]
        else:
            happened = [(OB_TOUCH, seen.low <= hi), (OB_MITIGATED, seen.low <= (lo + hi) / 2)]
        for kind, yes in happened:
            if yes and kind not in zone.told:
                zone.told.add(kind)
                self._tell(bar, zone, kind, UPDATE)
                if kind == FVG_FILLED:
                    zone.filled_at = bar.i
        if seen.below(self._how(zone)) < lo:
            zone.flipped, zone.last_touch = True, None
            self._tell(bar, zone, zone.name, UPDATE)

    def _flipped_life(self, bar: Bar, zone: Zone) -> None:
        seen, (lo, hi) = bar.turned(zone.birth), zone.edges(zone.birth)
        if seen.high >= lo:
            zone.last_touch = bar.i
        if seen.by(self._how(zone)) > hi:
            self.live.remove(zone)
            self._tell(bar, zone, IFVG_INVALID if zone.kind == FVG else BREAKER_INVALID, END)

    def _how(self, zone: Zone) -> str:
        return self.rules.fvg_invert_by if zone.kind == FVG else self.rules.ob_break_by

    def _tell(
        self, bar: Bar, zone: Zone, kind: int, state: int, *, reason: int = 0, ev: tuple[float, ...] | None = None
    ) -> None:
        price = zone.hi if zone.dir == 1 else zone.lo
        own = (zone.fill,) if zone.kind == FVG else (zone.n,)
        self.log.tell(
            bar,
            kind,
            zone.dir,
            price,
            span=(zone.lo, zone.hi),
            ref=zone.ref,
            score=zone.score,
            state=state,
            reason=reason,
            parent=zone.id,
            ev=own if ev is None else ev,
        )

    def _end(self, bar: Bar, zone: Zone, reason: int) -> None:
        self.live.remove(zone)
        self._tell(bar, zone, SMC_END, END, reason=reason, ev=(zone.name,))

    def _expiry(self, zone: Zone) -> int:
        aged = zone.born + self.max_age(zone)
        if zone.filled_at is None or zone.flipped:
            return aged
        return min(aged, zone.filled_at + FILLED_GRACE + 1)

    def _make_room(self, bar: Bar, kind: int, side: int, room: int) -> None:
        mine = [z for z in self.live if (z.kind, z.birth) == (kind, side)]
        if len(mine) == room:
            self._end(bar, min(mine, key=lambda z: (self._expiry(z), z.id)), CAPACITY)
            self.overflow += 1

    def gap(self, bar: Bar, trend: int, displaced: dict[int, Displacement]) -> None:
        """Step 7; `displaced` are the last displacements as of the bar before."""
        least = bar.yards(self.rules.fvg_min_size)
        if bar.i < 2 or least is None:
            return
        first, middle = self.bars[bar.i - 2], self.bars[bar.i - 1]
        for side in (1, -1):
            a, b, c = first.turned(side), middle.turned(side), bar.turned(side)
            if c.low > a.high + least and (self.rules.fvg_mid_dir == 0 or b.close > b.open):
                push = displaced.get(side)
                parent = push.id if push and push.i == middle.i else NONE
                self._gap(bar, side, (a.high, c.low), parent, aligned=trend == side)

    def _gap(self, bar: Bar, side: int, edges: tuple[float, float], parent: int, *, aligned: bool) -> None:
        older, state = self.gaps.get(side), NEW
        if self.rules.fvg_join and older is not None and older.born == bar.i - 1:
            lo, hi = older.edges(side)
            edges, parent, state = (min(lo, edges[0]), max(hi, edges[1])), older.id, UPDATE
            if older in self.live:
                self._end(bar, older, SUPERSEDED)
        self._make_room(bar, FVG, side, FVG_ROOM)
        middle, first = self.bars[bar.i - 1], self.bars[bar.i - 2]
        size, body = bar.in_yards(edges[1] - edges[0]), bar.in_yards(middle.body)
        score = 0.4 * climb(size, 0.1, 1) + 0.3 * climb(body, 0.8, 2) + 0.2 * climb(middle.volume, 1, 2) + 0.1 * aligned
        jumps = max(abs(bar.open - middle.close), abs(middle.open - first.close))
        gap_open = float(bool(bar.yard) and jumps > 0.5 * (bar.yard or 0.0))
        low, high = sorted(side * x for x in edges)
        told = self.log.tell(
            bar,
            FVG,
            side,
            side * edges[1],
            span=(low, high),
            ref=bar.i - 1,
            score=score,
            state=state,
            parent=parent,
            ev=(size, middle.volume, body, gap_open),
        )
        self.gaps[side] = Zone(told, FVG, side, low, high, bar.i - 1, bar.i, self.log.score(told))
        self.live.append(self.gaps[side])

    def block(self, bar: Bar, broke: Break, displaced: dict[int, Displacement], sweeps: dict[int, Sweep]) -> None:
        """Step 8."""
        side = broke.dir
        between = [b.turned(side) for b in self.bars[broke.swing + 1 : bar.i] if not self._too_wide(b)]
        if not between:
            return
        lowest = min(b.low for b in between)
        extreme = [b for b in between if b.low == lowest][-1]
        chosen = extreme
        if self.rules.ob_candidate == "last_opposing":
            chosen = ([b for b in between if b.i <= extreme.i and b.close < b.open] or [extreme])[-1]
        lo, hi = chosen.low, chosen.high
        if self.rules.ob_zone == "body":
            lo, hi = min(chosen.open, chosen.close), max(chosen.open, chosen.close)
        if hi <= lo:
            return
        for zone in self.live:
            if (zone.kind, zone.birth, zone.ref, zone.flipped) == (OB, side, chosen.i, False):
                zone.n += 1
                self._tell(bar, zone, OB, UPDATE)
                return
        leg = max(b.turned(side).high for b in self.bars[extreme.i : bar.i + 1]) - extreme.low
        flags = (
            side in displaced and displaced[side].i >= extreme.i,
            side in self.gaps and self.gaps[side].ref >= extreme.i,
            side in sweeps and sweeps[side].ref > broke.swing,
        )
        self._block(bar, broke, (side * lo, side * hi), chosen, bar.in_yards(leg), flags)

    def _too_wide(self, bar: Bar) -> bool:
        limit = self.rules.ob_max_range
        return limit > 0 and bool(bar.yard) and bar.high - bar.low >= limit * (bar.yard or 0.0)

    def _block(
        self,
        bar: Bar,
        broke: Break,
        edges: tuple[float, float],
        chosen: Bar,
        leg: float,
        flags: tuple[bool, bool, bool],
    ) -> None:
        displ, gap, swept = flags
        score = 0.25 * displ + 0.25 * gap + 0.2 * climb(leg, 1, 4) + 0.15 * swept + 0.15 * climb(chosen.volume, 1, 2)
        self._make_room(bar, OB, broke.dir, OB_ROOM)
        low, high = sorted(edges)
        told = self.log.tell(
            bar,
            OB,
            broke.dir,
            edges[1],
            span=(low, high),
            ref=chosen.i,
            score=score,
            parent=broke.id,
            ev=(1, leg, chosen.volume, float(displ), float(gap), float(swept)),
        )
        self.live.append(Zone(told, OB, broke.dir, low, high, chosen.i, bar.i, self.log.score(told)))
