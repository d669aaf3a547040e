"""Calibration reads scores and nothing else, and writes a file that gives back what it found."""

from __future__ import annotations

import pathlib
import tomllib
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.modes import compiled_only
from tests.unit.runs.conftest import Backtest

import bullmachine as bm
from bullmachine.core.errors import WindowError
from bullmachine.runs.calibrate import calibrate, engine_digest

pytestmark = compiled_only

UNSCALED = {
    "fusion.momentum.s_trend": 1.0,
    "fusion.momentum.s_reversal": 1.0,
}


def test_scales_are_quantiles_of_the_scores_that_a_run_reports(backtest: Backtest) -> None:
    found = calibrate([bm.sample()], bm.load_config(), "2022-06-30", 0.9)
    rows = backtest(start=None, overrides=UNSCALED).decisions
    warm = rows.filter(~pl.col("guards_long").cast(pl.String).str.contains("warmup"))
    assert found.bars == len(warm)
    for name in ("trend", "reversal"):
        expected = max(float(np.quantile(warm[name].abs(), 0.9)), 0.05)
        assert getattr(found, f"s_{name}") == pytest.approx(expected, abs=5e-5)


def test_thresholds_are_quantiles_of_f_under_these_scales(backtest: Backtest) -> None:
    found = calibrate([bm.sample()], bm.load_config(), "2022-06-30", 0.9)
    scales = {"fusion.momentum.s_trend": found.s_trend, "fusion.momentum.s_reversal": found.s_reversal}
    rows = backtest(start=None, overrides=scales).decisions
    warm = rows.filter(~pl.col("guards_long").cast(pl.String).str.contains("warmup"))
    assert found.on == round(float(np.quantile(warm["f"].abs(), 0.9)), 2)
    assert found.off == pytest.approx(found.on / 2)


def test_bars_after_the_last_day_stay_unseen() -> None:
    bars = bm.sample()
    before = calibrate([bars], bm.load_config(), "2022-06-30")
    later = bars.rows["ts"] >= np.datetime64("2022-07-01", "ms").astype(np.int64)
    for name in ("open", "high", "low", "close"):
        bars.rows[name][later] *= 7.0
    assert calibrate([bars], bm.load_config(), "2022-06-30") == before


def test_no_result_of_trading_moves_a_calibration() -> None:
    costly = {"costs.taker_bps": 500.0, "exits.stop_atr": 9.0, "risk.per_trade": 0.2, "trade.side": "short"}
    plain, other = (calibrate([bm.sample()], bm.load_config(overrides=o), "2022-06-30") for o in ({}, costly))
    assert plain == other


@pytest.mark.parametrize("overrides", [{}, {"risk.per_trade": 0.02, "engines.momentum.rsi.length": 21}])
def test_the_file_gives_back_the_settings_and_what_was_found(tmp_path: pathlib.Path, overrides: dict[str, Any]) -> None:
    config = bm.load_config(overrides=overrides)
    found = calibrate([bm.sample()], config, "2022-06-30")
    file = tmp_path / "mine.toml"
    file.write_text(found.to_toml(config), encoding="utf-8")
    again = bm.load_config(file)
    assert (again.get("fusion.on"), again.get("fusion.off")) == (found.on, found.off)
    assert again.get("fusion.momentum.s_trend") == found.s_trend
    assert again.get("calibration.engines") == engine_digest(again) == found.engines
    for key, value in overrides.items():
        assert again.get(key) == value
    assert calibrate([bm.sample()], again, "2022-06-30").to_toml(again) == found.to_toml(again)
    assert tomllib.loads(file.read_text("utf-8"))["preset"] == "eth_1h"


def test_several_files_feed_one_distribution() -> None:
    one = calibrate([bm.sample()], bm.load_config(), "2022-06-30")
    two = calibrate([bm.sample(), bm.sample()], bm.load_config(), "2022-06-30")
    assert two.bars == 2 * one.bars
    assert two.slice == "SYNTHETIC + SYNTHETIC to 2022-06-30"
    assert two.s_trend == pytest.approx(one.s_trend, abs=1e-3)


@pytest.mark.parametrize("until", ["2022-01-02", "2000-01-01"])
def test_too_few_bars_are_refused(until: str) -> None:
    with pytest.raises(WindowError, match=f"no bar with ready engines up to {until}: choose a later --until"):
        calibrate([bm.sample()], bm.load_config(), until)
