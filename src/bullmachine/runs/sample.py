"""The synthetic sample market as bars: to try things without data of one's own."""

from __future__ import annotations

import dataclasses

from bullmachine.market.read import read_bars
from bullmachine.market.report import Bars
from bullmachine.market.sample import SAMPLE_NAME, sample_rows

__all__ = ["sample"]


def sample() -> Bars:
    """Two years of SYNTHETIC hourly bars from 2022-01-01, the same bytes everywhere.

    >>> import bullmachine as bm
    >>> bm.sample().report.symbol, len(bm.sample().rows)
    ('SYNTHETIC', 17520)
    """
    import polars as pl  # noqa: PLC0415  (0.2 s that other runs do not pay)

    rows = sample_rows()
    time = pl.Series(rows["ts"].copy()).cast(pl.Datetime("ms", "UTC"))
    prices = {name: rows[name].copy() for name in ("open", "high", "low", "close", "volume")}
    read = read_bars(pl.DataFrame({"timestamp": time, **prices}), timeframe="1h", calendar="24x7")
    return dataclasses.replace(
        read, report=dataclasses.replace(read.report, name="synthetic sample", symbol=SAMPLE_NAME)
    )
