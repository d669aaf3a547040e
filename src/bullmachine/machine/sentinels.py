"""Sentinels of all engines: what of a bar's events and readings is worth a look at the score.

Those of the levels engine are its own; here the rest is gathered from the events that were told on this bar, on
any timeframe, and from the base stream's RSI and rank of the ATR. An area is where a value lies between two bounds:
below, between, above. It fires when the area changes; the first one is no event.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.events import EventLog
from bullmachine.core.kernel import kernel
from bullmachine.core.record import I8, record
from bullmachine.engines.hob import Kind as Hob
from bullmachine.engines.levels import Sentinel
from bullmachine.engines.momentum import Kind as Momentum
from bullmachine.engines.smc import Kind as Smc
from bullmachine.engines.wyckoff import Kind as Wyckoff
from bullmachine.fusion.readings import Readings

__all__ = ["Areas", "gather"]

_UNKNOWN: Final = 9
_LOW: Final = 1.0 / 3.0
_HIGH: Final = 2.0 / 3.0
_RSI_LOW: Final = 30.0
_RSI_HIGH: Final = 70.0

_BOS: Final = int(Smc.BOS)
_CHOCH: Final = int(Smc.CHOCH)
_SWEEP: Final = int(Smc.SWEEP)
_SMR: Final = int(Smc.SMR)
_FIRST_RANGE: Final = int(Wyckoff.PS)
_LAST_RANGE: Final = int(Wyckoff.FAILED_SOW)  #: single bars and candle sweeps come after it
_BLOCK: Final = int(Hob.HOB)
_REACTION: Final = int(Hob.HOB_REACTION)
_SPIKE: Final = int(Hob.VOL_SPIKE)
_REGULAR: Final = int(Momentum.DIV_REG)
_HIDDEN: Final = int(Momentum.DIV_HID)

_BIT_REGIME: Final = int(Sentinel.ATR_REGIME)
_BIT_VOLUME: Final = int(Sentinel.VOLUME_SPIKE)
_BIT_RSI: Final = int(Sentinel.RSI_CROSS)
_BIT_STRUCTURE: Final = int(Sentinel.STRUCTURE)
_BIT_WYCKOFF: Final = int(Sentinel.WYCKOFF)
_BIT_HOB: Final = int(Sentinel.HOB)
_BIT_DIVERGENCE: Final = int(Sentinel.DIVERGENCE)
_BIT_CLOSE: Final = int(Sentinel.HTF_CLOSE)


@record
class Areas:
    """In which area the RSI and the rank of the ATR were last: -1, 0, 1, or 9 before the first."""

    rsi: I8 = _UNKNOWN
    rank: I8 = _UNKNOWN


@kernel
def _bit(kind: int) -> int:
    """The sentinel that an event of this kind is."""
    if _FIRST_RANGE <= kind <= _LAST_RANGE:
        return _BIT_WYCKOFF
    if kind in (_BOS, _CHOCH, _SWEEP, _SMR):
        return _BIT_STRUCTURE
    if kind in (_BLOCK, _REACTION):
        return _BIT_HOB
    if kind == _SPIKE:
        return _BIT_VOLUME
    return _BIT_DIVERGENCE if kind in (_REGULAR, _HIDDEN) else 0


@kernel
def _area(before: int, x: float, low: float, high: float) -> int:
    if math.isnan(x):
        return before
    return (1 if x > high else 0) - (1 if x < low else 0)


@kernel
def gather(s: Areas, log: EventLog, first: int, slower: int, r: Readings) -> int:
    """The bits of this bar: events from slot `first` on, `slower` = 1 where a slower bar closed with it."""
    bits = _BIT_CLOSE if slower == 1 else 0
    for k in range(first, log.n):
        bits |= _bit(log.slots[k].kind)
    area = _area(s.rsi, r.base.momentum.rsi, _RSI_LOW, _RSI_HIGH)
    bits |= _BIT_RSI if s.rsi not in (area, _UNKNOWN) else 0
    s.rsi = area
    area = _area(s.rank, r.atr_rank, _LOW, _HIGH)
    bits |= _BIT_REGIME if s.rank not in (area, _UNKNOWN) else 0
    s.rank = area
    return bits
