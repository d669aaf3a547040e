"""The ledger: every change of cash is a leg, every finished position a row, every step of an order a note.

A position is closed in one piece or several; its row holds the sums. R is measured against the loss it
risked at its entry: `r` times its whole size.
"""

from __future__ import annotations

import math

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import kernel
from bullmachine.core.time import HOUR
from bullmachine.trading.codes import FillReason, OrderKind
from bullmachine.trading.params import CostParams, DecideParams, Market, Slippage
from bullmachine.trading.records import Account, Instrument, Position, Symbol
from bullmachine.trading.rows import Closed, Ledger

__all__ = ["end_entry", "note", "open_position", "reduce_position", "settle_funding", "slip_of", "stretch"]


@kernel
def slip_of(c: CostParams, raw: float, bps: float, bar: Bar) -> float:
    """Slippage in price units of a fill at `raw`."""
    if c.slippage == Slippage.RANGE:
        return c.range_share * (bar.high - bar.low)
    return abs(raw) * bps * 1e-4


@kernel
def note(
    ledger: Ledger, symbol: int, time: int, position_id: int, kind: int, state: int, side: int, qty: float, price: float
) -> None:
    """Write one step of an order."""
    n = ledger.notes[ledger.n_notes]
    n.time = time
    n.symbol = symbol
    n.position_id = position_id
    n.kind = kind
    n.state = state
    n.side = side
    n.qty = qty
    n.price = price
    ledger.n_notes += 1


@kernel
def _leg(
    ledger: Ledger, pos: Position, symbol: int, time: int, order_time: int, side: int, qty: float, price: float,
    pnl: float, fee: float, slippage: float, funding: float, reason: int,
) -> None:  # fmt: skip
    leg = ledger.legs[ledger.n_legs]
    leg.position_id = pos.id
    leg.symbol = symbol
    leg.time = time
    leg.order_time = order_time
    leg.side = side
    leg.qty = qty
    leg.price = price
    leg.pnl = pnl
    leg.fee = fee
    leg.slippage = slippage
    leg.funding = funding
    leg.reason = reason
    ledger.n_legs += 1


@kernel
def stretch(pos: Position, price: float) -> None:
    """Let `price` move the position's best or worst price."""
    if pos.side * (price - pos.best) > 0.0:
        pos.best = price
    if pos.side * (price - pos.worst) < 0.0:
        pos.worst = price


@kernel
def open_position(
    inst: Instrument, account: Account, s: Symbol, k: int, lots: int, price: float, slip: float, fee_bps: float,
    time: int, ledger: Ledger,
) -> None:  # fmt: skip
    """Book the entry of `lots` at `price` and start the position; stop and targets are the caller's."""
    pos, side = s.position, s.entry.side
    qty = lots * inst.lot
    fee = qty * abs(price) * fee_bps * 1e-4
    account.positions += 1
    account.cash -= side * qty * price + fee
    account.held += side * qty * s.close
    pos.side = side
    pos.id = account.positions
    pos.lots = lots
    pos.size = lots
    pos.source = s.entry.source
    pos.setup = s.entry.setup
    pos.entry_time = time
    pos.entry_price = price
    pos.decided_at = s.entry.decided_at
    pos.stance = s.entry.stance
    pos.equity = s.entry.equity
    pos.hit = 0
    pos.pnl = 0.0
    pos.taken = 0.0
    pos.fee = fee
    pos.slippage = slip * qty
    pos.funding = 0.0
    pos.best = price
    pos.worst = price
    pos.bars = 0
    pos.inside = 0
    pos.ambiguous = 0
    order_time = s.entry.decided_at
    _leg(ledger, pos, k, time, order_time, side, qty, price, 0.0, fee, pos.slippage, 0.0, FillReason.ENTRY)


