"""Sense: one base bar into all streams, and out comes one `Readings`.

1. Slower buckets that ended at or before this bar's open and still form (a hole) close first, in order
   of end time, the slowest first on ties. They were not provable earlier: their `known` is this bar.
2. The bar joins its buckets; every bucket that ends with it closes the same way.
3. Each closed bar runs its stream (`stream_step`, `slow_step`); slow
   streams before the base stream, so that a base reading may use what closed at the same instant.
4. The base stream runs, and the readings are written: every field, every bar.

One bar is 1.4 us on an idle core: SMC 0.37, Wyckoff 0.4 and HOB 0.14 on their timeframes. Tried and dropped, each
within 1 % or slower: reciprocals for Wilder's and the windows' divisions, NumPy's error model, a branchless
ramp, pivot outputs cleared only when set, a count of live divergences, inlined event emission, smaller
chunks.

`stream_step` is called at two levels only, here and in `_close_due`: with a kernel per stream and per step
in between it was optimised six times over, for 2 s.

A stream may update 0, 1 or 2 times on one base bar. Nothing here reads an order, a position or a
decision parameter.
"""

from __future__ import annotations

import math
from typing import Any, Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog, free_slots
from bullmachine.core.kernel import kernel
from bullmachine.engines.features import FeaturesOut
from bullmachine.engines.hob import HobOut
from bullmachine.engines.momentum import MomentumOut
from bullmachine.engines.smc import SmcOut, view_edge, view_side
from bullmachine.engines.wyckoff import WyckoffOut, view_range
from bullmachine.fusion.readings import Readings, SlowReading, StreamReading, Structure
from bullmachine.indicators.percentile import midrank_step
from bullmachine.indicators.rolling import ZScoreParams, zscore_step
from bullmachine.machine.records import (
    BAR_SLOTS,
    BARS_PER_BAR,
    BarLog,
    BaseState,
    SenseKernelParams,
    SenseState,
)
from bullmachine.machine.sentinels import gather
from bullmachine.machine.stream import SLOW_EVENTS, STREAM_EVENTS, slow_step, stream_step
from bullmachine.market.buckets import Bucket, bucket_close, bucket_end, bucket_join
from bullmachine.market.calendars import calendar_gap, expected_bars

__all__ = ["EVENTS_PER_BAR", "sense_run"]

#: the base bar, and up to two middle and two slow bars that it closes (a hole)
EVENTS_PER_BAR: Final = 3 * STREAM_EVENTS + 2 * SLOW_EVENTS


# Readings are copied field by field: a whole-record assignment copies under the JIT and aliases without it.
# Four at a time, because between a store and the next load the compiler must expect the same memory: one
# by one they cost 10 ns a bar, so 4.


@kernel
def _copy_features(a: FeaturesOut, b: FeaturesOut) -> None:
    b.atr, b.atr_prev, b.sma_fast, b.sma_fast_prev = a.atr, a.atr_prev, a.sma_fast, a.sma_fast_prev
    b.sma_slow, b.trend, b.rv, b.ready = a.sma_slow, a.trend, a.rv, a.ready


@kernel
def _copy_momentum(a: MomentumOut, b: MomentumOut) -> None:
    b.rsi_part, b.macd_part, b.dmi_part, b.divergence_part = a.rsi_part, a.macd_part, a.dmi_part, a.divergence_part
    b.divergence_id, b.trend, b.reversal, b.rsi = a.divergence_id, a.trend, a.reversal, a.rsi
    b.adx, b.ready = a.adx, a.ready


@kernel
def _copy_smc(a: SmcOut, b: SmcOut) -> None:
    b.structure_part = a.structure_part
    b.structure_id = a.structure_id
    b.shift_part = a.shift_part
    b.shift_id = a.shift_id
    b.run_part = a.run_part
    b.run_id = a.run_id
    b.zone_part = a.zone_part
    b.zone_id = a.zone_id
    b.liquidity_part = a.liquidity_part
    b.liquidity_id = a.liquidity_id
    b.location_part = a.location_part
    b.trend = a.trend
    b.reversal = a.reversal
    b.direction = a.direction
    b.range_low = a.range_low
    b.range_high = a.range_high
    b.range_pos = a.range_pos
    b.range_dir = a.range_dir
    b.ote = a.ote
    b.outside = a.outside
    b.ready = a.ready


