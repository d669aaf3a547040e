"""The summary of a run: what was made, what it cost and how far it can be trusted.

It puts the numbers of `bullmachine.metrics` under the names of `summary.json`; docs/method/metrics.md has
the meaning and unit of each, and when it is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from bullmachine.core.time import from_ms
from bullmachine.metrics import exposure, returns, splits, trades
from bullmachine.metrics.bootstrap import mean_interval
from bullmachine.metrics.drawdown import worst_drawdown
from bullmachine.metrics.numbers import ratio
from bullmachine.runs.tables import Names
from bullmachine.trading.account import PAUSES
from bullmachine.trading.codes import FillReason

__all__ = ["DAYS_PER_YEAR", "SMALL_SAMPLE", "summarise"]

SMALL_SAMPLE: Final = 30  #: fewer positions than this say next to nothing

#: UTC days with a close in a year of each calendar; the week of 24x5 has six, for Sunday evening is one
DAYS_PER_YEAR: Final = {"24x7": 365, "24x5": 313, "us_equities": 252}

_Array = np.ndarray[Any, Any]


def summarise(
    closed: _Array,
    marks: _Array,
    holdings: _Array,
    start: float,
    prices: _Array,
    *,
    names: Names,
    calendar: str = "24x7",
    beliefs: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The summary of finished positions and equity marks.

    Args:
        closed: rows of `Closed`, in the order the positions ended.
        marks: rows of `Mark`, one per decided close; at least one.
        holdings: signed quantities at the marks, a column per symbol.
        start: equity before the first mark.
        prices: closes at the marks, a column per symbol.
        names: the run's symbols and tags.
        calendar: name of the market's calendar: how many days its year has.
        beliefs: ready entries about how far the numbers can be trusted (`interval`, `coin_flip`, `delayed`,
            `reruns`, ...), taken over as they are.
    """
    interval = mean_interval(np.ascontiguousarray(closed["r_net"]))
    return {
        "from": from_ms(int(marks["time"][0])).isoformat(),
        "to": from_ms(int(marks["time"][-1])).isoformat(),
        "decided_bars": len(marks),
        "small_sample": len(closed) < SMALL_SAMPLE,
        **trades.trade_numbers(closed),
        "r_net_interval": interval and list(interval),
        **_money(closed, marks, start),
        **_risk(marks, start, DAYS_PER_YEAR[calendar]),
        **_market(marks, holdings, prices),
        **(beliefs or {}),
        **{f"by_{name}": groups for name, groups in _splits(closed, names).items()},
    }


def _money(closed: _Array, marks: _Array, start: float) -> dict[str, Any]:
    end = float(marks["equity"][-1])
    paid = {"fees": float(closed["fee"].sum()), "slippage": float(closed["slippage"].sum())}
    return {
        "equity_start": start,
        "equity_end": end,
        "return": end / start - 1.0,
        **paid,
        "funding": float(closed["funding"].sum()),
        "cost_bps": (ratio(sum(paid.values()), trades.turnover(closed)) or 0.0) * 1e4,
    }


def _risk(marks: _Array, start: float, days_per_year: int) -> dict[str, Any]:
    times, equity = np.ascontiguousarray(marks["time"]), np.ascontiguousarray(marks["equity"])
    since = int(times[0] - np.diff(times).min(initial=times[-1] - times[0]))
    fall = worst_drawdown(times, np.ascontiguousarray(marks["drawdown"]), since)
    daily = returns.daily_returns(times, equity, start)
    return {
        "pauses": {g.name.lower(): _begun(marks["paused"] >> g & 1) for g in PAUSES},
        "max_drawdown": fall.depth,
        "max_drawdown_days": fall.days,
        "recovery_days": fall.recovery_days,
        "days": len(daily),
        "volatility": returns.volatility(daily, days_per_year),
        "sharpe": returns.sharpe(daily, days_per_year),
        "sortino": returns.sortino(daily, days_per_year),
        "probabilistic_sharpe": returns.probabilistic_sharpe(daily),
        "cagr": returns.cagr(start, float(equity[-1]), int(times[-1]) - since),
    }


def _begun(flags: _Array) -> int:
    """How often a run of flags begins."""
    return int((np.diff(flags, prepend=0) == 1).sum())


def _market(marks: _Array, holdings: _Array, closes: _Array) -> dict[str, Any]:
    mean = exposure.mean_exposure(marks["equity"], marks["cash"])
    return {
        "exposure": exposure.time_in_market(holdings),
        "exposure_mean": mean,
        "buy_and_hold": exposure.buy_and_hold(closes),
        "buy_and_hold_matched": exposure.hold_fraction(closes, mean),
    }


def _splits(closed: _Array, names: Names) -> dict[str, dict[str, trades.Numbers]]:
    return {
        "exit": splits.split(closed, closed["reason"], lambda code: FillReason(code).name.lower()),
        "side": splits.split(closed, closed["side"], lambda sign: "long" if sign > 0 else "short"),
        "source": splits.split(closed, closed["source"], names.source),
        "symbol": splits.split(closed, closed["symbol"], names.symbols.__getitem__),
        **splits.split_by_time(closed),
    }
