"""The two stages behind one machine: a sense stage per symbol, and one decide stage for their account."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from bullmachine.core.bars import Bar, Gate, admit, admit_one
from bullmachine.core.errors import KernelError
from bullmachine.core.events import EventLog
from bullmachine.core.record import dtype_of, to_array
from bullmachine.machine.feed import Feed
from bullmachine.machine.records import BarLog, SenseParams, SenseState, sense_kernel_params
from bullmachine.machine.sense import sense_run
from bullmachine.trading.decide import close_out, decide_run
from bullmachine.trading.params import DecideParams
from bullmachine.trading.records import Account, Instrument, Symbol
from bullmachine.trading.rows import Decision, Ledger, Mark

__all__ = ["CHUNK", "DecideStage", "Money", "SenseStage", "Taken", "instrument_of"]

CHUNK: Final = 500  #: bars in one piece: 1 MB of readings, which a second-level cache holds

_Array = np.ndarray[Any, Any]

#: of one symbol's piece: the last earlier open, the first bar that is decided, how many bars, events, slower bars
Taken = tuple[int, int, int, _Array, _Array]


def instrument_of(p: DecideParams, given: Instrument | None = None) -> Instrument:
    """The steps of a symbol: what the settings say, else what is `given`, else a common instrument's."""
    found = Instrument() if given is None else given
    return Instrument(
        tick=p.account.tick or found.tick, lot=p.account.lot or found.lot, min_notional=found.min_notional
    )


class SenseStage:
    """One symbol's bars into readings, written to the rows it is given.

    Args:
        sense: timeframes, calendar and engine parameters.
        bars: where admitted bars go, room for one piece.
        readings: where their readings go.
        since: open time of the first bar that is decided.
    """

    def __init__(self, sense: SenseParams, bars: _Array, readings: _Array, since: int) -> None:
        self.params = to_array(sense_kernel_params(sense))
        self.gate, self.state = to_array(Gate), to_array(SenseState)
        self.gate[0].tf = sense.base
        self.log, self._bar_log = to_array(EventLog), to_array(BarLog)
        self._events = _Drain(self.log, "n", "slots")
        self._slow_bars = _Drain(self._bar_log, "n", "slots")
        self.bars, self.readings = bars, readings
        self._since, self._last = since, self.gate["last_ts"].data
        self.ns = 0

    def take(self, rows: _Array) -> Taken:
        """Admit and read rows."""
        before = self._last[0]
        n = admit(self.gate, rows, self.bars)
        at = time.thread_time_ns()
        found = self._read(n)
        self.ns += time.thread_time_ns() - at
        return self._taken(before, n, found)

    def take_one(self, row: _Array) -> Taken:
        """The same for a single row, which must be good, untimed: to look at the clock costs 0.5 us.

        Raises:
            BarRejectedError: it is impossible, off the grid or not later; no state changed.
        """
        before = self._last[0]
        admit_one(self.gate, row, self.bars[:1])
        return self._taken(before, 1, self._read(1))

    def parts(self) -> list[_Array]:
        """The state."""
        return [self.gate, self.state, np.asarray(self.log["head"])]

    def _read(self, n: int) -> list[tuple[_Array, _Array]]:
        """Events and slower bars, one pair for each time that the logs were drained."""
        done, found = 0, []
        while True:
            taken = sense_run(
                self.params, self.state, self.bars[done:n], self.readings[done:n], self.log, self._bar_log
            )
            done += taken
            found.append((self._events.take(), self._slow_bars.take()))
            if done == n:
                return found
            if taken == 0:
                raise KernelError("the event log cannot hold the events of one bar")

    def _taken(self, before: int, n: int, found: list[tuple[_Array, _Array]]) -> Taken:
        """Joined once: joining after each drain made a backtest 8 % slower."""
        events, slow_bars = found[0] if len(found) == 1 else map(np.concatenate, zip(*found, strict=True))
        first = 0 if before >= self._since else int(self.bars["ts"][:n].searchsorted(self._since))  # a search: 1 us
        return before, first, n, events, slow_bars


class Money(NamedTuple):
    """What one piece did to the account: fills, finished positions, steps of orders, marks, quantities held."""

    legs: _Array
    closed: _Array
    notes: _Array
    marks: _Array
    holdings: _Array


