"""What a trading range says to who trades: its far edge may stand in the way.

It fills a place of `fusion.readings.SideReading`, which belongs to a higher room: hence `Any`.
"""

from __future__ import annotations

from typing import Any

from bullmachine.core.kernel import kernel
from bullmachine.engines.wyckoff.records import WyckoffOut

__all__ = ["view_range"]


@kernel
def view_range(least: float, w: WyckoffOut, d: int, close: float, o: Any) -> None:
    """Put the edge of the range that counts into `o.edge` if it is nearer than what stands there.

    It counts for direction `d` while its quality is at least `least` and the close is not beyond it. The distance
    is in price units; the id is that of the phase, -1 while two sides are undecided.
    """
    away = w.range_high - close if d > 0 else close - w.range_low
    if not away >= 0.0 or not w.quality >= least or o.edge.distance <= away:  # both may be NaN
        return
    o.edge.distance = away
    o.edge.quality = w.quality
    o.edge.id = w.phase_id
