"""Checks 10 and 12: events are well formed, and nothing outgrows its fixed size.

10. `check_capacity_limits`: counts stay within `capacities`, a bar within `events_per_bar`.
12. `check_event_sanity`: ids, clocks, directions, scores and parents of every event.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from bullmachine.core.engine import StepEngine
from bullmachine.core.time import parse_timeframe
from bullmachine.testing.checks_stream import BARS, SEEDS
from bullmachine.testing.markets import pressure_markets, random_market
from bullmachine.testing.results import CheckResult, Tally
from bullmachine.testing.trace import log_of, observe, state_of
from bullmachine.testing.variants import largest

__all__ = ["check_capacity_limits", "check_event_sanity"]

_Array = np.ndarray[Any, Any]


def check_capacity_limits(engine: type[StepEngine], params: Any = None) -> CheckResult:
    """Every count of `capacities` stays in 0..capacity after every bar; no event is dropped.

    Tried with `params` and with every bound at its largest, also on markets that leave structure behind.
    The detail says how full each container got.
    """
    tally = Tally("capacity_limits", engine)
    fullest = dict.fromkeys(engine.capacities, 0)
    given = engine(params).params
    for setting in dict.fromkeys((given, largest(given))):
        for what, rows in _markets(pressure=2 * BARS):
            for i, path, count in _counts(engine(setting), rows):
                limit = engine.capacities[path]
                fullest[path] = max(fullest[path], count)
                tally.expect(0 <= count <= limit, f"{path} is {count}, capacity {limit}: {what}, bar {i}, {setting}")
            _log_bounds(engine(setting), rows, tally, f"{what}, {setting}")
    return tally.result(", ".join(f"{path} {n} of {engine.capacities[path]}" for path, n in fullest.items()))


def check_event_sanity(engine: type[StepEngine], params: Any = None) -> CheckResult:
    """Ids count from 0; ref <= known; dir, score, kind, zone in range; parents exist and are older."""
    tally = Tally("event_sanity", engine)
    kinds = _kinds(engine)
    n_events = 0
    for what, rows in _markets(pressure=BARS // 2):
        subject = engine(params)
        events = observe(subject, rows).events
        n_events += len(events)
        for claim, ok in _claims(events, len(rows), parse_timeframe(subject.timeframe)):
            _all(events, ok, tally, f"{claim}: {what}")
        _all(events, np.isin(events["kind"], kinds), tally, f"kind is none of `kinds`: {what}")
    return tally.result(f"{n_events} events")


def _kinds(engine: type[StepEngine]) -> list[int]:
    """The kinds of the engine and of those it needs, whose events its log holds too."""
    own = [] if engine.kinds is None else [int(kind) for kind in engine.kinds]
    return own + [kind for need in engine.needs for kind in _kinds(need)]


def _markets(pressure: int) -> Iterator[tuple[str, _Array]]:
    for seed in SEEDS:
        yield f"seed {seed}", random_market(seed, BARS)
    yield from pressure_markets(pressure)


def _counts(subject: StepEngine, rows: _Array) -> Iterator[tuple[int, str, int]]:
    """Bar, path and count, for every container after every bar."""
    for i in range(len(rows) if subject.capacities else 0):
        subject.run(rows[i : i + 1])
        own = state_of(subject)["own"] if subject.needs else state_of(subject)
        for path in subject.capacities:
            count: Any = functools.reduce(_part, path.split("."), own)
            yield i, path, int(count[0])


def _part(record: Any, name: str) -> Any:
    """A field by name, or an item of an array field by number."""
    return record[:, int(name)] if name.isdigit() else record[name]


def _log_bounds(subject: StepEngine, rows: _Array, tally: Tally, what: str) -> None:
    events = observe(subject, rows).events
    dropped = int(log_of(subject).head.dropped)
    tally.expect(dropped == 0, f"{dropped} events found no slot: {what}")
    known = np.clip(events["i_known"], 0, len(rows))
    per_bar = np.bincount(known, minlength=1)
    most = int(per_bar.max())
    where = f"{most} events on bar {int(per_bar.argmax())}, events_per_bar is {subject.events_per_bar}: {what}"
    tally.expect(most <= subject.events_per_bar, where)


def _claims(e: _Array, bars: int, tf: int) -> Iterator[tuple[str, _Array]]:
    """What must hold of every event, each in words of its failure."""
    yield "ids do not count up from 0", e["id"] == np.arange(len(e))
    yield "i_ref is after i_known", e["i_ref"] <= e["i_known"]
    yield "t_ref is not before t_known", e["t_ref"] < e["t_known"]
    yield "i_ref or i_known is not a bar of the market", (e["i_ref"] >= 0) & (e["i_known"] < bars)
    yield "i_known runs backwards", np.diff(e["i_known"], prepend=0) >= 0
    yield "tf is not the engine's timeframe", e["tf"] == tf
    yield "score is not in [0, 1]", (e["score"] >= 0.0) & (e["score"] <= 1.0)
    yield "dir is not -1, 0 or 1", np.isin(e["dir"], (-1, 0, 1))
    yield "lo is above hi", ~(e["lo"] > e["hi"])
    yield "parent is not an older event", (e["parent"] >= -1) & (e["parent"] < e["id"])


def _all(events: _Array, ok: _Array, tally: Tally, what: str) -> None:
    bad = np.flatnonzero(~ok)
    tally.expect(len(bad) == 0, f"{what}: {events[bad[0]] if len(bad) else ''}")
