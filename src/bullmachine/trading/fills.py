"""Fills: what a bar does to the orders and levels that rested since the last close.

Order on a bar: a pending exit at the open, a pending entry at the open, then stop before target on the
whole bar (pessimistic: inside one bar their order is unknown). Fills at the open are stamped with the
bar's open time, fills inside it with its close time, the first moment they can be known.
A stop fills at the worse of stop and open, a target at the better of target and open once the price has
traded through it by a tick. Slippage comes after these rules, always against you.
"""

from __future__ import annotations

import enum

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import kernel
from bullmachine.trading.params import DecideParams
from bullmachine.trading.records import Account, Closed, Ledger, Position, Symbol

__all__ = ["FillReason", "close_position", "open_fills", "resting_fills"]


class FillReason(enum.IntEnum):
    """Why a fill happened; all but ENTRY end a position."""

    ENTRY = 0
    STOP = 1
    TARGET = 2
    OPPOSITE = 3
    END_OF_DATA = 4


@kernel
def _leg(
    ledger: Ledger, pos: Position, symbol: int, time: int, order_time: int, side: int, qty: float, price: float,
    pnl: float, fee: float, slippage: float, reason: int,
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
    leg.funding = 0.0
    leg.reason = reason
    ledger.n_legs += 1


@kernel
def _enter(p: DecideParams, account: Account, s: Symbol, k: int, bar: Bar, ledger: Ledger) -> None:
    """Fill the pending entry at the open."""
    side, pos = s.entry.side, s.position
    slip = abs(bar.open) * p.costs.entry_bps * 1e-4
    price = bar.open + side * slip
    qty = s.entry.lots * p.account.lot
    fee = qty * abs(price) * p.costs.taker_bps * 1e-4
    account.positions += 1
    account.cash -= side * qty * price + fee
    pos.side = side
    pos.id = account.positions
    pos.lots = s.entry.lots
    pos.book = s.entry.book
    pos.entry_time = bar.ts
    pos.entry_price = price
    pos.r = s.entry.distance
    pos.stop = price - side * pos.r
    pos.target = price + side * p.exits.target_r * pos.r
    pos.fee = fee
    pos.slippage = slip * qty
    pos.best = price
    pos.worst = price
    pos.bars = 0
    pos.decided_at = s.entry.decided_at
    _leg(ledger, pos, k, bar.ts, s.entry.decided_at, side, qty, price, 0.0, fee, pos.slippage, FillReason.ENTRY)


@kernel
def _write_closed(
    c: Closed, pos: Position, k: int, time: int, price: float, qty: float, pnl: float, reason: int
) -> None:
    c.id = pos.id
    c.symbol = k
    c.book = pos.book
    c.side = pos.side
    c.entry_time = pos.entry_time
    c.entry_price = pos.entry_price
    c.exit_time = time
    c.exit_price = price
    c.qty = qty
    c.stop = pos.stop
    c.pnl = pnl
    c.fee = pos.fee
    c.funding = 0.0
    c.slippage = pos.slippage
    risked = pos.r * qty
    c.r_net = (pnl - pos.fee) / risked
    c.r_cost = (pos.fee + pos.slippage) / risked
    c.r_gross = (pnl + pos.slippage) / risked
    c.mfe_r = pos.side * (pos.best - pos.entry_price) / pos.r
    c.mae_r = pos.side * (pos.worst - pos.entry_price) / pos.r
    c.bars = pos.bars
    c.reason = reason


@kernel
def _stretch(pos: Position, price: float) -> None:
    """Let `price` move the position's best or worst price."""
    if pos.side * (price - pos.best) > 0.0:
        pos.best = price
    if pos.side * (price - pos.worst) < 0.0:
        pos.worst = price


@kernel
def close_position(
    p: DecideParams, account: Account, s: Symbol, k: int, raw: float, slip_bps: float, fee_bps: float,
    time: int, order_time: int, reason: int, ledger: Ledger,
) -> None:  # fmt: skip
    """Close all of the position at `raw` less slippage, and write its leg and its row."""
    pos = s.position
    slip = abs(raw) * slip_bps * 1e-4
    price = raw - pos.side * slip
    qty = pos.lots * p.account.lot
    fee = qty * abs(price) * fee_bps * 1e-4
    pnl = pos.side * qty * (price - pos.entry_price)
    account.cash += pos.side * qty * price - fee
    pos.fee += fee
    pos.slippage += slip * qty
    _stretch(pos, price)
    _leg(ledger, pos, k, time, order_time, -pos.side, qty, price, pnl, fee, slip * qty, reason)
    _write_closed(ledger.closed[ledger.n_closed], pos, k, time, price, qty, pnl, reason)
    ledger.n_closed += 1
    pos.side = 0
    pos.lots = 0


@kernel
def open_fills(p: DecideParams, account: Account, s: Symbol, k: int, bar: Bar, ledger: Ledger) -> None:
    """Fill what was decided at the last close at this bar's open: the exit, then the entry."""
    if s.exit.pending == 1:
        s.exit.pending = 0
        c = p.costs
        close_position(
            p, account, s, k, bar.open, c.entry_bps, c.taker_bps, bar.ts, s.exit.decided_at, FillReason.OPPOSITE,
            ledger,
        )  # fmt: skip
    if s.entry.pending == 1:
        s.entry.pending = 0
        _enter(p, account, s, k, bar, ledger)


@kernel
def _stop_hit(pos: Position, bar: Bar) -> bool:
    return bar.low <= pos.stop if pos.side == 1 else bar.high >= pos.stop


@kernel
def _target_hit(pos: Position, bar: Bar, tick: float) -> bool:
    if pos.side == 1:
        return bar.open > pos.target or bar.high >= pos.target + tick
    return bar.open < pos.target or bar.low <= pos.target - tick


@kernel
def resting_fills(p: DecideParams, account: Account, s: Symbol, k: int, bar: Bar, ledger: Ledger) -> None:
    """Test stop and target on this bar; an open beyond the target settles it before the stop can be reached."""
    pos, c = s.position, p.costs
    if pos.side == 0:
        return
    pos.bars += 1
    beyond_target = pos.side * (bar.open - pos.target) > 0.0
    if _stop_hit(pos, bar) and not beyond_target:
        raw = min(pos.stop, bar.open) if pos.side == 1 else max(pos.stop, bar.open)
        close_position(
            p, account, s, k, raw, c.stop_bps, c.taker_bps, bar.known, pos.decided_at, FillReason.STOP, ledger
        )  # fmt: skip
    elif _target_hit(pos, bar, p.account.tick):
        raw = max(pos.target, bar.open) if pos.side == 1 else min(pos.target, bar.open)
        close_position(
            p, account, s, k, raw, 0.0, c.maker_bps, bar.known, pos.decided_at, FillReason.TARGET, ledger
        )  # fmt: skip
    else:
        _stretch(pos, bar.high)
        _stretch(pos, bar.low)
