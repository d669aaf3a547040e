"""Tables: the machine's records as Arrow tables, the way a run folder stores them.

Times are UTC time stamps, codes are names, masks are names joined by `|`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from bullmachine.core.events import ENGINE_SPAN, Reason, State
from bullmachine.core.time import timeframe_name
from bullmachine.fusion.score import PART_NAMES, Book
from bullmachine.fusion.state import Stance, Transition
from bullmachine.machine.engines import engine_names, kind_names
from bullmachine.trading import guards
from bullmachine.trading.fills import FillReason

__all__ = ["bars", "decisions", "equity", "events", "legs", "positions", "signals"]

_Array = np.ndarray[Any, Any]
_SIDES = {1: "long", -1: "short", 0: "none"}


def _times(ms: _Array) -> pa.Array:
    return pa.array(np.ascontiguousarray(ms)).cast(pa.timestamp("ms", tz="UTC"))


def _plain(column: _Array) -> pa.Array:
    return pa.array(np.ascontiguousarray(column))


def _coded(codes: _Array, name: Callable[[int], str]) -> pa.Array:
    """Integer codes as a dictionary column; each distinct code is named once."""
    distinct, index = np.unique(np.ascontiguousarray(codes), return_inverse=True)
    return pa.DictionaryArray.from_arrays(
        pa.array(index.astype(np.int32)), pa.array([name(int(c)) for c in distinct], pa.string())
    )


def _named(codes: _Array, names: type[enum.IntEnum] | Mapping[int, str]) -> pa.Array:
    if isinstance(names, Mapping):
        return _coded(codes, lambda c: names[c])
    return _coded(codes, lambda c: names(c).name.lower())


def _masked(masks: _Array) -> pa.Array:
    return _coded(masks, lambda m: "|".join(guards.names(m)))


def bars(rows: _Array) -> pa.Table:
    """Closed bars of any timeframe as the machine saw them."""
    columns = {"tf": _coded(rows["tf"], timeframe_name), "time": _times(rows["ts"]), "known": _times(rows["known"])}
    for name in ("open", "high", "low", "close", "volume", "n_base", "expected", "gap"):
        columns[name] = _plain(rows[name])
    columns["partial"] = pa.array(rows["n_base"] < rows["expected"])
    columns["volume_missing"] = pa.array(rows["novol"] == 1)
    return pa.table(columns)


def decisions(rows: _Array) -> pa.Table:
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
    return pa.table(columns)


def signals(rows: _Array, symbol: str, source: Callable[[int], str]) -> pa.Table:
    """The decisions that asked for a trade, and what blocked them (empty: an order was made)."""
    asked = rows[rows["asked"] != 0]
    blocked = [guards.names(int(m)) for m in asked["blocked"]]
    return pa.table(
        {
            "time": _times(asked["time"]),
            "symbol": pa.array([symbol] * len(asked), pa.string()),
            "source": _coded(asked["score"]["book"], source),
            "side": _named(asked["asked"], _SIDES),
            "f": _plain(asked["score"]["f"]),
            "lots": _plain(asked["lots"]),
            "distance": _plain(asked["distance"]),
            "blocked_by": pa.array(blocked, pa.list_(pa.string())),
        }
    )


def legs(rows: _Array, symbol: str) -> pa.Table:
    """Every fill."""
    columns = {"position_id": _plain(rows["position_id"]), "symbol": _named(rows["symbol"], {0: symbol})}
    columns |= {"time": _times(rows["time"]), "order_time": _times(rows["order_time"])}
    columns["side"] = _named(rows["side"], {1: "buy", -1: "sell"})
    for name in ("qty", "price", "pnl", "fee", "slippage", "funding"):
        columns[name] = _plain(rows[name])
    columns["reason"] = _named(rows["reason"], FillReason)
    return pa.table(columns)


def positions(rows: _Array, symbol: str, source: Callable[[int], str]) -> pa.Table:
    """Every finished position: one entry to flat."""
    columns = {"id": _plain(rows["id"]), "symbol": _named(rows["symbol"], {0: symbol})}
    columns["source"] = _coded(rows["book"], source)
    columns["side"] = _named(rows["side"], _SIDES)
    for name in (n for n in rows.dtype.names or () if n not in {"id", "symbol", "book", "side", "reason"}):
        columns[name] = _times(rows[name]) if name.endswith("_time") else _plain(rows[name])
    columns["exit_reason"] = _named(rows["reason"], FillReason)
    return pa.table(columns)


def equity(rows: _Array) -> pa.Table:
    """The account at every decided close."""
    columns = {"time": _times(rows["time"])}
    return pa.table(columns | {n: _plain(rows[n]) for n in ("cash", "position", "equity", "drawdown")})


def events(rows: _Array) -> pa.Table:
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
    evidence = pa.array(np.ascontiguousarray(rows["ev"]).ravel())
    columns["ev"] = pa.FixedSizeListArray.from_arrays(evidence, rows["ev"].shape[1])
    return pa.table(columns)
