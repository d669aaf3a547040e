"""What the SMC engine says, kind by kind; one kind serves both sides, `dir` tells them apart.

`known` is this bar; `ref` too unless a kind says otherwise. `dir` is the expected direction. Evidence
numbers (`ev`) not named are 0. A number in ATR is measured with Wilder's ATR as of the previous bar and
is 0 while that is cold or 0, as is every score. RV is the relative volume, 0 where it is missing.
"""

from __future__ import annotations

import enum

__all__ = ["Kind"]


class Kind(enum.IntEnum):
    """Event kinds of engine number 2.

    Attributes:
        BOS: a close beyond the last unbroken pivot, with the trend or the first of all. `price` the broken
            level; ev = bar of the broken pivot, distance of the close in ATR, RV, body in ATR, 1 without a
            trend before, bars since the pivot.
        CHOCH: the same against the trend, which turns with it.
        MSS: a CHOCH with a displacement on its side; `parent` the CHOCH, ev = bar of the displacement, its score.
        DISPL: a bar with a large body; ev = body in ATR, share of the range, RV.
        SMC4_BOS: four swings in the pattern of smart-money-concepts, `ref` and `price` its second swing; ev =
            bar of the first close beyond it, bar at which the pattern was complete. Unscored.
        SMC4_CHOCH: the other pattern of four. Unscored.
        FVG: a gap between a bar and the one after the next, `ref` the bar between; `parent` its displacement,
            or the gap it is joined with (then UPDATE); ev = size in ATR, RV and body in ATR of the middle bar,
            1 where an opening gap takes part.
        FVG_TOUCH: price is back at the gap's edge; ev = share filled. This and all later events of a zone
            have its `ref`, its edges, its score and the event that made it as `parent`.
        FVG_CE: half the gap is filled; ev = share filled.
        FVG_FILLED: all of it is; ev = share filled.
        IFVG: a close beyond a gap turns it into a zone of the other direction; ev = share filled.
        IFVG_INVALID: a close back beyond the turned gap ends it; ev = share filled.
        OB: an order block, `ref` its candle; `parent` the break. The same candle again is an UPDATE with the
            first event as `parent`. ev = breaks it served, leg in ATR, RV of the candle, 1 with a displacement,
            1 with a gap in the leg, 1 with a sweep since the broken pivot.
        OB_TOUCH: price is back at the block's edge; ev = breaks it served.
        OB_MITIGATED: price reached the middle of the block; ev = breaks it served.
        BREAKER: a close through the block turns it; ev = breaks it served.
        BREAKER_INVALID: a close back through the breaker ends it; ev = breaks it served.
        POOL: liquidity rests beyond a level, `dir` its side (+1 above a high); `ref` the pivot's bar; ev = 1,
            source (`Source`). Unscored.
        EQH: another pivot high at a pool of highs, `ref` that pivot's bar, `parent` the pool; ev = members.
        EQL: the same for lows.
        SWEEP: price went beyond a pool and closed back within a few bars, `ref` the bar of the extreme, lo..hi
            from level to extreme, `parent` the pool; ev = members, depth in ATR, bars, RV and wick share of the
            piercing bar, source.
        POOL_RUN: price stayed beyond the pool; `ref` the piercing bar, ev as SWEEP.
        SMR: a sweep and then a CHOCH: a smart-money reversal. `ref` and `parent` the sweep, `price` the swept
            level, lo..hi from the sweep's extreme to the broken level; ev = bar of the CHOCH, bars since the
            sweep, 1 with an MSS.
        SMR_INVALID: a close beyond the sweep's extreme; `parent` the SMR.
        SMC_END: a zone, pool or reversal ended without being refuted, `reason` says why; `parent` what ended,
            ev = its kind.
    """

    BOS = 200
    CHOCH = 201
    MSS = 202
    DISPL = 203
    SMC4_BOS = 204
    SMC4_CHOCH = 205
    FVG = 210
    FVG_TOUCH = 211
    FVG_CE = 212
    FVG_FILLED = 213
    IFVG = 214
    IFVG_INVALID = 215
    OB = 220
    OB_TOUCH = 221
    OB_MITIGATED = 222
    BREAKER = 223
    BREAKER_INVALID = 224
    POOL = 230
    EQH = 231
    EQL = 232
    SWEEP = 233
    POOL_RUN = 234
    SMR = 240
    SMR_INVALID = 241
    SMC_END = 250
