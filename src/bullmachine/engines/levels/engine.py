"""The Python face of the levels engine."""

from __future__ import annotations

from typing import Any

from bullmachine.core.engine import StepEngine
from bullmachine.core.events import free_slots
from bullmachine.core.kernel import kernel
from bullmachine.engines.features import Features, FeaturesParams, features_step
from bullmachine.engines.levels.kinds import Kind
from bullmachine.engines.levels.pivot import PivotParams, pivot_warm_up
from bullmachine.engines.levels.records import (
    LevelsKernelParams,
    LevelsOut,
    LevelsParams,
    LevelsState,
    levels_kernel_params,
)
from bullmachine.engines.levels.step import EVENTS_PER_BAR, levels_step
from bullmachine.engines.levels.swing import SWINGS_KEPT

__all__ = ["Levels"]


@kernel
def _run(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    for i in range(len(bars)):
        if free_slots(log[0]) < EVENTS_PER_BAR:
            return i
        features_step(p[0].features, s[0].features, bars[i], s[0].features_out)
        levels_step(p[0].own, s[0].own, bars[i], s[0].features_out, out[i], log[0])
    return len(bars)


class Levels(StepEngine):
    """Pivots and swings, session and previous day and week levels, and the sentinels.

    >>> hour = 3_600_000
    >>> levels = Levels(timeframe="1h")
    >>> for i in range(24):
    ...     seen = levels.update((i * hour, 10.0 + i, 11.0 + i, 9.0 + i, 10.0 + i, 1.0))
    >>> seen.asia_high, seen.asia_low, seen.london_high, seen.ready
    (18.0, 9.0, 27.0, 0)
    >>> seen = levels.update((24 * hour, 34.0, 35.0, 33.0, 34.5, 1.0))
    >>> seen.pdh, seen.pdl, seen.pdh_break
    (34.0, 9.0, 2)
    >>> levels.warm_up
    49
    """

    name = "levels"
    Params = LevelsParams
    State = LevelsState
    Output = LevelsOut
    kernel = _run
    needs = (Features,)
    kinds = Kind
    events_per_bar = EVENTS_PER_BAR
    capacities = {"swing.n": SWINGS_KEPT}  # noqa: RUF012  (the contract reads it, nobody writes it)

    @classmethod
    def kernel_params(cls, params: LevelsParams) -> LevelsKernelParams:
        """The parameters with the sessions' windows as tables."""
        return levels_kernel_params(params)

    @property
    def warm_up(self) -> int:
        """Until pivots can be confirmed, both means exist and channel and ATR did at the previous bar."""
        f: FeaturesParams = self._need_params["features"]
        pivot: PivotParams = self.params.pivot
        means = max(f.sma_fast.length, f.sma_slow.length - 1)
        return max(pivot_warm_up(pivot.k, int(pivot.rule)), means, f.atr.length + 1)
