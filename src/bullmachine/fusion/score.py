"""The fusion score F: two books of scaled engine scores, and what each contribution adds.

1. Per engine and book, S is the mix of its timeframes' scores (`mix_base` + `mix_middle` (+ `mix_slow`) = 1).
2. u = S / s, clipped to [-1, 1], where s is a calibrated constant of that engine and book. Trend and
   reversal evidence are never added: netting two trading styles points nowhere.
3. A book is the weighted sum of its engines' u; the weights of a book sum to 1. In a mode of a single engine
   its weight is 1 in both books and the others' 0.
4. The larger book minus half of an opposing other book; in mode `engines` 0 unless enough of them stand there.
5. Adjustments (see `fusion.adjust`), each measured on 4, then what keeps F within [-1, 1] and on its side.

Every step is a named contribution; those of the winning book and all of `STEPS` sum to F. Missing
evidence is 0 and is never rescaled away.

A score is 50 ns on new bars, 10 of them the adjustments; with its steps called instead of inlined it was 25 more.
Its divisions cost nothing. Which engines agree is asked of one book only: without that branch it was 6 ns more.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any, Final

from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.record import F8, I8, array, record
from bullmachine.engines.wyckoff import WyckoffOut
from bullmachine.fusion.adjust import agreement, align, enough, exhausted, louder, mtf, speaks
from bullmachine.fusion.params import Books, FusionParams, Mix, Mode, ReversalMix, SlowMix
from bullmachine.fusion.readings import Readings, StreamReading

__all__ = [
    "EVIDENCE",
    "FEEDS",
    "PARTS",
    "PART_NAMES",
    "STEPS",
    "STREAMS",
    "TREND_PARTS",
    "Book",
    "Score",
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
#: the contributions to F behind the books', in order
STEPS: Final = ("conflict", "engines", "agreement", "mtf", "exhausted", "clip")

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


@record
class Score:
    """F, both books, which one won, and every contribution (see `STEPS` and `PART_NAMES`).

    `align` is how far the slower timeframes stand with the side of F before its adjustments; 0 where it has none.
    """

    f: F8 = 0.0
    trend: F8 = 0.0
    reversal: F8 = 0.0
    book: I8 = 0
    conflict: F8 = 0.0
    engines: F8 = 0.0
    agreement: F8 = 0.0
    mtf: F8 = 0.0
    exhausted: F8 = 0.0
    clip: F8 = 0.0
    align: F8 = 0.0
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
def _wyckoff_trend(p: SlowMix, weight: float, r: Readings, o: Score) -> float:
    scale, at = weight / p.s_trend, _WYCKOFF_TREND
    total = _wyckoff_phase(o, at, scale * p.mix_base, r.base.wyckoff)
    total += _wyckoff_phase(o, at + 2, scale * p.mix_middle, r.middle.wyckoff)
    total += _wyckoff_phase(o, at + 4, scale * p.mix_slow, r.slow.wyckoff)
    return _clip(o, at + 6, weight, total)


@inlined
def _wyckoff_turn(o: Score, at: int, scale: float, w: WyckoffOut) -> float:
    total = _three(o, at, scale, w.phase_reversal_part, w.key_reversal_part, w.test_part)
    return total + _three(o, at + 3, scale, w.volume_law_part, w.vsa_part, w.crt_smr_part)


@inlined
def _wyckoff_reversal(p: SlowMix, weight: float, r: Readings, o: Score) -> float:
    scale, at = weight / p.s_reversal, _WYCKOFF_REVERSAL
    total = _wyckoff_turn(o, at, scale * p.mix_base, r.base.wyckoff)
    total += _wyckoff_turn(o, at + 6, scale * p.mix_middle, r.middle.wyckoff)
    total += _wyckoff_turn(o, at + 12, scale * p.mix_slow, r.slow.wyckoff)
    return _clip(o, at + 18, weight, total)


@inlined
def _smc_trend(p: Mix, weight: float, b: StreamReading, m: StreamReading, o: Score) -> float:
    scale = weight / p.s_trend
    x, y = b.smc, m.smc
    total = _three(o, _SMC_TREND, scale * p.mix_base, x.structure_part, x.shift_part, x.run_part)
    total += _three(o, _SMC_TREND + 3, scale * p.mix_middle, y.structure_part, y.shift_part, y.run_part)
    return _clip(o, _SMC_TREND + 6, weight, total)


@inlined
def _momentum_trend(p: Mix, weight: float, b: StreamReading, m: StreamReading, o: Score) -> float:
    scale = weight / p.s_trend
    x, y = b.momentum, m.momentum
    total = _three(o, _MOMENTUM_TREND, scale * p.mix_base, x.rsi_part, x.macd_part, x.dmi_part)
    total += _three(o, _MOMENTUM_TREND + 3, scale * p.mix_middle, y.rsi_part, y.macd_part, y.dmi_part)
    return _clip(o, _MOMENTUM_TREND + 6, weight, total)


@inlined
def _smc_reversal(p: Mix, weight: float, b: StreamReading, m: StreamReading, o: Score) -> float:
    scale = weight / p.s_reversal
    x, y = b.smc, m.smc
    total = _three(o, _SMC_REVERSAL, scale * p.mix_base, x.zone_part, x.liquidity_part, x.location_part)
    total += _three(o, _SMC_REVERSAL + 3, scale * p.mix_middle, y.zone_part, y.liquidity_part, y.location_part)
    return _clip(o, _SMC_REVERSAL + 6, weight, total)


@inlined
def _hob_reversal(p: ReversalMix, weight: float, b: StreamReading, m: StreamReading, o: Score) -> float:
    scale, at = weight / p.s_reversal, _HOB_REVERSAL
    x, y = b.hob, m.hob
    total = _three(o, at, scale * p.mix_base, x.zone_part, x.absorb_part, x.spike_part)
    last = scale * p.mix_base * x.reaction_part
    o.parts[at + 3] = last
    total += last
    total += _three(o, at + 4, scale * p.mix_middle, y.zone_part, y.absorb_part, y.spike_part)
    last = scale * p.mix_middle * y.reaction_part
    o.parts[at + 7] = last
    total += last
    return _clip(o, at + 8, weight, total)


@inlined
def _momentum_reversal(p: Mix, weight: float, b: StreamReading, m: StreamReading, o: Score) -> float:
    scale, at = weight / p.s_reversal, _MOMENTUM_REVERSAL
    o.parts[at] = scale * p.mix_base * b.momentum.divergence_part
    o.parts[at + 1] = scale * p.mix_middle * m.momentum.divergence_part
    return _clip(o, at + 2, weight, o.parts[at] + o.parts[at + 1])


@kernel
def _winner(p: FusionParams, o: Score) -> int:
    if p.books == Books.TREND:
        return Book.TREND
    if p.books == Books.REVERSAL:
        return Book.REVERSAL
    if o.trend == 0.0 and o.reversal == 0.0:
        return Book.NONE
    return Book.TREND if abs(o.trend) >= abs(o.reversal) else Book.REVERSAL


@inlined
def _weight(p: FusionParams, alone: int, weight: float) -> float:
    """An engine's weight in a book: in the mode of a single engine (`alone`: its own) all or nothing."""
    if p.mode < Mode.SINGLE_WYCKOFF:
        return weight
    return 1.0 if p.mode == alone else 0.0


