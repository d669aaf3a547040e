"""Coin flips end where the run's own signals ended."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from tests.quiet import QUIET_SETTINGS

import bullmachine as bm
from bullmachine.core.record import to_array
from bullmachine.runs.beliefs import _again
from bullmachine.runs.chance import Signals, _draw
from bullmachine.trading.records import Signal

FROM = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
LOOSE = {
    "exits.set": "trend", "exits.stop_atr": 15.0, "exits.trail_atr": 40.0, "exits.max_bars": 0,
    "guards.cooldown_bars": 0, "guards.losses": 0, "guards.max_daily_loss": 1.0, "guards.max_drawdown": 1.0,
    **QUIET_SETTINGS,
}  # fmt: skip

#: positions that end by themselves, soon
QUICK = {**LOOSE, "exits.max_bars": 5, "account.leverage": 1.0, "costs.funding_bps": 0.0}
ALONE = {
    "exits.set": "trend",
    "exits.trail_atr": 30.0,
    "exits.stop_atr": 10.0,
    "guards.cooldown_bars": 0,
    **QUIET_SETTINGS,
}


def _result(hold: int | None) -> bm.Result:
    starts = [FROM + dt.timedelta(hours=20 * k) for k in range(1, 60)]
    rows = [(time, "long") for time in starts]
    if hold is not None:
        rows = sorted([*rows, *((time + dt.timedelta(hours=hold), "flat") for time in starts)])
    signals = pl.DataFrame(rows, schema=["time", "side"], orient="row")
    return bm.backtest(bm.sample(), signals=signals, start=FROM, end="2023-03-31", overrides=LOOSE)


def test_coin_flips_are_as_short_lived_as_the_positions_whose_signals_say_flat() -> None:
    made = _result(3)
    assert made.summary["positions"] == 59
    assert made.summary["coin_flip"]["positions"] > 50  # random entries overlap now and then
    assert _result(None).summary["coin_flip"]["positions"] < 10  # nothing else ends them


def _frame(rows: list[tuple[dt.datetime, str]], **columns: float) -> pl.DataFrame:
    made = pl.DataFrame(rows, schema=["time", "side"], orient="row")
    return made.with_columns(**{name: pl.lit(value) for name, value in columns.items()})


def test_coin_flips_have_the_size_of_the_signals() -> None:
    rows = [(FROM + dt.timedelta(hours=20 * k), "long") for k in range(1, 60)]
    small, large = (
        bm.backtest(bm.sample(), signals=_frame(rows, size=size), start=FROM, end="2023-03-31", overrides=QUICK)
        for size in (0.01, 0.1)
    )
    widths = [r.summary["coin_flip"]["return"][2] - r.summary["coin_flip"]["return"][0] for r in (small, large)]
    assert widths[1] == pytest.approx(10.0 * widths[0], rel=1e-6)


def test_levels_of_a_signal_lie_as_far_from_a_random_close_as_from_its_own() -> None:
    known, closes = np.arange(1, 7) * 3_600_000, np.array([100.0, 110.0, 120.0, 130.0, 140.0, 150.0])
    rows = np.repeat(to_array(Signal), 1)
    rows["side"], rows["stop"] = 1, 99.0
    acted = Signals(known, closes, np.array([0]), rows, np.array([2]), flat=True)
    times, drawn = _draw(np.random.default_rng(3), acted)
    at = int(np.searchsorted(known, times[0]))
    assert drawn["stop"][0] == pytest.approx(closes[at] * 0.99)
    assert (drawn["flat"][1:] == 1).all()
    assert (times[1:] == known[at + 2 : at + 3]).all()


def test_the_ends_of_states_are_delayed_and_flipped_too() -> None:
    bars: dict[str, float] = {}
    for mode in ("ignore", "close"):
        found = bm.backtest(bm.sample(), start=FROM, overrides={"exits.on_signal_off": mode, **ALONE})
        assert found.summary["coin_flip"]["positions"] > 0
        bars[mode] = found.summary["delayed"]["positions"] - found.summary["positions"]
        bars[f"flips {mode}"] = found.summary["coin_flip"]["r_net_mean"][1]
    assert abs(bars["close"]) <= 8  # as many positions as the run itself, but for a few that a bar decides
    assert bars["flips ignore"] != bars["flips close"]


def test_the_score_s_decisions_are_made_again_with_their_strength_and_their_ends() -> None:
    rows = np.repeat(to_array(Signal), 2)
    rows["side"], rows["strength"] = [1, -1], [0.6, 0.9]
    acted = Signals(np.arange(6) * 10, np.ones(6), np.array([1, 4]), rows, np.array([2, 0]), flat=False)
    times, again = _again(acted)
    assert times.tolist() == [10, 30, 40]
    assert again["side"].tolist() == [1, 0, -1]
    assert again["strength"].tolist() == [0.6, 1.0, 0.9]
    assert again["off"].tolist() == [0, 1, 0]
