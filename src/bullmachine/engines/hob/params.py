"""Parameters of the HOB engine."""

from __future__ import annotations

from bullmachine.core.record import F8, I8, nested, param, params

__all__ = ["HobParams", "ReactionParams", "Weights"]


@params
class ReactionParams:
    """Reactions at a zone."""

    min_score: F8 = param(default=0.45, ge=0.2, le=1.0, doc="least score of a reaction")
    life: I8 = param(default=12, ge=3, le=50, doc="bars a reaction has to come true")


@params
class Weights:
    """Fixed weights of the contributions; they sum to 1."""

    zone: F8 = param(default=0.30, ge=0.0, le=1.0, doc="weight of the nearest hidden block")
    absorb: F8 = param(default=0.25, ge=0.0, le=1.0, doc="weight of absorbed wicks")
    spike: F8 = param(default=0.20, ge=0.0, le=1.0, doc="weight of volume spikes")
    reaction: F8 = param(default=0.25, ge=0.0, le=1.0, doc="weight of reactions")


@params
class HobParams:
    """Parameters of the HOB engine."""

    min_body: F8 = param(default=0.25, ge=0.1, le=0.5, doc="least share of a candle's range that is body")
    min_body_atr: F8 = param(default=0.15, ge=0.1, le=0.5, doc="least body of a candle in ATR")
    buf: F8 = param(default=0.05, ge=0.0, le=0.1, doc="share of a body at either edge that price may touch")
    max_age: I8 = param(default=500, ge=50, le=2000, doc="bars a candle or a block lives")
    wick: F8 = param(default=0.5, ge=0.4, le=0.7, doc="least share of the range that is an absorbed wick")
    wick_body: F8 = param(default=1.5, ge=1.0, le=3.0, doc="least length of an absorbed wick in bodies")
    min_sp: F8 = param(default=0.8, ge=0.0, le=2.0, doc="least range in ATR of a bar with an absorbed wick")
    spike_rv: F8 = param(default=1.5, ge=1.3, le=3.0, doc="least relative volume of a spike")
    reaction: ReactionParams = nested(ReactionParams)
    weights: Weights = nested(Weights)
