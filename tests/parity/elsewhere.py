"""The same run in a process of its own: compiled, bounds-checked, or as plain Python on the dataclass twins.

`python -m tests.parity.elsewhere FOLDER` takes `rows` (and, if it is there, `snapshot`) from the folder and
writes one file of raw bytes per part. With NUMBA_DISABLE_JIT=1 no arrays are involved: the machine's own
kernels get one-item lists of dataclasses, as `bullmachine.testing.modes` does for engines.
"""

import os
import pathlib
import subprocess
import sys
import types
from typing import Any

import numba
import numpy as np
from tests.parity.machine_trace import BUSY, PARTS, Array, follow, fresh

import bullmachine
from bullmachine.core.bars import Bar, Gate, Row, admit
from bullmachine.core.events import EventLog
from bullmachine.core.record import dtype_of, to_array, to_twin
from bullmachine.fusion.readings import Readings
from bullmachine.machine.records import BarLog, SenseState
from bullmachine.machine.sense import sense_run
from bullmachine.macro.context import Context
from bullmachine.trading.decide import decide_run
from bullmachine.trading.records import Account, Decision, Ledger, Mark, Symbol

STATE = "state"


def run_elsewhere(
    folder: pathlib.Path, rows: Array, snapshot: bytes | None = None, **switches: str
) -> dict[str, bytes]:
    """What a fresh process with other NUMBA_* variables says about `rows`, by part."""
    (folder / "rows").write_bytes(rows.tobytes())
    if snapshot is not None:
        (folder / "snapshot").write_bytes(snapshot)
    roots = [pathlib.Path(bullmachine.__file__).parents[1], pathlib.Path(__file__).parents[2]]
    plain = {k: v for k, v in os.environ.items() if k not in {"NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK"}}
    env = {**plain, **switches, "PYTHONPATH": os.pathsep.join([*map(str, roots), *sys.path])}
    command = [sys.executable, "-m", __name__, str(folder)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {part: (folder / part).read_bytes() for part in (*PARTS, STATE)}


def run_here(rows: Array, snapshot: bytes | None = None) -> dict[str, bytes]:
    """The same in this process's mode (the twins start from nothing)."""
    return twin_run(rows) if numba.config.DISABLE_JIT else array_run(rows, snapshot)


def array_run(rows: Array, snapshot: bytes | None = None) -> dict[str, bytes]:
    """The machine on arrays."""
    machine = fresh()
    if snapshot is not None:
        machine.restore(snapshot)
    trace = follow(machine, rows)
    state = b"".join(part.tobytes() for part in machine._parts())
    return {**{part: trace.said[part].tobytes() for part in PARTS}, STATE: state}


def twin_run(rows: Array) -> dict[str, bytes]:
    """The machine's kernels over lists of dataclasses; parameters are read from what the machine made of them."""
    machine = fresh()
    sense_p, decide_p = [_plain(machine._sense_p[0])], [_plain(machine._decide_p[0])]
    gate, s, symbol = _default(Gate), _default(SenseState), _default(Symbol)
    gate.tf = sense_p[0].base
    account = Account(cash=BUSY.account.equity, equity=BUSY.account.equity)
    log, bar_log, ledger = _default(EventLog), _default(BarLog), _default(Ledger)
    bars = [Bar() for _ in rows]
    bars = bars[: admit([gate], [to_twin(Row, row) for row in rows], bars)]
    n = len(bars)
    readings, contexts, decisions, marks = (_many(cls, n) for cls in (Readings, Context, Decision, Mark))
    said: dict[str, list[Any]] = {"legs": [], "closed": [], "events": [], "slow_bars": []}
    done = 0
    while done < n:
        done += sense_run(sense_p, [s], bars[done:], readings[done:], [log], [bar_log])
        said["events"] += [to_array(e) for e in log.slots[: log.n]]
        said["slow_bars"] += [to_array(b) for b in bar_log.slots[: bar_log.n]]
        log.n = bar_log.n = 0
    done = 0
    while done < n:
        done += decide_run(
            decide_p, [account], [symbol], bars[done:], readings[done:], contexts[done:], decisions[done:],
            marks[done:], [ledger],
        )  # fmt: skip
        said["legs"] += [to_array(leg) for leg in ledger.legs[: ledger.n_legs]]
        said["closed"] += [to_array(closed) for closed in ledger.closed[: ledger.n_closed]]
        ledger.n_legs = ledger.n_closed = 0
    said |= {"bars": bars, "readings": readings, "decisions": decisions, "marks": marks}
    said[STATE] = [gate, s, account, symbol, log.head]
    return {part: b"".join(_bytes(one) for one in said[part]) for part in (*PARTS, STATE)}


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
    rows = np.frombuffer((folder / "rows").read_bytes(), dtype_of(Row))
    kept = folder / "snapshot"
    snapshot = kept.read_bytes() if kept.exists() else None
    for part, blob in run_here(rows, snapshot).items():
        (folder / part).write_bytes(blob)


if __name__ == "__main__":
    _main(pathlib.Path(sys.argv[1]))
