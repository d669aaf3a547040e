"""TradingView's "List of trades" export, read as signals.

Each trade has an entry row and an exit row, in either order, newest or oldest first. A row's Date/Time is
the open time, in the chart's zone, of the bar on which the order **filled**. A market order was decided at
the close before: that close is the same moment as this open, so the time stands as it is, and
`stamps = "open"` would make it a bar late.

A stop or limit order filled somewhere inside that bar, which nobody knew at its open. Its price tells: when
it is not the open of the bar (within 5 basis points, for the tester's slippage), the fill is taken as known
at the bar's *close*. So an export of stops and targets trades later here than there, never earlier.

An entry becomes long or short with its size and its Signal text as tag, an exit becomes flat. An exit and
the next entry at one moment become the entry alone: it turns the position only where the run's settings let
an opposite signal flip, and a note says so. Trades with one entry and one exit moment are one
position sold in parts and are added up; other overlaps (pyramiding, partial exits) are refused.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from bullmachine.core.errors import DataError
from bullmachine.core.time import shown
from bullmachine.market.report import Bars
from bullmachine.market.signal_cells import Signed, first, numbers, positive, refuse, texts, times

__all__ = ["read_trades"]

_Array = np.ndarray[Any, Any]

_AT_OPEN: Final = 5e-4  # a fill this close to the open is at the open
_OUTSIDE: Final = 5e-3  # a fill this far outside its bar is not from this market
_TYPE: Final = re.compile(r"(?P<a>entry|exit|long|short) (?P<b>entry|exit|long|short)")


@dataclasses.dataclass(slots=True)
class _Fill:
    row: int
    number: int
    entry: bool
    side: int
    time: int
    price: float
    size: float
    tag: str
    known: int = 0


@dataclasses.dataclass(slots=True)
class _Trade:
    entry: _Fill
    exit: _Fill | None


def read_trades(
    table: Signed, tz: str | None, bars: Bars
) -> tuple[dict[str, Any], tuple[str, ...], str, tuple[str, ...]]:
    """Columns of signals (all but symbol) out of a list of trades, the tags, how times were read, and notes.

    Args:
        table: the export.
        tz: the chart's time zone; the export names none.
        bars: the bars of the same market, on the chart's timeframe.

    Raises:
        DataError: a cell, a pair or the whole cannot be what it says.
    """
    fills, stamps = _fills(table, tz)
    trades = _merged(_paired(table, fills))
    _refuse_overlaps(table, trades)
    inside = _date(table, trades, bars)
    signals, dropped, turns = _signals(trades)
    tags = tuple(dict.fromkeys(fill.tag for fill in signals if fill.tag))
    columns = {
        "time": [fill.known for fill in signals],
        "side": [fill.side if fill.entry else 0 for fill in signals],
        "size": [fill.size if fill.entry else np.nan for fill in signals],
        "tag": [tags.index(fill.tag) if fill.tag else -1 for fill in signals],
        "row": [fill.row for fill in signals],
        "expiry": np.full(len(signals), -1),
    }
    columns |= {level: np.full(len(signals), np.nan) for level in ("limit", "stop", "target")}
    return columns, tags, stamps, _notes(table.where, len(trades), inside, dropped, turns)


def _notes(where: str, trades: int, inside: int, dropped: int, turns: int) -> tuple[str, ...]:
    notes = [f"{where}: a TradingView list of {trades} trades, read as entries and exits at the fills' bars"]
    if inside:
        notes.append(f"{inside} orders filled inside a bar and are taken as known at its close, not at its open")
    if dropped:
        notes.append(f"{dropped} trades were over before they could be known and are left out")
    if turns:
        notes.append(f"{turns} entries turn a position at once: with exits.on_opposite = flip they are followed")
    return tuple(notes)


def _fills(table: Signed, tz: str | None) -> tuple[list[_Fill], str]:
    if "price" not in table.columns.parts:
        raise DataError(f"{table.where} has no column for price; export the list of trades whole", path=table.where)
    numbered, price = numbers(table, "number"), numbers(table, "price")
    size = positive(table, "size", numbers(table, "size"), np.zeros(len(price), np.bool_))
    types, tags = _types(table), texts(table, "tag").to_list()
    last = np.nanmax(numbered) if not np.isnan(numbered).all() else np.nan
    still = np.array([not entry for entry, _ in types]) & (numbered == last)
    still &= np.array([tag.lower() in ("open", "") for tag in tags]) | np.isnan(price)
    stamps = times(table, tz, skip=still)
    for part, column in (("number", numbered), ("price", price)):
        k = first(np.isnan(column) & ~still)
        if k >= 0:
            refuse(table, k, part, None, f"the {part} is missing", "export the list of trades again")
    rows = zip(range(1, len(types) + 1), numbered, types, stamps.ms, price, size, tags, still, strict=True)
    fills = [
        _Fill(row, int(n), entry, side, int(ms), float(p), float(q), tag)
        for row, n, (entry, side), ms, p, q, tag, is_open in rows
        if not is_open
    ]
    return fills, stamps.note


def _types(table: Signed) -> list[tuple[bool, int]]:
    """Of each row: is it an entry, and its trade's side."""
    found = []
    for k, cell in enumerate(texts(table, "side").to_list()):
        match = _TYPE.fullmatch(cell.lower())
        words = set(match.groups()) if match else set()
        if len(words & {"entry", "exit"}) != 1 or len(words & {"long", "short"}) != 1:
            told = f"{cell!r} is none of Entry long, Exit long, Entry short, Exit short"
            refuse(table, k, "side", cell, told, "export the list of trades in English")
        found.append(("entry" in words, 1 if "long" in words else -1))
    return found


