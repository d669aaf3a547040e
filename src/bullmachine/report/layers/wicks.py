"""Absorption by a wick, and volume spikes: marks at their bar."""

from __future__ import annotations

from typing import Any, Final

from bullmachine.report.evidence import fed, packed, things
from bullmachine.report.pack import Block
from bullmachine.report.read import Run

__all__ = ["NAME", "build"]

NAME: Final = "wicks"


def build(run: Run, symbol: str, block: Block) -> dict[str, Any]:
    """Columns with `price`; they are over when they are known."""
    rows = things(run, symbol, ["WICK_ABSORB", "VOL_SPIKE"]).with_columns(end="t_known")
    return packed(rows, fed(run, symbol), block, "price")
