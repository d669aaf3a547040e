"""Finer bars into base bars: the buckets of `market.buckets`, made of a whole file at once.

A bucket counts once its end is reached: every one but the last is ended by the bars after it, the last only by
a bar of its own that ends with it. A bucket without any finer bar does not exist. Nothing is filled in.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.errors import DataError
from bullmachine.core.time import timeframe_name
from bullmachine.market.account import largest_holes
from bullmachine.market.find import find_calendar, find_gaps
from bullmachine.market.report import Bars, DataReport, Finer

__all__ = ["resample"]

_Array = np.ndarray[Any, Any]


def resample(bars: Bars, tf: int) -> Bars:
    """Bars of `tf` ms, at most a day, from finer ones that divide it; `finer` of the result is what they are made of.

    Open of the first, highest high, lowest low, close of the last, sum of volumes (missing if one is), sum of the
    rows dropped before them.

    Raises:
        DataError: the bars do not reach the end of a single bucket.

    >>> import bullmachine as bm
    >>> made = resample(bm.sample(), 14_400_000)
    >>> len(made.rows), made.timeframe, str(made.finer)
    (4380, 14400000, 'synthetic sample holds 1h bars: resampled to 4h')
    """
    starts = bars.rows["ts"] - bars.rows["ts"] % tf
    first = np.flatnonzero(np.diff(starts, prepend=-1))
    count = np.diff(first, append=len(starts))
    left = 0 if bars.rows["ts"][-1] + bars.timeframe == starts[-1] + tf else int(count[-1])
    if left:
        first, count = first[:-1], count[:-1]
    if not len(first):
        raise DataError(
            f"{bars.report.name}: its {len(starts):,} {timeframe_name(bars.timeframe)} bars reach the end of no "
            f"{timeframe_name(tf)} bar; give a longer file",
            path=bars.report.name,
        )
    used = slice(0, len(starts) - left)
    rows = _joined(bars.rows[used], starts[first], first, count)
    partial = int(np.sum(count < tf // bars.timeframe))
    return Bars(
        rows,
        tf,
        _report(bars.report, rows, tf),
        np.add.reduceat(bars.dropped[used], first),
        Finer(bars, tf, partial, left),
    )


def _joined(rows: _Array, starts: _Array, first: _Array, count: _Array) -> _Array:
    return rows_from_columns(
        starts,
        rows["open"][first],
        np.maximum.reduceat(rows["high"], first),
        np.minimum.reduceat(rows["low"], first),
        rows["close"][first + count - 1],
        _sums(rows["volume"], first, count),
    )


def _sums(values: _Array, first: _Array, count: _Array) -> _Array:
    """Sums in the order of rows, as a stream makes them; `np.add.reduceat` pairs them, and the last bit differs."""
    total = np.zeros(len(first))
    for k in range(int(count.max())):
        there = count > k
        total[there] += values[first[there] + k]
    return total


def _report(report: DataReport, rows: _Array, tf: int) -> DataReport:
    """What was read stays as it was; what is said of bars is said of `rows`."""
    calendar, volume = find_calendar(rows["ts"], tf), rows["volume"]
    gaps = find_gaps(rows["ts"], tf, calendar)
    return dataclasses.replace(
        report,
        n_rows=len(rows),
        first=int(rows["ts"][0]),
        last=int(rows["ts"][-1]),
        timeframe=timeframe_name(tf),
        calendar=calendar,
        holes=int(np.sum(gaps > 0)),
        missing_bars=int(gaps.sum()),
        largest_holes=largest_holes(rows["ts"], gaps),
        zero_volume=int(np.sum(volume == 0)),
        missing_volume=int(np.sum(np.isnan(volume))),
        no_volume=not bool(np.any(volume > 0)),
    )
