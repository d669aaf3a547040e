"""Stop and target prices as step lines: a price holds until the next row of its position and kind, or the exit."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from bullmachine.report.pack import Block, milliseconds
from bullmachine.report.read import Run

__all__ = ["NAME", "build", "segments"]

NAME: Final = "steps"
_HOLDS: Final = ("placed", "moved")


def segments(run: Run, symbol: str) -> pl.DataFrame:
    """One row per stretch of a level: `position_id, kind, from, to, price`, in order of `from`."""
    exits = run.of("positions", symbol).select(position_id="id", exit="exit_time")
    levels = run.of("orders", symbol).filter(
        (pl.col("kind") == "stop") | pl.col("kind").str.starts_with("target"), pl.col("position_id") > 0
    )
    after = pl.col("time").shift(-1).over("position_id", "kind")
    held = levels.sort("time", maintain_order=True).with_columns(next=after).join(exits, on="position_id")
    held = held.filter(pl.col("state").is_in(_HOLDS)).with_columns(to=pl.min_horizontal("next", "exit"))
    return held.select("position_id", "kind", pl.col("time").alias("from"), "to", "price").sort(
        "from", maintain_order=True
    )


def build(run: Run, symbol: str, block: Block) -> dict[str, Any]:
    """Columns `position, kind, from, to, price` of `segments`."""
    found = segments(run, symbol)
    return {
        "position": block.put(found["position_id"]),
        "kind": block.names(found["kind"]),
        "from": block.put(milliseconds(found["from"])),
        "to": block.put(milliseconds(found["to"])),
        "price": block.put(found["price"]),
    }
