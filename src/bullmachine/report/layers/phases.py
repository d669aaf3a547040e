"""The phase of both sides on each timeframe, as a strip under the chart."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from bullmachine.report.evidence import fed, packed
from bullmachine.report.pack import Block
from bullmachine.report.phases import stretches
from bullmachine.report.read import Run

__all__ = ["NAME", "build"]

NAME: Final = "phases"


def build(run: Run, symbol: str, block: Block) -> dict[str, Any]:
    """Columns of `stretches`; a stretch feeds nothing, what made it does."""
    rows = stretches(run, symbol).with_columns(
        kind=pl.col("phase"),
        id=pl.int_range(pl.len()),
        score=0.0,
        over=pl.lit(""),
        begun=pl.col("begun").cast(pl.Int64),
    )
    return packed(rows.with_columns(t_ref="t_known"), fed(run, symbol).clear(), block, "begun", "phase")
