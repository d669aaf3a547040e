"""Records of the Wyckoff engine: what it remembers and what it says at a close."""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.record import F8, I8, array, nested, out, record
from bullmachine.core.slots import SLOT_PLACES
from bullmachine.engines.wyckoff.book import Books
from bullmachine.engines.wyckoff.structure import NEVER, Machine
from bullmachine.indicators.window import Window

__all__ = [
    "BARS",
    "BAR_LIFE",
    "BU_SLOT",
    "CLIMAX_SLOT",
    "CONFIRM_LIFE",
    "CONFIRM_SLOT",
    "CRT_LIFE",
    "CRT_SLOT",
    "EFFORT_SLOT",
    "FAILED_SLOT",
    "FAILS",
    "FAIL_SLOT",
    "JAC_SLOT",
    "KEY_LIFE",
    "LEGS",
    "LPS_SLOT",
    "PASTS",
    "PIVOTS",
    "QUIET_SLOT",
    "SMR_LIFE",
    "SMR_SLOT",
    "SOS_SLOT",
    "SPRINGS",
    "SPRING_SLOT",
    "STOPPING_SLOT",
    "ST_SLOT",
    "SWEEPS",
    "TESTS",
    "TEST_OK_SLOT",
    "TEST_SLOT",
    "THRUST_SLOT",
    "TREND",
    "UNDERCUT_SLOT",
    "Claim",
    "Leg",
    "Legs",
    "Past",
    "Pivot",
    "Pivots",
    "Quiet",
    "Sums",
    "Turned",
    "WyckoffOut",
    "WyckoffState",
]

PASTS: Final = 256  #: bars remembered: a power of two that holds twice the longest lock and one
LEGS: Final = 6  #: confirmed legs remembered: three of each direction is all that is read
PIVOTS: Final = 32  #: confirmed pivots remembered of each side
KEY_LIFE: Final = 24  #: bars over which an event decays to nothing in the score: of the machines,
BAR_LIFE: Final = 10  #: of volume and spread,
SMR_LIFE: Final = 24  #: a smart-money reversal,
CONFIRM_LIFE: Final = 6  #: a candle sweep that was confirmed,
CRT_LIFE: Final = 3  #: and one that was not
TREND: Final = 0  #: the books: events of the machines' trend,
SPRINGS: Final = 1  #: and of its turns, those of a side that count for it
FAILS: Final = 2  #: and against it,
TESTS: Final = 3  #: tests,
SWEEPS: Final = 4  #: candle sweeps,
BARS: Final = 5  #: and bar events
SOS_SLOT: Final = TREND * SLOT_PLACES  #: the places of a kind: +1, then -1
JAC_SLOT: Final = SOS_SLOT + 2
LPS_SLOT: Final = SOS_SLOT + 4
BU_SLOT: Final = SOS_SLOT + 6
SPRING_SLOT: Final = SPRINGS * SLOT_PLACES
FAIL_SLOT: Final = FAILS * SLOT_PLACES
FAILED_SLOT: Final = FAIL_SLOT + 2
TEST_SLOT: Final = TESTS * SLOT_PLACES
TEST_OK_SLOT: Final = TEST_SLOT + 2
ST_SLOT: Final = TEST_SLOT + 4
UNDERCUT_SLOT: Final = TEST_SLOT + 6
CONFIRM_SLOT: Final = SWEEPS * SLOT_PLACES
CRT_SLOT: Final = CONFIRM_SLOT + 2
SMR_SLOT: Final = CONFIRM_SLOT + 4
CLIMAX_SLOT: Final = BARS * SLOT_PLACES
STOPPING_SLOT: Final = CLIMAX_SLOT + 2
QUIET_SLOT: Final = CLIMAX_SLOT + 4
THRUST_SLOT: Final = CLIMAX_SLOT + 6
EFFORT_SLOT: Final = CLIMAX_SLOT + 8


