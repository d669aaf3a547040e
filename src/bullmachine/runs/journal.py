"""The journal: what each piece of bars made known, written as it comes.

Tables go to Parquet in parts of `ROWS_HELD` rows, so that no run holds all its readings or events; the rows
of several symbols lie in order of time. `log.jsonl` gets events only (see `runs/log.py`).
Fingerprints are SHA-256 over the raw records of decisions, fills and equity, in order.
"""

from __future__ import annotations

import contextlib
import hashlib
import pathlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from bullmachine.core.record import dtype_of
from bullmachine.machine.machine import Chunk, Piece
from bullmachine.machine.stages import Money
from bullmachine.runs import tables
from bullmachine.runs.evidence import behind
from bullmachine.runs.log import Log
from bullmachine.runs.parts import Table
from bullmachine.runs.phases import phases_of
from bullmachine.runs.tables import Names
from bullmachine.trading.codes import FillReason
from bullmachine.trading.rows import Closed, Mark

__all__ = ["Journal"]

_Array = np.ndarray[Any, Any]
_BY_SYMBOL: Final[dict[str, Callable[..., pl.DataFrame]]] = {
    "decisions": tables.decisions,
    "signals": tables.signals,
    "bars": tables.bars,
    "engine_events": tables.events,
}
_OF_ACCOUNT = {"positions": tables.positions, "legs": tables.legs, "orders": tables.orders}


