"""One source, three modes: compiled, with bounds checks, and as plain Python on dataclasses."""

import pathlib

import pytest
from tests.parity.elsewhere import array_run, run_elsewhere
from tests.parity.machine_trace import Array, Finder, compiled_only, market

from bullmachine.testing.markets import random_market, spoiled

pytestmark = compiled_only

BARS = 700


def mixed(real_data: Finder) -> Array:
    """Refused rows, gaps, ties and missing volume."""
    del real_data
    return spoiled(random_market(21, BARS), 21)[0]


def kraken(real_data: Finder) -> Array:
    return market("Kraken", real_data, BARS)


@pytest.mark.parametrize("rows_of", [mixed, kraken])
def test_plain_python_on_the_twins_gives_the_same_bytes(
    rows_of: object, real_data: Finder, tmp_path: pathlib.Path
) -> None:
    rows = rows_of(real_data)  # type: ignore[operator]
    here, there = array_run(rows), run_elsewhere(tmp_path, rows, NUMBA_DISABLE_JIT="1")
    assert min(len(blob) for blob in here.values()) > 0
    assert [part for part in here if here[part] != there[part]] == []


def test_bounds_checked_kernels_give_the_same_bytes(tmp_path: pathlib.Path) -> None:
    rows = spoiled(random_market(21, 3 * BARS), 21)[0]
    here, there = array_run(rows), run_elsewhere(tmp_path, rows, NUMBA_BOUNDSCHECK="1")
    assert [part for part in here if here[part] != there[part]] == []
