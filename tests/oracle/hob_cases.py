"""Charts and rules on which the hidden order blocks are held against their twin, and all that has to happen there."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from tests.oracle import hob_twin_evidence as evidence
from tests.oracle import hob_twin_zones as says
from tests.oracle.hob_twin_zones import Rules, Told

from bullmachine.core.bars import rows_from_columns

Array = np.ndarray[Any, Any]
HOUR = 3_600_000
MONDAY = 1_577_836_800_000 + 5 * 24 * HOUR

DEFAULTS = Rules()
#: every parameter away from its default at least once
RULES = {
    "defaults": DEFAULTS,
    "eager": Rules(min_score=0.2, life=3, spike_rv=1.3, min_sp=0.0, wick=0.4, wick_body=1.0),
    "short": Rules(min_body=0.1, min_body_atr=0.1, max_age=50, min_score=0.2, fvg_max_age=50, ob_max_age=50),
    "sharp": Rules(buf=0.0, min_score=0.2, life=50, wick=0.7, wick_body=3.0, weights=(0.7, 0.1, 0.1, 0.1)),
    "wide": Rules(buf=0.1, min_score=0.25, min_body=0.5, min_body_atr=0.5, weights=(0.1, 0.7, 0.1, 0.1)),
    "loud": Rules(spike_rv=3.0, min_sp=2.0, min_score=0.3, weights=(0.1, 0.1, 0.7, 0.1), atr=5),
    "proud": Rules(min_score=0.2, life=30, weights=(0.1, 0.1, 0.1, 0.7), ob_max_age=60, atr=7),
}


def volumes(rng: np.random.Generator, n: int) -> Array:
    """Small and whole, now and then a climax; some 0, some missing, now and then for long."""
    volume = rng.integers(1, 9, n) * np.where(rng.random(n) < 0.1, 5.0, 1.0) * (rng.random(n) > 0.05)
    fate = np.repeat(rng.random(n // 15 + 1), 15)[:n]
    volume[fate < 0.05] = 0.0
    volume[(fate > 0.96) | (rng.random(n) < 0.02)] = np.nan
    return volume


def jumpy(seed: int, n: int = 300) -> Array:
    """Hourly rows that linger around one of a few levels and jump to another within a bar: bodies get skipped.

    The grid is a half; every other seed strays from it by a 32nd, which is less than most buffers. Some bars have
    no range, some open in a gap, now and then the wicks are long.
    """
    rng = np.random.default_rng(20_000 + seed)
    stays = rng.integers(2, 14, n)
    level = np.repeat(rng.integers(0, 4, n) * int(rng.integers(5, 16)), stays)[:n]
    step = int(rng.integers(2, 5))
    close: Array = 4000 + level + rng.integers(-step, step + 1, n)
    gap = np.where(rng.random(n) < 0.15, rng.integers(-4, 5, n), 0)
    first: Array = np.concatenate([close[:1], close[:-1]]) + gap
    wick = np.where(rng.random(n) < 0.1, 8, rng.integers(0, 3))
    above, below = (rng.integers(0, wick + 1) for _ in range(2))
    dead = rng.random(n) < 0.03
    first, above, below = np.where(dead, close, first), above * ~dead, below * ~dead
    high: Array = np.maximum(first, close) + above
    low: Array = np.minimum(first, close) - below
    first, high, low, close = (prices / 2.0 for prices in (first, high, low, close))
    if seed % 2 == 1:
        first, close = (prices + (rng.integers(-2, 3, n) // 2) / 32 for prices in (first, close))
        high, low = np.maximum(np.maximum(first, close), high), np.minimum(np.minimum(first, close), low)
    if seed % 7 == 0:
        first[:20] = high[:20] = low[:20] = close[:20] = 4000  # no range at all: a yardstick of 0 that is warm
    return rows_from_columns(MONDAY + HOUR * np.arange(n), first, high, low, close, volumes(rng, n))


WARM = [(100.0, 100.5, 99.5, 100.0)] * 24
#: the body [101, 102] is skipped on the way down, then price stays below
HIDDEN = [(102, 102.25, 100.75, 101), (101, 103.5, 100.75, 103.25), (103.25, 104, 102.5, 103.5)]
HIDDEN += [(103.5, 103.5, 99.5, 99.75), (99.75, 100.5, 99, 99.5)]


def drawn(bars: Sequence[tuple[float, ...]], *, upside_down: bool) -> Array:
    first, high, low, close = np.array(bars).T
    if upside_down:
        first, high, low, close = 400 - first, 400 - low, 400 - high, 400 - close
    return rows_from_columns(MONDAY + HOUR * np.arange(len(bars)), first, high, low, close, np.full(len(bars), 100.0))


def staircase(*, upside_down: bool) -> Array:
    """An old zone that is hidden, more bodies left behind than there is room for, then a gap that hides them all.

    What the house loses is the oldest never hidden, until there is none: then it is the old zone.
    """
    feet = 104 + 2.0 * np.arange(80)
    steps = [((f + 1, f + 1, f, f), (f, f + 2, f, f + 2)) for f in feet]
    top = float(feet[-1]) + 2
    bars = [*WARM, *HIDDEN, (99.5, 103, 99.5, 102.75), (102.75, 103.5, 102.25, 103)]
    bars += [bar for pair in steps for bar in pair]
    bars += [(top, top + 1, top, top), (91, 91, 85, 90.75), (90.75, 91, 86, 87)]
    bars += [(87 - k, 87.5 - k, 85 - k, 86 - k) for k in range(5)]
    return drawn(bars, upside_down=upside_down)


def homecoming(after: int, *, upside_down: bool) -> Array:
    """The zone is met, and the bar that meets it closes away from it, `after` bars after the zone's candle."""
    bars = [*WARM, *HIDDEN, *[(99.5, 100, 99, 99.5)] * (after - len(HIDDEN)), (99.5, 101.5, 99.25, 99.5)]
    return drawn([*bars, *[(99.5, 100, 99, 99.5)] * 5], upside_down=upside_down)


