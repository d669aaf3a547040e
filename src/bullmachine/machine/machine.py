"""The machine: both stages behind one face, for any number of bars at a time.

`advance` takes rows in pieces and yields what each piece made known. How the rows are cut changes no
byte of any output or of the state: a backtest, a replay and a live feed are this one method.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bullmachine.core.bars import Bar, Gate, admit, admit_one, refusal_counts
from bullmachine.core.errors import KernelError, SnapshotError
from bullmachine.core.events import EventLog
from bullmachine.core.record import dtype_of, to_array
from bullmachine.core.snapshot import pack, restore_into, value_hash
from bullmachine.core.version import __version__
from bullmachine.fusion.readings import Readings
from bullmachine.machine.records import BarLog, SenseParams, SenseState, sense_kernel_params
from bullmachine.machine.sense import sense_run
from bullmachine.macro.context import Context
from bullmachine.trading.decide import close_out, decide_run
from bullmachine.trading.params import DecideParams
from bullmachine.trading.records import Account, Decision, Ledger, Mark, Symbol

__all__ = ["CHUNK", "Chunk", "Machine", "Timing"]

CHUNK: Final = 500  #: bars in one piece: 1 MB of readings, which a second-level cache holds
_SCHEMA: Final = 1

_Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class Timing:
    """CPU nanoseconds spent inside each fused kernel, and bars taken."""

    sense_ns: int = 0
    decide_ns: int = 0
    bars: int = 0
    decided: int = 0


@dataclass(slots=True, frozen=True)
class Chunk:
    """What one piece of bars made known; arrays are views that the next piece overwrites.

    `decisions` and `marks` belong to the last `len(decisions)` of `bars`: earlier ones are warm-up.
    """

    bars: _Array
    readings: _Array
    decisions: _Array
    marks: _Array
    legs: _Array
    closed: _Array
    events: _Array
    slow_bars: _Array


class Machine:
    """One symbol's machine.

    Args:
        sense: timeframes, calendar and engine parameters.
        decide: score, guards, size, costs, exits.
        trade_from: open time (UTC ms) of the first bar that is decided; earlier bars are warm-up.
    """

    def __init__(self, sense: SenseParams, decide: DecideParams, *, trade_from: int = -(2**62)) -> None:
        self.trade_from = trade_from
        self.timing = Timing()
        self._sense_p, self._decide_p = to_array(sense_kernel_params(sense)), to_array(decide)
        self._gate = to_array(Gate)
        self._gate[0].tf = sense.base
        self._s = to_array(SenseState)
        self._account = to_array(Account(cash=decide.account.equity, equity=decide.account.equity))
        self._symbols = to_array(Symbol)
        self._log, self._bar_log, self._ledger = to_array(EventLog), to_array(BarLog), to_array(Ledger)
        self._events = _Drain(self._log, "n", "slots")
        self._slow_bars = _Drain(self._bar_log, "n", "slots")
        self._legs = _Drain(self._ledger, "n_legs", "legs")
        self._closed = _Drain(self._ledger, "n_closed", "closed")
        self._ahead = 0  # bars admitted and not yet read: more than none only inside `advance`
        self._bars = np.zeros(CHUNK, dtype_of(Bar))
        self._readings = np.repeat(to_array(Readings), CHUNK)
        self._contexts = np.repeat(to_array(Context), CHUNK)
        self._decisions = np.zeros(CHUNK, dtype_of(Decision))
        self._marks = np.zeros(CHUNK, dtype_of(Mark))

    @property
    def rejected(self) -> dict[str, int]:
        """Rows that admission refused or dropped so far, by reason."""
        return refusal_counts(self._gate)

    def note_rejected(self, rows: int) -> None:
        """Count rows refused before they got here (`policy = drop`) as rejected before the next good bar."""
        self._gate["rejected_before"][0] += rows

    def advance(self, rows: _Array) -> Iterator[Chunk]:
        """Take `rows` (see `rows_from_columns`) in pieces; yield what each made known.

        Refused rows are counted and skipped. The iterator must be exhausted.
        """
        for start in range(0, len(rows), CHUNK):
            n = admit(self._gate, rows[start : start + CHUNK], self._bars)
            self._ahead = n
            while self._ahead:
                chunk = self._piece(n - self._ahead, n)
                self._ahead -= len(chunk.bars)
                yield chunk

    def take_one(self, row: _Array) -> Chunk:
        """Take a single row ((1,)-array) and return what it made known.

        Raises:
            BarRejectedError: the row is impossible, off the grid or not later; no state changed.
        """
        admit_one(self._gate, row, self._bars[:1])
        return self._piece(0, 1)

    def close_out(self) -> tuple[_Array, _Array, _Array]:
        """What ending the data here would do: legs, closed positions and the last mark. The state stays."""
        account, symbols, ledger = self._account.copy(), self._symbols.copy(), to_array(Ledger)
        marks, last = np.zeros(1, dtype_of(Mark)), np.zeros(1, dtype_of(Bar))
        last[0].close = self._gate[0].close
        last[0].known = self._gate[0].last_ts + self._gate[0].tf
        close_out(self._decide_p, account, symbols, last, marks, ledger)
        made = ledger[0]
        return made.legs[: made.n_legs].copy(), made.closed[: made.n_closed].copy(), marks

    def snapshot(self) -> bytes:
        """Everything that shapes later output, as portable bytes.

        Raises:
            SnapshotError: `advance` is in the middle of a piece; exhaust it first.
        """
        if self._ahead:
            raise SnapshotError(f"{self._ahead} admitted bars are not read yet: exhaust `advance` before a snapshot")
        return pack(self._identity(), self._parts())

    def restore(self, blob: bytes) -> None:
        """Go on from a `snapshot` of a machine with equal parameters.

        Raises:
            SnapshotError: the blob is damaged or another machine's; nothing changed.
        """
        restore_into(blob, self._identity(), self._parts())
        self._ahead = 0

    def _parts(self) -> list[_Array]:
        return [self._gate, self._s, self._account, self._symbols, np.asarray(self._log["head"])]

    def _identity(self) -> dict[str, Any]:
        params = value_hash(self._sense_p, self._decide_p)
        return {"machine": _SCHEMA, "version": __version__, "params": params, "trade_from": self.trade_from}

    def _piece(self, done: int, n: int) -> Chunk:
        """Sense, then decide, as many admitted bars as the logs hold."""
        bars, readings = self._bars[done:n], self._readings[done:n]
        at = time.thread_time_ns()
        taken = sense_run(self._sense_p, self._s, bars, readings, self._log, self._bar_log)
        self.timing.sense_ns += time.thread_time_ns() - at
        if taken == 0:
            raise KernelError("the event log cannot hold the events of one bar")
        self.timing.bars += taken
        bars, readings = bars[:taken], readings[:taken]
        first = int(bars["ts"].searchsorted(self.trade_from))
        legs, closed = self._decide(bars[first:], readings[first:])
        decided = taken - first
        return Chunk(
            bars=bars,
            readings=readings,
            decisions=self._decisions[:decided],
            marks=self._marks[:decided],
            legs=legs,
            closed=closed,
            events=self._events.take(),
            slow_bars=self._slow_bars.take(),
        )

    def _decide(self, bars: _Array, readings: _Array) -> tuple[_Array, _Array]:
        legs, closed, done = [], [], 0
        at = time.thread_time_ns()
        while True:
            done += decide_run(
                self._decide_p, self._account, self._symbols, bars[done:], readings[done:], self._contexts[done:],
                self._decisions[done:], self._marks[done:], self._ledger,
            )  # fmt: skip
            legs.append(self._legs.take())
            closed.append(self._closed.take())
            if done == len(bars):
                break
        self.timing.decide_ns += time.thread_time_ns() - at
        self.timing.decided += done
        return _joined(legs), _joined(closed)


class _Drain:
    """Takes the filled slots of a log and marks it empty. The views cost nothing; a record's attributes do."""

    def __init__(self, log: _Array, count: str, slots: str) -> None:
        self._n, self._slots = log[count], log[slots][0]
        self._none: _Array = self._slots[:0].copy()

    def take(self) -> _Array:
        """The filled slots, read-only. Through bytes: `copy` of such a dtype costs 10 us however few."""
        n = self._n[0]
        if n == 0:
            return self._none
        self._n[0] = 0
        taken: _Array = np.frombuffer(self._slots[:n].tobytes(), self._none.dtype)
        return taken


def _joined(parts: list[_Array]) -> _Array:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
