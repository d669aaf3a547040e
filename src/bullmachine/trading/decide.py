"""Decide: what the machine does with one bar's readings, and nowhere else.

1. Fills: funding, then orders of the last close at this open, then limits, stops and targets inside the bar.
2. Mark: equity at this close, and the account's pauses.
3. Decide: the stop for the next bar, then, where the gate is open, score or signal, guards, state, and at most one
   order.

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
from bullmachine.macro.context import Macro, closes, stance_of
from bullmachine.trading.account import mark, pauses, step_account
from bullmachine.trading.ask import ask, asked_source, by_setups, by_signals, plan
from bullmachine.trading.codes import FillReason, OrderState
from bullmachine.trading.entries import limit_fill, open_fills
from bullmachine.trading.exit_params import OnOpposite, OnSignalOff
from bullmachine.trading.exits import ask_exit, run_out, set_levels, tighten
from bullmachine.trading.fast import acts_on_fast, asked_side, fast_side
from bullmachine.trading.fills import exit_at, resting_fills
from bullmachine.trading.gate import fired, is_open
from bullmachine.trading.guards import ends
from bullmachine.trading.ledger import end_entry, settle_funding
from bullmachine.trading.orders import exits_of
from bullmachine.trading.params import DecideParams
from bullmachine.trading.records import Account, Given, Instrument, Signal, Symbol
from bullmachine.trading.rows import LEG_SLOTS, LEGS_PER_BAR, NOTE_SLOTS, NOTES_PER_BAR, Decision, Ledger, pass_over

__all__ = ["close_out", "decide_run", "decide_step"]


@kernel
def _wish(p: DecideParams, s: Symbol, signal: Signal, f: float) -> int:
    """The side that F, a setup, or a signal of one's own, would have the state take at this close."""
    return signal.side if by_signals(p) else wanted(p.fusion, s.stance, f)


@kernel
def _stands(s: Symbol) -> bool:
    """Whether a position or an entry is on the side of the state."""
    return s.position.side == s.stance or (s.entry.pending == 1 and s.entry.side == s.stance)


@kernel
def _against(o: Decision, side: int) -> int:
    """The mask of stateless guards against a side."""
    return o.guards_long if side == 1 else (o.guards_short if side == -1 else 0)


@kernel
def _transition(p: DecideParams, s: Symbol, signal: Signal, r: Readings, blocked: int, o: Decision) -> int:
    """What the state does at this close."""
    if not by_signals(p):
        return transition(p.fusion, s.stance, o.score.f, blocked, ends(p.guards, s.stance, r))
    if signal.side != 0 and blocked == 0:
        return Transition.FLIP if s.stance == -signal.side else Transition.ENTER
    silent = (signal.flat == 1 or signal.off == 1) and s.stance != Stance.FLAT
    if by_setups(p):
        silent = s.stance != Stance.FLAT and not _stands(s)
    return Transition.LEAVE if silent else Transition.NONE


@kernel
def _gone(p: DecideParams, s: Symbol, o: Decision) -> int:
    """The side on which the signal that asks for trades stands no more, 0 for none."""
    if acts_on_fast(p):
        return s.fast if o.fast != s.fast else 0
    return s.stance if o.transition in (Transition.LEAVE, Transition.FLIP) else 0


@kernel
def _ended(p: DecideParams, s: Symbol, o: Decision) -> bool:
    """Whether it stands on no side any more."""
    if acts_on_fast(p):
        return s.fast != 0 and o.fast == 0
    return o.transition == Transition.LEAVE


@kernel
def _on_opposite(
    p: DecideParams, inst: Instrument, s: Symbol, k: int, bar: Bar, signal: Signal, o: Decision, ledger: Ledger
) -> None:
    """An opposite signal ends the position, whatever guard holds back the entry it asks for; `flat` ends any."""
    x = exits_of(p, s.position.setup)
    if o.asked != 0 and s.entry.pending == 1 and s.entry.side == -o.asked:
        end_entry(s, k, bar.known, OrderState.REPLACED, inst.lot, ledger)
    if o.asked != 0 and s.position.side == -o.asked and x.on_opposite != OnOpposite.IGNORE:
        ask_exit(inst, s, k, bar.known, FillReason.OPPOSITE, ledger)
    if signal.flat == 1:
        if s.entry.pending == 1:
            end_entry(s, k, bar.known, OrderState.REPLACED, inst.lot, ledger)
        ask_exit(inst, s, k, bar.known, FillReason.SIGNAL, ledger)


