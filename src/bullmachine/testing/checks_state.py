"""Checks 5, 7 and 8: state is pure data, it is all there is, and it belongs to one instance.

5. `check_snapshot_restore`: stop anywhere, go on in another instance; foreign blobs are refused.
7. `check_constant_memory`: a million bars need no more memory than a hundred thousand.
8. `check_independence`: instances, parameters, inputs and outputs share nothing.
"""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import psutil

from bullmachine.core.engine import StepEngine
from bullmachine.core.errors import SnapshotError
from bullmachine.core.time import HOUR
from bullmachine.testing.checks_stream import BARS, SEEDS
from bullmachine.testing.markets import random_market
from bullmachine.testing.results import CheckResult, Tally
from bullmachine.testing.trace import observe, params_of, partition
from bullmachine.testing.variants import variants

__all__ = ["check_constant_memory", "check_independence", "check_snapshot_restore"]

_MEMORY_SLACK: Final = 2 * 1024 * 1024
_CHUNK: Final = 10_000


def check_snapshot_restore(engine: type[StepEngine], params: Any = None) -> CheckResult:
    """Cut at random bars, restore into fresh and used instances, go on: the same bytes. Refusals change nothing."""
    tally = Tally("snapshot_restore", engine)
    for seed in SEEDS:
        rng, rows = np.random.default_rng(seed), random_market(seed, BARS)
        for cut in sorted({0, 1, *rng.integers(2, BARS, 6).tolist()}):
            first = engine(params)
            observe(first, rows[:cut])
            blob = first.snapshot()
            rest = observe(first, rows[cut:])
            used = engine(params)
            observe(used, random_market(seed + 100, 200))
            for what, target in (("a fresh", engine(params)), ("a used", used)):
                target.restore(blob)
                where = f"restored into {what} instance after {cut} bars, seed {seed}"
                rest.compare(observe(target, rows[cut:]), tally, where)
    _refusals(engine, params, tally)
    return tally.result()


def check_constant_memory(engine: type[StepEngine], params: Any = None, *, bars: int = 1_000_000) -> CheckResult:
    """The process holds at most 2 MB more after `bars` bars than after a tenth of them; snapshots keep their size."""
    tally = Tally("constant_memory", engine)
    subject, rows = engine(params), random_market(SEEDS[0], _CHUNK)
    span = int(rows["ts"][-1] - rows["ts"][0]) + HOUR
    length = len(subject.snapshot())
    _feed(subject, rows, span, bars // 10)
    before = _resident()
    _feed(subject, rows, span, bars - bars // 10)
    grown = _resident() - before
    tally.expect(grown <= _MEMORY_SLACK, f"{grown / 2**20:.1f} MB more after {bars} bars than after {bars // 10}")
    tally.expect(
        len(subject.snapshot()) == length, f"a snapshot of {len(subject.snapshot())} bytes began with {length}"
    )
    return tally.result(f"{grown / 2**20:+.2f} MB")


def check_independence(engine: type[StepEngine], params: Any = None) -> CheckResult:
    """Two instances interleaved are as each alone; parameters, rows and outputs are never shared or changed."""
    tally = Tally("independence", engine)
    for seed in SEEDS:
        markets = [random_market(seed + k, BARS) for k in (0, 50)]
        alone = [observe(engine(params), rows) for rows in markets]
        pair = [engine(params), engine(params)]
        chunks: list[list[Any]] = [[], []]
        cuts = [0, *partition(np.random.default_rng(seed), BARS), BARS]
        for start, end in itertools.pairwise(cuts):
            for one, rows, said in zip(pair, markets, chunks, strict=True):
                said.append(one.run(rows[start:end]))
        for trace, one, said in zip(alone, pair, chunks, strict=True):
            tally.same(trace.outputs, np.concatenate(said), f"outputs differ when interleaved, seed {seed}")
            tally.expect(trace.snapshot == one.snapshot(), f"snapshots differ when interleaved, seed {seed}")
        _shares_nothing(engine, params, seed, tally)
    return tally.result()


def _shares_nothing(engine: type[StepEngine], params: Any, seed: int, tally: Tally) -> None:
    rows = random_market(seed, BARS)
    given, expected = rows.copy(), observe(engine(params), rows)
    subject, half = engine(params), BARS // 2
    settings, sealed = repr(subject.params), params_of(subject).tobytes()
    head = subject.run(given[:half])
    kept, events = head.copy(), subject.event_array()
    tally.same(rows, given, f"input rows were changed, seed {seed}")
    given[:half] = given[-1]
    tally.same(kept, head, f"outputs changed with the input rows, seed {seed}")
    head[:] = np.zeros(1, head.dtype)
    early = events.copy()
    events[:] = np.zeros(1, events.dtype)
    left = head.copy()
    rest = observe(subject, rows[half:])
    tally.same(left, head, f"outputs handed out earlier were written again, seed {seed}")
    tally.same(
        expected.outputs, np.concatenate([kept, rest.outputs]), f"outputs follow the caller's arrays, seed {seed}"
    )
    tally.same(expected.events, np.concatenate([early, rest.events]), f"events follow the caller's arrays, seed {seed}")
    same = repr(subject.params) == settings and params_of(subject).tobytes() == sealed
    tally.expect(same, f"parameters were changed, seed {seed}")
    subject.reset()
    expected.compare(observe(subject, rows), tally, f"after reset, seed {seed}")


def _refusals(engine: type[StepEngine], params: Any, tally: Tally) -> None:
    """Blobs of others, and damaged ones, raise `SnapshotError` and leave the target as it was."""
    donor = engine(params)
    observe(donor, random_market(SEEDS[0], 300))
    target = engine(params)
    observe(target, random_market(SEEDS[1], 400))
    before = target.snapshot()
    for what, blob in _foreign(engine, donor):
        try:
            target.restore(blob)
        except SnapshotError:
            tally.expect(target.snapshot() == before, f"a refused snapshot ({what}) changed the target")
        else:
            tally.expect(ok=False, what=f"{what} was accepted as a snapshot")
            target.restore(before)


def _foreign(engine: type[StepEngine], donor: StepEngine) -> Iterator[tuple[str, bytes]]:
    blob = donor.snapshot()
    for other in variants(donor.params):
        yield f"one of {other}", engine(other).snapshot()
    stranger = type(engine.__name__, (engine,), {"name": f"not_{engine.name}"})
    older = type(engine.__name__, (engine,), {"version": engine.version + 1})
    yield "one of another engine", stranger(donor.params).snapshot()
    yield "one of another version", older(donor.params).snapshot()
    yield "one of another timeframe", engine(donor.params, timeframe="4h").snapshot()
    for n in (0, 7, 20, len(blob) // 2, len(blob) - 1):
        yield f"one cut to {n} bytes", blob[:n]
    for at in {0, 9, 30, len(blob) // 3, len(blob) // 2, len(blob) - 40, len(blob) - 1}:
        yield f"one with byte {at} flipped", blob[:at] + bytes([blob[at] ^ 0x10]) + blob[at + 1 :]


def _feed(engine: StepEngine, rows: np.ndarray[Any, Any], span: int, bars: int) -> None:
    """`bars` more bars in chunks: `rows` again and again, each time `span` milliseconds later."""
    for start in range(0, bars, len(rows)):
        engine.run(rows[: bars - start])
        engine.event_array()
        rows["ts"] += span


def _resident() -> int:
    gc.collect()
    held: int = psutil.Process().memory_info().rss
    return held
