"""Momentum's rules one at a time, on bars made for them."""

from typing import Any

import numpy as np
import pytest

from bullmachine.core.bars import Bar, rows_from_columns
from bullmachine.core.errors import ConfigError
from bullmachine.core.events import EventLog
from bullmachine.core.record import to_array
from bullmachine.engines.features import FeaturesOut, FeaturesParams
from bullmachine.engines.levels.pivot import PivotParams
from bullmachine.engines.momentum import Kind, Momentum, MomentumOut
from bullmachine.engines.momentum.divergence import divergence_part, divergence_step
from bullmachine.engines.momentum.records import DivergenceParams, DivergenceState
from bullmachine.indicators import AtrParams, DmiParams, RsiParams

HOUR = 3_600_000
DIVERGENCE: Any = DivergenceParams  # nested fields have defaults that the type checker cannot see
FEATURES: Any = FeaturesParams
#: k = 1 and no least price change: a pivot is known one bar later, whatever the ATR is
PLAIN = {"pivot": PivotParams(k=1), "min_sep": 1, "min_price": 0.0, "life": 10}


class Chart:
    """Bars of (high, low, close, oscillator) through the divergence step alone, with an ATR of 1."""

    def __init__(self, **given: Any) -> None:
        self.p = to_array(DIVERGENCE(**{**PLAIN, **given}))
        self.s, self.log, self.out = to_array(DivergenceState), to_array(EventLog), to_array(MomentumOut)
        self.n = 0

    def take(self, *bars: tuple[float, float, float, float], trend: float = 0.0) -> "Chart":
        for high, low, close, osc in bars:
            bar, features = to_array(Bar), to_array(FeaturesOut)
            bar[0].i, bar[0].ts, bar[0].tf, bar[0].known = self.n, self.n * HOUR, HOUR, (self.n + 1) * HOUR
            bar[0].high, bar[0].low, bar[0].close = high, low, close
            features[0].atr_prev, features[0].trend = 1.0, trend
            divergence_step(self.p[0], self.s[0], bar[0], features[0], osc, self.log[0])
            divergence_part(self.p[0], self.s[0], self.n, 1.0, self.out[0])
            self.n += 1
        return self

    def told(self) -> list[tuple[int, int, int]]:
        return [(int(e.kind), int(e.dir), int(e.i_ref)) for e in self.log[0].slots[: self.log[0].n]]

    @property
    def part(self) -> float:
        return float(self.out[0].divergence_part)

    @property
    def id(self) -> int:
        return int(self.out[0].divergence_id)

    def score(self, number: int = 0) -> float:
        return float(self.log[0].slots[number].score)


def dip(low: float, osc: float = 0.0) -> tuple[float, float, float, float]:
    return (20.0, low, 15.0, osc)


#: two lows at bars 1 and 3, the second lower with a higher oscillator (from -30 to -20): known at bar 4
FALLING = (dip(12), dip(10, -30), dip(12), dip(9, -20), dip(12))


def test_the_score_adds_oscillator_price_and_an_oscillator_that_was_spent() -> None:
    chart = Chart().take(*FALLING)
    assert chart.told() == [(Kind.DIV_REG, 1, 3)]
    assert chart.score() == pytest.approx(0.5 * (10 - 2) / 13 + 0.3 * (1 - 0.1) / 1.4 + 0.2)
    assert chart.part == chart.score()
    assert chart.id == 0


def test_an_oscillator_of_exactly_30_was_not_spent() -> None:
    at_30 = Chart().take(dip(12), dip(10, -20), dip(12), dip(9, -10), dip(12))
    assert at_30.score() == pytest.approx(0.5 * 8 / 13 + 0.3 * 0.9 / 1.4)