@kernel
def _copy_hob(a: HobOut, b: HobOut) -> None:
    b.zone_part = a.zone_part
    b.zone_id = a.zone_id
    b.absorb_part = a.absorb_part
    b.absorb_id = a.absorb_id
    b.spike_part = a.spike_part
    b.spike_id = a.spike_id
    b.reaction_part = a.reaction_part
    b.reaction_id = a.reaction_id
    b.reversal = a.reversal
    b.ready = a.ready


@kernel
def _copy_wyckoff(a: WyckoffOut, b: WyckoffOut) -> None:
    b.phase_trend_part, b.phase_reversal_part, b.phase_id, b.key_trend_part = (
        a.phase_trend_part,
        a.phase_reversal_part,
        a.phase_id,
        a.key_trend_part,
    )
    b.key_trend_id, b.key_reversal_part, b.key_reversal_id, b.test_part = (
        a.key_trend_id,
        a.key_reversal_part,
        a.key_reversal_id,
        a.test_part,
    )
    b.test_id, b.volume_law_part, b.vsa_part, b.vsa_id = a.test_id, a.volume_law_part, a.vsa_part, a.vsa_id
    b.crt_smr_part, b.crt_smr_id, b.trend, b.reversal = a.crt_smr_part, a.crt_smr_id, a.trend, a.reversal
    b.active, b.phase_long, b.phase_short, b.spring_age = a.active, a.phase_long, a.phase_short, a.spring_age
    b.utad_age, b.quality_long, b.quality_short, b.age_long = a.utad_age, a.quality_long, a.quality_short, a.age_long
    b.age_short, b.range_low, b.range_high, b.quality = a.age_short, a.range_low, a.range_high, a.quality
    b.evr, b.coil, b.both_sides, b.silent = a.evr, a.coil, a.both_sides, a.silent
    b.ready = a.ready


@kernel
def _copy_middle(a: StreamReading, b: StreamReading) -> None:
    b.closed_at, b.i = a.closed_at, a.i
    _copy_features(a.features, b.features)
    _copy_momentum(a.momentum, b.momentum)
    _copy_smc(a.smc, b.smc)
    _copy_wyckoff(a.wyckoff, b.wyckoff)
    _copy_hob(a.hob, b.hob)


@kernel
def _copy_slow(a: SlowReading, b: SlowReading) -> None:
    b.closed_at, b.i = a.closed_at, a.i
    _copy_features(a.features, b.features)
    _copy_wyckoff(a.wyckoff, b.wyckoff)


@kernel
def _write_bar(a: Bar, log: BarLog) -> None:
    b = log.slots[log.n]
    b.ts = a.ts
    b.known = a.known
    b.i = a.i
    b.tf = a.tf
    b.open = a.open
    b.high = a.high
    b.low = a.low
    b.close = a.close
    b.volume = a.volume
    b.novol = a.novol
    b.n_base = a.n_base
    b.expected = a.expected
    b.gap = a.gap
    b.rejected_before = a.rejected_before
    log.n += 1


@kernel
def _finish(p: SenseKernelParams, s: SenseState, b: Bucket, known: int, bars: BarLog) -> None:
    bucket_close(b, known, expected_bars(p.calendar, s.calendar, b.bar.ts, b.end, p.base))
    _write_bar(b.bar, bars)


@kernel
def _due(s: SenseState, until: int) -> bool:
    """Whether a forming bucket ends at or before `until`."""
    return bucket_end(s.middle.bucket) <= until or bucket_end(s.slow.bucket) <= until


@kernel
def _close_due(p: SenseKernelParams, s: SenseState, until: int, known: int, log: EventLog, bars: BarLog) -> None:
    """Close the forming buckets that end at or before `until`: earliest end first, slowest on ties."""
    while _due(s, until):
        if bucket_end(s.middle.bucket) < bucket_end(s.slow.bucket):
            _finish(p, s, s.middle.bucket, known, bars)
            stream_step(p.middle_stream, s.middle.stream, s.middle.bucket.bar, s.middle.reading, log)
        else:
            _finish(p, s, s.slow.bucket, known, bars)
            slow_step(p.slow_stream, s.slow.stream, s.slow.bucket.bar, s.slow.reading, log)


