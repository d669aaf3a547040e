"""`bull bench`."""

from __future__ import annotations

from typing import Annotated

import typer

from bullmachine.cli import common

__all__ = ["command"]


def command(
    json: common.Json = False,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out the figures that start processes.")] = False,
) -> None:
    """Measure speed, latency, start-up and memory on the SYNTHETIC sample market."""
    from json import dumps

    from bullmachine.runs.bench import bench

    common.announce_compile()
    found = bench(starts=not quick)
    if json:
        typer.echo(dumps(found))
        return
    for row in found.pop("pipeline"):
        speed = f"{row['bars_per_cpu_s']:>12,} bars per CPU second"
        typer.echo(
            f"{row['bars']:>7,} bars  sense {row['sense_ns']:6.1f} ns  decide {row['decide_ns']:6.1f} ns {speed}"
        )
    for name, value in found.items():
        typer.echo(f"{name:<15} {value:>10}")
