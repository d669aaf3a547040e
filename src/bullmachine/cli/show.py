"""How results look in a terminal."""

from __future__ import annotations

import json
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bullmachine.runs.result import Result

__all__ = ["show_result"]


def show_result(result: Result, *, as_json: bool) -> None:
    """Print a run's summary and where it lies."""
    if as_json:
        typer.echo(json.dumps({"path": str(result.path), **result.summary}))
        return
    console = Console()
    console.print(_headline(result.summary))
    console.print(_groups(result.summary))
    console.print(_funnel(result.manifest["funnel"]), soft_wrap=True)
    if result.summary["small_sample"]:
        console.print("[yellow]small sample[/]: fewer than 30 positions say next to nothing")
    console.print("These engines are deterministic feature extraction, not an edge.")
    console.print("Funding is not charged yet.")
    console.print(f"run folder: {escape(str(result.path))}", soft_wrap=True)


def _headline(s: dict[str, Any]) -> Table:
    label = "[bold red]SYNTHETIC DATA[/] (an invented market)" if s["synthetic"] else escape(s["symbol"])
    table = Table(title=f"{label}\n{s['from'][:16]} .. {s['to'][:16]} UTC", show_header=False)
    rows = [
        ("positions", f"{s['positions']}  (win rate {s['win_rate']:.0%}, {s['bars_mean']:.0f} bars on average)"),
        ("gross R - cost R = net R", f"{s['r_gross']:+.2f} - {s['r_cost']:.2f} = {s['r_net']:+.2f}"),
        ("net R per position", f"{s['r_net_mean']:+.3f}"),
        ("equity", f"{s['equity_start']:,.2f} -> {s['equity_end']:,.2f}  ({s['return']:+.2%})"),
        ("worst drawdown", f"{s['max_drawdown']:.2%}"),
        ("fees, slippage", f"{s['fees']:,.2f}, {s['slippage']:,.2f}"),
        ("break-even cost per fill", f"{s['break_even_bps']:.1f} bps"),
        ("time in the market", f"{s['exposure']:.0%}"),
        ("buy and hold", f"{s['buy_and_hold']:+.2%}"),
    ]
    for row in rows:
        table.add_row(*row)
    return table


def _groups(s: dict[str, Any]) -> Table:
    table = Table("by", "", *(("positions", "win rate", "gross R", "cost R", "net R")))
    for column in table.columns[2:]:
        column.justify = "right"
    for title in ("exit", "side", "source"):
        for name, g in s[f"by_{title}"].items():
            numbers = (f"{g['win_rate']:.0%}", f"{g['r_gross']:+.2f}", f"{g['r_cost']:.2f}", f"{g['r_net']:+.2f}")
            table.add_row(title, name, str(g["positions"]), *numbers)
    return table


def _funnel(funnel: dict[str, int]) -> str:
    steps, before = [], None
    for name, left in funnel.items():
        if before is None or name in {"orders", "fills", "positions"} or left != before:
            steps.append(f"{name} {left}")
        before = left
    return "funnel: " + " -> ".join(steps)
