"""The journal: what each piece of bars made known, written as it comes.

Tables go to Parquet in parts of `ROWS_HELD` rows, so that no run holds all its readings or events;
`log.jsonl` gets events only (signal, order, fill, exit, guard change, timing), in the order of their
times and never a line per bar.
Fingerprints are SHA-256 over the raw records of decisions, fills and equity, in order.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import polars as pl

from bullmachine.core.record import dtype_of
from bullmachine.core.time import from_ms
from bullmachine.fusion.score import Book
from bullmachine.machine.machine import Chunk
from bullmachine.runs import tables
from bullmachine.runs.funnel import Funnel
from bullmachine.trading import guards
from bullmachine.trading.fills import FillReason
from bullmachine.trading.records import Closed, Mark

__all__ = ["ROWS_HELD", "Journal", "source_name"]

ROWS_HELD: Final = 100_000  #: rows of one table held before a part is written

_Array = np.ndarray[Any, Any]

#: what comes first of events at one moment: the close, what is decided on it, then the next open
_INSIDE, _DECIDED, _OPEN = range(3)


def source_name(book: int) -> str:
    """What a position is called after: the book that asked for it."""
    return Book(book).name.lower()


def _side(sign: int) -> str:
    return "long" if sign > 0 else "short"


@contextlib.contextmanager
def _disk_errors() -> Iterator[None]:
    """Trouble of a write that polars does itself, as `OSError`; its words hold the system's number, or none."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        number = re.search(r"os error (\d+)", str(error))
        code = int(number[1]) if number else errno.EIO
        raise OSError(code, os.strerror(code)) from error


class _Table:
    """One Parquet file. Rows beyond `ROWS_HELD` go to numbered parts, joined when the table is closed."""

    def __init__(self, path: pathlib.Path, build: Callable[[_Array], pl.DataFrame], like: _Array) -> None:
        self._path, self._build, self._none = path, build, like[:0]
        self._held: list[_Array] = [self._none]
        self._n = 0
        self._parts: list[pathlib.Path] = []

    def add(self, rows: _Array) -> None:
        if len(rows):
            self._held.append(rows.copy())
            self._n += len(rows)
            if self._n >= ROWS_HELD:
                part = self._path.with_suffix(f".{len(self._parts)}.part")
                self._write(part)
                self._parts.append(part)

    def close(self) -> None:
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
        self._build(np.concatenate(self._held)).write_parquet(coded, compression="zstd")
        path.write_bytes(coded.getbuffer())
        self._held, self._n = [self._none], 0


