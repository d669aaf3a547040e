"""The Wyckoff engine's slow twin: one bar after the other, every step as its definition says, over plain lists.

Shares no code with the machine. Pivots and yardsticks come from the other twins, reversals from that of SMC.
"""

import dataclasses
from collections.abc import Sequence

from tests.oracle import smc_twin_base, smc_twin_chart
from tests.oracle.smc_twin_chart import Raw
from tests.oracle.smc_twin_pools import Pools, Reversals
from tests.oracle.smc_twin_structure import Structure
from tests.oracle.twin_event import Event
from tests.oracle.wyckoff_twin_bars import Ranges, Spreads, coils, efforts
from tests.oracle.wyckoff_twin_base import Bar, Log, Rules
from tests.oracle.wyckoff_twin_legs import Legs
from tests.oracle.wyckoff_twin_lock import Sides, cross, lock
from tests.oracle.wyckoff_twin_machine import Machine
from tests.oracle.wyckoff_twin_score import Name, Reading, Reversal, Score

__all__ = ["Event", "Raw", "Reading", "Rules", "Told", "tell"]

HOUR = 3_600_000
MEMORY = 300  #: bars back that anything is read of


@dataclasses.dataclass(frozen=True)
class Told:
    """All that was said, and for every bar which events may stand behind its parts (None: none does)."""

    events: list[Event]
    readings: list[Reading]
    behind: list[dict[str, frozenset[Name | None]]]

    def what(self) -> set[tuple[int, int, int, int]]:
        """(kind, dir, state, reason) of everything that happened."""
        return {(e.kind, e.dir, e.state, e.reason) for e in self.events}


class Twin:
    """The parts and the order in which a bar goes through them."""

    def __init__(self, bars: Sequence[Bar], rules: Rules) -> None:
        self.rules, self.log, self.legs = rules, Log(), Legs(rules.retrace)
        self.charts = {side: [bar.turned(side) for bar in bars] for side in (1, -1)}
        self.spreads, self.candles = Spreads(rules, self.log), Ranges(rules, self.log)
        self.sides: Sides = {side: Machine(rules, self.log, self.legs, side) for side in (1, -1)}
        self.score = Score(rules, self.log, self.sides, self.candles.levels)

    def step(self, i: int, reversals: Sequence[Reversal]) -> Reading:
        bars, first = self.charts[1], max(0, i - MEMORY)
        bar, past = bars[i], bars[first:i]
        self.legs.step(bar)
        self.spreads.step(bar, past)
        self.candles.step(bar, past)
        if bar.yard is not None:
            for side, m in self.sides.items():
                m.now = i
                m.step(self.charts[side][i], self.charts[side][first:i])
            cross(bar, self.sides)
            lock(bar, bars[first : i + 1], self.rules, self.log, self.sides)
        return self.score.step(bar, reversals)


def chart(raws: Sequence[Raw], seen: Sequence[smc_twin_base.Bar]) -> list[Bar]:
    """Every bar with all that its close reveals, SMC's levels aside."""
    return [
        Bar(b.i, b.open, b.high, b.low, b.close, raw.volume, b.yard, b.rv, b.pivots)
        for raw, b in zip(raws, seen, strict=True)
    ]


def reversals_of(seen: Sequence[smc_twin_base.Bar], rules: smc_twin_base.Rules) -> dict[int, list[Reversal]]:
    """What SMC's twin calls a smart-money reversal, by bar; the parts that do not lead there are left out."""
    log = smc_twin_base.Log()
    structure, pools = Structure(rules, log), Pools(rules, log)
    reversals = Reversals(rules, log)
    for bar in seen:
        structure.displacement(bar)
        broke = structure.breaks(bar)
        pools.step(bar)
        reversals.step(bar, broke, pools.last_sweep)
    found: dict[int, list[Reversal]] = {}
    for e in log.told:
        if e.kind == smc_twin_base.SMR:
            extreme = e.lo if e.dir == 1 else e.hi
            found.setdefault(e.known, []).append(Reversal(e.known, e.dir, e.ref, e.score, extreme))
    return found


def tell(raws: Sequence[Raw], rules: Rules, *, tf: int = HOUR, sessions: bool = True) -> Told:
    """Everything `wyckoff` says of a chart whose bars last `tf` milliseconds."""
    smc = smc_twin_base.Rules(k=rules.k)
    seen = smc_twin_chart.chart(raws, smc, sessions=sessions)
    bars, reversals = chart(raws, seen), reversals_of(seen, smc)
    twin = Twin(bars, rules)
    readings, behind = [], []
    for i in range(len(bars)):
        readings.append(twin.step(i, reversals.get(i, ())))
        behind.append(twin.score.behind)
    extra = zip(readings, efforts(bars), coils(bars, rules, tf), strict=True)
    return Told(twin.log.told, [dataclasses.replace(r, evr=evr, coil=coil) for r, evr, coil in extra], behind)