@kernel
def _read_volume(p: ZScoreParams, s: BaseState, bar: Bar) -> float:
    """The volume's z-score; missing volume has none, and says nothing about what is usual."""
    if bar.novol == 1:
        return math.nan
    zscore_step(p, s.volume, bar.volume, s.volume_out)
    z: float = s.volume_out.z
    return z


@kernel
def _rank_atr(p: SenseKernelParams, s: BaseState, r: Readings) -> None:
    """Where the ATR stands among its own past, over a long and over a short one."""
    midrank_step(p.atr_rank, s.atr_rank, r.base.features.atr, s.rank_out)
    r.atr_rank = s.rank_out.rank
    midrank_step(p.atr_rank_short, s.atr_rank_short, r.base.features.atr, s.rank_out)
    r.atr_rank_short = s.rank_out.rank


@kernel
def _count(p: SenseKernelParams, s: SenseState, bar: Bar, r: Readings) -> None:
    s.since_rejected = 0 if bar.rejected_before > 0 else s.since_rejected + 1
    s.since_gap = 0 if bar.gap > p.max_gap else s.since_gap + 1
    r.since_rejected = s.since_rejected
    r.since_gap = s.since_gap


@kernel
def _view_ranges(least: float, base: WyckoffOut, middle: WyckoffOut, close: float, o: Structure) -> None:
    view_range(least, base, 1, close, o.long)
    view_range(least, base, -1, close, o.short)
    view_range(least, middle, 1, close, o.long)
    view_range(least, middle, -1, close, o.short)


@kernel
def _view(p: SenseKernelParams, s: SenseState, bar: Bar, r: Readings) -> None:
    """Structure as both sides see it: the base stream's, and what stands in the way on the middle one too."""
    base, middle = s.base.stream, s.middle.stream
    r.structure.range_low = r.base.smc.range_low
    r.structure.range_high = r.base.smc.range_high
    r.structure.long.spring_age = r.base.wyckoff.spring_age
    r.structure.short.spring_age = r.base.wyckoff.utad_age
    view_side(base.smc, 1, bar.i, bar.close, base.levels_out.swing_low, r.structure.long)
    view_side(base.smc, -1, bar.i, bar.close, base.levels_out.swing_high, r.structure.short)
    view_edge(p.base_stream.smc, base.smc, 1, bar.i, bar.close, r.structure.long)
    view_edge(p.base_stream.smc, base.smc, -1, bar.i, bar.close, r.structure.short)
    view_edge(p.middle_stream.smc, middle.smc, 1, s.middle.reading.i, bar.close, r.structure.long)
    view_edge(p.middle_stream.smc, middle.smc, -1, s.middle.reading.i, bar.close, r.structure.short)
    _view_ranges(p.base_stream.smc.room_quality, r.base.wyckoff, s.middle.reading.wyckoff, bar.close, r.structure)


@kernel
def sense_run(ps: Any, states: Any, bars: Any, readings: Any, logs: Any, bar_logs: Any) -> int:
    """Run over `bars`; how many were taken (fewer when the event log or the bar log is nearly full)."""
    p, s, log, slow_bars = ps[0], states[0], logs[0], bar_logs[0]
    for i in range(len(bars)):
        if free_slots(log) < EVENTS_PER_BAR or slow_bars.n > BAR_SLOTS - BARS_PER_BAR:
            return i
        bar, r, first, slower = bars[i], readings[i], log.n, 0
        if _due(s, bar.ts):  # first: a day's own hours are not what it is measured with
            _close_due(p, s, bar.ts, bar.known, log, slow_bars)
            slower = 1
        bar.gap = calendar_gap(p.calendar, s.calendar, bar.ts, p.base)
        bucket_join(s.middle.bucket, bar, p.middle)
        bucket_join(s.slow.bucket, bar, p.slow)
        if _due(s, bar.known):
            _close_due(p, s, bar.known, bar.known, log, slow_bars)
            slower = 1
        stream_step(p.base_stream, s.base.stream, bar, r.base, log)
        r.volume_z = _read_volume(p.volume, s.base, bar)
        _rank_atr(p, s.base, r)
        r.sentinels = s.base.stream.levels_out.sentinels | gather(s.base.areas, log, first, slower, r)
        _view(p, s, bar, r)
        _count(p, s, bar, r)
        _copy_middle(s.middle.reading, r.middle)
        _copy_slow(s.slow.reading, r.slow)
    return len(bars)
