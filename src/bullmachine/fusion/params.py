"""Parameters of the score, and of the state that acts on it.

`on` and `off` belong to the mode they were calibrated in; the scales `s_*` are the same in all of them.
"""

from __future__ import annotations

import enum
from typing import Final

from bullmachine.core.record import F8, I8, nested, param, params

__all__ = [
    "MODES",
    "AgreementParams",
    "Books",
    "EnginesParams",
    "ExhaustedParams",
    "FusionParams",
    "Mix",
    "Mode",
    "MtfParams",
    "ReversalMix",
    "SlowMix",
]


class Mode(enum.IntEnum):
    """How the engines make F, and whether it asks. The modes of a single engine stand together behind all others.

    In `setups` F is made as in `weighted` and asks for nothing: setups do.
    """

    WEIGHTED = 0
    ENGINES = 1
    SETUPS = 2
    SINGLE_WYCKOFF = 8
    SINGLE_SMC = 9
    SINGLE_HOB = 10
    SINGLE_MOMENTUM = 11


#: what people write for the modes
MODES: Final[dict[str, Mode]] = {mode.name.lower().replace("single_", "single:"): mode for mode in Mode}


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
class EnginesParams:
    """When `mode = engines` lets F speak."""

    need: I8 = param(default=3, ge=1, le=4, doc="engines that must stand on F's side; read by mode = engines")
    least: F8 = param(default=0.3, ge=0.0, le=1.0, doc="|u| from which one does, in the book where it is louder")


@params
class AgreementParams:
    """What several engines of the winning book on one side add to F."""

    per_engine: F8 = param(default=0.05, ge=0.0, le=1.0, doc="added for each engine on F's side after the first")
    most: F8 = param(default=0.15, ge=0.0, le=1.0, doc="most that agreement adds")
    least: F8 = param(default=0.3, ge=0.0, le=1.0, doc="|u| in the winning book from which an engine counts")


@params
class MtfParams:
    """What the trends of the slower timeframes add to F or take from it; distances are in their own ATR."""

    bonus: F8 = param(default=0.2, ge=0.0, le=1.0, doc="share of F added when all slower timeframes agree")
    penalty: F8 = param(default=0.3, ge=0.0, le=1.0, doc="share of F taken when all slower timeframes are against it")
    dead_band: F8 = param(default=0.5, ge=0.0, le=10.0, doc="ATR from the mean up to which a timeframe has no trend")
    nested: F8 = param(default=0.25, ge=0.0, le=1.0, doc="what the middle timeframe counts in a nested pull-back")
    nested_within: F8 = param(default=1.0, ge=0.0, le=10.0, doc="ATR from the mean below which one is nested")


@params
class ExhaustedParams:
    """What a stretched oscillator with a divergence against F takes from it."""

    share: F8 = param(default=0.1, ge=0.0, le=1.0, doc="share of F taken")
    rsi: F8 = param(default=75.0, ge=50.0, le=100.0, doc="base RSI above which longs are exhausted; shorts: 100 - it")


@params
class FusionParams:
    """Parameters of the score and of the state that acts on it. The weights of a book sum to 1."""

    mode: Mode = param(default=Mode.WEIGHTED, doc="how the engines make F; on and off belong to a mode")
    books: Books = param(default=Books.BOTH, doc="which books may win: both, trend or reversal")
    wyckoff: SlowMix = nested(SlowMix, w_trend=0.35, w_reversal=0.3)
    smc: Mix = nested(Mix, s_reversal=0.2, w_trend=0.35, w_reversal=0.3)
    hob: ReversalMix = nested(ReversalMix, w_reversal=0.25)
    momentum: Mix = nested(Mix, w_trend=0.3, w_reversal=0.15)
    engines: EnginesParams = nested(EnginesParams)
    agreement: AgreementParams = nested(AgreementParams)
    mtf: MtfParams = nested(MtfParams)
    exhausted: ExhaustedParams = nested(ExhaustedParams)
    on: F8 = param(default=0.97, ge=0.01, le=1.0, doc="|F| that asks for a trade")
    off: F8 = param(default=0.485, ge=0.0, le=1.0, doc="F on the side below which the state ends")
