"""What must hold for every run, whatever it traded; and the fixture that holds every run of the suite to it.

`check_run` reads a run folder as anyone could and asserts. A test that spoils runs on purpose carries
the marker `unchecked_runs(reason)`.
"""

from __future__ import annotations

import json
import math
import pathlib
from collections.abc import Collection, Iterator
from typing import Any, Final

import numpy as np
import polars as pl
import pytest
from tests.ledger import recompute, rules
from tests.ledger.rules import close

TREND: Final = 21  #: contributions of the trend book; the others are the reversal book's
KEYS: Final = frozenset(
    {
        "symbol", "symbols", "synthetic", "from", "to", "decided_bars", "small_sample", "positions", "win_rate",
        "r_gross", "r_cost", "r_net", "r_net_mean", "bars_mean", "net", "expectancy", "profit_factor", "worst_r",
        "losing_streak", "turnover", "break_even_bps", "mae_r_mean", "mae_r_median", "mfe_r_mean", "mfe_r_median",
        "hours_mean", "hours_median", "r_net_interval", "equity_start", "equity_end", "return", "fees", "slippage",
        "funding", "cost_bps", "max_drawdown", "max_drawdown_days", "recovery_days", "days", "volatility", "sharpe",
        "sortino", "probabilistic_sharpe", "cagr", "exposure", "exposure_mean", "buy_and_hold",
        "buy_and_hold_matched", "interval", "pauses", "coin_flip", "delayed", "reruns", "venue", "market", "macro",
        "by_exit",        "by_side", "by_source", "by_symbol", "by_month", "by_weekday", "by_hour",
    }
)  # fmt: skip

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
    manifest = recompute.manifest_of(folder)
    check_numbers(folder)
    check_account(folder, recompute.settings_of(folder)["account"]["equity"])
    rules.check_fills(folder)
    rules.check_entries(folder)
    rules.check_steps(folder)
    rules.check_levels(folder)
    rules.check_untouched(folder)
    rules.check_funding(folder)
    check_positions(folder)
    check_decisions(folder)
    check_times(folder, manifest)
    check_counts(folder, manifest)
    check_interval(folder)


def _arrays(frame: pl.DataFrame) -> dict[str, _Array]:
    return {name: frame[name].to_numpy() for name in frame.columns}


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _numbers(one)
    elif isinstance(value, float):
        yield value


def check_numbers(folder: pathlib.Path) -> None:
    """No number of the ledger or the summary is NaN or infinite, and the summary has all its keys."""
    for table in ("equity", "legs", "positions"):
        frame = recompute.read(folder, table)
        for name in frame.columns:
            assert frame[name].null_count() == 0, f"{table}.{name} has nulls"
            if frame[name].dtype == pl.Float64:
                assert frame[name].is_finite().all(), f"{table}.{name} is not finite"
    orders = recompute.read(folder, "orders")
    assert ((orders["price"].is_null()) == orders["kind"].is_in(["market", "exit"])).all()
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert set(summary) == KEYS
    assert all(math.isfinite(number) for number in _numbers(summary))


def check_account(folder: pathlib.Path, start: float) -> None:
    """cash + positions x closes = equity at every close, and all columns follow from the fills."""
    equity, again = recompute.read(folder, "equity"), recompute.account(folder, start)
    assert equity["time"].to_list() == again["time"].to_list()
    worth = equity["cash"].to_numpy().copy()
    scale = np.abs(worth) + start + again["worth"].to_numpy()
    for symbol, column in recompute.held_columns(folder).items():
        worth = worth + equity[column].to_numpy() * again[f"close_{symbol}"].to_numpy()
        close(again[column], equity[column], equity[column])
    close(worth, equity["equity"], scale)
    for name in ("cash", "equity"):
        close(again[name], equity[name], scale)
    close(again["drawdown"], equity["drawdown"])
    assert (equity["drawdown"] <= 0.0).all()
    paused = recompute.pauses(folder)  # of every close but the last, which is marked again after the end of data
    both = equity[:-1].join(paused, on="time", suffix="_told")
    assert both["paused"].to_list() == both["paused_told"].to_list()
    assert equity["paused"][-1] == ""
    legs = recompute.read(folder, "legs")
    made = float((legs["pnl"] - legs["fee"] - legs["funding"]).sum())
    close(equity["equity"][-1] - start, made, scale.max())


