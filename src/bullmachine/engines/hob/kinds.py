"""What the HOB engine says, kind by kind; one kind serves both sides, `dir` tells them apart.

`ref` and `known` are this bar unless a kind says otherwise. `dir` is the expected direction. Evidence
numbers (`ev`) not named are 0. A number in ATR is measured with Wilder's ATR as of the previous bar and
every score is 0 while that is cold or 0. RV is the relative volume.
"""

from __future__ import annotations

import enum

__all__ = ["Kind"]


class Kind(enum.IntEnum):
    """Event kinds of engine number 4.

    Attributes:
        HOB: price skipped a candle's whole body in a gap: a hidden order block. `ref` the candle, lo..hi its
            body, `price` the edge its direction points away from. Skipped again it is an UPDATE with the first
            event as `parent`. ev = times skipped, middle of the body, share of the candle's range that is body,
            height of the gap in ATR, 1 where price came to the body's edge before.
        PHOB: the same where only the middle of the body was skipped.
        HOB_MITIGATED: price entered the block and did not skip it (`reason` ENTERED), or the bar after a skip
            closed the gap (GAP_CLOSED). `ref`, zone, `price` and score of the block, `parent` its first event;
            ev = times skipped.
        WICK_ABSORB: a long wick was bought (+1, below) or sold (-1, above); `price` its end, lo..hi the bar;
            ev = share of the range that is wick, range in ATR, place of the close in the bar (0 low, 1 high).
        VOL_SPIKE: much more volume than usual, without a direction; lo..hi the bar; ev = RV, place of the close.
        HOB_REACTION: price came to a zone that defends its side and turned there: a hidden block, an order
            block, a breaker or a turned gap, the best of those met. `ref`, lo..hi and `parent` are the zone's,
            `price` its middle; ev = quality of the zone, scores of absorption, spike and sweep, zones met.
        REACTION_FAIL: a close beyond the zone's far edge; zone, `price`, `ref` and score of the reaction, which is
            the `parent`.
        HOB_END: a block ended by age or for want of room (as HOB_MITIGATED), or a reaction that was replaced, came
            true by an ATR (TARGET) or grew old (as REACTION_FAIL); `reason` says which.
    """

    HOB = 400
    PHOB = 401
    HOB_MITIGATED = 402
    WICK_ABSORB = 403
    VOL_SPIKE = 404
    HOB_REACTION = 405
    REACTION_FAIL = 406
    HOB_END = 407