def _paired(table: Signed, fills: list[_Fill]) -> list[_Trade]:
    by_number: dict[int, list[_Fill]] = {}
    for fill in fills:
        by_number.setdefault(fill.number, []).append(fill)
    trades = [_pair(table, number, pair) for number, pair in by_number.items()]
    return sorted(trades, key=lambda trade: (trade.entry.time, trade.entry.number))


def _pair(table: Signed, number: int, pair: list[_Fill]) -> _Trade:
    entries, exits = [f for f in pair if f.entry], [f for f in pair if not f.entry]
    at = pair[-1].row - 1
    if len(entries) != 1 or len(exits) > 1:
        told = f"trade {number} has {len(entries)} entries and {len(exits)} exits where one of each belongs"
        refuse(table, at, "number", number, told, "only whole positions can be followed: one entry, one exit")
    if exits and (exits[0].side != entries[0].side or exits[0].time < entries[0].time):
        told = f"the exit of trade {number} is of the other side or before its entry"
        refuse(table, exits[0].row - 1, "number", number, told, "export the list of trades again")
    return _Trade(entries[0], exits[0] if exits else None)


def _merged(trades: list[_Trade]) -> list[_Trade]:
    """Trades of one entry and one exit moment are one position: their sizes are added."""
    merged: list[_Trade] = []
    for trade in trades:
        if merged and _moments(merged[-1]) == _moments(trade):
            merged[-1].entry.size += trade.entry.size
        else:
            merged.append(trade)
    return merged


def _moments(trade: _Trade) -> tuple[int, int, int | None]:
    return trade.entry.side, trade.entry.time, trade.exit.time if trade.exit else None


def _refuse_overlaps(table: Signed, trades: list[_Trade]) -> None:
    for before, trade in itertools.pairwise(trades):
        if before.exit is None or trade.entry.time < before.exit.time:
            told = f"trade {trade.entry.number} begins while trade {before.entry.number} is open"
            remedy = "positions are entered once and left whole: export a strategy without pyramiding and partial exits"
            refuse(table, trade.entry.row - 1, "number", trade.entry.number, told, remedy)


def _date(table: Signed, trades: list[_Trade], bars: Bars) -> int:
    """Set when each fill could be known; how many filled inside their bar."""
    rows, inside, outside = bars.rows, 0, []
    fills = list(_each(trades))
    places = np.searchsorted(rows["ts"], [fill.time for fill in fills])
    for fill, k in zip(fills, places.tolist(), strict=True):
        fill.known = fill.time
        if k == len(rows) or rows["ts"][k] != fill.time:
            continue  # no such bar: `align` has the sentence for it
        bar = rows[k]
        if not bar["low"] * (1 - _OUTSIDE) <= fill.price <= bar["high"] * (1 + _OUTSIDE):
            outside.append((fill, bar))
        if abs(fill.price - bar["open"]) > _AT_OPEN * abs(bar["open"]):
            fill.known += bars.timeframe
            inside += 1
    if 2 * len(outside) > len(fills):
        _refuse_market(table, len(outside), len(fills), *outside[0])
    return inside


def _each(trades: list[_Trade]) -> Iterator[_Fill]:
    for trade in trades:
        yield trade.entry
        if trade.exit is not None:
            yield trade.exit


def _refuse_market(table: Signed, n: int, total: int, fill: _Fill, bar: Any) -> None:
    span = f"{shown(fill.time)} spans {bar['low']} to {bar['high']}"
    told = f"{fill.price} is not in the bar it names ({span}), nor are {n} of {total} fills in theirs"
    remedy = "give the chart's time zone (tz) and bars of its market and timeframe"
    refuse(table, fill.row - 1, "price", fill.price, told, remedy)


def _signals(trades: list[_Trade]) -> tuple[list[_Fill], int, int]:
    """Entries and exits in the order they were known; how many trades were over by then, how many turn another.

    An entry never comes before the exit of the trade before it, whose fill may have been known a bar late.
    """
    signals: list[_Fill] = []
    dropped, turns, free = 0, 0, None
    for trade in trades:
        entry, leave = trade.entry, trade.exit
        entry.known = entry.known if free is None else max(entry.known, free)
        if leave is not None and leave.known <= entry.known:
            dropped += 1
            continue
        if signals and signals[-1].known == entry.known:
            turns += signals.pop().side == -entry.side
        signals.append(entry)
        if leave is not None:
            free = leave.known
            signals.append(leave)
    return signals, dropped, turns