@kernel
def _on_left(
    p: DecideParams, inst: Instrument, s: Symbol, k: int, bar: Bar, r: Readings, o: Decision, ledger: Ledger
) -> None:
    """What the end of a signal does to the position on its side."""
    gone = _gone(p, s, o)
    if gone == 0 or s.position.side != gone:
        return
    x = exits_of(p, s.position.setup)
    if x.on_signal_off == OnSignalOff.CLOSE:
        ask_exit(inst, s, k, bar.known, FillReason.SIGNAL_OFF, ledger)
    elif x.on_signal_off == OnSignalOff.TIGHTEN:
        tighten(inst, s, k, bar, r.base.features.atr, ledger)


@kernel
def _note_macro(p: DecideParams, macro: Macro, o: Decision) -> None:
    o.risk_long = macro.risk_long
    o.risk_short = macro.risk_short
    o.speaking = macro.speaking
    o.regime = stance_of(macro, p.macro.veto)


@kernel
def _on_macro(
    p: DecideParams, inst: Instrument, s: Symbol, k: int, bar: Bar, macro: Macro, ledger: Ledger
) -> None:  # fmt: skip
    """Macro ends what stands on a side whose risk reaches the exit, or which a rule closes."""
    side = s.position.side if s.position.side != 0 else (s.entry.side if s.entry.pending == 1 else 0)
    if side == 0 or not closes(macro, side, p.macro.exit):
        return
    if s.entry.pending == 1 and s.entry.side == side:
        end_entry(s, k, bar.known, OrderState.MACRO, inst.lot, ledger)
    if s.position.side == side:
        ask_exit(inst, s, k, bar.known, FillReason.MACRO, ledger)


@kernel
def _fires(p: DecideParams, given: Given) -> bool:
    """Whether a setup asks at this bar: it asks once, so that no gate may be closed to it."""
    return by_setups(p) and (given.fired.long | given.fired.short) != 0


@kernel
def _evaluate(
    p: DecideParams, inst: Instrument, account: Account, s: Symbol, k: int, bar: Bar, r: Readings, macro: Macro,
    signal: Signal, o: Decision, ledger: Ledger,
) -> None:  # fmt: skip
    """Score or signal, guards, and what the state does; what that means for a position on either side."""
    score_step(p.fusion, r, o.score)
    wish = _wish(p, s, signal, o.score.f)
    o.fast = fast_side(p.execution, bar.close, r)
    plan(p, s, account, bar, r, macro, signal, o)
    o.transition = _transition(p, s, signal, r, _against(o, wish), o)
    standing = s.stance if o.transition == Transition.NONE else Stance.FLAT
    o.asked = asked_side(p, standing, wish, s.fast, o.fast)
    o.blocked = _against(o, o.asked)
    o.source = asked_source(p, o, signal)
    o.ended = 1 if _ended(p, s, o) else 0
    _on_opposite(p, inst, s, k, bar, signal, o, ledger)
    _on_left(p, inst, s, k, bar, r, o, ledger)
    if o.transition in (Transition.ENTER, Transition.FLIP):
        s.stance = wish
    elif o.transition == Transition.LEAVE:
        s.stance = Stance.FLAT
    s.fast = o.fast


