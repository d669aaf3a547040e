"""Breaks of structure: from the bar of the broken swing to the bar that broke it; displacement at its bar."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from bullmachine.report.evidence import bar_time, fed, packed, things
from bullmachine.report.pack import Block
from bullmachine.report.read import Run

__all__ = ["NAME", "build", "lines"]

NAME: Final = "breaks"
_KINDS: Final = ("BOS", "CHOCH", "MSS", "DISPL", "SMC4_BOS", "SMC4_CHOCH")
_BROKE: Final = ("BOS", "CHOCH")  #: kinds whose first number is the bar of the swing they broke


def lines(run: Run, symbol: str) -> pl.DataFrame:
    """One row per break with `from`, the open of the broken swing's bar.

    A change of character that is a market structure shift too is one line: the shift, as `also` the other's id.
    """
    rows = things(run, symbol, _KINDS)
    swing = pl.when(pl.col("kind").is_in(_BROKE)).then(pl.col("ev").arr.get(0))
    broke = rows.select(also="id", broken=swing).drop_nulls()
    shifts = rows.filter(pl.col("kind") == "MSS")["parent"]
    also = pl.when(pl.col("kind") == "MSS").then("parent").otherwise("id")
    rows = rows.filter(~pl.col("id").is_in(shifts.implode())).with_columns(also=also, end="t_known", over=pl.lit(""))
    rows = rows.join(broke, on="also", how="left", maintain_order="left")
    back = rows.select(pl.col("i_ref") - pl.coalesce("broken", "i_ref")).to_series()
    return rows.with_columns(bar_time(run, symbol, rows, back).alias("from"))


def build(run: Run, symbol: str, block: Block) -> dict[str, Any]:
    """Columns of `lines` with `from`, `price`."""
    rows, links = lines(run, symbol), fed(run, symbol)
    same = rows.select("also", shown="id")
    links = links.join(same, left_on="id", right_on="also", how="left")
    links = links.select(pl.coalesce("shown", "id").alias("id"), "position").unique()
    return packed(rows, links, block, "from", "price")
