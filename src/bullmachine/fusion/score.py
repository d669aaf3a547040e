"""The fusion score F: two books of scaled engine scores, and what each contribution adds.

1. Per engine and book, S is the mix of its timeframes' scores (`mix_base` + `mix_middle` (+ `mix_slow`) = 1).
2. u = S / s, clipped to [-1, 1], where s is a calibrated constant of that engine and book. Trend and
   reversal evidence are never added: netting two trading styles points nowhere.
3. A book is the weighted sum of its engines' u; the weights of a book sum to 1.
4. F is the larger book minus half of an opposing other book.

Every step is a named contribution; those of the winning book plus `conflict` sum to F. Missing
evidence is 0 and is never rescaled away.

A score is 34 ns; with its steps called instead of inlined it was 59. Its divisions cost nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any, Final

from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.record import F8, I8, array, nested, param, params, record
from bullmachine.engines.wyckoff import WyckoffOut
from bullmachine.fusion.readings import Readings, StreamReading

__all__ = [
    "EVIDENCE",
    "FEEDS",
    "PARTS",
    "PART_NAMES",
    "STREAMS",
    "TREND_PARTS",
    "Book",
    "Books",
    "FusionParams",
    "Mix",
    "ReversalMix",
    "Score",
    "SlowMix",
    "ready",
    "score_clear",
    "score_run",
    "score_step",
]

#: book -> engine -> its contributions to that book, in order; the engine's output calls them `<name>_part`
EVIDENCE: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "trend": {
        "wyckoff": ("phase_trend", "key_trend"),
        "smc": ("structure", "shift", "run"),
        "momentum": ("rsi", "macd", "dmi"),
    },
    "reversal": {
        "wyckoff": ("phase_reversal", "key_reversal", "test", "volume_law", "vsa", "crt_smr"),
        "smc": ("zone", "liquidity", "location"),
        "hob": ("zone", "absorb", "spike", "reaction"),
        "momentum": ("divergence",),
    },
}
FEEDS: Final = tuple(dict.fromkeys(engine for book in EVIDENCE.values() for engine in book))  #: engines that feed F
#: the streams an engine speaks from
STREAMS: Final[dict[str, tuple[str, ...]]] = {
    engine: ("base", "middle", "slow") if engine == "wyckoff" else ("base", "middle") for engine in FEEDS
}


def _names(book: str) -> Iterator[str]:
    for engine, parts in EVIDENCE[book].items():
        yield from (f"{engine}.{part}.{stream}" for stream in STREAMS[engine] for part in parts)
        yield f"clip.{book}.{engine}"


#: contributions in order: the trend book's first; per engine the base timeframe's, the slower ones', its clip
PART_NAMES: Final = (*_names("trend"), *_names("reversal"))
PARTS: Final = len(PART_NAMES)
TREND_PARTS: Final = len(tuple(_names("trend")))  #: how many of them belong to the trend book

# where an engine's contributions to a book begin
_WYCKOFF_TREND: Final = PART_NAMES.index("wyckoff.phase_trend.base")
_SMC_TREND: Final = PART_NAMES.index("smc.structure.base")
_MOMENTUM_TREND: Final = PART_NAMES.index("momentum.rsi.base")
_WYCKOFF_REVERSAL: Final = PART_NAMES.index("wyckoff.phase_reversal.base")
_SMC_REVERSAL: Final = PART_NAMES.index("smc.zone.base")
_HOB_REVERSAL: Final = PART_NAMES.index("hob.zone.base")
_MOMENTUM_REVERSAL: Final = PART_NAMES.index("momentum.divergence.base")


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
class Mix:
    """How an engine's timeframes are mixed, and its score in each book scaled and weighted."""

    mix_base: F8 = param(default=0.7, ge=0.0, le=1.0, doc="share of the base timeframe")
    mix_middle: F8 = param(default=0.3, ge=0.0, le=1.0, doc="share of the middle timeframe")
    s_trend: F8 = param(default=0.5, ge=0.05, le=1.0, doc="scale of the trend score (97 % quantile of |S|)")
    s_reversal: F8 = param(default=0.1, ge=0.05, le=1.0, doc="scale of the reversal score (97 % quantile of |S|)")
    w_trend: F8 = param(default=1.0, ge=0.0, le=1.0, doc="weight in the trend book")
    w_reversal: F8 = param(default=1.0, ge=0.0, le=1.0, doc="weight in the reversal book")


