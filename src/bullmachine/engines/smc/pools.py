"""Liquidity pools: levels beyond which stops rest, and what price does to them.

A pool is a pivot, joined by later pivots at nearly its level (equal highs, equal lows), or an external
level: the high or low of the previous day, week or session, or an edge of a trading range. A poke within the
tolerance is another equal high, not a sweep; beyond it the pool is pierced, and a few bars decide between a
sweep (a close is back) and a run. Upside down a pool of highs is one of lows, so there is one code, written
for lows.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.board import board_add, board_due, board_next, board_remove, board_turn, side_of
from bullmachine.core.events import EventLog, Reason, State, emit
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ramp import ramp
from bullmachine.core.slots import BEYOND, slots_keep
from bullmachine.engines.features import FeaturesOut
from bullmachine.engines.levels import LevelsOut
from bullmachine.engines.smc.kinds import Kind
from bullmachine.engines.smc.params import PoolParams
from bullmachine.engines.smc.records import POOLS_PER_SIDE, RUN_SLOT, SWEEP_SLOT, Pool, SmcState
from bullmachine.engines.smc.structure import in_atr, known_rv

__all__ = ["LIQUIDITY_LIFE", "RUN_LIFE", "pools_step"]

LIQUIDITY_LIFE: Final = 12  #: bars over which a sweep or reversal decays to nothing in the score
RUN_LIFE: Final = 6  #: the same for a run
_RUN_SHARE: Final = 0.5  # activation of a run relative to a sweep
_POOL: Final = int(Kind.POOL)
_EQH: Final = int(Kind.EQH)
_EQL: Final = int(Kind.EQL)
_SWEEP: Final = int(Kind.SWEEP)
_POOL_RUN: Final = int(Kind.POOL_RUN)
_SMC_END: Final = int(Kind.SMC_END)
_UPDATE: Final = int(State.UPDATE)
_END: Final = int(State.END)
_REPLACED: Final = int(Reason.REPLACED)
_AGE: Final = int(Reason.AGE)
_CAPACITY: Final = int(Reason.CAPACITY)


@kernel
def _free(s: SmcState, place: int) -> None:
    pool = s.pool[place]
    if pool.source > 0:
        s.held[pool.source] = -1
    if pool.bars > 0:
        s.pierced[side_of(pool.dir)] -= 1
    board_remove(s.pools, place)


@kernel
def _end(s: SmcState, place: int, reason: int, bar: Bar, log: EventLog) -> None:
    pool = s.pool[place]
    e = log.slots[emit(log, bar, _SMC_END, -pool.dir, pool.level, 0.0)]
    e.i_ref = pool.ref
    e.t_ref = pool.ref_ts
    e.state = _END
    e.reason = reason
    e.parent = pool.id
    e.ev[0] = float(_POOL)
    e.ev[1] = float(pool.n)
    _free(s, place)


@kernel
def _open(
    p: PoolParams, s: SmcState, d: int, level: float, source: int, ref: int, ref_ts: int, bar: Bar, log: EventLog
) -> int:
    """Open a pool whose sweep has direction `d`; its place."""
    if s.pools.n[side_of(d)] >= POOLS_PER_SIDE:
        _end(s, board_next(s.pools, side_of(d)), _CAPACITY, bar, log)
        s.overflow += 1
    e = log.slots[emit(log, bar, _POOL, -d, level, 0.0)]
    e.i_ref = ref
    e.t_ref = ref_ts
    e.ev[0] = 1.0
    e.ev[1] = float(source)
    place = board_add(s.pools, side_of(d), d, d * level, bar.i + p.max_age, e.id)
    pool = s.pool[place]
    pool.dir = d
    pool.source = source
    pool.level = level
    pool.anchor = level
    pool.n = 1
    pool.born = bar.i
    pool.ref = ref
    pool.ref_ts = ref_ts
    pool.id = e.id
    pool.bars = 0
    return place


@kernel
def _replace(p: PoolParams, s: SmcState, source: int, level: float, bar: Bar, log: EventLog) -> None:
    """A level from outside changed: the old pool ends and a new one opens."""
    if s.held[source] >= 0:
        _end(s, s.held[source], _REPLACED, bar, log)
    s.seen[source] = level
    if not math.isnan(level):
        d = -1 if source % 2 == 1 else 1  # highs and lows take turns
        s.held[source] = _open(p, s, d, level, source, bar.i, bar.ts, bar, log)


@inlined
def _differ(a: float, b: float) -> bool:
    return (a != b) & ((a == a) | (b == b))  # noqa: PLR0124  (NaN)


@kernel
def _renew(p: PoolParams, s: SmcState, lv: LevelsOut, bar: Bar, log: EventLog) -> None:
    """Replace the pools of the levels from outside that changed, in the order of `Source`."""
    s.outside[1] = lv.pdh
    s.outside[2] = lv.pdl
    s.outside[3] = lv.pwh
    s.outside[4] = lv.pwl
    s.outside[5] = lv.asia_high
    s.outside[6] = lv.asia_low
    s.outside[7] = lv.london_high
    s.outside[8] = lv.london_low
    s.outside[9] = lv.new_york_high
    s.outside[10] = lv.new_york_low
    s.outside[11] = s.tr_high
    s.outside[12] = s.tr_low
    source = 1
    while source < s.sources:  # not a constant: unrolled, the code of a pool's end and begin is there twelve times
        if _differ(s.outside[source], s.seen[source]):
            _replace(p, s, source, s.outside[source], bar, log)
        source += 1


@inlined
def _externals(p: PoolParams, s: SmcState, lv: LevelsOut, bar: Bar, log: EventLog) -> None:
    """Look whether a level from outside changed."""
    before = s.seen
    same = (lv.pdh == before[1]) & (lv.pdl == before[2]) & (lv.pwh == before[3]) & (lv.pwl == before[4])
    same &= (lv.asia_high == before[5]) & (lv.asia_low == before[6])
    same &= (lv.london_high == before[7]) & (lv.london_low == before[8])
    same &= (lv.new_york_high == before[9]) & (lv.new_york_low == before[10])
    if (not same) | _differ(s.tr_high, before[11]) | _differ(s.tr_low, before[12]):
        _renew(p, s, lv, bar, log)


@kernel
def _pierce(s: SmcState, pool: Pool, bar: Bar, rv: float) -> None:
    """This bar is the first beyond the pool and its tolerance."""
    spread = bar.high - bar.low
    wick = min(bar.open, bar.close) - bar.low if pool.dir > 0 else bar.high - max(bar.open, bar.close)
    pool.extreme = bar.low if pool.dir > 0 else bar.high
    pool.extreme_i = bar.i
    pool.extreme_ts = bar.ts
    pool.pierced_i = bar.i
    pool.pierced_ts = bar.ts
    pool.wick = wick / spread if spread > 0.0 else 0.0
    pool.rv = known_rv(rv)
    s.pierced[side_of(pool.dir)] += 1


@kernel
def _told(pool: Pool, kind: int, d: int, score: float, bar: Bar, atr: float, log: EventLog) -> int:
    """The event that ends a pierced pool; its slot."""
    k = emit(log, bar, kind, d, pool.level, score)
    e = log.slots[k]
    e.lo = min(pool.level, pool.extreme)
    e.hi = max(pool.level, pool.extreme)
    e.state = _END
    e.parent = pool.id
    e.ev[0] = float(pool.n)
    e.ev[1] = in_atr(abs(pool.extreme - pool.level), atr)
    e.ev[2] = float(pool.bars)
    e.ev[3] = pool.rv
    e.ev[4] = pool.wick
    e.ev[5] = float(pool.source)
    return k


@kernel
def _sweep(p: PoolParams, s: SmcState, pool: Pool, bar: Bar, atr: float, log: EventLog) -> None:
    score = 0.0
    if atr > 0.0:
        score = 0.25 * ramp(float(pool.n), 1.0, 3.0) + 0.25 * ramp(pool.wick, 0.3, 0.7) + 0.2 * ramp(pool.rv, 1.0, 2.5)
        score += 0.15 * (1.0 - (pool.bars - 1) / p.sweep_bars)
        score += 0.15 * ramp(abs(pool.extreme - pool.level) / atr, 1.5, 0.25)
    e = log.slots[_told(pool, _SWEEP, pool.dir, score, bar, atr, log)]
    e.i_ref = pool.extreme_i
    e.t_ref = pool.extreme_ts
    side = side_of(pool.dir)
    slots_keep(s.slots, SWEEP_SLOT + side, LIQUIDITY_LIFE, bar.i, e.id, pool.extreme, score)
    last = s.swept[side]
    s.swept_now = 1
    if last.known == bar.i and last.score >= score:
        return
    last.known = bar.i
    last.unused = 1
    last.ref = pool.extreme_i
    last.ref_ts = pool.extreme_ts
    last.level = pool.level
    last.extreme = pool.extreme
    last.score = score
    last.id = e.id


@kernel
def _run(s: SmcState, pool: Pool, bar: Bar, f: FeaturesOut, log: EventLog) -> None:
    score = 0.0
    if f.atr_prev > 0.0:
        score = 0.5 * ramp(abs(bar.close - pool.level) / f.atr_prev, 0.0, 1.0)
        score += 0.5 * ramp(known_rv(f.rv), 1.0, 2.0)
    d = -pool.dir
    e = log.slots[_told(pool, _POOL_RUN, d, score, bar, f.atr_prev, log)]
    e.i_ref = pool.pierced_i
    e.t_ref = pool.pierced_ts
    slots_keep(s.slots, RUN_SLOT + side_of(d), RUN_LIFE, bar.i, e.id, -d * BEYOND, _RUN_SHARE * score)


@kernel
def _pierced(p: PoolParams, s: SmcState, place: int, low: float, bar: Bar, f: FeaturesOut, log: EventLog) -> None:
    """One more bar of a pierced pool: it may end as a sweep or a run."""
    pool = s.pool[place]
    d = pool.dir
    pool.bars += 1
    if low < d * pool.extreme:
        pool.extreme = d * low
        pool.extreme_i = bar.i
        pool.extreme_ts = bar.ts
    if d * (bar.close - pool.level) > 0.0:
        _sweep(p, s, pool, bar, f.atr_prev, log)
        _free(s, place)
    elif pool.bars >= p.sweep_bars:
        _run(s, pool, bar, f, log)
        _free(s, place)


@inlined
def _walk(p: PoolParams, s: SmcState, d: int, bar: Bar, f: FeaturesOut, log: EventLog) -> None:
    """The pools the bar reaches, and those pierced before, nearest first."""
    side = side_of(d)
    line = s.pools.lines[side]
    low = bar.low if d > 0 else -bar.high
    room = p.eq_tol * f.atr_prev
    left = s.pierced[side]
    j = line.n - 1
    while j >= 0 and ((left > 0) | (line.key[j] - room > low)):
        s.work += 1
        place = line.place[j]
        pool = s.pool[place]
        key = line.key[j]
        j -= 1
        if pool.bars > 0:
            left -= 1
            _pierced(p, s, place, low, bar, f, log)
        elif low < key - room:
            _pierce(s, pool, bar, f.rv)
            _pierced(p, s, place, low, bar, f, log)


@kernel
def _equal(s: SmcState, d: int, level: float, room: float) -> int:
    """The oldest pool of pivots that this pivot belongs to, -1 without one."""
    line = s.pools.lines[side_of(d)]
    found = -1
    for j in range(line.n):
        place = line.place[j]
        pool = s.pool[place]
        near = pool.source == 0 and pool.bars == 0 and abs(pool.anchor - level) <= room
        if near and (found < 0 or pool.id < s.pool[found].id):
            found = place
    return found


@kernel
def _pivot(
    p: PoolParams, s: SmcState, d: int, level: float, lv: LevelsOut, bar: Bar, atr: float, log: EventLog
) -> None:
    """A pivot just confirmed joins a pool or opens one."""
    place = _equal(s, d, level, p.eq_tol * atr)
    if place < 0:
        _open(p, s, d, level, 0, lv.pivot_index, lv.pivot_ts, bar, log)
        return
    pool = s.pool[place]
    pool.n += 1
    if d * level < d * pool.level:
        pool.level = level
        board_turn(s.pools, place, d, d * level)
    score = ramp(float(pool.n), 1.0, 3.0) if atr > 0.0 else 0.0
    e = log.slots[emit(log, bar, _EQL if d > 0 else _EQH, -d, pool.level, score)]
    e.i_ref = lv.pivot_index
    e.t_ref = lv.pivot_ts
    e.state = _UPDATE
    e.parent = pool.id
    e.ev[0] = float(pool.n)


@kernel
def _pivots(p: PoolParams, s: SmcState, lv: LevelsOut, bar: Bar, atr: float, log: EventLog) -> None:
    for turn in range(2):
        d = -lv.pivot_first if turn == 0 else lv.pivot_first
        if d < 0 and lv.pivot_high_confirmed == 1:
            _pivot(p, s, -1, lv.pivot_high, lv, bar, atr, log)
        elif d > 0 and lv.pivot_low_confirmed == 1:
            _pivot(p, s, 1, lv.pivot_low, lv, bar, atr, log)


@inlined
def pools_step(p: PoolParams, s: SmcState, bar: Bar, f: FeaturesOut, lv: LevelsOut, log: EventLog) -> None:
    """Take one closed bar: external levels, ends, what the bar reaches, and its pivots."""
    s.swept_now = 0
    if math.isnan(f.atr_prev):
        return
    _externals(p, s, lv, bar, log)
    place = board_due(s.pools, bar.i)
    while place >= 0:
        _end(s, place, _AGE, bar, log)
        place = board_due(s.pools, bar.i)
    _walk(p, s, 1, bar, f, log)
    _walk(p, s, -1, bar, f, log)
    if lv.pivot_first != 0:
        _pivots(p, s, lv, bar, f.atr_prev, log)