class DecideStage:
    """One account and its symbols.

    Args:
        decide: score, guards, size, costs, exits.
        instruments: each symbol's steps.
        size: most bars of a symbol in one piece.
        room: a stage whose outputs' room this one may use; each piece overwrites it.
    """

    def __init__(
        self,
        decide: DecideParams,
        instruments: Sequence[Instrument],
        size: int = CHUNK,
        *,
        room: DecideStage | None = None,
    ) -> None:
        n = len(instruments)
        self.params = to_array(decide)
        self.instruments = np.concatenate([to_array(i) for i in instruments])
        self.account = to_array(Account(cash=decide.account.equity, equity=decide.account.equity))
        self.symbols = np.repeat(to_array(Symbol), n)
        self._ledger: _Array = to_array(Ledger) if room is None else room._ledger  # noqa: SLF001  (its own kind)
        self._legs = _Drain(self._ledger, "n_legs", "legs")
        self._closed = _Drain(self._ledger, "n_closed", "closed")
        self._notes = _Drain(self._ledger, "n_notes", "notes")
        self.decisions: _Array = np.zeros(n * size, dtype_of(Decision)) if room is None else room.decisions
        self._mark = dtype_of(Mark)
        self.ns = 0

    def take(self, feed: Feed) -> Money:
        """Decide a piece; `decisions` holds each symbol's, at the places of its bars."""
        at = time.thread_time_ns()
        money = self.take_one(feed)
        self.ns += time.thread_time_ns() - at
        return money

    def take_one(self, feed: Feed) -> Money:
        """The same untimed, for the piece of a single row."""
        n, wide = len(feed.times), len(self.symbols)
        marks, holdings = np.zeros(n, self._mark), np.zeros(n * wide)
        done = self._run(feed, feed.places, feed.times, marks, holdings)
        legs, closed, notes = self._legs.take(), self._closed.take(), self._notes.take()
        while done < n:
            past = done * wide
            done += self._run(feed, feed.places[past:], feed.times[done:], marks[done:], holdings[past:])
            legs = np.concatenate([legs, self._legs.take()])
            closed = np.concatenate([closed, self._closed.take()])
            notes = np.concatenate([notes, self._notes.take()])
        return Money(legs, closed, notes, marks, holdings.reshape(n, wide))

    def _run(self, feed: Feed, places: _Array, times: _Array, marks: _Array, holdings: _Array) -> int:
        """As many of the steps as the ledger has room for."""
        taken: int = decide_run(
            self.params, self.instruments, self.account, self.symbols, places, times, feed.bars, feed.readings,
            feed.given, feed.signals, feed.lower, self.decisions, marks, holdings, self._ledger,
        )  # fmt: skip
        return taken

    def close_out(self, closes: Sequence[float], known: int) -> Money:
        """What ending the data at `known` would do, each symbol at its last close. The state stays."""
        account, symbols, ledger = self.account.copy(), self.symbols.copy(), to_array(Ledger)
        marks, holdings = np.zeros(1, dtype_of(Mark)), np.zeros(len(symbols))
        last = np.zeros(len(symbols), dtype_of(Bar))
        for name in ("open", "high", "low", "close"):
            last[name] = closes
        last["known"] = known
        close_out(self.params, self.instruments, account, symbols, last, marks, holdings, ledger)
        made = ledger[0]
        return Money(
            made.legs[: made.n_legs].copy(), made.closed[: made.n_closed].copy(), made.notes[: made.n_notes].copy(),
            marks, holdings.reshape(1, -1),
        )  # fmt: skip

    def parts(self) -> list[_Array]:
        """The state."""
        return [self.account, self.symbols]


class _Drain:
    """Takes the filled slots of a log and marks it empty.

    The views cost nothing; a record's attributes do. The count is read through `data`: half of an array's time.
    """

    def __init__(self, log: _Array, count: str, slots: str) -> None:
        self._n, self._slots = log[count].data, log[slots][0]
        self._none: _Array = self._slots[:0].copy()

    def take(self) -> _Array:
        """The filled slots, read-only. Through bytes: `copy` of such a dtype costs 10 us however few."""
        n = self._n[0]
        if n == 0:
            return self._none
        self._n[0] = 0
        taken: _Array = np.frombuffer(self._slots[:n].tobytes(), self._none.dtype)
        return taken
