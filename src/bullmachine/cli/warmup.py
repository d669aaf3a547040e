"""`bull warmup`."""

from __future__ import annotations

import typer

from bullmachine.cli import common

__all__ = ["command"]


def command() -> None:
    """Compile all kernels now, so that no later command has to."""
    from bullmachine.core.kernel import cache_dir
    from bullmachine.machine.warm import KERNELS, compile_kernels

    took: list[tuple[str, float]] = []
    with common.progress_bar("compiling kernels") as progress:
        progress(0, len(KERNELS))
        for item in compile_kernels():
            took.append(item)
            progress(len(took), len(KERNELS))
    for name, seconds in took:
        typer.echo(f"{name:<10} {seconds:6.2f} s CPU")
    typer.echo(f"kernels are cached in {cache_dir()}")
