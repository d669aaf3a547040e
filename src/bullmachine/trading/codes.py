"""Codes that stand in stored rows: why a fill happened, what an order is and what became of it."""

from __future__ import annotations

import enum

__all__ = ["AT_OPEN", "FillReason", "OrderKind", "OrderState"]


class FillReason(enum.IntEnum):
    """Why a row of the ledger was written. STOP to FUNDING's neighbours end a position or a part of it."""

    ENTRY = 0
    STOP = 1
    TARGET_1 = 2
    TARGET_2 = 3
    TARGET_3 = 4
    OPPOSITE = 5  #: a signal for the other side
    END_OF_DATA = 6
    BREAKEVEN = 7  #: the stop, moved to where the round trip costs nothing
    TRAIL = 8  #: the stop, following
    TIGHTENED = 9  #: the stop, moved when the signal's state ended
    VOLUME_SPIKE = 10  #: the stop, moved by volume against the position
    TIME_OUT = 11
    STALE = 12  #: it had not moved in time
    SIGNAL_OFF = 13  #: the signal's state ended
    SIGNAL = 14  #: a signal of one's own said flat
    LIQUIDATION = 15
    FUNDING = 16  #: a settlement, not a fill
    MACRO = 17  #: the macro risk of the side


#: fills that happen at a bar's open, as do funding settlements
AT_OPEN = frozenset(
    {
        FillReason.OPPOSITE,
        FillReason.TIME_OUT,
        FillReason.STALE,
        FillReason.SIGNAL_OFF,
        FillReason.SIGNAL,
        FillReason.MACRO,
        FillReason.FUNDING,
    }
)


class OrderKind(enum.IntEnum):
    """What an order is."""

    MARKET = 0
    LIMIT = 1
    EXIT = 2
    STOP = 3
    TARGET_1 = 4
    TARGET_2 = 5
    TARGET_3 = 6


class OrderState(enum.IntEnum):
    """What became of an order that did not fill at once; fills are legs."""

    PLACED = 0
    MOVED = 1
    EXPIRED = 2
    BEYOND_STOP = 3  #: a close beyond the stop it would have had
    TARGET_FIRST = 4  #: its first target traded before it did
    GAP = 5  #: the open left no room to its stop
    TOO_SMALL = 6  #: less than the instrument's least at the fill
    REPLACED = 7  #: a newer signal took its place
    END_OF_DATA = 8
    MACRO = 9  #: the macro risk of its side
