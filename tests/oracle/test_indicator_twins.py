"""Plain twins: the definition applied afresh to the whole past at every bar."""

import fractions
import math
import pathlib
import statistics
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import polars as pl
import pytest

from bullmachine.core.bars import rows_from_columns
from bullmachine.indicators import (
    Midrank,
    MidrankParams,
    Stats,
    StatsParams,
    VolumeRatio,
    VolumeRatioParams,
    ZScore,
    ZScoreParams,
)

Array = np.ndarray[Any, Any]
Finder = Callable[[str], pathlib.Path]
HOUR = 3_600_000


def rows_of(close: Array, volume: Array) -> Array:
    return rows_from_columns(np.arange(len(close)) * HOUR, close, close, close, close, volume)


def nasty_volumes(seed: int, n: int = 900) -> Array:
    """Whole volumes with ties, climaxes, single zeros, stretches of zeros and of no volume at all."""
    rng = np.random.default_rng(seed)
    volume = rng.integers(0, 30, n) * np.where(rng.random(n) < 0.03, 1e6, 1.0)
    for value, longest in ((0.0, 60), (math.nan, 30), (7.0, 50)):
        for start in rng.integers(0, n, 4):
            volume[start : start + rng.integers(1, longest)] = value
    return volume


def twin_ratio(volume: Array, length: int, missing: int) -> Iterator[tuple[float, int]]:
    """The window is whatever was remembered since the last stretch of `missing` zeros."""
    remembered: list[float] = []
    zeros, lost = 0, False
    for v in volume:
        if math.isnan(v):
            yield 1.0, 1
            continue
        zeros = zeros + 1 if v == 0 else 0
        if zeros >= missing:
            remembered, lost = [], True
            yield 1.0, 1
            continue
        lost = lost and len(remembered) < length
        mean = statistics.fmean(remembered[-length:]) if len(remembered) >= length else math.nan
        yield (1.0, 1) if lost else (1.0 if mean == 0 else v / mean, 0)
        remembered.append(v)


def twin_z(volume: Array, length: int) -> Iterator[float]:
    remembered: list[float] = []
    for v in volume:
        if math.isnan(v):
            yield 0.0
            continue
        before = [fractions.Fraction(b) for b in remembered[-length:]]
        remembered.append(v)
        if len(before) < length:
            yield math.nan
            continue
        sd = statistics.pstdev(before)
        yield 0.0 if min(before) == max(before) else min(max((v - float(statistics.mean(before))) / sd, -3.0), 5.0)


def twin_rank(values: list[float], length: int, every: int, ready: int) -> Iterator[float]:
    rank = math.nan
    for i, x in enumerate(values):
        if i % every == 0 and i >= ready:
            samples = np.array(values[:i:every][-length:])
            rank = float(np.mean((samples < x) + 0.5 * (samples == x)))
        yield rank


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("length", "missing"), [(20, 20), (5, 20), (40, 20), (20, 3)])
def test_volume_ratio_and_its_missing_volume_equal_the_twin(seed: int, length: int, missing: int) -> None:
    volume = nasty_volumes(seed)
    found = VolumeRatio(VolumeRatioParams(length=length, missing=missing)).run(rows_of(np.ones(len(volume)), volume))
    ratio, novol = zip(*twin_ratio(volume, length, missing), strict=True)
    assert found["novol"].tolist() == list(novol)
    np.testing.assert_allclose(found["rv"], ratio, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("length", [2, 20, 84])
def test_z_equals_the_twin_of_exact_fractions(seed: int, length: int) -> None:
    volume = nasty_volumes(seed, 500)
    found = ZScore(ZScoreParams(length=length)).run(rows_of(np.ones(len(volume)), volume))
    np.testing.assert_allclose(found["z"], list(twin_z(volume, length)), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("length", [2, 20, 256])
def test_rolling_moments_keep_their_digits_on_a_high_price_and_after_spikes(length: int) -> None:
    rng = np.random.default_rng(length)
    close = 1e8 + rng.integers(-9, 10, 700) * 0.01
    close[[100, 350]] = 3e12
    found = Stats(StatsParams(length=length)).run(rows_of(close, np.ones(700)))
    for i in range(length - 1, 700, 7):
        window = [fractions.Fraction(x) for x in close[i - length + 1 : i + 1]]
        mean, sd = statistics.mean(window), statistics.pstdev(window)
        assert found[i]["mean"] == pytest.approx(float(mean), rel=1e-14)
        assert found[i]["std"] == pytest.approx(sd, rel=1e-9)


@pytest.mark.parametrize(
    ("length", "every", "ready"), [(500, 4, 200), (100, 1, 100), (7, 3, 1), (512, 1, 1), (1, 1, 1)]
)
@pytest.mark.parametrize("seed", [1, 2])
def test_midrank_equals_counting_with_many_ties(seed: int, length: int, every: int, ready: int) -> None:
    rng = np.random.default_rng(seed)
    ranges = np.abs(np.cumsum(rng.integers(-2, 3, 2500))).astype(float)
    same = np.zeros(len(ranges))
    rows = rows_from_columns(np.arange(len(ranges)) * HOUR, same, ranges, same, same, same)
    found = Midrank(MidrankParams(length=length, every=every, ready=ready)).run(rows)
    np.testing.assert_array_equal(found["rank"], list(twin_rank(ranges.tolist(), length, every, ready)))


def test_volume_ratio_z_and_midrank_equal_their_twins_on_real_eth(real_data: Finder) -> None:
    eth = pl.read_parquet(real_data("ohlcv/ETHUSDT_binance_1h.parquet")).head(6000)
    high, low, volume = (eth[name].to_numpy() for name in ("high", "low", "volume"))
    rows = rows_from_columns(np.arange(len(eth)) * HOUR, low, high, low, low, volume)
    ratio, _ = zip(*twin_ratio(volume, 20, 20), strict=True)
    np.testing.assert_allclose(VolumeRatio().run(rows)["rv"], ratio, rtol=1e-9)
    np.testing.assert_allclose(ZScore().run(rows[:1500])["z"], list(twin_z(volume[:1500], 20)), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(Midrank().run(rows)["rank"], list(twin_rank((high - low).tolist(), 500, 4, 200)))
