"""Events of an engine and of its slow twin as lines that can be compared: names and clocks exactly, numbers nearly."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from tests.oracle.twin_event import Event

from bullmachine.machine.engines import kind_names

Array = np.ndarray[Any, Any]
Line = tuple[tuple[int, ...], tuple[float, ...]]  #: what must be equal, and what must be close


def assert_same_events(events: Array, told: Sequence[Event], kinds: range) -> None:
    """The engine's events of `kinds` are those the twin told."""
    found, expected = engine_lines(events, kinds), twin_lines(told)
    if len(found) != len(expected) or not all(map(close, found, expected)):
        pytest.fail(differences(found, expected))


def twin_lines(told: Sequence[Event]) -> list[Line]:
    lines = []
    for e in told:
        parent = (told[e.parent].kind, told[e.parent].ref, told[e.parent].known) if e.parent >= 0 else (-1, -1, -1)
        evidence = [float(x) for x in e.ev] + [0.0] * (8 - len(e.ev))
        exact = (e.known, e.kind, e.dir, e.ref, e.state, e.reason, *parent)
        lines.append((exact, (e.price, e.lo, e.hi, e.score, *evidence)))
    return in_order(lines)


def engine_lines(events: Array, kinds: range) -> list[Line]:
    by_id = {int(e["id"]): e for e in events}
    lines = []
    for e in events[np.isin(events["kind"], kinds)]:
        of = by_id[int(e["parent"])] if e["parent"] >= 0 else None
        parent = (-1, -1, -1) if of is None else tuple(int(of[name]) for name in ("kind", "i_ref", "i_known"))
        exact = tuple(int(e[name]) for name in ("i_known", "kind", "dir", "i_ref", "state", "reason"))
        numbers = [float(e[name]) for name in ("price", "lo", "hi", "score")]
        lines.append((exact + parent, (*numbers, *e["ev"].tolist())))
    return in_order(lines)


def in_order(lines: Sequence[Line]) -> list[Line]:
    """By bar and, within a bar, so that equal sets are equal lists: the definition fixes no order there."""
    return sorted(lines, key=lambda line: (line[0], [round(x, 6) for x in line[1]]))


def close(a: Line, b: Line) -> bool:
    near = (math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-9) for x, y in zip(a[1], b[1], strict=True))
    return a[0] == b[0] and all(near)


def differences(found: Sequence[Line], expected: Sequence[Line]) -> str:
    """What only one of the two says on the first bar on which they differ."""
    for bar in sorted({line[0][0] for line in (*found, *expected)}):
        here, there = ([line for line in lines if line[0][0] == bar] for lines in (found, expected))
        if len(here) != len(there) or not all(map(close, here, there)):
            odd = [f"only the engine: {shown(a)}" for a in here if not any(close(a, b) for b in there)]
            odd += [f"only the twin:   {shown(b)}" for b in there if not any(close(a, b) for a in here)]
            return "\n".join([f"bar {bar}: known kind dir ref state reason parent | numbers", *odd])
    return "the same lines, not as often"


def shown(line: Line) -> str:
    return f"{kind_names()[line[0][1]]} {line[0]} | {line[1]}"
