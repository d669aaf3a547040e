"""Returns from daily closes and their ratios: hand values, an oracle, and what must not change them."""

from __future__ import annotations

import itertools
import math
import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.metrics.made import HOUR, amounts, day, ms

from bullmachine.metrics import returns

Array = np.ndarray[Any, Any]
FOUR = np.array([0.02, -0.01, 0.01, 0.0])


def daily(stamps: list[int], equity: list[float], start: float) -> list[float]:
    """Daily returns in plain Python: the last mark of each day, midnight closing the day before."""
    last: dict[str, float] = {}
    for stamp, value in zip(stamps, equity, strict=True):
        last[day(stamp - 1).date().isoformat()] = value
    return [after / before - 1.0 for before, after in itertools.pairwise([start, *last.values()])]


def test_the_mark_at_midnight_closes_the_day_before() -> None:
    times = np.array([ms("2025-03-01T23:00"), ms("2025-03-02T00:00"), ms("2025-03-02T01:00")])
    made = returns.daily_returns(times, np.array([50.0, 110.0, 99.0]), 100.0)
    assert made == pytest.approx([0.1, -0.1])


def test_days_without_a_mark_are_no_days() -> None:
    times = np.array([ms("2025-03-07T21:00"), ms("2025-03-10T21:00")])
    assert returns.daily_returns(times, np.array([101.0, 101.0]), 100.0) == pytest.approx([0.01, 0.0])


def test_nothing_follows_the_day_that_left_nothing() -> None:
    times = np.array([ms(f"2025-03-0{k}T12:00") for k in range(1, 6)])
    made = returns.daily_returns(times, np.array([100.0, 50.0, -10.0, 60.0, 70.0]), 100.0)
    assert made == pytest.approx([0.0, -0.5, -1.2])


def test_without_marks_there_are_no_returns() -> None:
    assert len(returns.daily_returns(np.zeros(0, np.int64), np.zeros(0), 100.0)) == 0


@given(
    st.lists(st.tuples(st.integers(1, 60), amounts(50.0, 200.0)), min_size=1, max_size=60),
    st.sampled_from([1.0, 3.0, 0.5]),
)
def test_daily_returns_are_those_of_plain_python_at_any_scale(steps: list[tuple[int, float]], scale: float) -> None:
    stamps = [ms("2025-01-01T00:00") + n * HOUR for n in itertools.accumulate(step for step, _ in steps)]
    equity = [value for _, value in steps]
    made = returns.daily_returns(np.array(stamps), np.array(equity) * scale, 100.0 * scale)
    assert made == pytest.approx(daily(stamps, equity, 100.0), abs=1e-12)


def test_the_ratios_of_four_days_by_hand() -> None:
    # mean .005; deviations .015 -.015 .005 -.005, their squares sum to 5e-4; the only loss is .01
    deviation = math.sqrt(5e-4 / 3)
    assert returns.volatility(FOUR, 365) == pytest.approx(deviation * math.sqrt(365))
    assert returns.sharpe(FOUR, 365) == pytest.approx(0.005 / deviation * math.sqrt(365))
    assert returns.sharpe(FOUR, 252) == pytest.approx(0.005 / deviation * math.sqrt(252))
    assert returns.sortino(FOUR, 365) == pytest.approx(0.005 / math.sqrt(1e-4 / 4) * math.sqrt(365))


@given(st.lists(amounts(-0.2, 0.2), min_size=2, max_size=40))
def test_ratios_are_those_of_plain_python(values: list[float]) -> None:
    made, mean = np.array(values), statistics.fmean(values)
    spread = statistics.stdev(values)
    low = math.sqrt(statistics.fmean([min(v, 0.0) ** 2 for v in values]))
    assert returns.volatility(made, 365) == pytest.approx(spread * math.sqrt(365), abs=1e-12)
    if len(set(values)) == 1:
        assert returns.sharpe(made, 365) is returns.probabilistic_sharpe(made) is None
    else:
        assert returns.sharpe(made, 365) == pytest.approx(mean / spread * math.sqrt(365), abs=1e-9)
    if low > 0.0:
        assert returns.sortino(made, 365) == pytest.approx(mean / low * math.sqrt(365), abs=1e-9)
    else:
        assert returns.sortino(made, 365) is None


@given(st.lists(amounts(-0.2, 0.2), min_size=3, max_size=40).filter(lambda v: len(set(v)) > 1))
def test_the_probabilistic_sharpe_ratio_is_the_paper_s(values: list[float]) -> None:
    n, mean = len(values), statistics.fmean(values)
    each = mean / statistics.stdev(values)
    moments = {k: statistics.fmean([(v - mean) ** k for v in values]) for k in (2, 3, 4)}
    skewness, kurtosis = moments[3] / moments[2] ** 1.5, moments[4] / moments[2] ** 2
    below = 1.0 - skewness * each + (kurtosis - 1.0) / 4.0 * each**2
    made = returns.probabilistic_sharpe(np.array(values))
    if below > 1e-9:
        expected = statistics.NormalDist().cdf(each * math.sqrt(n - 1) / math.sqrt(below))
        assert made == pytest.approx(expected, abs=1e-9)
        assert 0.0 <= expected <= 1.0


def test_more_days_of_the_same_kind_are_more_certain() -> None:
    few, many = (returns.probabilistic_sharpe(np.tile(FOUR, times)) for times in (1, 20))
    losing = returns.probabilistic_sharpe(-FOUR)
    assert few is not None
    assert many is not None
    assert losing is not None
    assert 0.5 < few < many < 1.0
    assert losing == pytest.approx(1.0 - few)


@pytest.mark.parametrize("values", [[], [0.01], [0.01] * 9, [0.0] * 9])
def test_too_few_or_equal_days_have_no_ratio(values: list[float]) -> None:
    made = np.array(values)
    assert returns.sharpe(made, 365) is None
    assert returns.sortino(made, 365) is None
    assert returns.probabilistic_sharpe(made) is None
    assert (returns.volatility(made, 365) is None) == (len(values) < 2)


def test_growth_per_year_begins_with_half_a_year() -> None:
    day_ms = 24 * HOUR
    assert returns.cagr(100.0, 144.0, 730 * day_ms) == pytest.approx(0.2)
    assert returns.cagr(100.0, 110.0, 180 * day_ms) == pytest.approx(1.1 ** (365 / 180) - 1)
    assert returns.cagr(100.0, 110.0, 180 * day_ms - 1) is None
    assert returns.cagr(100.0, -3.0, 400 * day_ms) == -1.0
    assert returns.cagr(1e-200, 1e200, 180 * day_ms) is None
