"""Bar events of volume spread analysis: what one bar's range and volume say together."""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog, emit
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ramp import ramp
from bullmachine.core.slots import BEYOND
from bullmachine.engines.wyckoff.book import book_keep
from bullmachine.engines.wyckoff.kinds import Kind
from bullmachine.engines.wyckoff.params import VsaParams
from bullmachine.engines.wyckoff.records import (
    BAR_LIFE,
    CLIMAX_SLOT,
    EFFORT_SLOT,
    STOPPING_SLOT,
    THRUST_SLOT,
    WyckoffState,
)
from bullmachine.engines.wyckoff.window import floor_under

__all__ = ["vsa_step"]

_CLIMAX_DOWN: Final = int(Kind.CLIMAX_DOWN)
_STOPPING_VOLUME: Final = int(Kind.STOPPING_VOLUME)
_NO_SUPPLY: Final = int(Kind.NO_SUPPLY)
_REV_UPTHRUST_BAR: Final = int(Kind.REV_UPTHRUST_BAR)
_EFFORT_NO_RESULT: Final = int(Kind.EFFORT_NO_RESULT)
_HALF: Final = 0.5  # how near its low, as a share of the range, a bar without supply closes at most


@kernel
def _say(s: WyckoffState, d: int, kind: int, price: float, score: float, bar: Bar, log: EventLog) -> int:
    e = log.slots[emit(log, bar, kind, d, price, score)]
    e.lo = bar.low
    e.hi = bar.high
    e.ev[0] = s.rv
    e.ev[1] = s.sp
    return e.id


@kernel
def _tell(
    s: WyckoffState, side: int, kind: int, slot: int, price: float, score: float, bar: Bar, log: EventLog
) -> None:
    """Say an event of a side, and let it count."""
    d = 1 - 2 * side
    id_ = _say(s, d, kind + side, d * price, score, bar, log)
    book_keep(s.books, slot + side, BAR_LIFE, bar.i, id_, -d * BEYOND, score)


@kernel
def _heavy(p: VsaParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """A heavy bar to new lows: a climax, and a stop if it closes off them."""
    t = s.turned[side]
    clv = (t.close - t.low) / (t.high - t.low)
    if s.rv >= p.climax_rv and s.sp >= p.climax_sp:
        score = 0.5 * ramp(s.rv, 2.0, 4.0) + 0.3 * ramp(s.sp, 1.5, 3.0) + 0.2 * ramp(clv, 0.0, 0.7)
        _tell(s, side, _CLIMAX_DOWN, CLIMAX_SLOT, t.low, score, bar, log)
    if s.rv >= p.stop_rv and clv >= p.stop_clv:
        score = 0.5 * ramp(s.rv, 1.8, 3.0) + 0.5 * ramp(clv, 0.5, 0.9)
        _tell(s, side, _STOPPING_VOLUME, STOPPING_SLOT, t.low, score, bar, log)


@kernel
def _quiet(s: WyckoffState, side: int, far: float, bar: Bar, log: EventLog) -> None:
    """A narrow bar on little volume; whether it counts is for the background to say."""
    t, d = s.turned[side], 1 - 2 * side
    less = min(s.v1, s.v2)  # above this bar's volume: not 0
    score = 0.5 * ramp(s.sp, 0.7, 0.3) + 0.3 * ramp(s.v / less, 1.0, 0.5) + 0.2 * ramp(far, 0.5, 0.2)
    s.quiet.id = _say(s, d, _NO_SUPPLY + side, d * t.close, score, bar, log)
    s.quiet.dir = d
    s.quiet.score = score


@kernel
def _thrust(s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """New lows are rejected on volume."""
    t = s.turned[side]
    wick = (min(t.open, t.close) - t.low) / (t.high - t.low)
    score = 0.4 * ramp(wick, 0.4, 0.8) + 0.3 * ramp(s.rv, 1.2, 2.5) + 0.3 * ramp(s.sp, 1.0, 2.0)
    _tell(s, side, _REV_UPTHRUST_BAR, THRUST_SLOT, t.low, score, bar, log)


@kernel
def _thrusts(p: VsaParams, s: WyckoffState, bar: Bar, log: EventLog) -> None:
    """A wide and heavy bar that went to new lows, to new highs or to both, and closed back inside."""
    for side in range(2):
        t = s.turned[side]
        if (t.high - t.close) / (t.high - t.low) <= p.thrust_clv:
            floor = floor_under(s, side, bar.i, p.n, t.low)
            if t.low < floor < t.close:
                _thrust(s, side, bar, log)


@kernel
def _effort(s: WyckoffState, d: int, bar: Bar, log: EventLog) -> None:
    """Volume without range speaks against the close."""
    score = 0.5 * ramp(s.rv, 1.5, 3.0) + 0.5 * ramp(s.sp, 0.7, 0.3)
    id_ = _say(s, d, _EFFORT_NO_RESULT, bar.close, score, bar, log)
    if d != 0:
        book_keep(s.books, EFFORT_SLOT + (1 - d) // 2, BAR_LIFE, bar.i, id_, -d * BEYOND, score)


@inlined
def vsa_step(p: VsaParams, s: WyckoffState, bar: Bar, log: EventLog) -> None:
    """Tell what this bar is; silent without volume, without range and without a yardstick."""
    s.quiet.dir = 0
    t = s.turned[0]
    if s.known == 0 or not (s.sp > 0.0 and bar.i > 0):
        return
    side = 0 if t.close < t.prev else 1  # that speaks against the close's move
    moved, own = t.close != t.prev, s.turned[side]
    if (s.rv >= min(p.climax_rv, p.stop_rv)) & moved and own.low < floor_under(s, side, bar.i, p.n, own.low):
        _heavy(p, s, side, bar, log)
    # Counted: `and` and `&` are a branch for each, most are a toss-up, and they are seldom true together. From 0 on, as
    # NumPy's booleans, which there are with the JIT off, add up to a boolean.
    far = (own.high - own.close) / (own.high - own.low)
    if 0 + (s.sp <= p.quiet_sp) + (s.v < s.v1) + (s.v < s.v2) + moved + (far <= _HALF) == 5:  # noqa: PLR2004
        _quiet(s, side, far, bar, log)
    if 0 + (s.rv >= p.thrust_rv) + (s.sp >= p.thrust_sp) == 2:  # noqa: PLR2004
        _thrusts(p, s, bar, log)
    if 0 + (s.sp <= p.effort_sp) + (s.rv >= p.effort_rv) == 2:  # noqa: PLR2004
        _effort(s, (1 - 2 * side) if moved else 0, bar, log)
