"""Signs of strength of the Wyckoff twin's range machine, and the jump across the creek."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tests.oracle.wyckoff_twin_base import JAC, NOVOL, SOS, Bar, D, climb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.oracle.wyckoff_twin_machine import Machine


class Effort(NamedTuple):
    """What carried a sign of strength: a bar, a leg, or (without volume) a wide bar alone."""

    rv: float | None
    sp: float
    volume: float | None
    leg: float
    worth: float


def _effort(m: Machine, bar: Bar, before: Bar) -> Effort | None:
    s, rules = m.structure, m.rules
    up = bar.close > bar.open
    if up and bar.rv is not None and bar.sp >= rules.sos_sp and bar.rv >= rules.sos_rv and bar.clv >= rules.sos_clv:
        return Effort(bar.rv, bar.sp, bar.volume, 0.0, 1.0)
    if bar.rv is None:
        wide = up and bar.sp >= rules.novol_sp and bar.clv >= rules.sos_clv
        held = bar.close > s.mid and before.close > s.mid
        return Effort(None, bar.sp, None, 0.0, 0.6) if wide and held else None
    return _advance(m, bar) if up and rules.leg else None


def _advance(m: Machine, bar: Bar) -> Effort | None:
    s, rules, leg = m.structure, m.rules, m.legs.current
    if leg is None or not m.legs.done:
        return None
    leg, old = leg.turned(m.side), m.legs.done[-1].turned(m.side)
    if leg.dir != 1 or leg.extreme_at != bar.i or len(leg.bars) < 2 or leg.origin >= s.mid:
        return None
    if leg.rv is None or old.rv is None or leg.sp is None or old.sp is None:
        return None
    if leg.sp < rules.leg_ratio * old.sp or leg.rv < rules.leg_ratio * old.rv:
        return None
    return Effort(leg.rv, leg.sp, leg.volume, 1.0, 1.0)


def strength(m: Machine, bar: Bar, past: Sequence[Bar], schematic: int) -> bool:
    """Whether this bar is a sign of strength, which is told."""
    s, rules = m.structure, m.rules
    e = _effort(m, bar, past[-1]) if bar.spread > 0 else None
    if e is None:
        return False
    score = 0.3 * climb(e.rv, 1.3, 2.5) + 0.25 * climb(e.sp, 1.2, 2.5) + 0.2 * climb(bar.clv, 0.6, 0.95)
    score = e.worth * (score + 0.25 * (1.0 if schematic == 1 else 0.5)) + rules.c_bonus * s.last_point
    ev = (schematic, e.rv or 0.0, e.sp, bar.clv, (bar.close - s.mid) / s.a, e.leg, float(s.last_point))
    parent = s.base if s.spring is None else s.spring.told
    s.origin = s.support if s.spring is None else s.spring.lowest.low
    told = m.say(
        bar, SOS, bar.close, span=(bar.low, bar.high), score=min(score, 1.0), parent=parent, ev=ev,
        reason=NOVOL if e.rv is None else 0, refuted_by=s.mid,
    )  # fmt: skip
    m.enter(bar, D, told)
    s.effort, s.top, s.pull, s.jumped, s.closes, s.last_point = e.volume, bar.high, None, None, 0, False
    if bar.close > s.top_edge + rules.jac * s.a:
        jump(m, bar)
    return True


def jump(m: Machine, bar: Bar) -> None:
    s = m.structure
    s.jumped = bar.i
    beyond = (bar.close - s.top_edge) / s.a
    effort = 0.4 * climb(bar.rv, 1.3, 2.5) + 0.33 * climb(bar.sp, 1.2, 2.5) + 0.27 * climb(bar.clv, 0.6, 0.95)
    score, ev = 0.5 * effort + 0.5 * climb(beyond, 0.1, 1), (beyond, bar.rv or 0.0, bar.sp, bar.clv)
    span = (s.top_edge, bar.close)
    s.jump = m.say(bar, JAC, s.top_edge, span=span, score=score, parent=s.said, ev=ev, refuted_by=s.mid)
