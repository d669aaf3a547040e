"""Parameters of the decide stage. Fractions are fractions (0.01), basis points end in `_bps`."""

from __future__ import annotations

import enum
from typing import Final

from bullmachine.core.errors import ConfigError
from bullmachine.core.record import F8, I8, array, nested, param, params
from bullmachine.fusion.params import FusionParams
from bullmachine.trading.exit_params import ExitParams

__all__ = [
    "SETUPS",
    "AccountParams",
    "CostParams",
    "DecideParams",
    "EntryAt",
    "Execution",
    "ExecutionParams",
    "FillParams",
    "GateMode",
    "GateParams",
    "GuardParams",
    "Intrabar",
    "LimitFill",
    "MacroParams",
    "Market",
    "RiskBy",
    "RiskParams",
    "Side",
    "Slippage",
    "Source",
    "Switch",
    "TradeParams",
]

SETUPS: Final = 16  #: setups that a configuration can hold


class Side(enum.IntEnum):
    """Which sides may be traded."""

    BOTH = 0
    LONG = 1
    SHORT = -1


class Source(enum.IntEnum):
    """Who asks for trades."""

    FUSION = 0
    SIGNALS = 1


class Switch(enum.IntEnum):
    """Whether something is asked."""

    OFF = 0
    ON = 1


class GateMode(enum.IntEnum):
    """On which bars score and guards are looked at."""

    EVERY_BAR = 0
    HTF_CLOSE = 1
    SENTINELS = 2


class Execution(enum.IntEnum):
    """What F and the fast signal must say together for an order."""

    FUSION_ONLY = 0
    ADVISORY = 1
    PREFILTER = 2
    CONFIRM = 3


class EntryAt(enum.IntEnum):
    """What kind of order enters: at the next open, or a limit at a price that structure gives."""

    MARKET = 0
    EDGE = 1
    CE = 2
    OTE = 3


class Market(enum.IntEnum):
    """Perpetual contracts, or owned coins and shares: long only, no leverage, no funding."""

    PERP = 0
    SPOT = 1


class RiskBy(enum.IntEnum):
    """Whether a stronger score risks more."""

    FLAT = 0
    STRENGTH = 1


class Slippage(enum.IntEnum):
    """What slippage is a share of: the price, or the bar's range."""

    BPS = 0
    RANGE = 1


class Intrabar(enum.IntEnum):
    """How a bar that holds both a stop and a target is settled."""

    PESSIMISTIC = 0
    OPTIMISTIC = 1
    OHLC = 2
    DATA = 3


class LimitFill(enum.IntEnum):
    """Whether a limit order needs a trade beyond its price, by a tick, or at it."""

    THROUGH = 0
    TOUCH = 1


@params
class TradeParams:
    """What may be traded, and how a trade is entered."""

    side: Side = param(default=Side.BOTH, doc="both, long or short: which sides may be traded")
    source: Source = param(default=Source.FUSION, doc="fusion or signals: who asks; a file of signals sets it")
    entry: EntryAt = param(default=EntryAt.MARKET, doc="market, or a limit at edge, ce (middle) or ote of the zone")
    expiry: I8 = param(default=6, ge=1, le=10_000, doc="bars a limit entry rests")


@params
class AccountParams:
    """Money and the instrument's steps."""

    equity: F8 = param(default=10_000.0, ge=1.0, le=1e12, doc="starting cash in quote units")
    market: Market = param(default=Market.PERP, doc="perp or spot; spot is long only, without leverage and funding")
    leverage: F8 = param(default=5.0, ge=1.0, le=125.0, doc="notional over isolated margin; perp only")
    max_margin_use: F8 = param(default=0.5, ge=0.01, le=1.0, doc="share of equity one position's margin may take")
    maintenance: F8 = param(default=0.005, ge=0.0, le=0.1, doc="maintenance margin as a share of notional")
    lot: F8 = param(default=0.0, ge=0.0, le=1e6, doc="step of quantity in base units; 0: the instrument's")
    tick: F8 = param(default=0.0, ge=0.0, le=1e6, doc="step of price in quote units; 0: the instrument's")

    def check(self) -> None:
        """A position must not be liquidated where it begins."""
        if self.maintenance * self.leverage >= 1.0:
            raise ConfigError(
                f"maintenance = {self.maintenance} at leverage = {self.leverage} liquidates at the entry",
                key="leverage",
            )


@params
class RiskParams:
    """How much a position may lose."""

    per_trade: F8 = param(default=0.01, ge=0.0001, le=0.2, doc="share of marked equity lost at the stop, before costs")
    by: RiskBy = param(default=RiskBy.FLAT, doc="flat, or strength: from least at |F| = off to most at |F| = 1")
    least: F8 = param(default=0.005, ge=0.0001, le=0.2, doc="share risked by the weakest signal when by strength")
    most: F8 = param(default=0.015, ge=0.0001, le=0.2, doc="share risked by the strongest signal when by strength")

    def check(self) -> None:
        """A stronger signal does not risk less."""
        if self.least > self.most:
            raise ConfigError(f"least = {self.least} is above most = {self.most}", key="least")


