"""Phases of both sides on every timeframe, as stretches of the decided bars in which they stayed the same."""

from __future__ import annotations

from typing import Final

import polars as pl

from bullmachine.report.read import STREAMS, Run

__all__ = ["WAYS", "stretches"]

#: sides of a decision's phases, and their direction
WAYS: Final = {"long": 1, "short": -1}


def stretches(run: Run, symbol: str) -> pl.DataFrame:
    """One row per stretch of a phase, in order of time; where there is none there is no row.

    Columns: `tf`, `dir`, `phase`, `t_known` (the close it is known with), `end` (the close at which the next one is, or
    the run's last) and `begun`: false where it was there at the window's first close.
    """
    rows = run.of("decisions", symbol)
    found = [
        _stretches(rows, f"phase_{side}.{stream}", run.frames[stream], way)
        for stream in STREAMS
        for side, way in WAYS.items()
    ]
    return pl.concat(found).filter(pl.col("phase") != "N").sort("t_known", maintain_order=True)


def _stretches(rows: pl.DataFrame, column: str, tf: str, way: int) -> pl.DataFrame:
    side = {"tf": pl.lit(tf), "dir": pl.lit(way, pl.Int64)}
    turns = rows.select(t_known="time", phase=column, last=pl.col("time").max(), begun=pl.int_range(pl.len()) > 0)
    turns = turns.filter((pl.col("phase") != pl.col("phase").shift(1)).fill_null(value=True))
    return turns.select("t_known", "phase", "begun", end=pl.coalesce(pl.col("t_known").shift(-1), "last"), **side)