@params
class SlowMix:
    """The same of an engine that runs on the slow timeframe too."""

    mix_base: F8 = param(default=0.2, ge=0.0, le=1.0, doc="share of the base timeframe")
    mix_middle: F8 = param(default=0.3, ge=0.0, le=1.0, doc="share of the middle timeframe")
    mix_slow: F8 = param(default=0.5, ge=0.0, le=1.0, doc="share of the slow timeframe")
    s_trend: F8 = param(default=0.3, ge=0.05, le=1.0, doc="scale of the trend score (97 % quantile of |S|)")
    s_reversal: F8 = param(default=0.2, ge=0.05, le=1.0, doc="scale of the reversal score (97 % quantile of |S|)")
    w_trend: F8 = param(default=1.0, ge=0.0, le=1.0, doc="weight in the trend book")
    w_reversal: F8 = param(default=1.0, ge=0.0, le=1.0, doc="weight in the reversal book")


@params
class ReversalMix:
    """The same of an engine that speaks in the reversal book only."""

    mix_base: F8 = param(default=0.7, ge=0.0, le=1.0, doc="share of the base timeframe")
    mix_middle: F8 = param(default=0.3, ge=0.0, le=1.0, doc="share of the middle timeframe")
    s_reversal: F8 = param(default=0.1, ge=0.05, le=1.0, doc="scale of the reversal score (97 % quantile of |S|)")
    w_reversal: F8 = param(default=1.0, ge=0.0, le=1.0, doc="weight in the reversal book")


@params
class FusionParams:
    """Parameters of the score and of the state that acts on it. The weights of a book sum to 1."""

    books: Books = param(default=Books.BOTH, doc="which books may win: both, trend or reversal")
    wyckoff: SlowMix = nested(SlowMix, w_trend=0.35, w_reversal=0.3)
    smc: Mix = nested(Mix, s_reversal=0.2, w_trend=0.35, w_reversal=0.3)
    hob: ReversalMix = nested(ReversalMix, w_reversal=0.25)
    momentum: Mix = nested(Mix, w_trend=0.3, w_reversal=0.15)
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


@inlined
def _three(o: Score, at: int, scale: float, a: float, b: float, c: float) -> float:
    """Three scaled contributions from place `at` on; their sum."""
    x, y, z = scale * a, scale * b, scale * c
    o.parts[at] = x
    o.parts[at + 1] = y
    o.parts[at + 2] = z
    return x + y + z


@inlined
def _clip(o: Score, at: int, weight: float, total: float) -> float:
    """`total` within its weight, exactly: a book at its clip must reach 1. What is cut off is a contribution."""
    said = min(weight, max(-weight, total))
    o.parts[at] = said - total
    return said


@inlined
def _wyckoff_phase(o: Score, at: int, scale: float, w: WyckoffOut) -> float:
    x, y = scale * w.phase_trend_part, scale * w.key_trend_part
    o.parts[at] = x
    o.parts[at + 1] = y
    return x + y


@inlined
def _wyckoff_trend(p: SlowMix, r: Readings, o: Score) -> float:
    scale, at = p.w_trend / p.s_trend, _WYCKOFF_TREND
    total = _wyckoff_phase(o, at, scale * p.mix_base, r.base.wyckoff)
    total += _wyckoff_phase(o, at + 2, scale * p.mix_middle, r.middle.wyckoff)
    total += _wyckoff_phase(o, at + 4, scale * p.mix_slow, r.slow.wyckoff)
    return _clip(o, at + 6, p.w_trend, total)


@inlined
def _wyckoff_turn(o: Score, at: int, scale: float, w: WyckoffOut) -> float:
    total = _three(o, at, scale, w.phase_reversal_part, w.key_reversal_part, w.test_part)
    return total + _three(o, at + 3, scale, w.volume_law_part, w.vsa_part, w.crt_smr_part)


@inlined
def _wyckoff_reversal(p: SlowMix, r: Readings, o: Score) -> float:
    scale, at = p.w_reversal / p.s_reversal, _WYCKOFF_REVERSAL
    total = _wyckoff_turn(o, at, scale * p.mix_base, r.base.wyckoff)
    total += _wyckoff_turn(o, at + 6, scale * p.mix_middle, r.middle.wyckoff)
    total += _wyckoff_turn(o, at + 12, scale * p.mix_slow, r.slow.wyckoff)
    return _clip(o, at + 18, p.w_reversal, total)


@inlined
def _smc_trend(p: Mix, b: StreamReading, m: StreamReading, o: Score) -> float:
    scale = p.w_trend / p.s_trend
    x, y = b.smc, m.smc
    total = _three(o, _SMC_TREND, scale * p.mix_base, x.structure_part, x.shift_part, x.run_part)
    total += _three(o, _SMC_TREND + 3, scale * p.mix_middle, y.structure_part, y.shift_part, y.run_part)
    return _clip(o, _SMC_TREND + 6, p.w_trend, total)


