"""Displacements, breaks of structure, shifts of it, and the four-swing patterns of the SMC twin."""

import dataclasses
import struct
from collections.abc import Sequence

from tests.oracle.levels_twin import TwinPivot, TwinSwing
from tests.oracle.smc_twin_base import (
    ARMED_ROOM,
    BOS,
    CHOCH,
    DISPL,
    MSS,
    SMC4_BOS,
    SMC4_CHOCH,
    Bar,
    Log,
    Rules,
    climb,
)


@dataclasses.dataclass(frozen=True)
class Displacement:
    i: int
    id: int


@dataclasses.dataclass(frozen=True)
class Break:
    """A break of structure; `shift` is the displacement behind it if it is a shift (MSS)."""

    id: int
    dir: int
    kind: int
    swing: int
    level: float
    shift: Displacement | None


class Structure:
    """Steps 1 to 3: the trend and what breaks it."""

    def __init__(self, rules: Rules, log: Log) -> None:
        self.rules, self.log = rules, log
        self.trend = 0
        self.broke_at = 0
        self.unbroken: dict[int, TwinPivot | None] = {1: None, -1: None}
        self.displaced: dict[int, Displacement] = {}

    def displacement(self, bar: Bar) -> None:
        """Step 1."""
        rules, spread = self.rules, bar.high - bar.low
        if not bar.yard or spread == 0 or bar.body < rules.body * bar.yard or bar.body < rules.share * spread:
            return
        size, share = bar.in_yards(bar.body), bar.body / spread
        score = 0.5 * climb(size, 1.2, 3) + 0.3 * climb(share, 0.6, 0.95) + 0.2 * climb(bar.volume, 1, 2.5)
        side = 1 if bar.close > bar.open else -1
        ev = (size, share, bar.volume)
        told = self.log.tell(bar, DISPL, side, bar.close, span=(bar.low, bar.high), score=score, ev=ev)
        self.displaced[side] = Displacement(bar.i, told)

    def breaks(self, bar: Bar) -> Break | None:
        """Steps 2 and 3; a bar that would break both sides breaks nothing."""
        for pivot in bar.pivots:
            self.unbroken[pivot.side] = pivot
        sides = [side for side in (1, -1) if self._beyond(bar, side)]
        return self._break(bar, sides[0]) if len(sides) == 1 else None

    def _beyond(self, bar: Bar, side: int) -> bool:
        pivot, least = self.unbroken[side], bar.yards(self.rules.min_break)
        return (
            pivot is not None
            and least is not None
            and bar.turned(side).by(self.rules.break_by) > side * pivot.level + least
        )

    def _break(self, bar: Bar, side: int) -> Break:
        pivot = self.unbroken[side]
        assert pivot is not None
        self.unbroken[side] = None
        kind = CHOCH if self.trend == -side else BOS
        beyond, age, k = bar.in_yards(side * (bar.close - pivot.level)), bar.i - pivot.ref, self.rules.k
        size = bar.in_yards(bar.body)
        score = 0.4 * climb(beyond, 0, 1) + 0.2 * climb(bar.volume, 1, 2)
        score += 0.2 * climb(size, 0.5, 1.5) + 0.2 * climb(age, k, 10 * k)
        ev = (pivot.ref, beyond, bar.volume, size, float(self.trend == 0), age)
        told = self.log.tell(bar, kind, side, pivot.level, score=score, ev=ev)
        self.trend, self.broke_at = side, bar.i
        shift = self._shift(bar, side, pivot.level, told) if kind == CHOCH else None
        return Break(told, side, kind, pivot.ref, pivot.level, shift)

    def _shift(self, bar: Bar, side: int, level: float, choch: int) -> Displacement | None:
        behind = self.displaced.get(side)
        if behind is None or bar.i - behind.i > self.rules.window - 1:
            return None
        worth = self.log.score(behind.id)
        score = 0.5 * self.log.score(choch) + 0.5 * worth
        self.log.tell(bar, MSS, side, level, score=score, parent=choch, ev=(behind.i, worth))
        return behind


@dataclasses.dataclass
class Armed:
    kind: int
    dir: int
    swing: TwinSwing
    level: float
    since: int
    broken: int | None


class Patterns:
    """Step 9: breaks of the second of four swings, as smart-money-concepts sees structure."""

    def __init__(self, rules: Rules, log: Log, bars: Sequence[Bar]) -> None:
        self.golden, self.log, self.bars = rules.smc4 == "golden", log, bars
        self.swings: list[TwinSwing] = []
        self.seen: set[tuple[int, int, int]] = set()
        self.armed: list[Armed] = []

    def step(self, bar: Bar) -> None:
        for armed in self.armed:
            if armed.broken is None and self._breaks(bar, armed.swing):
                armed.broken = bar.i
        for swing in bar.swings:
            self._take(swing)
            self._arm(bar)
        self._emit(bar)

    def _take(self, swing: TwinSwing) -> None:
        if swing.replaces >= 0:
            self.swings.pop()
        self.swings.append(swing)

    def _level(self, swing: TwinSwing) -> float:
        """A single-precision level is what the library compares with."""
        rounded: float = struct.unpack("f", struct.pack("f", swing.level))[0]
        return rounded if self.golden else swing.level

    def _breaks(self, bar: Bar, swing: TwinSwing) -> bool:
        return swing.side * (bar.close - self._level(swing)) > 0

    def _arm(self, bar: Bar) -> None:
        if len(self.swings) < 4:
            return
        side = -self.swings[-4].side  # bullish when the first of the four is a low
        s1, s2, s3, s4 = (side * self._level(s) for s in self.swings[-4:])
        kind = SMC4_BOS if s1 < s3 < s2 < s4 else SMC4_CHOCH if s4 > s2 > s1 > s3 else None
        second = self.swings[-3]
        if kind is None or (kind, side, second.ref) in self.seen:
            return
        self.seen.add((kind, side, second.ref))
        beyond = [b.i for b in self.bars[second.ref + 2 : bar.i + 1] if self._breaks(b, second)]
        level = self._level(second)
        self.armed.append(Armed(kind, side, second, level, bar.i, beyond[0] if beyond else None))

    def _emit(self, bar: Bar) -> None:
        for one in self.armed:
            if one.broken is not None:
                ev = (one.broken, one.since)
                self.log.tell(bar, one.kind, one.dir, one.level, ref=one.swing.ref, ev=ev)
        self.armed = [one for one in self.armed if one.broken is None][-ARMED_ROOM:]
