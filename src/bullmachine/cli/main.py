"""`bull`: the commands, how errors end, how signals stop a run.

Exit codes: 0 done, 1 a check failed, 2 the input cannot be used, 130 and 143 stopped by Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType

import typer

from bullmachine.cli import backtest, bench, calibrate, config, data, macro, report, runs, warmup
from bullmachine.core.version import __version__

__all__ = ["app", "main", "run"]

app = typer.Typer(
    name="bull",
    help="One causal confluence machine: bars in, decisions with their reasons out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(backtest.demo)
app.command("backtest")(backtest.command)
app.command("report")(report.command)
app.command("runs")(runs.runs)
app.command("compare")(runs.compare)
app.command("calibrate")(calibrate.command)
app.command("warmup")(warmup.command)
app.command("bench")(bench.command)
app.add_typer(data.app, name="data")
app.add_typer(macro.app, name="macro")
app.add_typer(config.app, name="config")


def _version(show: bool) -> None:
    if show:
        typer.echo(f"bull {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """One causal confluence machine: bars in, decisions with their reasons out."""


def _terminate(_number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signal.SIGTERM)


def main() -> None:
    """Run `bull` with the arguments of the process."""
    from bullmachine.core.errors import InputError

    signal.signal(signal.SIGTERM, _terminate)
    try:
        app()
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
        sys.exit(128 + signal.SIGINT)


def run() -> None:
    """`main` as a process: it ends without freeing half a million objects first, which takes 0.2 s.

    Everything a command writes is flushed and closed by then; what is skipped is the interpreter's own tidying.
    """
    gc.set_threshold(100_000)  # imports make objects by the ten thousand and hardly any garbage: 0.1 s less
    code: object = 0
    try:
        main()
    except SystemExit as stop:
        code = stop.code or 0
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # the reader left (`bull ... | head`): no trace, and no success
        code = 1
    os._exit(code if isinstance(code, int) else 1)
