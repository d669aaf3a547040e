"""The performance summary: all, long and short positions side by side, and the same by exit and source.

Money is net of fees, slippage and funding; a position won when its net R is above 0. The layout is the one of
TradingView's strategy tester, with R beside money.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl

from bullmachine.report.markup import Html, money, r, rows, signed, tag
from bullmachine.report.read import Run

__all__ = ["longest_run", "numbers", "performance", "splits"]

_Cell = Callable[[dict[str, Any]], str]


def longest_run(flags: np.ndarray[Any, Any]) -> int:
    """The longest stretch of true values.

    >>> longest_run(np.array([True, True, False, True]))
    2
    """
    best = now = 0
    for flag in flags:
        now = now + 1 if flag else 0
        best = max(best, now)
    return best


def numbers(table: pl.DataFrame) -> dict[str, Any]:
    """Numbers of some positions; what a mean or ratio of none would be is None."""
    net = (table["pnl"] - table["fee"] - table["funding"]).to_numpy()
    won = (table["r_net"] > 0).to_numpy()
    gain, loss = float(net[won].sum()), float(net[~won].sum())
    return {
        "positions": len(table),
        "winners": int(won.sum()),
        "net": gain + loss,
        "gain": gain,
        "loss": loss,
        "factor": gain / -loss if loss < 0 else None,
        "mean_win": _mean(net[won]),
        "mean_loss": _mean(net[~won]),
        "largest_win": float(net[won].max(initial=0.0)),
        "largest_loss": float(net[~won].min(initial=0.0)),
        "losing_streak": longest_run(~won),
        "bars_won": _mean(table["bars"].to_numpy()[won]),
        "bars_lost": _mean(table["bars"].to_numpy()[~won]),
        **{name: float(table[name].sum()) for name in ("fee", "slippage", "funding", "r_gross", "r_cost", "r_net")},
        **{f"mean_{name}": _mean(table[name].to_numpy()) for name in ("r_net", "mfe_r", "mae_r", "bars")},
        "worst_r": float(table["r_net"].to_numpy().min(initial=0.0)),
        "ambiguous": int((table["ambiguous"].cast(pl.Int64) > 0).sum()),
    }


def _mean(values: np.ndarray[Any, Any]) -> float | None:
    return float(values.mean()) if len(values) else None


def _share(n: dict[str, Any]) -> str:
    return f"{n['winners'] / n['positions']:.1%}" if n["positions"] else "\N{EN DASH}"


def _ratio(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:.2f}"


def _payoff(n: dict[str, Any]) -> str:
    return _ratio(n["mean_win"] / -n["mean_loss"] if n["mean_win"] is not None and n["mean_loss"] else None)


def _bars(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:,.1f}"


#: lines of the table; None begins a new group
_LINES: Final[tuple[tuple[str, _Cell], ...]] = (
    ("Net result", lambda n: signed(n["net"])),
    ("Won", lambda n: signed(n["gain"])),
    ("Lost", lambda n: signed(n["loss"])),
    ("Fees", lambda n: money(n["fee"])),
    ("Slippage", lambda n: money(n["slippage"])),
    ("Funding paid", lambda n: money(n["funding"])),
    ("Profit factor", lambda n: _ratio(n["factor"])),
    ("Gross R", lambda n: r(n["r_gross"])),
    ("Cost R", lambda n: f"{n['r_cost']:,.2f} R"),
    ("Net R", lambda n: r(n["r_net"])),
    ("Net R a position", lambda n: r(n["mean_r_net"], 3)),
    ("Worst R", lambda n: r(n["worst_r"])),
    ("Positions", lambda n: f"{n['positions']:,}"),
    ("Winners", lambda n: f"{n['winners']:,}"),
    ("Losers", lambda n: f"{n['positions'] - n['winners']:,}"),
    ("Win rate", _share),
    ("Mean win", lambda n: signed(n["mean_win"])),
    ("Mean loss", lambda n: signed(n["mean_loss"])),
    ("Mean win / mean loss", _payoff),
    ("Largest win", lambda n: signed(n["largest_win"])),
    ("Largest loss", lambda n: signed(n["largest_loss"])),
    ("Longest losing streak", lambda n: str(n["losing_streak"])),
    ("Mean best price (MFE)", lambda n: r(n["mean_mfe_r"])),
    ("Mean worst price (MAE)", lambda n: r(n["mean_mae_r"])),
    ("Mean bars held", lambda n: _bars(n["mean_bars"])),
    ("Mean bars, winners", lambda n: _bars(n["bars_won"])),
    ("Mean bars, losers", lambda n: _bars(n["bars_lost"])),
    ("Positions with an ambiguous bar", lambda n: str(n["ambiguous"])),
)


def performance(run: Run) -> Html:
    """The table with the columns All, Long, Short."""
    table = run.tables["positions"]
    groups = [numbers(table), *(numbers(table.filter(pl.col("side") == side)) for side in ("long", "short"))]
    lines = ((name, *(cell(group) for group in groups)) for name, cell in _LINES)
    return rows(lines, ("", "All", "Long", "Short"))


def splits(run: Run) -> Html:
    """The tables by exit reason and by source."""
    made = []
    for key, title in (("by_exit", "By exit"), ("by_source", "By source")):
        groups = run.summary[key].items()
        if not groups:
            continue
        lines = (
            (
                name.replace("_", " "),
                f"{g['positions']:,}",
                f"{g['win_rate']:.0%}",
                signed(g["r_gross"]),
                f"{g['r_cost']:,.2f}",
                signed(g["r_net"]),
            )
            for name, g in groups
        )
        made += [tag("h3", title), rows(lines, ("", "Positions", "Won", "Gross R", "Cost R", "Net R"))]
    return Html("".join(made))
