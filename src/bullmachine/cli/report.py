"""`bull report`: the page of a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bullmachine.cli import common

__all__ = ["command"]


def command(
    run: Annotated[str, typer.Argument(help="A run folder, a run's name in runs/, or `last`.", metavar="RUN")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file (default: RUN/report.html).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file given with --out.")] = False,
    open_: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
) -> None:
    """Write the report of a finished run: one HTML file that needs no network.

    The run's own report.html is made anew; any other file that exists is only replaced with --force.
    """
    import webbrowser

    from bullmachine.report import write_report
    from bullmachine.runs.folder import find_run

    folder = find_run(run, common.RUNS)
    if out is not None:
        common.refuse_existing(out, "--out", force=force)
    path = write_report(folder, out)
    typer.echo(f"report: {path}")
    if open_ and not webbrowser.open(path.resolve().as_uri()):
        common.note("no browser could be started: open the file yourself")
