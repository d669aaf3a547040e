"""The Python face of the HOB engine."""

from __future__ import annotations

from typing import Any

from bullmachine.core.engine import StepEngine
from bullmachine.core.events import free_slots
from bullmachine.core.kernel import kernel
from bullmachine.engines.features import Features, features_step
from bullmachine.engines.hob.kinds import Kind
from bullmachine.engines.hob.params import HobParams
from bullmachine.engines.hob.records import PER_SIDE, HobOut, HobState
from bullmachine.engines.hob.step import EVENTS_PER_BAR, hob_step
from bullmachine.engines.levels import EVENTS_PER_BAR as LEVELS_EVENTS
from bullmachine.engines.levels import Levels, levels_step
from bullmachine.engines.smc import EVENTS_PER_BAR as SMC_EVENTS
from bullmachine.engines.smc import Smc, smc_step

__all__ = ["Hob"]

_MOST = EVENTS_PER_BAR + SMC_EVENTS + LEVELS_EVENTS


@kernel
def _run(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    for i in range(len(bars)):
        if free_slots(log[0]) < _MOST:
            return i
        features_step(p[0].features, s[0].features, bars[i], s[0].features_out)
        levels_step(p[0].levels, s[0].levels, bars[i], s[0].features_out, s[0].levels_out, log[0])
        smc_step(p[0].smc, s[0].smc, bars[i], s[0].features_out, s[0].levels_out, s[0].smc_out, log[0])
        hob_step(p[0].own, s[0].own, bars[i], s[0].features_out, s[0].smc, out[i], log[0])
    return len(bars)


class Hob(StepEngine):
    """Hidden order blocks, and reactions at them and at the zones of structure.

    >>> hob = Hob(timeframe="1h")
    >>> hob.update((0, 10.0, 11.0, 9.0, 10.5, 100.0)).ready
    0
    >>> hob.warm_up
    15
    """

    name = "hob"
    Params = HobParams
    State = HobState
    Output = HobOut
    kernel = _run
    needs = (Features, Levels, Smc)
    kinds = Kind
    events_per_bar = _MOST
    mirror_kinds = Smc.mirror_kinds  # the log holds their events too
    capacities = {  # noqa: RUF012  (the contract reads it, nobody writes it)
        "waiting.board.used": 2 * PER_SIDE,
        "hidden.board.used": 2 * PER_SIDE,
        "waiting.n_passed": 2 * PER_SIDE,
        "hidden.n_passed": 2 * PER_SIDE,
    }

    @property
    def warm_up(self) -> int:
        """Until the ATR as of the previous bar exists."""
        atr: int = self._need_params["features"].atr.length
        return atr + 1
