"""Numbers about a set of finished positions, all of a run or those of one group.

`rows` is a structured array with the columns `pnl, fee, funding, slippage, qty, entry_price, exit_price,
entry_time, exit_time, bars, r_gross, r_cost, r_net, mfe_r, mae_r`, in the order the positions ended.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bullmachine.core.time import HOUR
from bullmachine.metrics.numbers import ratio

__all__ = ["break_even_bps", "losing_streak", "profit_factor", "trade_numbers", "turnover"]

_Array = np.ndarray[Any, Any]
Numbers = dict[str, float | int | None]


def profit_factor(net: _Array) -> float | None:
    """Sum of gains over sum of losses, in money after all costs; None without a loss.

    >>> profit_factor(np.array([3.0, -1.0, -0.5])), profit_factor(np.array([3.0]))
    (2.0, None)
    """
    return ratio(float(net[net > 0.0].sum()), -float(net[net < 0.0].sum()))


def losing_streak(net: _Array) -> int:
    """Most losses in a row; a position that made exactly nothing ends a streak.

    >>> losing_streak(np.array([-1.0, -1.0, 0.0, -1.0])), losing_streak(np.array([]))
    (2, 0)
    """
    ends = np.flatnonzero(np.concatenate([[True], net >= 0.0, [True]]))
    return int(np.diff(ends).max()) - 1


def turnover(rows: _Array) -> float:
    """Value bought and sold, in quote units: quantity times entry and (mean) exit price."""
    return float((rows["qty"] * (np.abs(rows["entry_price"]) + np.abs(rows["exit_price"]))).sum())


def break_even_bps(rows: _Array) -> float:
    """What a fill may cost, in bps of its value, until nothing is left of the result; 0 without a fill.

    The result before fees and slippage and after funding, over the turnover; below 0 it loses without costs.
    """
    left = float((rows["pnl"] + rows["slippage"] - rows["funding"]).sum())
    return (ratio(left, turnover(rows)) or 0.0) * 1e4


def trade_numbers(rows: _Array) -> Numbers:
    """Every number of a set of positions (meanings and units in docs/method/metrics.md)."""
    return {**_counts(rows), **_results(rows), **_held(rows)}


def _counts(rows: _Array) -> Numbers:
    """Count, rates and R; rates and means of none are 0."""
    n, each = len(rows), max(len(rows), 1)
    sums: Numbers = {name: float(rows[name].sum()) for name in ("r_gross", "r_cost", "r_net")}
    return {
        "positions": n,
        "win_rate": int((rows["r_net"] > 0.0).sum()) / each,
        **sums,
        "r_net_mean": float(rows["r_net"].sum()) / each,
        "bars_mean": int(rows["bars"].sum()) / each,
    }


def _results(rows: _Array) -> Numbers:
    net = rows["pnl"] - rows["fee"] - rows["funding"]
    return {
        "net": float(net.sum()),
        "expectancy": ratio(float(net.sum()), len(rows)),
        "profit_factor": profit_factor(net),
        "worst_r": float(rows["r_net"].min()) if len(rows) else None,
        "losing_streak": losing_streak(net),
        "turnover": turnover(rows),
        "break_even_bps": break_even_bps(rows),
    }


def _held(rows: _Array) -> Numbers:
    hours = (rows["exit_time"] - rows["entry_time"]) / HOUR
    columns = {"mae_r": rows["mae_r"], "mfe_r": rows["mfe_r"], "hours": hours}
    made: Numbers = {}
    for name, values in columns.items():
        made[f"{name}_mean"] = float(values.mean()) if len(rows) else None
        made[f"{name}_median"] = float(np.median(values)) if len(rows) else None
    return made
