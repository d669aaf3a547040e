"""Phases B, C and D of the Wyckoff twin's range machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.wyckoff_twin_base import (
    AGE,
    BELOW_SPRING,
    BREAKDOWN,
    BU,
    DEPTH,
    END,
    FAILED_SOS,
    LPS,
    LPS_C,
    MARKUP,
    NO_RECLAIM,
    NO_TR,
    SPRING,
    TEST,
    TEST_FAIL,
    TEST_OK,
    UA,
    UNDERCUT,
    UPDATE,
    B,
    Bar,
    C,
    E,
    climb,
)  # fmt: skip
from tests.oracle.wyckoff_twin_state import Pierce, Pullback, Trial
from tests.oracle.wyckoff_twin_strength import jump, strength

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.oracle.wyckoff_twin_machine import Machine


def building(m: Machine, bar: Bar, past: Sequence[Bar]) -> None:
    """Phase B."""
    s, rules = m.structure, m.rules
    dip = m.revisited(bar)
    if _pierced(m, bar):
        return
    if s.pierce is None:
        if dip is not None:
            m.secondary(bar, dip)
        if bar.high > s.top_edge + rules.eps * s.a and bar.close <= s.top_edge and not s.upthrust:
            s.upthrust = True
            ev = ((bar.high - s.top_edge) / s.a,)
            m.say(bar, UA, s.top_edge, dir_=-1, span=(s.top_edge, bar.high), parent=s.base, ev=ev)
        _last_point(m, bar)
        if bar.i - s.b >= rules.min_b and bar.close > s.top_edge + rules.jac * s.a and strength(m, bar, past, 2):
            return
    if bar.close > s.top_edge + rules.leave * s.height:
        m.fail(bar, NO_TR)
    elif bar.i - s.b > rules.b_max:
        m.fail(bar, AGE)


def _pierced(m: Machine, bar: Bar) -> bool:
    """Price below the support; whether that decided something on this bar."""
    s, rules = m.structure, m.rules
    if s.pierce is None:
        if bar.low >= s.support - rules.eps * s.a:
            return False
        s.pierce = Pierce(bar)
    p = s.pierce
    p.bars.append(bar)
    p.lowest = bar if bar.low < p.lowest.low else p.lowest
    if s.support - p.lowest.low > max(rules.depth_atr * s.a, rules.depth_height * s.height):
        m.fail(bar, DEPTH)
    elif bar.close >= s.support:
        _reclaimed(m, bar, p)
    elif len(p.bars) == rules.spring_bars:
        m.fail(bar, NO_RECLAIM)
    else:
        return False
    return True


def _reclaimed(m: Machine, bar: Bar, p: Pierce) -> None:
    s, rules, low = m.structure, m.rules, p.lowest.low
    s.pierce = None
    s.forget_revisit()
    depth, rv = (s.support - low) / s.a, p.rv
    p.kind = 0 if rv is None else 3 if rv <= rules.quiet_rv else 2 if rv <= rules.heavy_rv else 1
    p.score_but_volume = 0.3 * climb(depth, 1.5, 0.2) + 0.25 * climb(len(p.bars), 3, 1) + 0.2 * climb(bar.clv, 0.4, 0.9)
    score = p.score_but_volume + 0.25 * (0.0, 0.3, 0.6, 1.0)[p.kind]
    terminal = float(p.kind == 1 and depth > 1)
    p.ev, p.edge = (depth, len(p.bars), rv or 0.0, bar.clv, p.kind, terminal, bar.i - s.b), s.support
    early = bar.i - s.b < rules.min_b
    more = {"span": (low, s.support), "ref": p.lowest.i, "score": score, "parent": s.base, "ev": p.ev}
    p.told = m.say(bar, UNDERCUT if early else SPRING, low, refuted_by=low, **more)
    if early:
        s.tests += 1
        s.support = low
    else:
        s.spring, s.trial = p, None
        m.enter(bar, C, p.told)


def _last_point(m: Machine, bar: Bar) -> None:
    """A higher low on less volume, while the range is still being built."""
    s, rules = m.structure, m.rules
    if m.legs.now is None or m.legs.now.turned(m.side).dir == 1 or bar.i - s.b < rules.min_b or s.tests < 2:
        return
    downs = [leg for leg in m.legs.last(m.side) if leg.dir == -1][-2:]
    if len(downs) < 2 or downs[0].origin_at < s.start:
        return
    old, new = downs
    up = (new.extreme - s.support) / s.height
    if new.extreme <= old.extreme or new.extreme < s.support + rules.c_area * s.height or new.extreme > s.top_edge:
        return
    if old.volume is None or new.volume is None or new.volume > rules.c_volume * old.volume:
        return
    ratio = new.volume / old.volume if old.volume else 0.0
    score, ev = 0.5 * climb(ratio, 0.7, 0.3) + 0.5 * climb(up, 0.2, 0.5), (ratio, up, bar.i - s.b)
    m.say(bar, LPS_C, new.extreme, ref=new.extreme_at, score=score, parent=s.base, ev=ev)
    s.last_point = True


def sprung(m: Machine, bar: Bar, past: Sequence[Bar]) -> None:
    """Phase C."""
    s, rules = m.structure, m.rules
    assert s.spring is not None
    low = s.spring.lowest.low
    _judge_trial(m, bar, low)
    if bar.close < low:
        m.fail(bar, BELOW_SPRING)
        return
    if bar.close > s.mid and strength(m, bar, past, 1):
        return
    if s.trial is None and _is_trial(m, bar, past[-1], s.spring):
        _tested(m, bar, s.spring)
    if bar.i - s.since > rules.c_max:
        m.enter(bar, B, s.base)
        s.spring = s.trial = s.pierce = None
        s.forget_revisit()


def _judge_trial(m: Machine, bar: Bar, low: float) -> None:
    trial = m.structure.trial
    if trial is None or not trial.pending:
        return
    more = {"ref": trial.bar.i, "state": END, "parent": trial.told}
    if bar.low < low:
        m.say(bar, TEST_FAIL, low, dir_=-1, **more)
    elif bar.close > trial.bar.high:
        m.say(bar, TEST_OK, trial.bar.high, score=trial.score, refuted_by=low, **more)
    elif bar.i - trial.bar.i < m.rules.ok_bars:
        return
    trial.pending = False


def _is_trial(m: Machine, bar: Bar, before: Bar, spring: Pierce) -> bool:
    s, rules = m.structure, m.rules
    if spring.volume is None or bar.volume is None:
        return False
    near = bar.low <= s.support + rules.area * s.height and bar.low > spring.lowest.low
    quiet = bar.volume <= rules.test_volume * spring.volume and bar.spread <= rules.test_spread * spring.spread
    return near and quiet and s.support <= bar.close <= before.close


def _tested(m: Machine, bar: Bar, spring: Pierce) -> None:
    s, low = m.structure, spring.lowest.low
    assert bar.volume is not None
    quiet = bar.volume / spring.volume if spring.volume else 0.0
    ev = (quiet, bar.spread / spring.spread, (bar.low - low) / s.a)
    score = 0.5 * climb(ev[0], 0.7, 0.2) + 0.3 * climb(ev[1], 0.8, 0.3) + 0.2 * climb(ev[2], 0, 1)
    more = {"span": (bar.low, bar.high), "score": score, "parent": spring.told, "ev": ev}
    told = m.say(bar, TEST, bar.low, refuted_by=low, **more)
    s.trial = Trial(bar, told, m.log.told[told].score / (m.rules.worth if s.locked else 1.0))
    if spring.kind == 1:
        raised = {"span": (low, spring.edge), "ref": spring.lowest.i, "state": UPDATE, "parent": spring.told}
        score = spring.score_but_volume + 0.25 * 0.8
        m.say(bar, SPRING, low, refuted_by=low, score=score, ev=spring.ev, **raised)


def strong(m: Machine, bar: Bar) -> None:
    """Phase D."""
    s, rules = m.structure, m.rules
    if bar.close < s.support:
        m.fail(bar, BREAKDOWN)
    elif bar.close < s.mid:
        _weak(m, bar)
    elif not _pulled_back(m, bar):
        if s.jumped is None:
            if bar.close > s.top_edge + rules.jac * s.a:
                jump(m, bar)
            return
        s.closes = s.closes + 1 if bar.close > s.top_edge else 0
        if s.closes == rules.e_closes:
            _markup(m, bar)


def _weak(m: Machine, bar: Bar) -> None:
    s = m.structure
    below = (s.mid - bar.close) / s.a
    score, ev = 0.5 * climb(below, 0, 1) + 0.5 * climb(bar.rv, 1, 2), (below, bar.rv or 0.0)
    more = {"score": score, "state": UPDATE, "parent": s.said, "ev": ev}
    m.enter(bar, B, m.say(bar, FAILED_SOS, s.mid, dir_=-1, refuted_by=s.top_edge, **more))
    s.spring = s.trial = s.pierce = s.pull = s.jumped = None
    s.forget_revisit()


def _pulled_back(m: Machine, bar: Bar) -> bool:
    """Follow the pull-back; whether it led into the markup on this bar."""
    s, rules, pull = m.structure, m.rules, m.structure.pull
    led = False
    if pull is None:
        if s.top - bar.low >= rules.lps_confirm * s.a:
            s.pull = Pullback(bar, s.top)
        s.top = max(s.top, bar.high)
    elif bar.low < pull.bar.low:
        s.pull = Pullback(bar, pull.top)
        s.top = max(s.top, bar.high)
    elif bar.close - pull.bar.low >= rules.lps_confirm * s.a:
        s.pull, s.top = None, bar.high
        if pull.bar.low >= s.mid and m.calm(pull.bar.volume, rules.lps_volume, s.effort):
            led = _last_support(m, bar, pull)
    else:
        s.top = max(s.top, bar.high)
    return led


def _last_support(m: Machine, bar: Bar, pull: Pullback) -> bool:
    s, low = m.structure, pull.bar.low
    jumped, away = s.jumped is not None, (low - s.top_edge) / s.a
    kind = BU if jumped and abs(low - s.top_edge) <= m.rules.bu * s.a else LPS
    quiet = None
    if s.effort is not None and pull.bar.volume is not None:
        quiet = pull.bar.volume / s.effort if s.effort else 0.0
    leg = pull.top - s.origin
    back = (pull.top - low) / leg if leg > 0 else 0.0
    place = climb(abs(away), 1, 0) if kind == BU else climb((low - s.mid) / s.height, 0, 0.5)
    score = 0.35 * climb(quiet, 0.8, 0.3) + 0.35 * place + 0.3 * climb(back, 0.7, 0.3)
    ev, span = (quiet or 0.0, away, back, float(jumped)), (low, s.top_edge)
    m.say(bar, kind, low, span=span, ref=pull.bar.i, score=score, parent=s.said, ev=ev, refuted_by=low)
    if jumped:
        _markup(m, bar)
    return jumped


def _markup(m: Machine, bar: Bar) -> None:
    s = m.structure
    span, ev = (s.support, s.top_edge), (bar.i - s.since, s.closes)
    m.enter(bar, E, m.say(bar, MARKUP, bar.close, span=span, score=1.0, parent=s.jump, ev=ev))
