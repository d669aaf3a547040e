"""The same run in a process of its own: compiled, bounds-checked, or as plain Python on the dataclass twins.

`python -m tests.parity.elsewhere FOLDER` takes `rows.0`, `rows.1` .. (and, if it is there, `snapshot`) from
the folder and the name of a case from `case`, and writes one file of raw bytes per part. With
NUMBA_DISABLE_JIT=1 no arrays are involved: the machine's own kernels get lists of dataclasses, as
`bullmachine.testing.modes` does for engines.
"""

import os
import pathlib
import subprocess
import sys
import types
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from tests.parity.cases import CASES, Case
from tests.parity.machine_trace import WEATHER, Array, follow_all, names_of

import bullmachine
from bullmachine.core.bars import Bar, Gate, Row, admit
from bullmachine.core.events import EventLog
from bullmachine.core.record import dtype_of, to_array, to_twin
from bullmachine.fusion.readings import Readings
from bullmachine.machine.feed import Feed, Feeder
from bullmachine.machine.machine import Machine
from bullmachine.machine.records import BarLog, SenseState
from bullmachine.machine.sense import sense_run
from bullmachine.trading.decide import decide_run
from bullmachine.trading.records import Account, Given, Instrument, Signal, Symbol
from bullmachine.trading.rows import Decision, Ledger, Mark

STATE = "state"


