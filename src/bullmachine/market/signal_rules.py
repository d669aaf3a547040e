"""What signals may say together: levels on their side, one decision at a time, in the order of time."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bullmachine.core.time import shown
from bullmachine.market.signal_cells import Signed, first, refuse

__all__ = ["check_expiry", "check_levels", "check_order"]

_Array = np.ndarray[Any, Any]
_SIDE: Final = {1: "long", -1: "short"}
_MOST_BARS: Final = 10**9


def check_levels(table: Signed, side: _Array, levels: dict[str, _Array]) -> None:
    """Refuse levels on a flat, and a stop, limit and target that do not lie in the order their side needs.

    Args:
        table: for the message.
        side: +1, -1, 0.
        levels: `limit`, `stop` and `target`, NaN where not given.
    """
    for part, level in levels.items():
        k = first((side == 0) & ~np.isnan(level))
        if k >= 0:
            remedy = "flat closes everything at the next open: leave it empty"
            refuse(table, k, part, float(level[k]), f"a flat has no {part}", remedy)
    # for a long: stop < limit < target
    for low, high in (("stop", "limit"), ("limit", "target"), ("stop", "target")):
        k = first(side * (levels[high] - levels[low]) <= 0)
        if k >= 0 and side[k] != 0:
            part, other = (low, high) if low == "stop" else (high, low)
            _refuse_side(table, k, part, other, levels, int(side[k]))


def _refuse_side(table: Signed, k: int, part: str, other: str, levels: dict[str, _Array], side: int) -> None:
    value, against = float(levels[part][k]), float(levels[other][k])
    below = (side > 0) == (part == "stop")
    told = f"{part} {value} of a {_SIDE[side]} is not {'below' if below else 'above'} its {other} {against}"
    refuse(table, k, part, value, told, "correct the level or the side")


def check_expiry(table: Signed, expiry: _Array, limit: _Array) -> _Array:
    """Bars a limit order rests, -1 where not given.

    Raises:
        DataError: it is no whole number from 1 on, or there is no limit to expire.
    """
    given = ~np.isnan(expiry)
    k = first(given & ((expiry < 1) | (expiry > _MOST_BARS) | (expiry != np.floor(expiry))))
    if k >= 0:
        refuse(table, k, "expiry", float(expiry[k]), f"expiry {expiry[k]} is no number of bars", "write 1, 2, 3 ...")
    k = first(given & np.isnan(limit))
    if k >= 0:
        told = "a signal without a limit is filled at the next open and cannot expire"
        refuse(table, k, "expiry", float(expiry[k]), told, "give a limit or leave expiry empty")
    return np.where(given, expiry, -1).astype(np.int64)


def check_order(table: Signed, time: _Array, symbol: _Array, row: _Array) -> None:
    """Refuse times that run backwards, and two signals of one symbol at one time."""
    k = first(np.diff(time) < 0) + 1
    if k > 0:
        told = f"{shown(time[k])} comes after {shown(time[k - 1])} of row {row[k - 1]}"
        refuse(table, int(row[k]) - 1, "time", int(time[k]), told, "sort signals by time")
    seen: dict[tuple[int, int], int] = {}
    for key, number in zip(zip(time.tolist(), symbol.tolist(), strict=True), row.tolist(), strict=True):
        if key in seen:
            told = f"a second signal for {shown(key[0])} (the first is row {seen[key]})"
            refuse(table, number - 1, "time", key[0], told, "keep one")
        seen[key] = number
