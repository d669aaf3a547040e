"""What the indicators promise about floating point: exact scaling and negation, and sums that never drift."""

from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.engine import StepEngine
from bullmachine.indicators import (
    Dmi,
    DmiParams,
    Ema,
    EmaParams,
    Extremes,
    ExtremesParams,
    Macd,
    MacdParams,
    Midrank,
    MidrankParams,
    Rsi,
    RsiParams,
    Sma,
    SmaParams,
    Stats,
    StatsParams,
    ZScore,
    ZScoreParams,
)

Array = np.ndarray[Any, Any]
HOUR = 3_600_000

#: each engine, and which of its outputs are in price units (the others are pure numbers)
ENGINES: dict[str, tuple[StepEngine, set[str]]] = {
    "sma": (Sma(SmaParams(length=7)), {"sma"}),
    "ema": (Ema(EmaParams(length=7)), {"ema"}),
    "rsi": (Rsi(RsiParams(length=5)), set()),
    "macd": (Macd(MacdParams(fast=3, slow=6, signal=4)), {"line", "signal", "hist"}),
    "dmi": (Dmi(DmiParams(length=4)), set()),
    "stats": (Stats(StatsParams(length=7)), {"mean", "std"}),
    "extremes": (Extremes(ExtremesParams(length=7)), {"highest", "lowest"}),
    "midrank": (Midrank(MidrankParams(length=9, every=2, ready=5)), set()),
}

prices = hnp.arrays(
    np.float64, st.integers(30, 80), elements=st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda x: round(x, 6))
)


def fresh(engine: StepEngine, low: Array, width: Array, volume: Array | None = None) -> Array:
    engine.reset()
    n = len(low)
    stamps = np.arange(n) * HOUR
    return engine.run(
        rows_from_columns(stamps, low, low + width, low, low + width, np.ones(n) if volume is None else volume)
    )


@pytest.mark.parametrize("name", ENGINES)
@given(low=prices, seed=st.integers(0, 1000), power=st.integers(-60, 60))
@settings(max_examples=25, deadline=None)
def test_scaling_prices_by_a_power_of_two_scales_outputs_exactly(name: str, low: Array, seed: int, power: int) -> None:
    engine, priced = ENGINES[name]
    width = np.random.default_rng(seed).integers(0, 3, len(low)) * 0.5
    factor = 2.0**power
    one, other = fresh(engine, low, width), fresh(engine, low * factor, width * factor)
    for field in one.dtype.names or ():
        np.testing.assert_array_equal(other[field], one[field] * factor if field in priced else one[field])


@given(volume=prices.map(np.abs), power=st.integers(-60, 60))
@settings(max_examples=25, deadline=None)
def test_z_does_not_depend_on_the_unit_of_volume(volume: Array, power: int) -> None:
    flat = np.ones(len(volume))
    engine = ZScore(ZScoreParams(length=5))
    one = fresh(engine, flat, flat, volume)
    np.testing.assert_array_equal(fresh(engine, flat, flat, volume * 2.0**power)["z"], one["z"])


@given(low=prices)
@settings(max_examples=25, deadline=None)
def test_rolling_moments_of_negated_prices_are_the_negated_ones_exactly(low: Array) -> None:
    engine, still = ENGINES["stats"][0], np.zeros(len(low))
    one, other = fresh(engine, low, still), fresh(engine, -low, still)
    np.testing.assert_array_equal(other["mean"], -one["mean"])
    np.testing.assert_array_equal(other["std"], one["std"])
    np.testing.assert_array_equal(other["z"], -one["z"])


@pytest.mark.parametrize("length", [3, 20, 256])
def test_after_a_million_values_a_window_equals_a_fresh_one_bit_for_bit(length: int) -> None:
    rng = np.random.default_rng(length)
    n = 1_000_000
    values = rng.lognormal(0.0, 3.0, n).round(3)
    values[rng.random(n) < 1e-3] = 1e12
    start = (n - 3 * length) // length * length  # where the ring's head stands at slot 0
    long = fresh(Stats(StatsParams(length=length)), values, np.zeros(n))
    short = fresh(Stats(StatsParams(length=length)), values[start:], np.zeros(n - start))
    assert long[start + length - 1 :].tobytes() == short[length - 1 :].tobytes()


def test_after_a_million_values_any_fresh_window_agrees_to_12_digits() -> None:
    rng = np.random.default_rng(7)
    n = 1_000_000
    values = 2000.0 + rng.normal(size=n).cumsum()
    long = fresh(Stats(), values, np.zeros(n))
    for start in range(n - 60, n - 20):
        window = values[start : start + 20]
        assert long[start + 19]["mean"] == pytest.approx(np.mean(window), rel=1e-12)
        assert long[start + 19]["std"] == pytest.approx(np.std(window), rel=1e-12)


@given(value=st.floats(-1e9, 1e9), length=st.integers(2, 50))
@settings(max_examples=50, deadline=None)
def test_averages_of_a_flat_market_are_its_price_to_the_last_bit(value: float, length: int) -> None:
    past = np.array([1.0, 1e7, -3.3, value / 3])
    closes = np.concatenate([past, np.full(2 * length, value)])
    found = fresh(Sma(SmaParams(length=length)), closes, np.zeros(len(closes)))["sma"]
    assert (found[len(past) + length - 1 :] == value).all()
