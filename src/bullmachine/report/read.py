"""What a report reads: a finished run folder, checked to hold what the page shows."""

from __future__ import annotations

import functools
import json
import pathlib
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from bullmachine.core.errors import OutputError
from bullmachine.core.time import parse_timeframe

__all__ = ["STREAMS", "Run", "read_run"]

#: the three streams, the fastest first
STREAMS: Final = ("base", "middle", "slow")

#: tables of a run folder and the columns the report reads of them
TABLES: Final[dict[str, tuple[str, ...]]] = {
    "bars": ("symbol", "tf", "time", "known", "open", "high", "low", "close", "volume"),
    "equity": ("time", "equity", "paused"),
    "positions": (
        *("id", "symbol", "source", "side", "entry_time", "entry_price", "exit_time", "exit_price", "qty", "stop"),
        *("pnl", "fee", "funding", "slippage", "r_gross", "r_cost", "r_net", "mfe_r", "mae_r", "bars", "ambiguous"),
        "exit_reason",
    ),
    "legs": ("position_id", "symbol", "time", "order_time", "side", "qty", "price", "reason"),
    "orders": ("time", "symbol", "position_id", "kind", "state", "price"),
    "ambiguity": ("position_id", "exit_time", "taken", "worst", "best"),
    "signals": ("symbol", "time", "evidence"),
    "decisions": ("symbol", "time", *(f"phase_{side}.{stream}" for stream in STREAMS for side in ("long", "short"))),
    "engine_events": (
        *("symbol", "kind", "tf", "dir", "t_ref", "t_known", "i_ref", "price", "lo", "hi", "score"),
        *("state", "reason", "id", "parent", "ev"),
    ),
}
_SUMMARY: Final = ("interval", "r_net_interval", "coin_flip", "delayed", "reruns", "funding")


@dataclass(frozen=True)
class Run:
    """A finished run in memory: both JSON files and the tables of `TABLES`, times as UTC stamps.

    `fed` holds what fed the positions of a symbol, once it was asked for.
    """

    path: pathlib.Path
    summary: dict[str, Any]
    manifest: dict[str, Any]
    tables: dict[str, pl.DataFrame]
    fed: dict[str, pl.DataFrame] = field(default_factory=dict, repr=False)

    @functools.cached_property
    def base(self) -> str:
        """Name of the base timeframe: the shortest there is."""
        return str(min(self.tables["bars"]["tf"].unique().to_list(), key=parse_timeframe))

    @functools.cached_property
    def frames(self) -> dict[str, str]:
        """The timeframe of each stream."""
        return dict(zip(STREAMS, self.manifest["config"]["resolved"]["data"]["timeframes"], strict=True))

    @functools.cached_property
    def symbols(self) -> list[str]:
        """The traded symbols, in the order of the bars."""
        return self.tables["bars"]["symbol"].unique(maintain_order=True).to_list()

    def bars(self, symbol: str) -> pl.DataFrame:
        """Base bars of one symbol inside the window."""
        return self.of("bars", symbol).filter(pl.col("tf") == self.base)

    def of(self, table: str, symbol: str) -> pl.DataFrame:
        """The rows of one symbol."""
        return self.tables[table].filter(pl.col("symbol") == symbol)


def read_run(folder: str | pathlib.Path) -> Run:
    """Read a run folder.

    Raises:
        OutputError: it is no finished run, a file cannot be read, or an older version wrote it.
    """
    path = pathlib.Path(folder)
    manifest = _json(path, "manifest.json")
    if manifest.get("status") != "finished":
        raise OutputError(f"{path} is a run that did not finish: run the backtest again", path=str(path))
    summary = _json(path, "summary.json")
    lacks = [f"{key} in summary.json" for key in _SUMMARY if key not in summary]
    tables = {name: _table(path, name, lacks) for name in TABLES}
    if lacks:
        raise OutputError(
            f"{path} was written by an older version (it lacks {lacks[0]}): run the backtest again", path=str(path)
        )
    return Run(path, summary, manifest, tables)


def _json(path: pathlib.Path, name: str) -> dict[str, Any]:
    try:
        found = json.loads((path / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise OutputError(f"{path} is no finished run: it has no {name}", path=str(path)) from None
    except (OSError, ValueError) as error:
        raise OutputError(f"{path / name} cannot be read: {error}", path=str(path)) from error
    if not isinstance(found, dict):
        raise OutputError(f"{path / name} is no table of keys", path=str(path))
    return found


def _table(path: pathlib.Path, name: str, lacks: list[str]) -> pl.DataFrame:
    file = path / f"{name}.parquet"
    if not file.exists():
        lacks.append(file.name)
        return pl.DataFrame()
    try:
        lazy = pl.scan_parquet(file, glob=False)
        there = lazy.collect_schema().names()
        frame = lazy.select([column for column in TABLES[name] if column in there]).collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise OutputError(f"{file} cannot be read: {str(error).splitlines()[0]}", path=str(path)) from error
    lacks += [f"the column {column} in {file.name}" for column in TABLES[name] if column not in there]
    return frame
