"""CSV: delimiter, header and dialect found from the text itself; every cell stays text until checked."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Final

from bullmachine.core.errors import DataError
from bullmachine.market.kind import H, Kind
from bullmachine.market.table import Table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["read_cells", "read_delimited"]

_BOM: Final = b"\xef\xbb\xbf"
_PACKED: Final = {b"PK": "zip", b"\x1f\x8b": "gzip", b"\x28\xb5": "zstd"}


def read_delimited(data: bytes, where: str, kind: Kind[H]) -> Table[H]:
    """The cells of a CSV file as text, with its columns recognised.

    Raises:
        DataError: it is empty, packed, not UTF-8, ragged, or its columns are not those of `kind`.
    """
    body, separator, names = _opened(data, where)
    headless = re.fullmatch(r"[\d.]+", names[0].strip()) is not None
    if headless:
        if len(names) != len(kind.headless):
            raise DataError(
                f"{where} has no header line (it begins with {names[0]}); add one, such as {kind.example}",
                path=where,
                value=names[0],
            )
        names = list(kind.headless)
    columns = kind.recognise(names, where)
    if b"\n" not in body and not headless:
        raise DataError(f"{where} has a header but no {kind.rows}", path=where)
    frame = _cells(body, separator, len(names), where, header=not headless)
    return Table(where, f"csv ({kind.dialect(columns)})", frame, columns)


def read_cells(data: bytes, where: str) -> pl.DataFrame:
    """The cells of any CSV file with a header, as text under the header's names.

    Raises:
        DataError: it is empty, packed, not UTF-8, ragged, or two columns share a name.
    """
    body, separator, names = _opened(data, where)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{where} has two columns called {twice!r}; keep one", path=where, column=twice)
    if b"\n" not in body:
        raise DataError(f"{where} has a header but no rows", path=where)
    frame = _cells(body, separator, len(names), where, header=True)
    frame.columns = names
    return frame


def _opened(data: bytes, where: str) -> tuple[bytes, str, list[str]]:
    """The text with one kind of line end, its delimiter, and the fields of its first line."""
    body = data.removeprefix(_BOM).strip(b"\r\n ")
    if not body:
        raise DataError(f"{where} is empty", path=where)
    if body[:2] in _PACKED:
        raise DataError(f"{where} is a {_PACKED[body[:2]]} archive: unpack it first", path=where)
    if b"\n" not in body:
        body = body.replace(b"\r", b"\n")
    first = _first_line(body, where)
    separator = max(",;\t|", key=first.count)
    names = _names(first, separator, where)
    return body, separator, names


def _first_line(body: bytes, where: str) -> str:
    try:
        return body.split(b"\n", 1)[0].decode().rstrip("\r")
    except UnicodeDecodeError as error:
        raise DataError(f"{where} is no UTF-8 text: neither CSV, Parquet nor Arrow", path=where) from error


def _names(first: str, separator: str, where: str) -> list[str]:
    try:
        return next(csv.reader([first], delimiter=separator))
    except csv.Error as error:
        raise DataError(f"{where} does not begin with a header line of columns ({error})", path=where) from error


def _cells(body: bytes, separator: str, width: int, where: str, *, header: bool) -> pl.DataFrame:
    import polars as pl  # noqa: PLC0415  (the command line must start fast)

    try:
        return pl.read_csv(
            body,
            has_header=False,
            skip_lines=int(header),
            separator=separator,
            schema={f"column {k}": pl.String for k in range(width)},
        )
    except pl.exceptions.PolarsError as error:
        raise _ragged(body, separator, width, where, header=header) from error


def _ragged(body: bytes, separator: str, width: int, where: str, *, header: bool) -> DataError:
    """The sentence for a CSV that polars refused: the first row too wide, or what is wrong in general."""
    lines = body.decode(errors="replace").splitlines()[int(header) :]
    for row, line in enumerate(lines, 1):
        n = len(next(csv.reader([line], delimiter=separator), []))
        if n > width:
            return DataError(
                f"{where} row {row} has {n} fields where {width} are expected; correct the row",
                path=where,
                row=row,
                value=n,
            )
    return DataError(f"{where} cannot be read as CSV: unbalanced quotes or text that is not UTF-8", path=where)
