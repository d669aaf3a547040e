"""The setup stage: beside sense and decide, and only where setups ask."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from bullmachine.core.record import to_array
from bullmachine.machine.feed import Feed
from bullmachine.setups.kernels import setups_run
from bullmachine.setups.records import SetupState, SetupTable

__all__ = ["SetupStage"]

_Array = np.ndarray[Any, Any]


class SetupStage:
    """The setups of `symbols` symbols, whose bars lie one symbol after the other, `size` places each."""

    def __init__(self, table: SetupTable, symbols: int, size: int) -> None:
        self.params = to_array(table)
        self.state = np.repeat(to_array(SetupState), symbols)
        self._size = size
        self.ns = 0

    def take(self, feed: Feed, counts: Sequence[int], events: Sequence[_Array]) -> None:
        """Let setups fire on a piece: `counts` bars per symbol, and the events they made known."""
        at = time.thread_time_ns()
        for k, n in enumerate(counts):
            told = events[k].view()
            told.flags.writeable = False  # one type for the kernel, whether the events were joined or not
            room = slice(k * self._size, k * self._size + n)
            setups_run(
                self.params, self.state[k : k + 1], feed.bars[room], feed.readings[room], told, feed.given[room],
                feed.signals[room],
            )  # fmt: skip
        self.ns += time.thread_time_ns() - at
