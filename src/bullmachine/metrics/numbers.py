"""Numbers that may be absent."""

from __future__ import annotations

import math

__all__ = ["finite", "ratio"]


def finite(value: float) -> float | None:
    """The number as a Python float; None when it is NaN or infinite.

    >>> finite(2), finite(float("inf"))
    (2.0, None)
    """
    return float(value) if math.isfinite(value) else None


def ratio(part: float, whole: float) -> float | None:
    """`part / whole`; None without a denominator, or when the result is beyond all numbers.

    >>> ratio(1.0, 4.0), ratio(1.0, 0.0), ratio(1e300, 1e-300)
    (0.25, None, None)
    """
    return finite(float(part) / float(whole)) if whole else None
