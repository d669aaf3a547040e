"""Hidden zones: candles' bodies that price skips in a gap.

A candle is engulfed and left behind; later a bar runs through its whole body (or at least its middle) and the
bar after it leaves the gap open: the body is hidden. It defends its side until price comes back into it; run
through again it is hidden once more, with price on its other side. What can happen is the same on either
side of a body and for either colour, upside down, so there is one code, written for price above it.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.board import board_add, board_due, board_remove, board_turn, far_edge, near_edge, side_of
from bullmachine.core.events import EventLog, Reason, State, emit
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ramp import ramp
from bullmachine.engines.hob.kinds import Kind
from bullmachine.engines.hob.records import Body, HobState, House
from bullmachine.engines.smc import SmcState
from bullmachine.engines.smc.candles import candle_at

__all__ = ["drop", "due_step", "end_body", "zones_step"]

_HOB: Final = int(Kind.HOB)
_PHOB: Final = int(Kind.PHOB)
_HOB_MITIGATED: Final = int(Kind.HOB_MITIGATED)
_HOB_END: Final = int(Kind.HOB_END)
_NEW: Final = int(State.NEW)
_UPDATE: Final = int(State.UPDATE)
_END: Final = int(State.END)
_AGE: Final = int(Reason.AGE)
_ENTERED: Final = int(Reason.ENTERED)
_GAP_CLOSED: Final = int(Reason.GAP_CLOSED)
_PARTIAL: Final = 0.6  # worth of a block of which only the middle was skipped


@kernel
def _view(z: Body) -> int:
    """+1 where price is above the body, -1 where it is below: a pass takes it to the other side."""
    return z.dir if z.n % 2 == 1 else -z.dir


@kernel
def _emit(log: EventLog, bar: Bar, z: Body, kind: int, state: int, reason: int) -> int:
    """An event about `z`; its slot."""
    k = emit(log, bar, kind, z.dir, z.hi if z.dir > 0 else z.lo, z.score)
    e = log.slots[k]
    e.i_ref = z.ref
    e.t_ref = z.ref_ts
    e.lo = z.lo
    e.hi = z.hi
    e.state = state
    e.reason = reason
    e.parent = z.id
    e.ev[0] = float(z.n)
    return k


@kernel
def drop(h: House, place: int) -> None:
    """The body at `place` is gone; a pass that waited for its next bar is too."""
    h.bodies[place].passed = -1
    board_remove(h.board, place)


@kernel
def end_body(h: House, place: int, kind: int, reason: int, bar: Bar, log: EventLog) -> None:
    """The body at `place` ends; one that never was hidden does so without a word."""
    z = h.bodies[place]
    if z.n > 0:
        _emit(log, bar, z, kind, _END, reason)
    drop(h, place)


@kernel
def _due(s: HobState, h: House, bar: Bar, log: EventLog) -> None:
    place = board_due(h.board, bar.i)
    while place >= 0:
        s.work += 1
        end_body(h, place, _HOB_END, _AGE, bar, log)
        place = board_due(h.board, bar.i)


@inlined
def due_step(s: HobState, bar: Bar, log: EventLog) -> None:
    """End the bodies whose time is over."""
    _due(s, s.waiting, bar, log)
    _due(s, s.hidden, bar, log)


@kernel
def _move(s: HobState, place: int) -> None:
    """A body that waited is hidden now."""
    a, b = s.waiting, s.hidden
    z = a.bodies[place]
    key = near_edge(z.dir, z.lo, z.hi)
    to = b.bodies[board_add(b.board, side_of(z.dir), z.dir, key, a.board.expiry[place], z.ref)]
    to.dir = z.dir
    to.lo = z.lo
    to.hi = z.hi
    to.room = z.room
    to.share = z.share
    to.ref = z.ref
    to.ref_ts = z.ref_ts
    to.n = z.n
    to.partial = z.partial
    to.touched = z.touched
    to.passed = -1
    to.hidden = z.hidden
    to.score = z.score
    to.id = z.id
    drop(a, place)


@kernel
def _score(z: Body, height: float) -> float:
    total = 0.4 * ramp(float(z.n), 0.0, 3.0) + 0.3 * ramp(z.share, 0.25, 0.6) + 0.2 * ramp(height, 0.5, 2.0)
    total += 0.0 if z.touched == 1 else 0.1
    return _PARTIAL * total if z.partial == 1 else total


@kernel
def _hide(s: HobState, h: House, place: int, gap: float, bar: Bar, atr: float, log: EventLog) -> None:
    """The gap stayed open: the body is hidden, once more or for the first time."""
    z = h.bodies[place]
    z.n += 1
    z.passed = -1
    z.hidden = bar.i
    height = gap / atr if atr > 0.0 else 0.0
    z.score = _score(z, height) if atr > 0.0 else 0.0
    kind = _PHOB if z.partial == 1 else _HOB
    e = log.slots[_emit(log, bar, z, kind, _NEW if z.n == 1 else _UPDATE, 0)]
    e.ev[1] = 0.5 * (z.lo + z.hi)
    e.ev[2] = z.share
    e.ev[3] = height
    e.ev[4] = float(z.touched)
    if z.n == 1:
        z.id = e.id
        _move(s, place)
    else:
        board_turn(h.board, place, _view(z), near_edge(_view(z), z.lo, z.hi))


@kernel
def _decide(s: HobState, h: House, smc: SmcState, bar: Bar, atr: float, log: EventLog) -> None:
    """The bar after a pass leaves the gap open or closes it."""
    n = h.n_passed
    h.n_passed = 0
    for k in range(n):
        place = h.passed[k]
        z = h.bodies[place]
        if z.passed != bar.i - 1:  # gone in between
            continue
        s.work += 1
        u = _view(z)
        first = candle_at(smc, bar.i - 2)
        high = bar.high if u > 0 else -bar.low
        gap = (first.low if u > 0 else -first.high) - high
        whole = z.partial == 0 and high <= far_edge(u, z.lo, z.hi) + z.room
        if whole or (z.partial == 1 and high < u * (0.5 * (z.lo + z.hi))):
            _hide(s, h, place, gap, bar, atr, log)
        else:
            end_body(h, place, _HOB_MITIGATED, _GAP_CLOSED, bar, log)


@kernel
def _passes(z: Body, u: int, last: float, low: float, bar: Bar) -> int:
    """1 where the bar runs through the body, -1 where it ends in it, 0 where it only comes near."""
    near, close = near_edge(u, z.lo, z.hi), u * bar.close
    coloured = z.n > 0 or z.dir * (bar.close - bar.open) > 0.0
    if z.partial == 0:
        if low >= near - z.room:
            z.touched = 1
            return 0
        if coloured and last >= near - z.room and close <= far_edge(u, z.lo, z.hi) + z.room:
            return 1
        if z.n > 0:
            return -1
        z.partial = 1
    middle = u * (0.5 * (z.lo + z.hi))
    if low > middle:
        return 0
    return 1 if coloured and last > middle and close < middle else -1


@kernel
def _walk(s: HobState, h: House, smc: SmcState, u: int, bar: Bar, log: EventLog) -> None:
    """Let the bar act on every body of a line that it reaches, nearest first."""
    line, before = h.board.lines[side_of(u)], candle_at(smc, bar.i - 1)
    low, last = (bar.low, before.low) if u > 0 else (-bar.high, -before.high)
    j = line.n - 1
    while j >= 0 and line.key[j] >= low:
        s.work += 1
        place = line.place[j]
        j -= 1
        z = h.bodies[place]
        if z.hidden == bar.i:
            continue
        found = _passes(z, u, last, low, bar)
        if found > 0:
            z.passed = bar.i
            h.passed[h.n_passed] = place
            h.n_passed += 1
        elif found < 0:
            end_body(h, place, _HOB_MITIGATED, _ENTERED, bar, log)


@kernel
def _act(s: HobState, h: House, smc: SmcState, bar: Bar, atr: float, log: EventLog) -> None:
    """What the bar does to the bodies of one house; it reaches none on most bars."""
    if h.n_passed > 0:
        _decide(s, h, smc, bar, atr, log)
    under, over = h.board.lines[0], h.board.lines[1]
    if under.n > 0 and under.key[under.n - 1] >= bar.low:
        _walk(s, h, smc, 1, bar, log)
    if over.n > 0 and over.key[over.n - 1] >= -bar.high:
        _walk(s, h, smc, -1, bar, log)


@inlined
def zones_step(s: HobState, smc: SmcState, bar: Bar, atr: float, log: EventLog) -> None:
    """What the bar does to the bodies that exist; a body that begins to be hidden on it is not looked at again."""
    _act(s, s.waiting, smc, bar, atr, log)
    _act(s, s.hidden, smc, bar, atr, log)
