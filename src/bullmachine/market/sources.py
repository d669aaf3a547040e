"""A source opened: which kind it is, its name, its bytes' hash and its table."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pathlib
from typing import TYPE_CHECKING, Any, Final, Generic

from bullmachine.core.errors import DataError
from bullmachine.market.columnar import MAGIC, decode, read_columnar
from bullmachine.market.delimited import read_cells, read_delimited
from bullmachine.market.frames import read_columns, read_frame
from bullmachine.market.kind import H, Kind
from bullmachine.market.symbols import guess_symbol
from bullmachine.market.table import Table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Source", "open_source", "open_table"]

_COLUMNAR_SUFFIXES: Final = {".parquet": "parquet", ".pq": "parquet", ".feather": "arrow", ".arrow": "arrow"}


@dataclasses.dataclass(frozen=True, slots=True)
class Source(Generic[H]):
    """An opened source; `sha256` is None for a frame, which has no bytes of its own."""

    table: Table[H]
    symbol: str
    sha256: str | None


def open_source(source: Any, kind: Kind[H]) -> Source[H]:
    """Open a path or a frame as a table of `kind`.

    Raises:
        DataError: there is no such file, it cannot be read, or it holds no such table.
    """
    if not isinstance(source, str | os.PathLike):
        return Source(read_frame(source, kind), "", None)
    path = pathlib.Path(source)
    data = _bytes(path)
    return Source(_table(data, path, kind), guess_symbol(path.stem), hashlib.sha256(data).hexdigest())


def open_table(source: Any, what: str) -> tuple[str, pl.DataFrame]:
    """The name and all columns of a path or a frame that holds `what`; the cells of a CSV stay text.

    Raises:
        DataError: there is no such file, or it cannot be read.
    """
    if not isinstance(source, str | os.PathLike):
        return read_columns(source, what)
    path = pathlib.Path(source)
    data = _bytes(path)
    container = _container(data, path)
    return path.name, decode(data, path.name, container) if container else read_cells(data, path.name)


def _bytes(path: pathlib.Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist; check the path", path=str(path)) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", path=str(path)) from error
    if not data:
        raise DataError(f"{path.name} is empty", path=path.name)
    return data


def _table(data: bytes, path: pathlib.Path, kind: Kind[H]) -> Table[H]:
    container = _container(data, path)
    return read_columnar(data, path.name, container, kind) if container else read_delimited(data, path.name, kind)


def _container(data: bytes, path: pathlib.Path) -> str | None:
    """The first bytes say what a file is; its name only when they say nothing. None: text."""
    return MAGIC.get(data[:4]) or _COLUMNAR_SUFFIXES.get(path.suffix.lower())