def check_positions(folder: pathlib.Path) -> None:
    """One entry each, exits of exactly its size, one position of a symbol at a time; its row says the same."""
    rows, again = _by_id(recompute.read(folder, "positions"), "id"), _by_id(recompute.positions(folder), "position_id")
    n = len(rows["id"])
    assert rows["id"].tolist() == again["position_id"].tolist() == list(range(1, n + 1))
    _check_sizes(folder, rows, again)
    same = {"symbol": "symbol", "entry_time": "time", "exit_time": "time_out", "bars": "bars"}
    for mine, other in {**same, "exit_reason": "reason_out"}.items():
        assert (rows[mine] == again[other]).all(), mine
    side = np.where(rows["side"] == "long", 1.0, -1.0)
    assert (side == again["side"]).all()
    assert all(sides.tolist() == [-way] for sides, way in zip(again["sides_out"], side, strict=True))
    risked = np.abs(rows["entry_price"] - rows["stop"])
    worth = rows["qty"] * np.abs(rows["entry_price"]) + 1.0
    assert (side * (rows["entry_price"] - rows["stop"]) > 0.0).all()
    for mine, other in {"entry_price": "price", "exit_price": "price_out"}.items():
        close(rows[mine], again[other], rows["entry_price"])
    for mine, found in {
        "pnl": again["profit"], "fee": again["fee"] + again["fee_out"], "funding": again["funding_paid"],
        "slippage": again["slippage"] + again["slippage_out"],
    }.items():  # fmt: skip
        close(rows[mine], found, worth)
    r, per_r = risked * rows["qty"], np.abs(rows["entry_price"]) / risked
    close(rows["r_net"], (rows["pnl"] - rows["fee"] - rows["funding"]) / r, per_r**2)
    close(rows["r_cost"], (rows["fee"] + rows["funding"] + rows["slippage"]) / r, per_r**2)
    close(rows["r_gross"], rows["r_net"] + rows["r_cost"], per_r)
    best, worst = (np.where(side > 0, again[a], again[b]) for a, b in (("high", "low"), ("low", "high")))
    close(rows["mfe_r"], side * (best - rows["entry_price"]) / risked, per_r**2)
    close(rows["mae_r"], side * (worst - rows["entry_price"]) / risked, per_r**2)


def _by_id(frame: pl.DataFrame, column: str) -> dict[str, _Array]:
    """Columns in the order of entries; rows are written in the order of the last exits."""
    return _arrays(frame.sort(column))


def _check_sizes(folder: pathlib.Path, rows: dict[str, _Array], again: dict[str, _Array]) -> None:
    """Whole lots that go to zero exactly, and no two positions of one symbol at once."""
    lots = {str(one["symbol"]): one["instrument"]["lot"] for one in recompute.manifest_of(folder)["data"]}
    legs = recompute.read(folder, "legs").filter(pl.col("reason") != "funding")
    lot = np.array([lots[name] for name in legs["symbol"].to_list()])
    whole = np.rint(legs["qty"].to_numpy() / lot).astype(np.int64) if len(legs) else np.zeros(0, np.int64)
    close(whole * lot, legs["qty"], legs["qty"])
    way = np.where(legs["reason"] == "entry", 1, -1)
    left = legs.select("position_id").with_columns(pl.Series("lots", whole * way)).group_by("position_id").agg(
        pl.col("lots").sum())  # fmt: skip
    assert (left["lots"] == 0).all()
    assert (legs.group_by("position_id").agg((pl.col("reason") == "entry").sum())["reason"] == 1).all()
    assert (rows["qty"] == again["qty"]).all()
    for symbol in lots:
        mine = again["symbol"] == symbol
        assert (again["bar_out"][mine][:-1] <= again["bar"][mine][1:]).all()


