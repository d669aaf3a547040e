"""Run folders written by hand, after docs/method/run-folder.md: an invented market, positions at fixed bars.

Nothing here runs the machine, so that the report is tested on what a folder may hold, not on what one run did.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
import pathlib
from typing import Any, Final

import polars as pl

BEGIN: Final = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
HOUR: Final = dt.timedelta(hours=1)
TIME: Final = pl.Datetime("ms", "UTC")
Schema = dict[str, Any]
SIGNALS: Final[Schema] = {"symbol": pl.String, "time": TIME, "evidence": pl.List(pl.Int64)}
PHASES: Final = tuple(f"phase_{side}.{of}" for of in ("base", "middle", "slow") for side in ("long", "short"))
EVENTS: Final[Schema] = {
    **dict.fromkeys(("symbol", "kind", "engine", "tf"), pl.String),
    "dir": pl.Int64,
    "t_ref": TIME,
    "t_known": TIME,
    "i_ref": pl.Int64,
    "i_known": pl.Int64,
    **dict.fromkeys(("price", "lo", "hi", "score"), pl.Float64),
    "state": pl.String,
    "reason": pl.String,
    "id": pl.Int64,
    "parent": pl.Int64,
    "ev": pl.Array(pl.Float64, 8),
}


@dataclasses.dataclass
class Market:
    """One symbol of a folder: `bars` hourly bars, a position at each of `entries` held for seven bars."""

    name: str = "ETHUSDT"
    bars: int = 200
    entries: tuple[int, ...] = (10, 40, 90, 150)

    def price(self, bar: int) -> float:
        """Close of a bar."""
        return round(2000.0 + 100.0 * math.sin(bar / 9.0) + bar, 2)


def positions(markets: list[Market]) -> list[dict[str, Any]]:
    """Rows of positions.parquet, numbered in the order they ended."""
    rows = []
    for market in markets:
        for k, bar in enumerate(market.entries):
            side = 1 if k % 2 == 0 else -1
            entry, leave = market.price(bar - 1), market.price(bar + 6)
            pnl, risk = side * (leave - entry) * 0.5, 10.0
            rows.append(
                {
                    "symbol": market.name,
                    "source": "trend",
                    "side": "long" if side > 0 else "short",
                    "entry_time": BEGIN + bar * HOUR,
                    "entry_price": entry,
                    "exit_time": BEGIN + (bar + 7) * HOUR,
                    "exit_price": leave,
                    "qty": 0.5,
                    "stop": entry - side * 20.0,
                    "pnl": pnl,
                    "fee": 0.7,
                    "funding": 0.1,
                    "slippage": 0.2,
                    "r_gross": (pnl + 0.2) / risk,
                    "r_cost": 1.0 / risk,
                    "r_net": (pnl - 0.8) / risk,
                    "mfe_r": 1.25,
                    "mae_r": -0.5,
                    "bars": 7,
                    "ambiguous": int(k == 1),
                    "exit_reason": "target_1" if pnl > 0 else "stop",
                }
            )
    rows.sort(key=lambda row: row["exit_time"])
    return [{"id": k + 1, **row} for k, row in enumerate(rows)]


def legs(closed: list[dict[str, Any]]) -> pl.DataFrame:
    """Entry, one settlement of funding, exit of each position."""
    rows = []
    for p in closed:
        for time, price, qty, reason in (
            (p["entry_time"], p["entry_price"], p["qty"], "entry"),
            (p["entry_time"] + 2 * HOUR, p["entry_price"], 0.0, "funding"),
            (p["exit_time"], p["exit_price"], p["qty"], p["exit_reason"]),
        ):
            rows.append((p["id"], p["symbol"], time, p["entry_time"], "buy", qty, price, reason))
    names: Schema = {"position_id": pl.Int64, "symbol": pl.String, "time": TIME, "order_time": TIME, "side": pl.String}
    return pl.DataFrame(rows, {**names, "qty": pl.Float64, "price": pl.Float64, "reason": pl.String}, orient="row")


def orders(closed: list[dict[str, Any]]) -> pl.DataFrame:
    """Of each position: a stop that is moved to the entry after three hours, one target, the order before them."""
    rows = []
    for p in closed:
        rows.append((p["entry_time"] - HOUR, p["symbol"], 0, "market", "placed", math.nan))
        rows.append((p["entry_time"], p["symbol"], p["id"], "stop", "placed", p["stop"]))
        rows.append((p["entry_time"], p["symbol"], p["id"], "target_1", "placed", p["entry_price"] + 40.0))
        rows.append((p["entry_time"] + 3 * HOUR, p["symbol"], p["id"], "stop", "moved", p["entry_price"]))
    names: Schema = {"time": TIME, "symbol": pl.String, "position_id": pl.Int64, "kind": pl.String, "state": pl.String}
    return pl.DataFrame(rows, {**names, "price": pl.Float64}, orient="row")


def bars(markets: list[Market]) -> pl.DataFrame:
    """Hourly bars of every market, those of four hours, and a daily one; the chart shows the hourly ones."""
    rows = []
    for market in markets:
        for k in range(market.bars):
            a, b = market.price(k - 1), market.price(k)
            span = (market.name, "1h", BEGIN + k * HOUR, BEGIN + (k + 1) * HOUR)
            rows.append((*span, a, max(a, b) + 3.0, min(a, b) - 3.0, b, 10.0 + k % 7))
        rows += [
            (market.name, "4h", BEGIN + k * HOUR, BEGIN + (k + 4) * HOUR, 1.0, 9e9, 1.0, 1.0, 1.0)
            for k in range(0, market.bars, 4)
        ]
        rows.append((market.name, "1d", BEGIN, BEGIN + 24 * HOUR, 1.0, 9e9, 1.0, 1.0, 1.0))
    names: Schema = {"symbol": pl.String, "tf": pl.String, "time": TIME, "known": TIME}
    return pl.DataFrame(
        rows, names | dict.fromkeys(("open", "high", "low", "close", "volume"), pl.Float64), orient="row"
    )


def decisions(markets: list[Market]) -> pl.DataFrame:
    """The times and phases of every decided bar: there are no structures."""
    rows = [(market.name, BEGIN + (k + 1) * HOUR) for market in markets for k in range(market.bars)]
    frame = pl.DataFrame(rows, {"symbol": pl.String, "time": TIME}, orient="row")
    return frame.with_columns(pl.lit("N").alias(name) for name in PHASES)


def equity(markets: list[Market], closed: list[dict[str, Any]]) -> pl.DataFrame:
    """10,000 and what closed positions made, at every close."""
    times = [BEGIN + (k + 1) * HOUR for k in range(max(m.bars for m in markets))]
    made = [10_000.0 + sum(p["pnl"] - 0.8 for p in closed if p["exit_time"] <= time) for time in times]
    paused = ["loss_streak" if 3 <= k < 5 else "" for k in range(len(times))]
    return pl.DataFrame({"time": times, "equity": made, "drawdown": 0.0, "paused": paused}).cast({"time": TIME})


def ambiguity(closed: list[dict[str, Any]]) -> pl.DataFrame:
    """The ambiguous positions might have made 30 less or 60 more."""
    found = [p for p in closed if p["ambiguous"]]
    rows = [(p["id"], p["exit_time"], p["pnl"] - 0.8, p["pnl"] - 30.8, p["pnl"] + 59.2, 2) for p in found]
    names: Schema = {
        "position_id": pl.Int64,
        "exit_time": TIME,
        "taken": pl.Float64,
        "worst": pl.Float64,
        "best": pl.Float64,
    }
    return pl.DataFrame(rows, {**names, "branches": pl.Int64}, orient="row")


def summary(markets: list[Market], closed: list[dict[str, Any]], end: float) -> dict[str, Any]:
    """summary.json; what the report only passes on is made up."""
    n, each = len(closed), max(len(closed), 1)
    group = {
        "positions": n,
        "win_rate": sum(p["r_net"] > 0 for p in closed) / each,
        **{name: sum(p[name] for p in closed) for name in ("r_gross", "r_cost", "r_net")},
        "r_net_mean": sum(p["r_net"] for p in closed) / each,
        "bars_mean": 7.0,
    }
    return {
        "symbol": markets[0].name,
        "synthetic": False,
        "from": (BEGIN + HOUR).isoformat(),
        "to": (BEGIN + markets[0].bars * HOUR).isoformat(),
        "decided_bars": markets[0].bars,
        "small_sample": n < 30,
        **group,
        "equity_start": 10_000.0,
        "equity_end": end,
        "return": end / 10_000.0 - 1.0,
        "max_drawdown": -0.0123,
        "exposure": 0.14,
        "fees": 0.7 * n,
        "slippage": 0.2 * n,
        "funding": 0.1 * n,
        "break_even_bps": 12.5,
        "buy_and_hold": 0.0345,
        "by_exit": {"stop": group} if n else {},
        "by_side": {"long": group} if n else {},
        "by_source": {"trend": group} if n else {},
        "interval": {
            "equity_low": end - 30.0,
            "equity_high": end + 60.0,
            "positions": min(n, 1),
            "bars": 1,
            "branches": 2,
        },
        "r_net_interval": [-0.2, 0.9] if n > 1 else None,
        "coin_flip": {"runs": 200, "r_net_mean": [-0.3, 0.0, 0.3], "return": [-0.02, -0.001, 0.03], "positions": 5},
        "delayed": {"positions": n, "r_net": 0.75, "r_net_mean": 0.1, "return": 0.002},
        "reruns": {"worst": {"positions": n, "r_net": -1.5, "return": -0.003}},
    }


def manifest(markets: list[Market]) -> dict[str, Any]:
    """manifest.json of a run with one setting changed."""
    file = {"name": "bars.parquet", "sha256": "ab" * 32, "rows": 900, "holes": 1, "missing_bars": 2}
    span = {"first": "2025-01-01T00:00:00+00:00", "last": "2025-03-09T00:00:00+00:00", "rejected": {"duplicates": 0}}
    return {
        "schema": 3,
        "version": "0.2.0",
        "status": "finished",
        "made_at": "2026-01-02T03:04:05+00:00",
        "kernels": "0123456789abcdef",
        "engines": {"momentum": 1},
        "config": {
            "name": "eth_1h",
            "sha256": "cd" * 32,
            "resolved": {"data": {"calendar": "24x7", "timeframes": ["1h", "4h", "1d"]}, "exits": {"stop_atr": 3.25}},
        },
        "data": [file | span for _ in markets],
        "window": {"decided_bars": markets[0].bars, "warm_up_bars": 700},
        "fingerprints": {"decisions": "11" * 32, "fills": "22" * 32, "equity": "33" * 32},
        "funnel": {"signals": 9, "warmup": 9, "position_open": 4, "orders": 4, "fills": 4, "positions": 4},
        "notes": ["funding is assumed"],
    }


def write(folder: pathlib.Path, *markets: Market, **changes: Any) -> pathlib.Path:
    """A whole run folder; `changes` go into its summary."""
    known = list(markets) or [Market()]
    folder.mkdir(parents=True)
    closed = positions(known)
    columns = positions([Market()])[0]
    frame = pl.DataFrame(closed) if closed else pl.DataFrame([columns]).clear()
    curve = equity(known, closed)
    tables = {
        "positions": frame.cast({"entry_time": TIME, "exit_time": TIME}),
        "legs": legs(closed),
        "bars": bars(known),
    }
    tables |= {"orders": orders(closed), "equity": curve, "ambiguity": ambiguity(closed)}
    tables |= {"signals": pl.DataFrame(schema=SIGNALS), "engine_events": pl.DataFrame(schema=EVENTS)}
    tables["decisions"] = decisions(known)
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    told = summary(known, closed, curve["equity"][-1]) | changes
    (folder / "summary.json").write_text(json.dumps(told), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps(manifest(known)), encoding="utf-8")
    return folder
