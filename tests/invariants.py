"""What must hold for every run, whatever it traded; and the fixture that holds every run of the suite to it.

`check_run` reads a run folder as anyone could and asserts. A test that spoils runs on purpose carries
the marker `unchecked_runs(reason)`.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any, Final

import numpy as np
import polars as pl
import pytest
from tests.ledger import recompute

TOLERANCE: Final = 1e-9
TREND: Final = 7  #: contributions of the trend book; the others are the reversal book's

_Array = np.ndarray[Any, Any]


@pytest.fixture(autouse=True)
def every_run_adds_up(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the folder of every backtest that a test finishes."""
    if request.node.get_closest_marker("unchecked_runs"):
        return
    from bullmachine.runs import backtest  # noqa: PLC0415  (tests of imports run in processes of their own)

    run = backtest.run

    def checked(*args: Any, **kwargs: Any) -> Any:
        result = run(*args, **kwargs)
        check_run(result.path)
        return result

    monkeypatch.setattr(backtest, "run", checked)


def check_run(folder: pathlib.Path) -> None:
    """Assert everything that must hold in a finished run folder."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    start = manifest["config"]["resolved"]["account"]["equity"]
    check_numbers(folder)
    check_account(folder, start)
    check_fills(folder)
    check_positions(folder)
    check_decisions(folder, manifest["config"]["resolved"]["fusion"])
    check_times(folder, manifest)
    check_counts(folder, manifest)


def _close(a: Any, b: Any, scale: Any = 1.0) -> None:
    a, b, scale = (np.asarray(x, float) for x in (a, b, scale))
    worst = np.abs(a - b) / np.maximum(np.abs(scale), 1.0)
    assert worst.size == 0 or worst.max() <= TOLERANCE, f"off by {worst.max()} at {int(worst.argmax())}"


def _arrays(frame: pl.DataFrame) -> dict[str, _Array]:
    return {name: frame[name].to_numpy() for name in frame.columns}


def check_numbers(folder: pathlib.Path) -> None:
    """No number of the ledger is NaN or infinite."""
    for table in ("equity", "legs", "positions"):
        frame = recompute.read(folder, table)
        for name in frame.columns:
            assert frame[name].null_count() == 0, f"{table}.{name} has nulls"
            if frame[name].dtype == pl.Float64:
                assert frame[name].is_finite().all(), f"{table}.{name} is not finite"


def check_account(folder: pathlib.Path, start: float) -> None:
    """cash + position x close = equity at every close, and all four columns follow from the fills."""
    equity, bars = recompute.read(folder, "equity"), recompute.base_bars(folder)
    assert equity["time"].equals(bars["known"].alias("time"))
    worth = equity["cash"] + equity["position"] * bars["close"]
    scale = np.abs(equity["cash"]) + start
    _close(worth, equity["equity"], scale)
    again = recompute.account(folder, start)
    for name in ("cash", "position", "equity"):
        _close(again[name], equity[name], scale)
    _close(again["drawdown"], equity["drawdown"])
    assert (equity["drawdown"] <= 0.0).all()
    legs = recompute.read(folder, "legs")
    made = float((legs["pnl"] - legs["fee"] - legs["funding"]).sum())
    _close(equity["equity"][-1] - start, made, scale.max())


def check_fills(folder: pathlib.Path) -> None:
    """In order of time, after their orders, inside their bars, and slippage is never in one's favour."""
    made = recompute.fills(folder)
    assert made["bar"].null_count() == 0
    assert recompute.read(folder, "legs")["time"].is_sorted()
    assert (made["order_time"] <= made["time"]).all()
    assert (made["slippage"] >= 0.0).all()
    at = made.join(recompute.base_bars(folder).select("bar", "open", "high", "low", "close"), on="bar", how="left")
    slack = TOLERANCE * at["high"].abs()
    assert (at["raw"] >= at["low"] - slack).all()
    assert (at["raw"] <= at["high"] + slack).all()
    for reason, price in (("entry", "open"), ("opposite", "open"), ("end_of_data", "close")):
        some = at.filter(pl.col("reason") == reason)
        _close(some["raw"], some[price], some[price])


