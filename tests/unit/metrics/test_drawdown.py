"""The worst drawdown against a loop over the marks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.metrics.made import HOUR, amounts

from bullmachine.metrics.drawdown import Drawdown, worst_drawdown

DAY = 24 * HOUR


def looped(equity: list[float], start: float, step: int) -> tuple[float, float, float | None]:
    """Depth, days below the peak and days from the deepest mark back to it, mark by mark."""
    peak, at, worst, deepest, peak_at = start, 0, 0.0, 0, 0
    for k, value in enumerate(equity, 1):
        if value >= peak:
            peak, at = value, k
        elif value / peak - 1.0 < worst:
            worst, deepest, peak_at = value / peak - 1.0, k, at
    if worst == 0.0:
        return 0.0, 0.0, 0.0
    before = max([start, *equity[:deepest]])
    back = next((k for k in range(deepest + 1, len(equity) + 1) if equity[k - 1] >= before), None)
    days = ((back or len(equity)) - peak_at) * step / DAY
    return worst, days, None if back is None else (back - deepest) * step / DAY


@given(st.lists(amounts(50.0, 150.0), min_size=1, max_size=40))
def test_depth_length_and_recovery_are_those_of_a_loop(equity: list[float]) -> None:
    times = np.arange(1, len(equity) + 1) * HOUR
    peaks = list(itertools.accumulate(equity, max, initial=100.0))[1:]
    made = worst_drawdown(times, np.array(equity) / np.array(peaks) - 1.0, 0)
    depth, days, recovery = looped(equity, 100.0, HOUR)
    assert made.depth == pytest.approx(depth)
    assert made.days == pytest.approx(days)
    assert made.recovery_days == (recovery if recovery is None else pytest.approx(recovery))


def test_a_run_that_only_rose_was_never_below_its_peak() -> None:
    assert worst_drawdown(np.array([HOUR]), np.array([0.0]), 0) == Drawdown(0.0, 0.0, 0.0)


def test_of_two_falls_the_deeper_one_counts_with_its_own_length() -> None:
    drawdown = np.array([0.0, -0.1, -0.1, -0.1, 0.0, -0.2, 0.0])
    assert worst_drawdown(np.arange(1, 8) * DAY, drawdown, 0) == Drawdown(-0.2, 2.0, 1.0)