@kernel
def _missed(
    p: FusionParams, w1: float, s1: float, m1: float, w2: float, s2: float, h2: float, m2: float, f: float
) -> bool:  # fmt: skip
    """Whether too few engines stand on F's side: what each said in the trend book (1) and in the reversal book (2)."""
    wyckoff = louder(w1, p.wyckoff.w_trend, w2, p.wyckoff.w_reversal)
    smc = louder(s1, p.smc.w_trend, s2, p.smc.w_reversal)
    hob = louder(0.0, 0.0, h2, p.hob.w_reversal)
    momentum = louder(m1, p.momentum.w_trend, m2, p.momentum.w_reversal)
    return not enough(p.engines, wyckoff, smc, hob, momentum, 1.0 if f > 0.0 else -1.0)


@inlined
def _adjust(p: FusionParams, r: Readings, f: float, n: int, side: float, o: Score) -> None:
    """F from what the books and the conflict gave; `n` engines of the winning book stand on its side."""
    o.align = align(p.mtf, r, side)
    o.agreement = agreement(p.agreement, n, side)
    o.mtf = mtf(p.mtf, o.align, f)
    o.exhausted = exhausted(p.exhausted, r, f)
    raw = f + o.agreement + o.mtf + o.exhausted
    o.f = 0.0 if side * raw < 0.0 else min(1.0, max(-1.0, raw))
    o.clip = o.f - raw


