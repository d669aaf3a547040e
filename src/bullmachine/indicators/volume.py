"""Volume ratio: a bar's volume in units of the mean of the bars before it, O(1) per bar.

RV = volume / mean of the last `length` volumes, the bar itself excluded. What missing volume does:

* a bar marked `novol` has RV 1 and is not remembered: it says nothing about what volume is usual;
* `missing` zeros in a row are missing volume too (a single zero is a real zero). The window, zeros and
  all, is then forgotten, and `novol` stays set with RV 1 until `length` volumes were seen again: a mean
  over leftover zeros would call the first real bars twenty times the usual;
* a mean of 0 gives RV 1.

Source: relative volume as volume-spread analysis uses it; the missing-volume rules are this machine's.
"""

from __future__ import annotations

import math
from typing import Any

from bullmachine.core.bars import Bar
from bullmachine.core.engine import StepEngine
from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, nested, out, param, params, record
from bullmachine.indicators.window import WINDOW_CAP, Window, window_mean, window_push

__all__ = [
    "VolumeRatio",
    "VolumeRatioOut",
    "VolumeRatioParams",
    "VolumeRatioState",
    "volume_ratio_step",
]


@params
class VolumeRatioParams:
    """Parameters of the volume ratio."""

    length: I8 = param(default=20, ge=1, le=WINDOW_CAP, doc="volumes in the mean, the bar's own excluded")
    missing: I8 = param(default=20, ge=1, le=1000, doc="zero volumes in a row that count as missing")


@record
class VolumeRatioState:
    """The window of volumes, the zeros in a row, and whether a stretch of them emptied the window."""

    window: Window = nested(Window)
    zeros: I8 = 0
    lost: I8 = 0


@record
class VolumeRatioOut:
    """RV (a pure number, NaN until defined) and whether volume is missing (0 or 1)."""

    rv: F8 = out(default=math.nan, mirror="same")
    novol: I8 = out(default=0, mirror="same")


@kernel
def _note_zeros(p: VolumeRatioParams, s: VolumeRatioState, volume: float) -> None:
    """Count zeros in a row; forget the window when they are too many, trust it again when it is full."""
    s.zeros = s.zeros + 1 if volume == 0.0 else 0
    if s.zeros >= p.missing:
        s.lost = 1
        s.window.n = 0
        s.window.head = 0
    elif s.window.n == p.length:
        s.lost = 0


@kernel
def volume_ratio_step(p: VolumeRatioParams, s: VolumeRatioState, bar: Bar, o: VolumeRatioOut) -> None:
    """Take one closed bar; `o.rv` is valid from the bar with index `length`."""
    if not bar.novol:
        _note_zeros(p, s, bar.volume)
    o.novol = 1 if bar.novol or s.lost else 0
    o.rv = math.nan
    if o.novol:
        o.rv = 1.0
    elif s.window.n == p.length:
        mean = window_mean(s.window, p.length)
        o.rv = bar.volume / mean if mean > 0.0 else 1.0
    if not bar.novol and s.zeros < p.missing:
        window_push(s.window, p.length, bar.volume)


@kernel
def _run(p: Any, s: Any, bars: Any, out: Any, _log: Any) -> int:
    for i in range(len(bars)):
        volume_ratio_step(p[0], s[0], bars[i], out[i])
    return len(bars)


class VolumeRatio(StepEngine):
    """Volume against the mean volume of the bars before.

    >>> ratio = VolumeRatio(VolumeRatioParams(length=2), timeframe="1h")
    >>> for hour, volume in enumerate((2.0, 6.0, 8.0)):
    ...     last = ratio.update((hour * 3_600_000, 1.0, 1.0, 1.0, 1.0, volume))
    >>> last
    VolumeRatioOut(rv=2.0, novol=0)
    """

    name = "volume_ratio"
    Params = VolumeRatioParams
    State = VolumeRatioState
    Output = VolumeRatioOut
    kernel = _run

    @property
    def warm_up(self) -> int:
        """`length` bars with volume come before the first ratio."""
        length: int = self.params.length
        return length
