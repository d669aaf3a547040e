"""The backtest: one pass over a window of bars through the machine, into a run folder.

1. Read the bars, cut the window (`window.py`), make the folder (`folder.py`).
2. Feed the machine in pieces; the journal writes what each made known.
3. End of data is an act of the run: close what is open at the last close, take the last equity row.
4. Write summary and manifest, rename the folder.

On an error, Ctrl-C or SIGTERM the journal is flushed and the folder stays partial, marked interrupted.
"""

from __future__ import annotations

import datetime as dt
import errno
import itertools
import pathlib
import platform
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bullmachine.config import Config, load_config
from bullmachine.core.errors import OutputError
from bullmachine.core.kernel import digest
from bullmachine.core.time import from_ms
from bullmachine.core.version import __version__
from bullmachine.machine.engines import engine_versions
from bullmachine.machine.machine import CHUNK, Machine
from bullmachine.machine.warm import compile_kernels
from bullmachine.market.read import Policy
from bullmachine.market.report import Bars
from bullmachine.market.sample import SAMPLE_NAME
from bullmachine.runs.base import read_base
from bullmachine.runs.folder import RunFolder, default_stem, unused_name
from bullmachine.runs.journal import Journal
from bullmachine.runs.result import Result
from bullmachine.runs.summary import summarise
from bullmachine.runs.window import Moment, Window, cut

__all__ = ["SCHEMA", "Plan", "backtest", "default_folder", "plan", "run", "warm_up_bars"]

SCHEMA = 1  #: version of the run folder's layout

#: called with bars done and bars in all
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Plan:
    """A backtest ready to run, and what the user should hear before it does."""

    config: Config
    bars: Bars
    window: Window
    symbol: str
    notes: list[str] = field(default_factory=list)


def plan(
    source: Any,
    *,
    config: str | pathlib.Path | Config | None = None,
    start: Moment = None,
    end: Moment = None,
    overrides: Mapping[str, object] | Sequence[str] = (),
    warm_up: int | None = None,
    policy: Policy = "refuse",
    tz: str | None = None,
) -> Plan:
    """Read and check everything a backtest needs, without running it. Arguments as of `backtest`."""
    settings = config if isinstance(config, Config) else load_config(config, overrides)
    bars = read_base(source, settings, policy=policy, tz=tz)
    window = cut(bars.rows, settings.sense.base, start, end, warm_up, bars.dropped)
    made = Plan(settings, bars, window, bars.report.symbol or bars.report.name)
    made.notes += _notes(made)
    return made


def _notes(p: Plan) -> list[str]:
    notes = []
    needed = warm_up_bars(p.config)
    if p.window.warm_up < needed:
        notes.append(
            f"too little history: {needed} bars of warm-up are needed, {p.window.warm_up} are there; "
            "the guard `warmup` blocks until they are seen"
        )
    calendar = p.config.get("data.calendar")
    if p.bars.report.calendar != calendar:
        notes.append(
            f"the bars look like {p.bars.report.calendar}, the setting data.calendar is {calendar}: "
            f"--set data.calendar={p.bars.report.calendar}"
        )
    if p.config.calibration.provisional:
        notes.append("the score's scale and thresholds are provisional: only momentum feeds F so far")
    return notes