def spans(seed: int, n: int = 300) -> Array:
    """Bars of twenty ticks each, so that wicks and closes are often at the very shares that rules speak of."""
    rng = np.random.default_rng(30_000 + seed)
    low = (1000 + rng.integers(-3, 4, n)) / 4
    first, close = (low + rng.integers(6, 15, n) / 4 for _ in range(2))
    high = low + 5
    return rows_from_columns(MONDAY + HOUR * np.arange(n), first, high, low, close, volumes(rng, n))


ZONES, TAKEN = (says.HOB, says.PHOB), (says.HOB, says.PHOB, evidence.OB, evidence.FVG)
#: (kind, state, reason, the parent's kind or 0): all that can be told at all, but for a partial block's CAPACITY
REACHABLE = {
    (says.WICK_ABSORB, says.NEW, says.PLAIN, 0),
    (says.VOL_SPIKE, says.NEW, says.PLAIN, 0),
    *((kind, says.NEW, says.PLAIN, 0) for kind in ZONES),
    *((kind, says.UPDATE, says.PLAIN, kind) for kind in ZONES),
    *((says.HOB_MITIGATED, says.END, why, kind) for kind in ZONES for why in (says.ENTERED, says.GAP_CLOSED)),
    *((says.HOB_END, says.END, says.AGE, kind) for kind in ZONES),
    (says.HOB_END, says.END, says.CAPACITY, says.HOB),
    *((says.HOB_REACTION, says.NEW, says.PLAIN, kind) for kind in TAKEN),
    (says.REACTION_FAIL, says.END, says.PLAIN, says.HOB_REACTION),
    *((says.HOB_END, says.END, why, says.HOB_REACTION) for why in (says.REPLACED, says.AGE, says.TARGET)),
}


def happened(told: Iterable[Told]) -> set[tuple[int, int, int, int]]:
    """What of `REACHABLE` there is in `told`."""
    return {(e.kind, e.state, e.reason, 0 if e.parent is None else e.parent[0]) for e in told}
