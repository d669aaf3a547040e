"""One source, three modes: compiled, with bounds checks, and as plain Python on dataclasses."""

import pathlib
from collections.abc import Callable
from typing import Any

import numba
import pytest
from tests.parity.elsewhere import array_run, run_elsewhere, run_here
from tests.parity.machine_trace import Array, Finder, compiled_only, market

from bullmachine.testing.markets import random_market, spoiled

BARS = 700


def mixed(_real_data: Finder) -> Array:
    """Refused rows, gaps, ties and missing volume."""
    return spoiled(random_market(21, BARS), 21)[0]


def kraken(real_data: Finder) -> Array:
    return market("Kraken", real_data, BARS)


@pytest.mark.parametrize("rows_of", [mixed, kraken])
def test_plain_python_on_the_twins_gives_the_same_bytes(
    rows_of: Callable[[Finder], Array], real_data: Finder, tmp_path: pathlib.Path
) -> None:
    rows = rows_of(real_data)
    other: dict[str, Any] = {} if numba.config.DISABLE_JIT else {"NUMBA_DISABLE_JIT": "1"}
    here, there = run_here(rows), run_elsewhere(tmp_path, rows, **other)
    assert min(len(blob) for blob in here.values()) > 0
    assert [part for part in here if here[part] != there[part]] == []


@compiled_only
def test_bounds_checked_kernels_give_the_same_bytes(tmp_path: pathlib.Path) -> None:
    rows = spoiled(random_market(21, 3 * BARS), 21)[0]
    here, there = array_run(rows), run_elsewhere(tmp_path, rows, NUMBA_BOUNDSCHECK="1")
    assert [part for part in here if here[part] != there[part]] == []
