"""Which column is which: header recognition, shared by files and frames."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from bullmachine.core.errors import DataError
from bullmachine.market.kind import Kind

__all__ = ["BARS", "BINANCE_KLINE", "INDEX", "Columns", "dialect", "find_column", "plain_name", "recognise"]

#: the 12 columns of an exchange kline dump that comes without a header line
BINANCE_KLINE: Final = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
)

#: what an unnamed pandas index is called after a trip through CSV, `reset_index` or Parquet
INDEX: Final = ("", "index", "unnamed:_0", "__index_level_0__")

# In order of trust: a file with `open_time` and `date` means the first.
_TIMES: Final = ("open_time", "opentime", "timestamp", "datetime", "date_time", "unix", "ts", "t", "time", "date")
_PRICES: Final = {"open": ("open", "o"), "high": ("high", "h"), "low": ("low", "l"), "close": ("close", "c")}
_VOLUMES: Final = ("volume", "vol", "v", "base_volume")


@dataclasses.dataclass(frozen=True, slots=True)
class Columns:
    """Positions of the parts; `time` has two when date and time of day are apart, `volume` may lack."""

    names: tuple[str, ...]
    time: tuple[int, ...]
    prices: tuple[int, int, int, int]
    volume: int | None

    @property
    def places(self) -> tuple[int, ...]:
        """Positions of the columns that are read."""
        return (*self.time, *self.prices, *(() if self.volume is None else (self.volume,)))

    def named(self) -> dict[str, str]:
        """Which column played which part, by their names in the source."""
        found = {"time": " + ".join(self.names[k] for k in self.time)}
        found |= {part: self.names[k] for part, k in zip(_PRICES, self.prices, strict=True)}
        return found if self.volume is None else found | {"volume": self.names[self.volume]}


def recognise(names: Sequence[str], where: str) -> Columns:
    """Find time, prices and volume among column `names`, whatever their case.

    Raises:
        DataError: a part is absent, or two columns claim it.

    >>> recognise(["Date", "Time", "Open", "High", "Low", "Close"], "x.csv").time
    (0, 1)
    """
    plain = [plain_name(name) for name in names]
    time = _time(plain, where, names)
    parts = {part: find_column(plain, known, where, names) for part, known in _PRICES.items()}
    absent = [part for part, k in parts.items() if k is None] + ([] if time else ["time"])
    if absent:
        raise DataError(
            f"{where} has no column for {', '.join(absent)} (found: {', '.join(names) or 'none'}); "
            "name them time, open, high, low, close and, if there is one, volume",
            path=where,
            column=absent[0],
            value=tuple(names),
        )
    o, h, l, c = (k for k in parts.values() if k is not None)  # noqa: E741  (the field's letters)
    return Columns(tuple(names), time, (o, h, l, c), find_column(plain, _VOLUMES, where, names))


def dialect(columns: Columns) -> str:
    """The exporter this header belongs to: a word for the report, nothing depends on it."""
    plain = [plain_name(name) for name in columns.names]
    if plain[:6] == ["time", "low", "high", "open", "close", "volume"]:
        return "coinbase"
    if plain[0] == "open_time":
        return "binance"
    if plain[:5] == ["time", "open", "high", "low", "close"]:
        return "tradingview"
    return "ccxt" if plain[0] == "timestamp" else "plain"


def plain_name(name: str) -> str:
    """A column name as it is compared: lower case, `_` for spaces, no angle brackets.

    >>> plain_name(" <Date Time> ")
    'date_time'
    """
    return str(name).strip().strip("<>").lower().replace(" ", "_")


def _time(plain: Sequence[str], where: str, names: Sequence[str]) -> tuple[int, ...]:
    if "date" in plain and "time" in plain and not set(plain) & set(_TIMES[:-2]):
        return plain.index("date"), plain.index("time")
    for known in (*_TIMES, *INDEX):
        k = find_column(plain, (known,), where, names)
        if k is not None:
            return (k,)
    return ()


def find_column(plain: Sequence[str], known: Sequence[str], where: str, names: Sequence[str]) -> int | None:
    """Position of the first `known` name among `plain` ones; `names` are the source's own, for messages.

    Raises:
        DataError: two columns have that name.
    """
    for name in known:
        places = [k for k, other in enumerate(plain) if other == name]
        if len(places) > 1:
            both = " and ".join(repr(names[k]) for k in places)
            raise DataError(f"{where} has several columns for {name}: {both}; keep one", path=where, column=name)
        if places:
            return places[0]
    return None


#: tables of bars
BARS: Final = Kind("bars", "time,open,high,low,close,volume", recognise, dialect, BINANCE_KLINE)
