"""What the levels engine says, kind by kind; one kind serves both sides, `dir` tells them apart.

Unless a kind says otherwise: `ref` and `known` are this bar, `lo` and `hi` equal `price`, `dir` is the
side of the level (+1 a high), and evidence numbers not named are 0. No evidence number changes in the
mirrored market. A score in ATR uses Wilder's ATR as of the previous bar and is 0 while that is cold.
"""

from __future__ import annotations

import enum

__all__ = ["Kind"]


class Kind(enum.IntEnum):
    """Event kinds of engine number 1.

    Attributes:
        PIVOT: a pivot is confirmed; `ref` its bar, k bars ago; `price` its level; `dir` has no trade meaning.
            Score: prominence in ATR. ev: prominence (price units).
        SWING: the pivot was appended to the alternating sequence; `ref`, `price`, `dir` as PIVOT. Unscored.
            ev: label (`SwingLabel`), distance from the swing before (price units, 0 for the first).
        SWING_REPLACED: a more extreme pivot of its type took the last swing's place; state UPDATE, reason
            REPLACED, `parent` the event it replaces; all else as SWING.
        SESSION_CLOSE: a session's levels are final; `ref` its last bar, `lo`, `hi` its extremes, `price` the
            middle, dir 0. Unscored. ev: session (index in `SESSIONS`), its bars.
        SESSION_BREAK: first close beyond a session's level. Score: distance of the close in ATR. ev: session.
        PD_BREAK: first close of the day beyond the previous day's level. Score: as SESSION_BREAK. ev: age_days.
        PW_BREAK: first close of the week beyond the previous week's level. Score and ev: as PD_BREAK.
        ATR_BREAK: the close left the ATR channel; `price` the edge, dir the side. Score: distance in ATR.
        SMA_CROSS: the fast average crossed the slow one; `price` the slow one, dir up or down. Unscored.
        CLOSE_X_SMA20: the close crossed the fast average; `price` the average, dir up or down. Unscored.
        CLOSE_X_SMA50: the same with the slow average.
    """

    PIVOT = 100
    SWING = 101
    SWING_REPLACED = 102
    SESSION_CLOSE = 110
    SESSION_BREAK = 111
    PD_BREAK = 112
    PW_BREAK = 113
    ATR_BREAK = 120
    SMA_CROSS = 121
    CLOSE_X_SMA20 = 122
    CLOSE_X_SMA50 = 123
