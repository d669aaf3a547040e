"""One Parquet file that grows: rows beyond `ROWS_HELD` go to numbered parts, joined when it is closed."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import polars as pl

__all__ = ["ROWS_HELD", "Table"]

ROWS_HELD: Final = 100_000  #: rows of one table held before a part is written

_Array = np.ndarray[Any, Any]


@contextlib.contextmanager
def _disk_errors() -> Iterator[None]:
    """Trouble of a write that polars does itself, as `OSError`; its words hold the system's number, or none."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        number = re.search(r"os error (\d+)", str(error))
        code = int(number[1]) if number else errno.EIO
        raise OSError(code, os.strerror(code)) from error


class Table:
    """One Parquet file.

    Args:
        path: where it goes.
        build: makes a frame of the columns of rows.
        empty: each column of rows, empty: what there is when nothing was added.
    """

    def __init__(self, path: pathlib.Path, build: Callable[..., pl.DataFrame], *empty: _Array) -> None:
        self._path, self._build, self._empty = path, build, empty
        self._held: list[tuple[_Array, ...]] = [empty]
        self._n = 0
        self._parts: list[pathlib.Path] = []

    def add(self, *rows: _Array) -> None:
        """Add rows: equally long arrays, as many as `build` takes."""
        if len(rows[0]):
            self._held.append(tuple(part.copy() for part in rows))
            self._n += len(rows[0])
            if self._n >= ROWS_HELD:
                part = self._path.with_suffix(f".{len(self._parts)}.part")
                self._write(part)
                self._parts.append(part)

    def close(self) -> None:
        """Write what is held, and the file."""
        if not self._parts:
            self._write(self._path)
            return
        last = self._path.with_suffix(".last.part")
        self._write(last)
        self._parts.append(last)
        with _disk_errors():
            pl.scan_parquet(self._parts, glob=False).sink_parquet(self._path, compression="zstd", maintain_order=True)
        for part in self._parts:
            part.unlink()

    def _write(self, path: pathlib.Path) -> None:
        coded = io.BytesIO()  # Python writes the bytes: a full disk is then an OSError with its number
        columns = (np.concatenate(parts) for parts in zip(*self._held, strict=True))
        self._build(*columns).write_parquet(coded, compression="zstd")
        path.write_bytes(coded.getbuffer())
        self._held, self._n = [self._empty], 0
