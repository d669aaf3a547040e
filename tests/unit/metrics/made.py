"""Positions for the tests of metrics, made up, and their numbers in plain Python."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import statistics
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import strategies as st

from bullmachine.core.record import dtype_of
from bullmachine.trading.rows import Closed

Row = dict[str, Any]

HOUR: Final = 3_600_000
EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def ms(text: str) -> int:
    """UTC milliseconds of `2025-03-01T12:00`."""
    return int((dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC) - EPOCH).total_seconds() * 1000)


def day(stamp: int) -> dt.datetime:
    """The UTC moment of `stamp` ms."""
    return EPOCH + dt.timedelta(milliseconds=stamp)


def closed(rows: list[Row]) -> np.ndarray[Any, Any]:
    """Rows of `Closed` from the columns given; the others are 0."""
    made = np.zeros(len(rows), dtype_of(Closed))
    for k, row in enumerate(rows):
        for name, value in row.items():
            made[k][name] = value
    return made


def amounts(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers with at most four places: sums of them are told apart from rounding."""
    return st.integers(round(low * 10_000), round(high * 10_000)).map(lambda n: n / 10_000)


@st.composite
def positions(draw: st.DrawFn, min_size: int = 0) -> list[Row]:
    """Positions in the order they ended, with R that follows from their money."""
    start, rows = ms("2024-11-20T00:00"), []
    for _ in range(draw(st.integers(min_size, 25))):
        start += draw(st.integers(1, 400)) * HOUR
        risk, hours = draw(amounts(1.0, 200.0)), draw(st.integers(0, 50))
        money = {"pnl": draw(amounts(-300.0, 300.0)), "fee": draw(amounts(0.0, 9.0))}
        money |= {"slippage": draw(amounts(0.0, 9.0)), "funding": draw(amounts(-3.0, 3.0))}
        net = money["pnl"] - money["fee"] - money["funding"]
        cost = money["fee"] + money["funding"] + money["slippage"]
        rows.append({
            **money,
            "side": draw(st.sampled_from([-1, 1])),
            "reason": draw(st.integers(1, 4)),
            "source": draw(st.integers(1, 2)),
            "qty": draw(amounts(0.1, 5.0)),
            "entry_price": draw(amounts(50.0, 150.0)),
            "exit_price": draw(amounts(50.0, 150.0)),
            "entry_time": start,
            "exit_time": start + hours * HOUR,
            "bars": hours,
            "r_net": net / risk,
            "r_cost": cost / risk,
            "r_gross": (net + cost) / risk,
            "mae_r": draw(amounts(-2.0, 0.0)),
            "mfe_r": draw(amounts(0.0, 5.0)),
        })  # fmt: skip
    return rows


def told(rows: list[Row]) -> dict[str, Any]:
    """The numbers of `trade_numbers`, position by position."""
    n = len(rows)
    net = [r["pnl"] - r["fee"] - r["funding"] for r in rows]
    hours = [(r["exit_time"] - r["entry_time"]) / HOUR for r in rows]
    lost, value = sum(-x for x in net if x < 0), sum(r["qty"] * (r["entry_price"] + r["exit_price"]) for r in rows)
    streaks = [len(list(run)) for losing, run in itertools.groupby(net, lambda x: x < 0) if losing]
    made: dict[str, Any] = {
        "positions": n,
        "win_rate": sum(r["r_net"] > 0 for r in rows) / n if n else 0.0,
        **{name: math.fsum(r[name] for r in rows) for name in ("r_gross", "r_cost", "r_net")},
        "r_net_mean": statistics.fmean([r["r_net"] for r in rows]) if n else 0.0,
        "bars_mean": statistics.fmean([r["bars"] for r in rows]) if n else 0.0,
        "net": math.fsum(net),
        "expectancy": statistics.fmean(net) if n else None,
        "profit_factor": sum(x for x in net if x > 0) / lost if lost else None,
        "worst_r": min((r["r_net"] for r in rows), default=None),
        "losing_streak": max(streaks, default=0),
        "turnover": value,
        "break_even_bps": sum(r["pnl"] + r["slippage"] - r["funding"] for r in rows) / value * 1e4 if n else 0.0,
    }
    for name, values in {**{k: [r[k] for r in rows] for k in ("mae_r", "mfe_r")}, "hours": hours}.items():
        made[f"{name}_mean"] = statistics.fmean(values) if n else None
        made[f"{name}_median"] = statistics.median(values) if n else None
    return made


def same(a: dict[str, Any], b: dict[str, Any]) -> None:
    """Assert the same names in the same order, and numbers equal but for rounding."""
    assert list(a) == list(b)
    for name, value in b.items():
        assert a[name] == (pytest.approx(value, rel=1e-9, abs=1e-7) if isinstance(value, float) else value), name
