"""Signals as the machine takes them: one row each, in time order, every cell a number."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

__all__ = ["Signals"]

_Array = np.ndarray[Any, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Signals:
    """Equally long columns of signals, and where they come from.

    Attributes:
        time: as stamped, ms UTC; `align` says which bar's close it is.
        side: +1 long, -1 short, 0 flat.
        limit, stop, target: prices in quote units, NaN when not given.
        size: base units, NaN when not given.
        expiry: bars a limit order rests, -1 when not given.
        tag: index into `tags`, -1 when there is none.
        symbol: index into `symbols`.
        row: 1-based row in the source, for messages.
        tags, symbols: the words those indices stand for; a run's symbols in the run's own order.
        name: file name or kind of frame.
        sha256: of the file's bytes; of the columns' bytes for a frame.
        format: how the source was understood, such as `csv (signals)`.
        columns: which column played which part.
        stamps: how the times were understood.
        trades: the source is a list of fills, whose times are already what was known.
        beside_bars: prices of bars stand in the same table, so that its times are likely bar opens.
        notes: sentences the user should read.
    """

    time: _Array
    side: _Array
    limit: _Array
    stop: _Array
    target: _Array
    size: _Array
    expiry: _Array
    tag: _Array
    symbol: _Array
    row: _Array
    tags: tuple[str, ...]
    symbols: tuple[str, ...]
    name: str
    sha256: str
    format: str
    columns: dict[str, str]
    stamps: str
    trades: bool
    beside_bars: bool
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time)

    def take(self, index: Any) -> Signals:
        """The signals that an index, slice or mask selects."""
        part = {f.name: getattr(self, f.name)[index] for f in dataclasses.fields(self) if f.name in COLUMNS}
        return dataclasses.replace(self, **part)

    def of(self, symbol: int) -> Signals:
        """The signals of one symbol, by its index in `symbols`."""
        return self.take(self.symbol == symbol)


#: the array fields and their types
COLUMNS = {
    "time": np.int64,
    "side": np.int64,
    "limit": np.float64,
    "stop": np.float64,
    "target": np.float64,
    "size": np.float64,
    "expiry": np.int64,
    "tag": np.int64,
    "symbol": np.int64,
    "row": np.int64,
}
