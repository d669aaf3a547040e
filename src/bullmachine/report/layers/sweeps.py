"""Sweeps of liquidity, runs, and the smart-money reversals that follow: the swept level and how far price went."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from bullmachine.report.evidence import fed, packed, things
from bullmachine.report.pack import Block
from bullmachine.report.read import Run

__all__ = ["NAME", "build"]

NAME: Final = "sweeps"


def build(run: Run, symbol: str, block: Block) -> dict[str, Any]:
    """Columns with `price` (the swept level) and `extreme`; a sweep is over when it is known, a reversal lives on."""
    rows = things(run, symbol, ["SWEEP", "POOL_RUN", "SMR"])
    above = (pl.col("kind") == "POOL_RUN") == (pl.col("dir") > 0)  # a run goes where it points, a sweep turned back
    lives = pl.col("kind") == "SMR"
    rows = rows.with_columns(
        extreme=pl.when(above).then("hi").otherwise("lo"), end=pl.when(lives).then("end").otherwise("t_known")
    )
    return packed(rows, fed(run, symbol), block, "price", "extreme")
