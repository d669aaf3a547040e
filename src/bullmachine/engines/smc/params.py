"""Parameters of the SMC engine."""

from __future__ import annotations

import enum

from bullmachine.core.record import F8, I8, nested, param, params

__all__ = [
    "Candidate",
    "DealingParams",
    "DisplacementParams",
    "FvgParams",
    "ObParams",
    "PoolParams",
    "Price",
    "Smc4",
    "SmcParams",
    "SmrParams",
    "Span",
    "StructureParams",
    "Weights",
]


class Price(enum.IntEnum):
    """Which price of a bar must be beyond a level."""

    CLOSE = 0
    WICK = 1


class Span(enum.IntEnum):
    """Which part of a candle a zone covers."""

    WICK = 0
    BODY = 1


class Candidate(enum.IntEnum):
    """Which candle before a break is its order block."""

    EXTREME = 0
    LAST_OPPOSING = 1


class Smc4(enum.IntEnum):
    """The four-swing patterns of smart-money-concepts: not at all, on exact prices, or on 32-bit levels."""

    OFF = 0
    ON = 1
    GOLDEN = 2


@params
class StructureParams:
    """When a pivot is broken."""

    break_by: Price = param(default=Price.CLOSE, doc="what must be beyond a pivot to break it: close or wick")
    min_break: F8 = param(default=0.0, ge=0.0, le=0.3, doc="least distance beyond the pivot, in ATR")


@params
class DisplacementParams:
    """When a bar is a displacement."""

    body: F8 = param(default=1.2, ge=0.8, le=2.5, doc="least body in ATR")
    share: F8 = param(default=0.6, ge=0.5, le=0.8, doc="least share of the range that is body")
    window: I8 = param(default=3, ge=1, le=5, doc="bars in which a displacement makes a change of character an MSS")


@params
class FvgParams:
    """Fair value gaps."""

    min_size: F8 = param(default=0.1, ge=0.0, le=0.5, doc="least size of a gap in ATR")
    mid_dir: I8 = param(default=0, ge=0, le=1, doc="1: the middle candle must close in the gap's direction")
    invert_by: Price = param(default=Price.CLOSE, doc="what must be beyond a gap to turn it: close or wick")
    join: I8 = param(default=0, ge=0, le=1, doc="1: gaps of neighbouring bars are one")
    max_age: I8 = param(default=500, ge=50, le=2000, doc="bars a gap lives")


@params
class ObParams:
    """Order blocks."""

    candidate: Candidate = param(default=Candidate.EXTREME, doc="the candle: extreme, or last_opposing before it")
    zone: Span = param(default=Span.WICK, doc="what of the candle is the block: wick or body")
    break_by: Price = param(default=Price.CLOSE, doc="what must be beyond a block to break it: close or wick")
    max_range: F8 = param(
        default=0.0, ge=0.0, le=5.0, doc="candles with a range of this many ATR are passed over; 0: none"
    )
    max_age: I8 = param(default=500, ge=50, le=2000, doc="bars a block lives")


@params
class PoolParams:
    """Liquidity pools."""

    eq_tol: F8 = param(
        default=0.1, ge=0.05, le=0.25, doc="levels this near, in ATR, are equal; beyond it they are pierced"
    )
    sweep_bars: I8 = param(default=3, ge=1, le=5, doc="bars within which a close must be back for a sweep")
    max_age: I8 = param(default=300, ge=50, le=2000, doc="bars a pool lives")


@params
class SmrParams:
    """Smart-money reversals."""

    window: I8 = param(default=12, ge=5, le=30, doc="bars between a sweep and the change of character")
    life: I8 = param(default=24, ge=5, le=100, doc="bars a reversal lives")


@params
class DealingParams:
    """The dealing range."""

    eq_band: F8 = param(default=0.025, ge=0.0, le=0.1, doc="half width of equilibrium as a share of the range")


@params
class Weights:
    """Fixed weights of the contributions; they sum to 1 (`liquidity` counts once per book)."""

    structure: F8 = param(default=0.25, ge=0.0, le=1.0, doc="weight of the trend of structure")
    shift: F8 = param(default=0.20, ge=0.0, le=1.0, doc="weight of the last break")
    zone: F8 = param(default=0.25, ge=0.0, le=1.0, doc="weight of the best zone at the price")
    liquidity: F8 = param(default=0.20, ge=0.0, le=1.0, doc="weight of sweeps, reversals and runs")
    location: F8 = param(default=0.10, ge=0.0, le=1.0, doc="weight of the place in the dealing range")


@params
class SmcParams:
    """Parameters of the SMC engine."""

    structure: StructureParams = nested(StructureParams)
    displacement: DisplacementParams = nested(DisplacementParams)
    smc4: Smc4 = param(default=Smc4.OFF, doc="patterns of smart-money-concepts: off, on or golden (32-bit levels)")
    fvg: FvgParams = nested(FvgParams)
    ob: ObParams = nested(ObParams)
    pools: PoolParams = nested(PoolParams)
    smr: SmrParams = nested(SmrParams)
    dealing: DealingParams = nested(DealingParams)
    room_quality: F8 = param(default=0.5, ge=0.0, le=1.0, doc="least quality of a block that stands in the way")
    weights: Weights = nested(Weights)
