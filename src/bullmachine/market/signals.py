"""Signals from a file or a frame: somebody else's decisions, checked cell by cell. Nothing is guessed.

A signal's time is when it was **known**: it is decided at the close of the base bar that ends then and
filled from the next bar on. Which bar that is, `align` says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from bullmachine.core.errors import DataError
from bullmachine.market.report import Bars
from bullmachine.market.signal_cells import Signed, first, numbers, positive, refuse, sides, texts, times
from bullmachine.market.signal_columns import SIGNALS
from bullmachine.market.signal_rules import check_expiry, check_levels, check_order
from bullmachine.market.signal_set import COLUMNS, Signals
from bullmachine.market.sources import open_source
from bullmachine.market.tradingview import read_trades

__all__ = ["Signals", "read_signals"]

_Array = np.ndarray[Any, Any]


def read_signals(
    source: Any,
    *,
    tz: str | None = None,
    symbol: str | Sequence[str] | None = None,
    bars: Bars | None = None,
) -> Signals:
    """Read the signals of a CSV, Parquet or Feather file, or of a pandas, polars or pyarrow frame.

    Columns by name in any case: time and side (long, short, flat; buy, sell, exit; 1, -1, 0), and if given
    limit, stop, target (prices), size (base units), expiry (bars), tag and symbol. An empty cell is not
    given. A TradingView list of trades is recognised and read as `tradingview.read_trades` says.

    Args:
        source: a path or an eager frame; a pandas time index counts as the time column.
        tz: zone of naive stamps; None refuses them.
        symbol: the run's symbol or symbols, in its order; None takes those the source names.
        bars: the bars the signals are for; a TradingView list of trades cannot be read without.

    Raises:
        DataError: one sentence with file, row, column and value, and what to do.
        ConfigError: `tz` is no time zone.

    >>> import polars as pl
    >>> read_signals(pl.DataFrame({"time": [1700006400, 1700020800], "side": ["long", "flat"]})).side.tolist()
    [1, 0]
    """
    opened = open_source(source, SIGNALS)
    table = opened.table
    if len(table.frame) == 0:
        raise DataError(f"{table.where} has columns but no signals", path=table.where)
    run = (symbol,) if isinstance(symbol, str) else tuple(symbol or ())
    read = _trades if table.columns.trades else _plain
    columns, words = read(table, tz, run, bars)
    arrays: dict[str, Any] = {name: np.ascontiguousarray(columns[name], kind) for name, kind in COLUMNS.items()}
    sha256 = opened.sha256 or hashlib.sha256(b"".join(a.tobytes() for a in arrays.values())).hexdigest()
    return Signals(
        **arrays,
        **words,
        name=table.where,
        sha256=sha256,
        format=table.format,
        columns=table.columns.named(),
        trades=table.columns.trades,
        beside_bars=table.columns.bars,
    )


_Read = tuple[dict[str, Any], dict[str, Any]]


def _trades(table: Signed, tz: str | None, run: tuple[str, ...], bars: Bars | None) -> _Read:
    if len(run) > 1:
        raise DataError(
            f"{table.where} is a list of trades of one chart: run it with that one symbol, not with {len(run)}",
            path=table.where,
        )
    if bars is None:
        raise DataError(
            f"{table.where} is a list of trades: only the bars it was made on tell which orders filled at an open; "
            "hand in bars",
            path=table.where,
        )
    columns, tags, stamps, notes = read_trades(table, tz, bars)
    symbol = np.zeros(len(columns["time"]), np.int64)
    words = {"tags": tags, "symbols": run or ("",), "stamps": stamps, "notes": notes}
    return columns | {"symbol": symbol}, words


def _plain(table: Signed, tz: str | None, run: tuple[str, ...], _bars: Bars | None) -> _Read:
    stamps, side = times(table, tz), sides(table)
    none = np.zeros(len(side), np.bool_)
    levels = {part: positive(table, part, numbers(table, part), none) for part in ("limit", "stop", "target")}
    size = positive(table, "size", numbers(table, "size"), side == 0)
    k = first((side == 0) & ~np.isnan(size))
    if k >= 0:
        refuse(table, k, "size", float(size[k]), "a flat has no size", "it closes everything: leave it empty")
    check_levels(table, side, levels)
    expiry = check_expiry(table, numbers(table, "expiry"), levels["limit"])
    symbol, symbols = _symbols(table, run)
    tag, tags = _words(texts(table, "tag").to_list())
    columns = {"time": stamps.ms, "side": side, **levels, "size": size, "expiry": expiry, "tag": tag, "symbol": symbol}
    columns["row"] = np.arange(1, len(side) + 1)
    if (np.diff(stamps.ms) <= 0).all() and stamps.ms[0] > stamps.ms[-1]:
        columns = {name: column[::-1] for name, column in columns.items()}
    check_order(table, columns["time"], columns["symbol"], columns["row"])
    words = {"tags": tags, "symbols": symbols, "stamps": stamps.note, "notes": _unread(table)}
    return columns, words


def _symbols(table: Signed, run: tuple[str, ...]) -> tuple[_Array, tuple[str, ...]]:
    """Index of each row's symbol among the run's, whatever the case; without a column the run's only one."""
    if "symbol" not in table.columns.parts:
        if len(run) > 1:
            _refuse_unnamed(table, run)
        return np.zeros(len(table.frame), np.int64), run or ("",)
    cells = texts(table, "symbol").to_list()
    known = run or tuple(dict.fromkeys(cell.upper() for cell in cells if cell))
    place = {name.upper(): k for k, name in enumerate(known)}
    index = np.array([place.get(cell.upper(), -1) for cell in cells], np.int64)
    k = first(index < 0)
    if k >= 0:
        told = f"the run has no {cells[k]!r} (it has {', '.join(known)})" if cells[k] else "the symbol is missing"
        refuse(table, k, "symbol", cells[k], told, "leave the row out or correct it")
    return index, known


def _refuse_unnamed(table: Signed, run: tuple[str, ...]) -> None:
    raise DataError(
        f"{table.where} names no symbol and the run has {', '.join(run)}; add a column symbol",
        path=table.where,
        column="symbol",
    )


def _words(cells: list[str]) -> tuple[_Array, tuple[str, ...]]:
    """Index of each cell among the distinct words in order of appearance, -1 for nothing."""
    words = tuple(dict.fromkeys(cell for cell in cells if cell))
    place = {word: k for k, word in enumerate(words)}
    return np.array([place.get(cell, -1) for cell in cells], np.int64), words


def _unread(table: Signed) -> tuple[str, ...]:
    """A column that nothing reads may be a level with a name nobody knows: say so."""
    read = set(table.columns.places)
    names = [name for k, name in enumerate(table.columns.names) if k not in read]
    return (f"{table.where}: not read as part of a signal: {', '.join(names)}",) if names else ()
