"""One source, three modes: compiled, with bounds checks, and as plain Python on dataclasses."""

import pathlib
from collections.abc import Callable
from typing import Any

import numba
import pytest
from tests.parity.cases import CASES, two_markets
from tests.parity.elsewhere import array_run, run_elsewhere, run_here
from tests.parity.machine_trace import Array, Finder, compiled_only, market

from bullmachine.testing.markets import random_market, spoiled

BARS = 700


def mixed(_real_data: Finder) -> list[Array]:
    """Refused rows, gaps, ties and missing volume."""
    return [spoiled(random_market(21, BARS), 21)[0]]


def kraken(real_data: Finder) -> list[Array]:
    return [market("Kraken", real_data, BARS)]


def two(_real_data: Finder) -> list[Array]:
    """Two markets, each with holes of its own."""
    return two_markets(BARS)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("rows_of", [mixed, kraken, two])
def test_plain_python_on_the_twins_gives_the_same_bytes(
    rows_of: Callable[[Finder], list[Array]], case: str, real_data: Finder, tmp_path: pathlib.Path
) -> None:
    rows = rows_of(real_data)
    other: dict[str, Any] = {} if numba.config.DISABLE_JIT else {"NUMBA_DISABLE_JIT": "1"}
    here, there = run_here(rows, case=case), run_elsewhere(tmp_path, rows, case=case, **other)
    assert min(len(blob) for blob in here.values()) > 0
    assert [part for part in here if here[part] != there[part]] == []


@compiled_only
@pytest.mark.parametrize("case", CASES)
def test_bounds_checked_kernels_give_the_same_bytes(case: str, tmp_path: pathlib.Path) -> None:
    rows = [spoiled(random_market(21, 3 * BARS), 21)[0], random_market(22, 3 * BARS)]
    here, there = array_run(rows, case=case), run_elsewhere(tmp_path, rows, case=case, NUMBA_BOUNDSCHECK="1")
    assert [part for part in here if here[part] != there[part]] == []
