"""Checks 9, 13 and 15: laws that relate an engine's answers to two related markets.

9. `check_mirror_law`: prices negated, so highs and lows trade places. Each output field says how it
   answers (`core.record.out`); an event keeps its score and clocks, turns its direction and its zone.
13. `check_price_scale`: prices times a power of two. Every output answers with a fixed power of that
   factor (prices 1, ratios 0, variances 2); decisions, scores and clocks do not change.
15. `check_volume_scale`: volumes times a power of two. Every output answers with a fixed power of that
   factor, events do not change at all: they read volume against what is usual only.

They compare numbers, exactly: only the sign of zero and of NaN, which a negation may flip, is not part
of an answer. Events of one bar may come in another order in the mirror; their ids then differ too, so
an event is compared as its facts and those of its parent. Evidence numbers (`ev`) have no stated mirror or power
of the price; more volume changes none of them.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from bullmachine.core.engine import StepEngine
from bullmachine.testing.checks_stream import BARS, SEEDS
from bullmachine.testing.markets import mirrored, random_market, scaled
from bullmachine.testing.results import CheckResult, Tally
from bullmachine.testing.trace import leaves, observe

__all__ = ["check_mirror_law", "check_price_scale", "check_volume_scale"]

_Array = np.ndarray[Any, Any]
_Fields = dict[tuple[str, ...], dict[str, Any]]
_Degrees = dict[tuple[str, ...], list[int]]

_POWERS: Final = (-20, -7, 1, 3, 20)  #: exponents of the scale laws
_DEGREES: Final = (-1, 0, 1, 2)  #: what an output field may answer with: factor ** degree
_FACTS: Final = ("i_known", "i_ref", "t_known", "t_ref", "tf", "kind", "dir", "state", "reason")


def check_mirror_law(engine: type[StepEngine], params: Any = None) -> CheckResult:
    """The market upside down gets the answer upside down."""
    tally = Tally("mirror_law", engine)
    fields = dict(_mirrors(engine.Output))
    for seed in SEEDS:
        rows = random_market(seed, BARS)
        seen, found = observe(engine(params), rows), observe(engine(params), mirrored(rows))
        answers = dict(leaves(found.outputs))
        columns = dict(leaves(seen.outputs))
        for path, mirror in fields.items():
            _mirror_field(columns, answers[path], path, mirror, tally, f"seed {seed}")
        _same_events(_turned(seen.events, engine.mirror_kinds), found.events, tally, f"mirrored market, seed {seed}")
    reasons = [
        f"{'.'.join(path)} exempt, {m.partition(':')[2]}" for path, m in fields.items() if m.startswith("exempt:")
    ]
    return tally.result(", ".join(reasons))


def check_price_scale(engine: type[StepEngine], params: Any = None) -> CheckResult:
    """Prices times 2**k: every output times 2**(d k) with one d of its own, events the same with prices scaled."""
    tally = Tally("price_scale", engine)
    degrees: _Degrees = {}
    for seed in SEEDS:
        rows = random_market(seed, BARS)
        seen = observe(engine(params), rows)
        for power in _POWERS:
            found = observe(engine(params), scaled(rows, 2.0**power))
            where = f"prices x 2**{power}, seed {seed}"
            _follow(degrees, seen.outputs, found.outputs, power, tally, where)
            _same_events(_stretched(seen.events, 2.0**power), found.events, tally, where)
    return tally.result(_told(degrees))


def check_volume_scale(engine: type[StepEngine], params: Any = None) -> CheckResult:
    """Volumes times 2**k: every output times 2**(d k) with one d of its own, the very same events."""
    tally = Tally("volume_scale", engine)
    degrees: _Degrees = {}
    for seed in SEEDS:
        rows = random_market(seed, BARS)
        seen = observe(engine(params), rows)
        for power in _POWERS:
            louder = rows.copy()
            louder["volume"] *= 2.0**power
            found = observe(engine(params), louder)
            where = f"volumes x 2**{power}, seed {seed}"
            _follow(degrees, seen.outputs, found.outputs, power, tally, where)
            tally.same(seen.events, found.events, f"events differ, {where}")
    return tally.result(_told(degrees))


def _follow(degrees: _Degrees, seen: _Array, found: _Array, power: int, tally: Tally, where: str) -> None:
    """Keep the degrees with which each output field still answers the factor 2**power."""
    answers = dict(leaves(found))
    for path, column in leaves(seen):
        left = degrees.get(path, list(_DEGREES))
        degrees[path] = [d for d in left if _equal(column * 2.0 ** (d * power), answers[path]).all()]
        tally.expect(bool(degrees[path]), f"{'.'.join(path)} follows no power of the scale: {where}")


def _told(degrees: _Degrees) -> str:
    return ", ".join(f"{'.'.join(path)} ^{d[0]}" for path, d in degrees.items() if len(d) == 1)


def _mirrors(output: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each scalar output field and its mirror; `ready` is the contract's own and stays the same."""
    for field in dataclasses.fields(output):
        item = field.metadata.get("item")
        if hasattr(item, "dtype"):
            yield from _mirrors(item, (*path, field.name))
        else:
            yield (*path, field.name), field.metadata.get("mirror", "same" if field.name == "ready" else "")


