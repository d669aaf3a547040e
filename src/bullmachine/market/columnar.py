"""Parquet and Arrow IPC (Feather): bytes in, a table out, or a sentence why not."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from bullmachine.core.errors import DataError
from bullmachine.market.kind import H, Kind
from bullmachine.market.table import Table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MAGIC", "decode", "read_columnar"]

#: how a columnar file begins, and what it is called
MAGIC: Final = {b"PAR1": "parquet", b"ARRO": "arrow", b"FEA1": "feather 1"}


def read_columnar(data: bytes, where: str, container: str, kind: Kind[H]) -> Table[H]:
    """The table of a columnar file; `decode` says the rest.

    Raises:
        DataError: as `decode`, or its columns are not those of `kind`.
    """
    frame = decode(data, where, container)
    return Table(where, container, frame, kind.recognise(frame.columns, where))


def decode(data: bytes, where: str, container: str) -> pl.DataFrame:
    """All columns of a columnar file.

    Args:
        data: the file's bytes.
        where: what messages call it.
        container: a value of `MAGIC`.

    Raises:
        DataError: it is truncated, damaged, or an old Feather.
    """
    import polars as pl  # noqa: PLC0415  (the command line must start fast)

    if container == "feather 1":
        raise DataError(f"{where} is a version 1 Feather file; write it again as version 2 or Parquet", path=where)
    try:
        return (pl.read_parquet if container == "parquet" else pl.read_ipc)(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DataError(
            f"{where} cannot be read as {container}: truncated or damaged; fetch it again", path=where
        ) from error
