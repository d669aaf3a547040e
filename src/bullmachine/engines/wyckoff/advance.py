"""The advance: signs of strength, the jump across the creek, points of support, markup (phase D)."""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog, Reason, State
from bullmachine.core.kernel import kernel
from bullmachine.core.ramp import ramp
from bullmachine.engines.wyckoff.book import book_keep
from bullmachine.engines.wyckoff.kinds import Kind, Phase
from bullmachine.engines.wyckoff.legs import leg_back, mean_rv, mean_sp, mean_volume
from bullmachine.engines.wyckoff.params import LpsParams, SosParams, WyckoffParams
from bullmachine.engines.wyckoff.records import (
    BU_SLOT,
    FAILED_SLOT,
    JAC_SLOT,
    KEY_LIFE,
    LPS_SLOT,
    SOS_SLOT,
    WyckoffState,
)
from bullmachine.engines.wyckoff.say import begin_visits, enter, fail, height, middle, refer, say, span, volume_kept
from bullmachine.engines.wyckoff.structure import Machine
from bullmachine.engines.wyckoff.window import close_at_edge

__all__ = ["advance_step", "show_strength", "strength"]

_SOS: Final = int(Kind.SOS)
_JAC: Final = int(Kind.JAC)
_LPS: Final = int(Kind.LPS)
_BU: Final = int(Kind.BU)
_MARKUP: Final = int(Kind.MARKUP)
_FAILED_SOS: Final = int(Kind.FAILED_SOS)
_B: Final = int(Phase.B)
_D: Final = int(Phase.D)
_E: Final = int(Phase.E)
_UPDATE: Final = int(State.UPDATE)
_NOVOL: Final = int(Reason.NOVOL)
_BREAKDOWN: Final = int(Reason.BREAKDOWN)
_BY_BAR: Final = 1  # what shows strength: a bar, a bar whose volume is missing, a whole leg
_BY_RANGE: Final = 2
_BY_LEG: Final = 3
_WITHOUT_VOLUME: Final = 0.6  # what a sign of strength counts without volume


@kernel
def _leg_shows(p: SosParams, s: WyckoffState, side: int, i: int) -> bool:
    """Whether the leg that runs is wider and heavier than the one it answers, and this bar is its end."""
    g, d = s.legs, 1 - 2 * side
    if p.leg == 0 or g.dir != d or g.ext_i != i or g.leg.n < 2 or g.n == 0:  # noqa: PLR2004  (one bar is no leg)
        return False
    before = leg_back(g, 0)
    wide = mean_sp(g.leg) >= p.leg_ratio * before.sp
    return wide and mean_rv(g.leg) >= p.leg_ratio * before.rv and d * g.origin < middle(s.machines[side])


@kernel
def strength(p: SosParams, s: WyckoffState, side: int, i: int) -> int:
    """How this bar shows strength, 0 if it does not."""
    t = s.turned[side]
    if not t.close > t.open:
        return 0
    if s.known == 0:
        half = middle(s.machines[side])
        wide = s.sp >= p.novol_sp and t.close > half and t.prev > half
        return _BY_RANGE if wide and close_at_edge(t.low, t.high, t.close) >= p.clv else 0
    if s.sp >= p.sp and s.rv >= p.rv and close_at_edge(t.low, t.high, t.close) >= p.clv:
        return _BY_BAR
    return _BY_LEG if _leg_shows(p, s, side, i) else 0


@kernel
def show_strength(
    p: WyckoffParams, s: WyckoffState, side: int, how: int, schematic: int, bar: Bar, log: EventLog
) -> None:
    """Say the sign of strength, and the jump if it goes across the creek: phase D."""
    t, m, d = s.turned[side], s.machines[side], 1 - 2 * side
    rv, sp, volume = s.rv, s.sp, s.v
    if how == _BY_LEG:
        rv, sp, volume = mean_rv(s.legs.leg), mean_sp(s.legs.leg), mean_volume(s.legs.leg)
    clv, half = close_at_edge(t.low, t.high, t.close), middle(m)
    score = 0.30 * ramp(rv, 1.3, 2.5) + 0.25 * ramp(sp, 1.2, 2.5) + 0.20 * ramp(clv, 0.6, 0.95)
    score += 0.25 if schematic == 1 else 0.125
    score = _WITHOUT_VOLUME * score if how == _BY_RANGE else score
    score = min(1.0, score + (p.lps.c_bonus if m.lps_c == 1 else 0.0))
    e = log.slots[say(s, side, 1, _SOS + side, t.close, score, bar, log)]
    span(e, side, t.low, t.high)
    e.parent = m.said if schematic == 1 else m.base
    e.reason = _NOVOL if how == _BY_RANGE else 0
    e.ev[0] = float(schematic)
    e.ev[1] = rv
    e.ev[2] = sp
    e.ev[3] = clv
    e.ev[4] = (t.close - half) / m.a
    e.ev[5] = 1.0 if how == _BY_LEG else 0.0
    e.ev[6] = float(m.lps_c)
    book_keep(s.books, SOS_SLOT + side, KEY_LIFE, bar.i, e.id, d * half, e.score)
    enter(m, _D, bar.i, e.id)
    m.v_sos = math.nan if how == _BY_RANGE else volume
    m.top = t.high
    m.origin = m.spring.low if schematic == 1 else m.support
    m.lps_c = 0
    m.pull.i = -1
    m.closes = 0
    m.jac_i = -1
    _jump(p.sos, s, side, bar, log)


