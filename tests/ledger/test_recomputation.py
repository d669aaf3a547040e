"""Equity and positions of whole runs, worked out again from fills and bars, on invented and on real markets."""

from __future__ import annotations

import pathlib
import shutil
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl
import pytest
from tests import invariants
from tests.ledger import recompute, remetrics
from tests.modes import compiled_only

import bullmachine as bm

pytestmark = compiled_only

Find = Callable[[str], pathlib.Path]

#: file and settings; a venue says fees, market and hours
FILES: Final[dict[str, tuple[str, dict[str, object]]]] = {
    "ETH": ("ohlcv/ETHUSDT_binance_1h.parquet", {}),
    "BTC": ("ohlcv/BTCUSDT_binance_1h.parquet", {}),
    "Kraken ETH": ("ohlcv/ETHUSD_kraken_1h.parquet", {"account.venue": "kraken_spot"}),
    "SPY": ("ohlcv/SPY_1h.parquet", {"account.venue": "us_equity"}),
    "EURUSD": ("ohlcv/EURUSD_oanda_1h.parquet", {"account.venue": "custom", "data.calendar": "24x5"}),
}
#: settings under which every market trades often and in every way
EAGER: Final[dict[str, object]] = {
    "exits.stop_atr": 1.0, "exits.target_1.r": 0.7, "exits.target_2.at": "r", "exits.target_2.r": 1.5,
    "exits.on_opposite": "flip", "fusion.on": 0.45, "fusion.off": 0.3, "guards.max_cost_r": 100.0,
    "guards.max_drawdown": 1.0, "guards.max_daily_loss": 0.5, "risk.per_trade": 0.001,
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A run over the synthetic sample whose settings leave some bars ambiguous."""
    folder = tmp_path_factory.mktemp("runs") / "sample"
    return bm.backtest(bm.sample(), out=folder, overrides=EAGER).path


def test_the_sample_s_account_is_the_one_its_fills_make(run: pathlib.Path) -> None:
    _check(run, at_least=50)


@pytest.mark.parametrize("name", FILES)
def test_a_real_market_s_account_is_the_one_its_fills_make(name: str, real_data: Find, tmp_path: pathlib.Path) -> None:
    file, overrides = FILES[name]
    settings = {**EAGER, **overrides}
    made = bm.backtest(real_data(file), overrides=settings, out=tmp_path / "run", baseline=False)
    _check(made.path, at_least=100)


def test_two_markets_on_one_account_are_what_their_fills_make(real_data: Find, tmp_path: pathlib.Path) -> None:
    files = [real_data(FILES[name][0]) for name in ("ETH", "BTC")]
    made = bm.backtest(files, start="2023-01-01", end="2023-12-31", overrides=EAGER, out=tmp_path / "run")
    assert set(made.positions["symbol"].to_list()) == {"ETHUSDT", "BTCUSDT"}
    _check(made.path, at_least=100)


def _check(folder: pathlib.Path, at_least: int) -> None:
    start = bm.load_config().decide.account.equity
    equity, again = recompute.read(folder, "equity"), recompute.account(folder, start)
    rows = recompute.read(folder, "positions").sort("id")
    positions = recompute.positions(folder)
    assert len(rows) >= at_least
    for name in ("cash", "equity", *recompute.held_columns(folder).values()):
        np.testing.assert_allclose(again[name], equity[name], rtol=1e-9, atol=1e-9 * start)
    np.testing.assert_allclose(again["drawdown"], equity["drawdown"], atol=1e-9)
    np.testing.assert_allclose(positions["profit"], rows["pnl"], rtol=1e-9, atol=1e-9 * start)
    np.testing.assert_allclose(positions["fee"] + positions["fee_out"], rows["fee"], rtol=1e-9)
    np.testing.assert_allclose(positions["funding_paid"], rows["funding"], rtol=1e-9, atol=1e-9)
    assert positions["bars"].to_list() == rows["bars"].to_list()
    invariants.check_run(folder)
    _check_metrics(folder)


def _check_metrics(folder: pathlib.Path) -> None:
    """Every number of the summary but those of random draws and of a second run, and by groups of every split."""
    summary, again = remetrics.summary_of(folder), remetrics.metrics(folder)
    told = set(summary) - set(again)
    assert told == {
        "symbol", "symbols", "synthetic", "from", "to", "decided_bars", "small_sample", "r_net_interval", "interval",
        "coin_flip", "delayed", "reruns", "venue", "market", "macro", "by_source",
    }  # fmt: skip
    for key, value in again.items():
        if key.startswith("by_"):
            assert set(summary[key]) == set(value), key
            for group, numbers in value.items():
                _same(summary[key][group], numbers, f"{key} {group}")
        else:
            _same({key: summary[key]}, {key: value}, "the run")


def _same(told: dict[str, Any], made: dict[str, Any], where: str) -> None:
    assert set(told) == set(made)
    for key, value in made.items():
        if value is None or told[key] is None:
            assert told[key] is value is None, (where, key)
        else:
            assert told[key] == pytest.approx(value, rel=1e-9, abs=1e-9), (where, key)


Spoil = Callable[[pl.DataFrame], pl.DataFrame]


def _plus(column: str, row: int, by: float) -> Spoil:
    def spoil(frame: pl.DataFrame) -> pl.DataFrame:
        here = pl.int_range(pl.len()) == row
        return frame.with_columns(pl.when(here).then(pl.col(column) + by).otherwise(pl.col(column)).alias(column))

    return spoil


def _later(column: str, row: int) -> Spoil:
    def spoil(frame: pl.DataFrame) -> pl.DataFrame:
        here = pl.int_range(pl.len()) == row
        later = pl.col(column).dt.offset_by("90d")
        return frame.with_columns(pl.when(here).then(later).otherwise(pl.col(column)).alias(column))

    return spoil


def _at(row: pl.Expr, column: str, value: pl.Expr) -> Spoil:
    """The first row of those set to another value."""
    first = pl.int_range(pl.len()) == row.arg_true().first()
    return lambda frame: frame.with_columns(pl.when(first).then(value).otherwise(pl.col(column)).alias(column))


def _of(reason: str, column: str, by: float) -> Spoil:
    return _at(pl.col("reason") == reason, column, pl.col(column) + by)


def _scaled(kind: str, factor: float) -> Spoil:
    price = pl.when(pl.col("kind") == kind).then(pl.col("price") * factor).otherwise("price").alias("price")
    return lambda frame: frame.with_columns(price)


def _kind(kind: str, state: str, column: str, factor: float) -> Spoil:
    return _at((pl.col("kind") == kind) & (pl.col("state") == state), column, pl.col(column) * factor)


SPOILED: Final[dict[str, tuple[str, Spoil]]] = {
    "cash": ("equity", _plus("cash", 9_000, 0.01)),
    "equity": ("equity", _plus("equity", 9_000, 0.01)),
    "drawdown": ("equity", _plus("drawdown", 9_000, -1e-6)),
    "the last row": ("equity", _plus("position", -1 + 17_520, 0.001)),
    "a NaN": ("equity", _plus("drawdown", 9_000, float("nan"))),
    "a pause": ("equity", _at(pl.col("paused") == "", "paused", pl.lit("max_drawdown"))),
    "a fill's price": ("legs", _plus("price", 0, 0.01)),
    "a fill's size": ("legs", _plus("qty", 0, 0.001)),
    "a fill's fee": ("legs", _plus("fee", 0, 0.01)),
    "a settlement": ("legs", _of("funding", "funding", 0.01)),
    "a target's price": ("legs", _of("target_1", "price", 0.01)),
    "a stop's price": ("legs", _of("stop", "price", 0.01)),
    "a fill outside its bar": ("legs", _plus("slippage", 0, 500.0)),
    "slippage in one's favour": ("legs", _plus("slippage", 0, -500.0)),
    "a fill out of order": ("legs", _later("time", 11)),
    "an order after its fill": ("legs", _later("order_time", 11)),
    "a position's profit": ("positions", _plus("pnl", 5, 0.01)),
    "a position's fee": ("positions", _plus("fee", 5, 0.01)),
    "a position's funding": ("positions", _plus("funding", 5, 0.01)),
    "a position's stop": ("positions", _plus("stop", 5, 0.5)),
    "a position's R": ("positions", _plus("r_net", 5, 0.001)),
    "a position's best price": ("positions", _plus("mfe_r", 5, 0.001)),
    "a position's worst price": ("positions", _plus("mae_r", 5, -0.001)),
    "a position's length": ("positions", _plus("bars", 5, 1)),
    "a stop that was loosened": ("orders", _kind("stop", "moved", "price", 0.0)),
    "an order without an end": ("orders", lambda frame: frame.filter(pl.int_range(pl.len()) != 0)),
    "the targets' levels": ("orders", _scaled("target_1", 1.0001)),
    "a stop that was touched": ("orders", _kind("stop", "placed", "price", 1.01)),
    "an interval that leaves out what was taken": ("ambiguity", _plus("worst", 0, 1e3)),
    "a position without its interval": ("ambiguity", lambda frame: frame[1:]),
    "a contribution": ("decisions", _plus("momentum.rsi.base", 9_000, 1e-6)),
    "an order's size": ("signals", _plus("lots", 0, -(10**12))),
    "a bar's close": ("bars", _plus("close", 0, 0.01)),
    "an event known later": ("engine_events", _later("t_ref", 3)),
}


@pytest.mark.parametrize("name", SPOILED)
def test_the_invariants_notice_a_spoiled(name: str, run: pathlib.Path, tmp_path: pathlib.Path) -> None:
    table, spoil = SPOILED[name]
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    if name == "a bar's close":
        spoil = _plus("close", _a_held_bar(run), 0.01)
    if table == "decisions":
        spoil = _plus("momentum.rsi.base", _a_trend_decision(run), 1e-6)
    spoil(pl.read_parquet(folder / f"{table}.parquet")).write_parquet(folder / f"{table}.parquet")
    with pytest.raises(AssertionError):
        invariants.check_run(folder)


def _a_held_bar(run: pathlib.Path) -> int:
    held = recompute.read(run, "equity").with_row_index("k").filter(pl.col("position") != 0)["k"][3]
    time = recompute.base_bars(run)["time"][held]
    bars = recompute.read(run, "bars").with_row_index("k")
    return int(bars.filter((pl.col("tf") == "1h") & (pl.col("time") == time))["k"][0])


def _a_trend_decision(run: pathlib.Path) -> int:
    rows = recompute.read(run, "decisions").with_row_index("k")
    return int(rows.filter(pl.col("book") == "trend")["k"][100])


def test_the_invariants_accept_the_run_as_it_is_and_written_again(run: pathlib.Path, tmp_path: pathlib.Path) -> None:
    invariants.check_run(run)
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    for path in folder.glob("*.parquet"):
        pl.read_parquet(path).write_parquet(path)
    invariants.check_run(folder)


def test_every_backtest_of_the_suite_is_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    seen: list[pathlib.Path] = []
    monkeypatch.setattr(invariants, "check_run", seen.append)
    folder = bm.backtest(bm.sample(), start="2022-04-01", end="2022-04-02", out=tmp_path / "run").path
    assert seen == [folder]


@pytest.mark.unchecked_runs("shows that the marker works")
def test_a_marked_test_is_not_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    seen: list[pathlib.Path] = []
    monkeypatch.setattr(invariants, "check_run", seen.append)
    bm.backtest(bm.sample(), start="2022-04-01", end="2022-04-02", out=tmp_path / "run")
    assert seen == []
