"""Running an engine and keeping everything it said, and the few looks inside it that checks need."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from bullmachine.core.engine import StepEngine
from bullmachine.core.record import dtype_of, to_array
from bullmachine.testing.results import Tally

__all__ = ["Trace", "leaves", "log_of", "observe", "params_of", "partition", "state_of", "stream"]

_Array = np.ndarray[Any, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Trace:
    """Outputs (one a good bar), events (oldest first) and the snapshot after the last bar."""

    outputs: _Array
    events: _Array
    snapshot: bytes

    def compare(self, found: Trace, tally: Tally, where: str) -> None:
        """Count the three comparisons of `found` with this."""
        tally.same(self.outputs, found.outputs, f"outputs differ, {where}")
        tally.same(self.events, found.events, f"events differ, {where}")
        tally.expect(self.snapshot == found.snapshot, f"snapshots differ, {where}")


def observe(engine: StepEngine, rows: _Array, cuts: Iterable[int] = ()) -> Trace:
    """Feed `rows` from where the engine is, in chunks that end at `cuts`, draining events after each."""
    edges = [0, *cuts, len(rows)]
    outputs, events = [], []
    for start, end in itertools.pairwise(edges):
        outputs.append(engine.run(rows[start:end]))
        events.append(engine.event_array())
    return Trace(np.concatenate(outputs), np.concatenate(events), engine.snapshot())


def stream(engine: StepEngine, rows: _Array) -> Trace:
    """Feed `rows` one by one through `update`, as live use does."""
    outputs = np.zeros(len(rows), dtype_of(engine.Output))
    events = [engine.event_array()]
    for i, row in enumerate(rows):
        outputs[i] = to_array(engine.update(row.item()))[0]
        events.append(engine.event_array())
    return Trace(outputs, np.concatenate(events), engine.snapshot())


def partition(rng: np.random.Generator, n: int) -> list[int]:
    """Sorted cuts of `n` bars: long and short chunks, runs of single bars, an empty chunk."""
    cuts = rng.integers(0, n + 1, int(rng.integers(1, 12)))
    lone = int(rng.integers(0, max(1, n - 8)))
    return sorted([*cuts.tolist(), *range(lone, lone + 8), lone + 4])


def leaves(array: _Array, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], _Array]]:
    """Every scalar field of structured `array`, through nested records, with its path.

    The first axis is the item; fields inside arrays have further axes.
    """
    for name in array.dtype.names or ():
        column = array[name]
        if column.dtype.names:
            yield from leaves(column, (*path, name))
        else:
            yield (*path, name), column


def state_of(engine: StepEngine) -> _Array:
    """The (1,)-array of the engine's state (not a copy)."""
    return engine._s  # noqa: SLF001  (bytes are what the contract is about)


def params_of(engine: StepEngine) -> _Array:
    """The (1,)-array of parameters that kernels read (not a copy)."""
    return engine._p  # noqa: SLF001


def log_of(engine: StepEngine) -> Any:
    """The engine's event log record (not a copy)."""
    return engine._log[0]  # noqa: SLF001