class Journal:
    """Writes a run's tables and log; `fingerprints` and `funnel` grow with it.

    Args:
        folder: the (partial) run folder.
        symbol: name of the traded symbol.
        since: close time (UTC ms) from which bars and events belong to the run.
    """

    def __init__(self, folder: pathlib.Path, symbol: str, since: int) -> None:
        self._folder, self._symbol, self._since = folder, symbol, since
        self._tables: dict[str, _Table] = {}
        self._log = (folder / "log.jsonl").open("w", encoding="utf-8")
        self._lines: list[tuple[int, int, str]] = []
        self._last_order: tuple[int, str] | None = None
        self._hashes = {name: hashlib.sha256() for name in ("decisions", "fills", "equity")}
        self._last_mark: _Array | None = None
        self._guards = (0, 0)
        self._held: tuple[int, int, list[str]] = (-1, 0, [])
        self.counts: dict[str, int] = {"decided": 0, "events": 0, "fills": 0, "entries": 0, "positions": 0}
        self.funnel = Funnel()
        self.closed = [np.zeros(0, dtype_of(Closed))]
        self.marks = [np.zeros(0, dtype_of(Mark))]

    def take(self, chunk: Chunk) -> None:
        """Write what one piece made known."""
        self._open(chunk)
        first = len(chunk.bars) - len(chunk.decisions)
        self._tables["bars"].add(chunk.slow_bars[chunk.slow_bars["known"] >= self._since])
        self._tables["bars"].add(chunk.bars[first:])
        events = chunk.events[chunk.events["t_known"] >= self._since]
        self._tables["engine_events"].add(events)
        self.counts["events"] += len(events)
        self._hashes["decisions"].update(chunk.decisions.tobytes())
        self._tables["decisions"].add(chunk.decisions)
        self._tables["signals"].add(chunk.decisions[chunk.decisions["asked"] != 0])
        self._note_decisions(chunk.decisions)
        self._take_money(chunk.legs, chunk.closed)
        self._take_marks(chunk.marks)
        self._write_log()

    def finish(self, legs: _Array, closed: _Array, last_mark: _Array) -> None:
        """End of data: the last fills, and the last equity row taken after them. Closes all files."""
        self._take_money(legs, closed)
        if self._last_order is not None:
            at, side = self._last_order
            self.log("dropped", at, _OPEN, side=side, reason="end_of_data")
        self._last_mark = last_mark
        self.close()

    def close(self) -> None:
        """Flush and close every file."""
        for close in self._closers():
            close()
        self._tables.clear()

    def abort(self) -> None:
        """Close what is open and can be closed; a full disk must not hide the error that stopped the run."""
        if self._log.closed:
            return
        for close in self._closers():
            with contextlib.suppress(OSError):
                close()
        self._tables.clear()

    def log(self, event: str, at: int, place: int = _OPEN, **facts: Any) -> None:
        """One line of `log.jsonl`, written with the piece it belongs to."""
        line = json.dumps({"event": event, "time": from_ms(at).isoformat(), **facts})
        self._lines.append((at, place, line + "\n"))

    @property
    def fingerprints(self) -> dict[str, str]:
        """SHA-256 of the raw decisions, fills and equity rows so far."""
        return {name: h.hexdigest() for name, h in self._hashes.items()}

    def _closers(self) -> list[Callable[[], None]]:
        """What must happen at the end, in order."""
        return [self._write_last_mark, *(t.close for t in self._tables.values()), self._write_log, self._log.close]

    def _write_log(self) -> None:
        self._log.writelines(line for _, _, line in sorted(self._lines, key=lambda entry: entry[:2]))
        self._lines.clear()
        self._log.flush()

    def _open(self, chunk: Chunk) -> None:
        if self._tables:
            return
        source, symbol = source_name, self._symbol
        parts: dict[str, tuple[Callable[[_Array], pl.DataFrame], _Array]] = {
            "decisions": (tables.decisions, chunk.decisions),
            "signals": (lambda rows: tables.signals(rows, symbol, source), chunk.decisions),
            "positions": (lambda rows: tables.positions(rows, symbol, source), chunk.closed),
            "legs": (lambda rows: tables.legs(rows, symbol), chunk.legs),
            "equity": (tables.equity, chunk.marks),
            "bars": (tables.bars, chunk.bars),
            "engine_events": (tables.events, chunk.events),
        }
        for name, (build, like) in parts.items():
            self._tables[name] = _Table(self._folder / f"{name}.parquet", build, like.copy())

    def _take_money(self, legs: _Array, closed: _Array) -> None:
        self._hashes["fills"].update(legs.tobytes())
        self._tables["legs"].add(legs)
        self._tables["positions"].add(closed)
        self.counts["fills"] += len(legs)
        self.counts["entries"] += int((legs["reason"] == FillReason.ENTRY).sum())
        self.counts["positions"] += len(closed)
        if len(closed):
            self.closed.append(closed.copy())
        for leg in legs:
            entry = leg["reason"] == FillReason.ENTRY
            self.log(
                "fill" if entry else "exit",
                int(leg["time"]),
                _OPEN if leg["reason"] in (FillReason.ENTRY, FillReason.OPPOSITE) else _INSIDE,
                position=int(leg["position_id"]),
                side="buy" if leg["side"] > 0 else "sell",
                qty=float(leg["qty"]),
                price=float(leg["price"]),
                reason=FillReason(int(leg["reason"])).name.lower(),
            )

    def _take_marks(self, marks: _Array) -> None:
        """Write all but the newest mark: the run's last one is taken after the end of data."""
        if not len(marks):
            return
        self._write_last_mark()
        self._write_marks(marks[:-1])
        self._last_mark = marks[-1:].copy()

    def _write_last_mark(self) -> None:
        if self._last_mark is not None:
            self._write_marks(self._last_mark)
            self._last_mark = None

    def _write_marks(self, marks: _Array) -> None:
        self._hashes["equity"].update(marks.tobytes())
        self._tables["equity"].add(marks)
        self.marks.append(marks.copy())

    def _note_decisions(self, rows: _Array) -> None:
        first = self.counts["decided"]
        self.counts["decided"] += len(rows)
        self._note_guards(rows)
        if len(rows):
            last = rows[-1]
            self._last_order = (int(last["time"]), _side(int(last["asked"]))) if last["lots"] > 0 else None
        for k in np.flatnonzero(rows["asked"]):
            row = rows[k]
            blocked = guards.names(int(row["blocked"]))
            bar, side = first + int(k), int(row["asked"])
            self.funnel.ask(bar=bar, side=side, blocked=blocked)
            held, self._held = self._held, (bar, side, blocked)
            if blocked and held == (bar - 1, side, blocked):
                continue  # the same signal, still held back by the same guards
            self.log(
                "signal" if blocked else "order",
                int(row["time"]),
                _DECIDED,
                side=_side(side),
                f=float(row["score"]["f"]),
                lots=int(row["lots"]),
                blocked_by=blocked,
            )

    def _note_guards(self, rows: _Array) -> None:
        """Log each change of the stateless guards, not their every bar."""
        pairs = np.stack([rows["guards_long"], rows["guards_short"]], axis=1)
        before = np.concatenate([[self._guards], pairs[:-1]]) if len(pairs) else pairs
        for k in np.flatnonzero((pairs != before).any(axis=1)):
            long, short = (guards.names(int(m)) for m in pairs[k])
            self.log("guards", int(rows["time"][k]), _DECIDED, long=long, short=short)
        if len(pairs):
            self._guards = (int(pairs[-1][0]), int(pairs[-1][1]))
