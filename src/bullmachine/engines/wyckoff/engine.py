"""The Python face of the Wyckoff engine."""

from __future__ import annotations

from typing import Any

from bullmachine.core.engine import StepEngine
from bullmachine.core.events import free_slots
from bullmachine.core.kernel import kernel
from bullmachine.engines.features import Features, features_step
from bullmachine.engines.levels import EVENTS_PER_BAR as LEVELS_EVENTS
from bullmachine.engines.levels import Levels, levels_step
from bullmachine.engines.smc import EVENTS_PER_BAR as SMC_EVENTS
from bullmachine.engines.smc import Smc, smc_step
from bullmachine.engines.wyckoff.kinds import Kind
from bullmachine.engines.wyckoff.params import WyckoffParams
from bullmachine.engines.wyckoff.records import (
    LEGS,
    PIVOTS,
    WyckoffOut,
    WyckoffState,
)
from bullmachine.engines.wyckoff.step import EVENTS_PER_BAR, wyckoff_step

__all__ = ["Wyckoff"]

_MOST = EVENTS_PER_BAR + SMC_EVENTS + LEVELS_EVENTS
_PAIRS = (
    Kind.PS,
    Kind.SC,
    Kind.UNDERCUT,
    Kind.SPRING,
    Kind.TEST,
    Kind.SOS,
    Kind.LPS,
    Kind.LPS_C,
    Kind.BU,
    Kind.JAC,
    Kind.MARKUP,
    Kind.UA,
    Kind.ACC_FAIL,
    Kind.FAILED_SOS,
    Kind.CLIMAX_DOWN,
    Kind.STOPPING_VOLUME,
    Kind.NO_SUPPLY,
    Kind.REV_UPTHRUST_BAR,
)


@kernel
def _run(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    for i in range(len(bars)):
        if free_slots(log[0]) < _MOST:
            return i
        features_step(p[0].features, s[0].features, bars[i], s[0].features_out)
        levels_step(p[0].levels, s[0].levels, bars[i], s[0].features_out, s[0].levels_out, log[0])
        smc_step(p[0].smc, s[0].smc, bars[i], s[0].features_out, s[0].levels_out, s[0].smc_out, log[0])
        wyckoff_step(p[0].own, s[0].own, bars[i], s[0].features_out, s[0].levels_out, s[0].smc.slots, out[i], log[0])
    return len(bars)


class Wyckoff(StepEngine):
    """Ranges with their phases and events, volume against spread, candle sweeps.

    >>> wyckoff = Wyckoff(timeframe="1h")
    >>> wyckoff.update((0, 10.0, 11.0, 9.0, 10.5, 100.0)).ready
    0
    >>> wyckoff.warm_up
    20
    """

    name = "wyckoff"
    version = 2
    Params = WyckoffParams
    State = WyckoffState
    Output = WyckoffOut
    kernel = _run
    needs = (Features, Levels, Smc)
    kinds = Kind
    events_per_bar = _MOST
    mirror_kinds = {**Smc.mirror_kinds, **{int(k): int(k) + 1 for k in _PAIRS}}  # noqa: RUF012  (nobody writes it)
    capacities = {  # noqa: RUF012  (the contract reads it, nobody writes it)
        "pivots.0.head": PIVOTS - 1,
        "pivots.1.head": PIVOTS - 1,
        "legs.head": LEGS - 1,
    }

    @property
    def warm_up(self) -> int:
        """Until the ATR as of the previous bar exists, and the lows that a climax undercuts."""
        atr: int = self._need_params["features"].atr.length
        lows: int = self.params.climax.n_low
        return max(atr + 1, lows)
