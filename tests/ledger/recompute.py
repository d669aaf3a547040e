"""The account and the positions of a run, worked out again from its fills and its bars in plain polars."""

from __future__ import annotations

import json
import pathlib
from typing import Any, Final

import polars as pl

AT_OPEN: Final = ("opposite", "time_out", "stale", "signal_off", "signal", "macro", "funding")
STOPS: Final = ("stop", "breakeven", "trail", "tightened", "volume_spike")
TARGETS: Final = ("target_1", "target_2", "target_3")


def read(folder: pathlib.Path, table: str) -> pl.DataFrame:
    """A table of a run folder with names as plain text."""
    return pl.read_parquet(folder / f"{table}.parquet", glob=False).with_columns(pl.col(pl.Categorical).cast(pl.String))


def manifest_of(folder: pathlib.Path) -> dict[str, Any]:
    """The run's manifest."""
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return found


def settings_of(folder: pathlib.Path) -> dict[str, Any]:
    """The run's resolved settings."""
    found: dict[str, Any] = manifest_of(folder)["config"]["resolved"]
    return found


def base_bars(folder: pathlib.Path) -> pl.DataFrame:
    """The window's bars of the base timeframe, numbered per symbol, and the number `step` of their close time."""
    base = settings_of(folder)["data"]["timeframes"][0]
    bars = read(folder, "bars").filter(pl.col("tf") == base).sort("symbol", "time")
    return bars.with_columns(
        pl.int_range(pl.len()).over("symbol").alias("bar"),
        (pl.col("known").rank("dense") - 1).cast(pl.Int64).alias("step"),
    )


def _signed() -> pl.Expr:
    return pl.when(pl.col("side") == "buy").then(1.0).otherwise(-1.0).alias("side")


def _limit_prices(folder: pathlib.Path) -> pl.DataFrame:
    """The limit entries by symbol and the close at which they were placed."""
    placed = read(folder, "orders").filter((pl.col("kind") == "limit") & (pl.col("state") == "placed"))
    return placed.select("symbol", pl.col("time").alias("order_time"), pl.col("price").alias("limit"))


def fills(folder: pathlib.Path) -> pl.DataFrame:
    """The legs with the bar they happened on: `side` is +1 or -1, `raw` before slippage, `inside` if not at its open.

    A leg at an open carries the bar's open time, any other its close time; a limit entry may be either, and is
    inside when it filled at its limit on a bar that traded there. What the end of the data closes is put on the
    symbol's last bar, however long ago that was.
    """
    bars, legs = base_bars(folder), read(folder, "legs").with_row_index("leg")
    legs = legs.join(_limit_prices(folder), on=["symbol", "order_time"], how="left", maintain_order="left")
    opened = legs.join(bars.select("symbol", "time", "bar"), on=["symbol", "time"], how="left", maintain_order="left")
    closed = legs.join(
        bars.select("symbol", "low", "high", pl.col("known").alias("time"), pl.col("bar").alias("closing")),
        on=["symbol", "time"], how="left", maintain_order="left",
    )  # fmt: skip
    entry = pl.col("reason") == "entry"
    there = (pl.col("low") <= pl.col("limit")) & (pl.col("high") >= pl.col("limit"))
    filled_inside = (pl.col("price") == pl.col("limit")) & there & (pl.col("order_time") < pl.col("time"))
    inside = pl.when(entry).then(filled_inside.fill_null(False)).otherwise(~pl.col("reason").is_in(AT_OPEN))
    made = closed.with_columns(inside.alias("inside"), opened["bar"].alias("opening"))
    last = bars.group_by("symbol").agg(pl.col("bar").max().alias("final"))
    made = made.join(last, on="symbol", how="left", maintain_order="left")
    bar = (
        pl.when(pl.col("reason") == "end_of_data")
        .then("final")
        .otherwise(pl.when("inside").then("closing").otherwise("opening"))
    )
    side = pl.when(pl.col("side") == "buy").then(1.0).otherwise(-1.0)
    slip = pl.when(pl.col("qty") > 0).then(pl.col("slippage") / pl.col("qty")).otherwise(0.0)
    made = made.with_columns(bar.alias("bar"), side.alias("side"), (pl.col("price") - side * slip).alias("raw"))
    made = made.drop("low", "high", "closing", "opening", "final")
    return made.join(bars.select("symbol", "bar", "step"), on=["symbol", "bar"], how="left", maintain_order="left")


def held_columns(folder: pathlib.Path) -> dict[str, str]:
    """The column of signed quantity in `equity.parquet` by symbol."""
    symbols = [str(one["symbol"]) for one in manifest_of(folder)["data"]]
    return {symbols[0]: "position"} if len(symbols) == 1 else {name: f"position_{name}" for name in symbols}


