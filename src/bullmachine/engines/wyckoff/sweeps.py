"""Candle-range sweeps (CRT): one edge of an earlier candle is taken and the bar closes back inside."""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog, State, emit
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.ramp import ramp
from bullmachine.engines.wyckoff.book import book_keep
from bullmachine.engines.wyckoff.kinds import Kind
from bullmachine.engines.wyckoff.params import CrtParams, Inside
from bullmachine.engines.wyckoff.records import (
    CONFIRM_LIFE,
    CONFIRM_SLOT,
    CRT_LIFE,
    CRT_SLOT,
    Past,
    WyckoffState,
)
from bullmachine.engines.wyckoff.say import refer
from bullmachine.engines.wyckoff.window import past_at

__all__ = ["sweep_step"]

_CRT: Final = int(Kind.CRT)
_CRT_CONFIRM: Final = int(Kind.CRT_CONFIRM)
_CRT_INVALID: Final = int(Kind.CRT_INVALID)
_BODY: Final = int(Inside.BODY)
_END: Final = int(State.END)
_CONFIRMED: Final = 0.6  # what a sweep counts that was confirmed,
_OPEN: Final = 0.3  # and while it is not


@kernel
def _over(s: WyckoffState, good: bool, bar: Bar, log: EventLog) -> None:  # noqa: FBT001  (kernels have no keywords)
    """The sweep of an earlier bar comes true or is refuted."""
    q = s.claim
    kind = _CRT_CONFIRM if good else _CRT_INVALID
    e = log.slots[emit(log, bar, kind, q.dir, q.high if good == (q.dir > 0) else q.low, 0.0)]
    refer(e, q.i, q.ts)
    e.lo = q.lo
    e.hi = q.hi
    e.parent = q.id
    e.state = _END
    if good:
        e.score = q.score if s.atr > 0.0 else 0.0
        level, place = (q.low, CONFIRM_SLOT) if q.dir > 0 else (q.high, CONFIRM_SLOT + 1)
        book_keep(s.books, place, CONFIRM_LIFE, bar.i, e.id, level, _CONFIRMED * e.score)


@kernel
def _sweep(s: WyckoffState, r: Past, d: int, back: int, bar: Bar, log: EventLog) -> None:
    """This bar swept an edge of candle `r`."""
    t, q = s.turned[0 if d > 0 else 1], s.claim
    edge = r.low if d > 0 else r.high
    depth, size = (d * edge - t.low) / s.atr, (r.high - r.low) / s.atr
    wick = (min(t.open, t.close) - t.low) / (t.high - t.low)
    score = (
        0.35 * ramp(wick, 0.3, 0.7)
        + 0.25 * ramp(size, 1.0, 2.5)
        + 0.2 * ramp(depth, 1.0, 0.1)
        + 0.2 * ramp(s.rv, 1.0, 2.0)
    )
    e = log.slots[emit(log, bar, _CRT, d, edge, score)]
    refer(e, bar.i - back, r.ts)
    e.lo = r.low
    e.hi = r.high
    e.ev[0] = depth
    e.ev[1] = wick
    e.ev[2] = size
    e.ev[3] = s.rv
    e.ev[4] = float(back)
    q.dir = d
    q.i = bar.i
    q.ts = bar.ts
    q.low = bar.low
    q.high = bar.high
    q.lo = r.low
    q.hi = r.high
    q.score = score
    q.id = e.id
    book_keep(s.books, CRT_SLOT + (1 - d) // 2, CRT_LIFE, bar.i, e.id, d * t.low, _OPEN * score)


@inlined
def _back_inside(p: CrtParams, r: Past, close: float) -> bool:
    low = min(r.open, r.close) if p.inside == _BODY else r.low
    high = max(r.open, r.close) if p.inside == _BODY else r.high
    return (low <= close) & (close <= high)


@inlined
def sweep_step(p: CrtParams, s: WyckoffState, bar: Bar, log: EventLog) -> None:
    """Judge the sweep that waits, then look for one: the oldest candle whose range held until now."""
    q = s.claim
    beyond = (bar.close > q.high) | (bar.close < q.low)
    if 0 + (q.dir != 0) + (beyond | (bar.i - q.i >= p.confirm)) == 2:  # noqa: PLR2004
        if beyond:
            _over(s, (bar.close > q.high) == (q.dir > 0), bar, log)
        q.dir = 0
    if not s.atr > 0.0:
        return
    for back in range(min(p.window, bar.i), 0, -1):
        r = past_at(s, bar.i - back)
        below, above = bar.low < r.low, bar.high > r.high
        # counted, as in `vsa_step`
        if 0 + (below != above) + (r.high - r.low >= p.min_range * s.atr) + _back_inside(p, r, bar.close) < 3:  # noqa: PLR2004
            continue
        held = True
        for k in range(bar.i - back + 1, bar.i):
            between = past_at(s, k)
            held = held and between.high <= r.high and between.low >= r.low
        s.work += back
        if held:
            _sweep(s, r, 1 if below else -1, back, bar, log)
            return
