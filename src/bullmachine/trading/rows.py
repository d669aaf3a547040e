"""Rows the decide stage writes, in the layout in which runs hash and store them."""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, array, nested, record
from bullmachine.fusion.score import Score, score_clear

__all__ = [
    "LEGS_PER_BAR",
    "LEG_SLOTS",
    "MAX_SYMBOLS",
    "NOTES_PER_BAR",
    "NOTE_SLOTS",
    "Closed",
    "Decision",
    "Ledger",
    "Leg",
    "Mark",
    "Note",
    "pass_over",
]

MAX_SYMBOLS: Final = 32  #: symbols on one account
LEGS_PER_BAR: Final = 7  #: of one symbol: funding, exit at the open, entry, three targets, stop
NOTES_PER_BAR: Final = 9  #: of one symbol: entry ended and placed, exit placed, stop and targets placed, stop moved
LEG_SLOTS: Final = 512  #: legs and closed positions held between two drains
NOTE_SLOTS: Final = 1024  #: notes held between two drains


@record
class Decision:
    """What was decided at one base close, also when the answer is no.

    `guards_*` are masks of stateless guards blocking each side and of the account's pauses, `blocked` of
    those that stopped the order that was asked for (`asked` = side, 0 = none). `source` says who asked;
    `lots`, `distance` and `limit` (NaN: market) describe the order made. `risk_*` are macro's risks per side,
    `speaking` the bits of its rules, `regime` its `Regime`. `fired_*` are the setups that fired, as bits. Where the
    gate was closed `evaluated` is 0 and nothing was looked at. `fast` is the side of
    the fast signal, `ended` 1 where the signal that asks for trades stands on its side no more, and on no other.
    """

    time: I8 = 0
    score: Score = nested(Score)
    guards_long: I8 = 0
    guards_short: I8 = 0
    guards_account: I8 = 0
    stance: I8 = 0
    transition: I8 = 0
    asked: I8 = 0
    source: I8 = 0
    blocked: I8 = 0
    lots: I8 = 0
    distance: F8 = 0.0
    limit: F8 = 0.0
    sentinels: I8 = 0
    fired_long: I8 = 0
    fired_short: I8 = 0
    risk_long: F8 = 0.0
    risk_short: F8 = 0.0
    speaking: I8 = 0
    regime: I8 = 0
    evaluated: I8 = 0
    fast: I8 = 0
    ended: I8 = 0


@kernel
def pass_over(o: Decision) -> None:
    """The row of a bar on which nothing is looked at. The state is flat there."""
    score_clear(o.score)
    o.guards_long = 0
    o.guards_short = 0
    o.guards_account = 0
    o.transition = 0
    o.asked = 0
    o.source = 0
    o.blocked = 0
    o.lots = 0
    o.distance = 0.0
    o.limit = math.nan
    o.fast = 0
    o.ended = 0


@record
class Mark:
    """The account at one base close: cash, equity, fraction below the peak (<= 0), mask of guards that pause it."""

    time: I8 = 0
    cash: F8 = 0.0
    equity: F8 = 0.0
    drawdown: F8 = 0.0
    paused: I8 = 0


@record
class Leg:
    """One fill, or one funding settlement. `pnl` is gross of fee and funding; slippage is already in `price`."""

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
class Note:
    """One step in the life of an order: placed, moved, or ended without a fill."""

    time: I8 = 0
    symbol: I8 = 0
    position_id: I8 = 0
    kind: I8 = 0
    state: I8 = 0
    side: I8 = 0
    qty: F8 = 0.0
    price: F8 = 0.0


@record
class Closed:
    """One finished position. R gross is before every cost, R net after; their difference is R cost.

    `decided_at`, `lots` and `stance` (the state's side before its signal) are what making it again needs.
    """

    id: I8 = 0
    symbol: I8 = 0
    source: I8 = 0
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
    ambiguous: I8 = 0
    decided_at: I8 = 0
    stance: I8 = 0
    lots: I8 = 0
    reason: I8 = 0


@record
class Ledger:
    """Slots for the legs, closed positions and notes of one chunk."""

    n_legs: I8 = 0
    n_closed: I8 = 0
    n_notes: I8 = 0
    legs: list[Leg] = array(Leg, LEG_SLOTS)
    closed: list[Closed] = array(Closed, LEG_SLOTS)
    notes: list[Note] = array(Note, NOTE_SLOTS)