def account(folder: pathlib.Path, start: float) -> pl.DataFrame:
    """Cash, positions, equity and drawdown at every close; `worth` is what is held, without sign."""
    bars, made = base_bars(folder), fills(folder)
    last = int(bars["step"].max())  # type: ignore[arg-type]  # a run has bars
    step = pl.when(pl.col("reason") == "end_of_data").then(last).otherwise("step").alias("step")
    paid = pl.col("side") * pl.col("qty") * pl.col("price") + pl.col("fee") + pl.col("funding")
    made = made.with_columns(step, paid.alias("paid"), (pl.col("side") * pl.col("qty")).alias("bought"))
    marked = bars.select("step", pl.col("known").alias("time")).unique("step").sort("step")
    marked = marked.join(made.group_by("step").agg(pl.col("paid").sum()), on="step", how="left", maintain_order="left")
    marked = marked.with_columns((start - pl.col("paid").fill_null(0.0).cum_sum()).alias("cash"))
    held, worth = pl.lit(0.0), pl.lit(0.0)
    for symbol, column in held_columns(folder).items():
        own = bars.filter(pl.col("symbol") == symbol).select("step", "close")
        bought = made.filter(pl.col("symbol") == symbol).group_by("step").agg(pl.col("bought").sum())
        for table in (own, bought):
            marked = marked.join(table, on="step", how="left", maintain_order="left")
        marked = marked.with_columns(
            pl.col("bought").fill_null(0.0).cum_sum().alias(column), pl.col("close").forward_fill().fill_null(0.0)
        ).rename({"close": f"close_{symbol}"}).drop("bought")  # fmt: skip
        value = pl.col(column) * pl.col(f"close_{symbol}")
        held, worth = held + value, worth + value.abs()
    marked = marked.with_columns((pl.col("cash") + held).alias("equity"), worth.alias("worth"))
    return marked.with_columns((pl.col("equity") / pl.col("equity").cum_max() - 1.0).alias("drawdown"))


def pauses(folder: pathlib.Path) -> pl.DataFrame:
    """The guards that pause the whole account at each close, as all its symbols' decisions name them."""
    other = pl.element().filter(~pl.element().is_in(["cooldown", ""]))  # a set_difference would lose their order
    named = pl.col("guards_account").str.split("|").list.eval(other)
    told = read(folder, "decisions").select("time", named.list.join("|").alias("paused"))
    assert told.group_by("time").agg(pl.col("paused").n_unique())["paused"].max() in (None, 1)
    return told.unique("time").sort("time")


def whole_bars(folder: pathlib.Path) -> pl.DataFrame:
    """Each bar that a position was held through to its close: `fresh` on the bar of a limit fill inside it."""
    bars = (
        base_bars(folder).select("symbol", pl.col("bar").alias("each"), "time", "high", "low").rename({"time": "began"})
    )
    held = positions(folder).select(
        "position_id", "symbol", "side", "inside", "bar", pl.int_ranges("bar", pl.col("last") + 1).alias("each")
    )
    through = held.explode("each").drop_nulls("each").join(bars, on=["symbol", "each"])
    return through.with_columns((pl.col("inside") & (pl.col("each") == pl.col("bar"))).alias("fresh"))


def _extremes(bars: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Highest and lowest price of the bars each position was held through; of a limit's bar only what followed it."""
    through = held.with_columns(pl.int_ranges("bar", pl.col("last") + 1).alias("each")).explode("each")
    through = through.drop_nulls("each").join(
        bars.select("symbol", pl.col("bar").alias("each"), "high", "low", "close"), on=["symbol", "each"]
    )
    first = pl.col("inside") & (pl.col("each") == pl.col("bar"))
    long = pl.col("side") > 0
    return through.group_by("position_id").agg(
        pl.when(first & long).then("close").otherwise("high").max().alias("high"),
        pl.when(first & ~long).then("close").otherwise("low").min().alias("low"),
    )


def positions(folder: pathlib.Path) -> pl.DataFrame:
    """Every position from its legs, with the best and worst price while it was held, in the order of entry."""
    made, bars = fills(folder), base_bars(folder)
    entry = made.filter(pl.col("reason") == "entry")
    leave = made.filter(~pl.col("reason").is_in(["entry", "funding"]))
    out = leave.group_by("position_id").agg(
        pl.col("qty").sum().alias("qty_out"), ((pl.col("qty") * pl.col("price")).sum()).alias("taken"),
        pl.col("fee").sum().alias("fee_out"), pl.col("slippage").sum().alias("slippage_out"),
        pl.col("price").max().alias("highest_out"), pl.col("price").min().alias("lowest_out"),
        pl.col("side").unique().alias("sides_out"),
        pl.col("time", "bar", "reason", "inside").sort_by("leg").last().name.suffix("_out"),
    )  # fmt: skip
    paid = made.group_by("position_id").agg(pl.col("funding").sum().alias("funding_paid"))
    both = entry.join(out, on="position_id").join(paid, on="position_id").sort("leg")
    over = (pl.col("reason_out") == "end_of_data").cast(pl.Int64)
    both = both.with_columns((pl.col("bar_out") - 1 + over).alias("last"))
    both = both.join(_extremes(bars, both), on="position_id", how="left", maintain_order="left")
    return both.with_columns(
        pl.max_horizontal("high", "price", "highest_out").alias("high"),
        pl.min_horizontal("low", "price", "lowest_out").alias("low"),
        (pl.col("taken") / pl.col("qty_out")).alias("price_out"),
        (pl.col("side") * (pl.col("taken") - pl.col("qty") * pl.col("price"))).alias("profit"),
        (pl.col("bar_out") - pl.col("bar") + pl.col("inside_out").cast(pl.Int64)).alias("bars"),
    )