def run_elsewhere(
    folder: pathlib.Path, rows: Sequence[Array], snapshot: bytes | None = None, case: str = "busy", **switches: str
) -> dict[str, bytes]:
    """What a fresh process with other NUMBA_* variables says about `rows` (per symbol), by part."""
    for k, own in enumerate(rows):
        (folder / f"rows.{k}").write_bytes(own.tobytes())
    (folder / "case").write_text(case)
    if snapshot is not None:
        (folder / "snapshot").write_bytes(snapshot)
    roots = [pathlib.Path(bullmachine.__file__).parents[1], pathlib.Path(__file__).parents[2]]
    plain = {k: v for k, v in os.environ.items() if k not in {"NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK"}}
    env = {**plain, **switches, "PYTHONPATH": os.pathsep.join([*map(str, roots), *sys.path])}
    command = [sys.executable, "-m", __name__, str(folder)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {part: (folder / part).read_bytes() for part in (*names_of(len(rows)), STATE)}


def run_here(rows: Sequence[Array], snapshot: bytes | None = None, case: str = "busy") -> dict[str, bytes]:
    """The same in this process's mode (the twins start from nothing)."""
    return twin_run(rows, case) if numba.config.DISABLE_JIT else array_run(rows, snapshot, case)


def array_run(rows: Sequence[Array], snapshot: bytes | None = None, case: str = "busy") -> dict[str, bytes]:
    """The machine on arrays."""
    machine = CASES[case].machine(rows)
    if snapshot is not None:
        machine.restore(snapshot)
    trace = follow_all(machine, [rows])
    state = b"".join(part.tobytes() for part in machine._parts())
    return {**{part: found.tobytes() for part, found in trace.said.items()}, STATE: state}


def twin_run(rows: Sequence[Array], case: str = "busy") -> dict[str, bytes]:
    """The machine's kernels over lists of dataclasses; parameters are read from what the machine made of them."""
    machine, made = CASES[case].machine(rows), CASES[case]
    size = max(len(own) for own in rows)
    bars: list[Bar] = []
    readings: list[Readings] = []
    counts: list[int] = []
    said: dict[str, list[Any]] = {part: [] for part in (*names_of(len(rows)), STATE)}
    for k, own in enumerate(rows):
        admitted, read = _sense(machine, own, said, f".{k}" if k else "")
        counts.append(len(admitted))
        bars += admitted + _many(Bar, size - len(admitted))
        readings += read + _many(Readings, size - len(admitted))
    _decide(machine, made, rows, (bars, readings, counts, size), said)
    return {part: b"".join(_bytes(one) for one in records) for part, records in said.items()}


def _sense(machine: Machine, rows: Array, said: dict[str, list[Any]], suffix: str) -> tuple[list[Bar], list[Readings]]:
    """One symbol's bars and readings; what they made known goes into `said`."""
    params = [_plain(machine.senses[0].params[0])]
    gate, s, log, bar_log = _default(Gate), _default(SenseState), _default(EventLog), _default(BarLog)
    gate.tf = params[0].base
    bars = _many(Bar, len(rows))
    bars = bars[: admit([gate], [to_twin(Row, row) for row in rows], bars)]
    readings, done = _many(Readings, len(bars)), 0
    while done < len(bars):
        done += sense_run(params, [s], bars[done:], readings[done:], [log], [bar_log])
        said[f"events{suffix}"] += [to_array(e) for e in log.slots[: log.n]]
        said[f"slow_bars{suffix}"] += [to_array(b) for b in bar_log.slots[: bar_log.n]]
        log.n = bar_log.n = 0
    said[f"bars{suffix}"] += bars
    said[f"readings{suffix}"] += readings
    said[STATE] += [gate, s, log.head]
    return bars, readings


def _decide(
    machine: Machine, case: Case, rows: Sequence[Array], sensed: tuple[list[Bar], list[Readings], list[int], int],
    said: dict[str, list[Any]],
) -> None:  # fmt: skip
    """What the account does with all symbols' readings."""
    bars, readings, counts, size = sensed
    n, (feed, macro) = len(rows), _feed(case, rows, bars, counts, size)
    params, stage = [_plain(machine.decide.params[0])], machine.decide
    instruments = [to_twin(Instrument, row) for row in stage.instruments]
    account = Account(cash=case.decide.account.equity, equity=case.decide.account.equity)
    symbols, ledger, decisions = [_default(Symbol) for _ in rows], _default(Ledger), _many(Decision, n * size)
    places, times = feed.places.tolist(), feed.times.tolist()
    given = [[to_twin(cls, row) for row in part] for cls, part in
             ((Given, feed.given), (Signal, feed.signals), (Row, feed.lower))]  # fmt: skip
    marks, holdings, done = _many(Mark, len(times)), [0.0] * (n * len(times)), 0
    while done < len(times):
        room = holdings[n * done :], marks[done:]
        taken = decide_run(
            params, instruments, [account], symbols, places[n * done :], times[done:], bars, readings, given[0],
            given[1], given[2], decisions, room[1], room[0], [ledger],
        )  # fmt: skip
        holdings[n * done :] = room[0]
        done += taken
        said["legs"] += [to_array(leg) for leg in ledger.legs[: ledger.n_legs]]
        said["closed"] += [to_array(closed) for closed in ledger.closed[: ledger.n_closed]]
        said["notes"] += [to_array(note) for note in ledger.notes[: ledger.n_notes]]
        ledger.n_legs = ledger.n_closed = ledger.n_notes = 0
    for k, count in enumerate(counts):
        said[f"decisions.{k}" if k else "decisions"] += decisions[k * size : k * size + count]
    said["marks"] += marks
    said["holdings"].append(np.array(holdings))
    said[STATE] += [account, *symbols, macro]


def _feed(case: Case, rows: Sequence[Array], bars: list[Bar], counts: list[int], size: int) -> tuple[Feed, Array]:
    """The whole run as one feed, made as the machine makes it, and what macro remembers after it."""
    made = np.concatenate([to_array(bar) for bar in bars])
    feeder = Feeder(case.outside(rows), size, WEATHER[0])
    return feeder.feed(made, made[:0], counts, [0] * len(rows), [0] * len(rows)), feeder.macro


def _default(cls: Any) -> Any:
    return to_twin(cls, to_array(cls)[0])


def _many(cls: Any, n: int) -> list[Any]:
    return [cls() for _ in range(n)]


def _bytes(one: Any) -> bytes:
    return one.tobytes() if isinstance(one, np.ndarray) else to_array(one).tobytes()


def _plain(row: Any) -> Any:
    """A parameter record as plain Python: names for fields, lists for arrays."""
    if isinstance(row, np.ndarray):
        return [_plain(item) for item in row]
    if row.dtype.names:
        return types.SimpleNamespace(**{name: _plain(row[name]) for name in row.dtype.names})
    return row.item()


def _main(folder: pathlib.Path) -> None:
    files = sorted(folder.glob("rows.*"))
    rows = [np.frombuffer(file.read_bytes(), dtype_of(Row)) for file in files]
    kept = folder / "snapshot"
    snapshot = kept.read_bytes() if kept.exists() else None
    for part, blob in run_here(rows, snapshot, (folder / "case").read_text()).items():
        (folder / part).write_bytes(blob)


if __name__ == "__main__":
    _main(pathlib.Path(sys.argv[1]))
