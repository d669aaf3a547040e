"""The ATR zig-zag of the Wyckoff twin: legs as lists of bars."""

import dataclasses
from collections.abc import Sequence

from tests.oracle.wyckoff_twin_base import Bar, mean


@dataclasses.dataclass(frozen=True)
class Leg:
    """A leg from `origin` to `extreme`; prices are of the chart as it is."""

    dir: int
    origin: float
    origin_at: int
    extreme: float
    extreme_at: int
    bars: Sequence[Bar]

    def turned(self, side: int) -> "Leg":
        return dataclasses.replace(self, dir=side * self.dir, origin=side * self.origin, extreme=side * self.extreme)

    @property
    def sp(self) -> float | None:
        return mean([b.sp for b in self.bars])

    @property
    def rv(self) -> float | None:
        return mean([b.rv for b in self.bars if b.rv is not None])

    @property
    def volume(self) -> float | None:
        return mean([b.volume for b in self.bars if b.volume is not None])


class Legs:
    """`done` are the confirmed legs, `current` the one under way, `now` the one confirmed on this bar."""

    def __init__(self, retrace: float) -> None:
        self.retrace = retrace
        self.done: list[Leg] = []
        self.current: Leg | None = None
        self.now: Leg | None = None
        self.tail: list[Bar] = []
        self.first: list[Bar] = []

    def step(self, bar: Bar) -> None:
        self.now = None
        if not bar.yard:
            return
        if self.current is None:
            self._begin(bar, bar.yard)
        else:
            self._go_on(bar, self.current, bar.yard)

    def _begin(self, bar: Bar, yard: float) -> None:
        self.first.append(bar)
        top = max(self.first, key=lambda b: b.high)
        bottom = min(self.first, key=lambda b: b.low)
        if top.high - bottom.low < self.retrace * yard or (top is bar) == (bottom is bar):
            return
        if top is bar:
            self.current = Leg(1, bottom.low, bottom.i, top.high, top.i, list(self.first))
        else:
            self.current = Leg(-1, top.high, top.i, bottom.low, bottom.i, list(self.first))

    def _go_on(self, bar: Bar, leg: Leg, yard: float) -> None:
        seen = bar.turned(leg.dir)
        self.tail.append(bar)
        if seen.high > leg.dir * leg.extreme:
            bars = [*leg.bars, *self.tail]
            self.current = dataclasses.replace(leg, extreme=leg.dir * seen.high, extreme_at=bar.i, bars=bars)
            self.tail = []
            return
        turn = min((b.turned(leg.dir) for b in self.tail), key=lambda b: b.low)
        if leg.dir * leg.extreme - turn.low >= self.retrace * yard:
            self.now = leg
            self.done.append(leg)
            self.current = Leg(-leg.dir, leg.extreme, leg.extreme_at, leg.dir * turn.low, turn.i, self.tail)
            self.tail = []

    def last(self, side: int) -> list[Leg]:
        """The last six, as the side's chart shows them."""
        return [leg.turned(side) for leg in self.done[-6:]]
