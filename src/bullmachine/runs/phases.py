"""In which phase both sides of each stream were at a decision, as the readings say.

Events alone do not tell: phase C may end in silence, and what began before the window has no event in it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

__all__ = ["PHASE_NAMES", "phases_of"]

_Array = np.ndarray[Any, Any]
_SIDES: Final = ("phase_long", "phase_short")
_STREAMS: Final = ("base", "middle", "slow")

#: columns of `phases_of`
PHASE_NAMES: Final = tuple(f"{side}.{stream}" for stream in _STREAMS for side in _SIDES)


def phases_of(readings: _Array) -> _Array:
    """The phases (`engines.wyckoff.Phase`) of each of the readings: shape (n, 6)."""
    columns = [readings[stream]["wyckoff"][side] for stream in _STREAMS for side in _SIDES]
    return np.stack(columns, axis=1).astype(np.int8)
