"""Half a million bars of structure: the work of a bar does not grow with history, and what does not fit is counted.

Work is what the engines count themselves: places of boards they visited. Reading a clock would test the computer.
"""

from typing import Any, Final

import numpy as np
import pytest
from tests.modes import compiled_only
from tests.oracle.hob_cases import staircase

from bullmachine.core.engine import StepEngine
from bullmachine.core.events import Reason
from bullmachine.core.time import DAY
from bullmachine.engines.hob import Hob
from bullmachine.engines.hob import Kind as HobKind
from bullmachine.engines.smc import Kind, Smc
from bullmachine.testing.markets import pressure_markets, random_market
from bullmachine.testing.trace import state_of

pytestmark = compiled_only

DECILE: Final = 50_000
CHUNK: Final = 10_000
#: visits per bar: 7.2 and 0.5 here, 14.5 and 0.9 at most on hourly and four-hourly ETH; there are 256 and 128 places
MOST: Final = {"smc": 20.0, "hob": 2.0}
#: The deciles are the same prices over and over, whole weeks apart, so that one has not more to do than another
#: (on ever new prices deciles of HOB differ by 10 %). Only the first begins with nothing; 1 % is room for chance.
GROWTH: Final = 0.01


def counts(engine: StepEngine) -> dict[str, tuple[int, int]]:
    """Work and overflow of the engine and of what it needs that counts."""
    state = state_of(engine)[0]
    found = {engine.name: state.own}
    if engine.name == "hob":
        found["smc"] = state.smc
    return {name: (int(own.work), int(own.overflow)) for name, own in found.items()}


def ended_for_room(events: np.ndarray[Any, Any], kind: int) -> int:
    return int(((events["kind"] == kind) & (events["reason"] == Reason.CAPACITY)).sum())


@pytest.mark.parametrize("cls", [Smc, Hob], ids=["smc", "hob"])
def test_the_work_of_a_bar_is_flat_over_half_a_million_bars(cls: type[StepEngine]) -> None:
    rows = random_market(1, DECILE)
    span = -(-int(rows["ts"][-1] - rows["ts"][0] + DAY) // (7 * DAY)) * 7 * DAY
    engine, before, full = cls(), counts(cls()), 0
    per_bar: dict[str, list[float]] = {name: [] for name in before}
    for _ in range(10):
        for start in range(0, DECILE, CHUNK):
            engine.run(rows[start : start + CHUNK])
            full += ended_for_room(engine.event_array(), Kind.SMC_END)
        rows["ts"] += span
        now = counts(engine)
        for name, done in per_bar.items():
            done.append((now[name][0] - before[name][0]) / DECILE)
        before = now
    for name, done in per_bar.items():
        print(f"{cls.name}: {name} visits {', '.join(f'{x:.4f}' for x in done)} places a bar, decile by decile")  # noqa: T201
        print(f"{cls.name}: {name} ended {before[name][1]} for want of room")  # noqa: T201
        assert 0.0 < max(done) <= MOST[name]
        assert abs(done[-1] / done[1] - 1.0) <= GROWTH
    assert before["smc"][1] == full


def test_what_is_ended_for_want_of_room_is_counted() -> None:
    """A hidden block's end is told, a body that waits goes without a word: both are counted."""
    smc, hob, told = 0, 0, 0
    stairs = [staircase(upside_down=way) for way in (False, True)]
    for rows in (*(rows for _, rows in pressure_markets(3_000)), *stairs):
        engine = Hob()
        engine.run(rows)
        events, found = engine.event_array(), counts(engine)
        assert found["smc"][1] == ended_for_room(events, Kind.SMC_END)
        assert found["hob"][1] >= ended_for_room(events, HobKind.HOB_END)
        smc += found["smc"][1]
        hob += found["hob"][1]
        told += ended_for_room(events, HobKind.HOB_END)
    print(f"for want of room, on markets that fill them: {smc} of smc, {hob} of hob, {told} of these hidden")  # noqa: T201
    assert smc > 1_000
    assert hob > told > 0
