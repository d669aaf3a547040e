"""What holds of momentum whatever the market does and whatever its parameters are."""

from collections.abc import Sequence
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from bullmachine.core.bars import rows_from_columns
from bullmachine.engines.levels.pivot import PivotParams
from bullmachine.engines.momentum import Momentum, MomentumParams
from bullmachine.engines.momentum.records import DivergenceParams, Weights
from bullmachine.indicators import DmiParams, MacdParams, RsiParams
from bullmachine.testing import random_market
from bullmachine.testing.markets import flat_market, mirrored, scaled

Rows = np.ndarray[Any, Any]
HOUR = 3_600_000
OWN: Any = MomentumParams  # nested fields have defaults that the type checker cannot see
DIVERGENCE: Any = DivergenceParams
PARTS = ("rsi_part", "macd_part", "dmi_part", "divergence_part")

#: short averages, so that a few dozen bars reach past the damping
QUICK = OWN(
    rsi=RsiParams(length=2),
    macd=MacdParams(fast=2, slow=3, signal=1),
    dmi=DmiParams(length=2),
    divergence=DIVERGENCE(pivot=PivotParams(k=1), min_sep=1, min_osc=0.5, min_price=0.0),
)

ticks = st.lists(st.tuples(st.integers(-6, 6), st.integers(0, 4), st.integers(0, 4)), min_size=40, max_size=120)
weights = st.lists(st.integers(0, 8), min_size=4, max_size=4).filter(any).map(lambda w: [x / sum(w) for x in w])


def rows_of(moves: Sequence[tuple[int, int, int]]) -> Rows:
    """Closes that move by whole ticks of 1/8, wicks of whole ticks."""
    body, above, below = np.array(moves).T / 8
    last = 1000.0 + np.cumsum(body)
    first = last - body
    high, low = np.maximum(first, last) + above, np.minimum(first, last) - below
    return rows_from_columns(np.arange(len(last)) * HOUR, first, high, low, last, np.ones(len(last)))


@given(moves=ticks, share=weights)
@settings(max_examples=60, deadline=None)
def test_contributions_keep_to_their_weights_and_add_up_to_the_scores(
    moves: list[tuple[int, int, int]], share: list[float]
) -> None:
    rsi, macd, dmi, divergence = share
    own = OWN(
        rsi=QUICK.rsi,
        macd=QUICK.macd,
        dmi=QUICK.dmi,
        divergence=QUICK.divergence,
        weights=Weights(rsi=rsi, macd=macd, dmi=dmi, divergence=divergence),
    )
    out = Momentum(own).run(rows_of(moves))
    for name, weight in zip(PARTS, share, strict=True):
        assert (np.abs(out[name]) <= weight * (1 + 1e-15)).all()
    np.testing.assert_array_equal(out["trend"], out["rsi_part"] + out["macd_part"] + out["dmi_part"])
    np.testing.assert_array_equal(out["reversal"], out["divergence_part"])
    assert (np.abs(out["trend"] + out["reversal"]) <= 1 + 1e-12).all()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("params", [None, QUICK], ids=["defaults", "quick"])
def test_before_ready_every_contribution_is_0_and_names_no_event(params: Any, seed: int) -> None:
    engine = Momentum(params)
    out = engine.run(random_market(seed, 400))
    cold = out[out["ready"] == 0]
    assert len(cold) == engine.warm_up
    assert not np.concatenate([cold[name] for name in (*PARTS, "trend", "reversal")]).any()
    assert (cold["divergence_id"] == -1).all()
    assert out[out["ready"] == 1]["trend"].any()


def test_a_divergence_of_the_warm_up_is_told_but_not_scored() -> None:
    engine = Momentum(OWN(divergence=QUICK.divergence, macd=MacdParams(slow=200)))
    out = engine.run(random_market(3, 150))
    assert len(engine.event_array()) >= 3
    assert not out["divergence_part"].any()


@given(moves=ticks, power=st.integers(-30, 30))
@settings(max_examples=40, deadline=None)
def test_prices_times_a_power_of_two_change_no_contribution_and_no_event_but_its_prices(
    moves: list[tuple[int, int, int]], power: int
) -> None:
    rows, factor = rows_of(moves), 2.0**power
    one, other = Momentum(QUICK), Momentum(QUICK)
    assert one.run(rows).tobytes() == other.run(scaled(rows, factor)).tobytes()
    told, expected = other.event_array(), one.event_array()
    for name in ("price", "lo", "hi"):
        expected[name] *= factor
    assert told.tobytes() == expected.tobytes()


@given(moves=ticks)
@settings(max_examples=40, deadline=None)
def test_the_market_upside_down_turns_every_contribution_and_keeps_the_events_in_order(
    moves: list[tuple[int, int, int]],
) -> None:
    rows = rows_of(moves)
    one, other = Momentum(QUICK), Momentum(QUICK)
    out, turned = one.run(rows), other.run(mirrored(rows))
    for name in (*PARTS, "trend", "reversal"):
        np.testing.assert_array_equal(turned[name], -out[name])
    np.testing.assert_array_equal(turned["divergence_id"], out["divergence_id"])
    told, expected = other.event_array(), one.event_array()
    np.testing.assert_array_equal(told["dir"], -expected["dir"])
    for name in ("id", "kind", "i_ref", "i_known", "score"):
        np.testing.assert_array_equal(told[name], expected[name])


@pytest.mark.parametrize("price", [0.001, 100.0, 1e9])
def test_a_flat_market_is_ready_has_an_rsi_of_50_and_scores_0(price: float) -> None:
    engine = Momentum()
    out = engine.run(flat_market(400, price=price))
    assert out["ready"].tolist() == [int(i >= engine.warm_up) for i in range(400)]
    assert (out["rsi"][engine.warm_up :] == 50.0).all()
    assert not np.concatenate([out[name] for name in (*PARTS, "trend", "reversal")]).any()
    assert engine.events() == []
