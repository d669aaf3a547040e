"""What the parts of the Wyckoff twin share: its words, its rules, its bars and its event log.

Everything is written once, for accumulation. Distribution is the same text on the chart upside down.
"""

import dataclasses
import functools
from collections.abc import Sequence

from tests.oracle.levels_twin import TwinPivot
from tests.oracle.twin_event import Event

PS, PSY, SC, BC = 300, 301, 302, 303
AR, ST, UNDERCUT, UT = 304, 306, 308, 309
SPRING, UTAD, TEST, UTAD_TEST, TEST_OK, TEST_FAIL = range(310, 316)
SOS, SOW, LPS, LPSY, LPS_C, LPSY_C, BU, LPSY_ICE, JAC, BREAK_ICE = range(320, 330)
MARKUP, MARKDOWN, UA, MSOW, ACC_FAIL, DIST_FAIL, FAILED_SOS, FAILED_SOW = range(330, 338)
RANGE, RANGE_END = 340, 341
CLIMAX_DOWN, CLIMAX_UP, STOPPING_VOLUME, SUPPLY_SWAMP, NO_SUPPLY, NO_DEMAND = range(350, 356)
REV_UPTHRUST_BAR, UPTHRUST_BAR, EFFORT_NO_RESULT = range(356, 359)
CRT, CRT_CONFIRM, CRT_INVALID = range(360, 363)

#: kinds that have another name upside down
PAIRS = {PS: PSY, SC: BC, UNDERCUT: UT, SPRING: UTAD, TEST: UTAD_TEST, SOS: SOW, LPS: LPSY, LPS_C: LPSY_C, BU: LPSY_ICE}
PAIRS |= {JAC: BREAK_ICE, MARKUP: MARKDOWN, UA: MSOW, ACC_FAIL: DIST_FAIL, FAILED_SOS: FAILED_SOW}
PAIRS |= {CLIMAX_DOWN: CLIMAX_UP, STOPPING_VOLUME: SUPPLY_SWAMP, NO_SUPPLY: NO_DEMAND, REV_UPTHRUST_BAR: UPTHRUST_BAR}
TWINS = PAIRS | {there: here for here, there in PAIRS.items()}

NEW, UPDATE, END = 0, 1, 2
REPLACED, AGE, SUPERSEDED = 1, 2, 5
NO_RECLAIM, DEPTH, TIMEOUT, NO_TR, BELOW_SPRING, NOVOL, BREAKDOWN, REFUTED, DECIDED, BELOW_MID = range(9, 19)
N, A1, A2, B, C, D, E = range(7)


@dataclasses.dataclass(frozen=True)
class Rules:
    """The engine's parameters (and the pivots' k), flat: the group's name is the prefix."""

    k: int = 5
    n_low: int = 20
    n_high: int = 40
    sc_sp: float = 1.5
    sc_rv: float = 2.0
    drop: float = 5.0
    ps_sp: float = 1.2
    ps_rv: float = 1.5
    ps_drop: float = 3.0
    again_sp: float = 1.2
    again_rv: float = 1.5
    ar_least: float = 2.0
    ar_pull: float = 1.0
    ar_max: int = 20
    max_height: float = 20.0
    area: float = 0.35
    st_volume: float = 0.7
    st_spread: float = 0.8
    st_confirm: float = 1.0
    undercut: float = 0.5
    st_max: int = 60
    fail: float = 1.0
    leave: float = 0.5
    b_max: int = 300
    min_b: int = 8
    spring_bars: int = 3
    depth_atr: float = 1.5
    depth_height: float = 0.35
    eps: float = 0.02
    quiet_rv: float = 0.8
    heavy_rv: float = 1.5
    c_max: int = 40
    test_volume: float = 0.7
    test_spread: float = 0.8
    ok_bars: int = 5
    sos_sp: float = 1.2
    sos_rv: float = 1.3
    sos_clv: float = 0.6
    jac: float = 0.1
    novol_sp: float = 1.5
    leg: int = 1
    leg_ratio: float = 1.2
    lps_confirm: float = 0.75
    lps_volume: float = 0.8
    bu: float = 1.0
    c_area: float = 0.2
    c_volume: float = 0.7
    c_bonus: float = 0.1
    e_closes: int = 5
    e_max: int = 200
    retrace: float = 2.0
    lock_n: int = 40
    lock_height: float = 8.0
    efficiency: float = 0.25
    lock_touch: float = 0.25
    touches: int = 2
    drift: float = 4.0
    worth: float = 0.7
    vsa_n: int = 10
    climax_rv: float = 2.0
    climax_sp: float = 1.5
    stop_rv: float = 1.8
    stop_clv: float = 0.5
    quiet_sp: float = 0.7
    thrust_rv: float = 1.2
    thrust_sp: float = 1.0
    thrust_clv: float = 0.3
    effort_rv: float = 1.5
    effort_sp: float = 0.7
    crt_range: float = 1.0
    crt_inside: str = "range"
    crt_confirm: int = 3
    crt_window: int = 1
    coil_max: float = 0.005
    weights: tuple[float, float, float, float, float, float] = (0.30, 0.25, 0.10, 0.10, 0.15, 0.10)


@dataclasses.dataclass(frozen=True)
class Bar:
    """A bar with its yardsticks: the ATR as of the bar before, the relative volume; None while unknown."""

    i: int
    open: float
    high: float
    low: float
    close: float
    volume: float | None
    yard: float | None
    rv: float | None
    pivots: Sequence[TwinPivot] = ()

    def turned(self, side: int) -> "Bar":
        return self if side == 1 else self._upside_down

    @functools.cached_property
    def _upside_down(self) -> "Bar":
        return dataclasses.replace(self, open=-self.open, high=-self.low, low=-self.high, close=-self.close)

    @property
    def spread(self) -> float:
        return self.high - self.low

    @property
    def sp(self) -> float:
        return self.spread / self.yard if self.yard else 0.0

    @property
    def clv(self) -> float:
        return (self.close - self.low) / self.spread if self.spread > 0 else 0.5

    @property
    def lower_wick(self) -> float:
        return (min(self.open, self.close) - self.low) / self.spread if self.spread > 0 else 0.0


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
        dir_: int = 1,
        span: tuple[float, float] | None = None,
        ref: int | None = None,
        score: float = 0.0,
        state: int = NEW,
        reason: int = 0,
        parent: int = -1,
        ev: tuple[float, ...] = (),
    ) -> int:
        """Note what is seen on the chart turned to `side`; its place. Without a yardstick above 0 it has no score."""
        kind = kind if side == 1 else TWINS.get(kind, kind)
        lo, hi = sorted((side * span[0], side * span[1])) if span else (side * price, side * price)
        ref, worth = bar.i if ref is None else ref, score if bar.yard else 0.0
        self.told.append(Event(kind, side * dir_, ref, bar.i, side * price, lo, hi, worth, state, reason, parent, ev))
        return len(self.told) - 1


def climb(x: float | None, start: float, end: float) -> float:
    """0 at `start`, 1 at `end`, straight between; falling where `start` is above `end`; 0 of what is unknown."""
    return 0.0 if x is None else min(max((x - start) / (end - start), 0.0), 1.0)


def mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