def check_positions(folder: pathlib.Path) -> None:
    """One entry and one exit each, of exactly the same size, one position at a time; its row says the same."""
    rows, again = _arrays(recompute.read(folder, "positions")), _arrays(recompute.positions(folder))
    n = len(rows["id"])
    assert len(recompute.read(folder, "legs")) == 2 * n
    assert rows["id"].tolist() == again["position_id"].tolist() == list(range(1, n + 1))
    assert (again["qty"] == again["qty_out"]).all()
    assert (again["side"] == -again["side_out"]).all()
    assert (again["bar_out"][:-1] <= again["bar"][1:]).all()
    same = {"entry_time": "time", "exit_time": "time_out", "qty": "qty", "bars": "bars", "exit_reason": "reason_out"}
    for mine, other in same.items():
        assert (rows[mine] == again[other]).all(), mine
    side = np.where(rows["side"] == "long", 1.0, -1.0)
    assert (side == again["side"]).all()
    risked = np.abs(rows["entry_price"] - rows["stop"])
    worth = rows["qty"] * np.abs(rows["entry_price"]) + 1.0
    _close(rows["entry_price"], again["price"], rows["entry_price"])
    _close(rows["exit_price"], again["price_out"], rows["exit_price"])
    _close(rows["pnl"], again["profit"], worth)
    _close(rows["fee"], again["fee"] + again["fee_out"], worth)
    _close(rows["slippage"], again["slippage"] + again["slippage_out"], worth)
    assert (side * (rows["entry_price"] - rows["stop"]) > 0.0).all()
    r = risked * rows["qty"]
    _close(rows["r_net"], (rows["pnl"] - rows["fee"] - rows["funding"]) / r, rows["entry_price"] / risked)
    _close(rows["r_cost"], (rows["fee"] + rows["funding"] + rows["slippage"]) / r, rows["entry_price"] / risked)
    _close(rows["r_gross"], rows["r_net"] + rows["r_cost"], rows["entry_price"] / risked)
    best, worst = (np.where(side > 0, again[a], again[b]) for a, b in (("high", "low"), ("low", "high")))
    _close(rows["mfe_r"], side * (best - rows["entry_price"]) / risked, rows["entry_price"] / risked)
    _close(rows["mae_r"], side * (worst - rows["entry_price"]) / risked, rows["entry_price"] / risked)


def check_decisions(folder: pathlib.Path, fusion: dict[str, Any]) -> None:
    """Contributions sum to F, the signals are the decisions that asked, and orders follow from them."""
    rows, signals = recompute.read(folder, "decisions"), recompute.read(folder, "signals")
    names = [name for name in rows.columns if name.startswith(("momentum.", "clip."))]
    books = {"trend": names[:TREND], "reversal": names[TREND:], "none": []}
    for book, parts in books.items():
        some = rows.filter(pl.col("book") == book)
        total = sum((some[name] for name in parts), start=some["conflict"])
        assert (total - some["f"]).abs().max() in (None, 0.0) or (total - some["f"]).abs().max() <= 1e-12  # type: ignore[operator]
    asked = rows.filter(pl.col("asked") != "none")
    assert signals["time"].to_list() == asked["time"].to_list()
    assert (asked["f"].abs() >= fusion["on"]).all()
    ordered = signals.filter(pl.col("blocked_by").list.len() == 0)
    assert (ordered["lots"] >= 1).all()
    assert (signals.filter(pl.col("blocked_by").list.len() > 0)["lots"] == 0).all()
    entries = recompute.read(folder, "legs").filter(pl.col("reason") == "entry")["order_time"].to_list()
    times = ordered["time"].to_list()
    last = rows["time"][-1]
    assert entries == [time for time in times if time != last]


def check_times(folder: pathlib.Path, manifest: dict[str, Any]) -> None:
    """Everything in the tables lies in the window, in order, and was known when it says."""
    bars, base = recompute.read(folder, "bars"), recompute.base_bars(folder)
    first, last = base["known"][0], base["known"][-1]
    assert str(base["time"][0]) == str(manifest["window"]["from"]).replace("T", " ")
    for known in (bars["known"], recompute.read(folder, "engine_events")["t_known"]):
        assert known.is_between(first, last).all()
    events = recompute.read(folder, "engine_events")
    assert (events["t_ref"] <= events["t_known"]).all()
    assert recompute.read(folder, "decisions")["time"].equals(base["known"].alias("time"))
    for _, bars_of in bars.group_by("tf"):
        assert bars_of["time"].is_sorted()
        assert bars_of["time"].is_unique().all()
    logged = [json.loads(line)["time"] for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]
    assert logged == sorted(logged)


def check_counts(folder: pathlib.Path, manifest: dict[str, Any]) -> None:
    """The manifest, the summary and the funnel count what the tables hold."""
    assert manifest["status"] == "finished"
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    rows, legs = recompute.read(folder, "positions"), recompute.read(folder, "legs")
    decided = len(recompute.read(folder, "decisions"))
    events = len(recompute.read(folder, "engine_events"))
    entries = int((legs["reason"] == "entry").sum())
    counts = {"decided": decided, "events": events, "fills": len(legs), "entries": entries, "positions": len(rows)}
    assert manifest["counts"] == counts
    assert summary["decided_bars"] == decided == manifest["window"]["decided_bars"]
    for name, column in (("positions", None), ("r_net", "r_net"), ("r_gross", "r_gross"), ("fees", "fee")):
        _close(summary[name], len(rows) if column is None else rows[column].sum(), len(rows) + rows["fee"].abs().sum())
    _close(summary["equity_end"], recompute.read(folder, "equity")["equity"][-1], summary["equity_end"])
    for kind in ("exit", "side", "source"):
        assert sum(group["positions"] for group in summary[f"by_{kind}"].values()) == len(rows)
    steps = list(manifest["funnel"].values())
    assert steps == sorted(steps, reverse=True)
    assert steps[-2:] == [entries, len(rows)]
    assert steps[-3] == len(recompute.read(folder, "signals").filter(pl.col("blocked_by").list.len() == 0))
