"""Climax and automatic rally: how a structure begins (phases N, E and A1).

Written for the selling climax; the buying climax is the same on the turned chart.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog, Reason, State
from bullmachine.core.kernel import kernel
from bullmachine.core.ramp import ramp
from bullmachine.engines.wyckoff.kinds import Kind, Phase
from bullmachine.engines.wyckoff.params import RallyParams, WyckoffParams
from bullmachine.engines.wyckoff.records import WyckoffState
from bullmachine.engines.wyckoff.say import begin_visits, end, enter, fail, middle, refer, say, span
from bullmachine.engines.wyckoff.structure import Machine
from bullmachine.engines.wyckoff.window import close_at_edge, floor_under, top_before

__all__ = ["climax_step", "markup_step", "rally_step"]

_PS: Final = int(Kind.PS)
_SC: Final = int(Kind.SC)
_AR: Final = int(Kind.AR)
_A1: Final = int(Phase.A1)
_A2: Final = int(Phase.A2)
_E: Final = int(Phase.E)
_UPDATE: Final = int(State.UPDATE)
_REPLACED: Final = int(Reason.REPLACED)
_SUPERSEDED: Final = int(Reason.SUPERSEDED)
_BREAKDOWN: Final = int(Reason.BREAKDOWN)
_TIMEOUT: Final = int(Reason.TIMEOUT)
_NO_TR: Final = int(Reason.NO_TR)
_BELOW_MID: Final = int(Reason.BELOW_MID)
_AGE: Final = int(Reason.AGE)


@kernel
def _remember(s: WyckoffState, side: int, fall: float, bar: Bar) -> None:
    """This bar may turn out to be a preliminary support."""
    t, q = s.turned[side], s.machines[side].preliminary
    q.i = bar.i
    q.ts = bar.ts
    q.low = t.low
    q.high = t.high
    q.rv = s.rv
    q.sp = s.sp
    q.clv = close_at_edge(t.low, t.high, t.close)
    q.fall = fall
    q.score = (
        0.35 * ramp(s.rv, 1.5, 3.0)
        + 0.25 * ramp(s.sp, 1.2, 2.5)
        + 0.20 * ramp(q.clv, 0.0, 0.6)
        + 0.20 * ramp(fall, 3.0, 8.0)
    )


@kernel
def _preliminary(s: WyckoffState, side: int, n: int, bar: Bar, log: EventLog) -> int:
    """Tell the preliminary support, if there was one lately; its event."""
    q = s.machines[side].preliminary
    i, id_ = q.i, -1
    q.i = -1
    if i >= 0 and bar.i - i <= n:
        e = log.slots[say(s, side, 1, _PS + side, q.low, q.score, bar, log)]
        refer(e, i, q.ts)
        span(e, side, q.low, q.high)
        e.ev[0] = q.rv
        e.ev[1] = q.sp
        e.ev[2] = q.clv
        e.ev[3] = q.fall
        id_ = e.id
    return id_


@kernel
def _climax(s: WyckoffState, side: int, drop: float, parent: int, bar: Bar, log: EventLog) -> None:
    """This bar is the climax: the structure is measured with it."""
    t, m = s.turned[side], s.machines[side]
    clv, fall = close_at_edge(t.low, t.high, t.close), drop / s.atr
    score = (
        0.35 * ramp(s.rv, 2.0, 4.0)
        + 0.25 * ramp(s.sp, 1.5, 3.0)
        + 0.20 * ramp(clv, 0.0, 0.6)
        + 0.20 * ramp(fall, 5.0, 10.0)
    )
    e = log.slots[say(s, side, 1, _SC + side, t.low, score, bar, log)]
    span(e, side, t.low, t.high)
    if m.phase == _A1:
        e.state = _UPDATE
        e.reason = _REPLACED
    e.parent = parent
    e.ev[0] = s.rv
    e.ev[1] = s.sp
    e.ev[2] = clv
    e.ev[3] = fall
    m.said = e.id
    m.v_ref = s.v
    m.r_ref = t.high - t.low
    m.rv_ref = s.rv
    m.drop = drop
    m.climax_i = bar.i
    _lower(m, t.low, bar.i)
    s.climax_dir = 0 if s.climax_i == bar.i else 1 - 2 * side
    s.climax_i = bar.i


@kernel
def _lower(m: Machine, low: float, i: int) -> None:
    """The rally begins again from here."""
    m.support = low
    m.low_i = i
    m.run_i = -1
    m.rv_sum = 0.0
    m.rv_n = 0


@kernel
def climax_step(p: WyckoffParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """Phases N and E: look for a climax at a new low, on a bar that is wide and heavy enough for something."""
    t, m, c = s.turned[side], s.machines[side], p.climax
    if not (t.close < t.prev and t.low < floor_under(s, side, bar.i, c.n_low, t.low)):
        return
    drop = top_before(s, side, bar.i, c.n_high) - t.low
    fall = drop / s.atr
    if s.sp >= c.sp and s.rv >= c.rv and fall >= c.drop:
        if m.phase == _E:
            end(s, side, _SUPERSEDED, bar, log)
        parent = _preliminary(s, side, c.n_high, bar, log)
        m.a = s.atr
        _climax(s, side, drop, parent, bar, log)
        enter(m, _A1, bar.i, m.said)
    elif s.sp >= c.ps_sp and s.rv >= c.ps_rv and fall >= c.ps_drop:
        _remember(s, side, fall, bar)


@kernel
def markup_step(p: WyckoffParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """Phase E: a new climax ends the markup, a close below the middle, or age."""
    m = s.machines[side]
    if s.wide == 1:
        climax_step(p, s, side, bar, log)
    if m.phase != _E:
        return
    if s.turned[side].close < middle(m):
        end(s, side, _BELOW_MID, bar, log)
    elif bar.i - m.phase_i > p.markup.e_max:
        end(s, side, _AGE, bar, log)


@kernel
def _rally(s: WyckoffState, side: int, p: RallyParams, bar: Bar, log: EventLog) -> None:
    """The rally is over: its high is the creek, if the range is not too high."""
    m = s.machines[side]
    rise = m.run - m.support
    if rise > p.max_height * m.a:
        fail(s, side, _NO_TR, bar, log)
        return
    m.creek = m.run
    bars = float(m.run_i - m.low_i)
    quiet = 0.0 if math.isnan(m.run_rv) else ramp(m.run_rv, 1.5, 0.7)
    score = 0.5 * ramp(rise / m.a, 2.0, 5.0) + 0.3 * quiet + 0.2 * ramp(bars, 10.0, 3.0)
    e = log.slots[say(s, side, 1, _AR, m.creek, score, bar, log)]
    refer(e, m.run_i, m.run_ts)
    span(e, side, m.support, m.creek)
    e.parent = m.said
    e.ev[0] = rise / m.a
    e.ev[1] = rise / m.drop
    e.ev[2] = 0.0 if math.isnan(m.run_rv) else m.run_rv / m.rv_ref
    e.ev[3] = bars
    m.base = e.id
    m.start_i = m.low_i
    m.touches = 1
    m.near = 0
    m.n_st = 0
    m.lps_c = 0
    begin_visits(m, 1)
    enter(m, _A2, bar.i, e.id)


@kernel
def _run_on(s: WyckoffState, side: int, bar: Bar) -> None:
    """The rally has a new high."""
    m = s.machines[side]
    m.run = s.turned[side].high
    m.run_i = bar.i
    m.run_ts = bar.ts
    m.run_rv = m.rv_sum / m.rv_n if m.rv_n > 0 else math.nan


@kernel
def rally_step(p: WyckoffParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """Phase A1: lower lows replace the climax, or the rally from it goes on or ends."""
    t, m = s.turned[side], s.machines[side]
    if t.low < m.support:
        if s.known == 1 and s.sp >= p.climax.again_sp and s.rv >= p.climax.again_rv:
            drop = top_before(s, side, bar.i, p.climax.n_high) - t.low
            _climax(s, side, drop, m.said, bar, log)
            return
        if t.close < m.support - p.range.fail * m.a:
            fail(s, side, _BREAKDOWN, bar, log)
            return
        _lower(m, t.low, bar.i)
    else:
        m.rv_sum += s.rv
        m.rv_n += s.known
        if m.run_i < 0 or t.high > m.run:
            _run_on(s, side, bar)
        elif m.run - m.support >= p.rally.least * m.a and m.run - t.close >= p.rally.pull * m.a:
            _rally(s, side, p.rally, bar, log)
            return
    if bar.i - m.climax_i > p.rally.max_bars:
        fail(s, side, _TIMEOUT, bar, log)
