"""Tables: the machine's records as frames, the way a run folder stores them.

Times are UTC time stamps, codes are names, masks are names joined by `|`.
"""

from __future__ import annotations

import enum
import pathlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from bullmachine.core.events import ENGINE_SPAN, Reason, State
from bullmachine.core.time import timeframe_name
from bullmachine.engines.levels import Sentinel
from bullmachine.engines.wyckoff import Phase
from bullmachine.fusion.score import PART_NAMES, STEPS, Book
from bullmachine.fusion.state import Stance, Transition
from bullmachine.machine.engines import engine_names, kind_names
from bullmachine.macro.context import Regime
from bullmachine.runs.phases import PHASE_NAMES
from bullmachine.trading import guards
from bullmachine.trading.ask import FAST, FROM_SETUPS, TAGGED
from bullmachine.trading.codes import FillReason, OrderKind, OrderState

__all__ = [
    "Names",
    "bars",
    "decisions",
    "equity",
    "events",
    "legs",
    "orders",
    "positions",
    "signals",
    "write_ambiguity",
]

_Array = np.ndarray[Any, Any]
_SIDES = {1: "long", -1: "short", 0: "none"}
_ORDERS = {1: "buy", -1: "sell"}
#: fields of a finished position that are coded otherwise, or serve the machine alone
_INTERNAL = {"id", "symbol", "source", "side", "reason", "decided_at", "stance", "lots"}


def _times(ms: _Array) -> pl.Series:
    return pl.Series(np.ascontiguousarray(ms)).cast(pl.Datetime("ms", "UTC"))


def _plain(column: _Array) -> pl.Series:
    return pl.Series(np.ascontiguousarray(column))


def _priced(column: _Array) -> pl.Series:
    """Prices that need not be there: null instead of NaN."""
    return pl.Series(np.ascontiguousarray(column)).fill_nan(None)


def _coded(codes: _Array, name: Callable[[int], str]) -> pl.Series:
    """Integer codes as their names; each distinct code is named once."""
    distinct, index = np.unique(np.ascontiguousarray(codes), return_inverse=True)
    return pl.Series([name(int(c)) for c in distinct], dtype=pl.String).gather(index)


def _named(codes: _Array, names: type[enum.IntEnum] | Mapping[int, str]) -> pl.Series:
    if isinstance(names, Mapping):
        return _coded(codes, lambda c: names[c])
    return _coded(codes, lambda c: str(names(c).name).lower())


def _masked(masks: _Array) -> pl.Series:
    return _coded(masks, lambda m: "|".join(guards.names(m)))


def _sentinels(mask: int) -> str:
    return "|".join(str(s.name).lower() for s in Sentinel if mask & s)


@dataclass(frozen=True, slots=True)
class Names:
    """What numbers stand for in one run: its symbols, the tags of its own signals, its macro rules and setups."""

    symbols: Sequence[str]
    tags: Sequence[str] = ()
    rules: Sequence[str] = ()
    setups: Sequence[str] = ()

    def source(self, code: int) -> str:
        """Who asked for a trade: a book of the score, the fast signal, a setup by its name, or a signal by its tag.

        >>> Names(["ETH"], ["breakout"]).source(1), Names(["ETH"], ["breakout"]).source(TAGGED + 1)
        ('trend', 'breakout')
        """
        if FROM_SETUPS < code < TAGGED:
            return self.setups[code - FROM_SETUPS - 1]
        if code < TAGGED:
            return "fast" if code == FAST else str(Book(code).name.lower())
        return self.tags[code - TAGGED - 1] if code > TAGGED else "signals"

    def fired(self, mask: int) -> str:
        """The setups of a mask, joined by `|`."""
        return "|".join(name for n, name in enumerate(self.setups) if mask >> n & 1)

    def speaking(self, mask: int) -> str:
        """The macro rules of a mask, joined by `|`."""
        return "|".join(name for n, name in enumerate(self.rules) if mask >> n & 1)

    def symbol(self, index: _Array) -> pl.Series:
        """A column of symbols' numbers as names."""
        return _coded(index, lambda k: self.symbols[k])


