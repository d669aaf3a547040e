"""Layers: what the chart draws over the candles.

A layer is a module here with `NAME`, and `build(run, symbol, block)` that returns its data as JSON values and
packed columns, and `web/layers/<NAME>.js` that calls `Bull.layer(NAME, {title, draw(view, data)})`. It is
listed in `LAYERS`, the first one drawn first; the page gets a switch with its title.

All but the last two draw what engines said (`report/evidence.py`, `web/evidence.js`): they are hidden but for
what fed a trade, until their switch is pressed.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from bullmachine.report.layers import (
    bars,
    blocks,
    breaks,
    divergences,
    gaps,
    hidden,
    phases,
    pools,
    ranges,
    reactions,
    steps,
    sweeps,
    trades,
    turns,
    wicks,
)

__all__ = ["LAYERS"]

LAYERS: Final[tuple[ModuleType, ...]] = (
    *(ranges, gaps, blocks, hidden, pools, breaks, sweeps, reactions, wicks, divergences, bars, turns, phases),
    *(steps, trades),
)