@kernel
def _write_closed(c: Closed, pos: Position, inst: Instrument, k: int, time: int, reason: int) -> None:
    qty = pos.size * inst.lot
    c.id = pos.id
    c.symbol = k
    c.source = pos.source
    c.side = pos.side
    c.entry_time = pos.entry_time
    c.entry_price = pos.entry_price
    c.exit_time = time
    c.exit_price = pos.taken / qty
    c.qty = qty
    c.stop = pos.first_stop
    c.pnl = pos.pnl
    c.fee = pos.fee
    c.funding = pos.funding
    c.slippage = pos.slippage
    risked = pos.r * qty
    c.r_net = (pos.pnl - pos.fee - pos.funding) / risked
    c.r_cost = (pos.fee + pos.funding + pos.slippage) / risked
    c.r_gross = (pos.pnl + pos.slippage) / risked
    c.mfe_r = pos.side * (pos.best - pos.entry_price) / pos.r
    c.mae_r = pos.side * (pos.worst - pos.entry_price) / pos.r
    c.bars = pos.bars
    c.ambiguous = pos.ambiguous
    c.decided_at = pos.decided_at
    c.stance = pos.stance
    c.lots = pos.size
    c.reason = reason


@kernel
def reduce_position(
    inst: Instrument, account: Account, s: Symbol, k: int, lots: int, raw: float, slip: float, fee_bps: float,
    time: int, order_time: int, reason: int, ledger: Ledger,
) -> None:  # fmt: skip
    """Close `lots` of the position at `raw` less `slip`; the last ones write its row."""
    pos = s.position
    price = raw - pos.side * slip
    qty = lots * inst.lot
    fee = qty * abs(price) * fee_bps * 1e-4
    pnl = pos.side * qty * (price - pos.entry_price)
    account.cash += pos.side * qty * price - fee
    account.held -= pos.side * qty * s.close
    pos.pnl += pnl
    pos.taken += qty * price
    pos.fee += fee
    pos.slippage += slip * qty
    pos.lots -= lots
    stretch(pos, price)
    _leg(ledger, pos, k, time, order_time, -pos.side, qty, price, pnl, fee, slip * qty, 0.0, reason)
    if pos.lots > 0:
        return
    _write_closed(ledger.closed[ledger.n_closed], pos, inst, k, time, reason)
    ledger.n_closed += 1
    if pos.pnl - pos.fee - pos.funding < 0.0:
        _remember_loss(account, time)
    pos.side = 0
    s.since_exit = 0
    s.exit.pending = 0


@kernel
def _remember_loss(account: Account, time: int) -> None:
    account.losses[account.n_losses % len(account.losses)] = time
    account.n_losses += 1


@kernel
def _assumed(c: CostParams, since: int, until: int) -> float:
    """The assumed rate times the settlements of the UTC grid after `since` up to `until`."""
    if c.funding_hours == 0:
        return 0.0
    step = c.funding_hours * HOUR
    return (until // step - since // step) * c.funding_bps * 1e-4 * c.funding_hours / 8.0


@kernel
def settle_funding(
    p: DecideParams, inst: Instrument, account: Account, s: Symbol, k: int, time: int, due: float, ledger: Ledger
) -> None:
    """Pay (or receive) funding on what is held, at the previous close; longs pay a positive rate.

    `due` is the table's rate since the last open, NaN where there is no table: then it is assumed.
    """
    since, s.opened = s.opened, time
    pos = s.position
    if pos.side == 0 or p.account.market == Market.SPOT:
        return
    rate = _assumed(p.costs, since, time) if math.isnan(due) else due
    if rate == 0.0:
        return
    paid = pos.side * pos.lots * inst.lot * abs(s.close) * rate
    account.cash -= paid
    pos.funding += paid
    _leg(ledger, pos, k, time, time, pos.side, 0.0, s.close, 0.0, 0.0, 0.0, paid, FillReason.FUNDING)


@kernel
def end_entry(s: Symbol, k: int, time: int, state: int, lot: float, ledger: Ledger) -> None:
    """A pending entry ends without a fill."""
    o = s.entry
    o.pending = 0
    limit = not math.isnan(o.limit)
    kind = OrderKind.LIMIT if limit else OrderKind.MARKET
    price = o.limit if limit else 0.0
    note(ledger, k, time, 0, kind, state, o.side, o.lots * lot, price)
