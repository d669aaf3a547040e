"""Trading ranges: boxes between support and creek with their phases."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from bullmachine.report.evidence import events_of, fed, packed
from bullmachine.report.glossary import KINDS, TURNED
from bullmachine.report.pack import Block, milliseconds
from bullmachine.report.phases import stretches
from bullmachine.report.ranges import Structure, structures
from bullmachine.report.read import Run

__all__ = ["NAME", "build", "ranges"]

NAME: Final = "ranges"
_TIME: Final = pl.Datetime("ms", "UTC")
_SCHEMA: Final[dict[str, Any]] = {
    **dict.fromkeys(("id", "dir"), pl.Int64),
    **dict.fromkeys(("kind", "tf", "over", "made"), pl.String),
    **dict.fromkeys(("t_known", "t_ref", "end", "left", "decided"), _TIME),
    "score": pl.Float64,
}
_NAMES: Final = {1: "accumulation", -1: "distribution"}


def ranges(run: Run, symbol: str) -> tuple[pl.DataFrame, list[Structure]]:
    """One row per range with `left` (markup began, else its end) and `decided`, and the structures they are."""
    found, last = structures(events_of(run, symbol)), run.bars(symbol)["known"].max()
    rows = [
        {
            "id": s.id, "kind": _NAMES[s.way], "tf": s.tf, "dir": s.way, "score": 0.0, "over": s.over,
            "made": (TURNED if s.way < 0 and s.kind in TURNED else KINDS)[s.kind].words,
            "t_known": s.known, "t_ref": s.ref, "end": s.end or last, "left": s.left or s.end or last,
            "decided": s.decided or (last if s.twin else s.known),
        }
        for s in found
    ]  # fmt: skip
    return pl.DataFrame(rows, _SCHEMA), found


def phases(run: Run, symbol: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The phases of each range: `row`, `t_known`, `phase`, in order of both."""
    spans = rows.select("tf", "dir", "t_known", until="end").with_row_index("row")
    found = stretches(run, symbol).join_asof(spans, on="t_known", by=["tf", "dir"], check_sortedness=False)
    return found.filter(pl.col("t_known") < pl.col("until")).sort("row", "t_known").select("row", "t_known", "phase")


def build(run: Run, symbol: str, block: Block) -> dict[str, Any]:
    """Columns of `ranges`, `made` (what made it), and by row the `edges` and the `phases` from when on they held."""
    rows, found = ranges(run, symbol)
    made = packed(rows, fed(run, symbol), block, "left", "decided", "made")
    edges = [(k, *edge) for k, s in enumerate(found) for edge in s.edges]
    names: dict[str, Any] = {"row": pl.Int64, "time": _TIME, "lo": pl.Float64, "hi": pl.Float64}
    steps, turns = pl.DataFrame(edges, names, orient="row"), phases(run, symbol, rows)
    made["edges"] = {
        "row": block.put(steps["row"]), "time": block.put(milliseconds(steps["time"])),
        "lo": block.put(steps["lo"]), "hi": block.put(steps["hi"]),
    }  # fmt: skip
    made["phases"] = {
        "row": block.put(turns["row"]), "time": block.put(milliseconds(turns["t_known"])),
        "phase": block.names(turns["phase"].str.head(1)),
    }  # fmt: skip
    return made
