"""`bull data`: what a file of bars holds."""

from __future__ import annotations

from typing import Annotated

import typer

from bullmachine.cli import common

__all__ = ["app"]

app = typer.Typer(help="Look at files of bars.", no_args_is_help=True)


@app.command("check")
def check(
    data: Annotated[str, typer.Argument(help="Bars: a CSV, Parquet or Feather file.", metavar="FILE")],
    tz: common.Tz = None,
    json: common.Json = False,
) -> None:
    """Count rows, holes, duplicates, impossible bars; find timeframe and calendar. Exit 1 if rows are unusable."""
    import dataclasses
    from json import dumps

    from bullmachine.market.check import check_data

    report = check_data(data, tz=tz)
    typer.echo(dumps(dataclasses.asdict(report), default=str) if json else str(report))
    if report.rejected:
        raise typer.Exit(1)