def _mirror_field(
    columns: dict[tuple[str, ...], _Array], found: _Array, path: tuple[str, ...], mirror: str, tally: Tally, where: str
) -> None:
    how, _, other = mirror.partition(":")
    name = ".".join(path)
    if how == "exempt" and other:
        return
    source = (*path[:-1], other) if how.startswith("swap") else path
    if how not in {"same", "negate", "swap", "swap-negate"} or source not in columns:
        tally.expect(ok=False, what=f"{name} does not say how it mirrors: declare it with out(..., mirror=...)")
        return
    expected = -columns[source] if how.endswith("negate") else columns[source]
    differs = np.array([not one.all() for one in _equal(expected, found)], np.bool_)
    at = int(np.argmax(differs)) if len(differs) else 0
    what = f"{name} ({mirror}) is {found[at : at + 1]} instead of {expected[at : at + 1]}, bar {at}, {where}"
    tally.expect(not differs.any(), what)


def _turned(events: _Array, kinds: dict[int, int]) -> _Array:
    """The events the mirrored market must give, in this market's order."""
    twins = {**{int(b): int(a) for a, b in kinds.items()}, **{int(a): int(b) for a, b in kinds.items()}}
    made = events.copy()
    made["kind"] = [twins.get(int(kind), int(kind)) for kind in events["kind"]]
    for name, other in (("dir", "dir"), ("price", "price"), ("lo", "hi"), ("hi", "lo")):
        made[name] = -events[other]
    return made


def _stretched(events: _Array, factor: float) -> _Array:
    made = events.copy()
    for name in ("price", "lo", "hi"):
        made[name] *= factor
    return made


def _same_events(expected: _Array, found: _Array, tally: Tally, where: str) -> None:
    """The same facts, as a multiset; a failure names the earliest event that only one market has."""
    left, right = Counter(_facts(expected)), Counter(_facts(found))
    odd = sorted((left - right) + (right - left))
    what = f"{len(odd)} events in one market only, the first on bar {odd[0][0]}: {odd[0]}" if odd else ""
    tally.expect(not odd, f"{what}, {where}")


def _facts(events: _Array) -> list[tuple[Any, ...]]:
    own = [tuple(int(e[name]) for name in _FACTS) + _zone(e) for e in events]
    place = {int(number): k for k, number in enumerate(events["id"])}
    parents = [place.get(int(number), -1) for number in events["parent"]]
    return [fact + (own[k] if k >= 0 else ()) for fact, k in zip(own, parents, strict=True)]


def _zone(event: Any) -> tuple[float | str, ...]:
    """Prices and score in a form that compares: zero has no sign, NaN equals itself."""
    return tuple(repr(float(event[name]) + 0.0) for name in ("price", "lo", "hi", "score"))


def _equal(a: _Array, b: _Array) -> _Array:
    equal: _Array = (a == b) | ((a != a) & (b != b))  # noqa: PLR0124  (NaN is the number that differs from itself)
    return equal
