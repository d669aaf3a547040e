"""Layers: what the chart draws over the candles.

A layer is a module here with `NAME`, and `build(run, symbol, block)` that returns its data as JSON values and
packed columns, and `web/layers/<NAME>.js` that calls `Bull.layer(NAME, {title, draw(view, data)})`. It is
listed in `LAYERS`, the first one drawn first; the page gets a switch with its title.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from bullmachine.report.layers import steps, trades

__all__ = ["LAYERS"]

LAYERS: Final[tuple[ModuleType, ...]] = (steps, trades)
