"""The features step: every indicator once, in a fixed order."""

from __future__ import annotations

import math
from typing import Any

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import inlined, kernel
from bullmachine.engines.features.records import FeaturesOut, FeaturesParams, FeaturesState, VolumeParams
from bullmachine.indicators.atr import atr_step
from bullmachine.indicators.sma import sma_step
from bullmachine.indicators.window import Window, window_mean, window_push

__all__ = ["features_run", "features_step"]


@inlined
def _relative_volume(p: VolumeParams, w: Window, bar: Bar) -> float:
    """Missing volume has none, and says nothing about what is usual."""
    if bar.novol == 1:
        return math.nan
    rv = math.nan
    if w.n == p.length:
        mean = window_mean(w, p.length)
        rv = bar.volume / mean if mean > 0.0 else 1.0
    window_push(w, p.length, bar.volume)
    return rv


@inlined
def features_step(p: FeaturesParams, s: FeaturesState, bar: Bar, o: FeaturesOut) -> None:
    """Take one closed bar of a stream; what was valid before it stays readable as `*_prev`."""
    o.atr_prev = s.atr_out.atr
    o.sma_fast_prev = s.sma_fast_out.sma
    atr_step(p.atr, s.atr, bar, s.atr_out)
    sma_step(p.sma_fast, s.sma_fast, bar.close, s.sma_fast_out)
    sma_step(p.sma_slow, s.sma_slow, bar.close, s.sma_slow_out)
    o.atr = s.atr_out.atr
    o.sma_fast = s.sma_fast_out.sma
    o.sma_slow = s.sma_slow_out.sma
    o.trend = 0.0
    if o.atr > 0.0 and not math.isnan(o.sma_fast):
        o.trend = (bar.close - o.sma_fast) / o.atr
    o.rv = _relative_volume(p.volume, s.volume, bar)
    o.ready = 0 if math.isnan(o.sma_slow) or math.isnan(o.atr) else 1


@kernel
def features_run(p: Any, s: Any, bars: Any, out: Any, _log: Any) -> int:
    """Run over `bars`; how many were taken (all)."""
    for i in range(len(bars)):
        features_step(p[0], s[0], bars[i], out[i])
    return len(bars)
