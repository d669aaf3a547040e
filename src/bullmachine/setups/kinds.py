"""The events and zones that conditions can name: which side they speak for, where they come from, who has no score."""

from __future__ import annotations

from typing import Final

from bullmachine.core.events import ENGINE_SPAN
from bullmachine.core.time import HOUR
from bullmachine.engines.hob import Hob
from bullmachine.engines.levels import Kind as LevelsKind
from bullmachine.engines.levels import Levels
from bullmachine.engines.momentum import Momentum
from bullmachine.engines.smc import Kind as SmcKind
from bullmachine.engines.smc import Smc
from bullmachine.engines.wyckoff import Kind as WyckoffKind
from bullmachine.engines.wyckoff import Wyckoff

__all__ = ["KIND_OF", "MIRROR", "TIMEFRAMES", "UNSCORED", "ZONE_EVENTS", "ZONE_KINDS", "absent", "long_of"]

#: the timeframes of a condition
TIMEFRAMES: Final = ("base", "middle", "slow")

_ENGINES: Final = (Levels, Smc, Wyckoff, Hob, Momentum)
# numbers of the engines of the slow timeframe
_SLOW: Final = {int(kind) // ENGINE_SPAN for kind in (LevelsKind.PIVOT, WyckoffKind.PS)}

#: every kind of event by name
KIND_OF: Final[dict[str, int]] = {k.name: int(k) for engine in _ENGINES for k in engine.kinds}

#: what an event is called in the mirrored market, where it has another name
MIRROR: Final[dict[int, int]] = {
    a: b for one, two in Wyckoff.mirror_kinds.items() for a, b in ((int(one), int(two)), (int(two), int(one)))
}

# of such a pair the one that speaks for shorts: the second, but for what tells of a failure
_FAILURES: Final = {int(WyckoffKind.UA), int(WyckoffKind.ACC_FAIL), int(WyckoffKind.FAILED_SOS)}
_SHORT: Final = {one if one in _FAILURES else two for one, two in Wyckoff.mirror_kinds.items()}

_SESSIONS: Final = {int(LevelsKind.SESSION_CLOSE), int(LevelsKind.SESSION_BREAK)}
_SESSION_BARS: Final = 4 * HOUR  # sessions are told on bars shorter than this

#: events whose score is always 0
UNSCORED: Final = {
    int(kind)
    for kind in (
        *(LevelsKind.SWING, LevelsKind.SWING_REPLACED, LevelsKind.SESSION_CLOSE, LevelsKind.SMA_CROSS),
        *(LevelsKind.CLOSE_X_SMA20, LevelsKind.CLOSE_X_SMA50, SmcKind.SMC4_BOS, SmcKind.SMC4_CHOCH, SmcKind.POOL),
        *(SmcKind.SMR_INVALID, WyckoffKind.TEST_FAIL, WyckoffKind.UA, WyckoffKind.MSOW, WyckoffKind.RANGE),
        *(WyckoffKind.RANGE_END, WyckoffKind.CRT_INVALID),
    )
}

#: the zones that are watched, in the order of their numbers
ZONE_KINDS: Final = ("FVG", "IFVG", "OB", "BREAKER")
#: the events that make or end each of them
ZONE_EVENTS: Final[dict[str, tuple[int, ...]]] = {
    "FVG": (SmcKind.FVG, SmcKind.FVG_FILLED, SmcKind.IFVG, SmcKind.SMC_END),
    "IFVG": (SmcKind.IFVG, SmcKind.IFVG_INVALID, SmcKind.SMC_END),
    "OB": (SmcKind.OB, SmcKind.BREAKER, SmcKind.SMC_END),
    "BREAKER": (SmcKind.BREAKER, SmcKind.BREAKER_INVALID, SmcKind.SMC_END),
}


def long_of(kind: int) -> int | None:
    """The event to name instead of `kind`, which speaks for shorts alone; None where `kind` can speak for longs.

    >>> long_of(KIND_OF["UTAD"]) == KIND_OF["SPRING"], long_of(KIND_OF["SWEEP"])
    (True, None)
    """
    return MIRROR[kind] if kind in _SHORT else None


def absent(kind: int, tf: int, lengths: tuple[int, ...]) -> bool:
    """Whether `kind` is never told on timeframe number `tf`; `lengths` are the timeframes' in ms."""
    if tf == len(TIMEFRAMES) - 1 and kind // ENGINE_SPAN not in _SLOW:
        return True
    return kind in _SESSIONS and lengths[tf] >= _SESSION_BARS
