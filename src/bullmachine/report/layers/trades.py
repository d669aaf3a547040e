"""Entries and exits: every fill of a position at its price; its numbers are those of the list of trades."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from bullmachine.report.pack import Block, milliseconds
from bullmachine.report.read import Run

__all__ = ["NAME", "build"]

NAME: Final = "trades"


def build(run: Run, symbol: str, block: Block) -> dict[str, Any]:
    """Columns `position, entry, time, price, reason` of the fills in order of time; settlements of funding are none."""
    fills = run.of("legs", symbol).filter(pl.col("qty") != 0).sort("time", maintain_order=True)
    return {
        "position": block.put(fills["position_id"]),
        "time": block.put(milliseconds(fills["time"])),
        "price": block.put(fills["price"]),
        "reason": block.names(fills["reason"]),
    }
