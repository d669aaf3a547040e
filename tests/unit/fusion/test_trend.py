"""The trend of a timeframe, from its definition."""

import pytest

from bullmachine.fusion.trend import trend_of

#: distance from the mean in ATR -> trend
TRENDS = {0.0: 0.0, 0.25: 0.0, 0.5: 0.0, 1.0: 0.25, 1.5: 0.5, 2.5: 1.0, 9.0: 1.0}


@pytest.mark.parametrize("x", TRENDS)
def test_a_trend_begins_half_an_atr_from_the_mean_and_is_full_at_two_and_a_half(x: float) -> None:
    assert trend_of(x) == TRENDS[x]
    assert trend_of(-x) == -TRENDS[x]


def test_a_trend_has_a_sign_right_outside_the_dead_band() -> None:
    assert trend_of(0.5000001) > 0.0 > trend_of(-0.5000001)
