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
        help="Print this split (default: exit, side): exit, side, source, symbol, month, weekday or hour.",
        metavar="SPLIT",
    ),
]


Many = Annotated[
    list[str],
    typer.Argument(help="Bars: CSV, Parquet or Feather; several files trade on one account.", metavar="DATA..."),
]
Lower = Annotated[
    list[str] | None,
    typer.Option("--intrabar", help="Lower bars for bars holding stop and target.", metavar="[SYMBOL=]FILE"),
]
Funding = Annotated[
    list[str] | None, typer.Option("--funding", help="Funding settlements (else assumed).", metavar="[SYMBOL=]FILE")
]
WarmUp = Annotated[int | None, typer.Option("--warmup", min=0, help="At most so many bars before the window.")]
Macro = Annotated[
    str | None, typer.Option("--macro", help="Macro series by date, wide or long (CSV, Parquet).", metavar="FILE")
]


def command(
    data: Many,
    start: Annotated[str | None, typer.Option("--from", help="First day or time decided (UTC).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day, or the time it ends at (UTC).")] = None,
    config: common.Config = "eth_1h",
    set_: common.Set = None,
    venue: Annotated[str | None, typer.Option("--venue", help="Where it is traded: fees, market, funding.")] = None,
    cash: Annotated[float | None, typer.Option("--cash", help="Starting cash in quote units.")] = None,
    side: Annotated[str | None, typer.Option("--side", help="both, long or short.")] = None,
    signals: Annotated[str | None, typer.Option("--signals", help="Signals of your own, or a list of trades.")] = None,
    signals_stamp: Annotated[
        str | None, typer.Option("--signals-stamp", help="A signal's time is its bar's close (default) or open.")
    ] = None,
    intrabar: Lower = None,
    funding: Funding = None,
    macro: Macro = None,
    out: common.Out = None,
    warmup: WarmUp = None,
    policy: common.Policy = "refuse",
    tz: common.Tz = None,
    force: common.Force = False,
    by: By = None,
    no_baseline: Annotated[bool, typer.Option("--no-baseline", help="Without coin flips and delayed signals.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Without the HTML report.")] = False,
    json: common.Json = False,
) -> None:
    """Run the machine over a window of bars and write the run folder.

    All bars before the window are warm-up: read, never traded.
    """
    from bullmachine.cli.show import check_by
    from bullmachine.runs.plan import plan

    short = {"account.venue": venue, "account.equity": cash, "trade.side": side}
    texts = [*(set_ or ()), *(f"{key}={value}" for key, value in short.items() if value is not None)]
    check_by(by)
    made = plan(
        data,
        config=config,
        start=start,
        end=end,
        overrides=texts,
        warm_up=warmup,
        policy=policy,  # type: ignore[arg-type]  # the reader refuses other words
        tz=tz,
        signals=signals,
        signals_stamp=signals_stamp,  # type: ignore[arg-type]  # the same
        intrabar=_by_symbol("--intrabar", intrabar),
        funding=_by_symbol("--funding", funding),
        macro=macro,
        baseline=not no_baseline,
    )
    _run(made, out, force=force, by=by, report=not no_report, json=json)


def _by_symbol(option: str, given: list[str] | None) -> str | dict[str, str] | None:
    """`FILE`, or `SYMBOL=FILE` once per symbol."""
    from bullmachine.core.errors import ConfigError

    if not given:
        return None
    if len(given) == 1 and "=" not in given[0]:
        return given[0]
    files: dict[str, str] = {}
    for text in given:
        symbol, is_said, file = text.partition("=")
        if not is_said:
            raise ConfigError(f"{option} {text}: say which symbol it is for, as SYMBOL=FILE", key=option)
        if symbol in files:
            raise ConfigError(f"{option} for {symbol} is given twice: give it once", key=option)
        files[symbol] = file
    return files


def demo(out: common.Out = None, force: common.Force = False, by: By = None, json: common.Json = False) -> None:
    """Backtest the packaged SYNTHETIC sample market: two years of invented hourly bars."""
    from bullmachine.cli.show import check_by
    from bullmachine.runs.plan import plan
    from bullmachine.runs.sample import sample

    check_by(by)
    _run(plan(sample(), start="2022-04-01"), out, force=force, by=by, report=True, json=json)


def _run(plan: Any, out: Path | None, *, force: bool, by: list[str] | None, report: bool, json: bool) -> None:
    from bullmachine.cli.show import show_result
    from bullmachine.runs.backtest import default_folder, run
    from bullmachine.runs.folder import RunFolder

    folder = RunFolder(out or default_folder(common.RUNS, plan.config), force=force)
    for text in [folder.removed, *plan.notes]:
        if text:
            common.note(f"note: {text}")
    common.announce_compile()
    try:
        with common.progress_bar(f"{' + '.join(plan.symbols)} {plan.rows:,} bars", hidden=json) as progress:
            result = run(plan, folder, progress=progress)
    except (KeyboardInterrupt, SystemExit):
        common.note(f"stopped: {folder.path} holds what was written until then")
        raise
    if report:
        from bullmachine.report import write_report

        write_report(result.path)
    show_result(result, as_json=json, by=by)
