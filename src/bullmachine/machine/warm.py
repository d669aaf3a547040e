"""Compile the machine's kernels, one by one, so that the next process finds them in the cache."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from bullmachine.core.bars import Bar, Gate, Row, admit
from bullmachine.core.events import Event, EventLog
from bullmachine.core.kernel import mark_warm
from bullmachine.core.record import dtype_of, to_array
from bullmachine.fusion.readings import Readings
from bullmachine.machine.feed import Feed, Feeder, Outside
from bullmachine.machine.firing import SetupStage
from bullmachine.machine.records import BarLog, SenseKernelParams, SenseState
from bullmachine.machine.sense import sense_run
from bullmachine.machine.stages import DecideStage
from bullmachine.macro.context import Context, MacroRules, MacroState, macro_run
from bullmachine.setups.records import SetupTable
from bullmachine.trading.params import DecideParams
from bullmachine.trading.records import Given, Instrument

__all__ = ["KERNELS", "compile_kernels"]


def _none(cls: type) -> np.ndarray:
    return np.zeros(0, dtype_of(cls))


def _admit() -> None:
    admit(to_array(Gate), _none(Row), _none(Bar))


def _sense() -> None:
    sense_run(
        to_array(SenseKernelParams),
        to_array(SenseState),
        _none(Bar),
        _none(Readings),
        to_array(EventLog),
        to_array(BarLog),
    )


def _decide() -> None:
    DecideStage(_default(DecideParams), [Instrument()], 0).take(_nothing())


def _close_out() -> None:
    DecideStage(_default(DecideParams), [Instrument()], 0).close_out([0.0], 0)


def _macro() -> None:
    macro_run(
        to_array(MacroRules), to_array(MacroState), _none(Bar), _none(Context), np.zeros(0, np.int64), _none(Given)
    )


def _setups() -> None:
    SetupStage(SetupTable(), 1, 0).take(_nothing(), [0], [_none(Event)])


def _default(cls: Any) -> Any:
    return cls()


def _nothing() -> Feed:
    """A feed of one symbol and no bar."""
    bars, readings = _none(Bar), _none(Readings)
    return Feeder([Outside()], 0, MacroRules()).feed(bars, readings, [0], [0], [0])


#: the kernels a run calls, each with a call that compiles it
KERNELS: Final[dict[str, Callable[[], None]]] = {
    "admit": _admit,
    "sense": _sense,
    "decide": _decide,
    "close out": _close_out,
    "macro": _macro,
    "setups": _setups,
}


def compile_kernels() -> Iterator[tuple[str, float]]:
    """Compile each kernel (or load it from the cache); its name and the CPU seconds it took."""
    for name, call in KERNELS.items():
        at = time.process_time()
        call()
        yield name, time.process_time() - at
    mark_warm()
