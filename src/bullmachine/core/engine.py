"""The contract every indicator and engine keeps, written once.

An author writes three records, a step kernel, a run kernel of five lines and a class of a few
attributes; `bullmachine.testing.check_engine` then proves the rest: stream equals batch, any chunking,
no hindsight, resume, exact warm-up, constant memory, independence, the mirror law.

A run kernel has the signature `run(p, s, bars, out, log) -> n`: (1,)-arrays of parameters, state and
event log, arrays of `Bar` and outputs, and the number of bars it took (fewer when the log is nearly
full). An engine that `needs` others runs their steps inside its own state: its parameter and state
records then have one part per need, `<need>_out`, and the part `own`.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from bullmachine.core.bars import Bar, Gate, Row, admit, admit_one, refusal_counts
from bullmachine.core.events import Event, EventLog
from bullmachine.core.record import dtype_of, row_dtype, to_array, to_twin
from bullmachine.core.snapshot import pack, restore_into, value_hash
from bullmachine.core.time import parse_timeframe

__all__ = ["StepEngine"]

_Array = np.ndarray[Any, Any]


class StepEngine:
    """Thin Python face of kernels: it holds parameters and state and never does arithmetic.

    A concrete engine sets the class attributes; see `bullmachine.indicators.Atr` for the shortest one.

    Args:
        params: the engine's `Params`; defaults when omitted.
        timeframe: name of the bars' timeframe; open times must lie on its grid.
        needs: parameters of the engines this one needs, by their name.
    """

    name: ClassVar[str] = ""
    version: ClassVar[int] = 1
    Params: ClassVar[type[Any]]
    State: ClassVar[type[Any]]
    Output: ClassVar[type[Any]]
    kernel: ClassVar[Callable[..., int]]
    needs: ClassVar[tuple[type[StepEngine], ...]] = ()
    kinds: ClassVar[type[enum.IntEnum] | None] = None
    events_per_bar: ClassVar[int] = 0
    #: fixed containers as {path of the count: capacity}; the contract drives them to their limit
    capacities: ClassVar[dict[str, int]] = {}
    #: kinds of event that turn into another kind on the mirrored market, as {kind: its twin}
    mirror_kinds: ClassVar[dict[int, int]] = {}
    #: contract checks this class is excused from, as {name of the check: why}
    exempt: ClassVar[dict[str, str]] = {}

    def __init__(self, params: Any = None, *, timeframe: str = "1h", **needs: Any) -> None:
        self.params = self.Params() if params is None else params
        self.timeframe = timeframe
        self._need_params = {n.name: needs.pop(n.name, None) or n.Params() for n in self.needs}
        if needs:
            raise TypeError(f"{type(self).__name__} needs no {', '.join(sorted(needs))}")
        self._p = self._parts(lambda n: n.kernel_params(self._need_params[n.name]), self.kernel_params(self.params))
        self._row, self._bar = to_array(Row), to_array(Bar)
        self._out = to_array(self.Output)
        self._log = to_array(EventLog)
        self._drained: list[_Array] = []
        self.reset()

    @classmethod
    def kernel_params(cls, params: Any) -> Any:
        """The record kernels read for `params`: the same, unless an engine prepares tables from it."""
        return params

    @property
    def warm_up(self) -> int:
        """The exact number of first outputs that are not valid yet."""
        raise NotImplementedError

    @property
    def rejected(self) -> dict[str, int]:
        """How many rows admission refused or dropped so far, by reason."""
        return refusal_counts(self._gate)

    def reset(self) -> None:
        """Forget every bar; the parameters stay."""
        self._gate = to_array(Gate)
        self._gate[0].tf = parse_timeframe(self.timeframe)
        self._s = self._parts(lambda n: n.State, self.State, outputs=True)
        self._log[0].head.seq = 0
        self._log[0].head.dropped = 0
        self._log[0].n = 0
        self._drained.clear()

    def update(self, bar: tuple[int, float, float, float, float, float]) -> Any:
        """Take one closed bar `(ts, open, high, low, close, volume)`; the output record.

        Raises:
            BarRejectedError: the bar is impossible, off the grid or not later; the state is untouched.
        """
        self._row[0] = bar
        admit_one(self._gate, self._row, self._bar)
        self._run(self._bar, self._out)
        return to_twin(self.Output, self._out[0])

    def run(self, rows: _Array) -> _Array:
        """Take any number of rows (see `rows_from_columns`), going on from the current state.

        Refused rows are counted in `rejected` and have no output.
        """
        bars = np.zeros(len(rows), dtype_of(Bar))
        bars = bars[: admit(self._gate, rows, bars)]
        out = np.zeros(len(bars), dtype_of(self.Output))
        self._run(bars, out)
        return out

    def events(self) -> list[Event]:
        """The events since the last call, oldest first; they are forgotten here."""
        return [to_twin(Event, e) for e in self.event_array()]

    def event_array(self) -> _Array:
        """`events` as one structured array (cheaper, for many events)."""
        self._drain()
        found = np.concatenate([np.zeros(0, dtype_of(Event)), *self._drained])
        self._drained.clear()
        return found

    def snapshot(self) -> bytes:
        """Everything that shapes later outputs, as portable bytes (undrained events excluded)."""
        return pack(self._identity(), self._records())

    def restore(self, blob: bytes) -> None:
        """Go on from a `snapshot` of an engine with equal class, parameters and timeframe.

        Raises:
            SnapshotError: the blob is damaged or not this engine's; nothing changed.
        """
        restore_into(blob, self._identity(), self._records())
        self._log[0].n = 0
        self._drained.clear()

    def _records(self) -> list[_Array]:
        return [self._gate, self._s, np.asarray(self._log["head"])]

    def _identity(self) -> dict[str, Any]:
        return {
            "engine": self.name,
            "version": self.version,
            "timeframe": self.timeframe,
            "params": value_hash(self._p),
        }

    def _run(self, bars: _Array, out: _Array) -> None:
        done = 0
        while done < len(bars):
            done += type(self).kernel(self._p, self._s, bars[done:], out[done:], self._log)
            if done < len(bars):
                self._drain()

    def _drain(self) -> None:
        n = int(self._log[0].n)
        if n:
            self._drained.append(self._log[0].slots[:n].copy())
            self._log[0].n = 0

    def _parts(self, of_need: Callable[[Any], Any], own: Any, *, outputs: bool = False) -> _Array:
        """The (1,)-record of an engine: `own` (a record, or its class for defaults) alone, or one part per need."""
        if not self.needs:
            return to_array(own)
        parts: list[tuple[str, Any]] = []
        for need in self.needs:
            parts.append((need.name, of_need(need)))
            if outputs:
                parts.append((f"{need.name}_out", need.Output))
        parts.append(("own", own))
        made = np.zeros(1, _parts_dtype(tuple((name, dtype_of(part)) for name, part in parts)))
        for name, part in parts:
            made[name] = to_array(part)
        return made


@functools.cache
def _parts_dtype(layout: tuple[tuple[str, np.dtype[Any]], ...]) -> np.dtype[Any]:
    """One dtype for all engines of a class: an equal but other one is compared field by field on every call, 25 us."""
    return row_dtype(list(layout))
