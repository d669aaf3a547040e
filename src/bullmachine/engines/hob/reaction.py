"""Reactions: price met a zone that defends its side, and the bar shows that it was defended."""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.board import far_edge, side_of
from bullmachine.core.events import EventLog, Reason, State, emit
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.slots import slots_fade, slots_keep
from bullmachine.engines.hob.kinds import Kind
from bullmachine.engines.hob.params import HobParams, ReactionParams
from bullmachine.engines.hob.records import REACTION_LIFE, REACTION_SLOT, Body, Claim, HobState
from bullmachine.engines.smc import SmcState
from bullmachine.engines.smc.records import Met
from bullmachine.engines.smc.zones import NEAR_SWEEP, NO_SWEEP, SWEEP_BARS, meet_near, near_sweep

__all__ = ["reaction_step"]

_ZONE: Final = 0.30  # shares of a reaction's score
_ABSORB: Final = 0.25
_SPIKE: Final = 0.20
_SWEEP: Final = 0.25
_ONE_MORE: Final = 0.05  # what each further zone met adds to the best one's quality, and at most
_STACKED: Final = 0.10
_HOB_REACTION: Final = int(Kind.HOB_REACTION)
_REACTION_FAIL: Final = int(Kind.REACTION_FAIL)
_HOB_END: Final = int(Kind.HOB_END)
_END: Final = int(State.END)
_NONE: Final = int(Reason.NONE)
_REPLACED: Final = int(Reason.REPLACED)
_AGE: Final = int(Reason.AGE)
_TARGET: Final = int(Reason.TARGET)


@kernel
def _over(c: Claim, d: int, kind: int, reason: int, bar: Bar, log: EventLog) -> None:
    e = log.slots[emit(log, bar, kind, d, 0.5 * (c.lo + c.hi), c.score)]
    e.i_ref = c.ref
    e.t_ref = c.ref_ts
    e.lo = c.lo
    e.hi = c.hi
    e.state = _END
    e.reason = reason
    e.parent = c.id
    c.live = 0


@kernel
def _judge(p: ReactionParams, c: Claim, d: int, bar: Bar, log: EventLog) -> None:
    """An earlier bar's reaction fails, comes true or grows old."""
    if c.live == 0:
        return
    if d * bar.close < far_edge(d, c.lo, c.hi):
        _over(c, d, _REACTION_FAIL, _NONE, bar, log)
    elif d * ((bar.high if d > 0 else bar.low) - c.close) >= c.atr:
        _over(c, d, _HOB_END, _TARGET, bar, log)
    elif bar.i - c.i >= p.life:
        _over(c, d, _HOB_END, _AGE, bar, log)


@kernel
def _better(m: Met, z: Body) -> None:
    """Count a hidden zone, and keep the best, the older where two are as good."""
    m.n += 1
    if m.n == 1 or z.score > m.quality or (z.score == m.quality and z.id < m.id):
        m.quality = z.score
        m.id = z.id
        m.lo = z.lo
        m.hi = z.hi
        m.ref = z.ref
        m.ref_ts = z.ref_ts


@kernel
def _meet_own(s: HobState, smc: SmcState, d: int, bar: Bar, atr: float) -> None:
    """The hidden zones defending `d` that this bar, or a sweep lately, met."""
    line, m = s.hidden.board.lines[side_of(d)], s.met
    low = bar.low if d > 0 else -bar.high
    sweep = near_sweep(smc, d, bar, atr)
    room = NEAR_SWEEP * atr
    reach = low if sweep == NO_SWEEP else min(low, sweep - room)
    m.n = 0
    j = line.n - 1
    while j >= 0 and line.key[j] >= reach:
        s.work += 1
        z, top = s.hidden.bodies[line.place[j]], line.key[j]
        j -= 1
        near = low <= top or far_edge(d, z.lo, z.hi) - room <= sweep <= top + room
        if near and z.dir == d and z.passed < 0:
            _better(m, z)


@kernel
def _meet_theirs(s: HobState, smc: SmcState, d: int, bar: Bar, atr: float) -> None:
    """The zones of structure that this bar, or a sweep lately, met."""
    reached, m = smc.met[side_of(d)], s.theirs
    m.n = reached.n
    m.quality = reached.quality
    m.id = reached.id
    m.lo = reached.lo
    m.hi = reached.hi
    m.ref = reached.ref
    m.ref_ts = reached.ref_ts
    meet_near(smc, d, bar, atr, m)


