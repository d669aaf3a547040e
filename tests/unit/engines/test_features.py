"""Features, bar by bar on numbers that can be checked in the head."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bullmachine.core.bars import rows_from_columns
from bullmachine.engines.features import Features, FeaturesParams
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