def bars(rows: _Array, symbol: _Array, names: Names) -> pl.DataFrame:
    """Closed bars of any timeframe as the machine saw them."""
    columns = {
        "symbol": names.symbol(symbol),
        "tf": _coded(rows["tf"], timeframe_name),
        "time": _times(rows["ts"]),
        "known": _times(rows["known"]),
    }
    for name in ("open", "high", "low", "close", "volume", "n_base", "expected", "gap"):
        columns[name] = _plain(rows[name])
    columns["partial"] = _plain(rows["n_base"] < rows["expected"])
    columns["volume_missing"] = _plain(rows["novol"] == 1)
    return pl.DataFrame(columns)


def decisions(rows: _Array, phases: _Array, symbol: _Array, names: Names) -> pl.DataFrame:
    """One row per decided bar that was looked at: score, both books, contributions, guards, state, Wyckoff's phases."""
    score = rows["score"]
    columns = {"symbol": names.symbol(symbol), "time": _times(rows["time"]), "f": _plain(score["f"])}
    columns["trend"] = _plain(score["trend"])
    columns["reversal"] = _plain(score["reversal"])
    columns["book"] = _named(score["book"], Book)
    columns |= {name: _plain(score[name]) for name in (*STEPS, "align")}
    columns |= {name: _plain(score["parts"][:, k]) for k, name in enumerate(PART_NAMES)}
    columns["guards_long"] = _masked(rows["guards_long"])
    columns["guards_short"] = _masked(rows["guards_short"])
    columns["guards_account"] = _masked(rows["guards_account"])
    columns["stance"] = _named(rows["stance"], Stance)
    columns["transition"] = _named(rows["transition"], Transition)
    columns["asked"] = _named(rows["asked"], _SIDES)
    columns["blocked"] = _masked(rows["blocked"])
    columns["lots"] = _plain(rows["lots"])
    columns["distance"] = _plain(rows["distance"])
    columns["limit"] = _priced(rows["limit"])
    columns["fast"] = _named(rows["fast"], _SIDES)
    columns["sentinels"] = _coded(rows["sentinels"], _sentinels)
    columns |= {name: _coded(rows[name], names.fired) for name in ("fired_long", "fired_short")}
    columns |= {name: _plain(rows[name]) for name in ("risk_long", "risk_short")}
    columns["regime"] = _named(rows["regime"], Regime)
    columns["macro_rules"] = _coded(rows["speaking"], names.speaking)
    columns |= {name: _coded(phases[:, k], lambda c: Phase(c).name) for k, name in enumerate(PHASE_NAMES)}
    return pl.DataFrame(columns)


def signals(rows: _Array, behind: _Array, symbol: _Array, names: Names) -> pl.DataFrame:
    """The decisions that asked for a trade, what blocked them (empty: an order was made), the events `behind` them."""
    blocked = [guards.names(int(m)) for m in rows["blocked"]]
    ids = [[int(k) for k in own if k >= 0] for own in behind]
    return pl.DataFrame(
        {
            "symbol": names.symbol(symbol),
            "time": _times(rows["time"]),
            "source": _coded(rows["source"], names.source),
            "side": _named(rows["asked"], _SIDES),
            "f": _plain(rows["score"]["f"]),
            "lots": _plain(rows["lots"]),
            "distance": _plain(rows["distance"]),
            "limit": _priced(rows["limit"]),
            "blocked_by": pl.Series(blocked, dtype=pl.List(pl.String)),
            "evidence": pl.Series(ids, dtype=pl.List(pl.Int64)),
        }
    )


def legs(rows: _Array, names: Names) -> pl.DataFrame:
    """Every fill, and every funding settlement."""
    columns = {"position_id": _plain(rows["position_id"]), "symbol": names.symbol(rows["symbol"])}
    columns |= {"time": _times(rows["time"]), "order_time": _times(rows["order_time"])}
    columns["side"] = _named(rows["side"], _ORDERS)
    for name in ("qty", "price", "pnl", "fee", "slippage", "funding"):
        columns[name] = _plain(rows[name])
    columns["reason"] = _named(rows["reason"], FillReason)
    return pl.DataFrame(columns)


