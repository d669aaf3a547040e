"""Bars from a file or a frame: understood, checked, accounted for. Nothing is invented or coerced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

import numpy as np

from bullmachine.core.bars import Admission
from bullmachine.core.errors import ConfigError, DataError
from bullmachine.core.time import parse_timeframe
from bullmachine.market.account import Judged, dropped_before, rejected, report_of, unreadable
from bullmachine.market.calendars import CALENDARS
from bullmachine.market.columns import BARS, Columns
from bullmachine.market.find import find_calendar, find_timeframe
from bullmachine.market.report import BadRow, Bars
from bullmachine.market.sources import Source, open_source
from bullmachine.market.table import Raw, extract
from bullmachine.market.validate import judge

__all__ = ["Policy", "load", "read_bars"]

#: what to do with a bad row: stop and say where, or leave it out and count it
Policy = Literal["refuse", "drop"]

_REMEDY: Final = "correct it, or leave bad rows out (policy: drop)"


def read_bars(
    source: Any,
    *,
    timeframe: str | None = None,
    calendar: str | None = None,
    tz: str | None = None,
    policy: Policy = "refuse",
) -> Bars:
    """Read the bars of a CSV, Parquet or Feather file, or of a pandas, polars or pyarrow frame.

    Args:
        source: a path or an eager frame; columns are recognised by name in any case.
        timeframe: such as "1h"; None finds it.
        calendar: one of `calendars.CALENDARS`; None finds it.
        tz: zone of naive stamps; None refuses them.
        policy: "refuse" stops at the first bad row; "drop" leaves bad rows out and counts them.
            Identical repetitions are dropped and counted under both.

    Returns:
        Rows that `core.bars.admit` takes whole, with volume NaN where there is none.

    Raises:
        DataError: one sentence with file, row, column and value, and what to do.
        ConfigError: `timeframe`, `calendar`, `tz` or `policy` is none.

    >>> import polars as pl
    >>> frame = pl.DataFrame({"time": [1700000000, 1700003600], "open": [1.0, 2.0], "high": [2.0, 2.0],
    ...                       "low": [1.0, 1.5], "close": [2.0, 1.5]})
    >>> read_bars(frame)
    Traceback (most recent call last):
        ...
    bullmachine.core.errors.DataError: polars frame row 1, column time: 2023-11-14 22:13:20.000 is off the 1h grid...
    """
    if policy not in ("refuse", "drop"):
        raise ConfigError(f"policy = {policy!r} is neither 'refuse' nor 'drop'", key="policy", value=policy)
    bars = load(source, timeframe, calendar, tz, policy)
    if len(bars.rows) == 0:
        reasons = ", ".join(f"{n} {reason}" for reason, n in bars.report.rejected.items())
        raise DataError(f"{bars.report.name}: no row can be used ({reasons})", path=bars.report.name)
    return bars


def load(source: Any, timeframe: str | None, calendar: str | None, tz: str | None, policy: Policy) -> Bars:
    """`read_bars` without its last word: a source whose rows are all bad gives a report and no rows."""
    if calendar is not None and calendar not in CALENDARS:
        raise ConfigError(f"calendar = {calendar!r} is none of {', '.join(CALENDARS)}", key="calendar", value=calendar)
    opened = open_source(source, BARS)
    raw = extract(opened.table, tz)
    if policy == "refuse":
        _refuse(opened, unreadable(opened, raw))
    judged = _judge(opened, raw, timeframe)
    if policy == "refuse":
        _refuse(opened, rejected(judged))
    rows = judged.rows[judged.verdict == Admission.GOOD]
    missing = ~(np.isfinite(rows["volume"]) & (rows["volume"] >= 0))
    rows["volume"][missing] = np.nan
    report = report_of(judged, rows, calendar or find_calendar(rows["ts"], judged.tf))
    return Bars(rows, judged.tf, report, dropped_before(judged))


def _judge(source: Source[Columns], raw: Raw, timeframe: str | None) -> Judged:
    keep = ~raw.stamps.unreadable & (raw.text < 0)
    number, rows = np.flatnonzero(keep) + 1, raw.rows[keep]
    backwards = len(rows) > 1 and bool((np.diff(rows["ts"]) < 0).all())
    if backwards:
        number, rows = number[::-1], rows[::-1].copy()
    where = source.table.where
    tf = find_timeframe(rows["ts"], where) if timeframe is None else parse_timeframe(timeframe)
    return Judged(source, raw, number, rows, tf, *judge(rows, tf), backwards)


def _refuse(source: Source[Columns], bad: Iterator[BadRow]) -> None:
    first = next(bad, None)
    if first is not None:
        where = source.table.where
        raise DataError(
            f"{where} {first}; {_REMEDY}", path=where, row=first.row, column=first.column, value=first.value
        )
