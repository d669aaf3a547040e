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
from bullmachine.core.kernel import inlined, kernel
from bullmachine.engines.features import FeaturesOut
from bullmachine.fusion.readings import Readings
from bullmachine.setups.memory import closed, take, touch
from bullmachine.setups.records import (
    NEVER,
    AnyOf,
    Condition,
    Form,
    SetupRow,
    SetupState,
    SetupTable,
)
from bullmachine.trading.orders import entry_price
from bullmachine.trading.params import EntryAt
from bullmachine.trading.records import Fired, Signal

__all__ = ["setups_run"]

_DEAD_BAND: Final = 0.5  # ATR from the mean up to which a timeframe has no trend


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
            holds = _happened(s, c, side, closed(r, c.tf))
        elif c.form == Form.ZONE:
            holds = _met(s, c, side, closed(r, c.tf))
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
        touch(t, s, bar, r)
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
            take(t, s, events[n], bars[i].i)
            n += 1
        setups_step(t, s, bars[i], readings[i], given[i].fired, signals[i])
