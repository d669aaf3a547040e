"""`bull macro`: what a table of macro series holds, and which rule can speak when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bullmachine.cli import common

if TYPE_CHECKING:
    from bullmachine.runs.macro_check import MacroReport

__all__ = ["app"]

app = typer.Typer(help="Look at tables of macro series.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Look at tables of macro series."""


@app.command("check")
def check(
    file: Annotated[str, typer.Argument(help="Macro series by date: CSV, Parquet or Feather.", metavar="FILE")],
    config: common.Config = "eth_1h",
    set_: common.Set = None,
    funding: Annotated[str | None, typer.Option("--funding", help="Funding settlements.", metavar="FILE")] = None,
    symbol: Annotated[
        str, typer.Option("--symbol", help="What is traded: some rules are about alts only.")
    ] = "ETHUSDT",
    tz: common.Tz = None,
    json: common.Json = False,
) -> None:
    """Series, coverage and release rules; which rule can speak when, and how much of each year it does.

    Exit 1 if a rule that adds risk speaks on more than a quarter of a year: its levels have aged.
    """
    import dataclasses
    from json import dumps

    from bullmachine.config import load_config
    from bullmachine.runs.macro_check import check_macro

    report = check_macro(file, load_config(config, set_ or ()), symbol=symbol, funding=funding, tz=tz)
    if json:
        typer.echo(dumps(dataclasses.asdict(report)))
    else:
        _show(report)
    if report.too_often:
        raise typer.Exit(1)


def _show(report: MacroReport) -> None:
    """Lines that fit a terminal: a table of twenty years of columns does not."""
    typer.echo(f"{report.name}, read for {report.symbol}\n")
    for s in report.series:
        span = f"{s.observations:,} observations {s.first} .. {s.last}, {s.missing:.0%} missing"
        typer.echo(f"{s.name:<20}{span}\n{'':<20}released {s.release}: {s.example}")
    typer.echo("\nshare of each year on which a rule speaks; years in which it never does are left out")
    for r in report.rules:
        head = f"against {r.blocks}" if r.weight >= 0 else f"supports {r.blocks}"
        typer.echo(
            f"{r.name:<20}{r.weight:+.2f} {head}, {f'can speak {r.since}' if r.since else f'cannot speak: {r.silent}'}"
        )
        years = ", ".join(f"{year} {share:.0%}" for year, share in r.years.items() if share > 0.0)
        if r.since:
            typer.echo(f"{'':<20}{years or 'never speaks'}")
    if report.unread:
        typer.echo(f"\nno rule reads {', '.join(report.unread)}")
    for name in report.too_often:
        typer.echo(f"{name} speaks on more than a quarter of a year: its levels no longer mark what is unusual")
