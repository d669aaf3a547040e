"""Order blocks; a close through one turns it into a breaker of the other direction."""

from __future__ import annotations

from typing import Any, Final

from bullmachine.report.pack import Block
from bullmachine.report.read import Run
from bullmachine.report.zones import zones

__all__ = ["NAME", "build"]

NAME: Final = "blocks"


def build(run: Run, symbol: str, block: Block) -> dict[str, Any]:
    """Columns of `zones`."""
    return zones(run, symbol, block, ["OB"], "BREAKER")
