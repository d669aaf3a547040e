"""The summary of a run: what was made, what it cost, from positions and equity alone.

R is the loss a position risked at its entry. Gross R is before every cost, net R after; the break-even
cost is what one side of every trade may cost before the sum of net R is nothing.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bullmachine.core.time import from_ms
from bullmachine.runs.journal import source_name
from bullmachine.trading.fills import FillReason

__all__ = ["SMALL_SAMPLE", "summarise"]

SMALL_SAMPLE: Final = 30  #: fewer positions than this say next to nothing

_Array = np.ndarray[Any, Any]


def _group(closed: _Array) -> dict[str, float]:
    """Count, win rate and R of some positions; rates and means of none are 0."""
    n = len(closed)
    sums = {name: float(closed[name].sum()) for name in ("r_gross", "r_cost", "r_net")}
    wins, bars = int((closed["r_net"] > 0).sum()), int(closed["bars"].sum())
    each = max(n, 1)
    return {
        "positions": n,
        "win_rate": wins / each,
        **sums,
        "r_net_mean": sums["r_net"] / each,
        "bars_mean": bars / each,
    }


def _by(closed: _Array, key: str, name: Any) -> dict[str, dict[str, float]]:
    return {name(int(code)): _group(closed[closed[key] == code]) for code in np.unique(closed[key])}


def _side(code: int) -> str:
    return "long" if code > 0 else "short"


def _money(closed: _Array, marks: _Array, start: float) -> dict[str, float]:
    turnover = float((closed["qty"] * (np.abs(closed["entry_price"]) + np.abs(closed["exit_price"]))).sum())
    before_costs = float((closed["pnl"] + closed["slippage"]).sum())
    return {
        "equity_start": start,
        "equity_end": float(marks["equity"][-1]),
        "return": float(marks["equity"][-1] / start - 1.0),
        "max_drawdown": float(marks["drawdown"].min()),
        "exposure": float((marks["position"] != 0).mean()),
        "fees": float(closed["fee"].sum()),
        "slippage": float(closed["slippage"].sum()),
        "turnover": turnover,
        "break_even_bps": before_costs / turnover * 1e4 if turnover else 0.0,
    }


def summarise(closed: _Array, marks: _Array, start: float, prices: tuple[float, float]) -> dict[str, Any]:
    """The summary of finished positions and equity marks; `prices` = first and last close of the window."""
    return {
        "from": from_ms(int(marks["time"][0])).isoformat(),
        "to": from_ms(int(marks["time"][-1])).isoformat(),
        "decided_bars": len(marks),
        "small_sample": len(closed) < SMALL_SAMPLE,
        **_group(closed),
        **_money(closed, marks, start),
        "buy_and_hold": prices[1] / prices[0] - 1.0 if prices[0] else 0.0,
        "by_exit": _by(closed, "reason", lambda c: FillReason(c).name.lower()),
        "by_side": _by(closed, "side", _side),
        "by_source": _by(closed, "book", source_name),
    }
