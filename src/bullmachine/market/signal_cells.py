"""The cells of a table of signals as arrays, each unreadable one a sentence with its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

from bullmachine.core.errors import DataError
from bullmachine.market.signal_columns import SignalColumns
from bullmachine.market.stamps import Stamps, read_stamps
from bullmachine.market.table import Table, number_column, time_column

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Signed", "numbers", "positive", "refuse", "sides", "texts", "times"]

_Array = np.ndarray[Any, Any]
#: a table with the columns of signals
Signed = Table[SignalColumns]

_SIDES: Final = {
    "long": 1, "buy": 1, "1": 1, "+1": 1,
    "short": -1, "sell": -1, "-1": -1,
    "flat": 0, "exit": 0, "close": 0, "0": 0, "-0": 0,
}  # fmt: skip
_UNKNOWN: Final = 9


def refuse(table: Signed, k: int, part: str, value: object, sentence: str, remedy: str) -> NoReturn:
    """Refuse the cell of `part` in the row with index `k`."""
    column = table.columns.named().get(part, part)
    raise DataError(
        f"{table.where} row {k + 1}, column {column}: {sentence}; {remedy}",
        path=table.where,
        row=k + 1,
        column=column,
        value=value,
    )


def first(mask: _Array) -> int:
    """The first index where `mask` holds, or -1."""
    return int(np.argmax(mask)) if mask.any() else -1


def texts(table: Signed, part: str) -> pl.Series:
    """The cells of a part as stripped text; "" where there is nothing, or no such column."""
    import polars as pl  # noqa: PLC0415  (the command line must start fast)

    place = table.columns.parts.get(part)
    if place is None:
        return pl.Series([""] * len(table.frame), dtype=pl.String)
    return table.frame.to_series(place).cast(pl.String).str.strip_chars().fill_null("")


def times(table: Signed, tz: str | None, skip: _Array | None = None) -> Stamps:
    """The times, all readable but those of rows in the mask `skip`."""
    column = time_column(table)
    stamps = read_stamps(column, table.where, tz)
    k = first(stamps.unreadable if skip is None else stamps.unreadable & ~skip)
    if k >= 0:
        cell = column[k]
        refuse(table, k, "time", cell, f"time {cell} cannot be read ({stamps.note})", "write 2024-01-31T00:00:00Z")
    return stamps


def sides(table: Signed) -> _Array:
    """+1, -1 and 0 of words and numbers."""
    import polars as pl  # noqa: PLC0415

    cells = texts(table, "side")
    words = cells.str.to_lowercase().str.replace(r"\.0+$", "")
    side = words.replace_strict(_SIDES, default=_UNKNOWN, return_dtype=pl.Int64).to_numpy()
    k = first(side == _UNKNOWN)
    if k >= 0:
        told = f"{cells[k]!r} is no side" if cells[k] else "the side is missing"
        refuse(
            table,
            k,
            "side",
            cells[k],
            told,
            "write long, short or flat (buy, sell, exit; 1, -1, 0), and leave rows without a signal out",
        )
    return side


def numbers(table: Signed, part: str) -> _Array:
    """The cells of a part as finite numbers, NaN where there is nothing, or no such column."""
    place = table.columns.parts.get(part)
    if place is None:
        return np.full(len(table.frame), np.nan)
    values, text = number_column(table, place)
    k = first(text)
    if k >= 0:
        cell = table.frame[k, place]
        refuse(table, k, part, cell, f"{cell!r} is no number", "write it as 1234.5 or leave it empty")
    k = first(np.isinf(values))
    if k >= 0:
        refuse(table, k, part, float(values[k]), f"{part} is {values[k]}", "leave it empty when there is none")
    return values.astype(np.float64)


def positive(table: Signed, part: str, values: _Array, spare: Sequence[bool] | _Array) -> _Array:
    """Refuse numbers that are zero or less; a zero where `spare` holds means that nothing is given."""
    values = np.where((values == 0) & spare, np.nan, values)
    k = first(values <= 0)
    if k >= 0:
        value = float(values[k])
        refuse(table, k, part, value, f"{part} {value} is not above 0", "leave it empty when there is none")
    return values