def orders(rows: _Array, names: Names) -> pl.DataFrame:
    """Every step of an order that is no fill: placed, moved, or ended; price null for market orders."""
    columns = {"time": _times(rows["time"]), "symbol": names.symbol(rows["symbol"])}
    columns["position_id"] = _plain(rows["position_id"])
    columns["kind"] = _named(rows["kind"], OrderKind)
    columns["state"] = _named(rows["state"], OrderState)
    columns["side"] = _named(rows["side"], _ORDERS)
    columns["qty"] = _plain(rows["qty"])
    market = np.isin(rows["kind"], (OrderKind.MARKET, OrderKind.EXIT))
    columns["price"] = _priced(np.where(market, np.nan, rows["price"]))
    return pl.DataFrame(columns)


def positions(rows: _Array, names: Names) -> pl.DataFrame:
    """Every finished position: one entry to flat."""
    columns = {"id": _plain(rows["id"]), "symbol": names.symbol(rows["symbol"])}
    columns["source"] = _coded(rows["source"], names.source)
    columns["side"] = _named(rows["side"], _SIDES)
    for name in (n for n in rows.dtype.names or () if n not in _INTERNAL):
        columns[name] = _times(rows[name]) if name.endswith("_time") else _plain(rows[name])
    columns["exit_reason"] = _named(rows["reason"], FillReason)
    return pl.DataFrame(columns)


def equity(rows: _Array, holdings: _Array, names: Names) -> pl.DataFrame:
    """The account at every decided close: a column of signed quantity per symbol, and the guards that pause it."""
    alone = len(names.symbols) == 1
    columns = {"time": _times(rows["time"]), "cash": _plain(rows["cash"])}
    for k, name in enumerate(names.symbols):
        columns["position" if alone else f"position_{name}"] = _plain(holdings[:, k])
    columns |= {n: _plain(rows[n]) for n in ("equity", "drawdown")}
    return pl.DataFrame({**columns, "paused": _masked(rows["paused"])})


def events(rows: _Array, symbol: _Array, names: Names) -> pl.DataFrame:
    """Engine events, with the names of kind, engine, timeframe, state and reason."""
    columns = {
        "symbol": names.symbol(symbol),
        "kind": _named(rows["kind"], kind_names()),
        "engine": _named(rows["kind"] // ENGINE_SPAN, engine_names()),
    }
    columns["tf"] = _coded(rows["tf"], timeframe_name)
    columns["dir"] = _plain(rows["dir"])
    columns |= {name: _times(rows[name]) for name in ("t_ref", "t_known")}
    columns |= {name: _plain(rows[name]) for name in ("i_ref", "i_known", "price", "lo", "hi", "score")}
    columns["state"] = _named(rows["state"], State)
    columns["reason"] = _named(rows["reason"], Reason)
    columns |= {name: _plain(rows[name]) for name in ("id", "parent")}
    columns["ev"] = pl.Series(np.ascontiguousarray(rows["ev"]), dtype=pl.Array(pl.Float64, rows["ev"].shape[1]))
    return pl.DataFrame(columns)


def write_ambiguity(folder: pathlib.Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """One row per ambiguous position: its money as taken, at worst, at best, and by lower bars (null without)."""
    schema = {"position_id": pl.Int64, "exit_time": pl.Int64, "taken": pl.Float64, "worst": pl.Float64}
    schema |= {"best": pl.Float64, "pessimistic": pl.Float64, "data": pl.Float64, "branches": pl.Int64}
    frame = pl.DataFrame(list(rows), schema=schema)
    frame = frame.with_columns(pl.col("exit_time").cast(pl.Datetime("ms")).dt.replace_time_zone("UTC"))
    frame.write_parquet(folder / "ambiguity.parquet", compression="zstd")
