"""One small engine that keeps the contract, and ways to break it.

The compiled kernel is the clean one; a broken specimen bends it with a few lines of plain Python.
"""

import enum
import math
from typing import Any, ClassVar

import numpy as np

from bullmachine.core.engine import StepEngine
from bullmachine.core.errors import SnapshotError
from bullmachine.core.events import emit, free_slots
from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, array, out, param, params, record

HELD = 4


class BreakKind(enum.IntEnum):
    """A close beyond the previous bar."""

    UP = 9901
    DOWN = 9902


@params
class BreakParams:
    length: I8 = param(default=5, ge=1, le=50, doc="bars before the output counts")


@record
class BreakState:
    n: I8 = 0
    prev_close: F8 = 0.0
    high: F8 = 0.0
    low: F8 = 0.0
    ts: I8 = 0
    parent: I8 = -1
    held: I8 = 0
    ring: list[float] = array(F8, HELD)
    guard: F8 = 0.0


@record
class BreakOut:
    change: F8 = out(default=math.nan, mirror="negate")
    top: F8 = out(default=math.nan, mirror="swap-negate:bottom")
    bottom: F8 = out(default=math.nan, mirror="swap-negate:top")
    span: F8 = out(default=math.nan, mirror="same")


@kernel
def _break(s: Any, bar: Any, log: Any, kind: int, dir_: int, level: float) -> None:
    e = log.slots[emit(log, bar, kind, dir_, level, 0.5)]
    e.i_ref = s.n - 1
    e.t_ref = s.ts
    e.lo = min(level, bar.close)
    e.hi = max(level, bar.close)
    e.parent = s.parent
    s.parent = e.id
    s.held = min(HELD, s.held + 1)
    s.ring[s.held - 1] = level


@kernel
def break_step(p: Any, s: Any, bar: Any, o: Any, log: Any) -> None:
    ready = s.n >= p.length
    o.change = bar.close - s.prev_close if ready else math.nan
    o.top = s.high if ready else math.nan
    o.bottom = s.low if ready else math.nan
    o.span = s.high - s.low if ready else math.nan
    if s.n > 0 and bar.close > s.high:
        _break(s, bar, log, 9901, 1, s.high)
    elif s.n > 0 and bar.close < s.low:
        _break(s, bar, log, 9902, -1, s.low)
    else:
        s.held = 0
    s.prev_close = bar.close
    s.high = bar.high
    s.low = bar.low
    s.ts = bar.ts
    s.n += 1


