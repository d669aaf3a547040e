"""Liquidity of the SMC twin: pools of highs and lows, their sweeps and runs, and the reversals built on sweeps.

A pool's prices are kept as its own side reads the chart: as they are for highs, negated for lows.
"""

import dataclasses

from tests.oracle.smc_twin_base import (
    AGE,
    CAPACITY,
    CHOCH,
    END,
    EQH,
    EQL,
    POOL,
    POOL_ROOM,
    POOL_RUN,
    REPLACED,
    SMC_END,
    SMR,
    SMR_INVALID,
    SWEEP,
    UPDATE,
    Bar,
    Log,
    Rules,
    climb,
)
from tests.oracle.smc_twin_structure import Break


@dataclasses.dataclass
class Piercing:
    """How far price went since the pool was pierced; `bar` is turned to the pool's side."""

    bar: Bar
    extreme: float
    extreme_at: int
    bars: int = 0


@dataclasses.dataclass
class Pool:
    id: int
    side: int
    source: int
    anchor: float
    level: float
    ref: int
    born: int
    n: int = 1
    pierced: Piercing | None = None


@dataclasses.dataclass
class Sweep:
    id: int
    ref: int
    known: int
    level: float
    extreme: float
    used: bool = False


class Pools:
    """Step 4."""

    def __init__(self, rules: Rules, log: Log) -> None:
        self.rules, self.log = rules, log
        self.live: list[Pool] = []
        self.remembered: list[float | None] = [None] * 10
        self.last_sweep: dict[int, Sweep] = {}
        self.swept_to: dict[int, float] = {}  #: the extreme behind each SWEEP, by its place in the log
        self.overflow = 0

    def step(self, bar: Bar) -> None:
        if bar.yard is None:
            return
        self._external(bar)
        for pool in [p for p in self.live if bar.i - p.born >= self.rules.pool_max_age]:
            self._end(bar, pool, AGE)
        self._test(bar, bar.yard)
        for pivot in bar.pivots:
            self._pivot(bar, pivot.side, pivot.side * pivot.level, pivot.ref)

    def _external(self, bar: Bar) -> None:
        for place, level in enumerate(bar.external):
            if level == self.remembered[place]:
                continue
            source, side = place + 1, -1 if place % 2 else 1
            for pool in [p for p in self.live if p.source == source]:
                self._end(bar, pool, REPLACED)
            self.remembered[place] = level
            if level is not None:
                self._open(bar, side, side * level, bar.i, source)

    def _test(self, bar: Bar, yard: float) -> None:
        sweeps: dict[int, list[Sweep]] = {1: [], -1: []}
        for pool in sorted(self.live, key=lambda p: (p.side, p.level, p.id)):
            seen = bar.turned(pool.side)
            if pool.pierced is None:
                if seen.high <= pool.level + self.rules.eq_tol * yard:
                    continue
                pool.pierced = Piercing(seen, seen.high, bar.i)
            since = pool.pierced
            since.bars += 1
            if seen.high > since.extreme:
                since.extreme, since.extreme_at = seen.high, bar.i
            if seen.close < pool.level:
                sweeps[-pool.side].append(self._sweep(bar, pool, since))
            elif since.bars == self.rules.sweep_bars:
                self._run(bar, pool, since)
        for side, told in sweeps.items():
            if told:
                self.last_sweep[side] = max(told, key=lambda s: self.log.score(s.id))

    def _sweep(self, bar: Bar, pool: Pool, since: Piercing) -> Sweep:
        depth, wick = bar.in_yards(since.extreme - pool.level), since.bar.upper_wick
        score = 0.25 * climb(pool.n, 1, 3) + 0.25 * climb(wick, 0.3, 0.7) + 0.2 * climb(since.bar.volume, 1, 2.5)
        score += 0.15 * (1 - (since.bars - 1) / self.rules.sweep_bars) + 0.15 * climb(depth, 1.5, 0.25)
        told = self._over(bar, pool, since, SWEEP, score)
        extreme = pool.side * since.extreme
        self.swept_to[told] = extreme
        return Sweep(told, since.extreme_at, bar.i, pool.side * pool.level, extreme)

    def _run(self, bar: Bar, pool: Pool, since: Piercing) -> None:
        beyond = bar.in_yards(abs(bar.close - pool.side * pool.level))
        score = 0.5 * climb(beyond, 0, 1) + 0.5 * climb(bar.volume, 1, 2)
        self._over(bar, pool, since, POOL_RUN, score)

    def _over(self, bar: Bar, pool: Pool, since: Piercing, kind: int, score: float) -> int:
        """A pierced pool ends as a sweep (back towards where price came from) or as a run."""
        self.live.remove(pool)
        level, extreme = pool.side * pool.level, pool.side * since.extreme
        depth = bar.in_yards(since.extreme - pool.level)
        return self.log.tell(
            bar,
            kind,
            -pool.side if kind == SWEEP else pool.side,
            level,
            span=(level, extreme),
            ref=since.extreme_at if kind == SWEEP else since.bar.i,
            score=score,
            state=END,
            parent=pool.id,
            ev=(pool.n, depth, since.bars, since.bar.volume, since.bar.upper_wick, pool.source),
        )

    def _pivot(self, bar: Bar, side: int, level: float, ref: int) -> None:
        tolerance = bar.yards(self.rules.eq_tol)
        assert tolerance is not None
        for pool in sorted(self.live, key=lambda p: p.id):
            mine = pool.side == side and pool.source == 0 and pool.pierced is None
            if mine and abs(pool.anchor - level) <= tolerance:
                pool.n += 1
                pool.level = max(pool.level, level)
                kind, price, score = EQH if side == 1 else EQL, side * pool.level, climb(pool.n, 1, 3)
                self.log.tell(bar, kind, side, price, ref=ref, score=score, state=UPDATE, parent=pool.id, ev=(pool.n,))
                return
        self._open(bar, side, level, ref, 0)

    def _open(self, bar: Bar, side: int, level: float, ref: int, source: int) -> None:
        mine = [p for p in self.live if p.side == side]
        if len(mine) == POOL_ROOM:
            self._end(bar, min(mine, key=lambda p: p.id), CAPACITY)
            self.overflow += 1
        told = self.log.tell(bar, POOL, side, side * level, ref=ref, ev=(1, source))
        self.live.append(Pool(told, side, source, level, level, ref, bar.i))

    def _end(self, bar: Bar, pool: Pool, reason: int) -> None:
        self.live.remove(pool)
        price, ev = pool.side * pool.level, (POOL, pool.n)
        self.log.tell(bar, SMC_END, pool.side, price, ref=pool.ref, state=END, reason=reason, parent=pool.id, ev=ev)


