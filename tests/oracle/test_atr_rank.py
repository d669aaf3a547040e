"""Where the ATR stands among its own past, as the machine reads it, against a look at the whole past."""

from __future__ import annotations

import math
from typing import Any, Final

import pytest
from tests.modes import compiled_only
from tests.parity.machine_trace import Finder, follow, fresh, made, market

from bullmachine.indicators.percentile import MidrankParams
from bullmachine.machine.records import SenseParams

pytestmark = compiled_only

LONG: Final = {"length": 500, "every": 4, "ready": 200}
SHORT: Final = {"length": 100, "every": 1, "ready": 100}


def _ranks(atr: list[float], length: int, every: int, ready: int) -> list[float]:
    """Every `every`-th value among the sampled ones before it: the share below plus half the share of equals."""
    known, found, last = [x for x in atr if not math.isnan(x)], [], math.nan
    for k, x in enumerate(known):
        if k % every == 0:
            past = known[:k:every][-length:]
            if k >= ready:
                last = sum((y < x) + 0.5 * (y == x) for y in past) / len(past)
        found.append(last)
    return [math.nan] * (len(atr) - len(known)) + found


def _check(atr: list[float], read: Any, rule: dict[str, int]) -> None:
    assert read.tolist() == pytest.approx(_ranks(atr, **rule), nan_ok=True, abs=1e-12)
    assert len({x for x in read.tolist() if not math.isnan(x)}) > 50


@pytest.mark.parametrize("name", ["ETH", "nasty"])
def test_both_ranks_are_those_of_a_look_at_the_past(name: str, real_data: Finder) -> None:
    readings = follow(fresh(), market(name, real_data, 4000)).said["readings"]
    atr = readings["base"]["features"]["atr"].tolist()
    _check(atr, readings["atr_rank"], LONG)
    _check(atr, readings["atr_rank_short"], SHORT)


def test_every_number_of_a_rank_is_read(real_data: Finder) -> None:
    other, short = {"length": 60, "every": 3, "ready": 90}, {"length": 20, "every": 2, "ready": 30}
    sense = made(SenseParams, atr_rank=MidrankParams(**other), atr_rank_short=MidrankParams(**short))
    readings = follow(fresh(sense=sense), market("ETH", real_data, 1000)).said["readings"]
    atr = readings["base"]["features"]["atr"].tolist()
    assert readings["atr_rank"].tolist() == pytest.approx(_ranks(atr, **other), nan_ok=True, abs=1e-12)
    assert readings["atr_rank_short"].tolist() == pytest.approx(_ranks(atr, **short), nan_ok=True, abs=1e-12)