@kernel
def _meet(s: HobState, smc: SmcState, d: int, bar: Bar, atr: float) -> None:
    """All zones met, those of structure among them: `s.met`."""
    _meet_own(s, smc, d, bar, atr)
    _meet_theirs(s, smc, d, bar, atr)
    m, other = s.met, s.theirs
    if other.n > 0 and (m.n == 0 or other.quality > m.quality):
        m.quality = other.quality
        m.id = other.id
        m.lo = other.lo
        m.hi = other.hi
        m.ref = other.ref
        m.ref_ts = other.ref_ts
    m.n += other.n


@kernel
def _claim(
    s: HobState, d: int, q: float, absorb: float, sweep: float, score: float, bar: Bar, atr: float, log: EventLog
) -> None:
    """The reaction at `s.met`; it replaces a live one."""
    m, c = s.met, s.claims[side_of(d)]
    if c.live == 1:
        _over(c, d, _HOB_END, _REPLACED, bar, log)
    e = log.slots[emit(log, bar, _HOB_REACTION, d, 0.5 * (m.lo + m.hi), score)]
    e.i_ref = m.ref
    e.t_ref = m.ref_ts
    e.lo = m.lo
    e.hi = m.hi
    e.parent = m.id
    e.ev[0] = q
    e.ev[1] = absorb
    e.ev[2] = s.shown.spike
    e.ev[3] = sweep
    e.ev[4] = float(m.n)
    c.live = 1
    c.i = bar.i
    c.close = bar.close
    c.atr = atr
    c.lo = m.lo
    c.hi = m.hi
    c.ref = m.ref
    c.ref_ts = m.ref_ts
    c.score = score
    c.id = e.id
    far = m.lo if d > 0 else m.hi
    slots_keep(s.slots, REACTION_SLOT + side_of(d), REACTION_LIFE, bar.i, e.id, far, score)


@kernel
def _total(q: float, absorb: float, spike: float, sweep: float) -> float:
    return _ZONE * q + _ABSORB * absorb + _SPIKE * spike + _SWEEP * sweep


@kernel
def _swept(smc: SmcState, d: int, bar: Bar) -> float:
    """Score of the last sweep of direction `d` while it counts."""
    last = smc.swept[side_of(d)]
    score = last.score  # read in any case: chosen without a branch
    return score if bar.i - last.known <= SWEEP_BARS else 0.0


@kernel
def _react(p: ReactionParams, s: HobState, smc: SmcState, d: int, bar: Bar, atr: float, log: EventLog) -> None:
    absorb, sweep = s.shown.absorb if s.shown.dir == d else 0.0, _swept(smc, d, bar)
    if _total(1.0, absorb, s.shown.spike, sweep) < p.min_score:
        return
    _meet(s, smc, d, bar, atr)
    m = s.met
    if m.n == 0 or not d * (bar.close - 0.5 * (m.lo + m.hi)) > 0.0:
        return
    q = min(1.0, m.quality + min(_STACKED, _ONE_MORE * (m.n - 1)))
    score = _total(q, absorb, s.shown.spike, sweep)
    if score >= p.min_score:
        _claim(s, d, q, absorb, sweep, score, bar, atr, log)


@inlined
def reaction_step(p: HobParams, s: HobState, smc: SmcState, bar: Bar, atr: float, log: EventLog) -> None:
    """Judge the reactions of earlier bars, then look for new ones at the zones as they were before this bar."""
    slots_fade(s.slots, bar.close)
    _judge(p.reaction, s.claims[0], 1, bar, log)
    _judge(p.reaction, s.claims[1], -1, bar, log)
    if not atr > 0.0:
        return
    sweep = max(_swept(smc, 1, bar), _swept(smc, -1, bar))
    if _total(1.0, s.shown.absorb, s.shown.spike, sweep) < p.reaction.min_score:  # on most bars no zone is good enough
        return
    _react(p.reaction, s, smc, 1, bar, atr, log)
    _react(p.reaction, s, smc, -1, bar, atr, log)
