"""The bars of a run: they must be of the base timeframe, neither coarser nor finer."""

from __future__ import annotations

from typing import Any

import numpy as np

from bullmachine.config import Config
from bullmachine.core.errors import DataError, InputError
from bullmachine.core.time import parse_timeframe, timeframe_name
from bullmachine.market.check import check_data
from bullmachine.market.find import find_timeframe
from bullmachine.market.read import Policy, read_bars
from bullmachine.market.report import Bars

__all__ = ["read_base"]


def read_base(source: Any, config: Config, *, policy: Policy = "refuse", tz: str | None = None) -> Bars:
    """The bars of `source` (see `read_bars`; `Bars` pass as they are) in the base timeframe of `config`.

    Raises:
        DataError: they cannot be used, or are of another timeframe; the sentence says which.
    """
    base = config.sense.base
    if isinstance(source, Bars):
        bars, found = source, source.timeframe
    else:
        bars = _read(source, base, policy, tz)
        found = _coarser(bars, base)
    if found != base:
        raise _other(bars.report.name, found, base)
    return bars


def _read(source: Any, base: int, policy: Policy, tz: str | None) -> Bars:
    """Read on the base grid; when rows lie off it, finer bars are the likeliest reason."""
    try:
        bars = read_bars(source, timeframe=timeframe_name(base), tz=tz, policy=policy)
    except DataError as error:
        raise _finer(source, base, tz) or error from error
    off = bars.report.rejected.get("off_grid", 0)
    finer = _finer(source, base, tz) if off else None  # every second 30m bar lies on the 1h grid
    if finer is not None:
        raise finer
    if off > len(bars.rows):
        name, grid = bars.report.name, timeframe_name(base)
        raise DataError(
            f"{name}: {off:,} of {bars.report.n_source:,} rows are off the {grid} grid, which counts from 00:00 UTC; "
            "correct their times",
            path=name,
            value=off,
        )
    return bars


def _coarser(bars: Bars, base: int) -> int:
    """The bars' timeframe: `base` as soon as two of them are that close."""
    steps = np.diff(bars.rows["ts"])
    if len(steps) <= 1 or steps.min() <= base:
        return base
    return find_timeframe(bars.rows["ts"], bars.report.name)


def _finer(source: Any, base: int, tz: str | None) -> DataError | None:
    try:
        report = check_data(source, tz=tz)
    except InputError:
        return None
    found = parse_timeframe(report.timeframe)
    return _other(report.name, found, base) if found < base else None


def _other(name: str, found: int, base: int) -> DataError:
    has, wanted = timeframe_name(found), timeframe_name(base)
    return DataError(
        f"{name} holds {has} bars, the base timeframe is {wanted}: resample them to {wanted}, or set "
        f"data.timeframes to a ladder that begins with {has}",
        path=name,
        value=has,
    )
