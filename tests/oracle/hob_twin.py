"""The hidden-order-block engine over the whole past at once: every event and every reading.

Shares no code with the machine. Of the smart-money engine it knows its events and nothing else: which zones were
live before a bar is found from their births and ends.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from tests.oracle.features_twin import Candle, atrs
from tests.oracle.hob_twin_evidence import SmcEvent, Zone, absorptions, last_sweeps, smc_zones, spikes
from tests.oracle.hob_twin_zones import (
    AGE,
    END,
    HOB_END,
    HOB_REACTION,
    REACTION_FAIL,
    REPLACED,
    TARGET,
    Name,
    Rules,
    Spell,
    Story,
    Told,
    climb,
    stories,
)

#: which zone reacted on (bar, direction), where events of one bar are in an order the twin does not know
Choices = Mapping[tuple[int, int], Name]
NEAR = 1e-12


@dataclasses.dataclass(frozen=True)
class Reading:
    """What `hob` says of one bar."""

    zone_part: float
    absorb_part: float
    spike_part: float
    reaction_part: float


@dataclasses.dataclass(frozen=True)
class Met:
    """A zone that a bar came to."""

    name: Name
    ref: int
    lo: float
    hi: float
    quality: float
    rank: tuple[int, int]  #: of zones as good the smallest counts: (0, bar known) of a hidden block, else (1, event id)

    @property
    def middle(self) -> float:
        return (self.lo + self.hi) / 2


@dataclasses.dataclass(frozen=True)
class Claim:
    """A reaction that still has to prove itself."""

    told: Told
    close: float
    a: float

    @property
    def far(self) -> float:
        return self.told.lo if self.told.dir == 1 else self.told.hi

    def over(self, bar: Candle, i: int, life: int) -> tuple[int, int] | None:
        """(kind, reason) of its end on bar `i`."""
        d = self.told.dir
        if d * (bar.close - self.far) < 0:
            return REACTION_FAIL, 0
        if d * ((bar.high if d == 1 else bar.low) - self.close) >= self.a:
            return HOB_END, TARGET
        return (HOB_END, AGE) if i - self.told.known >= life else None

    def ended(self, i: int, kind: int, reason: int) -> Told:
        told = self.told
        return dataclasses.replace(told, kind=kind, known=i, state=END, reason=reason, parent=told.name, ev=())


class Chart:
    """Everything that is known of a chart with hindsight, and the questions a bar asks of it."""

    def __init__(self, bars: Sequence[Candle], events: Sequence[SmcEvent], rules: Rules) -> None:
        self.bars, self.rules, n = bars, rules, len(bars)
        self.before = [None, *atrs(bars, rules.atr)][:n]
        self.absorbed = absorptions(bars, self.before, rules)
        self.spiked = spikes(bars, self.before, rules)
        self.swept = last_sweeps(events, n)
        self.sweep_bars = {e.known for e in self.swept.values()}
        self.stories = stories(bars, self.before, rules)
        self.hidden: list[list[tuple[Story, Spell]]] = [[] for _ in range(n + 1)]
        self.smc: list[list[Zone]] = [[] for _ in range(n + 1)]
        for story in self.stories:
            for spell in story.spells:
                for i in range(spell.first, spell.until):
                    self.hidden[i].append((story, spell))
        for zone in smc_zones(events, n, rules):
            for i in range(zone.first, zone.until + 1):
                self.smc[i].append(zone)

    def zones_before(self, i: int, d: int) -> list[Met]:
        """What defends direction `d` when bar `i` comes."""
        found = [
            Met(story.told[0].name, story.z, spell.told.lo, spell.told.hi, spell.told.score, (0, story.told[0].known))
            for story, spell in self.hidden[i - 1] * (i > 0)
            if spell.told.dir == d and spell.defends and i - story.z < self.rules.max_age
        ]
        for zone in self.smc[i]:
            if zone.dir == d and zone.met_by(i):
                birth = zone.birth
                found.append(Met(birth.name, birth.ref, birth.lo, birth.hi, zone.quality(i), (1, birth.id)))
        return found

    def met(self, i: int, d: int) -> list[Met]:
        """The zones that bar `i` overlaps, or near which a sweep that counts turned."""
        bar, a, sweep = self.bars[i], self.before[i] or 0.0, self.swept.get((i, d))
        extreme = None if sweep is None else sweep.lo if d == 1 else sweep.hi
        return [
            zone
            for zone in self.zones_before(i, d)
            if (bar.low <= zone.hi if d == 1 else bar.high >= zone.lo)
            or (extreme is not None and zone.lo - 0.25 * a <= extreme <= zone.hi + 0.25 * a)
        ]

    def reactions(self, i: int, d: int) -> list[Told | None]:
        """What bar `i` may say in direction `d`: one thing, but for zones as good that became known together."""
        a, met = self.before[i], self.met(i, d)
        if not a or not met:
            return [None]
        best = max(zone.quality for zone in met)
        q = min(1.0, best + min(0.10, 0.05 * (len(met) - 1)))
        absorb, spike, sweep = self.absorbed.get((i, d)), self.spiked.get(i), self.swept.get((i, d))
        proof = [0.0 if one is None else one.score for one in (absorb, spike, sweep)]
        score = 0.30 * q + 0.25 * proof[0] + 0.20 * proof[1] + 0.25 * proof[2]
        ev = (q, *proof, len(met))
        tied = [zone for zone in met if zone.quality >= best - NEAR]
        if all(zone.quality == best for zone in tied):  # else rounding decides
            first = min(zone.rank for zone in tied)
            tied = [zone for zone in tied if zone.rank == first]
        return [
            Told(HOB_REACTION, d, zone.ref, i, zone.middle, zone.lo, zone.hi, score, parent=zone.name, ev=ev)
            if score >= self.rules.min_score and d * (self.bars[i].close - zone.middle) > 0
            else None
            for zone in tied
        ]

    def reaction(self, i: int, d: int, choices: Choices | None) -> Told | None:
        """Where several zones are equal, the chosen one, if it is among them."""
        possible = self.reactions(i, d)
        if choices is not None:
            chosen = choices.get((i, d))
            for one in possible:
                if chosen == (None if one is None else one.parent):
                    return one
        return possible[0]

    def zone_part(self, i: int) -> float:
        """Pull of the nearest hidden zone on either side of the close; of zones as near the better one's."""
        a, close = self.before[i], self.bars[i].close
        pulls = {1: 0.0, -1: 0.0}
        for d in (1, -1) if a else ():
            mine = [s.told for _, s in self.hidden[i] if s.told.dir == d and s.defends]
            gaps = [max(0.0, close - t.hi if d == 1 else t.lo - close) for t in mine]
            nearest = [t.score for t, gap in zip(mine, gaps, strict=True) if gap == min(gaps)]
            if nearest:
                pulls[d] = max(nearest) * climb(min(gaps) / (a or 1.0), 1, 0)
        return pulls[1] - pulls[-1]

    def spike_strengths(self, d: int) -> list[Told]:
        """Spikes whose close says `d`, halved where neither a rejection nor a sweep is on the bar."""
        found = []
        for i, told in self.spiked.items():
            share = told.ev[1]
            backed = (i, 1) in self.absorbed or (i, -1) in self.absorbed or i in self.sweep_bars
            if share > 0.6 if d == 1 else share < 0.4:
                found.append(dataclasses.replace(told, score=told.score * (1.0 if backed else 0.5)))
        return found