@record
class Past:
    """One past bar."""

    ts: I8 = 0
    open: F8 = 0.0
    high: F8 = 0.0
    low: F8 = 0.0
    close: F8 = 0.0


@record
class Turned:
    """This bar as the machine of a side sees it: for distribution prices are negated, highs and lows swapped.

    `prev` is the close before.
    """

    open: F8 = math.nan
    high: F8 = math.nan
    low: F8 = math.nan
    close: F8 = math.nan
    prev: F8 = math.nan


@record
class Pivot:
    """A confirmed pivot: its bar and level, turned for lows."""

    i: I8 = NEVER
    level: F8 = -math.inf


@record
class Pivots:
    """The last pivots of one side; `head` is written next."""

    head: I8 = 0
    ring: list[Pivot] = array(Pivot, PIVOTS)


@record
class Sums:
    """What bars of a leg add up to, and of how many volume is known."""

    n: I8 = 0
    sp: F8 = 0.0
    n_rv: I8 = 0
    rv: F8 = 0.0
    n_v: I8 = 0
    v: F8 = 0.0


@record
class Leg:
    """A confirmed leg: direction, ends, and the mean range and volume of its bars (NaN where unknown)."""

    dir: I8 = 0
    origin: F8 = math.nan
    origin_i: I8 = -1
    ext: F8 = math.nan
    ext_i: I8 = -1
    ext_ts: I8 = -1
    sp: F8 = math.nan
    rv: F8 = math.nan
    volume: F8 = math.nan


@record
class Legs:
    """The leg that runs (`dir` 0 before the first), its bars and those after its extreme, and the last legs.

    Before the first leg `origin` is the low and `ext` the high so far. `opp` is the furthest price against the
    leg since its extreme, as the machine of its side sees it. `n` counts confirmed legs, the last of them on bar
    `last_i`.
    """

    dir: I8 = 0
    origin: F8 = math.inf
    origin_i: I8 = -1
    origin_ts: I8 = -1
    ext: F8 = -math.inf
    ext_i: I8 = -1
    ext_ts: I8 = -1
    opp: F8 = math.inf
    opp_i: I8 = -1
    opp_ts: I8 = -1
    leg: Sums = nested(Sums)
    tail: Sums = nested(Sums)
    n: I8 = 0
    head: I8 = 0
    last_i: I8 = NEVER
    ring: list[Leg] = array(Leg, LEGS)


@record
class Claim:
    """The candle sweep that waits for its outcome (`dir` 0 none): the bar that swept and the candle's range."""

    dir: I8 = 0
    i: I8 = -1
    ts: I8 = -1
    low: F8 = math.nan
    high: F8 = math.nan
    lo: F8 = math.nan
    hi: F8 = math.nan
    score: F8 = 0.0
    id: I8 = -1


@record
class Quiet:
    """This bar's lack of supply or demand (`dir` 0 none), which counts only on the background's side."""

    dir: I8 = 0
    score: F8 = 0.0
    id: I8 = -1


@record
class WyckoffState:
    """All the engine remembers. Pairs are accumulation, distribution.

    `atr` to `v` are this bar's yardsticks: ATR as of the bar before, range in ATR, relative volume (0 where it is
    not `known`), volume (NaN where missing); `wide` is 1 where range and volume are those of a climax or of a
    preliminary support; `v1` and `v2` are the volumes before. `climax_dir` is the side of the last
    climax, on bar `climax_i`. `law` is the volume law of the range that began at `law_start`, as of leg `law_n`.
    `work` counts the bars and pivots gone through; nothing here can overflow, rings forget the oldest.
    """

    work: I8 = 0
    atr: F8 = math.nan
    sp: F8 = 0.0
    known: I8 = 0
    rv: F8 = 0.0
    v: F8 = math.nan
    wide: I8 = 0
    v1: F8 = math.nan
    v2: F8 = math.nan
    climax_dir: I8 = 0
    climax_i: I8 = NEVER
    law: F8 = 0.0
    law_start: I8 = NEVER
    law_n: I8 = -1
    turned: list[Turned] = array(Turned, 2)
    machines: list[Machine] = array(Machine, 2)
    legs: Legs = nested(Legs)
    claim: Claim = nested(Claim)
    quiet: Quiet = nested(Quiet)
    books: Books = nested(Books)
    pivots: list[Pivots] = array(Pivots, 2)
    efforts: Window = nested(Window)
    spreads: Window = nested(Window)
    returns: Window = nested(Window)
    past: list[Past] = array(Past, PASTS)


