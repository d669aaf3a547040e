"""Sentinels: cheap signs that something worth a full evaluation happened.

All take scalars, so that any average and any range measure can feed them; NaN (a cold input) is silent.

* channel break: the close leaves mid +- m ATR, both as of the previous bar, so that the bar under test
  is not in its own yardstick. It fires when the side changes and re-arms inside the channel.
* cross: the sign of a - b changes between two non-zero signs. Zero keeps the old sign; the first sign
  is no event.
"""

from __future__ import annotations

import enum

from bullmachine.core.kernel import kernel
from bullmachine.core.ramp import ramp
from bullmachine.core.record import F8, I8, array, param, params, record

__all__ = [
    "ChannelParams",
    "Sentinel",
    "SentinelState",
    "channel_edge",
    "channel_side",
    "cross_sign",
    "strength",
]


class Sentinel(enum.IntFlag):
    """What fired on a bar, in either direction.

    The first five are bits of `LevelsOut.sentinels`; the machine adds those of the other engines, which need
    them all, and the decide stage the last two.
    """

    ATR_BREAK = 1
    SMA_CROSS = 2
    CLOSE_X_SMA20 = 4
    CLOSE_X_SMA50 = 8
    SESSION_BREAK = 16
    ATR_REGIME = 32
    VOLUME_SPIKE = 64
    RSI_CROSS = 128
    STRUCTURE = 256
    WYCKOFF = 512
    HOB = 1024
    DIVERGENCE = 2048
    HTF_CLOSE = 4096
    HEARTBEAT = 8192
    HOLDING = 16384


@params
class ChannelParams:
    """Parameters of the ATR channel."""

    m: F8 = param(default=2.0, ge=1.0, le=3.0, doc="half width of the channel in ATR")


@record
class SentinelState:
    """The side of the channel, and the last non-zero signs of three pairs (fast - slow, close - each)."""

    side: I8 = 0
    signs: list[int] = array(I8, 3)


@kernel
def channel_edge(mid: float, atr: float, m: float, side: int) -> float:
    """The upper (`side` +1) or lower (-1) edge of the channel."""
    return mid + side * (m * atr)


@kernel
def channel_side(before: int, close: float, mid: float, atr: float, m: float) -> int:
    """+1 above, -1 below, 0 inside the channel; `before` while the ATR is 0 or cold."""
    if not atr > 0.0:
        return before
    if close > channel_edge(mid, atr, m, 1):
        return 1
    return -1 if close < channel_edge(mid, atr, m, -1) else 0


@kernel
def cross_sign(before: int, a: float, b: float) -> int:
    """The sign of a - b; `before` where they are equal or one is NaN."""
    if a > b:
        return 1
    return -1 if a < b else before


@kernel
def strength(distance: float, atr: float) -> float:
    """A score: the distance in ATR on a ramp from 0 to 1; 0 while the ATR is 0 or cold."""
    if not atr > 0.0:
        return 0.0
    return ramp(distance / atr, 0.0, 1.0)
