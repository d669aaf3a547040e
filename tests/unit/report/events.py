"""Engine events written by hand, and the signals they fed, for the folders of `folders.py`."""

from __future__ import annotations

import datetime as dt
import pathlib
from collections.abc import Sequence
from typing import Any, Final

import polars as pl
from tests.unit.report.folders import BEGIN, HOUR, SIGNALS, TIME

LENGTHS: Final = {"1h": HOUR, "4h": 4 * HOUR}
FILLED: Final[dict[str, Any]] = {
    "engine": "smc",
    "lo": 1990.0,
    "hi": 2010.0,
    "score": 0.5,
    "state": "new",
    "reason": "none",
    "parent": -1,
}


class Said:
    """Events of one symbol in order; each call adds one and returns its id.

    `said("FVG", 30, ref=29)` is known at the close of base bar 30 and about bar 29 of its timeframe.
    """

    def __init__(self, symbol: str = "ETHUSDT", first: int = 1000) -> None:
        self.symbol, self.rows = symbol, list[dict[str, Any]]()
        self._next = first

    def __call__(
        self, kind: str, known: int, way: int = 1, *, ref: int | None = None, tf: str = "1h", **more: Any
    ) -> int:
        span = LENGTHS[tf]
        about = (known * HOUR // span) if ref is None else ref
        row = {"symbol": self.symbol, "kind": kind, "tf": tf, "dir": way, **FILLED, **more}
        row |= {"i_ref": about, "t_ref": BEGIN + about * span, "i_known": known, "t_known": close(known)}
        row["price"] = row.get("price", row["hi"] if way > 0 else row["lo"])
        row["ev"] = [*(float(x) for x in row.get("ev", ())), *[0.0] * 8][:8]
        self.rows.append({**row, "id": self._next})
        self._next += 1
        return self._next - 1

    def end(self, kind: str, known: int, of: int, *, reason: str = "none", **more: Any) -> int:
        """The event that ends another one."""
        return self(kind, known, state="end", parent=of, reason=reason, **more)


def close(bar: int) -> dt.datetime:
    """Close of a base bar."""
    return BEGIN + (bar + 1) * HOUR


def ms(time: dt.datetime) -> int:
    """UTC milliseconds."""
    return round(time.timestamp() * 1000)


def phased(folder: pathlib.Path, **turns: Sequence[tuple[int, str]]) -> pathlib.Path:
    """The folder with these phases: `long_base=[(30, "A1"), (40, "B")]` holds from the closes of bars 30 and 40 on."""
    table = pl.read_parquet(folder / "decisions.parquet")
    for name, steps in turns.items():
        column = "phase_" + name.replace("_", ".")
        for bar, phase in steps:
            later = pl.when(pl.col("time") >= close(bar)).then(pl.lit(phase)).otherwise(column)
            table = table.with_columns(later.alias(column))
    table.write_parquet(folder / "decisions.parquet")
    return folder


def into(folder: pathlib.Path, *said: Said, fed: dict[int, Sequence[int]] | None = None) -> pathlib.Path:
    """The folder with these events; `fed` names the evidence of entries by the bar they were filled at."""
    rows = sorted((row for s in said for row in s.rows), key=lambda row: row["t_known"])
    table = pl.read_parquet(folder / "engine_events.parquet")
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else table
    frame.select(table.columns).cast(table.schema).write_parquet(folder / "engine_events.parquet")
    asked = [(said[0].symbol, BEGIN + bar * HOUR, list(ids)) for bar, ids in (fed or {}).items()]
    pl.DataFrame(asked, SIGNALS, orient="row").cast({"time": TIME}).write_parquet(folder / "signals.parquet")
    return folder
