"""The bars of a run in its base timeframe: finer ones are resampled, coarser ones refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from bullmachine.config import Config
from bullmachine.core.errors import DataError, InputError
from bullmachine.core.time import timeframe_name
from bullmachine.market.find import find_timeframe
from bullmachine.market.read import Policy, load, read_bars
from bullmachine.market.report import Bars
from bullmachine.market.resample import resample

__all__ = ["read_base"]


def read_base(source: Any, config: Config, *, policy: Policy = "refuse", tz: str | None = None) -> Bars:
    """The bars of `source` (see `read_bars`; `Bars` are read already) in the base timeframe of `config`.

    Raises:
        DataError: they cannot be used, are coarser, or finer and do not divide it; the sentence says which.
    """
    base = config.sense.base
    if isinstance(source, Bars):
        bars, found = source, source.timeframe
    else:
        bars = _read(source, base, policy, tz)
        found = bars.timeframe if bars.timeframe < base else _coarser(bars, base)
    if found > base:
        raise _coarse(bars.report.name, found, base)
    if base % found:
        raise _odd(bars.report.name, found, base)
    return bars if found == base else resample(bars, base)


def _read(source: Any, base: int, policy: Policy, tz: str | None) -> Bars:
    """Read on the base grid; when rows lie off it, finer bars are the likeliest reason."""
    try:
        bars = read_bars(source, timeframe=timeframe_name(base), tz=tz, policy=policy)
    except DataError:
        finer = _finer(source, base, policy, tz)
        if finer is None:
            raise
        bars = finer
    if bars.timeframe == base and bars.report.rejected.get("off_grid", 0):  # every second 30m bar lies on the 1h grid
        bars = _finer(source, base, policy, tz) or bars
    off = bars.report.rejected.get("off_grid", 0)
    if off > len(bars.rows):
        name, grid = bars.report.name, bars.report.timeframe
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


def _finer(source: Any, base: int, policy: Policy, tz: str | None) -> Bars | None:
    """The bars in their own timeframe, if that is a finer one."""
    try:
        bars = load(source, None, None, tz, "drop")
    except InputError:
        return None
    if bars.timeframe >= base:
        return None
    if base % bars.timeframe:
        raise _odd(bars.report.name, bars.timeframe, base)
    if not bars.report.rejected or (policy == "drop" and len(bars.rows)):
        return bars
    return read_bars(source, timeframe=bars.report.timeframe, tz=tz, policy=policy)  # says what is wrong with a row


def _coarse(name: str, found: int, base: int) -> DataError:
    has, wanted = timeframe_name(found), timeframe_name(base)
    return DataError(
        f"{name} holds {has} bars, the base timeframe is {wanted}: give bars of {wanted} or finer, or set "
        f"data.timeframes to a ladder that begins with {has}",
        path=name,
        value=has,
    )


def _odd(name: str, found: int, base: int) -> DataError:
    has, wanted = timeframe_name(found), timeframe_name(base)
    return DataError(
        f"{name} holds {has} bars, which do not divide the base timeframe {wanted}: resample them to {wanted}, or set "
        f"data.timeframes to a ladder that begins with {has}",
        path=name,
        value=has,
    )