class Journal:
    """Writes a run's tables and log; `fingerprints`, `counts` and what the summary needs grow with it.

    Args:
        folder: the (partial) run folder.
        names: the run's symbols, tags and macro rules.
        since: close time (UTC ms) from which bars and events belong to the run.
    """

    def __init__(self, folder: pathlib.Path, names: Names, since: int) -> None:
        self._folder, self.names, self._since = folder, names, since
        self._tables: dict[str, Table] = {}
        self._rules = np.arange(len(names.rules))
        self.log = Log(folder / "log.jsonl", names)
        self._hashes = {name: hashlib.sha256() for name in ("decisions", "fills", "equity")}
        self._last: tuple[_Array, _Array] | None = None
        kinds = ("decided", "evaluated", "events", "fills", "entries", "settlements", "positions")
        self.counts: dict[str, int] = dict.fromkeys(kinds, 0)
        self.closed = [np.zeros(0, dtype_of(Closed))]
        self.marks = [np.zeros(0, dtype_of(Mark))]
        self.holdings = [np.zeros((0, len(names.symbols)))]
        self.closes = [np.zeros((0, len(names.symbols)))]
        self.spoke = np.zeros((len(names.symbols), len(names.rules)), np.int64)

    def take(self, chunk: Chunk) -> None:
        """Write what one piece made known."""
        self._open(chunk)
        self._take_bars(chunk)
        for k, piece in enumerate(chunk.pieces):
            looked = piece.decisions[piece.decisions["evaluated"] == 1]
            self.counts["decided"] += len(piece.decisions)
            self.counts["evaluated"] += len(looked)
            self.log.regimes(k, piece.decisions)
            self.log.decisions(k, piece.decisions)
            self.spoke[k] += (piece.decisions["speaking"][:, None] >> self._rules & 1).sum(axis=0)
        self._take_money(chunk.money)
        self._take_marks(chunk)
        self.log.flush()

    def finish(self, last: Money) -> None:
        """End of data: the last fills, and the last equity row taken after them. Closes all files."""
        self._take_money(last)
        self._last = (last.marks, last.holdings)
        self.close()

    def close(self) -> None:
        """Flush and close every file."""
        for close in self._closers():
            close()
        self._tables.clear()

    def abort(self) -> None:
        """Close what is open and can be closed; a full disk must not hide the error that stopped the run."""
        if self.log.closed:
            return
        for close in self._closers():
            with contextlib.suppress(OSError):
                close()
        self._tables.clear()

    @property
    def fingerprints(self) -> dict[str, str]:
        """SHA-256 of the raw decisions, fills and equity rows so far."""
        return {name: h.hexdigest() for name, h in self._hashes.items()}

    def _closers(self) -> list[Callable[[], None]]:
        """What must happen at the end, in order."""
        return [self._write_last_mark, *(t.close for t in self._tables.values()), self.log.flush, self.log.close]

    def _open(self, chunk: Chunk) -> None:
        if self._tables:
            return
        names, piece, money = self.names, chunk.pieces[0], chunk.money
        like = {
            "decisions": piece.decisions, "signals": piece.decisions, "bars": piece.bars,
            "engine_events": piece.events, "positions": money.closed, "legs": money.legs, "orders": money.notes,
        }  # fmt: skip
        none = piece.readings[:0]
        more = {"decisions": [phases_of(none)], "signals": [behind(piece.decisions[:0], none, _fired(chunk, 0)[:0])]}
        for name, build in _BY_SYMBOL.items():
            self._add_table(name, _bound(build, names), like[name], *more.get(name, ()), np.zeros(0, np.int64))
        for name, of in _OF_ACCOUNT.items():
            self._add_table(name, _bound(of, names), like[name])
        self._add_table("equity", _bound(tables.equity, names), money.marks, money.holdings)

    def _add_table(self, name: str, build: Callable[..., pl.DataFrame], *like: _Array) -> None:
        self._tables[name] = Table(self._folder / f"{name}.parquet", build, *(part[:0].copy() for part in like))

    def _take_bars(self, chunk: Chunk) -> None:
        """Bars, events, decisions and signals of all symbols, in order of time."""
        looked = [_looked_at(p, _fired(chunk, n)) for n, p in enumerate(chunk.pieces)]
        decided = [rows for rows, _, _ in looked]
        phases = [phases_of(readings) for _, readings, _ in looked]
        self._hashes["decisions"].update(self._add("decisions", decided, "time", phases).tobytes())
        asked = [rows["asked"] != 0 for rows in decided]
        ids = [behind(rows[k], readings[k], fired[k]) for (rows, readings, fired), k in zip(looked, asked, strict=True)]
        self._add("signals", [rows[k] for rows, k in zip(decided, asked, strict=True)], "time", ids)
        bars = [self._bars(p) for p in chunk.pieces]
        self._add("bars", bars, "known")
        events = [p.events[p.events["t_known"] >= self._since] for p in chunk.pieces]
        self.counts["events"] += sum(len(e) for e in events)
        self._add("engine_events", events, "t_known")

    def _bars(self, piece: Piece) -> _Array:
        first = len(piece.bars) - len(piece.decisions)
        slow = piece.slow_bars[piece.slow_bars["known"] >= self._since]
        return np.concatenate([slow, piece.bars[first:]])

    def _add(self, name: str, parts: Sequence[_Array], time: str, *more: Sequence[_Array]) -> _Array:
        """Rows of all symbols, and what is `more` about each, merged by time where there are several; those rows."""
        symbol = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        columns = [parts[0], *(column[0] for column in more), symbol]
        if len(parts) > 1:
            joined = [np.concatenate(column) for column in (parts, *more)]
            order = np.argsort(joined[0][time], kind="stable")
            columns = [column[order] for column in (*joined, symbol)]
        self._tables[name].add(*columns)
        return columns[0]

    def _take_money(self, money: Money) -> None:
        self._hashes["fills"].update(money.legs.tobytes())
        self._tables["legs"].add(money.legs)
        self._tables["positions"].add(money.closed)
        self._tables["orders"].add(money.notes)
        settled = int((money.legs["reason"] == FillReason.FUNDING).sum())
        self.counts["settlements"] += settled
        self.counts["fills"] += len(money.legs) - settled
        self.counts["entries"] += int((money.legs["reason"] == FillReason.ENTRY).sum())
        self.counts["positions"] += len(money.closed)
        if len(money.closed):
            self.closed.append(money.closed.copy())
        self.log.money(money)

    def _take_marks(self, chunk: Chunk) -> None:
        """Write all but the newest mark: the run's last one is taken after the end of data."""
        marks, holdings = chunk.money.marks, chunk.money.holdings
        if not len(marks):
            return
        places = chunk.feed.places.reshape(len(marks), -1)
        self.closes.append(np.where(places >= 0, chunk.feed.bars["close"][places], np.nan))
        self._write_last_mark()
        self._write_marks(marks[:-1], holdings[:-1])
        self._last = (marks[-1:].copy(), holdings[-1:].copy())

    def _write_last_mark(self) -> None:
        if self._last is not None:
            self._write_marks(*self._last)
            self._last = None

    def _write_marks(self, marks: _Array, holdings: _Array) -> None:
        if not len(marks):
            return
        rows = [part.view(np.uint8).reshape(len(part), -1) for part in (marks, np.ascontiguousarray(holdings))]
        self._hashes["equity"].update(np.hstack(rows).tobytes())  # row by row: however they were cut into pieces
        self._tables["equity"].add(marks, holdings)
        self.marks.append(marks.copy())
        self.holdings.append(holdings.copy())


def _fired(chunk: Chunk, symbol: int) -> _Array:
    """What fired at each of a symbol's decided bars."""
    piece, room = chunk.pieces[symbol], len(chunk.feed.given) // len(chunk.pieces)
    end = symbol * room + len(piece.bars)
    fired: _Array = chunk.feed.given["fired"][end - len(piece.decisions) : end]
    return fired


def _bound(build: Callable[..., pl.DataFrame], names: Names) -> Callable[..., pl.DataFrame]:
    return lambda *rows: build(*rows, names)


def _looked_at(piece: Piece, fired: _Array) -> tuple[_Array, _Array, _Array]:
    """The decisions of the bars that the gate let through, the readings they were made of, and what fired there."""
    first = len(piece.bars) - len(piece.decisions)
    rows, readings = piece.decisions, piece.readings[first : len(piece.bars)]
    looked = rows["evaluated"] == 1
    return (rows, readings, fired) if looked.all() else (rows[looked], readings[looked], fired[looked])
