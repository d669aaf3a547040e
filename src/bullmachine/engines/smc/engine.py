"""The Python face of the SMC engine."""

from __future__ import annotations

from typing import Any

from bullmachine.core.engine import StepEngine
from bullmachine.core.events import free_slots
from bullmachine.core.kernel import kernel
from bullmachine.engines.features import Features, features_step
from bullmachine.engines.levels import EVENTS_PER_BAR as LEVELS_EVENTS
from bullmachine.engines.levels import Levels, levels_step
from bullmachine.engines.smc.kinds import Kind
from bullmachine.engines.smc.params import SmcParams
from bullmachine.engines.smc.records import FVG_PER_SIDE, OB_PER_SIDE, POOLS_PER_SIDE, SmcOut, SmcState
from bullmachine.engines.smc.step import EVENTS_PER_BAR, smc_step

__all__ = ["Smc"]

_MOST = EVENTS_PER_BAR + LEVELS_EVENTS


@kernel
def _run(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    for i in range(len(bars)):
        if free_slots(log[0]) < _MOST:
            return i
        features_step(p[0].features, s[0].features, bars[i], s[0].features_out)
        levels_step(p[0].levels, s[0].levels, bars[i], s[0].features_out, s[0].levels_out, log[0])
        smc_step(p[0].own, s[0].own, bars[i], s[0].features_out, s[0].levels_out, out[i], log[0])
    return len(bars)


class Smc(StepEngine):
    """Structure, gaps, order blocks, liquidity and the dealing range: smart money concepts without hindsight.

    >>> smc = Smc(timeframe="1h")
    >>> smc.update((0, 10.0, 11.0, 9.0, 10.5, 100.0)).ready
    0
    >>> smc.warm_up
    15
    """

    name = "smc"
    Params = SmcParams
    State = SmcState
    Output = SmcOut
    kernel = _run
    needs = (Features, Levels)
    kinds = Kind
    events_per_bar = _MOST
    mirror_kinds = {int(Kind.EQH): int(Kind.EQL)}  # noqa: RUF012  (the contract reads it, nobody writes it)
    capacities = {  # noqa: RUF012  (as above)
        "board.n.0": FVG_PER_SIDE,
        "board.n.1": FVG_PER_SIDE,
        "board.n.2": OB_PER_SIDE,
        "board.n.3": OB_PER_SIDE,
        "pools.n.0": POOLS_PER_SIDE,
        "pools.n.1": POOLS_PER_SIDE,
    }

    @property
    def warm_up(self) -> int:
        """Until the ATR as of the previous bar exists."""
        atr: int = self._need_params["features"].atr.length
        return atr + 1
