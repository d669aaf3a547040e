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
    from bullmachine.core.errors import OutputError
    from bullmachine.core.time import timeframe_name
    from bullmachine.market.read import read_bars
    from bullmachine.runs.calibrate import calibrate

    if out.exists() and not force:
        raise OutputError(f"{out} exists: choose another --out, or --force to replace it", path=str(out))
    settings = load_config(config, set_ or ())
    common.announce_compile()
    files = [read_bars(name, timeframe=timeframe_name(settings.sense.base)) for name in data]
    found = calibrate(files, settings, until, quantile)
    for name, values in found.quantiles.items():
        typer.echo(f"{name:<13}" + "".join(f"{v:9.4f}" for v in values))
    typer.echo(f"{found.bars:,} bars; sparse: {', '.join(found.sparse) or 'none'}")
    typer.echo(f"s_trend {found.s_trend}, s_reversal {found.s_reversal}, on {found.on}, off {found.off}")
    calibrated = load_config(config, [*(set_ or ()), *found.assignments()])
    out.write_text(calibrated.to_toml(), encoding="utf-8")
    typer.echo(f"wrote {out}; use it with --config {out}")
