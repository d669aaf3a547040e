"""Asking: a signal becomes a planned order, guards look at it, and what is left rests until the next open."""

from __future__ import annotations

import math
from typing import Any, Final

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import inlined, kernel
from bullmachine.fusion.params import Mode
from bullmachine.fusion.readings import Readings
from bullmachine.macro.context import Macro
from bullmachine.trading.account import pauses
from bullmachine.trading.codes import OrderKind, OrderState
from bullmachine.trading.exit_params import TARGETS, OnOpposite, StopAt
from bullmachine.trading.fast import acts_on_fast, fast_strength
from bullmachine.trading.guards import Guard, common, stateless
from bullmachine.trading.ledger import end_entry, note
from bullmachine.trading.orders import entry_price, exits_of, stop_distance, target_level
from bullmachine.trading.params import DecideParams, EntryAt, Source
from bullmachine.trading.records import Account, Instrument, Order, Signal, Symbol
from bullmachine.trading.rows import Decision, Ledger
from bullmachine.trading.size import leverage_of, lots_for, lots_of, risk_share

__all__ = ["FAST", "FROM_SETUPS", "TAGGED", "ask", "asked_source", "by_setups", "by_signals", "plan"]

_GRAIN: Final = 1e-9  # what rounding may add to a sum of shares
FROM_SETUPS: Final = 10  #: a setup as a source is its number and this
FAST: Final = 9  #: the source of what the fast signal asks for
TAGGED: Final = 100  #: sources from here on are tags of signals of one's own


@inlined
def by_setups(p: DecideParams) -> bool:
    """Whether setups ask."""
    return p.trade.source == Source.FUSION and p.fusion.mode == Mode.SETUPS


@inlined
def by_signals(p: DecideParams) -> bool:
    """Whether a signal asks, be it one's own or a setup's."""
    return p.trade.source == Source.SIGNALS or p.fusion.mode == Mode.SETUPS


@kernel
def asked_source(p: DecideParams, o: Decision, signal: Signal) -> int:
    """Who asks: the book that won, the fast signal, the setup, or a signal's tag."""
    if signal.setup > 0:
        return FROM_SETUPS + signal.setup
    if by_setups(p):
        return 0
    if p.trade.source == Source.SIGNALS:
        return TAGGED + signal.tag
    return FAST if acts_on_fast(p) else o.score.book


@inlined
def _setup(side: int, signal: Signal) -> int:
    """The number of the setup that asks for this side, 0 for none."""
    return signal.setup if signal.side == side else 0


@inlined
def _rests(p: DecideParams, side: int, signal: Signal) -> bool:
    """Whether the entry is a limit order; a setup and a signal's own limit do not ask the settings."""
    own = signal.side == side and (signal.setup > 0 or not math.isnan(signal.limit))
    return not math.isnan(signal.limit) if own else p.trade.entry != EntryAt.MARKET


@kernel
def _basis(p: DecideParams, side: int, bar: Bar, r: Readings, signal: Signal) -> float:
    """The price an entry on `side` is planned at."""
    if not _rests(p, side, signal):
        return bar.close
    if signal.side == side and not math.isnan(signal.limit):
        return signal.limit
    return entry_price(p.trade.entry, side, bar.close, r)


@kernel
def _distance(p: DecideParams, side: int, basis: float, r: Readings, signal: Signal) -> float:
    """The distance of the planned stop."""
    if signal.side == side and not math.isnan(signal.stop):
        return side * (basis - signal.stop)
    return stop_distance(exits_of(p, _setup(side, signal)), side, basis, r)


@inlined
def _mask(p: DecideParams, side: int, bar: Bar, r: Readings, macro: Macro, signal: Signal) -> int:
    basis = _basis(p, side, bar, r, signal)
    x = exits_of(p, _setup(side, signal))
    return stateless(p, x, side, bar, basis, _distance(p, side, basis, r, signal), r, macro)


