"""Zones: boxes between two prices, from the close at which they were known until what ended them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from bullmachine.report.evidence import events_of, fed, packed, things
from bullmachine.report.glossary import KINDS
from bullmachine.report.pack import Block
from bullmachine.report.read import Run

__all__ = ["zones"]


def zones(run: Run, symbol: str, block: Block, kinds: Sequence[str], flip: str = "") -> dict[str, Any]:
    """Columns of zones of `kinds` with `lo`, `hi` and `flip`: when an event of that kind turned it, else its end.

    A later event of an order block or a hidden one adds to the zone it is about; every gap is a zone of its own.
    A zone that was known before the window is not among the events, and so not among these.
    """
    rows = things(run, symbol, kinds).filter((pl.col("state") == "new") | (pl.col("kind") == "FVG"))
    turned = events_of(run, symbol).filter(pl.col("kind") == flip).select("parent", flip="t_known")
    turned = turned.unique("parent", keep="first", maintain_order=True)
    rows = rows.join(turned, left_on="id", right_on="parent", how="left", maintain_order="left")
    rows = rows.with_columns(pl.coalesce("flip", "end"))
    made = packed(rows, fed(run, symbol), block, "flip", "lo", "hi")
    if flip:
        made["flipped"] = KINDS[flip]._asdict()
    return made
