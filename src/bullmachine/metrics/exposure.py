"""How much of the market a run held, and what holding alone would have made."""

from __future__ import annotations

from typing import Any

import numpy as np

from bullmachine.metrics.numbers import finite

__all__ = ["buy_and_hold", "hold_fraction", "mean_exposure", "time_in_market"]

_Array = np.ndarray[Any, Any]


def time_in_market(positions: _Array) -> float:
    """Share of marks with a position; `positions` are signed quantities, one column per symbol if several.

    >>> time_in_market(np.array([0.0, 1.0, -2.0, 0.0])), time_in_market(np.array([[0.0, 1.0], [0.0, 0.0]]))
    (0.5, 0.5)
    """
    held = positions.reshape(len(positions), -1) != 0.0
    return float(held.any(axis=1).mean())


def mean_exposure(equity: _Array, cash: _Array) -> float:
    """Mean over the marks of (equity - cash) / equity: the signed part of the equity held in the market.

    Marks without equity count as 0, and the last mark is left out: what stood there earned nothing more.

    >>> mean_exposure(np.array([100.0, 100.0, 90.0]), np.array([100.0, 50.0, 90.0]))
    0.25
    """
    equity, cash = equity[:-1], cash[:-1]
    if not len(equity):
        return 0.0
    alive = equity > 0.0
    return float(np.where(alive, (equity - cash) / np.where(alive, equity, 1.0), 0.0).mean())


def buy_and_hold(closes: _Array) -> float:
    """Return of buying at the first close and holding to the last, without costs.

    Several symbols (columns) are bought in equal parts and left alone: the mean of their returns.

    >>> buy_and_hold(np.array([100.0, 80.0, 110.0])).__round__(6)
    0.1
    >>> buy_and_hold(np.array([[100.0, 10.0], [150.0, 10.0]]))
    0.25
    """
    table = closes.reshape(len(closes), -1)
    first = table[0]
    alive = first != 0.0
    return float(np.where(alive, table[-1] / np.where(alive, first, 1.0) - 1.0, 0.0).mean())


def hold_fraction(closes: _Array, fraction: float) -> float | None:
    """Compound return of holding `fraction` of the equity in the market over every bar, without costs.

    prod over t of (1 + fraction x r_t) - 1, r_t = c_t / c_(t-1) - 1, for several symbols (columns) the mean
    of their r_t. With a run's `mean_exposure` it is what its standing exposure alone would have made: a run
    that is long and short in equal parts is measured against nothing. -1 when a bar takes everything.

    Args:
        closes: one row per bar; a symbol without a bar repeats its last close.
        fraction: part of the equity held, negative for short.

    >>> round(hold_fraction(np.array([100.0, 110.0, 99.0]), 0.5), 6)
    -0.0025
    """
    table = closes.reshape(len(closes), -1)
    before = table[:-1]
    alive = before != 0.0
    moves = np.where(alive, table[1:] / np.where(alive, before, 1.0) - 1.0, 0.0).mean(axis=1)
    with np.errstate(over="ignore"):
        return finite(np.maximum(1.0 + fraction * moves, 0.0).prod() - 1.0)
