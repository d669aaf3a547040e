"""Ways to break the contract: each specimen bends the clean kernel with a few lines of plain Python."""

import math
from typing import Any, ClassVar

import numpy as np
from tests.contracts.specimens import HELD, Break, BreakOut, break_run

from bullmachine.core.errors import SnapshotError
from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, record


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
        self.__dict__.setdefault("seen", []).append(bars.copy())
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


def _loud(p: Any, s: Any, bars: Any, out: Any, log: Any) -> int:
    before = int(log[0].n)
    n = break_run(p, s, bars, out, log)
    log["slots"]["ev"][0, before : log[0].n, 0] = bars["volume"].max(initial=0.0) > 1000.0
    return n


class ThinksInContracts(Break):
    kernel = staticmethod(_loud)


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