def check_decisions(folder: pathlib.Path) -> None:
    """Contributions sum to F, the signals are the decisions that asked, and orders follow from them."""
    rows, signals = recompute.read(folder, "decisions"), recompute.read(folder, "signals")
    settings = recompute.settings_of(folder)
    names = rows.columns[rows.columns.index("align") + 1 : rows.columns.index("guards_long")]
    steps = rows.columns[rows.columns.index("conflict") : rows.columns.index("align")]
    books = {"trend": names[:TREND], "reversal": names[TREND:], "none": []}
    for book, parts in books.items():
        some = rows.filter(pl.col("book") == book)
        total = sum((some[name] for name in (*steps[1:], *parts)), start=some["conflict"])
        assert (total - some["f"]).abs().max() in (None, 0.0) or (total - some["f"]).abs().max() <= 1e-12  # type: ignore[operator]
    asked = rows.filter(pl.col("asked") != "none")
    for mine, other in (
        ("time", "time"),
        ("symbol", "symbol"),
        ("side", "asked"),
        ("lots", "lots"),
        ("limit", "limit"),
    ):
        assert signals[mine].to_list() == asked[other].to_list(), mine
    if settings["fusion"]["mode"] == "setups":
        fired = asked.select(pl.when(pl.col("asked") == "long").then(pl.col("fired_long")).otherwise("fired_short"))
        assert all(name in names.split("|") for name, (names,) in zip(signals["source"], fired.rows(), strict=True))
    elif settings["trade"]["source"] == "fusion" and settings["execution"]["mode"] in ("advisory", "prefilter"):
        assert (signals["source"] == "fast").all()
        assert asked["asked"].to_list() == asked["fast"].to_list()
    elif settings["trade"]["source"] == "fusion":
        assert (asked["f"].abs() >= settings["fusion"]["on"]).all()
        assert signals["source"].is_in(["trend", "reversal"]).all()
    check_evidence(signals, recompute.read(folder, "engine_events"), settings.get("setups", {}))
    ordered = signals.filter(pl.col("blocked_by").list.len() == 0)
    assert (ordered["lots"] >= 1).all()
    assert (ordered["distance"] > 0.0).all()
    assert (signals.filter(pl.col("blocked_by").list.len() > 0)["lots"] == 0).all()
    orders = recompute.read(folder, "orders")
    placed = orders.filter(pl.col("kind").is_in(["market", "limit"]) & (pl.col("state") == "placed"))
    for column, other in (("time", "time"), ("symbol", "symbol"), ("price", "limit")):
        assert placed[column].to_list() == ordered[other].to_list(), column
    source = recompute.read(folder, "positions").join(
        recompute.read(folder, "legs").filter(pl.col("reason") == "entry"), left_on="id", right_on="position_id"
    ).join(signals, left_on=["symbol", "order_time"], right_on=["symbol", "time"], suffix="_asked")  # fmt: skip
    assert (source["source"] == source["source_asked"]).all()
    assert (source["side"] == source["side_asked"]).all()


def check_evidence(signals: pl.DataFrame, events: pl.DataFrame, setups: Collection[str]) -> None:
    """The events behind a trade were known when it was asked for, and none of them spoke against it."""
    behind = signals.select("symbol", "time", "side", "source", id="evidence").explode("id").drop_nulls("id")
    assert behind["source"].is_in(["trend", "reversal", *setups]).all()
    found = behind.join(events, on=["symbol", "id"])
    assert (found["t_known"] <= found["time"]).all()
    against = pl.when(pl.col("side") == "long").then(-1).otherwise(1)
    spoke = ~pl.col("kind").cast(pl.String).is_in(["RANGE", "FAILED_SOS", "FAILED_SOW"])  # a phase's: it only began it
    assert found.filter(spoke & (pl.col("dir") == against)).is_empty()
    lost = behind.join(events, on=["symbol", "id"], how="anti").join(
        events.group_by("symbol").agg(pl.col("id").min().alias("first")), on="symbol", how="left"
    )
    assert (lost["id"] < lost["first"]).fill_null(value=True).all()  # known in the warm-up


def check_times(folder: pathlib.Path, manifest: dict[str, Any]) -> None:
    """Everything in the tables lies in the window, in order, and was known when it says."""
    bars, base = recompute.read(folder, "bars"), recompute.base_bars(folder)
    first, last = base["known"].min(), base["known"].max()
    assert str(base["time"].min()) == str(manifest["window"]["from"]).replace("T", " ")
    for known in (bars["known"], recompute.read(folder, "engine_events")["t_known"]):
        assert known.is_between(first, last).all()
    events = recompute.read(folder, "engine_events")
    assert (events["t_ref"] <= events["t_known"]).all()
    decided = recompute.read(folder, "decisions")
    assert decided["time"].is_sorted()
    for table in (decided, recompute.read(folder, "signals"), recompute.read(folder, "legs")):
        assert table["time"].is_sorted()
    for (symbol,), own in base.group_by("symbol"):
        looked, closes = decided.filter(pl.col("symbol") == symbol)["time"], own.sort("bar")["known"]
        assert looked.is_unique().all()
        assert looked.is_in(closes.implode()).all()
    for _, bars_of in bars.group_by("symbol", "tf"):
        assert bars_of["time"].is_sorted()
        assert bars_of["time"].is_unique().all()
    logged = [json.loads(line)["time"] for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]
    assert logged == sorted(logged)