@dataclasses.dataclass(frozen=True)
class Reversal:
    id: int
    dir: int
    ref: int
    price: float
    extreme: float
    broken: float
    born: int


class Reversals:
    """Step 5: a sweep and then a change of character."""

    def __init__(self, rules: Rules, log: Log) -> None:
        self.rules, self.log = rules, log
        self.live: dict[int, Reversal] = {}

    def step(self, bar: Bar, broke: Break | None, sweeps: dict[int, Sweep]) -> Reversal | None:
        for one in list(self.live.values()):
            if one.dir * (bar.close - one.extreme) < 0:
                del self.live[one.dir]
                told = {"ref": one.ref, "state": END, "parent": one.id}
                self.log.tell(bar, SMR_INVALID, one.dir, one.extreme, **told)  # type: ignore[arg-type]
            elif bar.i - one.born >= self.rules.smr_life:
                self._end(bar, one, AGE)
        for side, sweep in sweeps.items():
            if side * (bar.close - sweep.extreme) < 0:
                sweep.used = True
        if broke is None or broke.kind != CHOCH:
            return None
        last = sweeps.get(broke.dir)
        if last is None or last.used or bar.i - last.known > self.rules.smr_window:
            return None
        last.used = True
        return self._made(bar, broke, last)

    def _made(self, bar: Bar, broke: Break, sweep: Sweep) -> Reversal:
        side = broke.dir
        if side in self.live:
            self._end(bar, self.live[side], REPLACED)
        shift = self.log.score(broke.shift.id) if broke.shift else 0.0
        score = 0.4 * self.log.score(sweep.id) + 0.3 * self.log.score(broke.id) + 0.3 * shift
        told = self.log.tell(
            bar,
            SMR,
            side,
            sweep.level,
            span=(sweep.extreme, broke.level),
            ref=sweep.ref,
            score=score,
            parent=sweep.id,
            ev=(bar.i, bar.i - sweep.known, float(broke.shift is not None)),
        )
        self.live[side] = Reversal(told, side, sweep.ref, sweep.level, sweep.extreme, broke.level, bar.i)
        return self.live[side]

    def _end(self, bar: Bar, one: Reversal, reason: int) -> None:
        del self.live[one.dir]
        span = one.extreme, one.broken
        self.log.tell(
            bar, SMC_END, one.dir, one.price,
            span=span, ref=one.ref, state=END, reason=reason, parent=one.id, ev=(SMR,),
        )  # fmt: skip
