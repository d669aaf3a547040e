"""The four-swing patterns of smart-money-concepts 0.0.27, as they become known.

Four alternating swings s1..s4 are a break of structure where s1 < s3 < s2 < s4, a change of character where
s4 > s2 > s1 > s3 (mirrored for highs first). The event is about s2 and told once some close, from the second
bar after it on, is beyond it. `golden` repeats that library's arithmetic for its published tables: levels as
32-bit floats (with doubles 21 of its 1,129 rows differ).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog, emit
from bullmachine.core.kernel import kernel
from bullmachine.engines.levels import LevelsOut, SwingChange
from bullmachine.engines.smc.candles import candle_at
from bullmachine.engines.smc.kinds import Kind
from bullmachine.engines.smc.params import Smc4
from bullmachine.engines.smc.records import PATTERNS, Fourth, Smc4State, SmcState

__all__ = ["smc4_step"]

_BOS: Final = int(Kind.SMC4_BOS)
_CHOCH: Final = int(Kind.SMC4_CHOCH)
_GOLDEN: Final = int(Smc4.GOLDEN)
_IGNORED: Final = int(SwingChange.IGNORED)
_APPENDED: Final = int(SwingChange.APPENDED)
_FOUR: Final = 4


@kernel
def _copy(a: Fourth, b: Fourth) -> None:
    b.dir = a.dir
    b.i = a.i
    b.ts = a.ts
    b.level = a.level
    b.broken = a.broken


@kernel
def _push(f: Smc4State) -> None:
    """Make room for a swing; the fifth pushes the first out."""
    if f.n < _FOUR:
        f.n += 1
        return
    for j in range(_FOUR - 1):
        _copy(f.swings[j + 1], f.swings[j])


@kernel
def _pattern(q: Any) -> int:
    """Which pattern the four swings make, 0 for none."""
    d = q[1].dir  # that of the pattern: the second swing of a bullish one is a high
    a, b, c, e = d * q[0].level, d * q[1].level, d * q[2].level, d * q[3].level
    if a < c < b < e:
        return _BOS
    return _CHOCH if e > b > a > c else 0


@kernel
def _place(f: Smc4State) -> int:
    """A free place for a pattern, else that of the one armed first."""
    found = 0
    for j in range(PATTERNS):
        if f.patterns[j].live == 0:
            return j
        if f.patterns[j].armed < f.patterns[found].armed:
            found = j
    return found


@kernel
def _tell(kind: int, armed: int, w: Fourth, bar: Bar, log: EventLog) -> None:
    e = log.slots[emit(log, bar, kind, w.dir, w.level, 0.0)]
    e.i_ref = w.i
    e.t_ref = w.ts
    e.ev[0] = float(w.broken)
    e.ev[1] = float(armed)


@kernel
def _arm(f: Smc4State, kind: int, bar: Bar, log: EventLog) -> None:
    """Wait for a close beyond the second swing; once for each, as its pattern only ever changes at its end."""
    w = f.swings[1]
    if f.armed == w.dir * (w.i + 1):  # one bar can be a swing of both types
        return
    f.armed = w.dir * (w.i + 1)
    if w.broken >= 0:  # most are: they wait for nothing, so they take no place from one that does
        _tell(kind, bar.i, w, bar, log)
        return
    q = f.patterns[_place(f)]
    q.live = 1
    q.kind = kind
    q.armed = bar.i
    _copy(w, q.swing)


@kernel
def _watch(w: Fourth, i: int, close: float) -> None:
    if w.broken < 0 and i >= w.i + 2 and w.dir * (close - w.level) > 0.0:
        w.broken = i


@kernel
def _swing(mode: int, s: SmcState, d: int, change: int, level: float, lv: LevelsOut, bar: Bar, log: EventLog) -> None:
    """What the levels engine did to its swings on this bar."""
    f = s.four
    if change == _IGNORED:
        return
    if change == _APPENDED:
        _push(f)
    w = f.swings[f.n - 1]
    w.dir = d
    w.i = lv.pivot_index
    w.ts = lv.pivot_ts
    w.level = float(np.float32(level)) if mode == _GOLDEN else level
    w.broken = -1
    for j in range(w.i + 2, bar.i):
        _watch(w, j, candle_at(s, j).close)
    _watch(w, bar.i, bar.close)
    if f.n == _FOUR:
        kind = _pattern(f.swings)
        if kind != 0:
            _arm(f, kind, bar, log)


@kernel
def smc4_step(mode: int, s: SmcState, bar: Bar, lv: LevelsOut, log: EventLog) -> None:
    """Watch swings, tell the patterns that this bar breaks, take its swings and tell what they complete as broken."""
    f = s.four
    for j in range(f.n):
        _watch(f.swings[j], bar.i, bar.close)
    for j in range(PATTERNS):
        if f.patterns[j].live == 1:
            _watch(f.patterns[j].swing, bar.i, bar.close)
            if f.patterns[j].swing.broken >= 0:
                _tell(f.patterns[j].kind, f.patterns[j].armed, f.patterns[j].swing, bar, log)
                f.patterns[j].live = 0
    if lv.pivot_first > 0:
        _swing(mode, s, 1, lv.swing_high_change, lv.pivot_high, lv, bar, log)
        _swing(mode, s, -1, lv.swing_low_change, lv.pivot_low, lv, bar, log)
    elif lv.pivot_first < 0:
        _swing(mode, s, -1, lv.swing_low_change, lv.pivot_low, lv, bar, log)
        _swing(mode, s, 1, lv.swing_high_change, lv.pivot_high, lv, bar, log)
