"""The momentum step and its Python face."""

from __future__ import annotations

from typing import Any, Final

from bullmachine.core.bars import Bar
from bullmachine.core.engine import StepEngine
from bullmachine.core.events import EventLog, free_slots
from bullmachine.core.kernel import inlined, kernel
from bullmachine.engines.features import Features, FeaturesOut, features_step
from bullmachine.engines.momentum.divergence import divergence_part, divergence_step
from bullmachine.engines.momentum.records import Kind, MomentumOut, MomentumParams, MomentumState
from bullmachine.engines.momentum.score import stable, trend_parts
from bullmachine.indicators.dmi import dmi_step
from bullmachine.indicators.macd import macd_step
from bullmachine.indicators.rsi import rsi_step

__all__ = ["EVENTS_PER_BAR", "Momentum", "momentum_step"]

EVENTS_PER_BAR: Final = 2  #: a pivot of each side, each compared only with the one before it


@inlined
def momentum_step(p: MomentumParams, s: MomentumState, bar: Bar, f: FeaturesOut, o: MomentumOut, log: EventLog) -> None:
    """Take one closed bar of a stream and its features."""
    rsi_step(p.rsi, s.rsi, bar.close, s.rsi_out)
    macd_step(p.macd, s.macd, bar.close, s.macd_out)
    dmi_step(p.dmi, s.dmi, bar, s.dmi_out)
    s.n += 1
    divergence_step(p.divergence, s.divergence, bar, f, s.rsi_out.signed, log)
    trend_parts(p, s, f.atr_prev, o)
    divergence_part(p.divergence, s.divergence, bar.i, p.weights.divergence * stable(s.n, p.rsi.length), o)
    if o.ready == 0:
        o.divergence_part = 0.0
        o.divergence_id = -1
    o.trend = o.rsi_part + o.macd_part + o.dmi_part
    o.reversal = o.divergence_part


@kernel
def _run(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    for i in range(len(bars)):
        if free_slots(log[0]) < EVENTS_PER_BAR:
            return i
        features_step(p[0].features, s[0].features, bars[i], s[0].features_out)
        momentum_step(p[0].own, s[0].own, bars[i], s[0].features_out, out[i], log[0])
    return len(bars)


class Momentum(StepEngine):
    """RSI, MACD, directional movement and their divergences as one signed score per book.

    >>> momentum = Momentum()
    >>> momentum.update((0, 10.0, 11.0, 9.0, 10.5, 100.0)).ready
    0
    >>> momentum.warm_up
    33
    """

    name = "momentum"
    Params = MomentumParams
    State = MomentumState
    Output = MomentumOut
    kernel = _run
    needs = (Features,)
    kinds = Kind
    events_per_bar = EVENTS_PER_BAR

    @property
    def warm_up(self) -> int:
        """Until RSI, MACD, ADX and the ATR as of the previous bar exist."""
        p: MomentumParams = self.params
        atr: int = self._need_params["features"].atr.length
        return max(p.rsi.length, p.macd.slow + p.macd.signal - 2, 2 * p.dmi.length - 1, atr + 1)