_ORDER: Final = "exempt:events of one bar may come in another order"


@record
class WyckoffOut:
    """Signed contributions in [-weight, weight], the score of each book and of both, and where the machines stand.

    `trend` is the sum of phase (D, E) and key events with the trend; `reversal` that of phase (A to C), key events
    of a turn, tests, the volume law, bar events and sweeps; `score` counts key events once. `*_id` is the event
    behind a contribution, -1 without one. `active` is the side that counts, `phase_long` the phase (`Phase`) of
    the accumulation, `age_long` its bars, `quality_long` how well it is built; `*_short` the distribution's.
    `range_low`, `range_high`, `quality` are those of the range that counts (NaN, 0 without one). `spring_age` and
    `utad_age` are bars since the last, -1 without one. `evr` is effort against result in [-1, 1], `coil` 1 where
    nothing moves; NaN until defined. `both_sides` is 1 where both machines are past B. `silent` is
    `Reason.NOVOL` where missing volume keeps the climax path silent. All contributions are 0 until the ATR is warm.
    """

    phase_trend_part: F8 = out(default=0.0, mirror="negate")
    phase_reversal_part: F8 = out(default=0.0, mirror="negate")
    phase_id: I8 = out(default=-1, mirror=_ORDER)
    key_trend_part: F8 = out(default=0.0, mirror="negate")
    key_trend_id: I8 = out(default=-1, mirror=_ORDER)
    key_reversal_part: F8 = out(default=0.0, mirror="negate")
    key_reversal_id: I8 = out(default=-1, mirror=_ORDER)
    test_part: F8 = out(default=0.0, mirror="negate")
    test_id: I8 = out(default=-1, mirror=_ORDER)
    volume_law_part: F8 = out(default=0.0, mirror="negate")
    vsa_part: F8 = out(default=0.0, mirror="negate")
    vsa_id: I8 = out(default=-1, mirror=_ORDER)
    crt_smr_part: F8 = out(default=0.0, mirror="negate")
    crt_smr_id: I8 = out(default=-1, mirror=_ORDER)
    trend: F8 = out(default=0.0, mirror="negate")
    reversal: F8 = out(default=0.0, mirror="negate")
    score: F8 = out(default=0.0, mirror="negate")
    active: I8 = out(default=0, mirror="negate")
    phase_long: I8 = out(default=0, mirror="swap:phase_short")
    phase_short: I8 = out(default=0, mirror="swap:phase_long")
    spring_age: I8 = out(default=-1, mirror="swap:utad_age")
    utad_age: I8 = out(default=-1, mirror="swap:spring_age")
    quality_long: F8 = out(default=0.0, mirror="swap:quality_short")
    quality_short: F8 = out(default=0.0, mirror="swap:quality_long")
    age_long: I8 = out(default=0, mirror="swap:age_short")
    age_short: I8 = out(default=0, mirror="swap:age_long")
    range_low: F8 = out(default=math.nan, mirror="swap-negate:range_high")
    range_high: F8 = out(default=math.nan, mirror="swap-negate:range_low")
    quality: F8 = out(default=0.0, mirror="same")
    evr: F8 = out(default=math.nan, mirror="same")
    coil: F8 = out(default=math.nan, mirror="same")
    both_sides: I8 = out(default=0, mirror="same")
    silent: I8 = out(default=0, mirror="same")
    ready: I8 = out(default=0, mirror="same")