@inlined
def _momentum_trend(p: Mix, b: StreamReading, m: StreamReading, o: Score) -> float:
    scale = p.w_trend / p.s_trend
    x, y = b.momentum, m.momentum
    total = _three(o, _MOMENTUM_TREND, scale * p.mix_base, x.rsi_part, x.macd_part, x.dmi_part)
    total += _three(o, _MOMENTUM_TREND + 3, scale * p.mix_middle, y.rsi_part, y.macd_part, y.dmi_part)
    return _clip(o, _MOMENTUM_TREND + 6, p.w_trend, total)


@inlined
def _smc_reversal(p: Mix, b: StreamReading, m: StreamReading, o: Score) -> float:
    scale = p.w_reversal / p.s_reversal
    x, y = b.smc, m.smc
    total = _three(o, _SMC_REVERSAL, scale * p.mix_base, x.zone_part, x.liquidity_part, x.location_part)
    total += _three(o, _SMC_REVERSAL + 3, scale * p.mix_middle, y.zone_part, y.liquidity_part, y.location_part)
    return _clip(o, _SMC_REVERSAL + 6, p.w_reversal, total)


@inlined
def _hob_reversal(p: ReversalMix, b: StreamReading, m: StreamReading, o: Score) -> float:
    scale, at = p.w_reversal / p.s_reversal, _HOB_REVERSAL
    x, y = b.hob, m.hob
    total = _three(o, at, scale * p.mix_base, x.zone_part, x.absorb_part, x.spike_part)
    last = scale * p.mix_base * x.reaction_part
    o.parts[at + 3] = last
    total += last
    total += _three(o, at + 4, scale * p.mix_middle, y.zone_part, y.absorb_part, y.spike_part)
    last = scale * p.mix_middle * y.reaction_part
    o.parts[at + 7] = last
    total += last
    return _clip(o, at + 8, p.w_reversal, total)


@inlined
def _momentum_reversal(p: Mix, b: StreamReading, m: StreamReading, o: Score) -> float:
    scale, at = p.w_reversal / p.s_reversal, _MOMENTUM_REVERSAL
    o.parts[at] = scale * p.mix_base * b.momentum.divergence_part
    o.parts[at + 1] = scale * p.mix_middle * m.momentum.divergence_part
    return _clip(o, at + 2, p.w_reversal, o.parts[at] + o.parts[at + 1])


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
    b, m = r.base, r.middle
    trend = _wyckoff_trend(p.wyckoff, r, o) + _smc_trend(p.smc, b, m, o) + _momentum_trend(p.momentum, b, m, o)
    reversal = _wyckoff_reversal(p.wyckoff, r, o) + _smc_reversal(p.smc, b, m, o)
    reversal += _hob_reversal(p.hob, b, m, o) + _momentum_reversal(p.momentum, b, m, o)
    o.trend = min(1.0, max(-1.0, trend))  # weights that sum to 1 may do so with a last bit too many
    o.reversal = min(1.0, max(-1.0, reversal))
    o.book = _winner(p, o)
    o.conflict = 0.0
    mine, other = o.trend, o.reversal
    if o.book == Book.REVERSAL:
        mine, other = o.reversal, o.trend
    if p.books == Books.BOTH and mine * other < 0.0:
        o.conflict = 0.5 * other
    o.f = 0.0 if o.book == Book.NONE else mine + o.conflict


@kernel
def score_clear(o: Score) -> None:
    """No score: all numbers are 0."""
    o.f = 0.0
    o.trend = 0.0
    o.reversal = 0.0
    o.book = Book.NONE
    o.conflict = 0.0
    for k in range(PARTS):
        o.parts[k] = 0.0


@kernel
def _fed(r: StreamReading) -> bool:
    return r.wyckoff.ready == 1 and r.smc.ready == 1 and r.hob.ready == 1 and r.momentum.ready == 1


@kernel
def ready(r: Readings) -> bool:
    """Whether every engine that feeds F is ready on all its timeframes."""
    return _fed(r.base) and _fed(r.middle) and r.slow.wyckoff.ready == 1


@kernel
def score_run(p: Any, readings: Any, scores: Any) -> None:
    """Score an array of readings; `p` is a (1,)-array of `FusionParams`."""
    for i in range(len(readings)):
        score_step(p[0], readings[i], scores[i])
