"""Charts drawn by hand on which every divergence is known, and the score worked out by hand.

The charts have no warm-up: the ATR as of the previous bar is cold on all bars but the sixteenth, and a cold
yardstick silences any least price change that is not 0, so `min_price` is 0 here.
"""

import json
import pathlib
from typing import Any

import numpy as np
import pytest

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.record import to_array
from bullmachine.engines.levels.pivot import PivotParams
from bullmachine.engines.momentum import Kind, Momentum, MomentumOut, MomentumParams, MomentumState
from bullmachine.engines.momentum.records import DivergenceParams
from bullmachine.engines.momentum.score import dmi_activation, macd_activation, rsi_activation, trend_parts
from bullmachine.indicators import RsiParams
from bullmachine.testing.markets import mirrored

Rows = np.ndarray[Any, Any]
Told = tuple[str, int, int, int, float, float]  #: kind, dir, ref, known, previous oscillator, oscillator
HOUR = 3_600_000
MOMENTUM: Any = MomentumParams  # a nested field has a default that the type checker cannot see
DIVERGENCE: Any = DivergenceParams
CHARTS = {
    chart["id"]: chart
    for chart in json.loads((pathlib.Path(__file__).parent / "scenarios.json").read_text())
    if chart["engine"] == "momentum"
}

every_chart = pytest.mark.parametrize("name", ["MC14a", "MC14b"])


def momentum(chart: dict[str, Any], *, factor: float = 1.0, min_price: float = 0.0) -> Momentum:
    given = chart["params"]
    divergence = DIVERGENCE(
        pivot=PivotParams(k=given["k"]),
        min_sep=given["min_sep"],
        max_sep=given["max_sep"],
        min_osc=2.0 * factor,
        min_price=min_price,
    )
    return Momentum(MOMENTUM(rsi=RsiParams(length=given["rsi"]), divergence=divergence))


def rows_of(chart: dict[str, Any]) -> Rows:
    bars = np.array(chart["warm"] + chart["bars"])
    return rows_from_columns(np.arange(len(bars)) * HOUR, *bars.T)


def found(engine: Momentum, rows: Rows) -> list[Told]:
    engine.run(rows)
    return [
        (Kind(e.kind).name, e.dir, e.i_ref, e.i_known, round(e.ev[0], 2), round(e.ev[1], 2)) for e in engine.events()
    ]


def expected(chart: dict[str, Any]) -> list[Told]:
    """The chart's events as its file has them: the oscillators to two digits."""
    return [(e["kind"], e["dir"], e["ref"], e["known"], e["osc_prev"], e["osc"]) for e in chart["expect"]]


def test_no_momentum_chart_is_left_out() -> None:
    assert sorted(CHARTS) == ["MC14a", "MC14b"]


@pytest.mark.parametrize("factor", [0.97, 1.0, 1.03])
@every_chart
def test_the_chart_has_exactly_its_divergences_with_thresholds_a_bit_off_too(name: str, factor: float) -> None:
    chart = CHARTS[name]
    assert found(momentum(chart, factor=factor), rows_of(chart)) == expected(chart)


@every_chart
def test_the_chart_upside_down_has_its_divergences_the_other_way_round(name: str) -> None:
    chart = CHARTS[name]
    turned = [
        (kind, -d, ref, known, round(100 - prev, 2), round(100 - osc, 2))
        for kind, d, ref, known, prev, osc in expected(chart)
    ]
    assert found(momentum(chart), mirrored(rows_of(chart))) == turned


@every_chart
def test_a_least_price_change_in_atr_is_silent_while_atr_is_cold(name: str) -> None:
    chart = CHARTS[name]
    on_the_last_bar = [e for e in expected(chart) if e[3] == 15]
    assert found(momentum(chart, min_price=1e-9), rows_of(chart)) == on_the_last_bar


@every_chart
def test_a_divergence_spans_its_two_pivots_and_needs_the_least_oscillator_change(name: str) -> None:
    """At a least change of just the chart's own, it stands; a bit above, it is gone."""
    chart = CHARTS[name]
    engine = momentum(chart)
    engine.run(rows_of(chart))
    for e in engine.events():
        moved = abs(e.ev[1] - e.ev[0])
        assert e.hi > e.lo
        assert e.price in (e.lo, e.hi)
        assert e.t_ref == e.i_ref * HOUR
        here = [x[:3] for x in found(momentum(chart, factor=moved / 2 * 0.999), rows_of(chart))]
        gone = [x[:3] for x in found(momentum(chart, factor=moved / 2 * 1.001), rows_of(chart))]
        assert (Kind(e.kind).name, e.dir, e.i_ref) in here
        assert (Kind(e.kind).name, e.dir, e.i_ref) not in gone


def test_the_worked_example_of_the_activations() -> None:
    """RSI 64, histogram 0.16 ATR, ADX 27, DI 30 and 15: .1667 + .125 + .05 = .3417 with weights of a quarter."""
    rsi, macd, dmi = rsi_activation(14.0), macd_activation(0.32, 2.0), dmi_activation(27.0, 30.0, 15.0)
    assert [0.25 * a for a in (rsi, macd, dmi)] == pytest.approx([0.25 * 2 / 3, 0.125, 0.05])
    assert 0.25 * (rsi + macd + dmi) == pytest.approx(0.3417, abs=5e-5)
    bearish = (rsi_activation(-14.0), macd_activation(-0.32, 2.0), dmi_activation(27.0, 15.0, 30.0))
    assert bearish == (-rsi, -macd, -dmi)


@pytest.mark.parametrize(("bars", "share"), [(10_000, 1.0), (140, 1.0), (84, 0.5), (28, 0.0)])
def test_the_worked_example_in_the_step_is_damped_until_the_averages_forgot_their_seed(bars: int, share: float) -> None:
    """RSI and DMI of 14 are half grown at 84 bars; MACD's slow 26 starts at 52 and ends at 260."""
    p, s, o = to_array(MomentumParams), to_array(MomentumState), to_array(MomentumOut)
    s[0].n = bars
    s[0].rsi_out.rsi, s[0].rsi_out.signed = 64.0, 14.0
    s[0].macd_out.hist = 0.32
    s[0].dmi_out.adx, s[0].dmi_out.plus_di, s[0].dmi_out.minus_di = 27.0, 30.0, 15.0
    trend_parts(p[0], s[0], 2.0, o[0])
    macd = min(max((bars - 52) / 208, 0.0), 1.0)
    assert o[0].ready == 1
    assert [o[0].rsi_part, o[0].macd_part, o[0].dmi_part] == pytest.approx([share / 6, macd / 8, share / 20])


@pytest.mark.parametrize(
    ("activation", "args", "value"),
    [
        (rsi_activation, (2.0,), 0.0),
        (rsi_activation, (20.0,), 1.0),
        (rsi_activation, (45.0,), 1.0),
        (rsi_activation, (0.0,), 0.0),
        (macd_activation, (0.04, 2.0), 0.0),
        (macd_activation, (-0.6, 2.0), -1.0),
        (macd_activation, (1.0, 0.0), 0.0),
        (macd_activation, (1.0, float("nan")), 0.0),
        (dmi_activation, (15.0, 40.0, 0.0), 0.0),
        (dmi_activation, (35.0, 0.0, 40.0), -1.0),
        (dmi_activation, (80.0, 0.0, 0.0), 0.0),
    ],
)
def test_an_activation_starts_ends_and_keeps_to_its_ramp(
    activation: Any, args: tuple[float, ...], value: float
) -> None:
    assert activation(*args) == value
