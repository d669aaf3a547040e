"""Observations: a macro table of any shape as one pair of arrays per series.

Wide: a column of dates or times and a column of numbers per series. Long: columns for the time, the name of
the series and its value. A date is a day and needs no zone; a time needs one. Empty cells, NaN and `.` (as
statistical offices write it) are days without an observation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bullmachine.core.errors import DataError
from bullmachine.core.time import shown
from bullmachine.market.observed import Observations, Pair
from bullmachine.market.sources import open_table
from bullmachine.market.stamps import read_every_stamp

if TYPE_CHECKING:
    import polars as pl

__all__ = ["read_observations"]

_Ints = np.ndarray[Any, np.dtype[np.int64]]
_Floats = np.ndarray[Any, np.dtype[np.float64]]

_TIMES: Final = ("date", "time", "timestamp", "datetime", "observationdate", "day", "ts")
_NAMES: Final = ("series", "name", "symbol", "id", "indicator")
_VALUES: Final = ("value", "close", "observation")
_EARLIEST: Final = -8_520_336_000_000  #: 1700, ms UTC: no series is older, but a slip is
_ABSENT: Final = ("", ".", "nan", "NaN", "null", "NA", "N/A")
_DATE: Final = r"^\d{4}[-/.]\d{2}[-/.]\d{2}$"


def read_observations(source: Any, *, tz: str | None = None) -> Observations:
    """Read a macro table from a CSV, Parquet or Feather file or a frame, wide or long.

    Rows may be in any order; two values of one series and stamp must be equal.

    Raises:
        DataError: one sentence with the place and the remedy: no column of times, a cell is no time or no
            number, or two rows disagree.

    >>> import polars as pl
    >>> found = read_observations(pl.DataFrame({"date": ["2024-01-02", "2024-01-01"], "VIX": ["13.2", "."]}))
    >>> {name: values.tolist() for name, (_, values) in found.series.items()}
    {'vix': [13.2]}
    """
    where, frame = open_table(source, "macro series")
    if len(frame) == 0:
        raise DataError(f"{where} has columns but no rows", path=where)
    time = _column(frame.columns, _TIMES)
    if time is None:
        raise DataError(
            f"{where} has no column of dates or times (found: {', '.join(frame.columns)}); name it date",
            path=where,
            column="date",
            value=tuple(frame.columns),
        )
    ts = _times(frame[time], where, tz)
    return Observations(
        where, dict(_long(frame, ts, where) if _is_long(frame.columns) else _wide(frame, time, ts, where))
    )


def _is_long(names: Sequence[str]) -> bool:
    return _column(names, _NAMES) is not None and _column(names, _VALUES) is not None


def _wide(frame: pl.DataFrame, time: str, ts: _Ints, where: str) -> Iterator[tuple[str, Pair]]:
    every = np.arange(len(ts))
    held: dict[str, str] = {}
    for name in frame.columns:
        other = held.setdefault(name.lower(), name)
        if other != name:
            raise DataError(
                f"{where} has the columns {other} and {name}, one series; keep one", path=where, column=name
            )
        if name != time:
            yield name.lower(), _sorted(ts, _numbers(frame[name], every, where), every, name, where)


def _long(frame: pl.DataFrame, ts: _Ints, where: str) -> Iterator[tuple[str, Pair]]:
    import polars as pl  # noqa: PLC0415  (the command line must start fast)

    name, value = _column(frame.columns, _NAMES), _column(frame.columns, _VALUES)
    assert name is not None and value is not None  # noqa: PT018  (asked by `_is_long`)
    names = frame[name].cast(pl.String).fill_null("").str.strip_chars().str.to_lowercase()
    for one in names.unique(maintain_order=True).to_list():
        rows = np.flatnonzero((names == one).to_numpy())
        if one:
            yield one, _sorted(ts[rows], _numbers(frame[value], rows, where), rows, one, where)


def _sorted(ts: _Ints, values: _Floats, rows: _Ints, name: str, where: str) -> Pair:
    """The observations there are, in order; a stamp that says two things is refused."""
    there = np.flatnonzero(np.isfinite(values))
    order = there[np.argsort(ts[there], kind="stable")]
    ts, values, rows = ts[order], values[order], rows[order]
    same = np.flatnonzero(np.diff(ts) == 0)
    odd = same[values[same] != values[same + 1]]
    if len(odd):
        k = int(odd[0])
        raise DataError(
            f"{where} rows {rows[k] + 1} and {rows[k + 1] + 1}: {name} of {shown(int(ts[k]))} is {values[k]:g} and "
            f"{values[k + 1]:g}; keep one",
            path=where,
            column=name,
            row=int(rows[k]) + 1,
        )
    first = np.concatenate([[True], np.diff(ts) > 0]) if len(ts) else np.zeros(0, np.bool_)
    return ts[first], values[first]


def _numbers(column: pl.Series, rows: _Ints, where: str) -> _Floats:
    """The numbers of `rows`; NaN where a cell holds none on purpose."""
    import polars as pl  # noqa: PLC0415

    cells = column.gather(rows)
    if cells.dtype == pl.String:
        cells = cells.str.strip_chars()
        cells = pl.select(pl.when(~cells.is_in(_ABSENT)).then(cells)).to_series()
    elif not (cells.dtype.is_numeric() or cells.dtype == pl.Null):
        raise DataError(
            f"{where}: column {column.name} holds {cells.dtype}, not numbers; leave it out",
            path=where,
            column=column.name,
        )
    found = cells.cast(pl.Float64, strict=False)
    bad = np.flatnonzero((found.is_null() & cells.is_not_null()).to_numpy())
    if len(bad) or bool(found.is_infinite().any()):
        k = int(bad[0]) if len(bad) else int(found.is_infinite().arg_max() or 0)
        raise DataError(
            f"{where} row {rows[k] + 1}, column {column.name}: {cells[k]} is no finite number; correct it",
            path=where,
            row=int(rows[k]) + 1,
            column=column.name,
            value=cells[k],
        )
    return np.ascontiguousarray(found.fill_null(np.nan).to_numpy(), np.float64)


def _times(column: pl.Series, where: str, tz: str | None) -> _Ints:
    ms = read_every_stamp(column, where, "UTC" if _are_days(column) else tz)
    early = np.flatnonzero(ms < _EARLIEST)
    if len(early):
        row = int(early[0])
        raise DataError(
            f"{where} row {row + 1}, column {column.name}: {column[row]} is before 1700; correct it",
            path=where,
            row=row + 1,
            column=column.name,
        )
    return ms


def _are_days(column: pl.Series) -> bool:
    """Whether the stamps are days, which are the same everywhere, and not moments."""
    import polars as pl  # noqa: PLC0415

    if column.dtype == pl.String:
        cells = column.drop_nulls().str.strip_chars()
        return bool(cells.str.contains(_DATE).any()) and not bool(cells.str.contains(":", literal=True).any())
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is None:
        return bool((column == column.cast(pl.Date).cast(column.dtype)).all())
    return column.dtype == pl.Date


def _column(names: Sequence[str], known: Sequence[str]) -> str | None:
    plain = {"".join(c for c in name.lower() if c.isalnum()): name for name in names}
    return next((plain[wanted] for wanted in known if wanted in plain), None)
