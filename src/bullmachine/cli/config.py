"""`bull config`: look at settings, check a file, start one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bullmachine.cli import common

__all__ = ["app"]

app = typer.Typer(help="Look at and check settings.", no_args_is_help=True)


@app.command("show")
def show(config: common.Config = "eth_1h", set_: common.Set = None, json: common.Json = False) -> None:
    """Print every resolved setting with its meaning and bounds."""
    from json import dumps

    from bullmachine.config import load_config

    made = load_config(config, set_ or ())
    typer.echo(dumps(made.to_dict()) if json else made.to_toml())


@app.command("check")
def check(file: Annotated[str, typer.Argument(help="A TOML file.", metavar="FILE")]) -> None:
    """Check a settings file and list where it differs from the preset eth_1h."""
    from bullmachine.config import differences, load_config

    made = load_config(file)
    for key, default, value in differences(load_config(), made):
        typer.echo(f"{key} = {value!r}  (preset eth_1h: {default!r})")
    typer.echo(f"{file} is good: {made.sha256[:12]}")


@app.command("init")
def init(
    file: Annotated[Path, typer.Argument(help="The file to write.", metavar="FILE")] = Path("bull.toml"),
    config: common.Config = "eth_1h",
    force: common.Force = False,
) -> None:
    """Write a settings file with every setting, its meaning and its bounds."""
    from bullmachine.config import load_config

    common.refuse_existing(file, "name", force=force)
    common.write_text(file, load_config(config).to_toml())
    typer.echo(f"wrote {file}; change it and use it with --config {file}")


@app.command("schema")
def schema() -> None:
    """Print the JSON schema of a settings file."""
    from json import dumps

    from bullmachine.config import json_schema

    typer.echo(dumps(json_schema(), indent=2))
