"""What the hidden order blocks lean on: rejections, volume, and what smart-money events leave standing."""

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

from tests.oracle.features_twin import Candle, relative_volumes
from tests.oracle.hob_twin_zones import AGE, NEW, VOL_SPIKE, WICK_ABSORB, Name, Rules, Told, climb

FVG, IFVG, IFVG_INVALID = 210, 214, 215
OB, OB_MITIGATED, BREAKER, BREAKER_INVALID = 220, 222, 223, 224
SWEEP, SMC_END = 233, 250
VOLUMES = 20  #: in the mean that a volume is relative to


class SmcEvent(NamedTuple):
    """What the smart-money engine says; `parent` is an id, -1 for none."""

    id: int
    kind: int
    dir: int
    ref: int
    known: int
    price: float
    lo: float
    hi: float
    score: float
    state: int
    reason: int
    parent: int
    ev: tuple[float, ...] = ()

    @property
    def name(self) -> Name:
        return self.kind, self.ref, self.known


@dataclasses.dataclass(frozen=True)
class Zone:
    """One zone while it is one thing: known at the close of bar `first`, over with bar `until`."""

    birth: SmcEvent
    dir: int
    max_age: int
    first: int
    until: int
    aged: bool  #: whether bar `until` ends it for its age, before anything can react
    mitigated: float  #: the bar that reached its middle, infinite if none did

    def quality(self, i: int) -> float:
        """On bar `i`, with what had happened to it before."""
        half = 0.5 if self.mitigated < i else 1.0
        return self.birth.score * half * (1 - (i - self.birth.known) / self.max_age)

    def met_by(self, i: int) -> bool:
        """Whether it lived when bar `i` came."""
        return self.first < i <= self.until and not (self.aged and i == self.until)


def close_location(bar: Candle) -> float:
    spread = bar.high - bar.low
    return (bar.close - bar.low) / spread if spread > 0 else 0.5


def absorptions(bars: Sequence[Candle], before: Sequence[float | None], rules: Rules) -> dict[tuple[int, int], Told]:
    """Rejections by (bar, direction): a long wick on the side the close is far from."""
    found = {}
    for i, (bar, a) in enumerate(zip(bars, before, strict=True)):
        spread, body, where = bar.high - bar.low, abs(bar.close - bar.open), close_location(bar)
        if not a or spread <= 0 or spread / a < rules.min_sp:
            continue
        below, above = min(bar.open, bar.close) - bar.low, bar.high - max(bar.open, bar.close)
        for d, wick, far, end in (
            (1, below, (bar.close - bar.low) / spread, bar.low),
            (-1, above, (bar.high - bar.close) / spread, bar.high),
        ):
            if far >= 0.55 and wick / spread >= rules.wick and wick >= rules.wick_body * body:
                score = 0.5 * climb(wick / spread, 0.5, 0.8) + 0.3 * climb(spread / a, 0.8, 2)
                score += 0.2 * climb(far, 0.55, 0.9)
                ev = (wick / spread, spread / a, where)
                found[i, d] = Told(WICK_ABSORB, d, i, i, end, bar.low, bar.high, score, ev=ev)
    return found


def spikes(bars: Sequence[Candle], before: Sequence[float | None], rules: Rules) -> dict[int, Told]:
    """Volume spikes by bar."""
    found = {}
    relative = relative_volumes([bar.volume for bar in bars], VOLUMES)
    for i, (bar, a, rv) in enumerate(zip(bars, before, relative, strict=True)):
        if rv is not None and rv >= rules.spike_rv:
            score = climb(rv, 1.5, 3) if a else 0.0
            ev = (rv, close_location(bar))
            found[i] = Told(VOL_SPIKE, 0, i, i, bar.close, bar.low, bar.high, score, ev=ev)
    return found


def last_sweeps(events: Sequence[SmcEvent], n: int) -> dict[tuple[int, int], SmcEvent]:
    """By (bar, direction): the sweep that counts there, known on that bar or on one of the two before it."""
    told: dict[tuple[int, int], list[SmcEvent]] = {}
    for event in events:
        if event.kind == SWEEP:
            told.setdefault((event.known, event.dir), []).append(event)
    found = {}
    for i in range(n):
        for d in (1, -1):
            for known in (i - 2, i - 1, i):
                if (known, d) in told:
                    found[i, d] = best_sweep(told[known, d])
    return found


def best_sweep(rivals: Sequence[SmcEvent]) -> SmcEvent:
    """Of several on one bar: the best score, then the nearest level (lowest high, highest low), then the oldest."""
    return min(rivals, key=lambda e: (-e.score, -e.dir * e.price, e.parent))


def smc_zones(events: Sequence[SmcEvent], n: int, rules: Rules) -> list[Zone]:
    """Order blocks, breakers and inverted gaps, each as long as it was one of these."""
    about: dict[int, list[SmcEvent]] = {}
    for event in events:
        about.setdefault(event.parent, []).append(event)
    found = []
    for birth in events:
        later = about.get(birth.id, [])
        if birth.kind == OB and birth.state == NEW:
            found.append(_zone(birth, birth, later, (BREAKER, SMC_END), n, rules.ob_max_age))
            found += _flipped(birth, later, (BREAKER, BREAKER_INVALID), n, rules.ob_max_age)
        elif birth.kind == FVG:
            found += _flipped(birth, later, (IFVG, IFVG_INVALID), n, rules.fvg_max_age)
    return found


def _flipped(birth: SmcEvent, later: Sequence[SmcEvent], kinds: tuple[int, int], n: int, max_age: int) -> list[Zone]:
    flip, lost = kinds
    return [_zone(birth, e, later, (lost, SMC_END), n, max_age) for e in later if e.kind == flip]


def _first(later: Sequence[SmcEvent], kinds: tuple[int, ...]) -> SmcEvent | None:
    return min((e for e in later if e.kind in kinds), key=lambda e: e.known, default=None)


def _zone(
    birth: SmcEvent, now: SmcEvent, later: Sequence[SmcEvent], ends: tuple[int, int], n: int, max_age: int
) -> Zone:
    """`birth` while it is what `now` made of it; a breaker has no use for its middle."""
    over = _first(later, ends)
    until, aged = (n, False) if over is None else (over.known, over.kind == SMC_END and over.reason == AGE)
    halfway = _first(later, (OB_MITIGATED,)) if now is birth else None
    return Zone(birth, now.dir, max_age, now.known, until, aged, math.inf if halfway is None else halfway.known)
