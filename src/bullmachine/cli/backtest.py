"""`bull backtest` and `bull demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bullmachine.cli import common

__all__ = ["command", "demo"]

By = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        help="Print this split: exit, side, source, month, weekday or hour; may be repeated (default: exit, side).",
        metavar="SPLIT",
    ),
]


def command(
    data: Annotated[str, typer.Argument(help="Bars: a CSV, Parquet or Feather file.", metavar="DATA")],
    start: Annotated[str | None, typer.Option("--from", help="First day or time decided (UTC).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day, or the time it ends at (UTC).")] = None,
    config: common.Config = "eth_1h",
    set_: common.Set = None,
    out: common.Out = None,
    warmup: Annotated[
        int | None, typer.Option("--warmup", min=0, help="At most so many bars before the window.")
    ] = None,
    policy: common.Policy = "refuse",
    tz: common.Tz = None,
    force: common.Force = False,
    by: By = None,
    json: common.Json = False,
) -> None:
    """Run the machine over a window of bars and write the run folder.

    All bars before the window are warm-up: read, never traded.
    """
    from bullmachine.cli.show import check_by
    from bullmachine.runs.backtest import plan

    options = {"config": config, "start": start, "end": end, "overrides": set_ or (), "warm_up": warmup, "tz": tz}
    check_by(by)
    _run(plan(data, policy=policy, **options), out, force=force, by=by, json=json)  # type: ignore[arg-type]


def demo(out: common.Out = None, force: common.Force = False, by: By = None, json: common.Json = False) -> None:
    """Backtest the packaged SYNTHETIC sample market: two years of invented hourly bars."""
    from bullmachine.cli.show import check_by
    from bullmachine.runs.backtest import plan
    from bullmachine.runs.sample import sample

    check_by(by)
    _run(plan(sample(), start="2022-04-01"), out, force=force, by=by, json=json)


def _run(plan: Any, out: Path | None, *, force: bool, by: list[str] | None, json: bool) -> None:
    from bullmachine.cli.show import show_result
    from bullmachine.runs.backtest import default_folder, run
    from bullmachine.runs.folder import RunFolder

    folder = RunFolder(out or default_folder(common.RUNS, plan.config), force=force)
    for text in [folder.removed, *plan.notes]:
        if text:
            common.note(f"note: {text}")
    common.announce_compile()
    try:
        with common.progress_bar(f"{plan.symbol} {len(plan.window.rows):,} bars", hidden=json) as progress:
            result = run(plan, folder, progress=progress)
    except (KeyboardInterrupt, SystemExit):
        common.note(f"stopped: {folder.path} holds what was written until then")
        raise
    show_result(result, as_json=json, by=by)
