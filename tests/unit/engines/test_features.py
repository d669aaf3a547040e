"""Features, bar by bar on numbers that can be checked in the head."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bullmachine.core.bars import rows_from_columns
from bullmachine.engines.features import Features, FeaturesParams, VolumeParams
from bullmachine.indicators import AtrParams, SmaParams

HOUR = 3_600_000
SHORT: Any = FeaturesParams  # nested fields have defaults that the type checker cannot see
NAN = math.nan


def short() -> Features:
    return Features(
        SHORT(
            atr=AtrParams(length=2),
            sma_fast=SmaParams(length=2),
            sma_slow=SmaParams(length=3),
            volume=VolumeParams(length=2),
        )
    )


def run(engine: Features, closes: Sequence[float], volumes: Sequence[float] = (), half_range: float = 0.5) -> Any:
    close = np.array(closes)
    volume = volumes or [1.0] * len(close)
    stamps = np.arange(len(close)) * HOUR
    return engine.run(rows_from_columns(stamps, close, close + half_range, close - half_range, close, volume))


def test_every_yardstick_is_nan_and_every_reading_0_until_it_is_defined() -> None:
    out = run(short(), [10.0, 12.0, 12.0, 14.0, 9.0])
    np.testing.assert_array_equal(out["atr"], [NAN, NAN, 1.75, 2.125, 3.8125])
    np.testing.assert_array_equal(out["sma_fast"], [NAN, 11.0, 12.0, 13.0, 11.5])
    np.testing.assert_array_equal(out["sma_slow"], [NAN, NAN, 34 / 3, 38 / 3, 35 / 3])
    np.testing.assert_array_equal(out["trend"], [0.0, 0.0, 0.0, 1.0 / 2.125, -2.5 / 3.8125])
    assert out["ready"].tolist() == [0, 0, 1, 1, 1]


def test_what_a_bar_is_measured_with_is_what_the_bar_before_ended_with() -> None:
    out = run(short(), [10.0, 12.0, 12.0, 14.0, 9.0])
    for now, before in (("atr_prev", "atr"), ("sma_fast_prev", "sma_fast")):
        assert math.isnan(out[now][0])
        np.testing.assert_array_equal(out[now][1:], out[before][:-1])


def test_ready_waits_for_the_slow_mean_and_for_the_atr() -> None:
    late_atr = Features(SHORT(atr=AtrParams(length=6), sma_slow=SmaParams(length=3)))
    assert run(late_atr, [10.0] * 8)["ready"].tolist() == [0] * 6 + [1, 1]
    assert late_atr.warm_up == 6
    assert run(Features(), [10.0] * 52)["ready"].tolist() == [0] * 49 + [1] * 3


def test_a_market_that_never_moved_has_an_atr_of_0_and_no_trend() -> None:
    out = run(Features(), [10.0] * 60, half_range=0.0)
    assert out["atr"][-1] == 0.0
    assert not out["trend"].any()
    assert out["ready"][-1] == 1


def test_volume_is_measured_with_the_bars_before_it() -> None:
    out = run(short(), [10.0] * 6, [2.0, 4.0, 6.0, 10.0, 0.0, 0.0])
    np.testing.assert_array_equal(out["rv"], [NAN, NAN, 2.0, 2.0, 0.0, 0.0])
    long = run(Features(), [10.0] * 22, [1.0] * 20 + [3.0, 0.0])
    np.testing.assert_array_equal(long["rv"], [NAN] * 20 + [3.0, 0.0])


def test_a_mean_volume_of_0_makes_any_volume_the_usual_one() -> None:
    out = run(short(), [10.0] * 5, [0.0, 0.0, 0.0, 7.0, 7.0])
    np.testing.assert_array_equal(out["rv"], [NAN, NAN, 1.0, 1.0, 2.0])


def test_missing_volume_has_no_measure_and_is_none() -> None:
    out = run(short(), [10.0] * 7, [2.0, NAN, 4.0, 6.0, -1.0, 10.0, 16.0])
    np.testing.assert_array_equal(out["rv"], [NAN, NAN, NAN, 2.0, NAN, 2.0, 2.0])
    assert out["ready"].tolist() == [0, 0] + [1] * 5
