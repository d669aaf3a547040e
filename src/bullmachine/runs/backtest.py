"""The backtest: one pass over a window of bars through the machine, into a run folder.

1. Read everything and cut the window (`plan.py`), make the folder (`folder.py`).
2. Feed the machine in pieces; the journal writes what each made known.
3. End of data is an act of the run: close what is open at the last close, take the last equity row.
4. Read the bars once more to say how far the result can be trusted (`beliefs.py`).
5. Write summary and manifest, rename the folder.

On an error, Ctrl-C or SIGTERM the journal is flushed and the folder stays partial, marked interrupted.
"""

from __future__ import annotations

import errno
import itertools
import pathlib
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from bullmachine.config import Config
from bullmachine.core.errors import OutputError
from bullmachine.machine.machine import Machine
from bullmachine.machine.stages import CHUNK
from bullmachine.machine.warm import compile_kernels
from bullmachine.market.align import Stamp
from bullmachine.market.read import Policy
from bullmachine.runs.beliefs import Acted, Beliefs, believe
from bullmachine.runs.folder import RunFolder, default_stem, unused_name
from bullmachine.runs.journal import Journal
from bullmachine.runs.log import Log
from bullmachine.runs.macro import CONTEXT, known_shares, slot_changes
from bullmachine.runs.manifest import manifest_of
from bullmachine.runs.plan import Plan, plan
from bullmachine.runs.result import Result
from bullmachine.runs.second import chunks, machine_of
from bullmachine.runs.summary import summarise
from bullmachine.runs.tables import Names, write_ambiguity
from bullmachine.runs.window import Moment

__all__ = ["backtest", "default_folder", "run"]

#: called with pieces done and pieces in all
Progress = Callable[[int, int], None]
Step = Callable[[], None]


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
    signals: Any = None,
    signals_stamp: Stamp | None = None,
    intrabar: Any = None,
    funding: Any = None,
    macro: Any = None,
    baseline: bool = True,
) -> Result:
    """Run a backtest over files or frames of bars.

    Args:
        source: path of a CSV, Parquet or Feather file, a pandas, polars or pyarrow frame, or `read_bars`' `Bars`;
            a list of them, or a mapping from symbols' names, trades several symbols on one account, decided in
            that order. Names come from the files; a frame has none, so that `{"ETHUSDT": frame}` gives it one.
            Bars finer than the base timeframe are resampled to it and serve as `intrabar`.
        config: a preset's name, a TOML file, or a `Config`; the preset `eth_1h` when omitted.
        start: first day or time decided; a date means the whole UTC day.
        end: last day, whole, or the time it ends at, exclusive.
        overrides: settings by dotted key, such as `{"exits.stop_atr": 3.0}`.
        out: the run folder; without it the run lives in a temporary folder, as long as the result.
        force: replace a finished run of that name.
        warm_up: at most so many bars before the window (default: all).
        policy: `refuse` or `drop` for bad rows.
        tz: time zone of naive stamps.
        signals: signals of one's own (a file, a frame, or `read_signals`' result) instead of the score's.
        signals_stamp: `close` or `open`: which moment of its bar a signal is stamped with.
        intrabar: lower bars that settle bars holding both stop and target; a mapping by symbol if several.
        funding: a table of funding settlements; a mapping by symbol if several. Without it the rate is assumed.
        macro: a table of macro series, wide (a column each) or long; without it only funding rules can speak.
        baseline: also trade random and delayed signals, for comparison.

    Returns:
        A `Result` with `.summary, .positions, .legs, .orders, .signals, .events, .equity`.

    Raises:
        InputError: data, settings, window or folder cannot be used; the sentence says where and what to do.

    >>> import bullmachine as bm
    >>> result = bm.backtest(bm.sample(), start="2023-06-01", end="2023-08-31")
    >>> result.summary["positions"] == len(result.positions)
    True
    """
    made = plan(
        source, config=config, start=start, end=end, overrides=overrides, warm_up=warm_up, policy=policy, tz=tz,
        signals=signals, signals_stamp=signals_stamp, intrabar=intrabar, funding=funding, macro=macro,
        baseline=baseline,
    )  # fmt: skip
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
    """Run a plan into `folder`; `progress` is called after every piece, those of the second pass included."""
    began = time.perf_counter()
    machine, cuts, acted = machine_of(p), _cuts(p), Acted(len(p.traded))
    journal = _start(p, folder)
    step = _stepper(progress, 2 * len(cuts))
    try:
        for _ in compile_kernels():  # before the first bar: a compilation is not part of a bar's cost
            pass
        _feed(p, cuts, machine, journal, acted, step)
        last = machine.close_out()
        journal.finish(last)
        beliefs = believe(p, cuts, np.concatenate(journal.closed), acted, last, step)
        write_ambiguity(folder.path, beliefs.ambiguity)
        _write_context(p, folder.path)
        timing = {"wall_s": time.perf_counter() - began}
        folder.write_json("summary.json", _summary(p, journal, beliefs))
        folder.write_json("manifest.json", manifest_of(p, machine, journal, timing, "finished"))
        return Result(folder.finish())
    except BaseException as error:
        journal.abort()
        folder.interrupt(manifest_of(p, machine, journal, {"wall_s": time.perf_counter() - began}, "interrupted"))
        if isinstance(error, OSError):
            raise _unwritable(folder.path, error) from error
        raise