def check_counts(folder: pathlib.Path, manifest: dict[str, Any]) -> None:
    """The manifest, the summary and the funnel count what the tables hold."""
    assert manifest["status"] == "finished"
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    rows, legs = recompute.read(folder, "positions"), recompute.read(folder, "legs")
    looked, equity = len(recompute.read(folder, "decisions")), recompute.read(folder, "equity")
    events, settled = len(recompute.read(folder, "engine_events")), int((legs["reason"] == "funding").sum())
    entries = int((legs["reason"] == "entry").sum())
    decided = len(recompute.base_bars(folder))
    counts = {
        "decided": decided,
        "evaluated": looked,
        "events": events,
        "fills": len(legs) - settled,
        "entries": entries,
    }
    assert manifest["counts"] == {**counts, "settlements": settled, "positions": len(rows)}
    assert decided == manifest["window"]["decided_bars"]
    settings = recompute.settings_of(folder)
    gated = settings["gate"]["mode"] != "every_bar" and settings["trade"]["source"] == "fusion"
    assert looked <= decided
    assert gated or looked == decided
    assert summary["decided_bars"] == len(equity)
    size = len(rows) + float(rows["fee"].abs().sum()) + float(rows["pnl"].abs().sum())
    sums = {"r_net": "r_net", "r_gross": "r_gross", "fees": "fee", "funding": "funding", "slippage": "slippage"}
    assert summary["positions"] == len(rows)
    for name, column in sums.items():
        close(summary[name], rows[column].sum(), size)
    close(summary["equity_end"], equity["equity"][-1], summary["equity_end"])
    for kind in ("exit", "side", "source", "symbol", "month", "weekday", "hour"):
        assert sum(group["positions"] for group in summary[f"by_{kind}"].values()) == len(rows)
    steps = list(manifest["funnel"].values())
    assert steps == sorted(steps, reverse=True)
    assert steps[-2:] == [entries, len(rows)]
    assert steps[-3] == len(recompute.read(folder, "signals").filter(pl.col("blocked_by").list.len() == 0))


def check_interval(folder: pathlib.Path) -> None:
    """Every ambiguous position has its row, what was taken lies between worst and best, and the summary adds up."""
    rows, table = recompute.read(folder, "positions"), recompute.read(folder, "ambiguity")
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    found, mode = summary["interval"], recompute.settings_of(folder)["fills"]["intrabar"]
    ambiguous = rows.filter(pl.col("ambiguous") > 0)
    assert table["position_id"].to_list() == ambiguous["id"].to_list()
    assert table["exit_time"].to_list() == ambiguous["exit_time"].to_list()
    net = (ambiguous["pnl"] - ambiguous["fee"] - ambiguous["funding"]).to_numpy()
    size = (ambiguous["qty"] * ambiguous["entry_price"].abs()).to_numpy() + 1.0
    close(table["taken"], net, size)
    slack = pl.Series(rules.TOLERANCE * size)
    for name in ("taken", "pessimistic", "data"):
        there = table.with_columns(slack.alias("slack")).filter(pl.col(name).is_not_null())
        assert (there["worst"] - there["slack"] <= there[name]).all(), name
        assert (there[name] <= there["best"] + there["slack"]).all(), name
    assert (table["branches"] >= 2).all()
    if mode in ("pessimistic", "data"):  # a symbol without lower bars is settled pessimistically
        guess = table["pessimistic"] if mode == "pessimistic" else table["data"].fill_null(table["pessimistic"])
        close(table["taken"], guess, size)
    end = summary["equity_end"]
    close(found["equity_low"], end + (table["worst"] - table["taken"]).sum(), end)
    close(found["equity_high"], end + (table["best"] - table["taken"]).sum(), end)
    assert found["positions"] == len(table)
    assert found["bars"] == ambiguous["ambiguous"].sum()
    assert found["branches"] == table["branches"].sum()
    known = table.drop_nulls("data")
    assert found["resolved"] == len(known)
    assert found["pessimism_wrong"] == (known["data"] != known["pessimistic"]).sum()
    assert (found["equity_data"] is None) == (len(known) == 0)
    if len(known):
        close(found["equity_data"], end + (known["data"] - known["taken"]).sum(), end)