@params
class CostParams:
    """Fees, slippage and funding; slippage is always against you."""

    taker_bps: F8 = param(default=5.0, ge=0.0, le=1000.0, doc="fee of market and stop fills")
    maker_bps: F8 = param(default=2.0, ge=-100.0, le=1000.0, doc="fee of limit fills (limit entries, targets)")
    slippage: Slippage = param(default=Slippage.BPS, doc="bps of the price, or a share of the bar's range")
    entry_bps: F8 = param(default=2.0, ge=0.0, le=1000.0, doc="slippage of market fills")
    stop_bps: F8 = param(default=5.0, ge=0.0, le=1000.0, doc="slippage of stop fills")
    range_share: F8 = param(default=0.02, ge=0.0, le=1.0, doc="slippage as a share of the bar's high - low")
    funding_bps: F8 = param(default=1.0, ge=-100.0, le=100.0, doc="funding per 8 hours where no table says; perp only")
    funding_hours: I8 = param(default=8, ge=0, le=24, doc="hours from one settlement to the next; 0: no funding")


@params
class FillParams:
    """What a bar is taken to have done inside."""

    intrabar: Intrabar = param(
        default=Intrabar.PESSIMISTIC, doc="pessimistic, optimistic, ohlc or data: order of stop and target in one bar"
    )
    limit_fill: LimitFill = param(default=LimitFill.THROUGH, doc="through (by a tick) or touch: when a limit fills")


@params
class GuardParams:
    """Limits of the guards. A limit of 0 switches its guard off where it says so."""

    rejected_bars: I8 = param(default=3, ge=0, le=1000, doc="bars that stay blocked after a rejected bar")
    gap_bars: I8 = param(default=3, ge=0, le=1000, doc="bars that stay blocked after a calendar gap")
    volatility_low: F8 = param(default=0.05, ge=0.0, le=1.0, doc="least rank of the ATR among its last 500 samples")
    volatility_high: F8 = param(
        default=0.99, ge=0.0, le=1.0, doc="highest rank; off with volatility_low = 0 and 1 here"
    )
    throttle_low: F8 = param(default=0.0, ge=0.0, le=1.0, doc="least rank of the ATR among its last 100 values")
    throttle_high: F8 = param(default=1.0, ge=0.0, le=1.0, doc="highest rank; off with throttle_low = 0 and 1 here")
    htf_strength: F8 = param(default=0.5, ge=0.0, le=1.0, doc="strength of both slower trends that opposes; 0: off")
    opposed_quality: F8 = param(default=0.5, ge=0.0, le=1.0, doc="quality of an opposing Wyckoff range; 0: off")
    turn_bars: I8 = param(default=12, ge=0, le=1000, doc="bars a spring or reversal excuses both of these; 0: none")
    both_sides: Switch = param(default=Switch.ON, doc="off, or on: block while Wyckoff tells both sides past phase B")
    fresh_shift_bars: I8 = param(default=3, ge=0, le=1000, doc="bars blocked after an opposite CHOCH; 0: off")
    room_r: F8 = param(default=1.0, ge=0.0, le=100.0, doc="least room to what stands in the way, in R; 0: off")
    require_alignment: Switch = param(default=Switch.OFF, doc="off, or on: no entry against the slower timeframes")
    max_cost_r: F8 = param(default=0.25, ge=0.001, le=100.0, doc="most that a round trip may cost, in R")
    hour_from: I8 = param(default=0, ge=0, le=23, doc="first UTC hour in which entries may be decided")
    hour_to: I8 = param(default=24, ge=1, le=24, doc="UTC hour at which that ends; below hour_from: over midnight")
    weekdays: I8 = param(default=1234567, ge=1, le=1234567, doc="days on which entries may be decided, 1 = Monday")
    losses: I8 = param(default=3, ge=0, le=16, doc="losing positions that pause entries; 0: off")
    losses_hours: F8 = param(default=24.0, ge=1.0, le=8760.0, doc="hours within which those losses lie")
    losses_pause_hours: F8 = param(default=12.0, ge=0.0, le=8760.0, doc="hours of that pause")
    cooldown_bars: I8 = param(default=3, ge=0, le=10_000, doc="bars after an exit without an entry, but for a flip")
    max_daily_loss: F8 = param(default=0.03, ge=0.0001, le=1.0, doc="share of the day's first equity; pauses the day")
    max_drawdown: F8 = param(default=0.25, ge=0.001, le=1.0, doc="share below the peak that pauses entries")
    drawdown_days: I8 = param(default=30, ge=1, le=30, doc="UTC days over which that peak is taken")
    drawdown_pause_days: F8 = param(default=7.0, ge=0.0, le=3650.0, doc="days of that pause")
    max_positions: I8 = param(default=3, ge=1, le=1000, doc="positions open at once, all symbols together")
    max_open_risk: F8 = param(default=0.03, ge=0.0001, le=10.0, doc="share of equity that all stops together may lose")

    def check(self) -> None:
        """Bands and hours leave room to trade; weekdays are rising digits from 1 (Monday) to 7."""
        for low, high in (("volatility_low", "volatility_high"), ("throttle_low", "throttle_high")):
            if getattr(self, low) > getattr(self, high):
                raise ConfigError(f"{low} = {getattr(self, low)} is above {high} = {getattr(self, high)}", key=low)
        if self.hour_from == self.hour_to:
            raise ConfigError(f"hour_from = hour_to = {self.hour_to} leaves no hour to trade", key="hour_to")
        digits = str(self.weekdays)
        if any(d not in "1234567" for d in digits) or list(digits) != sorted(set(digits)):
            raise ConfigError(
                f"weekdays = {self.weekdays} must be rising digits of 1 (Monday) to 7, such as 12345", key="weekdays"
            )


