"""The setup stage over lists of dataclasses: `python -m tests.parity.setups_elsewhere FOLDER` with the JIT off.

The folder holds the raw bytes of the table, bars, readings and events; `fired`, `asked` and `state` are written.
"""

import pathlib
import sys
from typing import Any

import numpy as np
from tests.parity.elsewhere import _plain

from bullmachine.core.bars import Bar
from bullmachine.core.events import Event
from bullmachine.core.record import dtype_of, to_array, to_twin
from bullmachine.fusion.readings import Readings
from bullmachine.setups.kernels import setups_run
from bullmachine.setups.records import SetupState, SetupTable
from bullmachine.trading.records import Given, Signal


def _read(folder: pathlib.Path, name: str, cls: Any) -> np.ndarray[Any, Any]:
    return np.frombuffer((folder / name).read_bytes(), dtype_of(cls))


def _main(folder: pathlib.Path) -> None:
    table = _plain(_read(folder, "table", SetupTable)[0])
    bars, readings, events = (
        [to_twin(cls, row) for row in _read(folder, name, cls)]
        for name, cls in (("bars", Bar), ("readings", Readings), ("events", Event))
    )
    state, given, signals = SetupState(), [Given() for _ in bars], [Signal() for _ in bars]
    setups_run([table], [state], bars, readings, events, given, signals)
    for name, records in (("fired", [g.fired for g in given]), ("asked", signals), ("state", [state])):
        (folder / name).write_bytes(b"".join(to_array(one).tobytes() for one in records))


if __name__ == "__main__":
    _main(pathlib.Path(sys.argv[1]))
