"""What a rule looks at: hand values, and every value from what was observed by then."""

import numpy as np
import pytest

from bullmachine.core.errors import ConfigError
from bullmachine.core.time import DAY, HOUR
from bullmachine.macro.transform import parse_transform

DAYS = np.array([0, 1, 2, 5, 6, 30]) * DAY
VALUES = np.array([10.0, 20.0, 30.0, 15.0, 45.0, 90.0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("level", [10.0, 20.0, 30.0, 15.0, 45.0, 90.0]),
        ("over_sma_2", [np.nan, 20 / 15, 30 / 25, 15 / 22.5, 45 / 30, 90 / 67.5]),
        ("change_1d", [np.nan, 1.0, 0.5, -0.5, 2.0, np.nan]),  # day 5 looks at day 2; day 30 finds only what is too old
        ("change_3d", [np.nan, np.nan, np.nan, -0.5, 0.5, np.nan]),
        ("change_24d", [np.nan] * 5 + [1.0]),
    ],
)
def test_a_transform_is_what_its_name_says(text: str, expected: list[float]) -> None:
    np.testing.assert_allclose(parse_transform(text).of(DAYS, VALUES, DAY), expected)


def test_hours_are_hours_and_a_change_of_less_than_nothing_is_told_from_its_size() -> None:
    hours = np.arange(30) * HOUR
    found = parse_transform("change_24h").of(hours, np.where(hours < 24 * HOUR, -2.0, -1.0), HOUR)
    assert np.isnan(found[:24]).all()
    assert found[24:].tolist() == [0.5] * 6


def test_what_would_divide_by_zero_is_undefined() -> None:
    zeros = np.array([0.0, 0.0, 5.0])
    for text in ("over_sma_2", "change_1d"):
        assert np.isnan(parse_transform(text).of(np.arange(3) * DAY, zeros, DAY)[1])


@pytest.mark.parametrize("text", ["level", "over_sma_3", "change_2d", "change_48h"])
def test_later_observations_change_no_earlier_value(text: str) -> None:
    rng = np.random.default_rng(4)
    ts, value = np.cumsum(rng.integers(1, 4, 80)) * DAY, rng.normal(size=80)
    whole = parse_transform(text).of(ts, value, DAY)
    for cut in range(1, 80, 7):
        np.testing.assert_array_equal(parse_transform(text).of(ts[:cut], value[:cut], DAY), whole[:cut])


@pytest.mark.parametrize(
    "text", ["", "Level", "sma_20", "over_sma_0", "change_0d", "change_20", "change_20w", "over_sma_1000"]
)
def test_what_is_no_transform_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"is none; write level, over_sma_20"):
        parse_transform(text)
