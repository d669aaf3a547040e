"""Whether a table of funding settlements can be what it says: order, unit, and nothing missing.

Real rates of liquid perpetuals are about 1e-4 per eight hours and venues cap them near 1e-2, so a table
in percent, basis points or daily sums gives itself away by the size or the spacing of its rows.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bullmachine.core.errors import DataError
from bullmachine.core.time import HOUR, from_ms

__all__ = ["check_settlements"]

_Array = np.ndarray[Any, Any]

_HIGHEST: Final = 0.02  #: no settlement is as large
_MEDIAN_FRACTION: Final = 0.002  #: a median |rate| per 8 hours above this is no fraction: 0.2 % three times a day
_MEDIAN_PERCENT: Final = 0.2  #: and above this no percentage
_GAP: Final = 1.5  #: intervals between two stamps from which a settlement is missing
_DAILY: Final = 24 * HOUR


def check_settlements(
    where: str, ts: _Array, rate: _Array, interval: int, start: int | None, end: int | None, *, turned: bool
) -> None:
    """Refuse a table that cannot be used from `start` to `end` (ms UTC; None: its own ends).

    Args:
        where: what messages call the table.
        ts: stamps in ms UTC.
        rate: fractions per settlement.
        interval: ms from one settlement to the next.
        start: open time of the first bar that pays.
        end: open time of the last bar that pays.
        turned: the table was turned round, so that rows count from its end.

    Raises:
        DataError: one sentence with the place and the remedy.
    """
    _check_order(where, ts, turned=turned)
    _check_unit(where, ts, rate, interval, turned=turned)
    low, high = int(ts[0]) if start is None else start, int(ts[-1]) if end is None else end
    _check_cover(where, ts, interval, low, high)
    _check_gaps(where, ts, interval, low, high)


def _check_order(where: str, ts: _Array, *, turned: bool) -> None:
    wrong = np.flatnonzero(np.diff(ts) <= 0)
    if len(wrong):
        k = int(wrong[0]) + 1
        row = _row(k, len(ts), turned=turned)
        what, remedy = (
            ("repeats the settlement of", "keep one row each")
            if ts[k] == ts[k - 1]
            else ("comes after a row of", "sort the rows by time")
        )
        raise DataError(f"{where} row {row}: {_shown(ts[k])} {what} {_shown(ts[k - 1])}; {remedy}", path=where, row=row)


def _check_unit(where: str, ts: _Array, rate: _Array, interval: int, *, turned: bool) -> None:
    spacing = float(np.median(np.diff(ts))) if len(ts) > 1 else float(interval)
    if spacing >= _DAILY > interval * _GAP:
        raise DataError(
            f"{where}: one row a day where a settlement is due every {interval // HOUR} h looks like daily sums; "
            "export single settlements",
            path=where,
            value=spacing,
        )
    if spacing > interval * _GAP:
        raise DataError(
            f"{where}: settlements are {spacing / HOUR:g} h apart, but one is due every {interval // HOUR} h here; "
            f"set costs.funding_hours to {spacing / HOUR:g} or take the table of this venue",
            path=where,
            value=spacing,
        )
    typical = float(np.median(np.abs(rate))) * 8 * HOUR / spacing
    if typical > _MEDIAN_FRACTION:
        unit, divisor = ("percent", "100") if typical <= _MEDIAN_PERCENT else ("basis points", "10,000")
        raise DataError(
            f"{where}: a typical rate of {typical:.3g} per 8 h looks like {unit}; divide the rates by {divisor}",
            path=where,
            value=typical,
        )
    k = int(np.argmax(np.abs(rate)))
    if abs(rate[k]) >= _HIGHEST:
        row = _row(k, len(ts), turned=turned)
        raise DataError(
            f"{where} row {row}: the rate {rate[k]:g} of {_shown(ts[k])} is not below {_HIGHEST:.0%} a settlement; "
            "write rates as fractions (0.0001 is 0.01 %) or correct it",
            path=where,
            row=row,
            value=float(rate[k]),
        )


def _check_cover(where: str, ts: _Array, interval: int, low: int, high: int) -> None:
    """Every interval holds a settlement: the first is due within one of `low`, the last less than one before `high`."""
    if ts[0] > low + interval or ts[-1] <= high - interval:
        raise DataError(
            f"{where} holds settlements from {_shown(ts[0])} to {_shown(ts[-1])}, but the window is "
            f"{_shown(low)} to {_shown(high)}; take a longer table or a shorter window",
            path=where,
            value=(low, high),
        )


def _check_gaps(where: str, ts: _Array, interval: int, low: int, high: int) -> None:
    inside = (ts[1:] > low) & (ts[:-1] < high)
    wide = np.flatnonzero(inside & (np.diff(ts) > _GAP * interval))
    if len(wide):
        k = int(wide[0])
        raise DataError(
            f"{where}: no settlement between {_shown(ts[k])} and {_shown(ts[k + 1])}, where one is due every "
            f"{interval // HOUR} h; add the missing rows",
            path=where,
            value=int(ts[k]),
        )


def _row(k: int, n: int, *, turned: bool) -> int:
    """The 1-based row of the source."""
    return n - k if turned else k + 1


def _shown(ts: int) -> str:
    return f"{from_ms(int(ts)):%Y-%m-%d %H:%M} UTC"
