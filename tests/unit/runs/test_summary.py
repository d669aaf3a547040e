"""The summary's numbers, worked out again from the tables; and the funnel's counts."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.modes import compiled_only
from tests.unit.runs.conftest import Backtest

import bullmachine as bm
from bullmachine.runs.funnel import Funnel
from bullmachine.runs.result import Result
from bullmachine.trading.guards import Guard

pytestmark = compiled_only


def _told(rows: pl.DataFrame) -> dict[str, Any]:
    n = max(len(rows), 1)
    return {
        "positions": len(rows),
        "win_rate": sum(r > 0 for r in rows["r_net"]) / n,
        "r_gross": sum(rows["r_gross"]),
        "r_cost": sum(rows["r_cost"]),
        "r_net": sum(rows["r_net"]),
        "r_net_mean": sum(rows["r_net"]) / n,
        "bars_mean": sum(rows["bars"]) / n,
    }


@pytest.fixture(scope="module")
def dear() -> Result:
    """A run with fees that turn some gross winners into net losers."""
    fees = {"costs.taker_bps": 200.0, "costs.maker_bps": 200.0}
    return bm.backtest(bm.sample(), start="2022-04-01", end="2022-06-30", overrides=fees)


def test_the_summary_follows_from_the_tables(dear: Result) -> None:
    s, rows, equity = dear.summary, dear.positions, dear.equity
    assert len(rows.filter((pl.col("r_gross") > 0) & (pl.col("r_net") < 0))) > 0
    closes = dear.bars.filter(pl.col("tf").cast(pl.String) == "1h")["close"]
    sizes = rows["qty"] * (rows["entry_price"] + rows["exit_price"])
    expected = {
        "symbol": "SYNTHETIC",
        "synthetic": True,
        "from": "2022-04-01T01:00:00+00:00",
        "to": "2022-07-01T00:00:00+00:00",
        "decided_bars": 91 * 24,
        "small_sample": len(rows) < 30,
        **_told(rows),
        "equity_start": 10_000.0,
        "equity_end": equity["equity"][-1],
        "return": equity["equity"][-1] / 10_000.0 - 1.0,
        "max_drawdown": min(equity["drawdown"]),
        "exposure": float(np.mean(equity["position"].to_numpy() != 0.0)),
        "fees": sum(dear.legs["fee"]),
        "slippage": sum(dear.legs["slippage"]),
        "turnover": sum(sizes),
        "break_even_bps": (sum(rows["pnl"]) + sum(rows["slippage"])) / sum(sizes) * 10_000,
        "buy_and_hold": closes[-1] / closes[0] - 1.0,
    }
    assert list(s)[: len(expected)] == list(expected)
    for name, value in expected.items():
        assert s[name] == (pytest.approx(value) if isinstance(value, float) else value), name


@pytest.mark.parametrize(("group", "column"), [("exit", "exit_reason"), ("side", "side"), ("source", "source")])
def test_groups_are_the_positions_by_name(quarter: Result, group: str, column: str) -> None:
    rows = quarter.positions.with_columns(pl.col(column).cast(pl.String))
    told = quarter.summary[f"by_{group}"]
    assert set(told) == set(rows[column])
    for name, numbers in told.items():
        assert numbers == pytest.approx(_told(rows.filter(pl.col(column) == name)))


def test_a_cost_of_the_break_even_leaves_nothing_of_the_gross_result(backtest: Backtest) -> None:
    free = {f"costs.{name}_bps": 0.0 for name in ("taker", "maker", "entry", "stop")}
    result = backtest(overrides=free)
    rows = result.positions
    paid = result.summary["break_even_bps"] * 1e-4 * rows["qty"] * (rows["entry_price"] + rows["exit_price"])
    assert (rows["pnl"] - paid).sum() == pytest.approx(0.0, abs=1e-6)
    assert rows["r_gross"].to_list() == rows["r_net"].to_list()


def test_a_run_without_positions_has_a_summary_of_nothing(backtest: Backtest) -> None:
    s = backtest(start="2022-01-01", end="2022-01-01").summary
    assert (s["positions"], s["win_rate"], s["r_net"], s["break_even_bps"], s["exposure"]) == (0, 0.0, 0.0, 0.0, 0.0)
    assert (s["equity_end"], s["max_drawdown"], s["by_exit"]) == (10_000.0, 0.0, {})


def test_the_funnel_goes_through_every_guard_in_order(quarter: Result) -> None:
    steps = quarter.manifest["funnel"]
    assert list(steps) == ["signals", *(guard.name.lower() for guard in Guard), "orders", "fills", "positions"]
    assert all(after <= before for before, after in itertools.pairwise(steps.values()))
    assert steps["orders"] == len(quarter.signals.filter(pl.col("blocked_by").list.len() == 0))


@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        ([(1, 1, [])], (1, 1)),
        ([(1, 1, ["side"]), (2, 1, ["side"]), (3, 1, [])], (1, 1)),
        ([(1, 1, ["side"]), (2, 1, ["side"])], (1, 0)),
        ([(1, 1, ["side"]), (3, 1, ["side"])], (2, 0)),
        ([(1, 1, ["side"]), (2, -1, ["side"])], (2, 0)),
        ([(1, 1, ["side"]), (2, 1, []), (3, -1, [])], (2, 2)),
    ],
    ids=["one", "let through", "held back", "twice", "both sides", "two orders"],
)
def test_bars_in_a_row_that_ask_for_one_side_are_one_signal(
    asks: list[tuple[int, int, list[str]]], expected: tuple[int, int]
) -> None:
    funnel = Funnel()
    for bar, side, blocked in asks:
        funnel.ask(bar=bar, side=side, blocked=blocked)
    steps = funnel.result()
    assert (steps["signals"], steps["orders"]) == expected


def test_a_signal_counts_at_the_first_guard_of_its_last_bar() -> None:
    funnel = Funnel()
    funnel.ask(bar=1, side=1, blocked=["warmup"])
    funnel.ask(bar=2, side=1, blocked=["bad_data", "side"])
    funnel.ask(bar=9, side=1, blocked=["min_notional"])
    steps = funnel.result()
    assert (steps["signals"], steps["warmup"], steps["bad_data"], steps["position_open"]) == (2, 2, 1, 1)
    assert funnel.result() == steps


def test_the_funnel_sees_warm_up(backtest: Backtest) -> None:
    steps = backtest(start="2022-01-01", end="2022-03-31", overrides={"fusion.on": 0.1, "fusion.off": 0.05}).manifest
    assert steps["funnel"]["signals"] >= steps["funnel"]["warmup"] >= steps["funnel"]["orders"] > 0
