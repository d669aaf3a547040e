"""Readings of every bar: effort against result (EVR), and how little price moves (COIL)."""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import called, inlined
from bullmachine.core.ramp import ramp
from bullmachine.core.time import DAY
from bullmachine.engines.wyckoff.params import CoilParams
from bullmachine.engines.wyckoff.records import WyckoffOut, WyckoffState
from bullmachine.indicators.window import Window, window_mean, window_push, window_sd

__all__ = ["coil_step", "evr_step"]

_EFFORTS: Final = 50  # bars that effort and result are judged by
_RETURNS: Final = 24  # returns whose deviation is the coil
_Z_LOW: Final = -3.0
_Z_HIGH: Final = 5.0
_APART: Final = 3.0  # deviations between effort and result that are as much as there can be


@called
def _score(w: Window, x: float) -> float:
    """Clipped z-score of `x` against the values before it, 0 where they were all equal; then remember it."""
    z = math.nan
    if w.n == _EFFORTS:
        sd = window_sd(w, _EFFORTS)
        z = min(max((x - window_mean(w, _EFFORTS)) / sd, _Z_LOW), _Z_HIGH) if sd > 0.0 else 0.0
    window_push(w, _EFFORTS, x)
    return z


@inlined
def evr_step(s: WyckoffState, o: WyckoffOut) -> None:
    """Much volume for little range is +1, the contrary -1; only bars with both count."""
    o.evr = math.nan
    if s.known == 1 and s.atr > 0.0:
        apart = (_score(s.efforts, s.rv) - _score(s.spreads, s.sp)) / _APART
        o.evr = apart if math.isnan(apart) else min(max(apart, -1.0), 1.0)


@inlined
def coil_step(p: CoilParams, s: WyckoffState, bar: Bar, o: WyckoffOut) -> None:
    """How far the deviation of the last returns is below what it may be on this timeframe."""
    o.coil = math.nan
    before = s.turned[0].prev
    if math.isnan(before):
        return
    window_push(s.returns, _RETURNS, (bar.close - before) / abs(before) if before != 0.0 else 0.0)
    if s.returns.n == _RETURNS:
        o.coil = ramp(window_sd(s.returns, _RETURNS), p.max * math.sqrt(bar.tf / DAY), 0.0)
