"""`bull calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bullmachine.cli import common

if TYPE_CHECKING:
    from bullmachine.config import Config
    from bullmachine.runs.calibrate import Calibration

__all__ = ["command"]

_QUANTILE = 0.97


def command(
    data: Annotated[list[str], typer.Argument(help="Files of bars; all feed one distribution.", metavar="DATA...")],
    until: Annotated[str, typer.Option("--until", help="Last day used.", metavar="DATE")],
    quantile: Annotated[
        float | None, typer.Option("--quantile", min=0.5, max=0.999, help=f"Of |S| and |F|; {_QUANTILE} when omitted.")
    ] = None,
    trades_per_year: Annotated[
        float | None,
        typer.Option(
            "--trades-per-year", min=0.1, max=100_000, help="Choose `on` so that F asks so often.", metavar="N"
        ),
    ] = None,
    config: common.Config = "eth_1h",
    set_: common.Set = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The configuration file to write.")] = Path(
        "calibrated.toml"
    ),
    force: common.Force = False,
) -> None:
    """Find the score's scales and thresholds from its distribution. No fill and no profit is computed."""
    from bullmachine.config import load_config
    from bullmachine.core.errors import ConfigError
    from bullmachine.runs.base import read_base
    from bullmachine.runs.calibrate import calibrate

    if quantile is not None and trades_per_year is not None:
        raise ConfigError("--quantile and --trades-per-year both choose fusion.on: give one of them")
    common.refuse_existing(out, "--out", force=force)
    settings = load_config(config, set_ or ())
    common.announce_compile()
    files = [read_base(name, settings) for name in data]
    found = calibrate(files, settings, until, quantile or _QUANTILE, trades_per_year or 0.0)
    _print_scales(found, settings)
    _print_asking(found, until)
    common.write_text(out, found.to_toml(settings))
    typer.echo(f"wrote {out}; use it with --config {out}")


def _print_scales(found: Calibration, settings: Config) -> None:
    for name, values in found.quantiles.items():
        typer.echo(f"{name:<24}" + "".join(f"{v:9.4f}" for v in values))
    typer.echo(f"{found.bars:,} bars; sparse: {', '.join(found.sparse) or 'none'}")
    typer.echo("\nscale, weight and what the weight comes to (share of its book's variance)")
    for key, value in found.scales.items():
        weight = key.replace(".s_", ".w_")
        typer.echo(f"{key:<28}{value:9.4f}{settings.get(weight):9.2f}{found.effective[weight]:9.0%}")


def _print_asking(found: Calibration, until: str) -> None:
    by = f", chosen for {found.trades_per_year:g} entries a year" if found.trades_per_year else ""
    typer.echo(f"\non {found.on}, off {found.off}{by}")
    typer.echo(f"on is the {found.share:.2%} quantile of |F|{_between(found.on_interval, '.3f')}")
    asks = found.asking
    typer.echo(f"F asks {asks.rate:.1f} times a year{_between(asks.interval, '.1f')}; guards and fills not considered")
    for name, years in asks.by_year.items():
        typer.echo(f"  {name:<12}" + "  ".join(f"{year}: {n}" for year, n in years.items()))
    if found.after is not None:
        typer.echo(
            f"after {until} {found.after:.1f} times a year, before {asks.rate:.1f}; "
            "those bars are in this line only and in no other number"
        )


def _between(interval: tuple[float, float] | None, digits: str) -> str:
    return "" if interval is None else f" (90 % interval {interval[0]:{digits}} .. {interval[1]:{digits}})"
