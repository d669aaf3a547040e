"""Hidden order blocks, whole and half hidden."""

from __future__ import annotations

from typing import Any, Final

from bullmachine.report.pack import Block
from bullmachine.report.read import Run
from bullmachine.report.zones import zones

__all__ = ["NAME", "build"]

NAME: Final = "hidden"


def build(run: Run, symbol: str, block: Block) -> dict[str, Any]:
    """Columns of `zones`."""
    return zones(run, symbol, block, ["HOB", "PHOB"])
