"""The sentinels of all engines, as the machine reads them, against the events and readings of each bar."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import pytest
from tests.modes import compiled_only
from tests.parity.machine_trace import Finder, follow, fresh, market

from bullmachine.machine.engines import kind_names

pytestmark = compiled_only

KINDS = {
    "structure": {"BOS", "CHOCH", "SWEEP", "SMR"},
    "wyckoff": {
        "PS", "PSY", "SC", "BC", "AR", "ST", "UNDERCUT", "UT", "SPRING", "UTAD", "TEST", "UTAD_TEST", "TEST_OK",
        "TEST_FAIL", "SOS", "SOW", "LPS", "LPSY", "LPS_C", "LPSY_C", "BU", "LPSY_ICE", "JAC", "BREAK_ICE", "MARKUP",
        "MARKDOWN", "UA", "MSOW", "ACC_FAIL", "DIST_FAIL", "FAILED_SOS", "FAILED_SOW",
    },
    "hob": {"HOB", "HOB_REACTION"},
    "divergence": {"DIV_REG", "DIV_HID"},
    "volume_spike": {"VOL_SPIKE"},
}  # fmt: skip
BITS = {
    "atr_break": 1, "sma_cross": 2, "close_x_sma20": 4, "close_x_sma50": 8, "session_break": 16, "atr_regime": 32,
    "volume_spike": 64, "rsi_cross": 128, "structure": 256, "wyckoff": 512, "hob": 1024, "divergence": 2048,
    "htf_close": 4096,
}  # fmt: skip


def _turns(values: list[float], low: float, high: float) -> list[bool]:
    """Where a value is in another of three areas than the known one before."""
    areas = [
        None if math.isnan(x) else (x > low) + (x >= high) if x == low else (x >= low) + (x > high) for x in values
    ]
    found, last = [], None
    for area in areas:
        found.append(area is not None and last is not None and area != last)
        last = last if area is None else area
    return found


def _expected(said: dict[str, Any], bar: dict[int, set[str]], k: int, turns: dict[str, list[bool]]) -> set[str]:
    known = int(said["bars"]["known"][k])
    found = {name for name, kinds in KINDS.items() if kinds & bar[known]}
    found |= {name for name, at in turns.items() if at[k]}
    return found | ({"htf_close"} if known in set(said["slow_bars"]["known"].tolist()) else set())


@pytest.mark.parametrize("name", ["ETH", "nasty", "Kraken"])
def test_every_bit_of_a_bar_is_what_happened_on_it(name: str, real_data: Finder) -> None:
    said, kinds = follow(fresh(), market(name, real_data, 3000)).said, kind_names()
    told: dict[int, set[str]] = defaultdict(set)
    for kind, known in zip(said["events"]["kind"].tolist(), said["events"]["t_known"].tolist(), strict=True):
        told[known].add(kinds[kind])
    read = said["readings"]
    turns = {
        "rsi_cross": _turns(read["base"]["momentum"]["rsi"].tolist(), 30.0, 70.0),
        "atr_regime": _turns(read["atr_rank"].tolist(), 1 / 3, 2 / 3),
    }
    own = {"atr_break", "sma_cross", "close_x_sma20", "close_x_sma50", "session_break"}  # the levels engine's oracle
    seen: set[str] = set()
    for k, bits in enumerate(read["sentinels"].tolist()):
        found = {name for name, bit in BITS.items() if bits & bit}
        assert found - own == _expected(said, told, k, turns), k
        seen |= found
    assert seen == set(BITS)
