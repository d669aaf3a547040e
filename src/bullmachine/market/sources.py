"""A source opened: which kind it is, its name, its bytes' hash and its table."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pathlib
from typing import Any, Final, Generic

from bullmachine.core.errors import DataError
from bullmachine.market.columnar import MAGIC, read_columnar
from bullmachine.market.delimited import read_delimited
from bullmachine.market.find import guess_symbol
from bullmachine.market.frames import read_frame
from bullmachine.market.kind import H, Kind
from bullmachine.market.table import Table

__all__ = ["Source", "open_source"]

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


def _bytes(path: pathlib.Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist; check the path", path=str(path)) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", path=str(path)) from error


def _table(data: bytes, path: pathlib.Path, kind: Kind[H]) -> Table[H]:
    """The first bytes say what a file is; its name only when they say nothing."""
    if not data:
        raise DataError(f"{path.name} is empty", path=path.name)
    container = MAGIC.get(data[:4]) or _COLUMNAR_SUFFIXES.get(path.suffix.lower())
    if container:
        return read_columnar(data, path.name, container, kind)
    return read_delimited(data, path.name, kind)
