"""The worst drawdown: how deep, how long, and how long the way back took."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bullmachine.core.time import DAY

__all__ = ["Drawdown", "worst_drawdown"]

_Array = np.ndarray[Any, Any]


class Drawdown(NamedTuple):
    """A fall below a peak.

    `depth` is a negative fraction of the peak; `days` the time below it, to the end when that comes first;
    `recovery_days` the time from the deepest mark back to the peak, None while that has not happened.
    """

    depth: float
    days: float
    recovery_days: float | None


def worst_drawdown(times: _Array, drawdown: _Array, since: int) -> Drawdown:
    """The deepest fall; the earliest of equals.

    Args:
        times: close times of the marks, UTC ms, ascending; at least one.
        drawdown: fraction below the peak at each, <= 0; exactly 0 at a peak.
        since: UTC ms from which the starting equity stood: it is the first peak.

    >>> times = np.arange(1, 7) * DAY
    >>> worst_drawdown(times, np.array([0.0, -0.1, 0.0, -0.1, -0.3, 0.0]), 0)
    Drawdown(depth=-0.3, days=3.0, recovery_days=1.0)
    >>> worst_drawdown(times, np.array([-0.1, -0.2, -0.2, -0.1, -0.1, -0.1]), 0)
    Drawdown(depth=-0.2, days=6.0, recovery_days=None)
    """
    deepest = int(np.argmin(drawdown))
    depth = float(drawdown[deepest])
    if depth >= 0.0:
        return Drawdown(0.0, 0.0, 0.0)
    peaks, back = np.flatnonzero(drawdown[:deepest] >= 0.0), np.flatnonzero(drawdown[deepest:] >= 0.0)
    peak = int(times[peaks[-1]]) if len(peaks) else since
    if not len(back):
        return Drawdown(depth, (int(times[-1]) - peak) / DAY, None)
    whole = int(times[deepest + back[0]])
    return Drawdown(depth, (whole - peak) / DAY, (whole - int(times[deepest])) / DAY)
