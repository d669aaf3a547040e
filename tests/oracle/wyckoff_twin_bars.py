"""Single bars and pairs of bars of the Wyckoff twin: volume spread, candle ranges, effort against result, coil."""

import dataclasses
import itertools
import math
from collections.abc import Sequence

from tests.oracle.wyckoff_twin_base import (
    CLIMAX_DOWN,
    CRT,
    CRT_CONFIRM,
    CRT_INVALID,
    EFFORT_NO_RESULT,
    END,
    NO_SUPPLY,
    REV_UPTHRUST_BAR,
    STOPPING_VOLUME,
    Bar,
    Log,
    Rules,
    climb,
)  # fmt: skip

EFFORT_BARS, COIL_BARS = 50, 24
DAY = 86_400_000


class Spreads:
    """VSA: what the range, the close and the volume of one bar say."""

    def __init__(self, rules: Rules, log: Log) -> None:
        self.rules, self.log = rules, log

    def step(self, bar: Bar, past: Sequence[Bar]) -> None:
        if not bar.yard or bar.spread == 0 or bar.rv is None or not past:
            return
        for look in (self._climax, self._stopping, self._quiet, self._thrust):
            for side in (1, -1):
                look(bar.turned(side), [b.turned(side) for b in past[-max(2, self.rules.vsa_n) :]], side)
        if bar.rv >= self.rules.effort_rv and bar.sp <= self.rules.effort_sp:
            change = bar.close - past[-1].close
            score = 0.5 * climb(bar.rv, 1.5, 3) + 0.5 * climb(bar.sp, 0.7, 0.3)
            self._say(bar, EFFORT_NO_RESULT, 1, bar.close, score, dir_=-1 if change > 0 else 1 if change < 0 else 0)

    def _say(self, bar: Bar, kind: int, side: int, price: float, score: float, *, dir_: int = 1) -> None:
        assert bar.rv is not None
        ev = (bar.rv, bar.sp)
        self.log.tell(bar, kind, side, price, dir_=dir_, span=(bar.low, bar.high), score=score, ev=ev)

    def _lowest(self, past: Sequence[Bar]) -> float:
        """The low to be undercut; no price reaches it before there are enough bars."""
        n = self.rules.vsa_n
        return min(b.low for b in past[-n:]) if len(past) >= n else -math.inf

    def _climax(self, bar: Bar, past: Sequence[Bar], side: int) -> None:
        rv, rules = bar.rv or 0.0, self.rules
        down = bar.close < past[-1].close and bar.low < self._lowest(past)
        if down and rv >= rules.climax_rv and bar.sp >= rules.climax_sp:
            score = 0.5 * climb(rv, 2, 4) + 0.3 * climb(bar.sp, 1.5, 3) + 0.2 * climb(bar.clv, 0, 0.7)
            self._say(bar, CLIMAX_DOWN, side, bar.low, score)

    def _stopping(self, bar: Bar, past: Sequence[Bar], side: int) -> None:
        rv, rules = bar.rv or 0.0, self.rules
        down = bar.close < past[-1].close and bar.low < self._lowest(past)
        if down and rv >= rules.stop_rv and bar.clv >= rules.stop_clv:
            self._say(bar, STOPPING_VOLUME, side, bar.low, 0.5 * climb(rv, 1.8, 3) + 0.5 * climb(bar.clv, 0.5, 0.9))

    def _quiet(self, bar: Bar, past: Sequence[Bar], side: int) -> None:
        if len(past) < 2 or bar.close >= past[-1].close or bar.sp > self.rules.quiet_sp:
            return
        volumes = [b.volume for b in (bar, *past[-2:])]
        known = [v for v in volumes if v is not None]
        down = (bar.high - bar.close) / bar.spread
        if len(known) < 3 or known[0] >= min(known[1:]) or down > 0.5:
            return
        score = 0.5 * climb(bar.sp, 0.7, 0.3) + 0.3 * climb(known[0] / min(known[1:]), 1, 0.5)
        self._say(bar, NO_SUPPLY, side, bar.close, score + 0.2 * climb(down, 0.5, 0.2))

    def _thrust(self, bar: Bar, past: Sequence[Bar], side: int) -> None:
        rv, rules, lowest = bar.rv or 0.0, self.rules, self._lowest(past)
        down = (bar.high - bar.close) / bar.spread
        if bar.low < lowest < bar.close and bar.sp >= rules.thrust_sp and rv >= rules.thrust_rv:
            if down > rules.thrust_clv:
                return
            score = 0.4 * climb(bar.lower_wick, 0.4, 0.8) + 0.3 * climb(rv, 1.2, 2.5) + 0.3 * climb(bar.sp, 1, 2)
            self._say(bar, REV_UPTHRUST_BAR, side, bar.low, score)