@kernel
def break_run(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    for i in range(len(bars)):
        if free_slots(log[0]) < 1:
            return i
        break_step(p[0], s[0], bars[i], out[i], log[0])
    return len(bars)


class Break(StepEngine):
    """Keeps the contract."""

    name = "break"
    Params = BreakParams
    State = BreakState
    Output = BreakOut
    kernel: ClassVar[Any] = break_run
    kinds = BreakKind
    events_per_bar = 1
    capacities: ClassVar[dict[str, int]] = {"held": HELD}
    mirror_kinds: ClassVar[dict[int, int]] = {BreakKind.UP: BreakKind.DOWN}

    @property
    def warm_up(self) -> int:
        length: int = self.params.length
        return length


def _lone_bar(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    n = break_run(p, s, bars, out, log)
    if len(bars) == 1:
        out["span"] = 0.0
    return n


class TreatsALoneBarOtherwise(Break):
    kernel = staticmethod(_lone_bar)


def _reset_per_chunk(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    s[0].prev_close = bars[0].open
    return break_run(p, s, bars, out, log)


class ForgetsAtEveryChunk(Break):
    kernel = staticmethod(_reset_per_chunk)


def _lose_events(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    done = 0
    while done < len(bars):
        done += break_run(p, s, bars[done:], out[done:], log)
        if done < len(bars):
            log[0].n = 0
    return done


class LosesEventsOfAFullLog(Break):
    kernel = staticmethod(_lose_events)


class LooksAtTheNextBar(Break):
    def run(self, rows: Any) -> Any:
        found = super().run(rows)
        if len(found) > 1:
            found["change"][:-1] += np.sign(rows["close"][1:] - rows["close"][:-1])[: len(found) - 1]
        return found


class DividesByTheHighestOfAll(Break):
    def run(self, rows: Any) -> Any:
        found = super().run(rows)
        found["span"] /= np.nanmax(found["top"], initial=1.0)
        return found


class KeepsAFieldBesideItsState(Break):
    extra = 0

    def _run(self, bars: Any, out: Any) -> None:
        super()._run(bars, out)
        out["span"] += self.extra + np.arange(len(bars))
        self.extra += len(bars)


class RestoresHalf(Break):
    def restore(self, blob: bytes) -> None:
        super().restore(blob)
        self._s[0].prev_close = 0.0


class AcceptsAnySnapshot(Break):
    def restore(self, blob: bytes) -> None:
        try:
            super().restore(blob)
        except SnapshotError:
            self.reset()


class WarmsUpLaterThanItSays(Break):
    @property
    def warm_up(self) -> int:
        return super().warm_up - 1


class WarmsUpEarlierThanItSays(Break):
    @property
    def warm_up(self) -> int:
        return super().warm_up + 1


class Hoards(Break):
    def _run(self, bars: Any, out: Any) -> None:
        self.__dict__.setdefault("seen", []).append(bars["close"].copy())
        super()._run(bars, out)


class KeepsStateOnTheClass(Break):
    last: ClassVar[list[float]] = [0.0]

    def _run(self, bars: Any, out: Any) -> None:
        super()._run(bars, out)
        if len(bars):
            out["span"][0] += self.last[0]
            self.last[0] = float(bars["close"][-1])


class WritesIntoItsInput(Break):
    def run(self, rows: Any) -> Any:
        found = super().run(rows)
        rows["volume"] = 0.0
        return found


class ReturnsItsInnerBuffer(Break):
    def run(self, rows: Any) -> Any:
        found = super().run(rows)
        self.__dict__.setdefault("kept", found)
        if len(found) == len(self.__dict__["kept"]):
            self.__dict__["kept"][:] = found
            return self.__dict__["kept"]
        return found


def _only_up(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    n = break_run(p, s, bars, out, log)
    out["change"] = np.maximum(out["change"], 0.0)
    return n


class SeesOnlyRises(Break):
    kernel = staticmethod(_only_up)


class ForgetsThatKindsMirror(Break):
    mirror_kinds: ClassVar[dict[int, int]] = {}


@record
class SilentOut(BreakOut):
    span: F8 = math.nan


class DeclaresNoMirror(Break):
    Output = SilentOut


class HoldsMoreThanItSays(Break):
    capacities: ClassVar[dict[str, int]] = {"held": HELD - 1}


class SaysMoreThanItSays(Break):
    events_per_bar = 0


class CountsRefusedBars(Break):
    def update(self, bar: Any) -> Any:
        self._s[0].n += 1
        found = super().update(bar)
        self._s[0].n -= 1
        return found


def _read_refusals(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    n = break_run(p, s, bars, out, log)
    out["span"] += bars["rejected_before"]
    return n


class ReadsHowManyWereRefused(Break):
    kernel = staticmethod(_read_refusals)


def _bent(field: str, value: Any) -> Any:
    def run(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
        before = int(log[0].n)
        n = break_run(p, s, bars, out, log)
        log["slots"][field][0, before : log[0].n] = value
        return n

    return staticmethod(run)


class ScoresTooHigh(Break):
    kernel = _bent("score", 1.5)


class ScoresNothing(Break):
    kernel = _bent("score", math.nan)


class PointsAtTheFuture(Break):
    kernel = _bent("i_ref", 10**6)


class IsItsOwnParent(Break):
    kernel = _bent("parent", 10**6)


class NamesAnUnknownKind(Break):
    kernel = _bent("kind", 7)


class RepeatsAnId(Break):
    kernel = _bent("id", 0)


def _absolute(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    n = break_run(p, s, bars, out, log)
    out["change"][np.abs(out["change"]) < 0.5] = 0.0
    return n


class ThinksInDollars(Break):
    kernel = staticmethod(_absolute)


def _nan(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    n = break_run(p, s, bars, out, log)
    if (bars["high"] == bars["low"]).any():
        s[0].guard = math.nan
    return n


class PoisonsItsState(Break):
    kernel = staticmethod(_nan)


def _infinite(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    n = break_run(p, s, bars, out, log)
    out["span"][bars["high"] == bars["low"]] = math.inf
    return n


class DividesByZero(Break):
    kernel = staticmethod(_infinite)


@kernel
def out_of_range_run(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    n = break_run(p, s, bars, out, log)
    s[0].ring[HELD + len(bars) * 0] = 7.0
    return n


class WritesPastItsRing(Break):
    name = "writes_past_its_ring"
    kernel = out_of_range_run
