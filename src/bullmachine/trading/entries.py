"""Entries: pending orders become positions, or end without.

A market order fills at the next open, slippage against you, taker fee. A limit order fills at its price when
the bar trades through it by a tick (or touches it, if so set), at a better open when the bar opens beyond it,
without slippage, at the maker fee. Until then it ends at its expiry, on a close beyond the stop it would have
had, or when its first target, if that lay ahead of the deciding close, trades before it; where one bar holds
limit and target, the limit counts first.

The stop is measured from the fill; a stop given as a price stays where it is, and an open at or beyond it,
or nearer to it than a quarter of the planned distance, leaves no trade (`gap`), nor does one at or beyond a
signal's own target. On a spot market lots are cut to what the cash pays for at the fill.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import kernel
from bullmachine.trading.codes import FillReason, OrderKind, OrderState
from bullmachine.trading.exit_params import TARGETS, ExitParams, TargetAt, TargetParams
from bullmachine.trading.fills import exit_at
from bullmachine.trading.intrabar import opens_beyond, reached, room_needed
from bullmachine.trading.ledger import end_entry, note, open_position, slip_of
from bullmachine.trading.orders import exits_of
from bullmachine.trading.params import DecideParams, Market
from bullmachine.trading.records import Account, Instrument, Order, Position, Symbol
from bullmachine.trading.rows import Ledger
from bullmachine.trading.size import leverage_of, lots_for, lots_of

__all__ = ["limit_fill", "open_fills"]

_ROOM: Final = 0.25  #: least share of the planned distance that must be left to a stop given as a price
_ALL: Final = 1.0 - 1e-9  #: targets that close this share leave no runner


@kernel
def _target_price(t: TargetParams, given: float, side: int, price: float, r: float) -> float:
    """A rung's price: as structure or a signal gave it, else in R from the fill; NaN when off or not ahead."""
    if t.at == TargetAt.R and math.isnan(given):
        return price + side * t.r * r
    return given if side * (given - price) > 0.0 else math.nan


@kernel
def _insert_target(pos: Position, n: int, price: float, lots: int) -> None:
    """Put a rung among the first `n`, nearest first."""
    while n > 0 and pos.side * (pos.targets[n - 1] - price) > 0.0:
        pos.targets[n] = pos.targets[n - 1]
        pos.target_lots[n] = pos.target_lots[n - 1]
        n -= 1
    pos.targets[n] = price
    pos.target_lots[n] = lots


@kernel
def _add_target(pos: Position, t: TargetParams, given: float, n: int) -> int:
    """Add one rung of the ladder to the `n` there are; how many there are then."""
    price = _target_price(t, given, pos.side, pos.entry_price, pos.r)
    if math.isnan(price):
        return n
    _insert_target(pos, n, price, lots_of(t.size * pos.size, 1.0))
    return n + 1


@kernel
def _drop_empty_targets(pos: Position) -> None:
    """Rungs that rounding left without a lot make way for those behind them."""
    n = 0
    for j in range(TARGETS):
        price, lots = pos.targets[j], pos.target_lots[j]
        pos.targets[j] = math.nan
        pos.target_lots[j] = 0
        if lots > 0:
            pos.targets[n] = price
            pos.target_lots[n] = lots
            n += 1


@kernel
def _set_targets(x: ExitParams, o: Order, pos: Position) -> None:
    """The ladder of a new position; a signal's own target takes all of it."""
    for n in range(TARGETS):
        pos.targets[n] = math.nan
        pos.target_lots[n] = 0
    if o.alone == 1:
        pos.targets[0] = o.targets[0]
        pos.target_lots[0] = pos.size
        return
    rungs, planned, share = 0, 0, 0.0
    for n in range(TARGETS):
        t = x.target_1 if n == 0 else (x.target_2 if n == 1 else x.target_3)
        rungs = _add_target(pos, t, o.targets[n], rungs)
        if t.at != TargetAt.OFF:
            planned += 1
            share += t.size
    if rungs == planned and rungs > 0 and share >= _ALL:  # what rounding left over goes with the last
        rest = pos.size
        for n in range(rungs - 1):
            rest -= pos.target_lots[n]
        pos.target_lots[rungs - 1] = rest
    _drop_empty_targets(pos)


@kernel
def _set_liquidation(p: DecideParams, pos: Position) -> None:
    """Where the venue closes an isolated position: its margin less the maintenance margin is lost."""
    pos.liquidation = math.nan
    if p.account.market == Market.PERP:
        room = 1.0 / leverage_of(p.account) - p.account.maintenance
        pos.liquidation = pos.entry_price - pos.side * abs(pos.entry_price) * room


@kernel
def _set_levels(p: DecideParams, inst: Instrument, s: Symbol, k: int, time: int, ledger: Ledger) -> None:
    """First stop, targets and liquidation of a new position, each with its note."""
    o, pos = s.entry, s.position
    pos.stop = o.stop
    if math.isnan(o.stop):
        pos.stop = pos.entry_price - pos.side * o.distance
        pos.r = o.distance
    else:
        pos.r = abs(pos.entry_price - o.stop)
    pos.first_stop = pos.stop
    pos.stop_kind = FillReason.STOP
    _set_targets(exits_of(p, o.setup), o, pos)
    _set_liquidation(p, pos)
    placed, out = OrderState.PLACED, -pos.side
    note(ledger, k, time, pos.id, OrderKind.STOP, placed, out, pos.size * inst.lot, pos.stop)
    for n in range(TARGETS):
        if pos.target_lots[n] > 0:
            qty = pos.target_lots[n] * inst.lot
            note(ledger, k, time, pos.id, OrderKind.TARGET_1 + n, placed, out, qty, pos.targets[n])


