"""Liquidity pools: a level from the close at which it was known, moved by each equal high or low that joins it."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from bullmachine.report.evidence import fed, packed, things
from bullmachine.report.pack import Block
from bullmachine.report.read import Run
from bullmachine.report.words import POOLS

__all__ = ["NAME", "build", "segments"]

NAME: Final = "pools"


def segments(run: Run, symbol: str) -> pl.DataFrame:
    """One row per stretch of a level: the pool's id, its pivots so far (`n`), where it comes from (`source`).

    A stretch ends where the next begins; only the last one ends as the pool does.
    """
    rows = things(run, symbol, ["POOL", "EQH", "EQL"])
    pool = pl.when(pl.col("kind") == "POOL").then("id").otherwise("parent")
    opens = rows.filter(pl.col("kind") == "POOL").select(
        pool="id", source=pl.col("ev").arr.get(1), ends="end", how="over"
    )
    rows = rows.with_columns(pool=pool, n=pl.col("ev").arr.get(0)).join(
        opens, on="pool", how="left", maintain_order="left"
    )
    after = pl.col("t_known").shift(-1).over("pool")
    last = after.is_null()
    names = (
        pl.col("source").fill_null(0.0).replace_strict(dict(enumerate(POOLS)), default=POOLS[0], return_dtype=pl.String)
    )
    return rows.with_columns(
        id="pool",
        source=names,
        end=pl.when(last).then(pl.coalesce("ends", "end")).otherwise(after),
        over=pl.when(last).then(pl.col("how").fill_null("")).otherwise(pl.lit("another one joined it")),
    ).drop("ends", "how")  # unknown for a pool that opened before the window


def build(run: Run, symbol: str, block: Block) -> dict[str, Any]:
    """Columns of `segments` with `price`, `n`, `source`."""
    return packed(segments(run, symbol), fed(run, symbol), block, "price", "n", "source")
