"""What the Wyckoff twin says of every bar: the parts of both books, the range and its phases."""

import dataclasses
import math
from collections.abc import Iterable

from tests.oracle import wyckoff_twin_base as says
from tests.oracle.twin_event import Event
from tests.oracle.wyckoff_twin_base import A1, A2, TWINS, B, Bar, C, D, E, Log, N, Rules, climb, mean
from tests.oracle.wyckoff_twin_lock import Sides, active, factor, the_range
from tests.oracle.wyckoff_twin_machine import Machine

SMR = 0  #: SMC's reversal, which is not in this log
SMC_SMR = 240  #: and what it is called there


def _both(*kinds: int) -> frozenset[int]:
    return frozenset(kinds) | {TWINS.get(kind, kind) for kind in kinds}


ADVANCE = _both(says.SOS, says.JAC, says.LPS, says.BU)
TURN = _both(says.SPRING, says.ACC_FAIL, says.FAILED_SOS)
TESTS = _both(says.TEST, says.TEST_OK, says.ST, says.UNDERCUT)
SPREADS = _both(says.CLIMAX_DOWN, says.STOPPING_VOLUME, says.NO_SUPPLY, says.REV_UPTHRUST_BAR, says.EFFORT_NO_RESULT)
CANDLES = frozenset({says.CRT, says.CRT_CONFIRM, SMR})
LIFE = dict.fromkeys(ADVANCE | TURN | TESTS, 24) | dict.fromkeys(SPREADS, 10)
LIFE |= {says.CRT_CONFIRM: 6, says.CRT: 3, SMR: 24}
SHARE = {says.CRT_CONFIRM: 0.6, says.CRT: 0.3}
FAILURES = _both(says.ACC_FAIL, says.FAILED_SOS)  #: whose direction is against their machine's
CLIMAXES = _both(says.SC)
SAME = 1e-9  #: what is this close is equal: rounding decides which of two is the stronger
Name = tuple[int, int, int, int, int]  #: kind, dir, ref, known, state


#: the output that names the event behind a part, and the kinds it can be of; a phase has its own
BEHIND = {
    "phase_id": frozenset(), "key_trend_id": ADVANCE, "key_reversal_id": TURN, "test_id": TESTS, "vsa_id": SPREADS,
    "crt_smr_id": CANDLES,
}  # fmt: skip


def name(e: Event) -> Name:
    return e.kind, e.dir, e.ref, e.known, e.state


@dataclasses.dataclass(frozen=True)
class Reversal:
    """SMC's: it goes with the sweep's extreme."""

    known: int
    dir: int
    ref: int
    score: float
    extreme: float


@dataclasses.dataclass(frozen=True)
class Reading:
    """Everything `wyckoff` says of one bar but the ids."""

    phase_trend_part: float = 0.0
    phase_reversal_part: float = 0.0
    key_trend_part: float = 0.0
    key_reversal_part: float = 0.0
    test_part: float = 0.0
    volume_law_part: float = 0.0
    vsa_part: float = 0.0
    crt_smr_part: float = 0.0
    trend: float = 0.0
    reversal: float = 0.0
    score: float = 0.0
    active: int = 0
    phase_long: int = N
    phase_short: int = N
    age_long: int = 0
    age_short: int = 0
    quality_long: float = 0.0
    quality_short: float = 0.0
    quality: float = 0.0
    spring_age: int = -1
    utad_age: int = -1
    range_low: float = math.nan
    range_high: float = math.nan
    both_sides: int = 0
    silent: int = 0
    evr: float = math.nan
    coil: float = math.nan
    ready: int = 0


@dataclasses.dataclass(frozen=True)
class Slot:
    """The event that counts for its kind and direction."""

    kind: int
    dir: int
    known: int
    strength: float
    level: float | None
    name: Name

    def left(self, i: int) -> float:
        return self.strength * max(0.0, 1 - (i - self.known) / LIFE[self.kind])

    def lives(self, bar: Bar) -> bool:
        refuted = self.level is not None and self.dir * (bar.close - self.level) < 0
        return not refuted and bar.i - self.known < LIFE[self.kind]


