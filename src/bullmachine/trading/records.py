"""Records of the decide stage: its state, and the rows it writes.

State is one `Account` and an array of `Symbol`. Quantities are whole lots, so that a closed position
closes to zero exactly. Rows (`Decision`, `Mark`, `Leg`, `Closed`) are the run's output, in this layout.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.record import F8, I8, array, nested, record
from bullmachine.fusion.score import Score

__all__ = [
    "LEGS_PER_BAR",
    "LEG_SLOTS",
    "Account",
    "Closed",
    "Decision",
    "Ledger",
    "Leg",
    "Mark",
    "Order",
    "Position",
    "Symbol",
]

LEG_SLOTS: Final = 512  #: legs and closed positions held between two drains
LEGS_PER_BAR: Final = 4  #: at most: pending exit, entry, stop or target of one symbol


@record
class Account:
    """What all symbols share. `peak` is the highest marked equity so far."""

    cash: F8 = 0.0
    equity: F8 = 0.0
    peak: F8 = 0.0
    positions: I8 = 0


@record
class Order:
    """A market order decided at the last close, due at the next open."""

    pending: I8 = 0
    side: I8 = 0
    lots: I8 = 0
    distance: F8 = 0.0
    decided_at: I8 = 0
    book: I8 = 0


@record
class Position:
    """An open position; flat when `side` is 0. `r` is |entry - stop| at the entry, never re-measured."""

    side: I8 = 0
    id: I8 = 0
    lots: I8 = 0
    book: I8 = 0
    entry_time: I8 = 0
    entry_price: F8 = 0.0
    stop: F8 = math.nan
    target: F8 = math.nan
    r: F8 = 0.0
    fee: F8 = 0.0
    slippage: F8 = 0.0
    best: F8 = 0.0
    worst: F8 = 0.0
    bars: I8 = 0
    decided_at: I8 = 0


@record
class Symbol:
    """One symbol's stance, position and pending orders."""

    stance: I8 = 0
    position: Position = nested(Position)
    entry: Order = nested(Order)
    exit: Order = nested(Order)


@record
class Decision:
    """What was decided at one base close, also when the answer is no.

    `guards_*` are masks of stateless guards blocking each side, `blocked` of those that stopped the order
    that was asked for (`asked` = side, 0 = none). `lots` and `distance` describe the order made.
    """

    time: I8 = 0
    score: Score = nested(Score)
    guards_long: I8 = 0
    guards_short: I8 = 0
    stance: I8 = 0
    transition: I8 = 0
    asked: I8 = 0
    blocked: I8 = 0
    lots: I8 = 0
    distance: F8 = 0.0
    sentinels: I8 = 0


@record
class Mark:
    """The account at one base close: cash, signed quantity, equity, fraction below the peak (<= 0)."""

    time: I8 = 0
    cash: F8 = 0.0
    position: F8 = 0.0
    equity: F8 = 0.0
    drawdown: F8 = 0.0


@record
class Leg:
    """One fill. `pnl` is gross of fee and funding; slippage is already in `price`."""

    position_id: I8 = 0
    symbol: I8 = 0
    time: I8 = 0
    order_time: I8 = 0
    side: I8 = 0
    qty: F8 = 0.0
    price: F8 = 0.0
    pnl: F8 = 0.0
    fee: F8 = 0.0
    slippage: F8 = 0.0
    funding: F8 = 0.0
    reason: I8 = 0


@record
class Closed:
    """One finished position. R gross is before every cost, R net after; their difference is R cost."""

    id: I8 = 0
    symbol: I8 = 0
    book: I8 = 0
    side: I8 = 0
    entry_time: I8 = 0
    entry_price: F8 = 0.0
    exit_time: I8 = 0
    exit_price: F8 = 0.0
    qty: F8 = 0.0
    stop: F8 = 0.0
    pnl: F8 = 0.0
    fee: F8 = 0.0
    funding: F8 = 0.0
    slippage: F8 = 0.0
    r_gross: F8 = 0.0
    r_cost: F8 = 0.0
    r_net: F8 = 0.0
    mfe_r: F8 = 0.0
    mae_r: F8 = 0.0
    bars: I8 = 0
    reason: I8 = 0


@record
class Ledger:
    """Slots for the legs and closed positions of one chunk."""

    n_legs: I8 = 0
    n_closed: I8 = 0
    legs: list[Leg] = array(Leg, LEG_SLOTS)
    closed: list[Closed] = array(Closed, LEG_SLOTS)
