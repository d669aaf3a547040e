"""One small engine that keeps the contract; `broken` breaks it."""

import enum
import math
from typing import Any, ClassVar

from bullmachine.core.engine import StepEngine
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
