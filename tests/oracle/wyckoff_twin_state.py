"""What a range machine of the Wyckoff twin remembers."""

import dataclasses

from tests.oracle.wyckoff_twin_base import Bar, N


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A bar that would be preliminary support; `fell` is the fall before it in ATR."""

    bar: Bar
    fell: float


@dataclasses.dataclass(frozen=True)
class Dip:
    """The lowest bar of a way back to the support."""

    bar: Bar


@dataclasses.dataclass
class Pierce:
    """Price below the support; later the spring it made."""

    lowest: Bar
    bars: list[Bar] = dataclasses.field(default_factory=list)
    kind: int = 0
    told: int = -1
    score_but_volume: float = 0.0
    ev: tuple[float, ...] = ()
    edge: float = 0.0

    @property
    def volume(self) -> float | None:
        return max((b.volume for b in self.bars if b.volume is not None), default=None)

    @property
    def spread(self) -> float:
        return max(b.spread for b in self.bars)

    @property
    def rv(self) -> float | None:
        return max((b.rv for b in self.bars if b.rv is not None), default=None)


@dataclasses.dataclass
class Trial:
    """The test of a spring; `pending` until it is confirmed, has failed or took too long."""

    bar: Bar
    told: int
    score: float
    pending: bool = True


@dataclasses.dataclass
class Pullback:
    bar: Bar
    top: float


@dataclasses.dataclass
class Structure:
    """One range. `top_edge` is the creek, `support` the ice; `volume` and `spread` are those to be compared with.

    `away`: price was away from the support since it was last there. `near`: this bar is at the creek. `upthrust`: this
    visit to the creek was told to have led above it and back.
    """

    phase: int = N
    since: int = 0
    said: int = -1
    base: int = -1
    a: float = 0.0
    volume: float | None = None
    spread: float = 0.0
    climax_rv: float = 1.0
    climax_at: int = 0
    low_at: int = 0
    drop: float = 0.0
    run: Bar | None = None
    support: float = 0.0
    top_edge: float = 0.0
    start: int = 0
    b: int = 0
    tests: int = 0
    touches: int = 0
    near: bool = False
    upthrust: bool = False
    locked: bool = False
    undecided: bool = False
    last_point: bool = False
    revisit: Dip | None = None
    away: bool = False
    pierce: Pierce | None = None
    spring: Pierce | None = None
    trial: Trial | None = None
    pull: Pullback | None = None
    top: float = 0.0
    origin: float = 0.0
    effort: float | None = None
    jumped: int | None = None
    jump: int = -1
    closes: int = 0

    @property
    def height(self) -> float:
        return self.top_edge - self.support

    @property
    def mid(self) -> float:
        return self.support + 0.5 * self.height

    def forget_revisit(self) -> None:
        """No way back to the support is followed; the next begins when price was away and comes back."""
        self.revisit, self.away = None, False
