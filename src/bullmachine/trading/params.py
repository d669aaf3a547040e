"""Parameters of the decide stage. Fractions are fractions (0.01), basis points end in `_bps`."""

from __future__ import annotations

import enum

from bullmachine.core.record import F8, I8, nested, param, params
from bullmachine.fusion.score import FusionParams

__all__ = [
    "AccountParams",
    "CostParams",
    "DecideParams",
    "ExitParams",
    "GuardParams",
    "OnOpposite",
    "RiskParams",
    "Side",
    "TradeParams",
]


class Side(enum.IntEnum):
    """Which sides may be traded."""

    BOTH = 0
    LONG = 1
    SHORT = -1


class OnOpposite(enum.IntEnum):
    """What an opposite signal does to an open position."""

    CLOSE = 0
    IGNORE = 1


@params
class AccountParams:
    """Money and the instrument's steps."""

    equity: F8 = param(default=10_000.0, ge=1.0, le=1e12, doc="starting cash in quote units")
    leverage: F8 = param(default=5.0, ge=1.0, le=125.0, doc="highest notional over equity the venue allows")
    max_margin_use: F8 = param(default=0.5, ge=0.01, le=1.0, doc="share of that leverage a position may use")
    lot: F8 = param(default=0.001, ge=1e-12, le=1e6, doc="smallest step of quantity in base units")
    tick: F8 = param(default=0.01, ge=1e-12, le=1e6, doc="smallest step of price in quote units")


@params
class RiskParams:
    """How much a position may lose."""

    per_trade: F8 = param(default=0.01, ge=0.0001, le=0.2, doc="share of marked equity lost at the stop, before costs")


@params
class TradeParams:
    """What may be traded."""

    side: Side = param(default=Side.BOTH, doc="both, long or short: which sides may be traded")


@params
class CostParams:
    """Fees and slippage; slippage is always against you."""

    taker_bps: F8 = param(default=5.0, ge=0.0, le=1000.0, doc="fee of market and stop fills")
    maker_bps: F8 = param(default=2.0, ge=-100.0, le=1000.0, doc="fee of limit fills (targets)")
    entry_bps: F8 = param(default=2.0, ge=0.0, le=1000.0, doc="slippage of market fills")
    stop_bps: F8 = param(default=5.0, ge=0.0, le=1000.0, doc="slippage of stop fills")


@params
class ExitParams:
    """Where a position ends."""

    stop_atr: F8 = param(default=2.0, ge=0.1, le=20.0, doc="distance of the stop in ATR of the base timeframe")
    target_r: F8 = param(default=2.0, ge=0.1, le=100.0, doc="distance of the target in R, the distance of the stop")
    on_opposite: OnOpposite = param(default=OnOpposite.CLOSE, doc="close or ignore: what an opposite signal does")


@params
class GuardParams:
    """Limits of the guards that need one."""

    rejected_bars: I8 = param(default=3, ge=0, le=1000, doc="bars that stay blocked after a rejected bar")
    gap_bars: I8 = param(default=3, ge=0, le=1000, doc="bars that stay blocked after a calendar gap")


@params
class DecideParams:
    """Everything the decide stage reads besides bars, readings and context."""

    trade: TradeParams = nested(TradeParams)
    fusion: FusionParams = nested(FusionParams)
    account: AccountParams = nested(AccountParams)
    risk: RiskParams = nested(RiskParams)
    costs: CostParams = nested(CostParams)
    exits: ExitParams = nested(ExitParams)
    guards: GuardParams = nested(GuardParams)
