"""What happened in the ranges: a label at the bar it is about, on the side of the range on which it happened."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from bullmachine.engines.wyckoff import Phase
from bullmachine.report.evidence import events_of, extremes, fed, packed, things
from bullmachine.report.pack import Block
from bullmachine.report.read import Run
from bullmachine.report.words import REASONS

__all__ = ["NAME", "build", "marks"]

NAME: Final = "turns"
#: events of an accumulation that happen at its top, and of a distribution that do at its bottom: strength and weakness
_STRONG: Final = {"SOS": 1, "JAC": 1, "MARKUP": 1, "UA": 1, "SOW": -1, "BREAK_ICE": -1, "MARKDOWN": -1, "MSOW": -1}
#: the others at the edge that the machine defends
_KEEN: Final = {
    **dict.fromkeys(("PS", "SC", "UNDERCUT", "SPRING", "TEST", "LPS", "LPS_C", "BU", "ACC_FAIL", "FAILED_SOS"), -1),
    **dict.fromkeys(
        ("PSY", "BC", "UT", "UTAD", "UTAD_TEST", "LPSY", "LPSY_C", "LPSY_ICE", "DIST_FAIL", "FAILED_SOW"), 1
    ),
}
_SIDES: Final = _STRONG | _KEEN
_EITHER: Final = {"AR": 1, "ST": -1}  #: by their direction
_FAILS: Final = ("ACC_FAIL", "DIST_FAIL")


def marks(run: Run, symbol: str) -> pl.DataFrame:
    """One row per event with `side` (+1 above its bar), `edge` (that bar's high or low), `why`, and `shape`.

    `shape` is 1 for the failure of a climax that made no range, 2 for what is told again, else 0. A climax in whose
    place came a newer one is over.
    """
    rows = things(run, symbol, [*_SIDES, *_EITHER])
    newer = events_of(run, symbol).filter(pl.col("reason") == "replaced", pl.col("kind").is_in(["SC", "BC"]))
    newer = newer.select(id="parent", later="t_known").unique("id", keep="first", maintain_order=True)
    rows = rows.join(newer, on="id", how="left", maintain_order="left")
    either = pl.col("dir") * pl.col("kind").replace_strict(_EITHER, default=0, return_dtype=pl.Int64)
    side = pl.col("kind").replace_strict(_SIDES, default=either, return_dtype=pl.Int64)
    gone = pl.col("later").is_not_null()
    lone = pl.col("kind").is_in(_FAILS) & (pl.col("ev").arr.get(0) == float(Phase.A1))
    again = pl.col("kind").is_in(["SPRING", "UTAD"]) & (pl.col("state") == "update")
    rows = rows.with_columns(
        side=side,
        end=pl.coalesce("later", "end"),
        over=pl.when(gone).then(pl.lit(REASONS["replaced"])).otherwise("over"),
        why=pl.when(pl.col("state") == "update").then(pl.lit("")).otherwise(pl.col("reason").replace(REASONS)),
        shape=pl.when(lone).then(1).when(again).then(2).otherwise(0),
    )
    return extremes(run, symbol, rows.drop("later"))


def build(run: Run, symbol: str, block: Block) -> dict[str, Any]:
    """Columns of `marks` with `price`."""
    return packed(marks(run, symbol), fed(run, symbol), block, "price", "edge", "side", "why", "shape")