@kernel
def score_step(p: FusionParams, r: Readings, o: Score) -> None:
    """Fill `o` from the readings; a pure function of both."""
    b, m, one = r.base, r.middle, Mode.SINGLE_WYCKOFF
    # the weight of each engine, then what it says: 1 in the trend book, 2 in the reversal book
    w1, w2 = _weight(p, one, p.wyckoff.w_trend), _weight(p, one, p.wyckoff.w_reversal)
    one = Mode.SINGLE_SMC
    s1, s2 = _weight(p, one, p.smc.w_trend), _weight(p, one, p.smc.w_reversal)
    one = Mode.SINGLE_MOMENTUM
    m1, m2 = _weight(p, one, p.momentum.w_trend), _weight(p, one, p.momentum.w_reversal)
    h2 = _weight(p, Mode.SINGLE_HOB, p.hob.w_reversal)
    wyckoff_1, wyckoff_2 = _wyckoff_trend(p.wyckoff, w1, r, o), _wyckoff_reversal(p.wyckoff, w2, r, o)
    smc_1, smc_2 = _smc_trend(p.smc, s1, b, m, o), _smc_reversal(p.smc, s2, b, m, o)
    momentum_1, momentum_2 = _momentum_trend(p.momentum, m1, b, m, o), _momentum_reversal(p.momentum, m2, b, m, o)
    hob_2 = _hob_reversal(p.hob, h2, b, m, o)
    # weights that sum to 1 may do so with a last bit too many
    o.trend = min(1.0, max(-1.0, wyckoff_1 + smc_1 + momentum_1))
    o.reversal = min(1.0, max(-1.0, wyckoff_2 + smc_2 + (hob_2 + momentum_2)))
    o.book = _winner(p, o)
    o.engines = 0.0
    turns = o.book == Book.REVERSAL
    mine, other = (o.reversal, o.trend) if turns else (o.trend, o.reversal)
    o.conflict = 0.5 * other if (p.books == Books.BOTH) & (mine * other < 0.0) else 0.0
    f = 0.0 if o.book == Book.NONE else mine + o.conflict
    if p.mode == Mode.ENGINES and _missed(p, wyckoff_1, smc_1, momentum_1, wyckoff_2, smc_2, hob_2, momentum_2, f):
        o.engines = -f
        f = 0.0
    side = 1.0 if f > 0.0 else (-1.0 if f < 0.0 else 0.0)
    least = p.agreement.least
    if turns:
        n = speaks(wyckoff_2, w2, least, side) + speaks(smc_2, s2, least, side)
        n += speaks(hob_2, h2, least, side) + speaks(momentum_2, m2, least, side)
    else:
        n = speaks(wyckoff_1, w1, least, side) + speaks(smc_1, s1, least, side) + speaks(momentum_1, m1, least, side)
    _adjust(p, r, f, n, side, o)


@kernel
def score_clear(o: Score) -> None:
    """No score: all numbers are 0."""
    o.f = 0.0
    o.trend = 0.0
    o.reversal = 0.0
    o.book = Book.NONE
    o.conflict = 0.0
    o.engines = 0.0
    o.agreement = 0.0
    o.mtf = 0.0
    o.exhausted = 0.0
    o.clip = 0.0
    o.align = 0.0
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
