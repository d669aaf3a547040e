"""What the SMC twin says of every bar: the parts of both books and the dealing range."""

import dataclasses
import math
from collections.abc import Iterable

from tests.oracle.smc_twin_base import BOS, CHOCH, MSS, POOL_RUN, SMR, SWEEP, Bar, Log, Rules, climb

#: kind -> (share of its score, bars it counts)
SHIFTS = {MSS: (1.0, 12), CHOCH: (0.7, 12), BOS: (0.5, 12)}
GRABS = {SWEEP: (1.0, 12), SMR: (1.0, 12)}
RUNS = {POOL_RUN: (0.5, 6)}
ALL = {**SHIFTS, **GRABS, **RUNS}


@dataclasses.dataclass(frozen=True)
class Range:
    range_low: float = math.nan
    range_high: float = math.nan
    range_pos: float = math.nan
    range_dir: int = 0
    ote: int = 0
    outside: int = 0


@dataclasses.dataclass(frozen=True)
class Reading(Range):
    """Everything `smc` says of one bar."""

    structure_part: float = 0.0
    shift_part: float = 0.0
    zone_part: float = 0.0
    liquidity_part: float = 0.0
    run_part: float = 0.0
    location_part: float = 0.0

    @property
    def trend(self) -> float:
        return self.structure_part + self.shift_part + self.run_part

    @property
    def reversal(self) -> float:
        return self.zone_part + self.liquidity_part + self.location_part


@dataclasses.dataclass(frozen=True)
class Slot:
    """The event that counts for its kind and direction; a close beyond `level` refutes it."""

    kind: int
    dir: int
    known: int
    strength: float
    level: float | None

    def left(self, i: int) -> float:
        return self.strength * max(0.0, 1 - (i - self.known) / ALL[self.kind][1])

    def lives(self, bar: Bar) -> bool:
        refuted = self.level is not None and self.dir * (bar.close - self.level) < 0
        return not refuted and bar.i - self.known < ALL[self.kind][1]


class Slots:
    """The slots of all kinds that decay; `behind` is the extreme a sweep or reversal of the log rests on."""

    def __init__(self, log: Log, behind: dict[int, float]) -> None:
        self.log, self.behind = log, behind
        self.held: dict[tuple[int, int], Slot] = {}
        self.read = 0

    def step(self, bar: Bar) -> None:
        self._refute(bar)
        for place in range(self.read, len(self.log.told)):
            event = self.log.told[place]
            if event.kind in ALL:
                strength = ALL[event.kind][0] * event.score
                new = Slot(event.kind, event.dir, bar.i, strength, self.behind.get(place))
                old = self.held.get((new.kind, new.dir))
                if old is None or strength >= old.left(bar.i):
                    self.held[new.kind, new.dir] = new
        self.read = len(self.log.told)
        self._refute(bar)

    def _refute(self, bar: Bar) -> None:
        self.held = {key: slot for key, slot in self.held.items() if slot.lives(bar)}

    def net(self, kinds: Iterable[int], i: int) -> float:
        """The strongest bull less the strongest bear."""
        left = [(slot.dir, slot.left(i)) for slot in self.held.values() if slot.kind in kinds]
        bull, bear = (max((x for side, x in left if side == d), default=0.0) for d in (1, -1))
        return bull - bear


def dealing(bar: Bar, rules: Rules) -> Range:
    """Step 10."""
    lo, hi = bar.swing_low, bar.swing_high
    if lo is None or hi is None or hi <= lo:
        return Range()
    place = min(max(((bar.close - lo) - (hi - bar.close)) / (hi - lo), -1.0), 1.0)
    pos = 0.5 + 0.5 * place
    side = -1 if place > 2 * rules.eq_band else 1 if place < -2 * rules.eq_band else 0
    retraced = (hi - bar.close if bar.swing_dir == 1 else bar.close - lo) / (hi - lo)
    return Range(lo, hi, pos, side, int(0.62 <= retraced <= 0.79), int(bar.close > hi or bar.close < lo))


def structure(trend: int, age: int, k: int) -> float:
    """The trend, in full for a while after its last break and then less and less."""
    fresh = min(3 * k, 59)
    return trend * (1.0 if age <= fresh else 1 - 0.6 * climb(age, fresh, 60))
