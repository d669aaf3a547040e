"""Decide: what the machine does with one bar's readings, and nowhere else.

1. `open_fills`, `resting_fills`: orders of the last close, then stop and target, on this bar.
2. `mark`: equity at this close.
3. `decide_step`: score, guards, state, and at most one order for the next open.

The three are separate kernels because several symbols share one account: all fills come before all
marks, all marks before all decisions.
"""

from __future__ import annotations

from typing import Any

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import kernel
from bullmachine.fusion.readings import Readings
from bullmachine.fusion.score import score_step
from bullmachine.fusion.state import Stance, Transition, transition, wanted
from bullmachine.trading.fills import FillReason, close_position, open_fills, resting_fills
from bullmachine.trading.guards import Guard, bad_data, stateless
from bullmachine.trading.params import DecideParams, OnOpposite
from bullmachine.trading.records import LEG_SLOTS, LEGS_PER_BAR, Account, Decision, Mark, Symbol
from bullmachine.trading.size import lots_for

__all__ = ["close_out", "decide_run", "decide_step", "mark"]


@kernel
def mark(account: Account, s: Symbol, lot: float, price: float, time: int, o: Mark) -> None:
    """Mark the account at a close price."""
    position = s.position.side * s.position.lots * lot
    account.equity = account.cash + position * price
    account.peak = max(account.peak, account.equity)
    o.time = time
    o.cash = account.cash
    o.position = position
    o.equity = account.equity
    o.drawdown = account.equity / account.peak - 1.0 if account.peak > 0.0 else 0.0


@kernel
def _ask(p: DecideParams, account: Account, s: Symbol, bar: Bar, r: Readings, o: Decision) -> None:
    """Turn a signal for `o.asked` into an order for the next open, or name all guards that block it."""
    distance = p.exits.stop_atr * r.base.features.atr
    lots = lots_for(p.account, p.risk.per_trade, account.equity, bar.close, distance)
    if s.position.side != 0:
        o.blocked |= 1 << Guard.POSITION_OPEN
    if lots < 1:
        o.blocked |= 1 << Guard.MIN_NOTIONAL
    if o.blocked != 0:
        return
    o.lots = lots
    o.distance = distance
    s.entry.pending = 1
    s.entry.side = o.asked
    s.entry.lots = lots
    s.entry.distance = distance
    s.entry.decided_at = bar.known
    s.entry.book = o.score.book


@kernel
def decide_step(p: DecideParams, account: Account, s: Symbol, bar: Bar, r: Readings, o: Decision) -> None:
    """Decide at the close of `bar`: every reason goes into `o`, also when nothing is done."""
    score_step(p.fusion, r, o.score)
    f = o.score.f
    o.time = bar.known
    o.sentinels = r.sentinels
    o.guards_long = stateless(p.guards, p.trade.side, 1, r)
    o.guards_short = stateless(p.guards, p.trade.side, -1, r)
    o.asked = wanted(p.fusion, s.stance, f)
    o.blocked = o.guards_long if o.asked == 1 else (o.guards_short if o.asked == -1 else 0)
    o.transition = transition(p.fusion, s.stance, f, o.blocked, bad_data(p.guards, r))
    o.lots = 0
    o.distance = 0.0
    if o.asked != 0:
        _close_opposite(p, s, bar, o)
        _ask(p, account, s, bar, r, o)
    if o.transition in (Transition.ENTER, Transition.FLIP):
        s.stance = o.asked
    elif o.transition == Transition.LEAVE:
        s.stance = Stance.FLAT
    o.stance = s.stance


@kernel
def _close_opposite(p: DecideParams, s: Symbol, bar: Bar, o: Decision) -> None:
    """An opposite signal closes the position whatever guard holds back the entry it asks for."""
    if s.position.side == -o.asked and p.exits.on_opposite == OnOpposite.CLOSE:
        s.exit.pending = 1
        s.exit.decided_at = bar.known


@kernel
def decide_run(
    p: Any, accounts: Any, symbols: Any, bars: Any, readings: Any, _contexts: Any, decisions: Any, marks: Any,
    ledgers: Any,
) -> int:  # fmt: skip
    """Run over one symbol's bars; how many were taken (fewer when the ledger is nearly full)."""
    account, s, ledger = accounts[0], symbols[0], ledgers[0]
    for i in range(len(bars)):
        if ledger.n_legs > LEG_SLOTS - LEGS_PER_BAR:
            return i
        open_fills(p[0], account, s, 0, bars[i], ledger)
        resting_fills(p[0], account, s, 0, bars[i], ledger)
        mark(account, s, p[0].account.lot, bars[i].close, bars[i].known, marks[i])
        decide_step(p[0], account, s, bars[i], readings[i], decisions[i])
    return len(bars)


@kernel
def close_out(p: Any, accounts: Any, symbols: Any, bars: Any, marks: Any, ledgers: Any) -> None:
    """End of data: close what is open at the last close and mark again. An act of the run, not of the machine."""
    account, s, bar, c = accounts[0], symbols[0], bars[0], p[0].costs
    if s.position.side != 0:
        reason = FillReason.END_OF_DATA
        close_position(
            p[0], account, s, 0, bar.close, c.entry_bps, c.taker_bps, bar.known, bar.known, reason, ledgers[0]
        )  # fmt: skip
    s.entry.pending = 0
    mark(account, s, p[0].account.lot, bar.close, bar.known, marks[0])