@kernel
def decide_step(
    p: DecideParams, inst: Instrument, account: Account, s: Symbol, k: int, bar: Bar, r: Readings, given: Given,
    signal: Signal, o: Decision, ledger: Ledger,
) -> None:  # fmt: skip
    """Decide for symbol `k` at the close of `bar`: every reason goes into `o`, also when nothing is done.

    What is asked for (`o.asked`) is left to `ask`.
    """
    if s.position.side != 0:
        set_levels(p, inst, s, k, bar, r, ledger)
    o.time = bar.known
    o.fired_long = given.fired.long
    o.fired_short = given.fired.short
    _note_macro(p, given.macro, o)
    o.sentinels = fired(p.gate, s, bar, r.sentinels)
    o.evaluated = 1 if is_open(p, o.sentinels) or _fires(p, given) else 0
    s.stance_before = s.stance
    if o.evaluated == 1:
        _evaluate(p, inst, account, s, k, bar, r, given.macro, signal, o, ledger)
    else:
        pass_over(o)
    _on_macro(p, inst, s, k, bar, given.macro, ledger)
    if s.position.side != 0:
        run_out(exits_of(p, s.position.setup), inst, s, k, bar, ledger)
    o.stance = s.stance
    s.since_exit += 1


@kernel
def _open_step(
    p: DecideParams, inst: Instrument, account: Account, s: Symbol, k: int, bar: Bar, due: float, ledger: Ledger
) -> None:
    """What happens at a bar's open."""
    settle_funding(p, inst, account, s, k, bar.ts, due, ledger)
    open_fills(p, inst, account, s, k, bar, ledger)


@kernel
def _room(ledger: Ledger, symbols: int) -> bool:
    """Whether the ledger holds what one step can write."""
    legs, notes = LEG_SLOTS - ledger.n_legs, NOTE_SLOTS - ledger.n_notes
    return legs >= symbols * LEGS_PER_BAR and notes >= symbols * NOTES_PER_BAR


@kernel
def decide_run(
    p: Any, instruments: Any, accounts: Any, symbols: Any, places: Any, times: Any, bars: Any, readings: Any,
    given: Any, signals: Any, lower: Any, decisions: Any, marks: Any, holdings: Any, ledgers: Any,
) -> int:  # fmt: skip
    """Run over steps of time; how many were taken (fewer when the ledger is nearly full).

    All arrays are flat, and steps are given records, not arrays: counting references to arrays took half of
    400 ns a bar. Step t closes at `times[t]`
    and is marked in `marks[t]`; for each of n symbols `places[t * n + k]` is the place of its bar in `bars`,
    `readings`, `given`, `signals` and `decisions` (-1: it has none), `holdings[t * n + k]` its signed
    quantity. Each array costs 0.2 us a call, whatever its length.
    """
    account, ledger, n = accounts[0], ledgers[0], len(symbols)
    for t in range(len(times)):
        if not _room(ledger, n):
            return t
        for k in range(n):
            i = places[t * n + k]
            if i >= 0:
                _open_step(p[0], instruments[k], account, symbols[k], k, bars[i], given[i].funding_due, ledger)
        held = 0.0
        for k in range(n):
            i, s, inst = places[t * n + k], symbols[k], instruments[k]
            if i >= 0:
                limit_fill(p[0], inst, account, s, k, bars[i], ledger)
                if s.position.side != 0:
                    resting_fills(p[0], inst, account, s, k, bars[i], lower, given[i].begin, given[i].end, ledger)
                s.close = bars[i].close
            holdings[t * n + k] = s.position.side * s.position.lots * inst.lot
            if s.position.side != 0:
                held += holdings[t * n + k] * s.close
        before = account.equity
        mark(account, held, times[t], marks[t])
        step_account(p[0].guards, account, before, times[t])
        marks[t].paused = pauses(account, times[t])
        for k in range(n):
            i = places[t * n + k]
            if i >= 0:
                decide_step(
                    p[0], instruments[k], account, symbols[k], k, bars[i], readings[i], given[i], signals[i],
                    decisions[i], ledger,
                )  # fmt: skip
                if decisions[i].asked != 0:
                    ask(
                        p[0], account, symbols, instruments, k, bars[i], readings[i], signals[i], decisions[i], ledger
                    )  # fmt: skip
    return len(times)


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
                p[0], instruments[k], account, s, k, bar, bar.close, bar.known, bar.known,
                FillReason.END_OF_DATA, ledger,
            )  # fmt: skip
        holdings[k] = 0.0
    account.peak = account.peak_before
    mark(account, 0.0, time, marks[0])
