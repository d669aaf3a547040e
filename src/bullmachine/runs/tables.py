"""Tables: the machine's records as frames, the way a run folder stores them.

Times are UTC time stamps, codes are names, masks are names joined by `|`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from bullmachine.core.events import ENGINE_SPAN, Reason, State
from bullmachine.core.time import timeframe_name
from bullmachine.engines.levels import Sentinel
from bullmachine.fusion.score import PART_NAMES, Book
from bullmachine.fusion.state import Stance, Transition
from bullmachine.machine.engines import engine_names, kind_names
from bullmachine.trading import guards
from bullmachine.trading.fills import FillReason

__all__ = ["bars", "decisions", "equity", "events", "legs", "positions", "signals"]

_Array = np.ndarray[Any, Any]
_SIDES = {1: "long", -1: "short", 0: "none"}


def _times(ms: _Array) -> pl.Series:
    return pl.Series(np.ascontiguousarray(ms)).cast(pl.Datetime("ms", "UTC"))


def _plain(column: _Array) -> pl.Series:
    return pl.Series(np.ascontiguousarray(column))


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


def bars(rows: _Array) -> pl.DataFrame:
    """Closed bars of any timeframe as the machine saw them."""
    columns = {"tf": _coded(rows["tf"], timeframe_name), "time": _times(rows["ts"]), "known": _times(rows["known"])}
    for name in ("open", "high", "low", "close", "volume", "n_base", "expected", "gap"):
        columns[name] = _plain(rows[name])
    columns["partial"] = _plain(rows["n_base"] < rows["expected"])
    columns["volume_missing"] = _plain(rows["novol"] == 1)
    return pl.DataFrame(columns)


def decisions(rows: _Array) -> pl.DataFrame:
    """One row per decided bar: score, both books, contributions, guards, state."""
    score = rows["score"]
    columns = {"time": _times(rows["time"]), "f": _plain(score["f"]), "trend": _plain(score["trend"])}
    columns["reversal"] = _plain(score["reversal"])
    columns["book"] = _named(score["book"], Book)
    columns["conflict"] = _plain(score["conflict"])
    columns |= {name: _plain(score["parts"][:, k]) for k, name in enumerate(PART_NAMES)}
    columns["guards_long"] = _masked(rows["guards_long"])
    columns["guards_short"] = _masked(rows["guards_short"])
    columns["stance"] = _named(rows["stance"], Stance)
    columns["transition"] = _named(rows["transition"], Transition)
    columns["asked"] = _named(rows["asked"], _SIDES)
    columns["blocked"] = _masked(rows["blocked"])
    columns["lots"] = _plain(rows["lots"])
    columns["distance"] = _plain(rows["distance"])
    columns["sentinels"] = _coded(rows["sentinels"], _sentinels)
    return pl.DataFrame(columns)


def signals(rows: _Array, symbol: str, source: Callable[[int], str]) -> pl.DataFrame:
    """The decisions that asked for a trade, and what blocked them (empty: an order was made)."""
    asked = rows[rows["asked"] != 0]
    blocked = [guards.names(int(m)) for m in asked["blocked"]]
    return pl.DataFrame(
        {
            "time": _times(asked["time"]),
            "symbol": pl.repeat(symbol, len(asked), dtype=pl.String, eager=True),
            "source": _coded(asked["score"]["book"], source),
            "side": _named(asked["asked"], _SIDES),
            "f": _plain(asked["score"]["f"]),
            "lots": _plain(asked["lots"]),
            "distance": _plain(asked["distance"]),
            "blocked_by": pl.Series(blocked, dtype=pl.List(pl.String)),
        }
    )


def legs(rows: _Array, symbol: str) -> pl.DataFrame:
    """Every fill."""
    columns = {"position_id": _plain(rows["position_id"]), "symbol": _named(rows["symbol"], {0: symbol})}
    columns |= {"time": _times(rows["time"]), "order_time": _times(rows["order_time"])}
    columns["side"] = _named(rows["side"], {1: "buy", -1: "sell"})
    for name in ("qty", "price", "pnl", "fee", "slippage", "funding"):
        columns[name] = _plain(rows[name])
    columns["reason"] = _named(rows["reason"], FillReason)
    return pl.DataFrame(columns)


def positions(rows: _Array, symbol: str, source: Callable[[int], str]) -> pl.DataFrame:
    """Every finished position: one entry to flat."""
    columns = {"id": _plain(rows["id"]), "symbol": _named(rows["symbol"], {0: symbol})}
    columns["source"] = _coded(rows["book"], source)
    columns["side"] = _named(rows["side"], _SIDES)
    for name in (n for n in rows.dtype.names or () if n not in {"id", "symbol", "book", "side", "reason"}):
        columns[name] = _times(rows[name]) if name.endswith("_time") else _plain(rows[name])
    columns["exit_reason"] = _named(rows["reason"], FillReason)
    return pl.DataFrame(columns)


def equity(rows: _Array) -> pl.DataFrame:
    """The account at every decided close."""
    columns = {"time": _times(rows["time"])}
    return pl.DataFrame(columns | {n: _plain(rows[n]) for n in ("cash", "position", "equity", "drawdown")})


def events(rows: _Array) -> pl.DataFrame:
    """Engine events, with the names of kind, engine, timeframe, state and reason."""
    columns = {
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
