"""What the parts of the SMC twin share: its words, its rules, its event log and its bars.

Everything is written once, for the bullish side. The bearish side is the same text read on `Bar.turned(-1)`,
the chart upside down; negating a price is exact, so nothing is lost on the way.
"""

import dataclasses
import functools
from collections.abc import Sequence

from tests.oracle.levels_twin import TwinPivot, TwinSwing
from tests.oracle.twin_event import Event

NONE = -1
BOS, CHOCH, MSS, DISPL, SMC4_BOS, SMC4_CHOCH = range(200, 206)
FVG, FVG_TOUCH, FVG_CE, FVG_FILLED, IFVG, IFVG_INVALID = range(210, 216)
OB, OB_TOUCH, OB_MITIGATED, BREAKER, BREAKER_INVALID = range(220, 225)
POOL, EQH, EQL, SWEEP, POOL_RUN = range(230, 235)
SMR, SMR_INVALID, SMC_END = 240, 241, 250
NEW, UPDATE, END = 0, 1, 2
REPLACED, AGE, CAPACITY, FILLED, SUPERSEDED = 1, 2, 3, 4, 5

FVG_ROOM, OB_ROOM, POOL_ROOM, ARMED_ROOM = 64, 32, 32, 8
FILLED_GRACE, TOUCH_WINDOW = 20, 3


@dataclasses.dataclass(frozen=True)
class Rules:
    """The engine's parameters and those of the levels below it, flat."""

    k: int = 5
    pivot_rule: str = "strict"
    break_by: str = "close"
    min_break: float = 0.0
    body: float = 1.2
    share: float = 0.6
    window: int = 3
    smc4: str = "off"
    fvg_min_size: float = 0.1
    fvg_mid_dir: int = 0
    fvg_invert_by: str = "close"
    fvg_join: int = 0
    fvg_max_age: int = 500
    ob_candidate: str = "extreme"
    ob_zone: str = "wick"
    ob_break_by: str = "close"
    ob_max_range: float = 0.0
    ob_max_age: int = 500
    eq_tol: float = 0.1
    sweep_bars: int = 3
    pool_max_age: int = 300
    smr_window: int = 12
    smr_life: int = 24
    eq_band: float = 0.025
    weights: tuple[float, float, float, float, float] = (0.25, 0.20, 0.25, 0.20, 0.10)


@dataclasses.dataclass(frozen=True)
class Bar:
    """A bar with all that is known at its close; `yard` is the ATR as of the bar before, None while cold."""

    i: int
    open: float
    high: float
    low: float
    close: float
    yard: float | None = None
    rv: float | None = None
    pivots: Sequence[TwinPivot] = ()
    swings: Sequence[TwinSwing] = ()
    external: Sequence[float | None] = ()
    swing_high: float | None = None
    swing_low: float | None = None
    swing_dir: int = 0

    def turned(self, side: int) -> "Bar":
        """The bar as the bullish text reads it: itself for +1, upside down for -1. Levels are not turned."""
        return self if side == 1 else self._upside_down

    @functools.cached_property
    def _upside_down(self) -> "Bar":
        return dataclasses.replace(self, open=-self.open, high=-self.low, low=-self.high, close=-self.close)

    def by(self, how: str) -> float:
        """What has to be above a high: the close, or already the high (`wick`)."""
        return self.close if how == "close" else self.high

    def below(self, how: str) -> float:
        """What has to be below a low."""
        return self.close if how == "close" else self.low

    def yards(self, x: float) -> float | None:
        """`x` times the yardstick; 0 of a cold one is 0, anything else of it is unknown."""
        if x == 0:
            return 0.0
        return None if self.yard is None else x * self.yard

    def in_yards(self, x: float) -> float:
        """A distance in units of the yardstick, 0 where there is no such unit."""
        return x / self.yard if self.yard else 0.0

    @property
    def body(self) -> float:
        return abs(self.close - self.open)

    @property
    def volume(self) -> float:
        """The relative volume, 0 where it is unknown: every ramp over it starts at 1."""
        return 0.0 if self.rv is None else self.rv

    @property
    def upper_wick(self) -> float:
        return (self.high - max(self.open, self.close)) / (self.high - self.low) if self.high > self.low else 0.0


class Log:
    """All events so far, in the order they were told."""

    def __init__(self) -> None:
        self.told: list[Event] = []

    def tell(
        self,
        bar: Bar,
        kind: int,
        side: int,
        price: float,
        *,
        span: tuple[float, float] | None = None,
        ref: int | None = None,
        score: float = 0.0,
        state: int = NEW,
        reason: int = 0,
        parent: int = NONE,
        ev: tuple[float, ...] = (),
    ) -> int:
        """Note an event known at `bar`; its place. Without a yardstick above 0 no event has a score."""
        lo, hi = sorted(span) if span else (price, price)
        worth = score if bar.yard else 0.0
        ref = bar.i if ref is None else ref
        self.told.append(Event(kind, side, ref, bar.i, price, lo, hi, worth, state, reason, parent, ev))
        return len(self.told) - 1

    def score(self, place: int) -> float:
        return self.told[place].score


def climb(x: float, start: float, end: float) -> float:
    """0 at `start`, 1 at `end`, straight between; falling where `start` is above `end`."""
    return min(max((x - start) / (end - start), 0.0), 1.0)
