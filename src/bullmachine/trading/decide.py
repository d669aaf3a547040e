"""Decide: what the machine does with one bar's readings, and nowhere else.

1. Fills: funding, then orders of the last close at this open, then limits, stops and targets inside the bar.
2. Mark: equity at this close, and the account's pauses.
3. Decide: the stop for the next bar, then score or signal, guards, state, and at most one order.

Several symbols share one account: at each close all fills come before the mark, and the mark before all
decisions, which are taken in the order of the symbols, each seeing what the earlier ones left.
"""

from __future__ import annotations

from typing import Any

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import kernel
from bullmachine.fusion.readings import Readings
from bullmachine.fusion.score import score_step
from bullmachine.fusion.state import Stance, Transition, transition, wanted
from bullmachine.trading.account import mark, step_account
from bullmachine.trading.ask import ask, asked_source, plan
from bullmachine.trading.codes import FillReason, OrderState
from bullmachine.trading.entries import limit_fill, open_fills
from bullmachine.trading.exit_params import OnOpposite, OnSignalOff
from bullmachine.trading.exits import ask_exit, run_out, set_levels, tighten
from bullmachine.trading.fills import exit_at, resting_fills
from bullmachine.trading.guards import bad_data
from bullmachine.trading.ledger import end_entry, settle_funding
from bullmachine.trading.params import DecideParams, Source
from bullmachine.trading.records import Account, Instrument, Signal, Symbol
from bullmachine.trading.rows import LEG_SLOTS, LEGS_PER_BAR, NOTE_SLOTS, NOTES_PER_BAR, Decision, Ledger

__all__ = ["close_out", "decide_run", "decide_step"]


@kernel
def _side_asked(p: DecideParams, s: Symbol, signal: Signal, f: float) -> int:
    """The side that is asked for at this close: by F, or by a signal of one's own."""
    return signal.side if p.trade.source == Source.SIGNALS else wanted(p.fusion, s.stance, f)


@kernel
def _transition(p: DecideParams, s: Symbol, signal: Signal, r: Readings, o: Decision) -> int:
    """What the state does at this close."""
    if p.trade.source == Source.FUSION:
        return transition(p.fusion, s.stance, o.score.f, o.blocked, bad_data(p.guards, r))
    if signal.side != 0 and o.blocked == 0:
        return Transition.FLIP if s.stance == -signal.side else Transition.ENTER
    return Transition.LEAVE if signal.flat == 1 and s.stance != Stance.FLAT else Transition.NONE


@kernel
def _on_opposite(
    p: DecideParams, inst: Instrument, s: Symbol, k: int, bar: Bar, signal: Signal, o: Decision, ledger: Ledger
) -> None:
    """An opposite signal ends the position, whatever guard holds back the entry it asks for; `flat` ends any."""
    if o.asked != 0 and s.entry.pending == 1 and s.entry.side == -o.asked:
        end_entry(s, k, bar.known, OrderState.REPLACED, inst.lot, ledger)
    if o.asked != 0 and s.position.side == -o.asked and p.exits.on_opposite != OnOpposite.IGNORE:
        ask_exit(inst, s, k, bar.known, FillReason.OPPOSITE, ledger)
    if signal.flat == 1:
        if s.entry.pending == 1:
            end_entry(s, k, bar.known, OrderState.REPLACED, inst.lot, ledger)
        ask_exit(inst, s, k, bar.known, FillReason.SIGNAL, ledger)


@kernel
def _on_left(
    p: DecideParams, inst: Instrument, s: Symbol, k: int, bar: Bar, r: Readings, o: Decision, ledger: Ledger
) -> None:
    """What the end of a state does to the position on its side."""
    if o.transition != Transition.LEAVE or s.position.side != s.stance:
        return
    if p.exits.on_signal_off == OnSignalOff.CLOSE:
        ask_exit(inst, s, k, bar.known, FillReason.SIGNAL_OFF, ledger)
    elif p.exits.on_signal_off == OnSignalOff.TIGHTEN:
        tighten(inst, s, k, bar, r.base.features.atr, ledger)


