"""`bull data`: what a file of bars holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from bullmachine.cli import common

if TYPE_CHECKING:
    from bullmachine.market.report import DataReport

__all__ = ["app"]

app = typer.Typer(help="Look at files of bars.", no_args_is_help=True)


@app.command("check")
def check(
    data: Annotated[str, typer.Argument(help="Bars: a CSV, Parquet or Feather file.", metavar="FILE")],
    tz: common.Tz = None,
    timeframe: Annotated[
        str | None, typer.Option("--timeframe", help="Such as 1h; found from the stamps when omitted.", metavar="NAME")
    ] = None,
    json: common.Json = False,
) -> None:
    """Count rows, holes, duplicates, impossible bars; find timeframe and calendar. Exit 1 if rows are unusable."""
    import dataclasses
    from json import dumps

    from bullmachine.market.check import check_data

    report = check_data(data, tz=tz, timeframe=timeframe)
    typer.echo(dumps(dataclasses.asdict(report), default=str) if json else "\n".join(_lines(report)))
    if report.rejected:
        raise typer.Exit(1)


def _lines(report: DataReport) -> Iterator[str]:
    """What a reader wants to know of a file, one aligned line each; counts of nothing are left out."""
    yield from (f"{name:<15}{text}" for name, text in _facts(report) if text)
    yield from (f"{'':<15}{place}" for place in report.places)
    left = sum(report.rejected.values()) - len(report.places)
    if report.places and left > 0:
        yield f"{'':<15}and {left:,} more"


def _facts(r: DataReport) -> Iterator[tuple[str, str]]:
    from bullmachine.core.time import from_ms

    reversed_ = ", newest first" if r.reversed else ""
    yield "file", f"{r.name}  ({r.format}, sha256 {r.sha256[:12]})"
    yield "symbol", r.symbol
    yield "columns", ", ".join(f"{part} = {name}" for part, name in r.columns.items() if name != part)
    yield "times", f"{r.stamps}{reversed_}"
    yield "rows", f"{r.n_rows:,} of {r.n_source:,} can be used"
    if r.n_rows:
        yield "range", f"{from_ms(r.first):%Y-%m-%d %H:%M} .. {from_ms(r.last):%Y-%m-%d %H:%M} UTC (open times)"
    yield "timeframe", r.timeframe
    yield "calendar", r.calendar
    yield "holes", _holes(r)
    yield "duplicates", f"{r.duplicates:,} identical repetitions" if r.duplicates else "none"
    yield from _volume(r)
    yield "impossible", f"{r.impossible:,} bars" if r.impossible else "none"
    yield "unusable rows", ", ".join(f"{n:,} {reason}" for reason, n in r.rejected.items()) or "none"


def _holes(r: DataReport) -> str:
    if not r.holes:
        return "none"
    largest = "; ".join(str(hole) for hole in r.largest_holes[:3])
    return f"{r.holes:,} with {r.missing_bars:,} missing bars; the largest: {largest}"


def _volume(r: DataReport) -> Iterator[tuple[str, str]]:
    if r.no_volume:
        yield "volume", "no bar has any"
        return
    yield "zero volume", f"{r.zero_volume:,} bars" if r.zero_volume else "none"
    yield "missing volume", f"{r.missing_volume:,} bars" if r.missing_volume else "none"
