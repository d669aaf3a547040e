"""Counts how often each shipped setup fires, asks and trades on files of hourly bars, and what came of it.

    python docs/method/count_setups.py ETHUSDT_1h.parquet BTCUSDT_1h.parquet

The tables of setups.md are what this prints: bars from 2019 on, with the preset, `fusion.mode = setups`, without macro.
"""

from __future__ import annotations

import pathlib
import sys

import polars as pl

import bullmachine as bm

__all__ = ["rows_of"]

SETUPS = ("breaker_retest", "fvg_continuation", "hob_reaction", "ob_retest", "sos_backup", "spring", "sweep_reversal")


def rows_of(path: pathlib.Path) -> list[list[str]]:
    """The rows of one file's table: fired for either side, asked, orders, positions, gross and net R."""
    first = pl.scan_parquet(path).select(pl.col("timestamp").min()).collect().item()
    start = max(first.date().isoformat(), "2019-01-01")
    result = bm.backtest(path, start=start, overrides={"fusion.mode": "setups"}, baseline=False)
    fired = {side: result.decisions[f"fired_{side}"].cast(pl.String).str.split("|") for side in ("long", "short")}
    return [
        [
            f"`{name}`",
            *(str(int(fired[side].list.contains(name).sum())) for side in ("long", "short")),
            str(len(asked := result.signals.filter(pl.col("source").cast(pl.String) == name))),
            str(int((asked["lots"] > 0).sum())),
            str(len(made := result.positions.filter(pl.col("source").cast(pl.String) == name))),
            *(f"{made[column].sum():.1f}" for column in ("r_gross", "r_net")),
        ]
        for name in SETUPS
    ]


if __name__ == "__main__":
    for file in sys.argv[1:]:
        for row in rows_of(pathlib.Path(file)):
            print(f"| {' | '.join(row)} |")  # noqa: T201  (what it is for)
