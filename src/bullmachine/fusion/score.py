"""The fusion score F: two books of scaled engine scores, and what each contribution adds.

1. Per engine and book, S is the mix of its timeframes' scores (`mix_base` + `mix_middle` = 1).
2. u = S / s, clipped to [-1, 1], where s is a calibrated constant of that engine and book. Trend and
   reversal evidence are never added: netting two trading styles points nowhere.
3. A book is the weighted sum of its u. F is the larger book minus half of an opposing other book.

Every step is a named contribution; those of the winning book plus `conflict` sum to F. Missing
evidence is 0 and is never rescaled away.
"""

from __future__ import annotations

import enum
from typing import Any, Final

from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, array, nested, param, params, record
from bullmachine.engines.momentum import MomentumOut
from bullmachine.fusion.readings import Readings

__all__ = [
    "PARTS",
    "PART_NAMES",
    "TREND_PARTS",
    "Book",
    "Books",
    "FusionParams",
    "MomentumMix",
    "Score",
    "score_run",
    "score_step",
]

#: contributions in order: the trend book's first, then the reversal book's, each book's clip last
PART_NAMES: Final = (
    "momentum.rsi.base",
    "momentum.macd.base",
    "momentum.dmi.base",
    "momentum.rsi.middle",
    "momentum.macd.middle",
    "momentum.dmi.middle",
    "clip.trend",
    "momentum.divergence.base",
    "momentum.divergence.middle",
    "clip.reversal",
)
PARTS: Final = 10
TREND_PARTS: Final = 7  #: how many of them belong to the trend book


class Book(enum.IntEnum):
    """Which book a score or a trade comes from."""

    NONE = 0
    TREND = 1
    REVERSAL = 2


class Books(enum.IntEnum):
    """Which books may win."""

    BOTH = 0
    TREND = 1
    REVERSAL = 2


@params
class MomentumMix:
    """How momentum's timeframes are mixed, scaled and weighted."""

    mix_base: F8 = param(default=0.7, ge=0.0, le=1.0, doc="share of the base timeframe")
    mix_middle: F8 = param(default=0.3, ge=0.0, le=1.0, doc="share of the middle timeframe")
    s_trend: F8 = param(default=0.5, ge=0.05, le=1.0, doc="scale of the trend score (97 % quantile of |S|)")
    s_reversal: F8 = param(default=0.1, ge=0.05, le=1.0, doc="scale of the reversal score (97 % quantile of |S|)")
    w_trend: F8 = param(default=1.0, ge=0.0, le=1.0, doc="weight in the trend book")
    w_reversal: F8 = param(default=1.0, ge=0.0, le=1.0, doc="weight in the reversal book")


@params
class FusionParams:
    """Parameters of the score and of the state that acts on it."""

    books: Books = param(default=Books.BOTH, doc="which books may win: both, trend or reversal")
    momentum: MomentumMix = nested(MomentumMix)
    on: F8 = param(default=0.97, ge=0.01, le=1.0, doc="|F| that asks for a trade")
    off: F8 = param(default=0.485, ge=0.0, le=1.0, doc="F on the side below which the state ends")


@record
class Score:
    """F, both books, which one won, and every contribution (see `PART_NAMES`)."""

    f: F8 = 0.0
    trend: F8 = 0.0
    reversal: F8 = 0.0
    book: I8 = 0
    conflict: F8 = 0.0
    parts: list[float] = array(F8, PARTS)


@kernel
def _clip(total: float) -> float:
    """`total` within [-1, 1], exactly: a score at its clip must be able to reach a threshold of 1."""
    return min(1.0, max(-1.0, total))


@kernel
def _clipped(total: float) -> float:
    """How much the clip takes from `total`: a contribution like any other."""
    return _clip(total) - total


@kernel
def _trend_parts(scale: float, m: MomentumOut, parts: list[float], first: int) -> float:
    parts[first] = scale * m.rsi_part
    parts[first + 1] = scale * m.macd_part
    parts[first + 2] = scale * m.dmi_part
    return parts[first] + parts[first + 1] + parts[first + 2]


@kernel
def _trend(p: MomentumMix, r: Readings, o: Score) -> float:
    u = _trend_parts(p.mix_base / p.s_trend, r.base.momentum, o.parts, 0)
    u += _trend_parts(p.mix_middle / p.s_trend, r.middle.momentum, o.parts, 3)
    o.parts[6] = _clipped(u)
    _weigh(o.parts, 0, TREND_PARTS, p.w_trend)
    return p.w_trend * _clip(u)


@kernel
def _reversal(p: MomentumMix, r: Readings, o: Score) -> float:
    o.parts[7] = p.mix_base / p.s_reversal * r.base.momentum.divergence_part
    o.parts[8] = p.mix_middle / p.s_reversal * r.middle.momentum.divergence_part
    u = o.parts[7] + o.parts[8]
    o.parts[9] = _clipped(u)
    _weigh(o.parts, TREND_PARTS, PARTS, p.w_reversal)
    return p.w_reversal * _clip(u)


@kernel
def _weigh(parts: list[float], first: int, last: int, weight: float) -> None:
    for k in range(first, last):
        parts[k] *= weight


@kernel
def _winner(p: FusionParams, o: Score) -> int:
    if p.books == Books.TREND:
        return Book.TREND
    if p.books == Books.REVERSAL:
        return Book.REVERSAL
    if o.trend == 0.0 and o.reversal == 0.0:
        return Book.NONE
    return Book.TREND if abs(o.trend) >= abs(o.reversal) else Book.REVERSAL


@kernel
def score_step(p: FusionParams, r: Readings, o: Score) -> None:
    """Fill `o` from the readings; a pure function of both."""
    o.trend = _trend(p.momentum, r, o)
    o.reversal = _reversal(p.momentum, r, o)
    o.book = _winner(p, o)
    o.conflict = 0.0
    mine, other = o.trend, o.reversal
    if o.book == Book.REVERSAL:
        mine, other = o.reversal, o.trend
    if p.books == Books.BOTH and mine * other < 0.0:
        o.conflict = 0.5 * other
    o.f = 0.0 if o.book == Book.NONE else mine + o.conflict


@kernel
def score_run(p: Any, readings: Any, scores: Any) -> None:
    """Score an array of readings; `p` is a (1,)-array of `FusionParams`."""
    for i in range(len(readings)):
        score_step(p[0], readings[i], scores[i])
