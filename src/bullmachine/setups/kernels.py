"""The setup stage: what sense said, bar by bar, into the setups that fire.

1. Every event of the bar goes where a setup may look for it: the last of its kind, timeframe and side, and the
   zones that live.
2. A bar that reaches a live zone touches it.
3. A setup fires for a side on the bar where all its conditions first hold there, and again only after a bar on
   which they did not.

It steps on every bar, warm-up included, whatever an account does.
"""

from __future__ import annotations

import math
from typing import Any, Final

from bullmachine.core.bars import Bar
from bullmachine.core.board import near_edge, side_of
from bullmachine.core.events import Event, State
from bullmachine.core.kernel import inlined, kernel
from bullmachine.engines.features import FeaturesOut
from bullmachine.engines.smc import Kind as Smc
from bullmachine.fusion.readings import Readings
from bullmachine.setups.records import (
    KINDS,
    NEVER,
    OF_ZONE,
    WATCHED,
    AnyOf,
    Condition,
    Form,
    Last,
    SetupRow,
    SetupState,
    SetupTable,
    ZoneSet,
)
from bullmachine.trading.orders import entry_price
from bullmachine.trading.params import EntryAt
from bullmachine.trading.records import Fired, Signal

__all__ = ["setups_run"]

_FVG: Final = int(Smc.FVG)
_FVG_FILLED: Final = int(Smc.FVG_FILLED)
_IFVG: Final = int(Smc.IFVG)
_IFVG_INVALID: Final = int(Smc.IFVG_INVALID)
_OB: Final = int(Smc.OB)
_BREAKER: Final = int(Smc.BREAKER)
_BREAKER_INVALID: Final = int(Smc.BREAKER_INVALID)
_SMC_END: Final = int(Smc.SMC_END)
_NEW: Final = int(State.NEW)
_DEAD_BAND: Final = 0.5  # ATR from the mean up to which a timeframe has no trend


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
    """Let go of a zone; where edge or best went with it, an endless edge makes `_touch` look."""
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
def _take(t: SetupTable, s: SetupState, e: Event, i: int) -> None:
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
def _closed(r: Readings, tf: int) -> int:
    """The number of the timeframe's last closed bar."""
    if tf == 0:
        return r.base.i
    return r.middle.i if tf == 1 else r.slow.i


