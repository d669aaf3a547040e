"""Reactions at a zone: what they claim, and whether it came true."""

from __future__ import annotations

from typing import Any, Final

from bullmachine.report.evidence import fed, packed, things
from bullmachine.report.pack import Block
from bullmachine.report.read import Run

__all__ = ["NAME", "build"]

NAME: Final = "reactions"


def build(run: Run, symbol: str, block: Block) -> dict[str, Any]:
    """Columns with `price`, the middle of the zone."""
    return packed(things(run, symbol, ["HOB_REACTION"]), fed(run, symbol), block, "price")