@kernel
def plan(
    p: DecideParams, s: Symbol, account: Account, bar: Bar, r: Readings, macro: Macro, signal: Signal, o: Decision
) -> None:
    """Ask the guards that need no order, on both sides."""
    both = common(p, bar, r)
    o.guards_long = both | _mask(p, 1, bar, r, macro, signal)
    o.guards_short = both | _mask(p, -1, bar, r, macro, signal)
    o.guards_account = pauses(account, bar.known)
    if s.since_exit < p.guards.cooldown_bars:
        o.guards_account |= 1 << Guard.COOLDOWN
    o.lots = 0
    o.distance = 0.0
    o.limit = math.nan


@kernel
def _flips(p: DecideParams, s: Symbol, side: int) -> int:
    flips = exits_of(p, s.position.setup).on_opposite == OnOpposite.FLIP
    return 1 if s.position.side == -side and flips else 0


@kernel
def _open_risk(symbols: Any, instruments: Any, k: int, leaving: int) -> float:
    """What positions and resting entries may lose at their stops, as shares of the equity they were sized from.

    Not counted are the symbol `leaving` and the entry of `k`, which a new one replaces.
    """
    total = 0.0
    for n in range(len(symbols)):
        pos, entry, lot = symbols[n].position, symbols[n].entry, instruments[n].lot
        if pos.side != 0 and n != leaving:
            total += max(0.0, pos.side * (pos.entry_price - pos.stop)) * pos.lots * lot / pos.equity
        if entry.pending == 1 and n != k:
            total += entry.distance * entry.lots * lot / entry.equity
    return total


@kernel
def _margin(p: DecideParams, symbols: Any, instruments: Any, k: int, leaving: int) -> float:
    """Margin in use, resting entries included; counted as in `_open_risk`."""
    total = 0.0
    for n in range(len(symbols)):
        pos, entry, lot = symbols[n].position, symbols[n].entry, instruments[n].lot
        if pos.side != 0 and n != leaving:
            total += pos.lots * lot * abs(symbols[n].close)
        if entry.pending == 1 and n != k:
            total += entry.lots * lot * abs(symbols[n].close)
    return total / leverage_of(p.account)


@kernel
def _count_open(symbols: Any, k: int, leaving: int) -> int:
    n = 0
    for j in range(len(symbols)):
        held = symbols[j].position.side != 0 and j != leaving
        if held or (symbols[j].entry.pending == 1 and j != k):
            n += 1
    return n


@kernel
def _by_account(
    p: DecideParams, account: Account, symbols: Any, instruments: Any, k: int, basis: float, o: Decision
) -> int:
    """The mask of guards that look at the account, the symbol's position and the order that is left."""
    s, inst, flips = symbols[k], instruments[k], _flips(p, symbols[k], o.asked)
    mask, leaving = o.guards_account, k if flips == 1 else -1
    if flips == 1:
        mask &= ~(1 << Guard.COOLDOWN)
    if s.position.side != 0 and flips == 0:
        mask |= 1 << Guard.POSITION_OPEN
    if _count_open(symbols, k, leaving) >= p.guards.max_positions:
        mask |= 1 << Guard.MAX_POSITIONS
    if not account.equity > 0.0:
        return mask | 1 << Guard.MARGIN | 1 << Guard.MIN_NOTIONAL
    size = o.lots * inst.lot
    risk = _open_risk(symbols, instruments, k, leaving) + size * o.distance / account.equity
    if not risk <= p.guards.max_open_risk + _GRAIN:
        mask |= 1 << Guard.MAX_OPEN_RISK
    margin = _margin(p, symbols, instruments, k, leaving) + size * abs(basis) / leverage_of(p.account)
    if margin > account.equity:
        mask |= 1 << Guard.MARGIN
    if o.lots < 1 or size * abs(basis) < inst.min_notional:
        mask |= 1 << Guard.MIN_NOTIONAL
    return mask


@kernel
def _strength(p: DecideParams, r: Readings, signal: Signal, o: Decision) -> float:
    """How strong the signal is, where that says how much to risk."""
    if by_signals(p):
        return signal.strength
    return fast_strength(p.execution, o.asked, r) if acts_on_fast(p) else abs(o.score.f)


