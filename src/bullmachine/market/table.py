"""What every source becomes first: a frame with its columns recognised, and numbers out of it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Generic

import numpy as np

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.errors import DataError
from bullmachine.market.columns import Columns
from bullmachine.market.kind import H
from bullmachine.market.stamps import Stamps, read_stamps

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Raw", "Table", "extract", "number_column", "time_column"]

_Array = np.ndarray[Any, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Table(Generic[H]):
    """A source's columns before any number was looked at; `where` is its name in messages."""

    where: str
    format: str
    frame: pl.DataFrame
    columns: H


@dataclasses.dataclass(frozen=True, slots=True)
class Raw:
    """Rows as read, not yet judged.

    `text` is the number of the first column (0 open .. 4 volume) with text where a number belongs, or -1.
    """

    rows: _Array
    stamps: Stamps
    text: _Array


def extract(table: Table[Columns], tz: str | None) -> Raw:
    """Rows out of a table: times to ms, prices and volume to floats (NaN where there is nothing).

    Raises:
        DataError: there are no rows, or a column is of no use at all.
    """
    if len(table.frame) == 0:
        raise DataError(f"{table.where} has columns but no bars", path=table.where)
    stamps = read_stamps(time_column(table), table.where, tz)
    text = np.full(len(table.frame), -1, np.int64)
    numbers: list[_Array] = []
    for part, place in enumerate((*table.columns.prices, table.columns.volume)):
        if place is None:
            numbers.append(np.full(len(table.frame), np.nan))
            continue
        values, wrong = number_column(table, place)
        text[wrong & (text < 0)] = part
        numbers.append(values)
    return Raw(rows_from_columns(stamps.ms, *numbers), stamps, text)


def time_column(table: Table[H]) -> pl.Series:
    """The column of times; date and time of day that stand apart are joined as text."""
    import polars as pl  # noqa: PLC0415  (the command line must start fast)

    parts = [table.frame.to_series(k) for k in table.columns.time]
    if len(parts) == 1:
        return parts[0].alias(table.columns.named()["time"])
    date, clock = (part.cast(pl.String) for part in parts)
    return (date + " " + clock).alias(table.columns.named()["time"])


def number_column(table: Table[H], place: int) -> tuple[_Array, _Array]:
    """A column as floats (NaN where a cell is empty), and which cells hold text that is no number.

    Raises:
        DataError: it holds neither numbers nor text.
    """
    import polars as pl  # noqa: PLC0415

    column = table.frame.to_series(place)
    if column.dtype == pl.String:
        cells = column.str.strip_chars()
        values = cells.cast(pl.Float64, strict=False)
        wrong = values.is_null() & cells.is_not_null() & (cells != "")
        return values.fill_null(np.nan).to_numpy(), wrong.fill_null(False).to_numpy()
    if not column.dtype.is_numeric():
        name = table.columns.names[place]
        raise DataError(
            f"{table.where}: column {name} holds {column.dtype}, not numbers", path=table.where, column=name
        )
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy(), np.zeros(len(column), np.bool_)