def _stepper(progress: Progress, total: int) -> Step:
    """A function that counts its calls and tells `progress`."""
    done = itertools.count(1)
    return lambda: progress(next(done), total)


def _start(p: Plan, folder: RunFolder) -> Journal:
    names = Names(
        p.symbols, () if p.signals is None else p.signals.tags, tuple(p.config.macro.rules), tuple(p.config.setups.live)
    )
    try:
        return Journal(folder.path, names, p.trade_from + p.config.sense.base)
    except OSError as error:
        folder.drop()
        raise _unwritable(folder.path, error) from error


def _unwritable(path: pathlib.Path, error: OSError) -> OutputError:
    if error.errno == errno.ENOSPC:
        return OutputError(f"the disk is full: {path} could not be written; free some space", path=str(path))
    return OutputError(f"{path} could not be written: {error.strerror or error}; choose another --out", path=str(path))


def _cuts(p: Plan) -> list[int]:
    """Open times at which pieces begin: each `CHUNK`, each timing event, and before rows that follow dropped ones."""
    longest = max((t.window.rows["ts"] for t in p.traded), key=len)
    cuts = {min(int(t.window.rows["ts"][0]) for t in p.traded)}
    cuts |= {*longest[::CHUNK].tolist(), *longest[:: p.config.run.every_bars].tolist()}
    for t in p.traded:
        cuts |= set(t.window.rows["ts"][t.window.dropped > 0].tolist())
    return sorted(cuts)


class _Clock:
    """Tells the log, every so many bars, where the time went."""

    def __init__(self, machine: Machine, log: Log, every: int) -> None:
        self._machine, self._log, self._every = machine, log, every
        self._at, self._told, self._logging = time.perf_counter(), 0, 0.0
        self._before = machine.timing

    def wrote(self, seconds: float) -> None:
        """So long took writing."""
        self._logging += seconds

    def tell(self, known: int) -> None:
        """One timing event, if it is time for one."""
        t, now = self._machine.timing, time.perf_counter()
        if t.bars // self._every == self._told // self._every:
            return
        self._log.note(
            "timing",
            known,
            bars=t.bars,
            t_sense_ms=(t.sense_ns - self._before.sense_ns) / 1e6,
            t_decide_ms=(t.decide_ns - self._before.decide_ns) / 1e6,
            t_logging_ms=self._logging * 1e3,
            bars_per_s=(t.bars - self._told) / max(now - self._at, 1e-9),
        )
        self._before, self._told, self._logging, self._at = t, t.bars, 0.0, now


def _feed(p: Plan, cuts: Sequence[int], machine: Machine, journal: Journal, acted: Acted, step: Step) -> None:
    clock = _Clock(machine, journal.log, p.config.run.every_bars)
    for chunk in chunks(p, machine, cuts, step):
        wrote = time.perf_counter()
        journal.take(chunk)
        acted.take(chunk)
        clock.wrote(time.perf_counter() - wrote)
        clock.tell(max(int(piece.bars["known"][-1]) for piece in chunk.pieces if len(piece.bars)))


def _summary(p: Plan, journal: Journal, beliefs: Beliefs) -> dict[str, Any]:
    made = summarise(
        np.concatenate(journal.closed),
        np.concatenate(journal.marks),
        np.concatenate(journal.holdings),
        p.config.decide.account.equity,
        _filled(np.concatenate(journal.closes)),
        names=journal.names,
        calendar=str(p.config.get("data.calendar")),
        beliefs={
            **beliefs.summary,
            "venue": p.config.get("account.venue"),
            "market": p.config.get("account.market"),
            "macro": _macro(p, journal),
        },
    )
    synthetic = any(t.synthetic for t in p.traded)
    return {"symbol": " + ".join(p.symbols), "symbols": p.symbols, "synthetic": synthetic, **made}


def _macro(p: Plan, journal: Journal) -> dict[str, Any] | None:
    """Per symbol and rule the shares of decided bars with a fresh, stale or missing value, and on which it spoke."""
    made = {}
    for k, t in enumerate(p.traded):
        if t.outside.macro is not None:
            shares = known_shares(p.config.macro, t.outside.macro, t.opens + p.config.sense.base)
            spoke = journal.spoke[k] / max(len(t.opens), 1)
            made[t.symbol] = {name: {**of, "spoke": float(spoke[n])} for n, (name, of) in enumerate(shares.items())}
    return made or None


def _write_context(p: Plan, path: pathlib.Path) -> None:
    """The macro values of the window."""
    tf = p.config.sense.base
    frames = [
        slot_changes(p.config.macro, t.outside.macro, t.symbol, int(t.opens[0]) + tf, int(t.opens[-1]) + tf)
        for t in p.traded
        if t.outside.macro is not None
    ]
    none = pl.DataFrame(schema=CONTEXT)
    pl.concat([none, *frames]).write_parquet(path / "context.parquet", compression="zstd")


def _filled(closes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Closes with each symbol's last one carried over its missing bars, and its first one back to the start."""
    for k in range(closes.shape[1]):
        known = np.flatnonzero(np.isfinite(closes[:, k]))
        place = np.maximum(np.searchsorted(known, np.arange(len(closes)), side="right") - 1, 0)
        closes[:, k] = closes[known[place], k]
    return closes