@dataclasses.dataclass(frozen=True)
class Claim:
    """A candle range whose one side was swept; bars are turned to `side`."""

    side: int
    sweep: Bar
    mother: Bar
    told: int
    score: float


class Ranges:
    """CRT."""

    def __init__(self, rules: Rules, log: Log) -> None:
        self.rules, self.log = rules, log
        self.pending: Claim | None = None
        self.levels: dict[int, float] = {}  #: place in the log -> the extreme of the sweep, as a price

    def step(self, bar: Bar, past: Sequence[Bar]) -> None:
        if bar.yard is None:
            return
        if self.pending is not None:
            self._judge(bar, self.pending)
        if not bar.yard:
            return
        for w in range(min(self.rules.crt_window, len(past)), 0, -1):
            mother, between = past[-w], past[len(past) - w + 1 :]
            if all(b.high <= mother.high and b.low >= mother.low for b in between) and self._swept(bar, mother, w):
                return

    def _judge(self, bar: Bar, claim: Claim) -> None:
        seen, sweep = bar.turned(claim.side), claim.sweep
        span = (claim.mother.low, claim.mother.high)
        more = {"span": span, "ref": sweep.i, "state": END, "parent": claim.told}
        if seen.close > sweep.high:
            told = self.log.tell(seen, CRT_CONFIRM, claim.side, sweep.high, score=claim.score, **more)  # type: ignore[arg-type]
            self.levels[told] = claim.side * sweep.low
        elif seen.close < sweep.low:
            self.log.tell(seen, CRT_INVALID, claim.side, sweep.low, **more)  # type: ignore[arg-type]
        elif bar.i - sweep.i < self.rules.crt_confirm:
            return
        self.pending = None

    def _swept(self, bar: Bar, mother: Bar, w: int) -> bool:
        assert bar.yard
        if mother.spread < self.rules.crt_range * bar.yard:
            return False
        if (bar.low < mother.low) == (bar.high > mother.high) or not self._inside(bar, mother):
            return False
        side = 1 if bar.low < mother.low else -1
        seen, of = bar.turned(side), mother.turned(side)
        depth, size, rv = (of.low - seen.low) / bar.yard, mother.spread / bar.yard, bar.rv
        score = 0.35 * climb(seen.lower_wick, 0.3, 0.7) + 0.25 * climb(size, 1, 2.5)
        score += 0.2 * climb(depth, 1, 0.1) + 0.2 * climb(rv, 1, 2)
        ev = (depth, seen.lower_wick, size, rv or 0.0, w)
        told = self.log.tell(seen, CRT, side, of.low, span=(of.low, of.high), ref=mother.i, score=score, ev=ev)
        self.pending = Claim(side, seen, of, told, score)
        self.levels[told] = side * seen.low
        return True

    def _inside(self, bar: Bar, mother: Bar) -> bool:
        if self.rules.crt_inside == "range":
            return mother.low <= bar.close <= mother.high
        return min(mother.open, mother.close) <= bar.close <= max(mother.open, mother.close)


def deviation(values: Sequence[float]) -> float:
    """Of a population, summed without rounding."""
    middle = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((x - middle) ** 2 for x in values) / len(values))


def standing(values: Sequence[float], x: float) -> float:
    """How many deviations `x` is from the values before it."""
    if min(values) == max(values):
        return 0.0
    return min(max((x - math.fsum(values) / len(values)) / deviation(values), -3.0), 5.0)


def efforts(bars: Sequence[Bar]) -> list[float]:
    """Effort less result, per bar."""
    out = []
    rvs: list[float] = []
    sps: list[float] = []
    for bar in bars:
        known = bool(bar.yard) and bar.rv is not None
        if known and len(rvs) >= EFFORT_BARS:
            z = standing(rvs[-EFFORT_BARS:], bar.rv or 0.0) - standing(sps[-EFFORT_BARS:], bar.sp)
            out.append(min(max(z / 3, -1.0), 1.0))
        else:
            out.append(math.nan)
        if known:
            rvs.append(bar.rv or 0.0)
            sps.append(bar.sp)
    return out


def coils(bars: Sequence[Bar], rules: Rules, tf: int) -> list[float]:
    """How little the last closes moved, per bar."""
    moves: list[float] = []
    out = [math.nan] * min(1, len(bars))
    for before, bar in itertools.pairwise(bars):
        moves.append((bar.close - before.close) / abs(before.close) if before.close else 0.0)
        last = moves[-COIL_BARS:]
        spread = 0.0 if min(last) == max(last) else deviation(last)
        calm = climb(spread, rules.coil_max * math.sqrt(tf / DAY), 0)
        out.append(calm if len(last) == COIL_BARS else math.nan)
    return out