def left(told: Told, i: int, life: int) -> float:
    return told.score * max(0.0, 1 - (i - told.known) / life)


def slot(told: Iterable[Told], bars: Sequence[Candle], life: int, *, refuted: bool = False) -> list[float]:
    """What is left, on every bar, of the strongest of one kind and direction; a close beyond its far edge ends it."""
    arrivals = {one.known: one for one in told}
    held: Told | None = None
    out = []
    for i, bar in enumerate(bars):
        if refuted and held is not None and (bar.close < held.lo if held.dir == 1 else bar.close > held.hi):
            held = None
        if i in arrivals and (held is None or arrivals[i].score >= left(held, i, life)):
            held = arrivals[i]
        out.append(0.0 if held is None else left(held, i, life))
    return out


def claims(chart: Chart, choices: Choices | None) -> list[Told]:
    """Reactions and what becomes of them."""
    told: list[Told] = []
    live: dict[int, Claim] = {}
    for i, bar in enumerate(chart.bars):
        for d in (1, -1):
            over = live[d].over(bar, i, chart.rules.life) if d in live else None
            if over is not None:
                told.append(live.pop(d).ended(i, *over))
        for d in (1, -1):
            one = chart.reaction(i, d, choices)
            if one is not None:
                if d in live:
                    told.append(live[d].ended(i, HOB_END, REPLACED))
                told.append(one)
                live[d] = Claim(one, bar.close, chart.before[i] or 0.0)
    return told


def run(
    bars: Sequence[Candle], events: Sequence[SmcEvent], rules: Rules, choices: Choices | None = None
) -> tuple[list[Reading], list[Told]]:
    """`hob`, bar by bar, and all its events, given those of the smart-money engine."""
    chart = Chart(bars, events, rules)
    claimed = claims(chart, choices)
    absorb, spike, reaction = ([0.0] * len(bars) for _ in range(3))
    for d in (1, -1):
        rejected = [told for (_, side), told in chart.absorbed.items() if side == d]
        reacted = [told for told in claimed if told.kind == HOB_REACTION and told.dir == d]
        for total, part in (
            (absorb, slot(rejected, bars, 3)),
            (spike, slot(chart.spike_strengths(d), bars, 3)),
            (reaction, slot(reacted, bars, 6, refuted=True)),
        ):
            for i, value in enumerate(part):
                total[i] += d * value
    out = []
    for i, a in enumerate(chart.before):
        w = chart.rules.weights if a else (0.0,) * 4
        out.append(Reading(w[0] * chart.zone_part(i), w[1] * absorb[i], w[2] * spike[i], w[3] * reaction[i]))
    told = [one for story in chart.stories for one in story.told]
    told += [*chart.absorbed.values(), *chart.spiked.values(), *claimed]
    return out, sorted(told, key=lambda one: one.known)