@pytest.mark.parametrize(("trend", "agrees"), [(0.51, 0.2), (0.5, 0.0), (-0.51, 0.0)])
def test_a_hidden_divergence_counts_the_trend_and_seven_tenths(trend: float, agrees: float) -> None:
    chart = Chart().take(dip(12), dip(9, -20), dip(12), dip(10, -30), dip(12), trend=trend)
    assert chart.told() == [(Kind.DIV_HID, 1, 3)]
    assert chart.score() == pytest.approx(0.5 * 8 / 13 + 0.3 * 0.9 / 1.4 + agrees)
    assert chart.part == 0.7 * chart.score()


@pytest.mark.parametrize(("low", "osc"), [(10, -20), (9, -30), (9, -30.0 + 1.9), (11, -20)])
def test_equal_prices_equal_oscillators_and_changes_of_one_sign_are_nothing(low: float, osc: float) -> None:
    assert Chart().take(dip(12), dip(10, -30), dip(12), dip(low, osc), dip(12)).told() == []


def test_a_price_change_of_the_least_size_is_enough() -> None:
    assert Chart(min_price=1.0).take(*FALLING).told() == [(Kind.DIV_REG, 1, 3)]
    assert Chart(min_price=1.01).take(*FALLING).told() == []


@pytest.mark.parametrize(("min_sep", "max_sep", "n"), [(2, 2, 1), (3, 60, 0), (1, 1, 0)])
def test_the_separation_lies_between_its_bounds_both_included(min_sep: int, max_sep: int, n: int) -> None:
    assert len(Chart(min_sep=min_sep, max_sep=max_sep).take(*FALLING).told()) == n


def test_a_pivot_whose_oscillator_was_cold_is_remembered_but_not_compared() -> None:
    cold = float("nan")
    lows = (dip(12), dip(10, -40), dip(12), dip(9, cold), dip(12), dip(8, -30), dip(12))
    assert Chart().take(*lows).told() == []
    assert Chart().take(*lows, dip(7, -20), dip(12)).told() == [(Kind.DIV_REG, 1, 7)]


def test_a_divergence_decays_over_its_life_and_then_is_gone() -> None:
    chart = Chart(life=4).take(*FALLING)
    parts, ids = [], []
    for _ in range(5):
        chart.take(dip(12))
        parts.append(chart.part / chart.score())
        ids.append(chart.id)
    assert parts == pytest.approx([0.75, 0.5, 0.25, 0.0, 0.0], abs=1e-12)
    assert ids == [0, 0, 0, -1, -1]


def test_a_close_at_the_pivot_leaves_a_divergence_alone_and_one_beyond_it_ends_it() -> None:
    chart = Chart().take(*FALLING, (20, 9, 9.0, 0.0))
    assert chart.part == 0.9 * chart.score()
    assert chart.take((20, 8.5, 8.9, 0.0)).part == 0.0
    assert chart.id == -1
    assert chart.take((20, 8.4, 12.0, 0.0)).part == 0.0


def test_of_one_kind_and_side_the_stronger_stays_until_it_has_decayed_to_the_other() -> None:
    weak = (dip(8, -16), dip(12))  # the third low, two bars after the second: less oscillator, less price
    chart = Chart().take(*FALLING, *weak)
    assert len(chart.told()) == 2
    assert chart.score(1) < 0.8 * chart.score(0)
    assert chart.id == 0
    fast = Chart(life=3).take(*FALLING, *weak)
    assert fast.score(1) > fast.score(0) / 3
    assert fast.id == 1


def test_a_divergence_just_as_strong_as_what_is_left_of_the_other_replaces_it() -> None:
    """The first scores 1, half of it is left two bars later; the second has the oscillator's half and nothing else."""
    chart = Chart(life=4).take(dip(12), dip(10, -40), dip(12), dip(8, -20), dip(12), dip(7.95, -5), dip(12))
    assert [chart.score(0), chart.score(1)] == [1.0, 0.5]
    assert (chart.part, chart.id) == (0.5, 1)


