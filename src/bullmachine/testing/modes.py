"""The same sources in three modes: compiled, as plain Python on the twins, and with bounds checks.

1. `record_traces` runs engines over nasty markets in this process's mode and writes raw bytes to a
   folder. With NUMBA_DISABLE_JIT=1 no arrays are involved: kernels get one-item lists of dataclasses.
2. `record_elsewhere` does the same in one subprocess with other NUMBA_* variables, for all engines.
3. `check_twins` and `check_bounds` compare the two folders byte for byte.

Out-of-range writes are silent in compiled code (they hit the neighbouring field); both other modes raise.
"""

from __future__ import annotations

import importlib
import os
import pathlib
import subprocess
import sys
import tempfile
import types
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numba
import numpy as np

from bullmachine.core.bars import Bar, Gate, Row, admit
from bullmachine.core.engine import StepEngine
from bullmachine.core.events import Event, EventLog
from bullmachine.core.record import dtype_of, to_array, to_twin
from bullmachine.core.time import parse_timeframe
from bullmachine.testing.markets import pressure_markets, random_market
from bullmachine.testing.results import CheckResult, Tally
from bullmachine.testing.trace import observe, state_of

__all__ = ["check_bounds", "check_twins", "record_traces"]

_BARS: Final = 700  #: plain Python takes 0.1-1 ms a bar
_TIMEFRAME: Final = "1h"


def check_twins(engines: Sequence[type[StepEngine]]) -> list[CheckResult]:
    """Plain Python on the twins and compiled kernels: outputs, events and state are the same bytes."""
    other = "0" if numba.config.DISABLE_JIT else "1"
    return _compare_modes("twins", engines, {"NUMBA_DISABLE_JIT": other})


def check_bounds(engines: Sequence[type[StepEngine]]) -> list[CheckResult]:
    """Kernels with bounds checks run through nasty markets, and say what they say without."""
    return _compare_modes("bounds", engines, {"NUMBA_DISABLE_JIT": "0", "NUMBA_BOUNDSCHECK": "1"})


def record_traces(engines: Iterable[type[StepEngine]], folder: pathlib.Path) -> None:
    """Write `<engine>.<market>.<outputs|events|state>` as raw bytes, in this process's mode."""
    trace = _twin_trace if numba.config.DISABLE_JIT else _array_trace
    for engine in engines:
        for market, rows in _markets():
            for part, blob in trace(engine, rows).items():
                (folder / f"{engine.name}.{market}.{part}").write_bytes(blob)


def _compare_modes(name: str, engines: Sequence[type[StepEngine]], switches: dict[str, str]) -> list[CheckResult]:
    with tempfile.TemporaryDirectory() as root:
        here, there = pathlib.Path(root, "here"), pathlib.Path(root, "there")
        here.mkdir()
        there.mkdir()
        record_traces(engines, here)
        trouble = _record_elsewhere(engines, there, switches)
        return [_compared(name, engine, here, there, trouble) for engine in engines]


def _compared(
    name: str, engine: type[StepEngine], here: pathlib.Path, there: pathlib.Path, trouble: str
) -> CheckResult:
    tally = Tally(name, engine)
    for mine in sorted(here.glob(f"{engine.name}.*")):
        other = there / mine.name
        if not other.exists():
            tally.expect(ok=False, what=f"the other mode stopped: {trouble}")
            break
        part = mine.name.rpartition(".")[2]
        kind = {"outputs": dtype_of(engine.Output), "events": dtype_of(Event)}.get(part, np.dtype("u1"))
        left, right = (np.frombuffer(path.read_bytes(), kind) for path in (mine, other))
        tally.same(left, right, f"{mine.name} differs between the modes")
    return tally.result()


def _record_elsewhere(engines: Iterable[type[StepEngine]], folder: pathlib.Path, switches: dict[str, str]) -> str:
    """Run `record_traces` in one subprocess; the last line of its error output."""
    package_root = str(pathlib.Path(__file__).resolve().parents[2])
    path = os.pathsep.join([package_root, *sys.path])
    names = [f"{engine.__module__}:{engine.__qualname__}" for engine in engines]
    command = [sys.executable, "-m", __name__, str(folder), *names]
    done = subprocess.run(  # noqa: S603  (our own interpreter and module)
        command, env={**os.environ, **switches, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    return done.stderr.strip().rpartition("\n")[2]


def _markets() -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    yield "nasty", random_market(11, _BARS)
    for name, rows in pressure_markets(_BARS // 2):
        yield name.replace(" ", "_"), rows


def _array_trace(engine: type[StepEngine], rows: np.ndarray[Any, Any]) -> dict[str, bytes]:
    subject = engine(timeframe=_TIMEFRAME)
    seen = observe(subject, rows)
    return {
        "outputs": seen.outputs.tobytes(),
        "events": seen.events.tobytes(),
        "state": state_of(subject).tobytes(),
    }


def _twin_trace(engine: type[StepEngine], rows: np.ndarray[Any, Any]) -> dict[str, bytes]:
    """The engine's own run kernel over dataclasses: lists of one where it expects (1,)-arrays."""
    bars = [Bar() for _ in rows]
    gate = to_twin(Gate, to_array(Gate)[0])
    gate.tf = parse_timeframe(_TIMEFRAME)
    bars = bars[: admit([gate], [to_twin(Row, row) for row in rows], bars)]
    p, s, log = _twin_parameters(engine), _twin_state(engine), to_twin(EventLog, to_array(EventLog)[0])
    outputs, done = [engine.Output() for _ in bars], 0
    events: list[bytes] = []
    while done < len(bars):
        done += engine.kernel([p], [s], bars[done:], outputs[done:], [log])
        events.extend(to_array(event).tobytes() for event in log.slots[: log.n])
        log.n = 0
    state = [s] if not engine.needs else list(vars(s).values())
    return {
        "outputs": b"".join(to_array(o).tobytes() for o in outputs),
        "events": b"".join(events),
        "state": b"".join(to_array(part).tobytes() for part in state),
    }


def _twin_parameters(engine: type[StepEngine]) -> Any:
    own = engine.kernel_params(engine.Params())
    if not engine.needs:
        return own
    return types.SimpleNamespace(**{n.name: n.kernel_params(n.Params()) for n in engine.needs}, own=own)


def _twin_state(engine: type[StepEngine]) -> Any:
    """The state's parts in the order of the solo record: each need's state and output, then our own."""
    if not engine.needs:
        return engine.State()
    parts: dict[str, Any] = {}
    for need in engine.needs:
        parts |= {need.name: need.State(), f"{need.name}_out": need.Output()}
    return types.SimpleNamespace(**parts, own=engine.State())


def _named(spec: str) -> type[StepEngine]:
    module, _, name = spec.partition(":")
    found: type[StepEngine] = getattr(importlib.import_module(module), name)
    return found


if __name__ == "__main__":
    record_traces([_named(spec) for spec in sys.argv[2:]], pathlib.Path(sys.argv[1]))
