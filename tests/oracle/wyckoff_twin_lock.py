"""Ranges without a climax, and what the two sides of the Wyckoff twin do to each other."""

import itertools
from collections.abc import Sequence

from tests.oracle.wyckoff_twin_base import (
    A1,
    A2,
    DECIDED,
    RANGE,
    REFUTED,
    SUPERSEDED,
    B,
    Bar,
    C,
    D,
    E,
    Log,
    N,
    Rules,
)  # fmt: skip
from tests.oracle.wyckoff_twin_machine import Machine
from tests.oracle.wyckoff_twin_state import Structure

PIVOTS = 32
RANK = {N: 0, A1: 1, A2: 2, B: 3, E: 4, C: 5, D: 6}
Sides = dict[int, Machine]


def cross(bar: Bar, sides: Sides) -> None:
    """Step 6; a machine that moved went to C or to D on this bar."""
    moved = {side: m.moved for side, m in sides.items()}
    shared = all(m.structure.undecided for m in sides.values())
    for side, m in sides.items():
        if shared and moved[side] and m.structure.phase == D and not moved[-side]:
            m.structure.undecided = False
            sides[-side].end(bar.turned(-side), DECIDED)
    for side, m in sides.items():
        other = sides[-side]
        if m.sprang == bar.i and other.structure.phase in (C, D) and not moved[-side]:
            other.end(bar.turned(-side), REFUTED)
    left = [m for m in sides.values() if m.structure.undecided]
    if len(left) == 1:  # the other has gone, here or by itself
        left[0].structure.undecided = False


def _touches(bars: Sequence[Bar], side: int, edge: float, reach: float, first: int) -> list[int]:
    """The bars of one side's pivots within reach of its edge; what became known before the window lies before it."""
    pivots = [p for b in bars for p in b.pivots if p.side == side][-PIVOTS:]
    return [p.ref for p in pivots if p.ref >= first and side * p.level >= side * edge - reach]


def lock(bar: Bar, bars: Sequence[Bar], rules: Rules, log: Log, sides: Sides) -> None:
    """Step 7; `bars` end with this one."""
    n, i = rules.lock_n, bar.i
    if not bar.pivots or not bar.yard or i < 2 * n:
        return
    if any(m.structure.phase not in (N, E) or m.changed for m in sides.values()):
        return
    window = bars[-n:]
    low, high = min(b.low for b in window), max(b.high for b in window)
    height, way = high - low, sum(abs(b.close - a.close) for a, b in itertools.pairwise(bars[-n - 1 :]))
    net, drift = abs(bar.close - bars[-n - 1].close), bars[-n - 1].close - bars[-2 * n - 1].close
    if not rules.ar_least * bar.yard <= height <= rules.lock_height * bar.yard or way == 0:
        return
    if net > rules.efficiency * way or drift == 0 or abs(drift) < rules.drift * bar.yard:
        return
    tops, bottoms = (
        _touches(window, side, edge, rules.lock_touch * height, i - n + 1) for side, edge in ((1, high), (-1, low))
    )
    if len(tops) < rules.touches or len(bottoms) < rules.touches:
        return
    if not (max(tops) > min(bottoms) and max(bottoms) > min(tops)):  # one edge and then the other: a step, no range
        return
    ev = (height / bar.yard, net / way, len(tops), len(bottoms), drift / bar.yard)
    _locked(bar, rules, log, sides, low, high, ev)


def _locked(bar: Bar, rules: Rules, log: Log, sides: Sides, low: float, high: float, ev: tuple[float, ...]) -> None:
    for side, m in sides.items():
        if m.structure.phase == E:
            m.end(bar.turned(side), SUPERSEDED)
    assert bar.yard
    start = bar.i - rules.lock_n + 1
    drift = ev[4]
    told = log.tell(
        bar, RANGE, 1, low + 0.5 * (high - low), dir_=1 if drift > 0 else -1, span=(low, high), ref=start,
        ev=(*ev[:4], abs(drift)),
    )  # fmt: skip
    usual = rules.sc_rv * (bar.volume / bar.rv) if bar.volume and bar.rv else None
    for side, m in sides.items():
        support, top = (low, high) if side == 1 else (-high, -low)
        m.structure = Structure(
            phase=B, since=bar.i, said=told, base=told, a=bar.yard, volume=usual, spread=rules.sc_sp * bar.yard,
            support=support, top_edge=top, start=start, b=start, tests=2, touches=int(ev[2] if side == 1 else ev[3]),
            locked=True, undecided=True,
        )  # fmt: skip
        m.last = bar.i


def active(sides: Sides) -> int:
    """The side whose range counts."""
    here, there = sides[1], sides[-1]
    a, b = RANK[here.structure.phase], RANK[there.structure.phase]
    if a == 0 or b == 0 or a != b:
        return (a > b) - (a < b)
    return (here.last > there.last) - (here.last < there.last)


def factor(sides: Sides, side: int, leader: int) -> float:
    """What is left of the losing side's evidence."""
    phase = sides[side].structure.phase
    if leader != -side or phase == N or sides[-side].structure.phase == N:
        return 1.0
    return 0.0 if phase <= B else 0.25


def the_range(sides: Sides, leader: int) -> list[Machine]:
    """The machine whose range it is; both while they share it, none without one."""
    if leader:
        return [sides[leader]] if A2 <= sides[leader].structure.phase <= D else []
    return list(sides.values()) if all(m.structure.undecided for m in sides.values()) else []
