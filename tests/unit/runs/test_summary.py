"""The summary's numbers, worked out again from the tables; and the funnel's counts."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from typing import Any, Final, cast

import numpy as np
import polars as pl
import pytest
from tests.modes import compiled_only
from tests.unit.metrics.made import Row, same, told
from tests.unit.runs.conftest import Backtest

import bullmachine as bm
from bullmachine.core.record import dtype_of
from bullmachine.market.calendars import CALENDARS
from bullmachine.runs.funnel import Funnel
from bullmachine.runs.result import Result
from bullmachine.runs.summary import DAYS_PER_YEAR, summarise
from bullmachine.runs.tables import Names
from bullmachine.trading.guards import Guard
from bullmachine.trading.rows import Closed, Mark

pytestmark = compiled_only

ONE_DAY: Final = dt.timedelta(days=1)


def _rows(frame: pl.DataFrame) -> list[Row]:
    return frame.with_columns(pl.col("entry_time", "exit_time").dt.epoch("ms")).to_dicts()


@pytest.fixture(scope="module")
def dear() -> Result:
    """A run with fees that turn some gross winners into net losers."""
    fees = {"costs.taker_bps": 60.0, "costs.maker_bps": 60.0, "guards.max_cost_r": 100.0}
    fees |= {"fusion.on": 0.4, "fusion.off": 0.2}
    return bm.backtest(bm.sample(), start="2022-04-01", end="2022-06-30", overrides=fees)


def test_the_summary_follows_from_the_tables(dear: Result) -> None:
    s, rows, equity = dear.summary, dear.positions, dear.equity
    assert len(rows.filter((pl.col("r_gross") > 0) & (pl.col("r_net") < 0))) > 0
    closes = dear.bars.filter(pl.col("tf").cast(pl.String) == "1h")["close"]
    sizes = rows["qty"] * (rows["entry_price"] + rows["exit_price"])
    numbers = told(_rows(rows))
    fees, slippage = sum(dear.legs["fee"]), sum(dear.legs["slippage"])
    expected = {
        "symbol": "SYNTHETIC",
        "synthetic": True,
        "from": "2022-04-01T01:00:00+00:00",
        "to": "2022-07-01T00:00:00+00:00",
        "decided_bars": 91 * 24,
        "small_sample": len(rows) < 30,
        **numbers,
        "equity_start": 10_000.0,
        "equity_end": equity["equity"][-1],
        "return": equity["equity"][-1] / 10_000.0 - 1.0,
        "fees": fees,
        "slippage": slippage,
        "funding": sum(rows["funding"]),
        "cost_bps": (fees + slippage) / sum(sizes) * 10_000,
        "max_drawdown": min(equity["drawdown"]),
        "days": 91,
        "cagr": None,
        "exposure": float(np.mean(equity["position"].to_numpy() != 0.0)),
        "buy_and_hold": closes[-1] / closes[0] - 1.0,
    }
    for name, value in expected.items():
        assert s[name] == (pytest.approx(value) if isinstance(value, float) else value), name
    assert [name for name in s if name in expected] == list(expected)
    assert s["r_net_interval"][0] < s["r_net_mean"] < s["r_net_interval"][1]


def test_ratios_of_the_account_follow_from_the_equity_table(quarter: Result) -> None:
    s, equity = quarter.summary, quarter.equity
    by_day = equity.group_by((pl.col("time") - pl.duration(milliseconds=1)).dt.date(), maintain_order=True)
    closes = [10_000.0, *by_day.agg(pl.col("equity").last())["equity"]]
    daily = pl.Series([b / a - 1.0 for a, b in itertools.pairwise(closes)])
    spread, mean = cast("float", daily.std()), cast("float", daily.mean())
    assert s["volatility"] == pytest.approx(spread * 365**0.5)
    assert s["sharpe"] == pytest.approx(mean / spread * 365**0.5)
    held = ((equity["equity"] - equity["cash"]) / equity["equity"]).head(-1)
    assert s["exposure_mean"] == pytest.approx(held.mean())
    below = equity.filter(pl.col("drawdown") == equity["drawdown"].min())["time"][0]
    peak = equity.filter((pl.col("time") < below) & (pl.col("drawdown") == 0.0))["time"][-1]
    back = equity.filter((pl.col("time") > below) & (pl.col("drawdown") == 0.0))["time"]
    end, recovery = (back[0], (back[0] - below) / ONE_DAY) if len(back) else (equity["time"][-1], None)
    assert s["max_drawdown_days"] == pytest.approx((end - peak) / ONE_DAY)
    assert s["recovery_days"] == recovery


@pytest.mark.parametrize(("group", "column"), [("exit", "exit_reason"), ("side", "side"), ("source", "source")])
def test_groups_are_the_positions_by_name(quarter: Result, group: str, column: str) -> None:
    rows = quarter.positions.with_columns(pl.col(column).cast(pl.String))
    groups = quarter.summary[f"by_{group}"]
    assert set(groups) == set(rows[column])
    for name, numbers in groups.items():
        same(numbers, told(_rows(rows.filter(pl.col(column) == name))))


@pytest.mark.parametrize(("group", "form"), [("month", "%Y-%m"), ("weekday", "%A"), ("hour", "%H")])
def test_groups_of_the_clock_are_the_positions_by_their_entries(quarter: Result, group: str, form: str) -> None:
    rows = quarter.positions.with_columns(pl.col("entry_time").dt.strftime(form).alias("key"))
    groups = quarter.summary[f"by_{group}"]
    assert set(groups) == set(rows["key"])
    for name, numbers in groups.items():
        same(numbers, told(_rows(rows.filter(pl.col("key") == name))))


def _marks(closes: list[float], held: float) -> np.ndarray[Any, Any]:
    """An account that holds a constant quantity through bars of an hour."""
    marks = np.zeros(len(closes), dtype_of(Mark))
    marks["time"] = np.arange(1, len(closes) + 1) * 3_600_000
    marks["cash"] = 100.0 - held * closes[0]
    marks["equity"] = marks["cash"] + held * np.array(closes)
    marks["drawdown"] = marks["equity"] / np.maximum.accumulate(np.maximum(marks["equity"], 100.0)) - 1.0
    return marks


def _summary(closes: list[float], held: float, **more: Any) -> dict[str, Any]:
    """The summary of an account of 100 that holds a constant quantity and finishes no position."""
    holdings, prices = np.full((len(closes), 1), held), np.array(closes)[:, None]
    return summarise(
        np.zeros(0, dtype_of(Closed)), _marks(closes, held), holdings, 100.0, prices, names=Names(["X"]), **more
    )


def test_who_holds_all_the_time_is_matched_by_what_they_held() -> None:
    s = _summary([100.0, 110.0, 99.0, 120.0], 1.0)
    assert (s["exposure"], s["exposure_mean"]) == (1.0, 1.0)
    assert s["buy_and_hold_matched"] == pytest.approx(s["buy_and_hold"])
    assert s["return"] == pytest.approx(0.2)


def test_several_symbols_are_held_in_equal_parts() -> None:
    closes = np.array([[100.0, 10.0], [110.0, 10.0], [120.0, 5.0]])
    closed, marks = np.zeros(0, dtype_of(Closed)), _marks([100.0, 100.0, 100.0], 0.0)
    holdings = np.array([[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    s = summarise(closed, marks, holdings, 100.0, closes, names=Names(["X", "Y"]))
    assert s["buy_and_hold"] == pytest.approx((0.2 - 0.5) / 2)
    assert s["exposure"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(("calendar", "days"), [("24x7", 365), ("24x5", 313), ("us_equities", 252)])
def test_a_year_has_the_days_of_its_calendar(calendar: str, days: int) -> None:
    closes = [100.0 + k % 7 for k in range(100)]
    made = _summary(closes, 1.0, calendar=calendar)
    assert made["volatility"] == pytest.approx(_summary(closes, 1.0)["volatility"] * (days / 365) ** 0.5)
    assert set(DAYS_PER_YEAR) == set(CALENDARS)


def test_beliefs_are_taken_over_as_they_are() -> None:
    beliefs = {"coin_flip": {"runs": 200}, "delayed": None}
    s = _summary([100.0], 0.0, beliefs=beliefs)
    assert {key: s[key] for key in beliefs} == beliefs


def test_an_account_that_lost_more_than_it_had_has_a_summary_that_json_can_hold() -> None:
    closes = [100.0 * (1 + k / 10) for k in range(200)]
    s = _summary(closes, -3.0)
    assert s["return"] < -1.0
    assert json.loads(json.dumps(s, allow_nan=False)) == s


def test_a_cost_of_the_break_even_leaves_nothing_of_the_gross_result(backtest: Backtest) -> None:
    free = {f"costs.{name}_bps": 0.0 for name in ("taker", "maker", "entry", "stop", "funding")}
    result = backtest(overrides=free)
    rows = result.positions
    paid = result.summary["break_even_bps"] * 1e-4 * rows["qty"] * (rows["entry_price"] + rows["exit_price"])
    assert (rows["pnl"] - paid).sum() == pytest.approx(0.0, abs=1e-6)
    assert rows["r_gross"].to_list() == rows["r_net"].to_list()


def test_a_run_without_positions_has_a_summary_of_nothing(backtest: Backtest) -> None:
    s = backtest(start="2022-01-01", end="2022-01-01").summary
    assert (s["positions"], s["win_rate"], s["r_net"], s["break_even_bps"], s["exposure"]) == (0, 0.0, 0.0, 0.0, 0.0)
    assert (s["equity_end"], s["max_drawdown"], s["by_exit"]) == (10_000.0, 0.0, {})
    for name in ("profit_factor", "expectancy", "worst_r", "sharpe", "sortino", "cagr", "r_net_interval"):
        assert s[name] is None, name


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
