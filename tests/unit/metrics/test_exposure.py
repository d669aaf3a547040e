"""Exposure and holding: hand values and a loop over the bars."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.metrics.made import amounts

from bullmachine.metrics import exposure


def test_time_in_the_market_counts_marks_with_any_position() -> None:
    assert exposure.time_in_market(np.array([0.0, 2.0, -2.0, 0.0, 0.0])) == 0.4
    assert exposure.time_in_market(np.array([[0.0, 2.0], [-1.0, 1.0], [0.0, 0.0], [1.0, 0.0]])) == 0.75


def test_mean_exposure_is_signed_and_leaves_the_last_mark_out() -> None:
    equity, cash = np.array([100.0, 200.0, 100.0, 100.0]), np.array([50.0, 300.0, 100.0, -900.0])
    assert exposure.mean_exposure(equity, cash) == pytest.approx((0.5 - 0.5 + 0.0) / 3)
    assert exposure.mean_exposure(np.array([100.0]), np.array([50.0])) == 0.0
    assert exposure.mean_exposure(np.array([100.0, -5.0, 1.0]), np.array([0.0, 10.0, 1.0])) == 0.5


def test_several_symbols_are_bought_in_equal_parts() -> None:
    closes = np.array([[10.0, 100.0], [1.0, 1.0], [20.0, 50.0]])
    assert exposure.buy_and_hold(closes) == pytest.approx((1.0 - 0.5) / 2)
    assert exposure.buy_and_hold(closes[:, 0]) == 1.0
    assert exposure.hold_fraction(closes[::2], 0.5) == pytest.approx(0.5 * (1.0 - 0.5) / 2)


def test_a_price_of_nothing_is_no_return() -> None:
    assert exposure.buy_and_hold(np.array([0.0, 5.0])) == 0.0
    assert exposure.hold_fraction(np.array([0.0, 5.0, 10.0]), 1.0) == 1.0


def test_a_holder_who_lost_everything_stays_there() -> None:
    assert exposure.hold_fraction(np.array([100.0, 300.0, 100.0]), -1.0) == -1.0


@given(st.lists(amounts(50.0, 150.0), min_size=1, max_size=40), amounts(-1.0, 1.0))
def test_holding_a_fraction_is_a_loop_over_the_bars(closes: list[float], fraction: float) -> None:
    worth = 1.0
    for k in range(1, len(closes)):
        worth *= max(0.0, 1.0 + fraction * (closes[k] / closes[k - 1] - 1.0))
    assert exposure.hold_fraction(np.array(closes), fraction) == pytest.approx(worth - 1.0, abs=1e-9)


@given(st.lists(amounts(50.0, 150.0), min_size=1, max_size=40), amounts(0.1, 9.0))
def test_holding_everything_is_buying_and_holding_and_the_unit_of_price_does_not_matter(
    closes: list[float], scale: float
) -> None:
    made, whole = np.array(closes), exposure.hold_fraction(np.array(closes), 1.0)
    assert whole is not None
    assert math.isclose(whole, exposure.buy_and_hold(made * scale), abs_tol=1e-9)
    assert exposure.hold_fraction(made, 0.0) == 0.0