def warm_up_bars(config: Config) -> int:
    """Base bars until every engine that feeds F is ready."""
    from bullmachine.engines.momentum import Momentum  # noqa: PLC0415  (the one engine F has; its class knows)

    sense = config.sense
    bars = Momentum(sense.momentum, features=sense.features).warm_up + 1
    return bars * (sense.middle // sense.base)


def backtest(
    source: Any,
    *,
    config: str | pathlib.Path | Config | None = None,
    start: Moment = None,
    end: Moment = None,
    overrides: Mapping[str, object] | Sequence[str] = (),
    out: str | pathlib.Path | None = None,
    force: bool = False,
    warm_up: int | None = None,
    policy: Policy = "refuse",
    tz: str | None = None,
) -> Result:
    """Run a backtest over a file or a frame of bars.

    Args:
        source: path of a CSV, Parquet or Feather file, a pandas, polars or pyarrow frame, or `read_bars`' `Bars`.
        config: a preset's name, a TOML file, or a `Config`; the preset `eth_1h` when omitted.
        start: first day or time decided; a date means the whole UTC day.
        end: last day, whole, or the time it ends at, exclusive.
        overrides: settings by dotted key, such as `{"exits.stop_atr": 3.0}`.
        out: the run folder; without it the run lives in a temporary folder, as long as the result.
        force: replace a finished run of that name.
        warm_up: at most so many bars before the window (default: all).
        policy: `refuse` or `drop` for bad rows.
        tz: time zone of naive stamps.

    Returns:
        A `Result` with `.summary, .positions, .legs, .signals, .events, .equity`.

    Raises:
        InputError: data, settings, window or folder cannot be used; the sentence says where and what to do.

    >>> import bullmachine as bm
    >>> result = bm.backtest(bm.sample(), start="2023-06-01", end="2023-08-31")
    >>> result.summary["positions"] == len(result.positions)
    True
    """
    made = plan(source, config=config, start=start, end=end, overrides=overrides, warm_up=warm_up, policy=policy, tz=tz)
    if out is not None:
        return run(made, RunFolder(pathlib.Path(out), force=force))
    home = pathlib.Path(tempfile.mkdtemp(prefix="bullmachine-"))
    try:
        result = run(made, RunFolder(home / "run"))
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    # tempfile's own finalizer warns when it does its work; here that work is the point
    weakref.finalize(result, shutil.rmtree, home, ignore_errors=True)
    return result


def default_folder(directory: pathlib.Path, config: Config) -> pathlib.Path:
    """`<directory>/<date>-<preset>-<hash6>`, numbered when that run exists."""
    return unused_name(directory, default_stem(config.name, config.sha256))


def run(p: Plan, folder: RunFolder, *, progress: Progress = lambda _done, _all: None) -> Result:
    """Run a plan into `folder`; `progress` is called after every piece."""
    began = time.perf_counter()
    machine = Machine(p.config.sense, p.config.decide, trade_from=p.window.trade_from)
    journal = _start(p, folder)
    try:
        for _ in compile_kernels():  # before the first bar: a compilation is not part of a bar's cost
            pass
        _feed(p, machine, journal, progress)
        legs, closed, last = machine.close_out()
        journal.finish(legs, closed, last)
        timing = {"wall_s": time.perf_counter() - began}
        folder.write_json("summary.json", _summary(p, journal))
        folder.write_json("manifest.json", _manifest(p, machine, journal, timing, "finished"))
        return Result(folder.finish())
    except BaseException as error:
        journal.abort()
        folder.interrupt(_manifest(p, machine, journal, {"wall_s": time.perf_counter() - began}, "interrupted"))
        if isinstance(error, OSError):
            raise _unwritable(folder.path, error) from error
        raise


def _start(p: Plan, folder: RunFolder) -> Journal:
    try:
        return Journal(folder.path, p.symbol, p.window.trade_from + p.config.sense.base)
    except OSError as error:
        folder.drop()
        raise _unwritable(folder.path, error) from error


def _unwritable(path: pathlib.Path, error: OSError) -> OutputError:
    if error.errno == errno.ENOSPC:
        return OutputError(f"the disk is full: {path} could not be written; free some space", path=str(path))
    return OutputError(f"{path} could not be written: {error.strerror or error}; choose another --out", path=str(path))


def _feed(p: Plan, machine: Machine, journal: Journal, progress: Progress) -> None:
    rows, every = p.window.rows, p.config.run.every_bars
    done, told = 0, 0
    at = time.perf_counter()
    sense = decide = 0
    logging = 0.0
    for start, stop in _pieces(p.window, every):
        machine.note_rejected(int(p.window.dropped[start]))
        for chunk in machine.advance(rows[start:stop]):
            wrote = time.perf_counter()
            journal.take(chunk)
            logging += time.perf_counter() - wrote
            done += len(chunk.bars)
            if done // every > told // every:
                t, now = machine.timing, time.perf_counter()
                journal.log(
                    "timing",
                    int(chunk.bars["known"][-1]),
                    bars=done,
                    t_sense_ms=(t.sense_ns - sense) / 1e6,
                    t_decide_ms=(t.decide_ns - decide) / 1e6,
                    t_logging_ms=logging * 1e3,
                    bars_per_s=(done - told) / max(now - at, 1e-9),
                )
                sense, decide, logging, at = t.sense_ns, t.decide_ns, 0.0, now
                told = done
        progress(done, len(rows))


def _pieces(window: Window, every: int) -> Iterator[tuple[int, int]]:
    """Where to cut the rows: each `CHUNK`, each timing event, and before each row that follows dropped ones."""
    n = len(window.rows)
    cuts = {*range(0, n, CHUNK), *range(0, n, every), *np.flatnonzero(window.dropped).tolist()}
    return itertools.pairwise([*sorted(cuts), n])


def _summary(p: Plan, journal: Journal) -> dict[str, Any]:
    closed = np.concatenate(journal.closed)
    rows = p.window.rows[p.window.warm_up :]
    prices = (float(rows["close"][0]), float(rows["close"][-1]))
    made = summarise(closed, np.concatenate(journal.marks), p.config.decide.account.equity, prices)
    return {"symbol": p.symbol, "synthetic": p.bars.report.symbol == SAMPLE_NAME, **made}


def _manifest(p: Plan, machine: Machine, journal: Journal, timing: dict[str, float], status: str) -> dict[str, Any]:
    report = p.bars.report
    return {
        "schema": SCHEMA,
        "version": __version__,
        "status": status,
        "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "kernels": digest(),
        "engines": engine_versions(),
        "seed": None,
        "config": {"name": p.config.name, "sha256": p.config.sha256, "resolved": p.config.to_dict()},
        "data": [
            {
                "name": report.name,
                "format": report.format,
                "sha256": report.sha256,
                "rows": report.n_rows,
                "first": from_ms(report.first).isoformat(),
                "last": from_ms(report.last).isoformat(),
                "holes": report.holes,
                "missing_bars": report.missing_bars,
                "rejected": {**report.rejected, "duplicates": report.duplicates},
            }
        ],
        "window": {
            "from": from_ms(p.window.trade_from).isoformat(),
            "to": from_ms(int(p.window.rows["ts"][-1]) + p.config.sense.base).isoformat(),
            "warm_up_bars": p.window.warm_up,
            "decided_bars": p.window.decided,
        },
        "fingerprints": journal.fingerprints,
        "funnel": {
            **journal.funnel.result(),
            "fills": journal.counts["entries"],
            "positions": journal.counts["positions"],
        },
        "counts": journal.counts,
        "notes": p.notes,
        "timing": {
            **timing,
            "sense_ns_per_bar": machine.timing.sense_ns / max(machine.timing.bars, 1),
            "decide_ns_per_bar": machine.timing.decide_ns / max(machine.timing.decided, 1),
        },
        "machine": {"system": platform.system(), "machine": platform.machine(), "python": platform.python_version()},
    }
