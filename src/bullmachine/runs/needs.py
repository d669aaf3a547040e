"""How much history a run needs before anything may be entered."""

from __future__ import annotations

from collections.abc import Iterator

from bullmachine.config import Config
from bullmachine.trading.params import GuardParams, Source, Switch

__all__ = ["warm_up_bars"]


def warm_up_bars(config: Config) -> int:
    """Base bars until every engine that feeds F (unless own signals ask) or a guard is ready."""
    fused = config.decide.trade.source == Source.FUSION
    needs: list[int] = [*(_of_fusion(config) if fused else ()), *_of_guards(config), 0]
    return max(needs)


def _of_fusion(config: Config) -> Iterator[int]:
    """The last to be ready are momentum on the middle timeframe and Wyckoff on the slow one."""
    from bullmachine.engines.momentum import Momentum  # noqa: PLC0415  (their classes know)

    sense = config.sense
    yield (Momentum(sense.momentum, features=sense.features).warm_up + 1) * (sense.middle // sense.base)
    yield _ranges(config)


def _ranges(config: Config) -> int:
    from bullmachine.engines.wyckoff import Wyckoff  # noqa: PLC0415

    sense = config.sense
    return (Wyckoff(sense.wyckoff, features=sense.features).warm_up + 1) * (sense.slow // sense.base)


def _of_guards(config: Config) -> Iterator[int]:
    """What each guard that is switched on waits for."""
    from bullmachine.engines.smc import Smc  # noqa: PLC0415

    p, sense = config.decide.guards, config.sense
    if p.volatility_low > 0.0 or p.volatility_high < 1.0:
        yield sense.features.atr.length + sense.atr_rank.ready + 1
    if p.throttle_low > 0.0 or p.throttle_high < 1.0:
        yield sense.features.atr.length + sense.atr_rank_short.ready + 1
    if _asks_trends(p):
        yield max(sense.features.atr.length + 1, sense.features.sma_fast.length) * (sense.slow // sense.base)
    if p.opposed_quality > 0.0 or p.both_sides == Switch.ON:
        yield _ranges(config)
    if p.room_r > 0.0 or p.fresh_shift_bars > 0:
        yield (Smc(sense.smc, features=sense.features).warm_up + 1) * (sense.middle // sense.base)


def _asks_trends(p: GuardParams) -> bool:
    return p.htf_strength > 0.0 or p.require_alignment == Switch.ON
