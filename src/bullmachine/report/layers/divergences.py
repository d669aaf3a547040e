"""Divergences of price and oscillator: a line from the older pivot to the newer, known when that is confirmed."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from bullmachine.report.evidence import bar_time, fed, packed, things
from bullmachine.report.pack import Block
from bullmachine.report.read import Run

__all__ = ["NAME", "build"]

NAME: Final = "divergences"


def build(run: Run, symbol: str, block: Block) -> dict[str, Any]:
    """Columns with `from` and `older` (the older pivot's bar and level), and `price`, the newer one's level."""
    rows = things(run, symbol, ["DIV_REG", "DIV_HID"])
    apart = rows["ev"].arr.get(3)  # bars between the two pivots
    older = pl.when(pl.col("price") == pl.col("lo")).then("hi").otherwise("lo")
    rows = rows.with_columns(bar_time(run, symbol, rows, apart).alias("from"), end="t_known", older=older)
    return packed(rows, fed(run, symbol), block, "from", "price", "older")
