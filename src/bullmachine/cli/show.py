"""How results look in a terminal. A number that a run's summary lacks, or that is null, is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bullmachine.cli import headline
from bullmachine.core.errors import InputError
from bullmachine.runs.result import Result

__all__ = ["BY", "check_by", "show_result"]

#: the splits that can be printed, and those that are without asking
BY: Final = ("exit", "side", "source", "symbol", "month", "weekday", "hour")
_USUAL: Final = ("exit", "side")


def check_by(by: Sequence[str] | None) -> Sequence[str]:
    """The splits asked for, or the usual ones.

    Raises:
        InputError: there is no such split.
    """
    for name in by or ():
        if name not in BY:
            raise InputError(f"--by {name}: there is no such split; choose from {', '.join(BY)}", value=name)
    return by or _USUAL


def show_result(result: Result, *, as_json: bool, by: Sequence[str] | None = None) -> None:
    """Print a run's summary, its splits by the names `by`, and where it lies."""
    if as_json:
        typer.echo(json.dumps({"path": str(result.path), **result.summary}))
        return
    console = Console()
    console.print(_headline(result.summary))
    console.print(_groups(result.summary, check_by(by)))
    console.print(_funnel(result.manifest["funnel"]), soft_wrap=True)
    if result.summary.get("small_sample"):
        console.print("[yellow]small sample[/]: fewer than 30 positions say next to nothing")
    console.print("These engines are deterministic feature extraction, not an edge.")
    console.print(f"run folder: {escape(str(result.path))}", soft_wrap=True)


def _headline(s: dict[str, Any]) -> Table:
    label = "[bold red]SYNTHETIC DATA[/] (an invented market)" if s.get("synthetic") else escape(str(s.get("symbol")))
    table = Table(title=f"{label}\n{s['from'][:16]} .. {s['to'][:16]} UTC", show_header=False)
    for name, text in headline.rows(s):
        table.add_row(name, text)
    return table


def _groups(s: dict[str, Any], by: Sequence[str]) -> Table:
    table = Table("by", "", *("positions", "win rate", "gross R", "cost R", "net R"))
    for column in table.columns[2:]:
        column.justify = "right"
    for title in dict.fromkeys(by):
        for name, g in (s.get(f"by_{title}") or {}).items():
            numbers = (f"{g['win_rate']:.0%}", f"{g['r_gross']:+.2f}", f"{g['r_cost']:.2f}", f"{g['r_net']:+.2f}")
            table.add_row(title, escape(name), str(g["positions"]), *numbers)
    return table


def _funnel(funnel: dict[str, int]) -> str:
    return "funnel: " + " -> ".join(_steps(funnel))


def _steps(funnel: dict[str, int]) -> Iterator[str]:
    before = None
    for name, left in funnel.items():
        if before is None or name in {"orders", "fills", "positions"} or left != before:
            yield f"{name} {left}"
        before = left
