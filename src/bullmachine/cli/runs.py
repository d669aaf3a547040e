"""`bull runs` and `bull compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bullmachine.cli import common

__all__ = ["compare", "runs"]

_WIDTH: Final = 110

Directory = Annotated[Path, typer.Option("--dir", help="The directory that holds the run folders.")]


def runs(directory: Directory = common.RUNS, json: common.Json = False) -> None:
    """List the finished runs of a directory, oldest first."""
    from json import dumps

    from bullmachine.runs.compare import listing

    rows = listing(directory)
    for row in rows:
        if row["error"]:
            common.note(f"note: {row['error']}")
    if json:
        typer.echo(dumps(rows))
    elif rows:
        _print(_listed(rows))
    else:
        typer.echo(f"no finished run in {directory}")


def compare(
    a: Annotated[str, typer.Argument(help="A run: its folder, its name, or `last`.", metavar="A")],
    b: Annotated[str, typer.Argument(help="The run beside it.", metavar="B")],
    directory: Directory = common.RUNS,
    json: common.Json = False,
) -> None:
    """Two finished runs side by side: their numbers, and the settings in which they differ."""
    from json import dumps

    from bullmachine.runs import compare as room

    made = room.compare(a, b, directory)
    if json:
        typer.echo(dumps(made))
        return
    _print(_numbers(made), _settings(made), *(f"[yellow]{note}[/]" for note in made["notes"]))


def _print(*parts: Any) -> None:
    from rich.console import Console

    # a pipe counts as 80 columns: cells folded to fit would be neither read nor searched
    console = Console(width=max(Console().width, _WIDTH))
    for part in parts:
        console.print(part)


def _table(*columns: str, right: int) -> Any:
    """A table whose columns from number `right` on are aligned to the right."""
    from rich.table import Table

    table = Table()
    for k, name in enumerate(columns):
        table.add_column(name, justify="right" if k >= right else "left", overflow="fold")
    return table


def _listed(rows: list[dict[str, Any]]) -> Any:
    from rich.markup import escape

    table = _table("run", "symbol", "from", "to", "positions", "net R", "return", "drawdown", right=4)
    for row in rows:
        days = (str(row[key] or "-")[:10] for key in ("from", "to"))
        shares = (_shown(row[key], ".2%") for key in ("return", "max_drawdown"))
        numbers = (_shown(row["positions"], "d"), _shown(row["r_net"], "+.2f"), *shares)
        table.add_row(escape(row["name"]), escape(str(row["symbol"] or "-")), *days, *numbers)
    return table


def _numbers(made: dict[str, Any]) -> Any:
    from rich.markup import escape

    table = _table("", *(escape(Path(name).name) for name in made["runs"]), "change", right=1)
    for name, (a, b) in made["numbers"].items():
        change = 0 if a is None or b is None else b - a
        told = _shown(change, "+" + _form(change)) if change else ""
        table.add_row(name, *(_shown(value, _form(value)) for value in (a, b)), told)
    return table


def _form(value: Any) -> str:
    """Whole numbers whole, small ones with four places, money with two."""
    if isinstance(value, int) or value is None:
        return ",d"
    return ",.4f" if abs(value) < 100.0 else ",.2f"  # noqa: PLR2004  (rates and R lie below, money above)


def _shown(value: Any, form: str) -> str:
    return "-" if value is None else format(value, form)


def _settings(made: dict[str, Any]) -> Any:
    from rich.markup import escape

    if not made["settings"]:
        return "all settings are the same"
    table = _table("setting", *(escape(Path(name).name) for name in made["runs"]), right=1)
    for key, values in made["settings"].items():
        table.add_row(key, *("-" if value is None else escape(str(value)) for value in values))
    return table
