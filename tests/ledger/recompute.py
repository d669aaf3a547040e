"""The account and the positions of a run, worked out again from its fills and its bars in plain polars."""

from __future__ import annotations

import json
import pathlib
from typing import Final

import polars as pl

AT_OPEN: Final = ("entry", "opposite")


def read(folder: pathlib.Path, table: str) -> pl.DataFrame:
    """A table of a run folder with names as plain text."""
    return pl.read_parquet(folder / f"{table}.parquet", glob=False).with_columns(pl.col(pl.Categorical).cast(pl.String))


def base_bars(folder: pathlib.Path) -> pl.DataFrame:
    """The window's bars of the base timeframe, numbered."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    base = manifest["config"]["resolved"]["data"]["timeframes"][0]
    return read(folder, "bars").filter(pl.col("tf") == base).sort("time").with_row_index("bar")


def fills(folder: pathlib.Path) -> pl.DataFrame:
    """The fills with the number of the bar they happened on: `side` is +1 or -1, `raw` is before slippage.

    A fill at an open carries the bar's open time, any other its close time.
    """
    bars = base_bars(folder).select("bar", "time", "known")
    made = read(folder, "legs").with_columns(pl.when(pl.col("side") == "buy").then(1.0).otherwise(-1.0).alias("side"))
    opened = made.filter(pl.col("reason").is_in(AT_OPEN)).join(bars.drop("known"), on="time", how="left")
    inside = made.filter(~pl.col("reason").is_in(AT_OPEN)).join(
        bars.drop("time").rename({"known": "time"}), on="time", how="left"
    )
    raw = pl.col("price") - pl.col("side") * pl.col("slippage") / pl.col("qty")
    at_open = pl.col("reason").is_in(AT_OPEN)
    return (
        pl.concat([opened, inside])
        .with_columns(raw.alias("raw"), (~at_open).alias("late"))
        .sort("bar", "late", "position_id", maintain_order=True)
    )


def account(folder: pathlib.Path, start: float) -> pl.DataFrame:
    """Cash, position, equity and drawdown at every close."""
    paid = pl.col("side") * pl.col("qty") * pl.col("price") + pl.col("fee") + pl.col("funding")
    flows = fills(folder).group_by("bar").agg(
        paid.sum().alias("paid"),
        (pl.col("side") * pl.col("qty")).sum().alias("bought"),
        paid.filter(pl.col("reason") == "end_of_data").sum().alias("paid_at_the_end"),
        (pl.col("side") * pl.col("qty")).filter(pl.col("reason") == "end_of_data").sum().alias("bought_at_the_end"),
    )  # fmt: skip
    marked = (
        base_bars(folder)
        .join(flows, on="bar", how="left")
        .sort("bar")
        .with_columns(pl.col("paid", "bought", "paid_at_the_end", "bought_at_the_end").fill_null(0.0))
        .with_columns((start - pl.col("paid").cum_sum()).alias("cash"), pl.col("bought").cum_sum().alias("position"))
        .with_columns((pl.col("cash") + pl.col("position") * pl.col("close")).alias("equity"))
    )
    # the last close was marked before the data ended there; that mark is no row but may be the peak
    before = pl.col("equity") + pl.col("paid_at_the_end") - pl.col("bought_at_the_end") * pl.col("close")
    return marked.with_columns((pl.col("equity") / before.cum_max() - 1.0).alias("drawdown"))


def positions(folder: pathlib.Path) -> pl.DataFrame:
    """Every position from its two fills, with the best and worst price of the bars it was held through."""
    made = fills(folder)
    entry = made.filter(pl.col("reason") == "entry")
    leave = made.filter(pl.col("reason") != "entry")
    pairs = entry.join(leave, on="position_id", suffix="_out").sort("position_id")
    whole = pl.col("bar_out") - (pl.col("reason_out") != "end_of_data").cast(pl.Int64)  # last bar held through
    held = (
        pairs.select("position_id", "bar", whole.alias("last"))
        .with_columns(pl.int_ranges("bar", pl.col("last") + 1).alias("bar"))
        .explode("bar")
        .drop_nulls("bar")
        .with_columns(pl.col("bar").cast(pl.UInt32))
        .join(base_bars(folder).select("bar", "high", "low"), on="bar")
        .group_by("position_id")
        .agg(pl.col("high").max(), pl.col("low").min())
    )
    return (
        pairs.join(held, on="position_id", how="left")
        .with_columns(
            pl.max_horizontal("high", "price", "price_out").alias("high"),
            pl.min_horizontal("low", "price", "price_out").alias("low"),
            (pl.col("side") * pl.col("qty") * (pl.col("price_out") - pl.col("price"))).alias("profit"),
            (pl.col("bar_out").cast(pl.Int64) - pl.col("bar") + (pl.col("reason_out") != "opposite")).alias("bars"),
        )
        .sort("position_id")
    )
