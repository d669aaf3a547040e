"""Hidden order blocks one by one: the whole life of one candle's body, read off the bars that follow it.

Everything is told of a bearish candle. A bullish one is the bearish one of the chart upside down, and a zone with
price below it is the zone with price above it, upside down once more.
"""

import dataclasses
from collections.abc import Sequence

from tests.oracle.features_twin import Candle

HOB, PHOB, HOB_MITIGATED, WICK_ABSORB, VOL_SPIKE, HOB_REACTION, REACTION_FAIL, HOB_END = range(400, 408)
NEW, UPDATE, END = range(3)
PLAIN, REPLACED, AGE, CAPACITY, TARGET, ENTERED, GAP_CLOSED = 0, 1, 2, 3, 6, 7, 8
ROOM = 64  #: candidates and zones of one direction

Name = tuple[int, int, int]  #: kind, ref and known of an event: who it is


@dataclasses.dataclass(frozen=True)
class Rules:
    """The engine's parameters, flat, and what it takes from its neighbours'."""

    min_body: float = 0.25
    min_body_atr: float = 0.15
    buf: float = 0.05
    max_age: int = 500
    wick: float = 0.5
    wick_body: float = 1.5
    min_sp: float = 0.8
    spike_rv: float = 1.5
    min_score: float = 0.45
    life: int = 12
    weights: tuple[float, float, float, float] = (0.30, 0.25, 0.20, 0.25)  #: zone, absorb, spike, reaction
    atr: int = 14
    fvg_max_age: int = 500
    ob_max_age: int = 500


@dataclasses.dataclass(frozen=True)
class Told:
    """One event."""

    kind: int
    dir: int
    ref: int
    known: int
    price: float
    lo: float
    hi: float
    score: float
    state: int = NEW
    reason: int = PLAIN
    parent: Name | None = None
    ev: tuple[float, ...] = ()

    @property
    def name(self) -> Name:
        return self.kind, self.ref, self.known


@dataclasses.dataclass(frozen=True)
class Spell:
    """From the close of bar `first` to the close before bar `until` the zone lies quietly behind `told`."""

    first: int
    until: int
    n: int
    told: Told

    def stands_at(self, i: int) -> bool:
        return self.first <= i < self.until

    @property
    def defends(self) -> bool:
        """After an odd number of passes price is on the side that the zone's own candle pointed to."""
        return self.n % 2 == 1


@dataclasses.dataclass(frozen=True)
class Story:
    """All that becomes of the body of candle `z`; `gone` is the bar that ends it, the chart's end if none does."""

    z: int
    told: list[Told]
    spells: list[Spell]
    gone: int


def climb(x: float, start: float, end: float) -> float:
    return min(max((x - start) / (end - start), 0.0), 1.0)


def upside_down(bars: Sequence[Candle]) -> list[Candle]:
    return [Candle(-b.open, -b.low, -b.high, -b.close, b.volume) for b in bars]


def is_candidate(bar: Candle, a: float | None, rules: Rules) -> bool:
    body, spread = abs(bar.close - bar.open), bar.high - bar.low
    return bool(a) and spread > 0 and body >= rules.min_body * spread and body >= rules.min_body_atr * (a or 0.0)


