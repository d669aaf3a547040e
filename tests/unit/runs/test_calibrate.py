"""Calibration reads scores and nothing else, and writes a file that gives back what it found."""

from __future__ import annotations

import dataclasses
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
from bullmachine.market.report import Bars
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


def poisoned() -> Bars:
    """The sample with every price from July 2022 on seven times as high, and turned over from day to day."""
    bars = bm.sample()
    later = bars.rows["ts"] >= np.datetime64("2022-07-01", "ms").astype(np.int64)
    odd = later & (bars.rows["ts"] // 86_400_000 % 2 == 1)
    for name in ("open", "high", "low", "close"):
        bars.rows[name][later] *= 7.0
        bars.rows[name][odd] *= 1.5
    return bars


@pytest.mark.parametrize("rate", [0.0, 40.0])
def test_bars_after_the_last_day_reach_one_line_and_no_number_else(rate: float) -> None:
    config = bm.load_config()
    before = calibrate([bm.sample()], config, "2022-06-30", 0.9, rate)
    after = calibrate([poisoned()], config, "2022-06-30", 0.9, rate)
    assert after == before
    assert after.to_toml(config) == before.to_toml(config)
    assert None is not before.after != after.after is not None
    early = bm.sample()
    upto = dataclasses.replace(early, rows=early.rows[early.rows["ts"] < np.datetime64("2022-07-01", "ms").astype(int)])
    alone = calibrate([upto], config, "2022-06-30", 0.9, rate)
    assert (alone, alone.after) == (before, None)


def asks(rows: pl.DataFrame, on: float, off: float) -> list[bool]:
    """On which bars a state goes to a side, from its definition."""
    side, told = 0, []
    for f in rows["f"].to_list():
        goes = f >= on and side != 1, f <= -on and side != -1
        side = 1 if goes[0] else -1 if goes[1] else 0 if side * f < off else side
        told.append(any(goes))
    return told


def test_how_often_f_asks_is_counted_by_its_state_alone(found: Calibration, backtest: Backtest) -> None:
    given = {**found.scales, "fusion.on": found.on, "fusion.off": found.off}
    rows = warm(backtest(start=None, overrides=given))
    told = asks(rows, found.on, found.off)
    years = (len(rows) * 3_600_000) / (365.25 * 86_400_000)  # the sample has no holes
    assert sum(told) > 10
    assert found.asking.rate == pytest.approx(sum(told) / years)
    assert found.asking.by_year == {"SYNTHETIC": {2022: sum(told)}}
    assert found.asking.interval is not None
    low, high = found.asking.interval
    assert 0.0 < low < found.asking.rate < high < 2 * found.asking.rate
    assert found.on_interval is not None
    assert found.on_interval[0] - 0.005 <= found.on <= found.on_interval[1] + 0.005


def test_a_threshold_can_be_chosen_for_so_many_entries_a_year(backtest: Backtest) -> None:
    config = bm.load_config()
    many, few = (calibrate([bm.sample()], config, "2022-06-30", 0.9, rate) for rate in (90.0, 30.0))
    assert many.scales == few.scales == calibrate([bm.sample()], config, "2022-06-30", 0.9).scales
    assert many.on < few.on
    assert (many.off, many.trades_per_year) == (round(many.on / 2, 4), 90.0)
    rows = warm(backtest(start=None, overrides=many.scales))
    years = len(rows) / (365.25 * 24)
    rates = {k / 100: sum(asks(rows, k / 100, k / 200)) / years for k in range(20, 101)}
    reaching = max(on for on, rate in rates.items() if rate >= 90.0)
    assert many.on in {reaching, round(reaching + 0.01, 2)}
    assert abs(rates[many.on] - 90.0) == min(abs(rates[on] - 90.0) for on in (reaching, round(reaching + 0.01, 2)))
    assert many.asking.rate == pytest.approx(rates[many.on])
    assert many.share == pytest.approx(float((rows["f"].abs() < many.on).mean()))  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["engines", "single:smc", "single:hob"])
def test_scales_are_the_same_in_every_mode_and_thresholds_are_its_own(
    mode: str, found: Calibration, backtest: Backtest
) -> None:
    config = bm.load_config(overrides={"fusion.mode": mode})
    own = calibrate([bm.sample()], config, "2022-06-30", 0.9)
    assert own.scales == found.scales
    assert own.on != found.on
    rows = warm(backtest(start=None, overrides={**own.scales, "fusion.mode": mode}))
    assert own.on == max(round(float(np.quantile(rows["f"].abs(), 0.9)), 2), 0.01)
    assert f'mode = "{mode}"' in own.to_toml(config)


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
    assert (again.calibration.quantile, again.calibration.trades_per_year) == (0.97, 0.0)
    for key, value in overrides.items():
        assert again.get(key) == value
    assert calibrate([bm.sample()], again, "2022-06-30").to_toml(again) == found.to_toml(again)
    assert tomllib.loads(file.read_text("utf-8"))["preset"] == "eth_1h"


def test_a_file_that_ends_with_the_slice_stands_beside_one_that_goes_on() -> None:
    whole = bm.sample()
    first = whole.rows["ts"] < 1_656_633_600_000  # 2022-07-01
    short = dataclasses.replace(whole, rows=whole.rows[first], dropped=whole.dropped[first])
    ends, goes_on = (calibrate(files, bm.load_config(), "2022-06-30") for files in ([short, short], [short, whole]))
    assert (ends.on, ends.scales) == (goes_on.on, goes_on.scales)


@pytest.mark.parametrize("overrides", [{"macro.set": "none"}, {"fusion.setups": "none"}])
def test_rows_that_a_choice_takes_away_are_gone_from_the_file_too(
    tmp_path: pathlib.Path, overrides: dict[str, Any], found: Calibration
) -> None:
    config = bm.load_config(overrides=overrides)
    (tmp_path / "eth_1h.toml").write_text(found.to_toml(config))
    back = bm.load_config(tmp_path / "eth_1h.toml")
    assert (back.macro, back.setups) == (config.macro, config.setups)


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