def test_kinds_of_one_side_are_not_added_up_the_stronger_counts() -> None:
    higher = (dip(11, -35), dip(12))  # after the lower low: a higher one with a lower oscillator
    chart = Chart().take(*FALLING, *higher)
    assert [kind for kind, _, _ in chart.told()] == [Kind.DIV_REG, Kind.DIV_HID]
    assert chart.part == max(0.8 * chart.score(0), 0.7 * chart.score(1))


def test_bullish_and_bearish_divergences_are_netted_and_the_stronger_is_named() -> None:
    rising = [(40.0 - lo, 40.0 - hi, 40.0 - c, -o) for hi, lo, c, o in FALLING]  # as strong, five bars later
    chart = Chart().take(*FALLING, *rising)
    kinds = [(kind, side) for kind, side, _ in chart.told()]
    assert kinds == [(Kind.DIV_REG, 1), (Kind.DIV_REG, -1)]
    assert chart.part == pytest.approx(0.5 * chart.score(0) - chart.score(1))
    assert chart.id == 1
    assert chart.part < 0


#: the second bar reaches beyond its neighbours on both sides
OUTSIDE = ((20.0, 10.0, 15.0, 0.0), (22.0, 8.0, 15.0, 0.0), (20.0, 10.0, 15.0, 0.0))


def test_the_very_first_pivot_is_nothing_if_it_is_both() -> None:
    later = ((21.0, 10.0, 15.0, 0.0), (24.0, 10.0, 15.0, -9.0), (20.0, 10.0, 15.0, 0.0))
    chart = Chart().take(*OUTSIDE, *later)
    assert chart.s[0].last == -1
    assert chart.s[0].high.i == 4
    assert chart.s[0].low.seen == 0
    assert chart.told() == []


@pytest.mark.parametrize("last", [1, -1])
def test_a_bar_that_is_both_pivots_is_first_what_the_last_one_was_not(last: int) -> None:
    low_then_high = ((20.0, 10.0, 15.0, 0.0), (20.0, 9.0, 15.0, -9.0), (20.0, 10.0, 15.0, 0.0), (21.0, 10.0, 15.0, 9.0))
    bars = [*low_then_high, *OUTSIDE]
    if last == 1:
        bars = [(30.0 - lo, 30.0 - hi, 15.0, -o) for hi, lo, _, o in bars]
    chart = Chart().take(*bars)
    assert chart.told() == [(Kind.DIV_REG, -last, 5), (Kind.DIV_REG, last, 5)]
    assert chart.s[0].last == last


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_least_oscillator_change_of_0_is_refused(value: float) -> None:
    with pytest.raises(ConfigError, match=r"min_osc = .* is below 0\.01"):
        DIVERGENCE(min_osc=value)


def test_a_least_separation_above_the_most_is_refused() -> None:
    with pytest.raises(ConfigError, match="min_sep = 9 is above max_sep = 8"):
        DIVERGENCE(min_sep=9, max_sep=8)


def test_equal_closes_between_two_wicks_are_no_divergence_however_small_the_least_change() -> None:
    """RSI is then equal but for rounding; this is why the least change is not 0."""
    closes = np.array([10.0, 10.7, 10.4, 11.1, 10.9, 11.3, *[11.0] * 30])
    low = closes - 0.1
    low[[12, 20]] -= [1.0, 1.5]
    high_ = closes + 0.1
    own: Any = Momentum.Params
    engine = Momentum(own(rsi=RsiParams(length=3), divergence=DIVERGENCE(min_osc=0.01, min_price=0.0)))
    engine.run(rows_from_columns(np.arange(36) * HOUR, closes, high_, low, closes, np.ones(36)))
    assert engine.events() == []


def test_warm_up_is_that_of_the_slowest_part() -> None:
    own: Any = Momentum.Params
    assert Momentum().warm_up == 33
    assert Momentum(own(rsi=RsiParams(length=40))).warm_up == 40
    assert Momentum(own(dmi=DmiParams(length=20))).warm_up == 39
    assert Momentum(features=FEATURES(atr=AtrParams(length=60))).warm_up == 61
