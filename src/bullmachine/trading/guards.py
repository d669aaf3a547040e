"""Guards: one list, one name each, all evaluated, all blocking names reported.

A mask has bit `1 << guard` set for each guard that blocks. The stateless ones read only readings, time and
parameters and hold back the state itself; account guards hold back the order and leave the state alone.
"""

from __future__ import annotations

import enum
import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.time import DAY, HOUR
from bullmachine.fusion.readings import Readings
from bullmachine.fusion.score import ready
from bullmachine.macro.context import RISK_GRAIN, Macro, risk_of
from bullmachine.trading.exit_params import ExitParams, StopAt
from bullmachine.trading.orders import round_trip
from bullmachine.trading.params import DecideParams, GuardParams, Market, Source

__all__ = ["Guard", "bad_data", "in_session", "names", "stateless"]

_EVERY_DAY: Final = 1234567
_THURSDAY: Final = 3  # 1970-01-01, counted from Monday = 0


class Guard(enum.IntEnum):
    """Reasons not to trade, in the order of the funnel."""

    WARMUP = 0  #: an engine that feeds F, or the ATR of the stop, is not ready
    BAD_DATA = 1  #: a rejected bar or a calendar gap too recently
    SIDE = 2  #: the configuration, or the market, does not trade this side
    MACRO_VETO = 3  #: the macro risk of the side
    SESSION = 4  #: an hour or a weekday in which no entry may be decided
    NO_LEVEL = 5  #: the limit entry has no zone to lie in
    COST_TOO_HIGH = 6  #: a round trip costs too large a part of R
    STOP_TOO_FAR = 7  #: the structural stop is too far, or there is none
    POSITION_OPEN = 8  #: the symbol already holds a position
    LOSS_STREAK = 9  #: too many losing positions lately
    COOLDOWN = 10  #: an exit of this symbol too recently
    MAX_DAILY_LOSS = 11  #: this UTC day lost enough
    MAX_DRAWDOWN = 12  #: equity is too far below its peak
    MAX_POSITIONS = 13  #: enough positions are open
    MAX_OPEN_RISK = 14  #: all stops together would lose too much
    MARGIN = 15  #: not enough free margin, or cash
    MIN_NOTIONAL = 16  #: the order would be smaller than the venue takes


def names(mask: int) -> list[str]:
    """The guards in a mask, in funnel order.

    >>> names(0b101)
    ['warmup', 'side']
    """
    return [g.name.lower() for g in Guard if mask >> g & 1]


@kernel
def bad_data(p: GuardParams, r: Readings) -> int:
    """The mask of `bad_data`: within so many bars after a rejected bar, or after a gap."""
    recent = r.since_rejected < p.rejected_bars or r.since_gap < p.gap_bars
    return 1 << Guard.BAD_DATA if recent else 0


@kernel
def in_session(p: GuardParams, time: int) -> bool:
    """Whether entries may be decided at `time` (UTC ms)."""
    hour = time % DAY // HOUR
    after, before = hour >= p.hour_from, hour < p.hour_to
    allowed = after and before if p.hour_from < p.hour_to else after or before
    if not allowed or p.weekdays == _EVERY_DAY:
        return allowed
    today, days = (time // DAY + _THURSDAY) % 7 + 1, p.weekdays
    while days > 0:
        if days % 10 == today:
            return True
        days //= 10
    return False


@kernel
def _ready(p: DecideParams, r: Readings) -> bool:
    """ATR for the stop; and the engines of F where F asks."""
    if not r.base.features.atr > 0.0:
        return False
    asks = p.trade.source == Source.FUSION
    return not asks or ready(r)


@inlined
def _side_barred(p: DecideParams, side: int) -> bool:
    return p.trade.side == -side or (side == -1 and p.account.market == Market.SPOT)


@inlined
def stateless(
    p: DecideParams, x: ExitParams, side: int, bar: Bar, basis: float, distance: float, r: Readings, macro: Macro
) -> int:
    """The mask of stateless guards against an entry on `side` at about `basis` with a stop `distance` away, exits `x`.

    `basis` is NaN where a limit has no zone, `distance` NaN or negative where no stop lies behind it.
    """
    mask = bad_data(p.guards, r)
    if not _ready(p, r):
        mask |= 1 << Guard.WARMUP
    if _side_barred(p, side):
        mask |= 1 << Guard.SIDE
    if risk_of(macro, side) >= p.macro.veto - RISK_GRAIN:
        mask |= 1 << Guard.MACRO_VETO
    if not in_session(p.guards, bar.known):
        mask |= 1 << Guard.SESSION
    if math.isnan(basis):
        return mask | 1 << Guard.NO_LEVEL
    return mask | _by_distance(p, x, basis, distance, r.base.features.atr)


@kernel
def _by_distance(p: DecideParams, x: ExitParams, basis: float, distance: float, atr: float) -> int:
    """The guards that read the stop's distance; before the ATR is there `warmup` speaks for them."""
    if not atr > 0.0:
        return 0
    if not distance > 0.0:
        return 1 << Guard.STOP_TOO_FAR
    mask = 0
    if x.stop == StopAt.STRUCTURE and distance > x.max_stop_atr * atr:
        mask |= 1 << Guard.STOP_TOO_FAR
    if round_trip(p.costs, basis, atr) > p.guards.max_cost_r * distance:
        mask |= 1 << Guard.COST_TOO_HIGH
    return mask
