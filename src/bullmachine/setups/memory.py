"""What the setup stage remembers: the last event of each kind that is read, and the zones that live."""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.board import near_edge, side_of
from bullmachine.core.events import Event, State
from bullmachine.core.kernel import inlined, kernel
from bullmachine.engines.smc import Kind as Smc
from bullmachine.fusion.readings import Readings
from bullmachine.setups.records import KINDS, NEVER, OF_ZONE, WATCHED, Last, SetupState, SetupTable, ZoneSet

__all__ = ["closed", "take", "touch"]

_FVG: Final = int(Smc.FVG)
_FVG_FILLED: Final = int(Smc.FVG_FILLED)
_IFVG: Final = int(Smc.IFVG)
_IFVG_INVALID: Final = int(Smc.IFVG_INVALID)
_OB: Final = int(Smc.OB)
_BREAKER: Final = int(Smc.BREAKER)
_BREAKER_INVALID: Final = int(Smc.BREAKER_INVALID)
_SMC_END: Final = int(Smc.SMC_END)
_NEW: Final = int(State.NEW)


@kernel
def _look(z: ZoneSet, d: int, low: float, i: int, now: int) -> None:
    """Touch the zones that a bar down to `low` (upside down for a resistance) reaches; edge and best anew.

    `i` is the bar, `now` the last closed one of the zones' timeframe.
    """
    z.edge = -math.inf
    z.best = -1
    top, touched, id_ = 0.0, NEVER, 0
    for j in range(z.n):
        zone = z.zones[j]
        key = near_edge(d, zone.lo, zone.hi)
        z.edge = max(z.edge, key)
        if low <= key and zone.made < i:
            zone.touched = now
        if zone.touched == NEVER or zone.touched < touched:
            continue
        later = zone.touched > touched
        if later or key > top or (key == top and zone.id < id_):  # met first by price; the older on a tie
            z.best, top, touched, id_ = j, key, zone.touched, zone.id


@kernel
def _add(z: ZoneSet, e: Event, id_: int, i: int) -> None:
    if z.n >= len(z.zones):
        return
    zone = z.zones[z.n]
    z.n += 1
    zone.lo = e.lo
    zone.hi = e.hi
    zone.id = id_
    zone.said = e.id
    zone.made = i
    zone.touched = NEVER
    z.edge = max(z.edge, near_edge(e.dir, e.lo, e.hi))


@kernel
def _drop(z: ZoneSet, d: int, id_: int) -> None:
    """Let go of a zone; where edge or best went with it, an endless edge makes `touch` look."""
    j = 0
    while j < z.n and z.zones[j].id != id_:
        j += 1
    if j == z.n:
        return
    z.n -= 1
    kept, end = z.zones[j], z.zones[z.n]
    edge = near_edge(d, kept.lo, kept.hi)
    kept.lo = end.lo
    kept.hi = end.hi
    kept.id = end.id
    kept.said = end.said
    kept.made = end.made
    kept.touched = end.touched
    if edge == z.edge or z.best == j:  # looked at anew with this bar, once for all that it ends
        z.edge = math.inf
    elif z.best == z.n:
        z.best = j


@inlined
def _number(kind: int) -> int:
    """The number of a kind of zone among those watched, -1 for any other kind of thing."""
    if kind == _FVG:
        return 0
    if kind == _IFVG:
        return 1
    if kind == _OB:
        return 2
    return 3 if kind == _BREAKER else -1


@kernel
def _begin(t: SetupTable, s: SetupState, tf: int, kind: int, e: Event, id_: int, i: int) -> None:
    """A zone of this kind lives from now on."""
    n = tf * WATCHED + _number(kind)
    if t.watches[n] == 1:
        _add(s.zones[2 * n + side_of(e.dir)], e, id_, i)


@kernel
def _end(t: SetupTable, s: SetupState, tf: int, kind: int, d: int, id_: int) -> None:
    """A zone of this kind and direction, if it is one that is watched, lives no more."""
    n = _number(kind)
    if n >= 0 and t.watches[tf * WATCHED + n] == 1:
        _drop(s.zones[2 * (tf * WATCHED + n) + side_of(d)], d, id_)


@kernel
def _take_zone(t: SetupTable, s: SetupState, e: Event, tf: int, i: int) -> None:
    """What an event does to the zones that live."""
    kind, d = e.kind, e.dir
    if kind == _FVG or (kind == _OB and e.state == _NEW):
        _begin(t, s, tf, kind, e, e.id, i)
    elif kind in (_IFVG, _BREAKER):
        _end(t, s, tf, _FVG if kind == _IFVG else _OB, -d, e.parent)
        _begin(t, s, tf, kind, e, e.parent, i)
    elif kind == _FVG_FILLED:
        _end(t, s, tf, _FVG, d, e.parent)
    elif kind == _IFVG_INVALID:
        _end(t, s, tf, _IFVG, d, e.parent)
    elif kind == _BREAKER_INVALID:
        _end(t, s, tf, _BREAKER, d, e.parent)
    elif kind == _SMC_END:
        _end(t, s, tf, int(e.ev[0]), d, e.parent)


@inlined
def _keep(last: Last, e: Event) -> None:
    last.i = e.i_known
    last.score = e.score
    last.lo = e.lo
    last.hi = e.hi
    last.id = e.id


@inlined
def take(t: SetupTable, s: SetupState, e: Event, i: int) -> None:
    """Put an event where setups look for it."""
    tf = 0 if e.tf == t.tfs[0] else (1 if e.tf == t.tfs[1] else 2)
    reads = t.reads[tf * KINDS + e.kind]
    if reads == 0:
        return
    pair = 2 * (reads % OF_ZONE - 1)
    if pair >= 0 and e.dir >= 0:
        _keep(s.last[pair], e)
    if pair >= 0 and e.dir <= 0:  # what has no direction counts for both sides
        _keep(s.last[pair + 1], e)
    if reads >= OF_ZONE:
        _take_zone(t, s, e, tf, i)


@inlined
def closed(r: Readings, tf: int) -> int:
    """The number of the timeframe's last closed bar."""
    if tf == 0:
        return r.base.i
    return r.middle.i if tf == 1 else r.slow.i


@inlined
def touch(t: SetupTable, s: SetupState, bar: Bar, r: Readings) -> None:
    """Let the bar touch the zones it reaches."""
    for n in range(len(t.watches)):
        if t.watches[n] == 0:
            continue
        now = closed(r, n // WATCHED)
        if bar.low <= s.zones[2 * n].edge:
            _look(s.zones[2 * n], 1, bar.low, bar.i, now)
        if -bar.high <= s.zones[2 * n + 1].edge:
            _look(s.zones[2 * n + 1], -1, -bar.high, bar.i, now)