@inlined
def _touch(t: SetupTable, s: SetupState, bar: Bar, r: Readings) -> None:
    """Let the bar touch the zones it reaches."""
    for n in range(len(t.watches)):
        if t.watches[n] == 0:
            continue
        now = _closed(r, n // WATCHED)
        if bar.low <= s.zones[2 * n].edge:
            _look(s.zones[2 * n], 1, bar.low, bar.i, now)
        if -bar.high <= s.zones[2 * n + 1].edge:
            _look(s.zones[2 * n + 1], -1, -bar.high, bar.i, now)


@inlined
def _newest(s: SetupState, h: AnyOf, side: int, until: int) -> int:
    """The place of the newest of these last events that scores enough, not after bar `until`; -1 without one."""
    best, id_ = -1, -1
    for j in range(h.n):
        at = 2 * h.pairs[j] + side
        last = s.last[at]
        if NEVER < last.i <= until and last.score >= h.score and last.id > id_:
            best, id_ = at, last.id
    return best


@inlined
def _before(s: SetupState, c: Condition, side: int, first: int) -> int:
    """The place of the event that came before the one at `first`; -1 without one."""
    return _newest(s, c.before, side, s.last[first].i)


@inlined
def _happened(s: SetupState, c: Condition, side: int, now: int) -> bool:
    found = _newest(s, c.event, side, now)
    if found < 0 or now - s.last[found].i > c.event.age:
        return False
    if c.before.n == 0:
        return True
    before = _before(s, c, side, found)
    return before >= 0 and s.last[found].i - s.last[before].i <= c.before.age


@inlined
def _met(s: SetupState, c: Condition, side: int, now: int) -> bool:
    z = s.zones[2 * c.zone + side]
    return z.best >= 0 and now - z.zones[z.best].touched <= c.event.age


@inlined
def _trend_of(f: FeaturesOut) -> float:
    """The distance from the mean in ATR; NaN while that is cold."""
    known = f.atr > 0.0 and not math.isnan(f.sma_fast)
    return f.trend if known else math.nan


@inlined
def _trend(r: Readings, tf: int) -> float:
    if tf == 0:
        return _trend_of(r.base.features)
    return _trend_of(r.middle.features) if tf == 1 else _trend_of(r.slow.features)


@inlined
def _sign(x: float) -> float:
    if x > _DEAD_BAND:
        return 1.0
    if x < -_DEAD_BAND:
        return -1.0
    return 0.0 * x  # NaN stays


@inlined
def _align(r: Readings, tf: int) -> float:
    """The mean sign of the trends slower than `tf`."""
    slow = _sign(_trend(r, 2))
    return slow if tf == 1 else 0.5 * (_sign(_trend(r, 1)) + slow)


@inlined
def _phase(r: Readings, tf: int, d: int) -> float:
    w = r.base.wyckoff if tf == 0 else (r.middle.wyckoff if tf == 1 else r.slow.wyckoff)
    return float(w.phase_long if d > 0 else w.phase_short)


@inlined
def _location(r: Readings, tf: int, d: int) -> float:
    x = r.base.smc.range_pos if tf == 0 else r.middle.smc.range_pos
    return x if d > 0 else 1.0 - x


@kernel
def _value(c: Condition, d: int, r: Readings) -> float:
    """What a condition about a state looks at, seen from side `d`; NaN where it is not known."""
    if c.form == Form.TREND:
        return d * _trend(r, c.tf)
    if c.form == Form.ALIGN:
        return d * _align(r, c.tf)
    return _phase(r, c.tf, d) if c.form == Form.PHASE else _location(r, c.tf, d)


@inlined
def _holds(s: SetupState, row: SetupRow, d: int, r: Readings) -> bool:
    """Whether all conditions hold on side `d`."""
    side = side_of(d)
    for n in range(row.n):
        c = row.conditions[n]
        if c.form == Form.EVENT:
            holds = _happened(s, c, side, _closed(r, c.tf))
        elif c.form == Form.ZONE:
            holds = _met(s, c, side, _closed(r, c.tf))
        else:
            holds = c.low <= _value(c, d, r) <= c.high
        if not holds:
            return False
    return row.entry != EntryAt.OTE or not math.isnan(r.structure.range_high)


@kernel
def _note_parents(s: SetupState, row: SetupRow, side: int, fired: Fired) -> None:
    """The events and zones a setup stands on, condition by condition."""
    fired.n = 0
    for n in range(row.n):
        c = row.conditions[n]
        if c.form == Form.EVENT:
            found = _newest(s, c.event, side, -NEVER)
            fired.ids[fired.n] = s.last[found].id
            fired.n += 1
            if c.before.n > 0:
                fired.ids[fired.n] = s.last[_before(s, c, side, found)].id
                fired.n += 1
        elif c.form == Form.ZONE:
            z = s.zones[2 * c.zone + side]
            fired.ids[fired.n] = z.zones[z.best].said
            fired.n += 1


@kernel
def _limit(s: SetupState, row: SetupRow, d: int, bar: Bar, r: Readings) -> float:
    """The price a setup's limit lies at; NaN for a market order."""
    if row.entry == EntryAt.MARKET:
        return math.nan
    if row.entry == EntryAt.OTE:
        return entry_price(row.entry, d, bar.close, r)
    c, side = row.conditions[row.zone], side_of(d)
    if c.form == Form.ZONE:
        z = s.zones[2 * c.zone + side]
        lo, hi = z.zones[z.best].lo, z.zones[z.best].hi
    else:
        last = s.last[_newest(s, c.event, side, -NEVER)]
        lo, hi = last.lo, last.hi
    if row.entry == EntryAt.CE:
        return 0.5 * (lo + hi)
    return d * near_edge(d, lo, hi)


@kernel
def _ask(t: SetupTable, s: SetupState, k: int, d: int, bar: Bar, r: Readings, fired: Fired, signal: Signal) -> None:
    """Setup `k` asks for side `d`."""
    row = t.rows[k]
    _note_parents(s, row, side_of(d), fired)
    fired.setup = k + 1
    signal.side = d
    signal.setup = k + 1
    signal.limit = _limit(s, row, d, bar, r)
    signal.expiry = row.expiry


@inlined
def setups_step(t: SetupTable, s: SetupState, bar: Bar, r: Readings, fired: Fired, signal: Signal) -> None:
    """What fires at a close whose events have been taken; the first by name asks.

    A setup that fires for both sides at once contradicts itself and leaves the word to the next.
    """
    if t.zones > 0:
        _touch(t, s, bar, r)
    long, short = 0, 0
    for k in range(t.n):
        row = t.rows[k]
        if row.long == 1 and _holds(s, row, 1, r):
            long |= 1 << k
        if row.short == 1 and _holds(s, row, -1, r):
            short |= 1 << k
    fired.long = long & ~s.long
    fired.short = short & ~s.short
    s.long = long
    s.short = short
    fired.setup = 0
    signal.side = 0
    signal.setup = 0
    one = fired.long ^ fired.short
    if one == 0:
        return
    k = 0
    while one >> k & 1 == 0:
        k += 1
    _ask(t, s, k, 1 if fired.long >> k & 1 == 1 else -1, bar, r, fired, signal)


@kernel
def setups_run(ts: Any, states: Any, bars: Any, readings: Any, events: Any, given: Any, signals: Any) -> None:
    """Step over `bars`; `events` are what these very bars made known, in order.

    What fires goes to `given[i].fired`, what asks to `signals[i]`.
    """
    t, s, n = ts[0], states[0], 0
    for i in range(len(bars)):
        while n < len(events) and events[n].t_known <= bars[i].known:
            _take(t, s, events[n], bars[i].i)
            n += 1
        setups_step(t, s, bars[i], readings[i], given[i].fired, signals[i])
