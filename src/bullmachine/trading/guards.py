"""Guards: one list, one name each, all evaluated, all blocking names reported.

A mask has bit `1 << guard` set for each guard that blocks. The stateless ones read only readings and
parameters and hold back the state itself; account guards hold back the order and leave the state alone.
"""

from __future__ import annotations

import enum

from bullmachine.core.kernel import kernel
from bullmachine.fusion.readings import Readings
from bullmachine.trading.params import GuardParams

__all__ = ["Guard", "bad_data", "names", "stateless"]


class Guard(enum.IntEnum):
    """Reasons not to trade, in the order of the funnel."""

    WARMUP = 0  #: an engine that feeds F, or the ATR of the stop, is not ready
    BAD_DATA = 1  #: a rejected bar or a calendar gap too recently
    SIDE = 2  #: the configuration does not trade this side
    POSITION_OPEN = 3  #: the symbol already holds a position
    MIN_NOTIONAL = 4  #: the order would be smaller than one lot


def names(mask: int) -> list[str]:
    """The guards in a mask, in funnel order.

    >>> names(0b101)
    ['warmup', 'side']
    """
    return [g.name.lower() for g in Guard if mask >> g & 1]


@kernel
def bad_data(p: GuardParams, r: Readings) -> int:
    """The mask of `bad_data`: within so many bars after a rejected bar, or after a gap."""
    recent = r.since_rejected < p.rejected_bars or r.since_gap < p.gap_bars
    return 1 << Guard.BAD_DATA if recent else 0


@kernel
def stateless(p: GuardParams, allowed: int, side: int, r: Readings) -> int:
    """The mask of stateless guards that block `side` (+1 or -1); `allowed` is `trade.side`."""
    mask = bad_data(p, r)
    if r.base.momentum.ready == 0 or r.middle.momentum.ready == 0 or not r.base.features.atr > 0.0:
        mask |= 1 << Guard.WARMUP
    if allowed == -side:
        mask |= 1 << Guard.SIDE
    return mask