@kernel
def _jump(p: SosParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """Say the jump, if this close is across the creek."""
    t, m, d = s.turned[side], s.machines[side], 1 - 2 * side
    if not t.close > m.creek + p.jac * m.a:
        return
    clv, away = close_at_edge(t.low, t.high, t.close), (t.close - m.creek) / m.a
    bar_score = 0.40 * ramp(s.rv, 1.3, 2.5) + 0.33 * ramp(s.sp, 1.2, 2.5) + 0.27 * ramp(clv, 0.6, 0.95)
    score = 0.5 * bar_score + 0.5 * ramp(away, 0.1, 1.0)
    e = log.slots[say(s, side, 1, _JAC + side, m.creek, score, bar, log)]
    span(e, side, m.creek, t.close)
    e.parent = m.said
    e.ev[0] = away
    e.ev[1] = s.rv
    e.ev[2] = s.sp
    e.ev[3] = clv
    book_keep(s.books, JAC_SLOT + side, KEY_LIFE, bar.i, e.id, d * middle(m), e.score)
    m.jac_i = bar.i
    m.jac_id = e.id


@kernel
def _point(p: LpsParams, s: WyckoffState, side: int, jumped: int, bar: Bar, log: EventLog) -> None:
    """The pull-back's low is a point of support, or a back-up to the creek."""
    m, d = s.machines[side], 1 - 2 * side
    q = m.pull
    away, half = (q.low - m.creek) / m.a, middle(m)
    back_up = jumped == 1 and abs(q.low - m.creek) <= p.bu * m.a
    retrace = (q.top - q.low) / (q.top - m.origin)  # the top lies above the middle, the origin under it
    volume, quiet = 0.0, 0.0
    if not (math.isnan(m.v_sos) or math.isnan(q.volume)):
        volume = q.volume / m.v_sos if m.v_sos > 0.0 else 0.0
        quiet = ramp(volume, 0.8, 0.3)
    place = ramp(abs(away), 1.0, 0.0) if back_up else ramp((q.low - half) / height(m), 0.0, 0.5)
    kind, slot = (_BU, BU_SLOT) if back_up else (_LPS, LPS_SLOT)
    score = 0.35 * quiet + 0.35 * place + 0.30 * ramp(retrace, 0.7, 0.3)
    e = log.slots[say(s, side, 1, kind + side, q.low, score, bar, log)]
    refer(e, q.i, q.ts)
    span(e, side, q.low, m.creek)
    e.parent = m.said
    e.ev[0] = volume
    e.ev[1] = away
    e.ev[2] = retrace
    e.ev[3] = float(jumped)
    book_keep(s.books, slot + side, KEY_LIFE, bar.i, e.id, d * q.low, e.score)


@kernel
def _markup(s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """The range is left: phase E."""
    t, m = s.turned[side], s.machines[side]
    e = log.slots[say(s, side, 1, _MARKUP + side, t.close, 1.0, bar, log)]
    span(e, side, m.support, m.creek)
    e.parent = m.jac_id
    e.ev[0] = float(bar.i - m.phase_i)
    e.ev[1] = float(m.closes)
    enter(m, _E, bar.i, e.id)


@kernel
def _fall_back(s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """The sign of strength failed: back to phase B."""
    m, d, close = s.machines[side], 1 - 2 * side, s.turned[side].close
    away = (middle(m) - close) / m.a
    score = 0.5 * ramp(away, 0.0, 1.0) + 0.5 * ramp(s.rv, 1.0, 2.0)
    e = log.slots[say(s, side, -1, _FAILED_SOS + side, middle(m), score, bar, log)]
    e.parent = m.said
    e.state = _UPDATE
    e.ev[0] = away
    e.ev[1] = s.rv
    book_keep(s.books, FAILED_SLOT + 1 - side, KEY_LIFE, bar.i, e.id, d * m.creek, e.score)
    enter(m, _B, bar.i, e.id)
    begin_visits(m, 0)


@kernel
def _pull_low(m: Machine, low: float, volume: float, bar: Bar) -> None:
    m.pull.i = bar.i
    m.pull.ts = bar.ts
    m.pull.low = low
    m.pull.volume = volume


@kernel
def _pull_back(p: LpsParams, s: WyckoffState, side: int, jumped: int, bar: Bar, log: EventLog) -> bool:
    """Follow the pull-backs; whether one of them held after the jump."""
    t, m = s.turned[side], s.machines[side]
    q, held = m.pull, False
    if q.i >= 0:
        if t.low < q.low:
            _pull_low(m, t.low, s.v, bar)
        elif t.close - q.low >= p.confirm * m.a:
            if q.low >= middle(m) and volume_kept(q.volume, p.volume, m.v_sos):
                _point(p, s, side, jumped, bar, log)
                held = jumped == 1
            q.i = -1
            m.top = t.high
    elif m.top - t.low >= p.confirm * m.a:
        _pull_low(m, t.low, s.v, bar)
        q.top = m.top
    m.top = max(m.top, t.high)
    return held


@kernel
def advance_step(p: WyckoffParams, s: WyckoffState, side: int, bar: Bar, log: EventLog) -> None:
    """Phase D: points of support and the jump, until the range is left or the strength was none."""
    t, m = s.turned[side], s.machines[side]
    if t.close < m.support:
        fail(s, side, _BREAKDOWN, bar, log)
        return
    if t.close < middle(m):
        _fall_back(s, side, bar, log)
        return
    jumped = 1 if m.jac_i >= 0 else 0
    if _pull_back(p.lps, s, side, jumped, bar, log):
        _markup(s, side, bar, log)
        return
    if jumped == 0:
        _jump(p.sos, s, side, bar, log)
        return
    m.closes = m.closes + 1 if t.close > m.creek else 0
    if m.closes == p.markup.closes:
        _markup(s, side, bar, log)
