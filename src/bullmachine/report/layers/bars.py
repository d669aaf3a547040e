"""Single bars (volume against spread) and candle sweeps."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from bullmachine.report.evidence import extremes, fed, packed, things
from bullmachine.report.pack import Block
from bullmachine.report.read import Run

__all__ = ["NAME", "build"]

NAME: Final = "bars"
_BARS: Final = (
    *("CLIMAX_DOWN", "CLIMAX_UP", "STOPPING_VOLUME", "SUPPLY_SWAMP", "NO_SUPPLY", "NO_DEMAND"),
    *("REV_UPTHRUST_BAR", "UPTHRUST_BAR", "EFFORT_NO_RESULT"),
)


def build(run: Run, symbol: str, block: Block) -> dict[str, Any]:
    """Columns with `price`, `edge` (the end of the bar for which it speaks), `side` (+1: its high)."""
    rows = things(run, symbol, [*_BARS, "CRT"])
    lives = pl.when(pl.col("kind") == "CRT").then("end").otherwise("t_known")
    rows = extremes(run, symbol, rows.with_columns(side=-pl.col("dir"), end=lives))
    return packed(rows, fed(run, symbol), block, "price", "edge", "side")