class Score:
    """Slots and what they come to."""

    def __init__(self, rules: Rules, log: Log, sides: Sides, candle_levels: dict[int, float]) -> None:
        self.rules, self.log, self.sides, self.candles = rules, log, sides, candle_levels
        self.held: dict[tuple[int, int], Slot] = {}
        self.read = 0
        self.climax = 0
        self.behind: dict[str, frozenset[Name | None]] = {}

    def step(self, bar: Bar, reversals: Iterable[Reversal]) -> Reading:
        leader = active(self.sides)
        self.held = {key: slot for key, slot in self.held.items() if slot.lives(bar)}
        new = range(self.read, len(self.log.told))
        self.read = len(self.log.told)
        climaxes = {self.log.told[place].dir for place in new if self.log.told[place].kind in CLIMAXES}
        self.climax = sum(climaxes) if climaxes else self.climax
        for place in new:
            self._enter(place, leader or self.climax)
        for r in reversals:
            self._keep(Slot(SMR, r.dir, bar.i, r.score, r.extreme, (SMC_SMR, r.dir, r.ref, r.known, says.NEW)))
        self.behind = self._behind(bar, leader)
        return self._reading(bar, leader)

    def _enter(self, place: int, background: int) -> None:
        e = self.log.told[place]
        if e.kind == says.TEST_FAIL:
            self.held.pop((says.TEST if e.dir == -1 else says.UTAD_TEST, -e.dir), None)
        if e.kind not in LIFE or e.dir == 0:
            return
        if e.kind in (says.NO_SUPPLY, says.NO_DEMAND) and e.dir != background:
            return
        self._keep(Slot(e.kind, e.dir, e.known, SHARE.get(e.kind, 1.0) * e.score, self._level(place), name(e)))

    def _level(self, place: int) -> float | None:
        for side, m in self.sides.items():
            if place in m.levels:
                level = m.levels[place]
                return None if level is None else side * level
        return self.candles.get(place)

    def _keep(self, new: Slot) -> None:
        old = self.held.get((new.kind, new.dir))
        if old is None or new.strength >= old.left(new.known):
            self.held[new.kind, new.dir] = new

    def _left(self, kinds: Iterable[int], i: int, leader: int) -> dict[Slot, float]:
        """What is left of each live slot of these kinds."""
        found = {}
        for slot in (slot for slot in self.held.values() if slot.kind in kinds):
            own = slot.kind in ADVANCE | TURN | TESTS
            side = -slot.dir if slot.kind in FAILURES else slot.dir
            found[slot] = slot.left(i) * (factor(self.sides, side, leader) if own else 1.0)
        return found

    def _net(self, kinds: Iterable[int], i: int, leader: int) -> float:
        best = {1: 0.0, -1: 0.0}
        for slot, left in self._left(kinds, i, leader).items():
            best[slot.dir] = max(best[slot.dir], left)
        return best[1] - best[-1]

    def _strongest(self, kinds: Iterable[int], i: int, leader: int) -> frozenset[Name | None]:
        """The event that makes the net; several where only rounding tells them apart, None where nothing is left."""
        left = self._left(kinds, i, leader)
        best = {d: max((x for slot, x in left.items() if slot.dir == d), default=0.0) for d in (1, -1)}
        none = {None} if abs(best[1] - best[-1]) <= SAME else set()
        most = max(best.values()) - SAME
        return frozenset(none | {slot.name for slot, x in left.items() if x > 0 and x >= most})

    def _behind(self, bar: Bar, leader: int) -> dict[str, frozenset[Name | None]]:
        """Which event stands behind each part."""
        if not bar.yard:
            return dict.fromkeys(BEHIND, frozenset({None}))
        phase = name(self.log.told[self.sides[leader].structure.said]) if leader else None
        rest = {key: self._strongest(kinds, bar.i, leader) for key, kinds in BEHIND.items() if kinds}
        return {"phase_id": frozenset({phase}), **rest}

    def _reading(self, bar: Bar, leader: int) -> Reading:
        ranges = the_range(self.sides, leader)
        known = self._known(bar, leader, ranges)
        if not bar.yard:
            return Reading(**known)  # type: ignore[arg-type]
        of_phase, of_key, of_test, of_volume, of_spread, of_candle = self.rules.weights
        early, late = self._phase(bar, leader)
        key_trend, key_reversal, key = (self._net(k, bar.i, leader) for k in (ADVANCE, TURN, ADVANCE | TURN))
        rest = [
            of_test * self._net(TESTS, bar.i, leader),
            of_volume * self._volume_law(ranges),
            of_spread * self._net(SPREADS, bar.i, leader),
            of_candle * self._net(CANDLES, bar.i, leader),
        ]
        return Reading(
            **known,  # type: ignore[arg-type]
            phase_trend_part=of_phase * late,
            phase_reversal_part=of_phase * early,
            key_trend_part=of_key * key_trend,
            key_reversal_part=of_key * key_reversal,
            test_part=rest[0],
            volume_law_part=rest[1],
            vsa_part=rest[2],
            crt_smr_part=rest[3],
            trend=of_phase * late + of_key * key_trend,
            reversal=of_phase * early + of_key * key_reversal + sum(rest),
            score=of_phase * (early + late) + of_key * key + sum(rest),
        )

    def _phase(self, bar: Bar, leader: int) -> tuple[float, float]:
        """Signed, for the book of turns and for that of trends."""
        if leader == 0:
            return 0.0, 0.0
        m = self.sides[leader]
        phase = m.structure.phase
        if phase == E:
            return 0.0, leader * (1 - (bar.i - m.structure.since) / self.rules.e_max)
        worth = leader * {A1: 0.1, A2: 0.2, B: 0.3, C: 0.7, D: 0.9}[phase]
        if phase == A1:
            return worth, 0.0
        worth *= m.quality
        return (0.0, worth) if phase == D else (worth, 0.0)

    def _volume_law(self, ranges: list[Machine]) -> float:
        if not ranges:
            return 0.0
        m = ranges[0]
        legs = [leg for leg in m.legs.last(1) if leg.origin_at >= m.structure.start]
        up, down = (mean([g.volume for g in legs if g.dir == d and g.volume is not None]) for d in (1, -1))
        if up is None or down is None or up + down == 0:
            return 0.0
        tilt = (up - down) / (up + down)
        return math.copysign(climb(abs(tilt), 0, 0.4), tilt)

    def _known(self, bar: Bar, leader: int, ranges: list[Machine]) -> dict[str, float]:
        long, short = self.sides[1], self.sides[-1]
        lows = [m.structure.support if m.side == 1 else -m.structure.top_edge for m in ranges]
        highs = [m.structure.top_edge if m.side == 1 else -m.structure.support for m in ranges]
        ages = [m.structure.phase and bar.i - m.structure.since for m in (long, short)]
        return {
            "active": leader,
            "phase_long": long.structure.phase,
            "phase_short": short.structure.phase,
            "age_long": ages[0],
            "age_short": ages[1],
            "quality_long": long.quality,
            "quality_short": short.quality,
            "quality": mean([m.quality for m in ranges]) or 0.0,
            "spring_age": -1 if long.sprang < 0 else bar.i - long.sprang,
            "utad_age": -1 if short.sprang < 0 else bar.i - short.sprang,
            "range_low": min(lows, default=math.nan),
            "range_high": max(highs, default=math.nan),
            "both_sides": int(all(m.structure.phase >= C for m in (long, short))),
            "silent": says.NOVOL if bar.yard is not None and bar.volume is None else 0,
            "ready": int(bar.yard is not None and bar.i >= self.rules.n_low),
        }
