"""The ambiguity interval on real bars, held against what five-minute and one-minute bars say happened."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl
import pytest
from tests.parity.machine_trace import compiled_only

import bullmachine as bm
from bullmachine.runs.result import Result

pytestmark = compiled_only

Find = Callable[[str], pathlib.Path]
#: stop and target so near that one hour often holds both
NEAR: Final = {
    "exits.set": "single_2r", "exits.target_1.r": 1.0, "exits.stop_atr": 0.5, "guards.max_cost_r": 100.0,
    "guards.losses": 0, "guards.cooldown_bars": 0, "guards.max_daily_loss": 1.0, "guards.max_drawdown": 1.0,
}  # fmt: skip
LADDER: Final = {
    **NEAR, "exits.set": "bank_and_run", "exits.target_1.r": 0.5, "exits.target_2.at": "r", "exits.target_2.r": 1.0,
}  # fmt: skip
WINDOW: Final = {"start": "2023-01-01", "end": "2024-09-05"}
CASES: Final = {
    "ETH": ("ETHUSDT", NEAR),
    "BTC": ("BTCUSDT", NEAR),
    "ETH, a ladder": ("ETHUSDT", LADDER),
    "BTC, a ladder": ("BTCUSDT", LADDER),
}


@functools.cache
def _run(case: str, mode: str, find: Find) -> Result:
    symbol, settings = CASES[case]
    hours, lower = (find(f"ohlcv/{symbol}_binance_{tf}.parquet") for tf in ("1h", "5m"))
    overrides = {"fusion.on": 0.5, "fusion.off": 0.25, **settings, "fills.intrabar": mode}
    return bm.backtest(hours, intrabar=lower, overrides=overrides, baseline=False, **WINDOW)  # type: ignore[arg-type]


def _check(result: Result) -> None:
    rows, interval = result.ambiguity, result.summary["interval"]
    assert interval["positions"] == len(rows) == interval["resolved"]
    assert (rows["worst"] <= rows["data"]).all()
    assert (rows["data"] <= rows["best"]).all()
    assert (rows["worst"] <= rows["pessimistic"]).all()
    slack = 1e-9 * result.summary["equity_start"]
    assert interval["equity_low"] - slack <= interval["equity_data"] <= interval["equity_high"] + slack
    assert interval["pessimism_wrong"] == (rows["data"] != rows["pessimistic"]).sum()


@pytest.mark.parametrize("mode", ["optimistic", "ohlc", "data"])
@pytest.mark.parametrize("case", CASES)
def test_what_happened_lies_inside_the_interval(case: str, mode: str, real_data: Find) -> None:
    result = _run(case, mode, real_data)
    assert len(result.ambiguity) >= 10
    _check(result)


@pytest.mark.parametrize("case", CASES)
def test_a_run_by_lower_bars_took_what_they_say(case: str, real_data: Find) -> None:
    rows = _run(case, "data", real_data).ambiguity
    assert rows["taken"].to_list() == rows["data"].to_list()


@pytest.mark.parametrize("case", CASES)
def test_each_mode_took_its_end_of_the_orders(case: str, real_data: Find) -> None:
    rows = _run(case, "optimistic", real_data).ambiguity
    assert rows["taken"].to_list() == rows["best"].to_list()
    path = _run(case, "ohlc", real_data).ambiguity
    assert ((path["taken"] >= path["worst"]) & (path["taken"] <= path["best"])).all()
    assert 0 < (path["taken"] != path["pessimistic"]).sum() < len(path)


def test_the_pessimistic_guess_is_sometimes_wrong_and_sometimes_right(real_data: Find) -> None:
    wrong, of = 0, 0
    for case in CASES:
        interval = _run(case, "data", real_data).summary["interval"]
        wrong, of = wrong + interval["pessimism_wrong"], of + interval["resolved"]
    assert 0 < wrong < of


def test_one_minute_bars_lie_inside_the_interval_too(real_data: Find) -> None:
    minutes = pl.read_parquet(real_data("ohlcv/ETHUSDT_binanceperp_1m.parquet"))
    prices = [pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last()]
    hours = minutes.group_by_dynamic("timestamp", every="1h").agg(*prices, pl.col("volume").sum(), n=pl.len())
    hours = hours.filter(pl.col("n") == 60).drop("n")
    settings: dict[str, Any] = {
        **NEAR,
        "fills.intrabar": "optimistic",
        "exits.stop_atr": 0.3,
        "fusion.on": 0.2,
        "fusion.off": 0.1,
    }
    result = bm.backtest(hours, intrabar=minutes, overrides=settings, baseline=False)
    assert len(result.ambiguity) >= 3
    _check(result)
    assert np.isfinite(result.ambiguity["data"].to_numpy()).all()
