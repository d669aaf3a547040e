"""Fair value gaps: price left a bar's neighbours apart.

Source: the three-candle imbalance of ICT's lectures; smart-money-concepts 0.0.27 for joining and `mid_dir`.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.board import board_add, board_next, near_edge, side_of
from bullmachine.core.events import EventLog, Reason, State
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ramp import ramp
from bullmachine.engines.features import FeaturesOut
from bullmachine.engines.smc.candles import candle_at
from bullmachine.engines.smc.kinds import Kind
from bullmachine.engines.smc.params import FvgParams
from bullmachine.engines.smc.records import FVG_PER_SIDE, NEVER, SmcState, Zone
from bullmachine.engines.smc.structure import in_atr, known_rv
from bullmachine.engines.smc.zones import emit_zone, end_zone, evict_zone

__all__ = ["gap_step", "open_zone"]

_FVG: Final = int(Kind.FVG)
_NEW: Final = int(State.NEW)
_UPDATE: Final = int(State.UPDATE)
_SUPERSEDED: Final = int(Reason.SUPERSEDED)
_OPENING: Final = 0.5  # ATR between a close and the next open that mark an opening gap


@kernel
def open_zone(z: Zone, d: int, lo: float, hi: float, ref: int, ref_ts: int, i: int, life: int) -> None:
    """Write a new zone's place over."""
    z.dir = d
    z.block = 0
    z.lo = lo
    z.hi = hi
    z.ref = ref
    z.ref_ts = ref_ts
    z.born = i
    z.n = 1
    z.fill = 0.0
    z.fading = 1.0 / life
    z.met = 0
    z.deep = 0
    z.through = 0
    z.turned = -1
    z.touched = NEVER
    z.id = -1


@kernel
def _opening(s: SmcState, bar: Bar, atr: float) -> float:
    if not atr > 0.0:
        return 0.0
    middle, first = candle_at(s, bar.i - 1), candle_at(s, bar.i - 2)
    return 1.0 if max(abs(bar.open - middle.close), abs(middle.open - first.close)) > _OPENING * atr else 0.0


@kernel
def _make(p: FvgParams, s: SmcState, d: int, lo: float, hi: float, bar: Bar, f: FeaturesOut, log: EventLog) -> None:
    middle, atr, gap, b = candle_at(s, bar.i - 1), f.atr_prev, s.gap, s.board
    push = s.displaced[side_of(d)]
    parent = -1
    if push.i == bar.i - 1:
        parent = push.id
    elif push.before == bar.i - 1:
        parent = push.before_id
    joins = p.join == 1 and gap.dir == d and gap.i == bar.i - 1
    if joins:
        lo, hi, parent = min(lo, gap.lo), max(hi, gap.hi), gap.id
        if s.zones[gap.place].id == gap.id:
            end_zone(s, gap.place, _SUPERSEDED, bar, log)
    if b.n[side_of(d)] >= FVG_PER_SIDE:
        evict_zone(s, board_next(b, side_of(d)), bar, atr, log)
    place = board_add(b, side_of(d), d, near_edge(d, lo, hi), bar.i + p.max_age, log.head.seq)
    z = s.zones[place]
    open_zone(z, d, lo, hi, bar.i - 1, middle.ts, bar.i, p.max_age)
    body, rv = in_atr(abs(middle.close - middle.open), atr), known_rv(middle.rv)
    z.score = 0.0
    if atr > 0.0:
        z.score = 0.4 * ramp((hi - lo) / atr, 0.1, 1.0) + 0.3 * ramp(body, 0.8, 2.0) + 0.2 * ramp(rv, 1.0, 2.0)
        z.score += 0.1 if s.trend == d else 0.0
    z.worth = z.score
    e = log.slots[emit_zone(log, bar, z, _FVG, _UPDATE if joins else _NEW, 0)]
    e.parent = parent
    e.ev[0] = in_atr(hi - lo, atr)
    e.ev[1] = rv
    e.ev[2] = body
    e.ev[3] = _opening(s, bar, atr)
    z.id = e.id
    z.said = e.id
    gap.i = bar.i
    gap.dir = d
    gap.lo = lo
    gap.hi = hi
    gap.place = place
    gap.id = e.id
    gap.last_ref[side_of(d)] = bar.i - 1


@inlined
def gap_step(p: FvgParams, s: SmcState, bar: Bar, f: FeaturesOut, log: EventLog) -> None:
    """A gap between this bar and the one before the last, if there is one."""
    if bar.i < 2:  # noqa: PLR2004
        return
    first = candle_at(s, bar.i - 2)
    up, down = bar.low - first.high, first.low - bar.high
    least = p.min_size * f.atr_prev if p.min_size > 0.0 else 0.0  # a cold yardstick makes this NaN: silent
    if not max(up, down) > least:
        return
    d = 1 if up > down else -1
    lo = first.high if d > 0 else bar.high
    hi = bar.low if d > 0 else first.low
    middle = candle_at(s, bar.i - 1)
    if p.mid_dir == 1 and not d * (middle.close - middle.open) > 0.0:
        return
    _make(p, s, d, lo, hi, bar, f, log)
