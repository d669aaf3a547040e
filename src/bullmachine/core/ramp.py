"""The ramp every score is made of."""

from __future__ import annotations

from bullmachine.core.kernel import kernel

__all__ = ["ramp"]


@kernel
def ramp(x: float, a: float, b: float) -> float:
    """0 at `a`, 1 at `b`, straight between, clipped outside; falling when a > b.

    >>> ramp(1.5, 1.0, 2.0), ramp(0.0, 1.0, 2.0), ramp(0.25, 1.0, 0.0)
    (0.5, 0.0, 0.75)
    """
    y = (x - a) / (b - a)
    if y <= 0.0:
        return 0.0
    return min(1.0, y)
