"""The range machine of the Wyckoff twin: climax, automatic rally, first test, the end of a markup."""

import dataclasses
from collections.abc import Sequence

from tests.oracle import wyckoff_twin_phases as phases
from tests.oracle.wyckoff_twin_base import (
    A1,
    A2,
    ACC_FAIL,
    AGE,
    AR,
    BELOW_MID,
    BREAKDOWN,
    END,
    NEW,
    NO_TR,
    PS,
    RANGE_END,
    REPLACED,
    SC,
    SPRING,
    ST,
    SUPERSEDED,
    TIMEOUT,
    UPDATE,
    B,
    Bar,
    C,
    D,
    E,
    Log,
    N,
    Rules,
    climb,
    mean,
)  # fmt: skip
from tests.oracle.wyckoff_twin_legs import Legs
from tests.oracle.wyckoff_twin_state import Candidate, Dip, Structure


class Machine:
    """One side. `bar` and `past` are turned to it; `structure` is all that a reset empties."""

    def __init__(self, rules: Rules, log: Log, legs: Legs, side: int) -> None:
        self.rules, self.log, self.legs, self.side = rules, log, legs, side
        self.structure = Structure()
        self.candidate: Candidate | None = None
        self.last = -1
        self.sprang = -1
        self.levels: dict[int, float | None] = {}  #: place in the log -> what refutes it, turned
        self.moved = self.changed = False

    def say(self, bar: Bar, kind: int, price: float, *, refuted_by: float | None = None, **more: object) -> int:
        """Tell an event; what a locked range says is worth less."""
        score = float(more.pop("score", 0.0))  # type: ignore[arg-type]
        worth = self.rules.worth if self.structure.locked else 1.0
        told = self.log.tell(bar, kind, self.side, price, score=worth * score, **more)  # type: ignore[arg-type]
        self.last = bar.i
        self.levels[told] = refuted_by
        if kind == SPRING and more.get("state", 0) == 0:
            self.sprang = bar.i
        return told

    def step(self, bar: Bar, past: Sequence[Bar]) -> None:
        self.moved = self.changed = False
        before = self.structure
        phase = before.phase
        if A2 <= phase <= D:
            touches = bar.high >= before.top_edge - 0.25 * before.a
            before.touches += int(touches and not before.near)
            before.near = touches
            if not touches:
                before.upthrust = False
        if phase in (N, E):
            self._quiet(bar, past)
        else:
            {A1: self._rally, A2: self._first_test, B: self._b, C: self._c, D: self._d}[phase](bar, past)
        self.changed = self.structure.phase != phase or self.structure is not before
        self.moved = self.structure.phase != phase and self.structure.phase in (C, D)

    def _b(self, bar: Bar, past: Sequence[Bar]) -> None:
        phases.building(self, bar, past)

    def _c(self, bar: Bar, past: Sequence[Bar]) -> None:
        phases.sprung(self, bar, past)

    def _d(self, bar: Bar, _past: Sequence[Bar]) -> None:
        phases.strong(self, bar)

    def enter(self, bar: Bar, phase: int, said: int) -> None:
        self.structure.phase, self.structure.since, self.structure.said = phase, bar.i, said

    def end(self, bar: Bar, reason: int) -> None:
        """The structure is over without having failed."""
        s = self.structure
        span = (s.support, s.top_edge)
        self.say(bar, RANGE_END, s.mid, span=span, state=END, reason=reason, parent=s.said, ev=(s.phase,))
        self.structure = Structure()

    def fail(self, bar: Bar, reason: int) -> None:
        s = self.structure
        beyond = (s.support - bar.close) / s.a
        score = 0.5 * climb(beyond, 0, 1) + 0.5 * climb(bar.rv, 1, 2) if reason not in (TIMEOUT, AGE, NO_TR) else 0.0
        in_climax = s.phase == A1
        span = None if in_climax else (s.support, s.top_edge)
        self.say(
            bar, ACC_FAIL, s.support, dir_=-1, span=span, score=score, state=END, reason=reason, parent=s.said,
            ev=(s.phase, beyond, bar.rv or 0.0), refuted_by=None if in_climax else s.top_edge,
        )  # fmt: skip
        self.structure = Structure()

    def _quiet(self, bar: Bar, past: Sequence[Bar]) -> None:
        """N and E: waiting for a climax."""
        if self._climax(bar, past) or self.structure.phase == N:
            return
        s = self.structure
        if bar.close < s.mid:
            self.end(bar, BELOW_MID)
        elif bar.i - s.since > self.rules.e_max:
            self.end(bar, AGE)

    def _climax(self, bar: Bar, past: Sequence[Bar]) -> bool:
        rules = self.rules
        if len(past) < rules.n_low or not bar.yard or bar.rv is None or bar.close >= past[-1].close:
            return False
        if bar.low >= min(b.low for b in past[-rules.n_low :]):
            return False
        drop = max(b.high for b in past[-rules.n_high :]) - bar.low
        fell = drop / bar.yard
        if bar.sp >= rules.sc_sp and bar.rv >= rules.sc_rv and fell >= rules.drop:
            self._sell_off(bar, drop)
            return True
        if bar.sp >= rules.ps_sp and bar.rv >= rules.ps_rv and fell >= rules.ps_drop:
            self.candidate = Candidate(bar, fell)
        return False

    def _sell_off(self, bar: Bar, drop: float) -> None:
        if self.structure.phase == E:
            self.end(bar, SUPERSEDED)
        parent = -1
        if self.candidate is not None and bar.i - self.candidate.bar.i <= self.rules.n_high:
            parent = self._preliminary(bar, self.candidate)
        self.candidate = None
        assert bar.yard
        self.structure = Structure(phase=A1, a=bar.yard)
        self._selling(bar, drop, parent)
        self.structure.since = bar.i

    def _preliminary(self, bar: Bar, old: Candidate) -> int:
        then = old.bar
        assert then.rv is not None
        score = 0.35 * climb(then.rv, 1.5, 3) + 0.25 * climb(then.sp, 1.2, 2.5)
        score += 0.2 * climb(then.clv, 0, 0.6) + 0.2 * climb(old.fell, 3, 8)
        self.structure = Structure()
        ev = (then.rv, then.sp, then.clv, old.fell)
        return self.say(bar, PS, then.low, span=(then.low, then.high), ref=then.i, score=score, ev=ev)

    def _selling(self, bar: Bar, drop: float, parent: int, state: int = NEW, reason: int = 0) -> None:
        s = self.structure
        assert bar.yard
        assert bar.rv is not None
        s.support, s.low_at, s.climax_at, s.drop, s.run = bar.low, bar.i, bar.i, drop, None
        s.volume, s.spread, s.climax_rv = bar.volume, bar.spread, bar.rv
        score = 0.35 * climb(bar.rv, 2, 4) + 0.25 * climb(bar.sp, 1.5, 3)
        score += 0.2 * climb(bar.clv, 0, 0.6) + 0.2 * climb(drop / bar.yard, 5, 10)
        ev = (bar.rv, bar.sp, bar.clv, drop / bar.yard)
        s.said = self.say(
            bar, SC, bar.low, span=(bar.low, bar.high), score=score, ev=ev, parent=parent, state=state, reason=reason
        )

    def _rally(self, bar: Bar, past: Sequence[Bar]) -> None:
        """A1: the automatic rally, unless price goes on falling."""
        s, rules = self.structure, self.rules
        if bar.low < s.support:
            if bar.sp >= rules.again_sp and bar.rv is not None and bar.rv >= rules.again_rv:
                drop = max(b.high for b in past[-rules.n_high :]) - bar.low
                self._selling(bar, drop, s.said, state=UPDATE, reason=REPLACED)
                return
            if bar.close < s.support - rules.fail * s.a:
                self.fail(bar, BREAKDOWN)
                return
            s.support, s.low_at, s.run = bar.low, bar.i, None
        elif s.run is None or bar.high > s.run.high:
            s.run = bar
        elif s.run.high - s.support >= rules.ar_least * s.a and s.run.high - bar.close >= rules.ar_pull * s.a:
            self._rallied(bar, past, s.run)
            return
        if bar.i - s.climax_at > rules.ar_max:
            self.fail(bar, TIMEOUT)

    def _rallied(self, bar: Bar, past: Sequence[Bar], run: Bar) -> None:
        s = self.structure
        height, bars = run.high - s.support, run.i - s.low_at
        if height > self.rules.max_height * s.a:
            self.fail(bar, NO_TR)
            return
        effort = mean([b.rv for b in past if s.low_at < b.i <= run.i and b.rv is not None])
        score = 0.5 * climb(height / s.a, 2, 5) + 0.3 * climb(effort, 1.5, 0.7) + 0.2 * climb(bars, 10, 3)
        ev = (height / s.a, height / s.drop, (effort or 0.0) / s.climax_rv, bars)
        span = (s.support, run.high)
        s.top_edge, s.start, s.touches, s.away = run.high, s.low_at, 1, True
        s.base = self.say(bar, AR, run.high, span=span, ref=run.i, score=score, parent=s.said, ev=ev)
        self.enter(bar, A2, s.base)

    def _first_test(self, bar: Bar, _past: Sequence[Bar]) -> None:
        s, rules = self.structure, self.rules
        dip = self.revisited(bar)
        if dip is not None:
            s.b = bar.i
            self.enter(bar, B, self.secondary(bar, dip))
        elif bar.close < s.support - rules.fail * s.a:
            self.fail(bar, BREAKDOWN)
        elif bar.close > s.top_edge + rules.leave * s.height:
            self.fail(bar, NO_TR)
        elif bar.i - s.since > rules.st_max:
            self.fail(bar, TIMEOUT)

    def revisited(self, bar: Bar) -> Dip | None:
        """Follow price back to the support; the dip if it is over on this bar and was a test."""
        s, rules = self.structure, self.rules
        if s.revisit is None:
            near = bar.low <= s.support + rules.area * s.height
            s.revisit = Dip(bar) if near and s.away else None
            s.away = not near
            return None
        if bar.low < s.revisit.bar.low:
            s.revisit = Dip(bar)
            return None
        if bar.close - s.revisit.bar.low < rules.st_confirm * s.a:
            return None
        dip, s.revisit = s.revisit, None
        quiet = self.calm(dip.bar.volume, rules.st_volume, s.volume)
        narrow = dip.bar.spread <= rules.st_spread * s.spread
        return dip if quiet and narrow and dip.bar.low >= s.support - rules.undercut * s.a else None

    @staticmethod
    def calm(volume: float | None, share: float, of: float | None) -> bool:
        """The volume rule: it cannot be asked where there is nothing to compare with."""
        return of is None or (volume is not None and volume <= share * of)

    def secondary(self, bar: Bar, dip: Dip) -> int:
        s, low = self.structure, dip.bar.low
        quiet = None if s.volume is None or dip.bar.volume is None else dip.bar.volume / s.volume
        narrow, above = dip.bar.spread / s.spread, (low - s.support) / s.a
        score = 0.4 * climb(quiet, 0.7, 0.25) + 0.3 * climb(narrow, 0.8, 0.25) + 0.3 * climb(above, -0.5, 0.5)
        s.tests += 1
        span, s.support = (low, s.support), min(s.support, low)
        ev = (quiet or 0.0, narrow, above, s.tests)
        more = {"ref": dip.bar.i, "score": score, "parent": s.base, "ev": ev}
        return self.say(bar, ST, low, span=span, refuted_by=low, **more)

    @property
    def quality(self) -> float:
        """How good the range is."""
        s = self.structure
        if not A2 <= s.phase <= D:
            return 0.0
        downs = [g.volume for g in self.legs.last(self.side) if g.dir == -1 and g.origin_at >= s.start][-2:]
        drying = downs[1] / downs[0] if len(downs) == 2 and downs[0] and downs[1] is not None else None
        age = 0 if s.phase == A2 else self.now - s.b
        quality = 0.3 * climb(s.tests, 1, 3) + 0.3 * climb(age, 8, 40)
        return quality + 0.2 * climb(drying, 1, 0.6) + 0.2 * climb(s.touches, 1, 3)

    now: int = 0

    def take_over(self, of: Structure) -> None:
        """Begin with what the range lock found."""
        self.structure = dataclasses.replace(of)
