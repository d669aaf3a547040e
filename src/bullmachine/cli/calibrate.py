"""`bull calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bullmachine.cli import common

__all__ = ["command"]


def command(
    data: Annotated[list[str], typer.Argument(help="Files of bars; all feed one distribution.", metavar="DATA...")],
    until: Annotated[str, typer.Option("--until", help="Last day used; later bars stay unseen.", metavar="DATE")],
    quantile: Annotated[float, typer.Option("--quantile", min=0.5, max=0.999, help="Of |S| and |F|.")] = 0.97,
    config: common.Config = "eth_1h",
    set_: common.Set = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The configuration file to write.")] = Path(
        "calibrated.toml"
    ),
    force: common.Force = False,
) -> None:
    """Find the score's scales and thresholds from its distribution. No fill and no profit is computed."""
    from bullmachine.config import load_config
    from bullmachine.runs.base import read_base
    from bullmachine.runs.calibrate import calibrate

    common.refuse_existing(out, "--out", force=force)
    settings = load_config(config, set_ or ())
    common.announce_compile()
    files = [read_base(name, settings) for name in data]
    for finer in (bars.finer for bars in files if bars.finer):
        common.note(f"note: {finer}")
    found = calibrate(files, settings, until, quantile)
    for name, values in found.quantiles.items():
        typer.echo(f"{name:<24}" + "".join(f"{v:9.4f}" for v in values))
    typer.echo(f"{found.bars:,} bars; sparse: {', '.join(found.sparse) or 'none'}")
    typer.echo("\nscale, weight and what the weight comes to (share of its book's variance)")
    for key, value in found.scales.items():
        weight = key.replace(".s_", ".w_")
        typer.echo(f"{key:<28}{value:9.4f}{settings.get(weight):9.2f}{found.effective[weight]:9.0%}")
    typer.echo(f"\non {found.on}, off {found.off}")
    common.write_text(out, found.to_toml(settings))
    typer.echo(f"wrote {out}; use it with --config {out}")
