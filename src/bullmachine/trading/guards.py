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
from bullmachine.fusion.readings import Readings, SideReading
from bullmachine.fusion.score import ready
from bullmachine.macro.context import RISK_GRAIN, Macro, closes, risk_of
from bullmachine.trading.against import (
    both_sides,
    fresh_shift,
    htf_opposed,
    informed,
    no_room,
    throttled,
    turning,
    unaligned,
    volatile,
    wyckoff_opposed,
)
from bullmachine.trading.exit_params import ExitParams, StopAt
from bullmachine.trading.orders import round_trip
from bullmachine.trading.params import DecideParams, GuardParams, Market, Source

__all__ = ["OF_MARKET", "Guard", "bad_data", "common", "ends", "in_session", "names", "stateless"]

_EVERY_DAY: Final = 1234567
_THURSDAY: Final = 3  # 1970-01-01, counted from Monday = 0


class Guard(enum.IntEnum):
    """Reasons not to trade, in the order of the funnel."""

    WARMUP = 0  #: what feeds F or a guard, or the ATR of the stop, is not ready
    BAD_DATA = 1  #: a rejected bar or a calendar gap too recently
    SIDE = 2  #: the configuration, or the market, does not trade this side
    MACRO_VETO = 3  #: the macro risk of the side
    VOLATILITY = 4  #: the ATR is unusually small or large against its long past
    ATR_THROTTLE = 5  #: the same against its short past
    HTF_OPPOSED = 6  #: both slower timeframes trend strongly against the side
    WYCKOFF_OPPOSED = 7  #: a well built range of the other side is in phase C or later
    BOTH_SIDES = 8  #: on one timeframe both Wyckoff machines are in phase C or later
    AGAINST_FRESH_SHIFT = 9  #: character changed to the other side too recently
    NO_ROOM = 10  #: something stands in the way nearer than the stop
    MTF_UNALIGNED = 11  #: the slower timeframes stand against the side
    NO_LEVEL = 12  #: the limit entry has no zone to lie in
    COST_TOO_HIGH = 13  #: a round trip costs too large a part of R
    STOP_TOO_FAR = 14  #: the structural stop is too far, or there is none
    POSITION_OPEN = 15  #: the symbol already holds a position
    LOSS_STREAK = 16  #: too many losing positions lately
    COOLDOWN = 17  #: an exit of this symbol too recently
    MAX_DAILY_LOSS = 18  #: this UTC day lost enough
    MAX_DRAWDOWN = 19  #: equity is too far below its peak
    SESSION = 20  #: an hour or a weekday in which no entry may be decided
    MAX_POSITIONS = 21  #: enough positions are open
    MAX_OPEN_RISK = 22  #: all stops together would lose too much
    MARGIN = 23  #: not enough free margin, or cash
    MIN_NOTIONAL = 24  #: the order would be smaller than the venue takes


#: the mask of those that judge the market: what they say changes from bar to bar
OF_MARKET: Final = sum(1 << guard for guard in range(Guard.VOLATILITY, Guard.NO_LEVEL))


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
def ends(p: GuardParams, stance: int, r: Readings) -> bool:
    """Whether a state on side `stance` ends here, whatever F says: bad data, or a fresh shift against it."""
    other = r.structure.short if stance > 0 else r.structure.long
    return bad_data(p, r) != 0 or (stance != 0 and fresh_shift(p, other))


@kernel
def _ready(p: DecideParams, r: Readings) -> bool:
    """ATR for the stop, what the guards read, and the engines of F where F asks."""
    if not r.base.features.atr > 0.0 or not informed(p.guards, r):
        return False
    asks = p.trade.source == Source.FUSION
    return not asks or ready(r)


@kernel
def common(p: DecideParams, bar: Bar, r: Readings) -> int:
    """The mask of stateless guards that block both sides alike."""
    mask = bad_data(p.guards, r)
    if not _ready(p, r):
        mask |= 1 << Guard.WARMUP
    if volatile(p.guards, r):
        mask |= 1 << Guard.VOLATILITY
    if throttled(p.guards, r):
        mask |= 1 << Guard.ATR_THROTTLE
    if both_sides(p.guards, r):
        mask |= 1 << Guard.BOTH_SIDES
    if not in_session(p.guards, bar.known):
        mask |= 1 << Guard.SESSION
    return mask


@inlined
def _side_barred(p: DecideParams, side: int) -> bool:
    return p.trade.side == -side or (side == -1 and p.account.market == Market.SPOT)


@kernel
def _by_market(p: DecideParams, side: int, r: Readings, mine: SideReading, other: SideReading) -> int:
    """The guards that look at what the market does against the side."""
    mask = 0
    if not turning(p.guards, mine):
        if htf_opposed(p.guards, side, r):
            mask |= 1 << Guard.HTF_OPPOSED
        if wyckoff_opposed(p.guards, side, r):
            mask |= 1 << Guard.WYCKOFF_OPPOSED
    if fresh_shift(p.guards, other):
        mask |= 1 << Guard.AGAINST_FRESH_SHIFT
    if unaligned(p.guards, p.fusion.mtf, side, r):
        mask |= 1 << Guard.MTF_UNALIGNED
    return mask


@kernel
def stateless(
    p: DecideParams, x: ExitParams, side: int, bar: Bar, basis: float, distance: float, r: Readings, macro: Macro
) -> int:
    """The mask of stateless guards against an entry on `side` with exits `x`, less those in `common`.

    The entry is planned at about `basis` (NaN where a limit has no zone) with a stop `distance` away (NaN or negative
    where no stop lies behind it).
    """
    mine, other = r.structure.long, r.structure.short
    if side < 0:
        mine, other = r.structure.short, r.structure.long
    mask = _by_market(p, side, r, mine, other)
    if _side_barred(p, side):
        mask |= 1 << Guard.SIDE
    if risk_of(macro, side) >= p.macro.veto - RISK_GRAIN or closes(macro, side, p.macro.exit):
        mask |= 1 << Guard.MACRO_VETO
    if math.isnan(basis):
        return mask | 1 << Guard.NO_LEVEL
    if no_room(p.guards, mine, side * (bar.close - basis), distance):
        mask |= 1 << Guard.NO_ROOM
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
