"""Parameters of exits: the first stop, the ladder of targets, and how the stop follows."""

from __future__ import annotations

import enum

from bullmachine.core.errors import ConfigError
from bullmachine.core.record import F8, I8, nested, param, params

__all__ = [
    "TARGETS",
    "Breakeven",
    "ExitParams",
    "OnOpposite",
    "OnSignalOff",
    "StopAt",
    "StopFactor",
    "TargetAt",
    "TargetParams",
    "Trail",
    "TrailFrom",
    "VolumeSpike",
]

TARGETS = 3  #: rungs of the ladder


class StopAt(enum.IntEnum):
    """Where the first stop lies."""

    ATR = 0
    STRUCTURE = 1


class StopFactor(enum.IntEnum):
    """What scales the distance of the first stop."""

    OFF = 0
    V18 = 1


class TargetAt(enum.IntEnum):
    """What a target aims at."""

    OFF = 0
    R = 1
    LIQUIDITY = 2
    RANGE_EDGE = 3


class Breakeven(enum.IntEnum):
    """When the stop goes to the entry plus the round trip's costs."""

    NEVER = 0
    TARGET_1 = 1
    R = 2


class Trail(enum.IntEnum):
    """What the stop follows."""

    NONE = 0
    ATR = 1
    CHANDELIER = 2
    SWING = 3
    PERCENT = 4


class TrailFrom(enum.IntEnum):
    """When the stop begins to follow."""

    ENTRY = 0
    TARGET_1 = 1
    R = 2


class OnOpposite(enum.IntEnum):
    """What an opposite signal does to an open position."""

    CLOSE = 0
    IGNORE = 1
    FLIP = 2


class OnSignalOff(enum.IntEnum):
    """What the end of the signal's state does to its position."""

    IGNORE = 0
    TIGHTEN = 1
    CLOSE = 2


class VolumeSpike(enum.IntEnum):
    """From when a volume spike against the position tightens its stop."""

    OFF = 0
    TARGET_1 = 1
    ENTRY = 2


@params
class TargetParams:
    """One rung of the ladder."""

    at: TargetAt = param(default=TargetAt.OFF, doc="off, r, liquidity or range_edge: what the target aims at")
    r: F8 = param(default=1.0, ge=0.1, le=100.0, doc="distance in R when at = r")
    size: F8 = param(default=0.5, ge=0.01, le=1.0, doc="share of the position closed there; the rest runs on")


@params
class ExitParams:
    """Where a position ends. The defaults are the named set `bank_and_run`."""

    stop: StopAt = param(default=StopAt.ATR, doc="atr, or structure: beyond the level that would prove the idea wrong")
    stop_atr: F8 = param(default=2.0, ge=0.1, le=20.0, doc="distance of the stop in ATR of the base timeframe")
    max_stop_atr: F8 = param(default=4.0, ge=0.1, le=100.0, doc="longest stop in ATR when stop = structure")
    stop_factor: StopFactor = param(default=StopFactor.OFF, doc="off, or v18: x0.75 below ADX 20, x1.25 above 25")
    target_1: TargetParams = nested(TargetParams, at=TargetAt.R, r=1.0, size=0.5)
    target_2: TargetParams = nested(TargetParams, r=2.0, size=0.25)
    target_3: TargetParams = nested(TargetParams, r=3.0, size=0.25)
    breakeven: Breakeven = param(default=Breakeven.TARGET_1, doc="never, target_1 or r: when the stop covers costs")
    breakeven_r: F8 = param(default=1.0, ge=0.1, le=100.0, doc="open profit in R when breakeven = r")
    trail: Trail = param(default=Trail.CHANDELIER, doc="none, atr, chandelier, swing or percent: what the stop follows")
    trail_from: TrailFrom = param(default=TrailFrom.TARGET_1, doc="entry, target_1 or r: when it begins to follow")
    trail_from_r: F8 = param(default=1.0, ge=0.1, le=100.0, doc="open profit in R when trail_from = r")
    trail_atr: F8 = param(default=3.0, ge=0.1, le=50.0, doc="distance in ATR of trails atr and chandelier")
    trail_pct: F8 = param(default=0.05, ge=0.001, le=0.9, doc="distance as a share of the best price, trail percent")
    max_bars: I8 = param(default=168, ge=0, le=1_000_000, doc="bars after which a position is closed; 0: never")
    stale_bars: I8 = param(default=0, ge=0, le=1_000_000, doc="bars by which it must have moved; 0: off")
    stale_r: F8 = param(default=0.5, ge=0.0, le=100.0, doc="open profit in R that counts as having moved")
    on_opposite: OnOpposite = param(default=OnOpposite.CLOSE, doc="close, ignore or flip: what an opposite signal does")
    on_signal_off: OnSignalOff = param(
        default=OnSignalOff.IGNORE, doc="ignore, tighten (stop 1 ATR from the close) or close: when the state ends"
    )
    volume_spike: VolumeSpike = param(
        default=VolumeSpike.OFF, doc="off, target_1 or entry: from when a volume spike against the position tightens"
    )
    spike_z: F8 = param(default=2.5, ge=0.1, le=4.9, doc="volume's z-score that is a spike; it ends at 5")
    spike_atr: F8 = param(default=1.5, ge=0.1, le=20.0, doc="distance of the stop from the close after a spike, in ATR")

    def check(self) -> None:
        """The ladder closes at most the whole position."""
        total = sum(t.size for t in (self.target_1, self.target_2, self.target_3) if t.at != TargetAt.OFF)
        if total > 1.0 + 1e-9:
            raise ConfigError(f"the targets close {total:g} of the position, more than all of it", key="target_1.size")