class _Life:
    """The candle `z`, bearish in `view`, and what has been told of it so far."""

    def __init__(self, view: Sequence[Candle], z: int, d: int, before: Sequence[float | None], rules: Rules) -> None:
        self.view, self.z, self.d, self.before, self.rules = view, z, d, before, rules
        self.top, self.bot = view[z].open, view[z].close
        self.slack = rules.buf * (self.top - self.bot)
        self.touched = self.partial = False
        self.told: list[Told] = []
        self.spells: list[Spell] = []

    @property
    def n(self) -> int:
        return len(self.spells)

    def seen(self, i: int) -> Candle:
        """Bar `i` as if price were above the zone."""
        bar = self.view[i]
        return bar if self.n % 2 == 0 else upside_down([bar])[0]

    def edges(self) -> tuple[float, float, float]:
        """(near, middle, far) of the zone as if price were above it."""
        middle = (self.top + self.bot) / 2
        return (self.top, middle, self.bot) if self.n % 2 == 0 else (-self.bot, -middle, -self.top)

    def verdict(self, i: int) -> str:
        """What bar `i` does to the zone: nothing, passes through it, or ends it."""
        near, middle, far = self.edges()
        bar, last = self.seen(i), self.seen(i - 1)
        coloured = self.n > 0 or bar.close < bar.open
        if not self.partial:
            if bar.low > near:
                return "nothing"
            if bar.low >= near - self.slack:
                self.touched = True
                return "nothing"
            if coloured and last.low >= near - self.slack and bar.close <= far + self.slack:
                return "passes"
            if self.n > 0:
                return "ends"
            self.partial = True
        if bar.low > middle:
            return "nothing"
        return "passes" if coloured and last.low > middle and bar.close < middle else "ends"

    def leaves_gap(self, i: int) -> bool:
        """Whether bar `i`, the one after the pass, stays beyond the zone."""
        _, middle, far = self.edges()
        return self.seen(i).high < middle if self.partial else self.seen(i).high <= far + self.slack

    def hide(self, i: int) -> None:
        """Bar i - 1 passed and bar i left the gap open."""
        gap, a = self.seen(i - 2).low - self.seen(i).high, self.before[i]
        candle, n = self.view[self.z], self.n + 1
        share = (self.top - self.bot) / (candle.high - candle.low)
        height = gap / a if a else 0.0
        score = 0.4 * climb(n, 0, 3) + 0.3 * climb(share, 0.25, 0.6) + 0.2 * climb(height, 0.5, 2)
        score = (score + 0.1 * (not self.touched)) * (0.6 if self.partial else 1.0) if a else 0.0
        middle = (self.top + self.bot) / 2 * -self.d
        self.tell(
            PHOB if self.partial else HOB,
            i,
            score,
            state=UPDATE if self.told else NEW,
            ev=(n, middle, share, height, float(self.touched)),
        )
        self.spells.append(Spell(i, len(self.view), n, self.told[-1]))

    def tell(self, kind: int, i: int, score: float, *, state: int, ev: tuple[float, ...], reason: int = PLAIN) -> None:
        edges = -self.d * self.top, -self.d * self.bot
        parent = self.told[0].name if self.told else None
        lo, hi = min(edges), max(edges)
        self.told.append(Told(kind, self.d, self.z, i, edges[1], lo, hi, score, state, reason, parent, ev))

    def rest(self, i: int) -> None:
        """The quiet after the last pass is over with bar `i`."""
        if self.spells and self.spells[-1].until > i:
            self.spells[-1] = dataclasses.replace(self.spells[-1], until=i)

    def end(self, i: int, kind: int, reason: int) -> Story:
        """Told only of a zone that was hidden at least once."""
        self.rest(i)
        if self.n > 0:
            self.tell(kind, i, self.spells[-1].told.score, state=END, reason=reason, ev=(self.n,))
        return Story(self.z, self.told, self.spells, i)

    def story(self) -> Story:
        passing = False
        for i in range(self.z + 1, len(self.view)):
            if i - self.z >= self.rules.max_age:
                return self.end(i, HOB_END, AGE)
            if i == self.z + 1:
                if not self.view[i].close > self.top:
                    return self.end(i, HOB_MITIGATED, PLAIN)
            elif passing:
                if not self.leaves_gap(i):
                    return self.end(i, HOB_MITIGATED, GAP_CLOSED)
                self.hide(i)
                passing = False
            else:
                verdict = self.verdict(i)
                if verdict == "ends":
                    return self.end(i, HOB_MITIGATED, ENTERED)
                passing = verdict == "passes"
                if passing:
                    self.rest(i)
        return Story(self.z, self.told, self.spells, len(self.view))


def cut(story: Story, i: int) -> Story:
    """The story as it ends when its room is needed on bar `i`."""
    told = [t for t in story.told if t.known <= i]
    spells = [dataclasses.replace(s, until=min(s.until, i)) for s in story.spells if s.first <= i]
    if spells:
        last = spells[-1].told
        end = dataclasses.replace(last, kind=HOB_END, known=i, state=END, reason=CAPACITY, parent=told[0].name)
        told.append(dataclasses.replace(end, ev=(spells[-1].n,)))
    return Story(story.z, told, spells, i)


def make_room(stories: list[Story], i: int) -> None:
    """Before a candle of bar `i` comes in: a full house loses the oldest never hidden, else the oldest hidden."""
    here = [s for s in stories if s.gone > i]
    if len(here) >= ROOM:
        never = [s for s in here if not any(spell.first <= i for spell in s.spells)]
        victim = (never or here)[0]
        stories[stories.index(victim)] = cut(victim, i)


def stories(bars: Sequence[Candle], before: Sequence[float | None], rules: Rules) -> list[Story]:
    """Of every candidate of the chart; `before` is the ATR as of each bar's previous one."""
    found: list[Story] = []
    for d, view in ((-1, bars), (1, upside_down(bars))):
        mine: list[Story] = []
        for z, bar in enumerate(view):
            if bar.close < bar.open and is_candidate(bar, before[z], rules):
                make_room(mine, z)
                mine.append(_Life(view, z, d, before, rules).story())
        found += mine
    return found
