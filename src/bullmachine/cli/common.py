"""Options that several commands share, and the progress bar."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

__all__ = [
    "Config",
    "Force",
    "Json",
    "Out",
    "Policy",
    "Set",
    "Tz",
    "announce_compile",
    "note",
    "progress_bar",
    "refuse_existing",
    "write_text",
]

RUNS: Final = Path("runs")

Config = Annotated[str, typer.Option("--config", "-c", help="A preset's name or a TOML file.", metavar="NAME|FILE")]
Set = Annotated[
    list[str] | None, typer.Option("--set", "-s", help="Change a setting; may be repeated.", metavar="KEY=VALUE")
]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="The run folder (default: runs/<date>-<preset>-<hash>).")]
Force = Annotated[bool, typer.Option("--force", help="Replace a finished run of that name.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts instead of a table.")]
Policy = Annotated[str, typer.Option("--policy", help="Bad rows: refuse the file, or drop and count them.")]
Tz = Annotated[str | None, typer.Option("--tz", help="Time zone of stamps that name none, such as UTC.")]


def note(text: str) -> None:
    """A line for the reader, on the error stream: standard output is for results."""
    typer.echo(text, err=True)


def announce_compile() -> None:
    """Say so when the kernels have to be compiled first."""
    from bullmachine.core.kernel import is_warm

    if not is_warm():
        note("compiling the kernels: this happens once per version and takes about 30 seconds")


def refuse_existing(path: Path, option: str, *, force: bool) -> None:
    """Refuse to write over a file without `--force`; `option` is how another name is given."""
    from bullmachine.core.errors import OutputError

    try:
        exists = path.exists()
    except OSError as error:
        raise OutputError(f"{path} could not be written: {error.strerror}", path=str(path)) from error
    if exists and not force:
        raise OutputError(f"{path} exists: choose another {option}, or --force to replace it", path=str(path))


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    from bullmachine.core.errors import OutputError

    fresh = path.parent / f".{path.name}.new"
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise OutputError(
            f"{path} could not be written: {error.strerror}; choose another place", path=str(path)
        ) from error


@contextlib.contextmanager
def progress_bar(what: str, *, hidden: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on the error stream; yields `update(done, total)`."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=hidden) as bar:
        task = bar.add_task(escape(what), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
