"""The SMC engine's slow twin: one bar after the other, every step as its definition says, over plain lists.

Shares no code with the machine. Pivots, swings, sessions, periods and yardsticks come from the other twins.
"""

import dataclasses
from collections.abc import Sequence

from tests.oracle.smc_twin_base import SMC_END, Bar, Log, Rules
from tests.oracle.smc_twin_chart import Raw, chart
from tests.oracle.smc_twin_pools import Pools, Reversals
from tests.oracle.smc_twin_score import GRABS, RUNS, SHIFTS, Reading, Slots, dealing, structure
from tests.oracle.smc_twin_structure import Patterns, Structure
from tests.oracle.smc_twin_zones import Zones
from tests.oracle.twin_event import Event

__all__ = ["Event", "Raw", "Reading", "Rules", "Told", "tell"]


@dataclasses.dataclass(frozen=True)
class Told:
    """All that was said; `overflow` counts what had to make room."""

    events: list[Event]
    readings: list[Reading]
    overflow: int

    def what(self) -> set[tuple[int, int, int, int]]:
        """(kind, state, reason, kind of what ended) of everything that happened."""
        return {(e.kind, e.state, e.reason, int(e.ev[0]) if e.kind == SMC_END else 0) for e in self.events}


class Twin:
    """The parts and the order in which a bar goes through them."""

    def __init__(self, bars: Sequence[Bar], rules: Rules) -> None:
        self.rules, self.log = rules, Log()
        self.structure = Structure(rules, self.log)
        self.pools = Pools(rules, self.log)
        self.reversals = Reversals(rules, self.log)
        self.zones = Zones(rules, self.log, bars)
        self.patterns = Patterns(rules, self.log, bars)
        self.behind: dict[int, float] = self.pools.swept_to
        self.slots = Slots(self.log, self.behind)

    def step(self, bar: Bar) -> Reading:
        parts = self.structure
        before = dict(parts.displaced)
        parts.displacement(bar)
        broke = parts.breaks(bar)
        self.pools.step(bar)
        made = self.reversals.step(bar, broke, self.pools.last_sweep)
        if made is not None:
            self.behind[made.id] = made.extreme
        self.zones.lives(bar)
        self.zones.gap(bar, parts.trend, before)
        if broke is not None:
            self.zones.block(bar, broke, parts.displaced, self.pools.last_sweep)
        if self.rules.smc4 != "off":
            self.patterns.step(bar)
        self.slots.step(bar)
        return self._reading(bar)

    def _reading(self, bar: Bar) -> Reading:
        span = dealing(bar, self.rules)
        if not bar.yard:
            return Reading(**dataclasses.asdict(span))
        of_structure, of_shift, of_zone, of_liquidity, of_location = self.rules.weights
        lean = span.range_dir * abs(2 * span.range_pos - 1) if span.range_dir else 0.0
        return Reading(
            **dataclasses.asdict(span),
            structure_part=of_structure
            * structure(self.structure.trend, bar.i - self.structure.broke_at, self.rules.k),
            shift_part=of_shift * self.slots.net(SHIFTS, bar.i),
            zone_part=of_zone * self._zones(bar),
            liquidity_part=of_liquidity * self.slots.net(GRABS, bar.i),
            run_part=of_liquidity * self.slots.net(RUNS, bar.i),
            location_part=of_location * lean,
        )

    def _zones(self, bar: Bar) -> float:
        best = {1: 0.0, -1: 0.0}
        for zone in self.zones.live:
            best[zone.dir] = max(best[zone.dir], zone.activation(bar, self.zones.max_age(zone)))
        return best[1] - best[-1]


def tell(raws: Sequence[Raw], rules: Rules, *, sessions: bool = True) -> Told:
    """Everything `smc` says of a chart; `sessions`: its bars are short enough to have sessions."""
    bars = chart(raws, rules, sessions=sessions)
    twin = Twin(bars, rules)
    readings = [twin.step(bar) for bar in bars]
    return Told(twin.log.told, readings, twin.pools.overflow + twin.zones.overflow)