@kernel
def _room_left(o: Order, raw: float) -> bool:
    """Whether a fill at `raw` leaves room to a stop given as a price, and to a signal's own target."""
    if not math.isnan(o.stop) and o.side * (raw - o.stop) < _ROOM * o.distance:
        return False
    return o.alone == 0 or o.side * (o.targets[0] - raw) > 0.0


@kernel
def _lots_at_fill(p: DecideParams, inst: Instrument, account: Account, s: Symbol, raw: float, cost: float) -> int:
    """The size of an entry that fills at `raw` and costs `cost` a unit: 0 when less than the least is left.

    A flip is sized now, and on a spot market the cash must pay for it; a replay keeps the size it had.
    """
    o = s.entry
    lots = o.lots
    if s.replay.at >= 0 or (o.flip == 0 and p.account.market == Market.PERP):
        return lots
    if o.flip == 1:
        equity = account.cash + account.held
        lots = lots_for(p.account, inst.lot, o.risk, equity, account.cash, raw, o.distance)
    if p.account.market == Market.SPOT and cost > 0.0:
        lots = min(lots, lots_of(account.cash / cost, inst.lot))
    return 0 if lots * inst.lot * abs(raw) < inst.min_notional else lots


@kernel
def _enter(
    p: DecideParams, inst: Instrument, account: Account, s: Symbol, k: int, raw: float, slip: float, fee_bps: float,
    time: int, ledger: Ledger,
) -> None:  # fmt: skip
    """Fill the pending entry at `raw` plus slippage, unless too little room or size is left."""
    o = s.entry
    if not _room_left(o, raw):
        end_entry(s, k, time, OrderState.GAP, inst.lot, ledger)
        return
    lots = _lots_at_fill(p, inst, account, s, raw, (raw + slip) * (1.0 + fee_bps * 1e-4))
    if lots < 1:
        end_entry(s, k, time, OrderState.TOO_SMALL, inst.lot, ledger)
        return
    o.pending = 0
    open_position(inst, account, s, k, lots, raw + o.side * slip, slip, fee_bps, time, ledger)
    _set_levels(p, inst, s, k, time, ledger)


@kernel
def open_fills(
    p: DecideParams, inst: Instrument, account: Account, s: Symbol, k: int, bar: Bar, ledger: Ledger
) -> None:
    """Fill at this bar's open: the exit decided at the last close, a market entry, a limit the open lies beyond."""
    if s.exit.pending == 1:
        s.exit.pending = 0
        exit_at(p, inst, account, s, k, bar, bar.open, bar.ts, s.exit.decided_at, s.exit.reason, ledger)
    if s.entry.pending == 1 and math.isnan(s.entry.limit):
        slip = slip_of(p.costs, bar.open, p.costs.entry_bps, bar)
        _enter(p, inst, account, s, k, bar.open, slip, p.costs.taker_bps, bar.ts, ledger)
    if s.entry.pending == 1 and opens_beyond(p.fills, s.entry.side, s.entry.limit, bar.open):
        _enter(p, inst, account, s, k, bar.open, 0.0, p.costs.maker_bps, bar.ts, ledger)


@kernel
def _planned_stop(o: Order) -> float:
    """The stop a limit order would have, were it filled at its limit."""
    return o.limit - o.side * o.distance if math.isnan(o.stop) else o.stop


@kernel
def _first_target(x: ExitParams, o: Order) -> float:
    """The nearest target the order would have, were it filled at its limit; NaN when it has none ahead."""
    r = abs(o.limit - _planned_stop(o))
    nearest = math.nan
    if o.alone == 1:
        return o.targets[0]
    for n in range(TARGETS):
        t = x.target_1 if n == 0 else (x.target_2 if n == 1 else x.target_3)
        price = _target_price(t, o.targets[n], o.side, o.limit, r)
        if not o.side * (price - nearest) >= 0.0 and not math.isnan(price):
            nearest = price
    return nearest


@kernel
def _end_limit(p: DecideParams, inst: Instrument, s: Symbol, k: int, bar: Bar, ledger: Ledger) -> None:
    """End an unfilled limit order that has lost its reason; one bar less to rest otherwise."""
    o = s.entry
    o.left -= 1
    target = _first_target(exits_of(p, o.setup), o)
    ahead = o.side * (target - o.close) > 0.0  # the target of a limit far away may lie on this side of the price
    if ahead and reached(o.side, target, room_needed(p.fills, inst.tick), bar.low, bar.high):
        end_entry(s, k, bar.known, OrderState.TARGET_FIRST, inst.lot, ledger)
    elif o.side * (bar.close - _planned_stop(o)) < 0.0:
        end_entry(s, k, bar.known, OrderState.BEYOND_STOP, inst.lot, ledger)
    elif o.left <= 0:
        end_entry(s, k, bar.known, OrderState.EXPIRED, inst.lot, ledger)


@kernel
def limit_fill(
    p: DecideParams, inst: Instrument, account: Account, s: Symbol, k: int, bar: Bar, ledger: Ledger
) -> None:
    """Test a limit entry, which the open did not fill, inside this bar."""
    o = s.entry
    if o.pending == 0 or math.isnan(o.limit):
        return
    if reached(-o.side, o.limit, room_needed(p.fills, inst.tick), bar.low, bar.high):
        _enter(p, inst, account, s, k, o.limit, 0.0, p.costs.maker_bps, bar.known, ledger)
        s.position.inside = 1
    else:
        _end_limit(p, inst, s, k, bar, ledger)
