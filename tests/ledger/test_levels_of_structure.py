"""Stops behind structure, and targets at liquidity and at the range's edge.

ATR 1, close 100. D is the distance to the invalidation and a quarter ATR more, 1 ATR at least, 4 at most.
"""

from typing import Any, Final

import pytest
from tests.ledger import table as t
from tests.ledger.hands import ASK, ENTRY, IN, SIDES, Case, blocked, check, ladder, play

from bullmachine.trading.exit_params import ExitParams, StopAt, StopFactor, TargetAt, TargetParams

POOL: Final = TargetParams(at=TargetAt.LIQUIDITY, size=0.5)
EDGE: Final = TargetParams(at=TargetAt.RANGE_EDGE, size=0.5)


def _stop(invalidation: float | None, bars: str, fills: str, *rungs: tuple[float, float], **more: Any) -> Case:
    reads = {"invalidation": invalidation}
    return Case(bars=bars, fills=fills, reads=reads, parts={"exits": ladder(*rungs, stop=StopAt.STRUCTURE)}, **more)


def _target(first: TargetParams, bars: str, fills: str, **reads: Any) -> Case:
    return Case(bars=bars, fills=fills, reads=reads, parts={"exits": t.exits(target_1=first)})


DOWN: Final = "100 100 96 97 l"
STOPS: Final = {
    "it lies a quarter ATR behind the invalidation": _stop(
        97.0, f"{IN} | {DOWN}", f"{ENTRY} | 2 stop 96.75", stops="0 96.75"
    ),
    "it keeps one ATR at least": _stop(
        99.5, f"{ASK} | 100 101 99.25 100 l | {DOWN}", f"{ENTRY} | 2 stop 99", stops="0 99"
    ),
    "four ATR are not too far": _stop(96.25, f"{IN} | {DOWN}", f"{ENTRY} | 2 stop 96"),
    "it stays where it is when the open is better, and R is what it is then": _stop(
        97.0, f"{ASK} | 99 100 98 99 l | 99 101.5 98 101 l", "1 entry 99 | 2 target_1 101.25 x15", (1, 0.5)
    ),
    "it stays where it is when the open is worse": _stop(
        97.0, f"{ASK} | 101 102 100.5 101 l | 101 102 96 97 l", "1 entry 101 | 2 stop 96.75"
    ),
    "an open beyond it is no entry": _stop(97.0, f"{ASK} | 96 97 95 96 l", "", ended="0 gap"),
    "an open right at it is no entry": _stop(97.0, f"{ASK} | 96.75 97 96 97 l", "", ended="0 gap"),
    "an open nearer than a quarter of D is no entry": _stop(97.0, f"{ASK} | 97.5 98 97 98 l", "", ended="0 gap"),
    "an open a quarter of D away is one": _stop(
        97.0, f"{ASK} | 97.5625 98 97 98 l", "1 entry 97.5625", ended="", stops="0 96.75"
    ),
    "after a gap the state has to leave before it asks again": _stop(
        97.0, f"{ASK} | 96 101 95 100 l | 100 101 99 100 L | 100 101 99 100 l", "", ended="0 gap"
    ),
}  # fmt: skip

