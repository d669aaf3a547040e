"""What the Wyckoff engine says, kind by kind.

Events of the two machines come in pairs: accumulation first, its mirror in distribution second. Where one
kind stands alone, `dir` tells the sides apart. `known` is this bar, `ref` too unless a kind says otherwise;
`lo` and `hi` are `price` unless a zone is named. The *support* of a distribution is its top, its *creek* its
low: all of its words are those of the accumulation upside down. Distances are in the ATR the structure began
with (*a*); RV is relative volume, SP the range in ATR, CLV where in its range the bar closed, seen from the
machine's side. Evidence (`ev`) not named is 0, as is a volume that is not known, and every score while the
ATR is 0.
"""

from __future__ import annotations

import enum

__all__ = ["Kind", "Phase"]


class Phase(enum.IntEnum):
    """Where a machine stands: nothing, climax, automatic rally, building cause, spring, advance, markup."""

    N = 0
    A1 = 1
    A2 = 2
    B = 3
    C = 4
    D = 5
    E = 6


class Kind(enum.IntEnum):
    """Event kinds of engine number 3.

    Attributes:
        PS: preliminary support, told at the climax that follows it; `ref` its bar, lo..hi that bar; ev = RV, SP,
            CLV, fall in ATR.
        PSY: preliminary supply, its mirror.
        SC: selling climax; `price` its low, lo..hi the bar, `parent` the PS; ev as PS. A lower, heavy low
            replaces it (UPDATE, `parent` the one before).
        BC: buying climax, its mirror.
        AR: automatic rally (reaction): `price` its extreme, the creek, lo..hi the range, `ref` the extreme's bar,
            `parent` the climax; ev = height in a, height by the fall, volume of the leg by the climax's, bars.
        ST: secondary test of the support; `ref` and `price` its extreme, lo..hi from there to the support; ev =
            volume and range by the climax's, distance from the support in a, tests so far.
        UNDERCUT: a spring too early, which is a secondary test; fields as SPRING.
        UT: an upthrust too early, its mirror.
        SPRING: support broken and taken back within bars; `ref` and `price` the extreme, lo..hi from there to the
            support, `parent` the AR or the RANGE; ev = depth in a, bars, RV, CLV, type 1 heavy to 3 quiet, 1 for
            a terminal shakeout, bars of phase B. A quiet test of a type 1 tells it again, better (UPDATE).
        UTAD: upthrust after distribution, its mirror.
        TEST: a quiet bar back at the support after a spring; lo..hi the bar, `parent` the spring; ev = volume and
            range by the spring's, distance from its extreme in a.
        UTAD_TEST: its mirror.
        TEST_OK: a close beyond the test bar, `ref` that bar, `parent` the test.
        TEST_FAIL: price beyond the spring's extreme instead; `dir` against the machine.
        SOS: sign of strength; lo..hi the bar, `parent` the spring (schematic 1) or the range (2); ev = schematic,
            RV, SP, CLV, distance from the middle in a, 1 where a whole leg shows it, 1 after an LPS_C.
        SOW: sign of weakness, its mirror.
        LPS: last point of support; `ref` and `price` the pull-back's extreme, lo..hi from there to the creek,
            `parent` the SOS; ev = volume by the SOS's, distance from the creek in a, retracement, 1 after a jump.
        LPSY: last point of supply, its mirror.
        LPS_C: a quieter, higher low inside the range; `ref` and `price` that low; ev = volume by the leg before,
            place in the range, bars of phase B.
        LPSY_C: its mirror.
        BU: back-up to the edge of the creek after the jump; fields as LPS.
        LPSY_ICE: back-up to the ice, its mirror.
        JAC: jump across the creek, `price` the creek, lo..hi from there to the close, `parent` the SOS; ev =
            distance in a, RV, SP, CLV.
        BREAK_ICE: fall through the ice, its mirror.
        MARKUP: the range is left for good; lo..hi the range, `parent` the jump; ev = bars since the SOS, closes
            beyond the creek in a row.
        MARKDOWN: its mirror.
        UA: upthrust action: beyond the creek and closed back; `price` the creek, `dir` against the machine,
            unscored; ev = distance in a.
        MSOW: minor sign of weakness: the mirror, below the range of a distribution.
        ACC_FAIL: the structure failed, `reason` says how; `price` the support, lo..hi the range, `parent` what made
            the phase, `dir` against the machine; ev = phase (`Phase`), distance beyond the support in a, RV.
        DIST_FAIL: its mirror.
        FAILED_SOS: a close back through the middle after a SOS; `price` the middle, `dir` against the machine; ev
            = distance in a, RV.
        FAILED_SOW: its mirror.
        RANGE: a range without a climax; `ref` its first bar, lo..hi the range, `price` its middle, `dir` the way
            price came; unscored; ev = height in ATR, efficiency, touches of the top and of the bottom, way in ATR.
        RANGE_END: a structure ended without failing, `reason` says why; `price` the middle, lo..hi the range,
            `parent` what made the phase; unscored; ev = phase.
        CLIMAX_DOWN: a wide and heavy bar to new lows; `price` its low. For all bar events: lo..hi the bar, ev = RV,
            SP.
        CLIMAX_UP: its mirror.
        STOPPING_VOLUME: heavy volume at new lows that closes well off them.
        SUPPLY_SWAMP: its mirror.
        NO_SUPPLY: a narrow bar down on less volume than the two before.
        NO_DEMAND: its mirror.
        REV_UPTHRUST_BAR: new lows that are rejected, wide and on volume.
        UPTHRUST_BAR: its mirror.
        EFFORT_NO_RESULT: heavy volume without range; `dir` against the close, 0 where that did not move.
        CRT: candle-range sweep: one edge of an earlier candle taken and closed back; `ref` that candle, lo..hi its
            range, `price` the edge; ev = depth in ATR, wick, range in ATR, RV, bars back.
        CRT_CONFIRM: a close beyond the far end of the bar that swept, `ref` that bar, `parent` the CRT.
        CRT_INVALID: a close beyond its extreme instead.
    """

    PS = 300
    PSY = 301
    SC = 302
    BC = 303
    AR = 304
    ST = 306
    UNDERCUT = 308
    UT = 309
    SPRING = 310
    UTAD = 311
    TEST = 312
    UTAD_TEST = 313
    TEST_OK = 314
    TEST_FAIL = 315
    SOS = 320
    SOW = 321
    LPS = 322
    LPSY = 323
    LPS_C = 324
    LPSY_C = 325
    BU = 326
    LPSY_ICE = 327
    JAC = 328
    BREAK_ICE = 329
    MARKUP = 330
    MARKDOWN = 331
    UA = 332
    MSOW = 333
    ACC_FAIL = 334
    DIST_FAIL = 335
    FAILED_SOS = 336
    FAILED_SOW = 337
    RANGE = 340
    RANGE_END = 341
    CLIMAX_DOWN = 350
    CLIMAX_UP = 351
    STOPPING_VOLUME = 352
    SUPPLY_SWAMP = 353
    NO_SUPPLY = 354
    NO_DEMAND = 355
    REV_UPTHRUST_BAR = 356
    UPTHRUST_BAR = 357
    EFFORT_NO_RESULT = 358
    CRT = 360
    CRT_CONFIRM = 361
    CRT_INVALID = 362
