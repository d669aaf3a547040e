"""Values worked out by hand, so that the definitions are checked without TA-Lib too."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.engine import StepEngine
from bullmachine.core.errors import ConfigError
from bullmachine.indicators import (
    Atr,
    AtrParams,
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
    VolumeRatio,
    VolumeRatioParams,
    ZScore,
    ZScoreParams,
)

HOUR = 3_600_000
CLOSES = [10.0, 11.0, 12.0, 11.0, 10.0, 11.0, 13.0, 12.5]
NAN = math.nan


def outputs(engine: StepEngine, closes: Sequence[float] = CLOSES, volumes: Sequence[float] = ()) -> Any:
    c = np.array(closes)
    volumes = volumes or [1.0] * len(c)
    return engine.run(rows_from_columns(np.arange(len(c)) * HOUR, c, c + 0.5, c - 0.5, c, volumes))


def equals(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=5e-7)


def test_sma_and_ema_of_three_start_at_the_third_close() -> None:
    equals(outputs(Sma(SmaParams(length=3)))["sma"], [NAN, NAN, 11, 34 / 3, 11, 32 / 3, 34 / 3, 36.5 / 3])
    equals(outputs(Ema(EmaParams(length=3)))["ema"], [NAN, NAN, 11, 11, 10.5, 10.75, 11.875, 12.1875])


def test_rsi_of_three_starts_at_the_fourth_close() -> None:
    found = outputs(Rsi(RsiParams(length=3)))
    equals(found["rsi"], [NAN, NAN, NAN, 66.666667, 44.444444, 62.962963, 81.481481, 68.615984])
    equals(found["signed"], found["rsi"] - 50.0)


def test_rsi_is_100_when_all_rose_0_when_all_fell_and_50_when_nothing_moved() -> None:
    for closes, expected in (([1.0, 2, 3, 4], 100.0), ([4.0, 3, 2, 1], 0.0), ([5.0] * 4, 50.0)):
        assert outputs(Rsi(RsiParams(length=3)), closes)["rsi"][3] == expected


def test_macd_2_3_2_shows_nothing_before_its_signal() -> None:
    found = outputs(Macd(MacdParams(fast=2, slow=3, signal=2)))
    line = [NAN] * 3 + [0.166667, -0.111111, 0.046296, 0.390432, 0.234311]
    signal = [NAN] * 3 + [0.333333, 0.037037, 0.043210, 0.274691, 0.247771]
    equals(found["line"], line)
    equals(found["signal"], signal)
    np.testing.assert_array_equal(found["hist"], found["line"] - found["signal"])


def test_macd_refuses_a_fast_average_that_is_not_faster() -> None:
    with pytest.raises(ConfigError, match="fast = 26 is not below slow = 26"):
        MacdParams(fast=26)


def test_directional_movement_of_two() -> None:
    found = outputs(Dmi(DmiParams(length=2)))
    equals(found["plus_di"], [NAN, NAN, 66.666667, 28.571429, 13.333333, 40.860215, 65.612648, 43.569554])
    equals(found["minus_di"], [NAN, NAN, 0.0, 38.095238, 53.333333, 25.806452, 9.486166, 23.097113])
    equals(found["adx"], [NAN, NAN, NAN, 57.142857, 58.571429, 40.576037, 57.656439, 44.182550])


def test_atr_of_three_skips_the_first_bars_range() -> None:
    found = outputs(Atr(AtrParams(length=3)))
    equals(found["tr"], [NAN, 1.5, 1.5, 1.5, 1.5, 1.5, 2.5, 1.0])
    equals(found["atr"], [NAN, NAN, NAN, 1.5, 1.5, 1.5, 1.833333, 1.555556])


def test_rolling_moments_cover_the_window_that_ends_at_the_close() -> None:
    found = outputs(Stats(StatsParams(length=2)))
    equals(found["mean"], [NAN, 10.5, 11.5, 11.5, 10.5, 10.5, 12.0, 12.75])
    equals(found["std"], [NAN, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 0.25])
    equals(found["z"], [NAN, 1, 1, -1, -1, 1, 1, -1])


def test_the_deviation_and_z_of_equal_values_are_exactly_0_right_after_a_wild_past() -> None:
    found = outputs(Stats(StatsParams(length=3)), [1e9, 0.1, 1e-9, 0.3, 0.3, 0.3])
    assert found[5]["mean"] == 0.3
    assert found[5]["std"] == 0.0
    assert found[5]["z"] == 0.0


def test_z_judges_a_volume_by_those_before_it_and_is_clipped_to_minus_3_and_5() -> None:
    found = outputs(ZScore(ZScoreParams(length=2)), [1.0] * 7, [1, 3, 4, 99, 99, 99, 0])
    equals(found["z"], [NAN, NAN, 2.0, 5.0, (99 - 51.5) / 47.5, 0.0, 0.0])
    equals(found["mean"], [NAN, NAN, 2.0, 3.5, 51.5, 99.0, 99.0])
    assert outputs(ZScore(ZScoreParams(length=2)), [1.0] * 3, [9, 10, 0])["z"][2] == -3.0


def test_a_bar_without_volume_has_z_0_and_is_not_remembered() -> None:
    found = outputs(ZScore(ZScoreParams(length=2)), [1.0] * 4, [1, 3, NAN, 4])
    equals(found["z"], [NAN, NAN, 0.0, 2.0])
    equals(found["mean"], [NAN, NAN, 2.0, 2.0])


def test_volume_ratio_leaves_the_bar_itself_out_of_its_mean() -> None:
    equals(outputs(VolumeRatio(VolumeRatioParams(length=2)), [1.0] * 4, [2, 6, 8, 0])["rv"], [NAN, NAN, 2.0, 0.0])


def test_a_bar_without_volume_has_ratio_1_and_leaves_the_mean_alone() -> None:
    found = outputs(VolumeRatio(VolumeRatioParams(length=2)), [1.0] * 4, [2, 6, NAN, 8])
    equals(found["rv"], [NAN, NAN, 1.0, 2.0])
    assert found["novol"].tolist() == [0, 0, 1, 0]


def test_zeros_in_a_row_become_missing_volume_until_the_mean_is_rebuilt_from_real_ones() -> None:
    volumes = [2, 6, 0, 0, 0, 0, 5, 3, 8]
    found = outputs(VolumeRatio(VolumeRatioParams(length=2, missing=3)), [1.0] * 9, volumes)
    assert found["novol"].tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 0]
    equals(found["rv"], [NAN, NAN, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0])


def test_a_single_zero_volume_is_a_real_zero_and_a_mean_of_0_gives_ratio_1() -> None:
    found = outputs(VolumeRatio(VolumeRatioParams(length=1, missing=20)), [1.0] * 4, [4, 0, 7, 7])
    equals(found["rv"], [NAN, 0.0, 1.0, 1.0])
    assert not found["novol"].any()


def test_extremes_cover_the_window_that_ends_at_the_bar() -> None:
    found = outputs(Extremes(ExtremesParams(length=3)))
    equals(found["highest"], [NAN, NAN, 12.5, 12.5, 12.5, 11.5, 13.5, 13.5])
    equals(found["lowest"], [NAN, NAN, 9.5, 10.5, 9.5, 9.5, 9.5, 10.5])


def test_midrank_counts_half_of_the_equal_samples_and_ranks_every_second_value() -> None:
    ranges = [4.0, 9.0, 2.0, 4.0, 6.0, 9.0]  # sampled: 4, 2, then 6 replaces the 4
    rows = rows_from_columns(np.arange(6) * HOUR, *(np.zeros(6), ranges, np.zeros(6), np.zeros(6)), np.ones(6))
    found = Midrank(MidrankParams(length=2, every=2, ready=1)).run(rows)
    equals(found["rank"], [NAN, NAN, 0.0, 0.0, 1.0, 1.0])
