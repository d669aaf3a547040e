"""Positions split by a key: each group with the numbers of the whole.

Times are those of the entry, in UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from bullmachine.core.time import DAY, HOUR
from bullmachine.metrics.trades import Numbers, trade_numbers

__all__ = ["split", "split_by_time"]

_Array = np.ndarray[Any, Any]

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EPOCH_WEEKDAY: Final = 3  # 1970-01-01 was a Thursday


def split(rows: _Array, keys: _Array, name: Callable[[int], str]) -> dict[str, Numbers]:
    """`trade_numbers` per distinct integer key, in the keys' order; `name` turns a key into words."""
    return {name(int(key)): trade_numbers(rows[keys == key]) for key in np.unique(keys)}


def _months(times: _Array) -> _Array:
    return times.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)


def split_by_time(rows: _Array) -> dict[str, dict[str, Numbers]]:
    """The groups by month (`2025-03`), weekday and hour (`00` to `23`) of `rows["entry_time"]`, UTC ms."""
    times = np.ascontiguousarray(rows["entry_time"])
    weekdays = (times // DAY + _EPOCH_WEEKDAY) % len(_WEEKDAYS)
    return {
        "month": split(rows, _months(times), lambda key: str(np.datetime64(key, "M"))),
        "weekday": split(rows, weekdays, lambda key: _WEEKDAYS[key]),
        "hour": split(rows, times % DAY // HOUR, lambda key: f"{key:02d}"),
    }
