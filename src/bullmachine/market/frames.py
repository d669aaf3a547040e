"""Frames of pandas, polars or pyarrow, through narwhals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bullmachine.core.errors import DataError
from bullmachine.market.kind import H, Kind
from bullmachine.market.table import Table

if TYPE_CHECKING:
    import narwhals as nw
    import polars as pl

__all__ = ["read_columns", "read_frame"]


def read_frame(source: Any, kind: Kind[H]) -> Table[H]:
    """A table from a frame; a pandas time index counts as a column.

    Raises:
        DataError: it is no eager frame, or its columns are not those of `kind`.
    """
    frame, where = _opened(source, kind.rows)
    columns = kind.recognise([str(name) for name in frame.columns], where)
    series = {k: _series(frame[:, k]) for k in columns.places}
    return Table(where, where, _assemble(series, frame.shape), columns)


def read_columns(source: Any, what: str) -> tuple[str, pl.DataFrame]:
    """The kind of frame for messages, and all its columns; a pandas time index counts as one.

    Raises:
        DataError: it is no eager frame, which the sentence calls a source of `what`.
    """
    import polars as pl  # noqa: PLC0415  (the command line must start fast)

    frame, where = _opened(source, what)
    return where, pl.DataFrame({str(name): _series(frame[:, k]) for k, name in enumerate(frame.columns)})


def _opened(source: Any, what: str) -> tuple[nw.DataFrame[Any], str]:
    import narwhals as nw  # noqa: PLC0415  (the command line must start fast)

    try:
        frame = nw.from_native(source, eager_only=True)
    except TypeError as error:
        raise DataError(
            f"a {type(source).__name__} is no source of {what}: "
            "hand in a path or an eager frame of pandas, polars or pyarrow"
        ) from error
    where = f"{frame.implementation.name.lower()} frame"
    if "DatetimeIndex" in type(getattr(source, "index", None)).__name__:
        frame = nw.from_native(source.reset_index(), eager_only=True)
    return frame, where


def _series(column: nw.Series[Any]) -> pl.Series:
    """A polars column; Python objects become text, so that a mix of them is seen and not converted."""
    import narwhals as nw  # noqa: PLC0415
    import polars as pl  # noqa: PLC0415

    if column.dtype == nw.Object:
        cells = [None if v is None or v != v else str(v) for v in column.to_list()]  # noqa: PLR0124  (NaN, NaT)
        return pl.Series(column.name, cells, dtype=pl.String)
    return column.to_polars()


def _assemble(series: dict[int, pl.Series], shape: tuple[int, int]) -> pl.DataFrame:
    """The wanted columns at their old positions; the others are not converted at all."""
    import polars as pl  # noqa: PLC0415

    blank = pl.Series(values=[None] * shape[0], dtype=pl.Null)
    return pl.DataFrame([series.get(k, blank).alias(f"column {k}") for k in range(shape[1])])