@params
class MacroParams:
    """What macro risk does."""

    veto: F8 = param(default=0.5, ge=0.01, le=1.0, doc="risk of a side from which entries on it are blocked")
    exit: F8 = param(default=0.0, ge=0.0, le=1.0, doc="risk of a side from which its position is closed; 0: never")


@params
class ExecutionParams:
    """Who asks for an order, and the fast signal's conditions."""

    mode: Execution = param(default=Execution.FUSION_ONLY, doc="fusion_only, advisory, prefilter or confirm: who asks")
    adx: F8 = param(default=20.0, ge=0.0, le=100.0, doc="least ADX of the middle timeframe for a fast signal")
    rsi: F8 = param(default=70.0, ge=50.0, le=100.0, doc="highest base RSI of a long one; a short one's is 100 less it")
    reach_atr: F8 = param(default=1.0, ge=0.0, le=100.0, doc="farthest close from the slow SMA 20, in its ATR")


@params
class GateParams:
    """On which bars score and guards are looked at. Positions are managed on every bar.

    With `sentinels` it is the bars on which one that is on fires; with every mode also those on which the
    state is not flat, a position is open or an entry rests.
    """

    mode: GateMode = param(default=GateMode.EVERY_BAR, doc="every_bar, htf_close (a slower bar closed) or sentinels")
    atr_break: Switch = param(default=Switch.ON, doc="off or on: the close left the ATR channel")
    sma_cross: Switch = param(default=Switch.ON, doc="off or on: the fast mean crossed the slow one")
    close_x_sma20: Switch = param(default=Switch.ON, doc="off or on: the close crossed the fast mean")
    close_x_sma50: Switch = param(default=Switch.ON, doc="off or on: the close crossed the slow mean")
    session_break: Switch = param(default=Switch.ON, doc="off or on: a session's level was broken")
    atr_regime: Switch = param(default=Switch.ON, doc="off or on: the rank of the ATR moved to another third")
    volume_spike: Switch = param(default=Switch.ON, doc="off or on: a volume spike on any timeframe")
    rsi_cross: Switch = param(default=Switch.ON, doc="off or on: the RSI crossed 30 or 70")
    structure: Switch = param(default=Switch.ON, doc="off or on: BOS, CHOCH, SWEEP or SMR on any timeframe")
    wyckoff: Switch = param(default=Switch.ON, doc="off or on: an event of Wyckoff's machines on any timeframe")
    hob: Switch = param(default=Switch.ON, doc="off or on: HOB or HOB_REACTION on any timeframe")
    divergence: Switch = param(default=Switch.ON, doc="off or on: a divergence on any timeframe")
    htf_close: Switch = param(default=Switch.ON, doc="off or on: a slower bar closed")
    heartbeat_bars: I8 = param(default=4, ge=0, le=10_000, doc="every so many bars while htf_close is off; 0: never")


@params
class DecideParams:
    """Everything the decide stage reads besides bars, readings and context.

    `sets` are the exits of the setups, by number less 1.
    """

    trade: TradeParams = nested(TradeParams)
    fusion: FusionParams = nested(FusionParams)
    account: AccountParams = nested(AccountParams)
    risk: RiskParams = nested(RiskParams)
    costs: CostParams = nested(CostParams)
    fills: FillParams = nested(FillParams)
    exits: ExitParams = nested(ExitParams)
    sets: list[ExitParams] = array(ExitParams, SETUPS)
    guards: GuardParams = nested(GuardParams)
    macro: MacroParams = nested(MacroParams)
    gate: GateParams = nested(GateParams)
    execution: ExecutionParams = nested(ExecutionParams)
