"""Checks 6, 11 and 14: what an engine says at the edges of good data.

6. `check_exact_warm_up`: `warm_up` is the number of invalid first outputs, not about it.
11. `check_bad_bars`: bars that no engine may see change no byte of state.
14. `check_finite_numbers`: dull and extreme markets leave numbers that are numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from bullmachine.core.engine import StepEngine
from bullmachine.core.errors import BarRejectedError
from bullmachine.core.record import to_array
from bullmachine.testing.checks_stream import BARS, SEEDS
from bullmachine.testing.markets import SPOILS, flat_market, good_market, random_market, scaled, spoiled, spoiled_row
from bullmachine.testing.results import CheckResult, Tally
from bullmachine.testing.trace import leaves, log_of, observe, partition, state_of
from bullmachine.testing.variants import variants

__all__ = ["check_bad_bars", "check_exact_warm_up", "check_finite_numbers", "is_valid"]

_Array = np.ndarray[Any, Any]

_AFTER: Final = 200  #: bars watched after the warm-up


def check_exact_warm_up(engine: type[StepEngine], params: Any = None) -> CheckResult:
    """The first `warm_up` outputs are invalid and none after, for `params` and variants of them."""
    tally = Tally("exact_warm_up", engine)
    given = engine(params).params
    for setting in (given, *variants(given)):
        warm_up = engine(setting).warm_up
        for seed in SEEDS[:2]:
            valid = is_valid(engine(setting).run(good_market(seed, warm_up + _AFTER)))
            first, invalid = _first(valid), warm_up + _first(~valid[warm_up:])
            where = f"warm_up is {warm_up} with {setting}, seed {seed}"
            tally.expect(first >= warm_up, f"output {first} is valid already: {where}")
            tally.expect(bool(valid[warm_up:].all()), f"output {invalid} is not valid: {where}")
    return tally.result()


def check_bad_bars(engine: type[StepEngine], params: Any = None) -> CheckResult:
    """`update` refuses them and touches nothing; `run` skips and counts them as if they had not been there."""
    tally = Tally("bad_bars", engine)
    for seed in SEEDS:
        rng, rows = np.random.default_rng(seed), random_market(seed, BARS)
        for how in SPOILS:
            _refused(engine(params), rows[: int(rng.integers(1, 200))], how, tally, f"{how}, seed {seed}")
        clean = observe(engine(params), rows)
        dirty, counts = spoiled(rows, seed)
        subject = engine(params)
        found = observe(subject, dirty, partition(rng, len(dirty)))
        tally.same(clean.outputs, found.outputs, f"outputs differ from the clean market's, seed {seed}")
        tally.same(clean.events, found.events, f"events differ from the clean market's, seed {seed}")
        tally.expect(subject.rejected == counts, f"{counts} were fed and {subject.rejected} counted, seed {seed}")
    return tally.result()


def check_finite_numbers(engine: type[StepEngine], params: Any = None) -> CheckResult:
    """No float ever becomes infinite, and none becomes NaN unless its record's default is NaN."""
    tally = Tally("finite_numbers", engine)
    outputs = to_array(engine.Output)
    for what, rows in _plain_and_extreme():
        subject = engine(params)
        fresh = state_of(subject).copy()
        for start in range(0, len(rows), 25):
            found = subject.run(rows[start : start + 25])
            _finite(fresh, state_of(subject), tally, f"state, {what}, after bar {start + len(found) - 1}")
            _finite(outputs, found, tally, f"output, {what}, from bar {start}")
    return tally.result()


def is_valid(outputs: _Array) -> _Array:
    """Per output whether it counts: `ready` is 1 where there is such a field, else no float is NaN."""
    if "ready" in (outputs.dtype.names or ()):
        ready: _Array = outputs["ready"] == 1
        return ready
    valid = np.ones(len(outputs), bool)
    for _, column in leaves(outputs):
        if column.dtype.kind == "f":
            valid &= ~np.isnan(column.reshape(len(outputs), -1)).any(axis=1)
    return valid


def _refused(subject: StepEngine, rows: _Array, how: str, tally: Tally, where: str) -> None:
    subject.run(rows)
    before, log = state_of(subject).tobytes(), log_of(subject).tobytes()
    reason = ""
    try:
        subject.update(spoiled_row(rows[-1], how))
    except BarRejectedError as error:
        reason = str(error.facts["reason"])
    tally.expect(reason == SPOILS[how], f"update answered {reason or 'no error'!r} to {where}")
    same = state_of(subject).tobytes() == before and log_of(subject).tobytes() == log
    tally.expect(same, f"a refused bar touched the state: {where}")


def _plain_and_extreme() -> Iterator[tuple[str, _Array]]:
    nasty = random_market(SEEDS[0], BARS)
    yield "flat market", flat_market(400)
    yield "flat market without volume", flat_market(400, volume=0.0)
    yield "flat market, volume missing", flat_market(400, volume=np.nan)
    yield "nasty market", nasty
    yield "prices of 1e8", scaled(nasty, 1e6)
    yield "prices of 1e-8", scaled(nasty, 1e-10)
    for what, volume in (("without volume", 0.0), ("volume missing", np.nan)):
        made = nasty.copy()
        made["volume"] = volume
        yield f"nasty market, {what}", made


def _finite(default: _Array, found: _Array, tally: Tally, where: str) -> None:
    """Hold every float of `found` against the same float of the (1,)-record `default`."""
    starts = dict(leaves(default))
    for path, column in leaves(found):
        if column.dtype.kind == "f":
            start = starts[path]
            bad = (np.isnan(column) & ~np.isnan(start)) | (np.isinf(column) & ~np.isinf(start))
            tally.expect(not bad.any(), f"{'.'.join(path)} is {column[bad][:1]} in {where}")


def _first(flags: _Array) -> int:
    """Index of the first true flag, or how many there are."""
    return int(np.argmax(flags)) if flags.any() else len(flags)
