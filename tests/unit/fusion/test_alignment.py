"""The trend of a timeframe and the alignment of two, from their definition."""

import itertools

import pytest

from bullmachine.core.record import to_array
from bullmachine.fusion.alignment import alignment, trend_of
from bullmachine.fusion.readings import Readings

#: distance from the mean in ATR -> trend
TRENDS = {0.0: 0.0, 0.25: 0.0, 0.5: 0.0, 1.0: 0.25, 1.5: 0.5, 2.5: 1.0, 9.0: 1.0}


@pytest.mark.parametrize("x", TRENDS)
def test_a_trend_begins_half_an_atr_from_the_mean_and_is_full_at_two_and_a_half(x: float) -> None:
    assert trend_of(x) == TRENDS[x]
    assert trend_of(-x) == -TRENDS[x]


def test_a_trend_has_a_sign_right_outside_the_dead_band() -> None:
    assert trend_of(0.5000001) > 0.0 > trend_of(-0.5000001)


DISTANCES = (-3.0, -0.51, -0.5, 0.0, 0.5, 0.51, 3.0)


@pytest.mark.parametrize(("middle", "slow"), list(itertools.product(DISTANCES, repeat=2)))
def test_alignment_is_the_mean_sign_of_both_slower_trends(middle: float, slow: float) -> None:
    r = to_array(Readings)
    r["middle"]["features"]["trend"], r["slow"]["features"]["trend"] = middle, slow
    r["base"]["features"]["trend"] = -3.0  # the base timeframe has no say
    signs = [0 if abs(x) <= 0.5 else 1 if x > 0 else -1 for x in (middle, slow)]
    assert alignment(r[0]) == sum(signs) / 2