@kernel
def _lots(
    p: DecideParams, account: Account, inst: Instrument, basis: float, r: Readings, signal: Signal, o: Decision
) -> int:
    """The order's size: the signal's own, or by risk."""
    if p.trade.source == Source.SIGNALS and not math.isnan(signal.size):
        return lots_of(signal.size, inst.lot)
    share = risk_share(p, _strength(p, r, signal, o))
    return lots_for(p.account, inst.lot, share, account.equity, account.cash, basis, o.distance)


@kernel
def _targets(p: DecideParams, basis: float, r: Readings, signal: Signal, side: int, order: Order) -> None:
    """What the rungs aim at, as known at the close."""
    order.alone = 0
    for n in range(TARGETS):
        order.targets[n] = math.nan
    if p.trade.source == Source.SIGNALS and not math.isnan(signal.target):
        order.alone = 1
        order.targets[0] = signal.target
        return
    x = exits_of(p, order.setup)
    order.targets[0] = target_level(x.target_1, side, basis, order.distance, r)
    order.targets[1] = target_level(x.target_2, side, basis, order.distance, r)
    order.targets[2] = target_level(x.target_3, side, basis, order.distance, r)


@kernel
def _place(
    p: DecideParams, account: Account, s: Symbol, k: int, bar: Bar, basis: float, flip: int, signal: Signal,
    r: Readings, inst: Instrument, o: Decision, ledger: Ledger,
) -> None:  # fmt: skip
    """The order rests from now on; one that still rested makes way."""
    if s.entry.pending == 1:
        end_entry(s, k, bar.known, OrderState.REPLACED, inst.lot, ledger)
    order, own = s.entry, signal.side == o.asked
    limited = _rests(p, o.asked, signal)
    order.pending = 1
    order.setup = _setup(o.asked, signal)
    order.side = o.asked
    order.lots = o.lots
    order.distance = o.distance
    order.limit = basis if limited else math.nan
    order.stop = math.nan
    if (own and not math.isnan(signal.stop)) or exits_of(p, order.setup).stop == StopAt.STRUCTURE:
        order.stop = basis - o.asked * o.distance
    order.left = signal.expiry if own and signal.expiry > 0 else p.trade.expiry
    order.flip = 1 if flip == 1 and s.replay.at < 0 and (not own or math.isnan(signal.size)) else 0
    order.risk = risk_share(p, _strength(p, r, signal, o))
    order.equity = account.equity
    order.decided_at = bar.known
    order.source = o.source
    order.stance = s.stance_before
    order.close = bar.close
    _targets(p, basis, r, signal, o.asked, order)
    o.limit = order.limit
    kind = OrderKind.LIMIT if limited else OrderKind.MARKET
    price = basis if limited else 0.0
    note(ledger, k, bar.known, 0, kind, OrderState.PLACED, o.asked, o.lots * inst.lot, price)


@kernel
def ask(
    p: DecideParams, account: Account, symbols: Any, instruments: Any, k: int, bar: Bar, r: Readings, signal: Signal,
    o: Decision, ledger: Ledger,
) -> None:  # fmt: skip
    """Turn what is asked for into an order, or name all guards that block it."""
    s, inst = symbols[k], instruments[k]
    basis = _basis(p, o.asked, bar, r, signal)
    o.distance = _distance(p, o.asked, basis, r, signal)
    o.lots = _lots(p, account, inst, basis, r, signal, o)
    o.blocked |= _by_account(p, account, symbols, instruments, k, basis, o)
    if s.replay.at >= 0:
        o.blocked = 0 if s.replay.at == bar.known else 1 << Guard.POSITION_OPEN
        o.lots = s.replay.lots
    if o.blocked != 0:
        o.lots = 0
        o.distance = 0.0
        return
    _place(p, account, s, k, bar, basis, _flips(p, s, o.asked), signal, r, inst, o, ledger)
