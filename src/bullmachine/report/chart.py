"""What the page draws and lists, as JSON values that point into the packed block."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from bullmachine.core.time import parse_timeframe
from bullmachine.report.layers import LAYERS
from bullmachine.report.pack import Block, digits_of, milliseconds
from bullmachine.report.read import Run

__all__ = ["CLOCKS", "TRADES", "page_data"]

#: the clock on the wall of a calendar's exchange; foreign exchange turns its day in New York
CLOCKS: Final = {"24x7": "UTC", "24x5": "America/New_York", "us_equities": "America/New_York"}

#: columns of the list of trades: key, title, how it is written, what it means
TRADES: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("id", "No", "whole", "number in the run"),
    ("symbol", "Symbol", "text", ""),
    ("source", "Source", "text", "what asked for it"),
    ("side", "Side", "side", ""),
    ("entry_time", "Entry", "time", "time of the fill"),
    ("entry_price", "Entry price", "price", "slippage included"),
    ("exit_time", "Exit", "time", "time of the last fill"),
    ("exit_price", "Exit price", "price", "mean over its exits, slippage included"),
    ("exit_reason", "Exit by", "text", "what made it flat"),
    ("stop", "Stop", "price", "at the entry"),
    ("qty", "Size", "size", "base units at the entry"),
    ("net", "Net money", "money", "after fees, slippage and funding"),
    ("r_gross", "Gross R", "signed", "before every cost"),
    ("r_cost", "Cost R", "plain", "fees, slippage and funding"),
    ("r_net", "Net R", "signed", "gross - cost"),
    ("mfe_r", "MFE R", "signed", "best price while held"),
    ("mae_r", "MAE R", "signed", "worst price while held"),
    ("bars", "Bars", "whole", "bars tested for an exit"),
    ("ambiguous", "Amb.", "whole", "bars that held both a stop and a target"),
)


def page_data(run: Run, block: Block) -> dict[str, Any]:
    """All data of the page: symbols with bars and layers, equity, trades."""
    calendar = run.manifest["config"]["resolved"]["data"]["calendar"]
    return {
        "clock": CLOCKS.get(calendar, "UTC"),
        "base": parse_timeframe(run.base),
        "frames": {tf: parse_timeframe(tf) for tf in sorted(run.tables["bars"]["tf"].unique(), key=parse_timeframe)},
        "symbols": [_symbol(run, name, block) for name in run.symbols],
        "equity": _equity(run, block),
        "trades": _trades(run),
    }


def _symbol(run: Run, name: str, block: Block) -> dict[str, Any]:
    bars = run.bars(name)
    columns = {key: block.put(bars[key]) for key in ("open", "high", "low", "close")}
    columns["volume"] = block.put(_volume(bars["volume"].to_numpy()))
    return {
        "name": name,
        "digits": max(columns["close"].get("places", 5), 0),
        "bars": {"time": block.put(milliseconds(bars["time"])), **columns},
        "layers": {layer.NAME: layer.build(run, name, block) for layer in LAYERS},
    }


def _volume(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Volumes to six digits of the largest: they are drawn, and exact they would be a third of the file."""
    return np.round(values, digits_of(float(np.nanmax(values, initial=0.0))))


def _equity(run: Run, block: Block) -> dict[str, Any]:
    """The account, buy and hold of the same money, and where unknown order inside bars moves the result."""
    table, start = run.tables["equity"], float(run.summary["equity_start"])
    digits = max(2, digits_of(start))
    steps = run.tables["ambiguity"].sort("exit_time", maintain_order=True)
    return {
        "time": block.put(milliseconds(table["time"])),
        "equity": block.put(np.round(table["equity"].to_numpy(), digits)),
        "hold": block.put(np.round(start * _held(run), digits)),
        "band": {
            "time": block.put(milliseconds(steps["exit_time"])),
            "low": block.put((steps["worst"] - steps["taken"]).to_numpy()),
            "high": block.put((steps["best"] - steps["taken"]).to_numpy()),
        },
        "pauses": _pauses(table),
        "start": start,
    }


def _pauses(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Spans in which guards paused the account, with their names; each ends at the first close without them."""
    times, names = milliseconds(table["time"]), table["paused"].to_list()
    turns = [k for k in range(len(names)) if k == 0 or names[k] != names[k - 1]]
    ends = [*turns[1:], len(names) - 1]
    return [
        {"from": int(times[k]), "to": int(times[end]), "by": names[k].replace("|", ", ").replace("_", " ")}
        for k, end in zip(turns, ends, strict=True)
        if names[k]
    ]


def _held(run: Run) -> np.ndarray[Any, Any]:
    """What one unit of money would be worth at every close, spread evenly over the symbols at the first close."""
    times = run.tables["equity"].select(pl.col("time"))
    worth = []
    for name in run.symbols:
        closes = run.bars(name).select(time="known", close="close").sort("time")
        joined = times.join_asof(closes, on="time")["close"]
        first = float(closes["close"][0])
        worth.append((joined / first).fill_null(1.0).to_numpy() if first else np.ones(len(times)))
    return np.asarray(np.mean(worth, axis=0))


def _trades(run: Run) -> dict[str, Any]:
    """The list of trades: its columns with their values, exactly as `positions.parquet` holds them."""
    net = pl.col("pnl") - pl.col("fee") - pl.col("funding")
    table = run.tables["positions"].with_columns(
        net=net, entry_time=pl.col("entry_time").dt.epoch("ms"), exit_time=pl.col("exit_time").dt.epoch("ms")
    )
    table = table.with_columns(pl.selectors.float().fill_nan(None))
    columns = [c for c in TRADES if c[0] != "symbol" or len(run.symbols) > 1]
    return {
        "columns": [dict(zip(("key", "title", "kind", "hint"), column, strict=True)) for column in columns],
        "values": {key: table[key].to_list() for key, *_ in TRADES},
    }
