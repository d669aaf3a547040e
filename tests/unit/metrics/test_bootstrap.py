"""The interval of a mean: deterministic, around the mean, and of the width theory gives."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.metrics.made import amounts

from bullmachine.metrics.bootstrap import block_length, mean_interval, quantile_interval


def drawn(values: list[float], level: float, draws: int, seed: int) -> tuple[float, float]:
    """The same bootstrap in a loop: position by position, and quantiles by hand."""
    n, length = len(values), round(len(values) ** (1 / 3))
    blocks = math.ceil(n / length)
    words = iter(np.random.PCG64(seed).random_raw(draws * blocks).tolist())
    means = []
    for _ in range(draws):
        sample: list[float] = []
        for _ in range(blocks):
            start = next(words) % n
            sample += [values[(start + k) % n] for k in range(length)]
        means.append(math.fsum(sample[:n]) / n)
    means.sort()
    return _quantile(means, (1 - level) / 2), _quantile(means, (1 + level) / 2)


def _quantile(ordered: list[float], share: float) -> float:
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


@given(st.lists(amounts(-3.0, 3.0), min_size=2, max_size=30), st.integers(0, 2**32))
def test_the_interval_is_that_of_a_loop_over_blocks(values: list[float], seed: int) -> None:
    made = mean_interval(np.array(values), draws=50, seed=seed)
    assert made == pytest.approx(drawn(values, 0.9, 50, seed), abs=1e-9)


@given(st.lists(amounts(-3.0, 3.0), min_size=2, max_size=60))
def test_the_interval_contains_the_mean(values: list[float]) -> None:
    made = mean_interval(np.array(values))
    assert made is not None
    assert made[0] - 1e-9 <= math.fsum(values) / len(values) <= made[1] + 1e-9


@given(st.lists(amounts(-3.0, 3.0), min_size=2, max_size=30), amounts(0.1, 5.0), amounts(-9.0, 9.0))
def test_the_interval_moves_and_stretches_with_the_values(values: list[float], scale: float, shift: float) -> None:
    made, moved = mean_interval(np.array(values)), mean_interval(np.array(values) * scale + shift)
    assert made is not None
    assert moved == pytest.approx((made[0] * scale + shift, made[1] * scale + shift), abs=1e-9)


def test_independent_values_have_the_width_of_the_normal_interval() -> None:
    values = np.random.default_rng(5).normal(0.2, 1.3, 2_000)
    made = mean_interval(values)
    assert made is not None
    assert made[1] - made[0] == pytest.approx(2 * 1.645 * values.std() / math.sqrt(2_000), rel=0.15)
    wider = mean_interval(values, level=0.99)
    assert wider is not None
    assert wider[0] < made[0] < made[1] < wider[1]


def test_streaks_make_the_interval_wider_than_the_same_values_shuffled() -> None:
    streaks = np.repeat(np.random.default_rng(5).normal(0.0, 1.0, 100), 10)
    shuffled = np.random.default_rng(6).permutation(streaks)
    (low, high), (near, far) = (mean_interval(v) or (0.0, 0.0) for v in (streaks, shuffled))
    assert high - low > 1.5 * (far - near)


@pytest.mark.parametrize("values", [[], [1.0]])
def test_fewer_than_two_values_have_no_interval(values: list[float]) -> None:
    assert mean_interval(np.array(values)) is None


def test_a_block_is_never_the_whole_series() -> None:
    assert all(1 <= block_length(n) < n for n in range(2, 2_000))


def test_another_process_finds_the_same_interval() -> None:
    code = "import numpy as np; from bullmachine.metrics.bootstrap import mean_interval as m; print(m(np.arange(99.0)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(mean_interval(np.arange(99.0)))


def test_a_quantiles_interval_is_that_of_its_resamples_one_by_one() -> None:
    """The same days drawn, their values pooled and counted, by hand."""
    rng = np.random.default_rng(3)
    groups = np.sort(rng.integers(0, 40, 500))
    groups = np.unique(groups, return_inverse=True)[1]
    values = rng.normal(size=500) + groups % 7
    n, length = int(groups[-1]) + 1, block_length(int(groups[-1]) + 1)
    words = np.random.PCG64(12).random_raw(100 * -(-n // length)) % np.uint64(n)
    found = []
    for starts in words.astype(np.int64).reshape(100, -1):
        days = [(int(start) + k) % n for start in starts for k in range(length)][:n]
        pooled = np.sort(np.concatenate([values[groups == day] for day in days]))
        found.append(pooled[math.ceil(0.9 * len(pooled) - 1e-9) - 1])
    expected = tuple(np.quantile(found, [0.05, 0.95]).tolist())
    assert quantile_interval(values, groups, 0.9, draws=100) == pytest.approx(expected)


def test_no_spread_has_no_interval() -> None:
    assert quantile_interval(np.ones(5), np.zeros(5, np.int64), 0.9) is None
    assert quantile_interval(np.zeros(0), np.zeros(0, np.int64), 0.9) is None
