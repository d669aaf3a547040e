"""Zones: gaps and order blocks from the bar after they were made until they end.

Both live the same way: price comes back to the near edge, goes deeper, and at last a close (or wick) goes
through. That turns the zone: a support becomes a resistance (inverted gap, breaker). Through it again the
other way, it is gone. Seen upside down a resistance is a support, so there is one code.

The zones of one direction are walked nearest first, as far as this bar reaches: a bar that touches none
looks at one edge a side.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.board import (
    board_due,
    board_remove,
    board_reschedule,
    board_turn,
    far_edge,
    near_edge,
    side_of,
)
from bullmachine.core.events import EventLog, Reason, State, emit
from bullmachine.core.kernel import inlined, kernel
from bullmachine.engines.smc.kinds import Kind
from bullmachine.engines.smc.params import Price, SmcParams
from bullmachine.engines.smc.records import NEVER, Met, SmcState, Zone

__all__ = [
    "FILLED_GRACE",
    "NEAR_SWEEP",
    "NO_SWEEP",
    "SWEEP_BARS",
    "emit_zone",
    "end_zone",
    "evict_zone",
    "max_age",
    "meet_near",
    "near_sweep",
    "quality",
    "zones_step",
]

FILLED_GRACE: Final = 20  #: bars a filled gap has left to be turned
NEAR_SWEEP: Final = 0.25  #: ATR between a sweep's extreme and a zone that it met
_TOUCH: Final = (int(Kind.FVG_TOUCH), int(Kind.OB_TOUCH))
_FVG_CE: Final = int(Kind.FVG_CE)
_OB_MITIGATED: Final = int(Kind.OB_MITIGATED)
_HALF: Final = 0.5
SWEEP_BARS: Final = 2  #: bars after a sweep in which it counts
NO_SWEEP: Final = 1e308  #: beyond every zone
_TURNED: Final = (int(Kind.IFVG), int(Kind.BREAKER))
_INVALID: Final = (int(Kind.IFVG_INVALID), int(Kind.BREAKER_INVALID))
_MADE: Final = (int(Kind.FVG), int(Kind.OB))
_FILLED: Final = int(Kind.FVG_FILLED)
_SMC_END: Final = int(Kind.SMC_END)
_UPDATE: Final = int(State.UPDATE)
_END: Final = int(State.END)
_CAPACITY: Final = int(Reason.CAPACITY)
_BY_AGE: Final = int(Reason.AGE)
_BY_FILL: Final = int(Reason.FILLED)
_WICK: Final = int(Price.WICK)


@kernel
def emit_zone(log: EventLog, bar: Bar, z: Zone, kind: int, state: int, reason: int) -> int:
    """An event about zone `z`; its slot."""
    k = emit(log, bar, kind, z.dir, z.hi if z.dir > 0 else z.lo, z.score)
    e = log.slots[k]
    e.i_ref = z.ref
    e.t_ref = z.ref_ts
    e.lo = z.lo
    e.hi = z.hi
    e.state = state
    e.reason = reason
    e.parent = z.id
    e.ev[0] = float(z.n) if z.block == 1 else z.fill
    return k


@kernel
def zone_kind(z: Zone) -> int:
    """What the zone is now: the kind of the event that made or turned it."""
    return _MADE[z.block] if z.turned < 0 else _TURNED[z.block]


@kernel
def end_zone(s: SmcState, place: int, reason: int, bar: Bar, log: EventLog) -> None:
    """The zone at `place` ends without being refuted."""
    z = s.zones[place]
    e = log.slots[emit_zone(log, bar, z, _SMC_END, _END, reason)]
    e.ev[0] = float(zone_kind(z))
    z.id = -1
    board_remove(s.board, place)


@kernel
def max_age(p: SmcParams, z: Zone) -> int:
    """How many bars a zone of its kind lives."""
    return p.ob.max_age if z.block == 1 else p.fvg.max_age


@inlined
def _due(p: SmcParams, s: SmcState, bar: Bar, log: EventLog) -> None:
    """End the zones whose time is over."""
    place = board_due(s.board, bar.i)
    while place >= 0:
        s.work += 1
        z = s.zones[place]
        end_zone(s, place, _BY_AGE if bar.i - z.born >= max_age(p, z) else _BY_FILL, bar, log)
        place = board_due(s.board, bar.i)


@inlined
def quality(z: Zone, i: int) -> float:
    """What a zone is worth now: its score, less what was used of it and its age."""
    return z.worth * (1.0 - z.fading * (i - z.born))


@inlined
def _meet(m: Met, z: Zone, i: int) -> None:
    """Count a zone that this bar met, and keep the best, the older where two are as good."""
    m.n += 1
    worth = quality(z, i)
    if m.n == 1 or worth > m.quality or (worth == m.quality and z.id < m.id):
        m.quality = worth
        m.id = z.id
        m.lo = z.lo
        m.hi = z.hi
        m.ref = z.ref
        m.ref_ts = z.ref_ts


@kernel
def _turn(p: SmcParams, s: SmcState, place: int, bar: Bar, log: EventLog) -> None:
    z = s.zones[place]
    z.dir = -z.dir
    z.turned = bar.i
    z.touched = NEVER
    z.worth = z.score  # it starts anew: neither what was filled nor the mitigation counts
    z.said = log.slots[emit_zone(log, bar, z, _TURNED[z.block], _UPDATE, 0)].id
    board_turn(s.board, place, z.dir, near_edge(z.dir, z.lo, z.hi))
    until = z.born + max_age(p, z)
    if s.board.expiry[place] != until:
        board_reschedule(s.board, place, until)


@kernel
def _fill(z: Zone, top: float, bottom: float, low: float, bar: Bar, log: EventLog) -> None:
    """How far the bar, upside down for a resistance, went into a gap."""
    z.fill = max(z.fill, min(1.0, (top - low) / (top - bottom)))
    z.worth = z.score * (1.0 - z.fill)
    if z.deep == 0 and low <= _HALF * (top + bottom):
        z.deep = 1
        emit_zone(log, bar, z, _FVG_CE, _UPDATE, 0)
    if z.through == 0 and low <= bottom:
        z.through = 1
        emit_zone(log, bar, z, _FILLED, _UPDATE, 0)


@kernel
def _touch(z: Zone, top: float, bottom: float, low: float, bar: Bar, log: EventLog) -> None:
    """The bar reaches a zone that has not turned."""
    if z.met == 0:
        z.met = 1
        z.fill = 0.0 if z.block == 1 else min(1.0, (top - low) / (top - bottom))
        emit_zone(log, bar, z, _TOUCH[z.block], _UPDATE, 0)
    if z.block == 0:
        _fill(z, top, bottom, low, bar, log)
    elif z.deep == 0 and low <= _HALF * (top + bottom):
        z.deep = 1
        z.worth = _HALF * z.score
        emit_zone(log, bar, z, _OB_MITIGATED, _UPDATE, 0)


@kernel
def _reached(p: SmcParams, s: SmcState, place: int, low: float, bar: Bar, log: EventLog) -> None:
    """What the bar does to one zone that it reaches."""
    z = s.zones[place]
    d = z.dir
    bottom = far_edge(d, z.lo, z.hi)
    by = p.ob.break_by if z.block == 1 else p.fvg.invert_by
    beyond = low if by == _WICK else d * bar.close
    z.touched = bar.i
    if z.turned < 0:
        _touch(z, near_edge(d, z.lo, z.hi), bottom, low, bar, log)
        if beyond < bottom:
            _turn(p, s, place, bar, log)
        elif z.through == 1 and s.board.expiry[place] > bar.i + FILLED_GRACE + 1:  # filled now: the first time only
            board_reschedule(s.board, place, bar.i + FILLED_GRACE + 1)
    elif beyond < bottom:
        emit_zone(log, bar, z, _INVALID[z.block], _END, 0)
        z.id = -1
        board_remove(s.board, place)


@inlined
def near_sweep(s: SmcState, d: int, bar: Bar, atr: float) -> float:
    """How far a counting sweep of direction `d` reaches for zones, upside down for -1; `NO_SWEEP` without one."""
    swept = s.swept[side_of(d)]
    if bar.i - swept.known > SWEEP_BARS or not atr > 0.0:
        return NO_SWEEP
    return d * swept.extreme


@inlined
def _is_near(z: Zone, bar: Bar, sweep: float, room: float) -> bool:
    """Whether a zone that counts was met by a sweep lately, as it was before this bar, which does not reach it."""
    d = z.dir
    top, low = near_edge(d, z.lo, z.hi), bar.low if d > 0 else -bar.high
    counts = (z.block == 1 or z.turned >= 0) and bar.i not in (z.turned, z.born)
    return counts and top < low and far_edge(d, z.lo, z.hi) - room <= sweep <= top + room


@kernel
def meet_near(s: SmcState, d: int, bar: Bar, atr: float, m: Met) -> None:
    """Count the zones of direction `d` that a sweep lately met and this bar does not reach, beside `s.met`.

    Who reads what was met asks for them: on every bar they cost as much as the zones that the bar reaches.
    """
    line, sweep, room = s.board.lines[side_of(d)], near_sweep(s, d, bar, atr), NEAR_SWEEP * atr
    j = line.n - 1
    while j >= 0 and line.key[j] >= sweep - room:
        z = s.zones[line.place[j]]
        if _is_near(z, bar, sweep, room):
            _meet(m, z, bar.i)
        j -= 1


@kernel
def evict_zone(s: SmcState, place: int, bar: Bar, atr: float, log: EventLog) -> None:
    """End a zone for want of room; it is still one that was met."""
    z = s.zones[place]
    if _is_near(z, bar, near_sweep(s, z.dir, bar, atr), NEAR_SWEEP * atr):
        _meet(s.met[side_of(z.dir)], z, bar.i)
    end_zone(s, place, _CAPACITY, bar, log)
    s.overflow += 1


@inlined
def _walk(p: SmcParams, s: SmcState, d: int, bar: Bar, log: EventLog) -> None:
    """Let the bar act on every zone of direction `d` that it reaches, nearest first."""
    line, met = s.board.lines[side_of(d)], s.met[side_of(d)]
    low = bar.low if d > 0 else -bar.high
    met.n = 0
    j = line.n - 1
    while j >= 0 and line.key[j] >= low:
        s.work += 1
        place = line.place[j]
        z = s.zones[place]
        j -= 1
        if z.turned == bar.i:
            continue
        if (z.block == 1) | (z.turned >= 0):
            _meet(met, z, bar.i)
        _reached(p, s, place, low, bar, log)


@inlined
def zones_step(p: SmcParams, s: SmcState, bar: Bar, log: EventLog) -> None:
    """What the bar does to the zones that exist."""
    _due(p, s, bar, log)
    _walk(p, s, 1, bar, log)
    _walk(p, s, -1, bar, log)