@kernel
def decide_step(
    p: DecideParams, account: Account, symbols: Any, instruments: Any, k: int, bar: Bar, r: Readings, signal: Signal,
    o: Decision, ledger: Ledger,
) -> None:  # fmt: skip
    """Decide for symbol `k` at the close of `bar`: every reason goes into `o`, also when nothing is done."""
    s, inst = symbols[k], instruments[k]
    if s.position.side != 0:
        set_levels(p, inst, s, k, bar, r, ledger)
    score_step(p.fusion, r, o.score)
    o.time = bar.known
    o.sentinels = r.sentinels
    o.asked = _side_asked(p, s, signal, o.score.f)
    o.source = asked_source(p, o, signal)
    plan(p, s, account, bar, r, signal, o)
    o.transition = _transition(p, s, signal, r, o)
    _on_opposite(p, inst, s, k, bar, signal, o, ledger)
    _on_left(p, inst, s, k, bar, r, o, ledger)
    if s.position.side != 0:
        run_out(p.exits, inst, s, k, bar, ledger)
    if o.asked != 0:
        ask(p, account, symbols, instruments, k, bar, r, signal, o, ledger)
    if o.transition == Transition.ENTER or o.transition == Transition.FLIP:
        s.stance = o.asked
    elif o.transition == Transition.LEAVE:
        s.stance = Stance.FLAT
    o.stance = s.stance
    s.since_exit += 1


@kernel
def _fills(
    p: DecideParams, account: Account, symbols: Any, instruments: Any, places: Any, bars: Any, contexts: Any,
    spans: Any, lower: Any, ledger: Ledger,
) -> None:  # fmt: skip
    """All symbols' fills at one step: those at the open, then those inside the bar."""
    for k in range(len(symbols)):
        i = places[k]
        if i >= 0:
            bar, rate = bars[k, i], contexts[k, i].funding_due
            settle_funding(p, instruments[k], account, symbols[k], k, bar.ts, rate, ledger)
            open_fills(p, instruments[k], account, symbols, instruments, k, bar, ledger)
    for k in range(len(symbols)):
        i = places[k]
        if i >= 0:
            bar, s = bars[k, i], symbols[k]
            limit_fill(p, instruments[k], account, symbols, instruments, k, bar, ledger)
            resting_fills(p, instruments[k], account, s, k, bar, lower, spans[k, i, 0], spans[k, i, 1], ledger)
            s.close = bar.close


@kernel
def _room(ledger: Ledger, symbols: int) -> bool:
    """Whether the ledger holds what one step can write."""
    legs, notes = LEG_SLOTS - ledger.n_legs, NOTE_SLOTS - ledger.n_notes
    return legs >= symbols * LEGS_PER_BAR and notes >= symbols * NOTES_PER_BAR


@kernel
def decide_run(
    p: Any, instruments: Any, accounts: Any, symbols: Any, places: Any, times: Any, bars: Any, readings: Any,
    contexts: Any, signals: Any, spans: Any, lower: Any, decisions: Any, marks: Any, holdings: Any, ledgers: Any,
) -> int:  # fmt: skip
    """Run over the steps `places` (steps x symbols: the place of each symbol's bar, -1 for none).

    Returns how many steps were taken: fewer when the ledger is nearly full. `bars`, `readings`, `contexts`,
    `signals` and `decisions` are symbols x bars, `spans` their lower bars' first and last place in `lower`,
    `marks` and `holdings` (signed quantities, a column per symbol) one row per step, `times` its close time.
    """
    account, ledger = accounts[0], ledgers[0]
    for t in range(len(places)):
        if not _room(ledger, len(symbols)):
            return t
        _fills(p[0], account, symbols, instruments, places[t], bars, contexts, spans, lower, ledger)
        before = account.equity
        mark(account, symbols, instruments, times[t], marks[t])
        step_account(p[0].guards, account, before, times[t])
        for k in range(len(symbols)):
            pos = symbols[k].position
            holdings[t, k] = pos.side * pos.lots * instruments[k].lot if pos.side != 0 else 0.0
            i = places[t, k]
            if i >= 0:
                decide_step(
                    p[0], account, symbols, instruments, k, bars[k, i], readings[k, i], signals[k, i],
                    decisions[k, i], ledger,
                )  # fmt: skip
    return len(places)


@kernel
def close_out(
    p: Any, instruments: Any, accounts: Any, symbols: Any, bars: Any, marks: Any, holdings: Any, ledgers: Any
) -> None:
    """End of data: close what is open at the last closes (`bars`, one per symbol) and mark again.

    An act of the run, not of the machine. What was decided at the last close is dropped.
    """
    account, ledger, time = accounts[0], ledgers[0], 0
    for k in range(len(symbols)):
        s, bar = symbols[k], bars[k]
        time = max(time, bar.known)
        if s.entry.pending == 1:
            end_entry(s, k, bar.known, OrderState.END_OF_DATA, instruments[k].lot, ledger)
        if s.position.side != 0:
            exit_at(
                p[0], instruments[k], account, s, k, bar, bar.close, bar.known, bar.known, FillReason.END_OF_DATA,
                ledger,
            )  # fmt: skip
        holdings[0, k] = 0.0
    account.peak = account.peak_before
    mark(account, symbols, instruments, time, marks[0])

