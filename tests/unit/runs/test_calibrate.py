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
from bullmachine.runs.calibrate import Calibration, calibrate, engine_digest

pytestmark = compiled_only

#: book -> engines that speak in it
SPEAK = {"trend": ("wyckoff", "smc", "momentum"), "reversal": ("wyckoff", "smc", "hob", "momentum")}
PAIRS = [(book, engine) for book, engines in SPEAK.items() for engine in engines]


def only(speaker: str) -> dict[str, float]:
    """One engine has each book to itself, unscaled (hob has no trend: there the book is momentum's)."""
    settings = {f"fusion.{engine}.s_{book}": 1.0 for book, engine in PAIRS}
    for book, engines in SPEAK.items():
        alone = speaker if speaker in engines else "momentum"
        settings |= {f"fusion.{engine}.w_{book}": float(engine == alone) for engine in engines}
    return settings


def warm(result: Any) -> pl.DataFrame:
    rows: pl.DataFrame = result.decisions
    return rows.filter(~pl.col("guards_long").cast(pl.String).str.contains("warmup"))


@pytest.fixture(scope="module")
def found() -> Calibration:
    return calibrate([bm.sample()], bm.load_config(), "2022-06-30", 0.9)


@pytest.mark.parametrize("engine", ["wyckoff", "smc", "hob", "momentum"])
def test_scales_are_quantiles_of_the_scores_that_a_run_reports(
    engine: str, found: Calibration, backtest: Backtest
) -> None:
    rows = warm(backtest(start=None, overrides=only(engine)))
    assert found.bars == len(rows)
    for book in (book for book, engines in SPEAK.items() if engine in engines):
        quantile = float(np.quantile(rows[book].abs(), 0.9))
        assert found.scales[f"fusion.{engine}.s_{book}"] == pytest.approx(max(quantile, 0.05), abs=5e-5)
        assert (f"{engine} {book}" in found.sparse) == (quantile < 0.05)


def test_thresholds_and_what_weights_come_to_are_those_of_f_under_these_scales(
    found: Calibration, backtest: Backtest
) -> None:
    rows = warm(backtest(start=None, overrides=found.scales))
    assert found.on == round(float(np.quantile(rows["f"].abs(), 0.9)), 2)
    assert found.off == pytest.approx(found.on / 2)
    for book, engines in SPEAK.items():
        spread = [float(np.var(said(rows, book, engine))) for engine in engines]
        for engine, own in zip(engines, spread, strict=True):
            assert found.effective[f"fusion.{engine}.w_{book}"] == pytest.approx(own / sum(spread), abs=1e-4)


def said(rows: pl.DataFrame, book: str, engine: str) -> Any:
    """What an engine says in a book: its contributions there and its clip."""
    border, clip = rows.columns.index("clip.trend.momentum") + 1, f"clip.{book}.{engine}"
    names = rows.columns[:border] if book == "trend" else rows.columns[border:]
    return sum(rows[name].to_numpy() for name in names if name.startswith(f"{engine}.") or name == clip)


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
    assert {key: again.get(key) for key in found.scales} == found.scales
    assert sorted(found.scales) == sorted(f"fusion.{engine}.s_{book}" for book, engine in PAIRS)
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
    assert two.scales == pytest.approx(one.scales, abs=1e-3)


@pytest.mark.parametrize("until", ["2022-01-02", "2000-01-01"])
def test_too_few_bars_are_refused(until: str) -> None:
    with pytest.raises(WindowError, match=f"no bar with ready engines up to {until}: choose a later --until"):
        calibrate([bm.sample()], bm.load_config(), until)
