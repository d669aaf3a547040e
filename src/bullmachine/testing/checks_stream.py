"""Checks 1-4: one meaning of a bar however it arrives, and nothing known before its time.

1. `check_stream_equals_batch`: `update` bar by bar says what one `run` says.
2. `check_any_chunking`: any split into chunks, and a log that fills up mid-run, change no byte.
3. `check_prefix_invariance`: a shorter history says the same about its own bars.
4. `check_future_poison`: whatever comes after a bar, the past stays as it was.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bullmachine.core.engine import StepEngine
from bullmachine.core.events import EVENT_SLOTS
from bullmachine.testing.markets import poisoned, random_market
from bullmachine.testing.results import CheckResult, Tally
from bullmachine.testing.trace import Trace, log_of, observe, partition, stream

__all__ = [
    "BARS",
    "SEEDS",
    "check_any_chunking",
    "check_future_poison",
    "check_prefix_invariance",
    "check_stream_equals_batch",
]

BARS: Final = 1500  #: bars of one trial
SEEDS: Final = (1, 2, 3)  #: markets of one check


def check_stream_equals_batch(engine: type[StepEngine], params: Any = None) -> CheckResult:
    """`update` one by one and one `run`: same outputs, events and snapshot, byte for byte."""
    tally = Tally("stream_equals_batch", engine)
    for seed in SEEDS[:2]:
        rows = random_market(seed, BARS)
        batch = observe(engine(params), rows)
        batch.compare(stream(engine(params), rows), tally, f"update against run, seed {seed}")
    return tally.result()


def check_any_chunking(engine: type[StepEngine], params: Any = None) -> CheckResult:
    """Random chunks (single bars and empty ones among them) and a log without room: the same bytes."""
    tally = Tally("any_chunking", engine)
    for seed in SEEDS:
        rng, rows = np.random.default_rng(seed), random_market(seed, BARS)
        whole = observe(engine(params), rows)
        for _ in range(4):
            cuts = partition(rng, BARS)
            whole.compare(observe(engine(params), rows, cuts), tally, f"chunks ending at {cuts}, seed {seed}")
        for room in range(0, 2 * engine.events_per_bar + 2, max(1, engine.events_per_bar)):
            found = _with_little_room(engine(params), rows, room)
            whole.compare(found, tally, f"log with {room} free slots at the start, seed {seed}")
    return tally.result()


def check_prefix_invariance(engine: type[StepEngine], params: Any = None) -> CheckResult:
    """`run(bars[:n])` is `run(bars)[:n]`, and its events are the ones known by then, for many n."""
    tally = Tally("prefix_invariance", engine)
    for seed in SEEDS:
        rng, rows = np.random.default_rng(seed), random_market(seed, BARS)
        whole = observe(engine(params), rows)
        early = min(engine(params).warm_up + 1, BARS)
        for n in sorted({0, 1, 2, early, BARS - 1, *rng.integers(3, BARS, 12).tolist()}):
            found = observe(engine(params), rows[:n])
            _compare_past(whole, found, n, tally, f"first {n} bars alone, seed {seed}")
    return tally.result()


def check_future_poison(engine: type[StepEngine], params: Any = None) -> CheckResult:
    """Bars after t become noise, constants, huge, tiny or NaN: nothing up to t changes."""
    tally = Tally("future_poison", engine)
    for seed in SEEDS:
        rng, rows = np.random.default_rng(seed), random_market(seed, BARS)
        whole = observe(engine(params), rows)
        for how in ("noise", "constant", "huge", "tiny", "nan"):
            for t in rng.integers(0, BARS - 1, 3).tolist():
                found = observe(engine(params), poisoned(rows, t, how))
                _compare_past(whole, found, t + 1, tally, f"{how} after bar {t}, seed {seed}")
    return tally.result()


def _compare_past(whole: Trace, found: Trace, n: int, tally: Tally, where: str) -> None:
    """The first `n` outputs and the events known in them are those of the whole history."""
    tally.same(whole.outputs[:n], found.outputs[:n], f"outputs differ, {where}")
    known, told = (t.events["i_known"] < n for t in (whole, found))
    in_order = not (np.diff(known.astype(np.int64)) > 0).any()
    tally.expect(in_order, f"an event known by bar {n - 1} comes after one known later, {where}")
    tally.same(whole.events[known], found.events[told], f"events differ, {where}")


def _with_little_room(engine: StepEngine, rows: np.ndarray[Any, Any], room: int) -> Trace:
    """The trace of a run whose log starts with only `room` free slots; the fillers are cut off again."""
    log, fillers = log_of(engine), EVENT_SLOTS - room
    log.n = fillers
    found = observe(engine, rows)
    return Trace(found.outputs, found.events[fillers:], found.snapshot)
