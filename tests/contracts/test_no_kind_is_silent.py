"""Six years of hourly ETH: every kind of structure happens on both timeframes, and what does not has a reason here."""

import pathlib
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from tests.modes import compiled_only
from tests.parity.machine_trace import fresh, made, real_rows

from bullmachine.core.time import HOUR
from bullmachine.engines.hob import Kind as Hob
from bullmachine.engines.smc import Kind as Smc
from bullmachine.engines.smc import SmcParams
from bullmachine.engines.smc.params import Smc4
from bullmachine.machine.machine import Machine
from bullmachine.machine.records import SenseParams

pytestmark = compiled_only

FRAMES: Final = {"1h": HOUR, "4h": 4 * HOUR}
KINDS: Final = [*Smc, *Hob]
SILENT: Final[dict[int, str]] = {
    int(Smc.SMC4_BOS): "off by default: kept to compare with another library, no score reads it",
    int(Smc.SMC4_CHOCH): "off by default: kept to compare with another library, no score reads it",
}
FOUR: Final = made(SenseParams, smc=made(SmcParams, smc4=Smc4.ON))
Counts = Counter[tuple[int, int]]


def told(machine: Machine, rows: np.ndarray[Any, Any]) -> Counts:
    """How often each kind was said on each timeframe."""
    found: Counts = Counter()
    for chunk in machine.advance(rows):
        events = chunk.pieces[0].events
        found.update(zip(events["kind"].tolist(), events["tf"].tolist(), strict=True))
    return found


@pytest.fixture(scope="module")
def eth(real_data: Callable[[str], pathlib.Path]) -> np.ndarray[Any, Any]:
    return real_rows(real_data("ohlcv/ETHUSDT_binance_1h.parquet"))


def test_every_kind_happens_on_every_timeframe(eth: np.ndarray[Any, Any]) -> None:
    machine = fresh(sense=made(SenseParams))
    found = told(machine, eth)
    print(f"\n{len(eth)} hourly bars of ETH{'1h':>11}{'4h':>8}")  # noqa: T201
    for kind in KINDS:
        print(f"{kind.name:<20}{found[kind, FRAMES['1h']]:>18}{found[kind, FRAMES['4h']]:>8}")  # noqa: T201
    never = {(name, int(kind)) for name, tf in FRAMES.items() for kind in KINDS if found[kind, tf] == 0}
    assert {kind for _, kind in never} == set(SILENT)
    assert len(never) == len(SILENT) * len(FRAMES)
    for stream in (machine.senses[0].state[0].base.stream, machine.senses[0].state[0].middle.stream):
        n = int(stream.smc.n)
        print(f"{n} bars: smc visits {stream.smc.work / n:.1f} places a bar, hob {stream.hob.work / n:.1f}; "  # noqa: T201
              f"{stream.smc.overflow} and {stream.hob.overflow} ended for want of room")  # fmt: skip
        assert stream.smc.work / n <= 20.0
        assert stream.hob.work / n <= 2.0


def test_the_patterns_of_four_happen_once_they_are_on(eth: np.ndarray[Any, Any]) -> None:
    found = told(fresh(sense=FOUR), eth[:12_000])
    assert all(found[kind, tf] > 0 for kind in SILENT for tf in FRAMES.values())