POOLS: Final = (102.0, 103.0, 104.5, 107.0)
TARGETS: Final = {
    "the nearest pool beyond 1.5 R": _target(
        POOL, f"{IN} | 101 104.75 100 104 l", f"{ENTRY} | 2 target_1 104.5 x25", pools=POOLS
    ),
    "the nearest, wherever it stands in the list": _target(
        POOL, f"{IN} | 101 104.75 100 104 l", f"{ENTRY} | 2 target_1 104.5 x25", pools=(107.0, 104.5, 103.0)
    ),
    "a pool at 1.5 R is not beyond it": _target(POOL, f"{IN} | 101 110 100 104 l", ENTRY, pools=(103.0,)),
    "without a pool there is no target": _target(POOL, f"{IN} | 101 110 100 104 l", ENTRY),
    "a pool that the open has passed is no target": _target(
        POOL, f"{ASK} | 105 110 104 105 l", "1 entry 105", pools=(104.5,)
    ),
    "a pool keeps its price when the open moves away": _target(
        POOL, f"{ASK} | 102 103 101 102 l | 102 105 101 104 l", "1 entry 102 | 2 target_1 104.5 x25", pools=POOLS
    ),
    "the far edge of the range": _target(
        EDGE, f"{IN} | 101 106.25 100 106 l", f"{ENTRY} | 2 target_1 106 x25", edges=(90.0, 106.0)
    ),
    "an edge behind the entry is no target": _target(
        EDGE, f"{IN} | 101 110 100 106 l", ENTRY, edges=(90.0, 99.0)
    ),
    "without a range there is no target": _target(EDGE, f"{IN} | 101 110 100 106 l", ENTRY),
    "rungs of structure and of R stand in the order of their prices": Case(
        bars=f"{IN} | 101 102.25 100 102 l | 102 105 101 104 l",
        fills=f"{ENTRY} | 2 target_1 102 x12 | 3 target_2 104.5 x25",
        reads={"pools": POOLS},
        parts={"exits": t.exits(target_1=POOL, target_2=TargetParams(at=TargetAt.R, r=1.0, size=0.25))},
    ),
    "a rung without its level leaves its share to the runner": Case(
        bars=f"{IN} | 101 102.25 100 102 l | 102 110 97 98 l",
        fills=f"{ENTRY} | 2 target_1 102 x25 | 3 stop 98 x25",
        parts={"exits": t.exits(target_1=TargetParams(at=TargetAt.R, r=1.0, size=0.5), target_2=POOL)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", STOPS | TARGETS)
def test_the_rule_holds(name: str, side: str) -> None:
    check((STOPS | TARGETS)[name], side)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("invalidation", [None, 95.75, 100.0, 101.0], ids=["none", "too far", "at", "beyond"])
def test_a_stop_too_far_or_not_there_blocks_by_name(invalidation: float | None, side: str) -> None:
    played = play(_stop(invalidation, IN, ""), side)
    assert "stop_too_far" in blocked(played).split(" | ")[0]
    assert len(played.legs) == 0


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("exits", "reads", "lots"),
    [
        (t.exits(), {}, 50),
        (ladder(stop=StopAt.STRUCTURE), {"invalidation": 97.0}, 30),
        (ladder(stop=StopAt.STRUCTURE), {"invalidation": 99.5}, 100),
        (ladder(stop_factor=StopFactor.V18), {"adx": 19.9}, 66),
        (ladder(stop_factor=StopFactor.V18), {"adx": 20.0}, 50),
        (ladder(stop_factor=StopFactor.V18), {"adx": 25.0}, 50),
        (ladder(stop_factor=StopFactor.V18), {"adx": 25.1}, 40),
        (ladder(stop_factor=StopFactor.V18), {}, 50),
        (ladder(stop_factor=StopFactor.V18, stop=StopAt.STRUCTURE), {"adx": 30.0, "invalidation": 98.25}, 40),
    ],
)
def test_every_factor_is_inside_the_distance_that_sizes(
    exits: ExitParams, reads: dict[str, float], lots: int, side: str
) -> None:
    played = play(Case(bars=IN, reads=reads, parts={"exits": exits}), side)
    assert played.legs["qty"][0] == lots
    distance = abs(float(played.notes["price"][played.notes["kind"] == 3][0]) - 100.0)
    assert distance == played.decisions["distance"][0]
    assert lots == int(100.0 / distance)  # 1 % of 10,000


@pytest.mark.parametrize("side", SIDES)
def test_the_factor_moves_the_stop(side: str) -> None:
    exits = ladder(stop_factor=StopFactor.V18)
    check(Case(bars=IN, reads={"adx": 10.0}, stops="0 98.5", parts={"exits": exits}), side)
    check(Case(bars=IN, reads={"adx": 40.0}, stops="0 97.5", parts={"exits": exits}), side)
