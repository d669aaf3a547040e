"""Inside a bar: how many targets came before the stop, when the bar alone cannot say.

A bar is ambiguous when a stop and a target both lie inside it and neither was settled at its open, and
when a limit entry filled inside it and a target lies inside it too. Then `targets_before_stop` answers by
the chosen mode:

* `pessimistic`: none but those that are certain; `optimistic`: all;
* `ohlc`: the bar went from its open to the nearer extreme first, then to the other, then to its close;
* `data`: lower bars are walked in order; what stays ambiguous inside one falls back to pessimistic.

A replay can answer by script instead, which is how the interval tries every order.
"""

from __future__ import annotations

from typing import Any

from bullmachine.core.bars import Bar, Row
from bullmachine.core.kernel import kernel
from bullmachine.trading.exit_params import TARGETS
from bullmachine.trading.params import FillParams, Intrabar, LimitFill
from bullmachine.trading.records import Position, Replay

__all__ = [
    "opens_beyond",
    "reached",
    "room_needed",
    "stop_touched",
    "targets_before_stop",
    "targets_closed_beyond",
    "targets_touched",
]


@kernel
def room_needed(p: FillParams, tick: float) -> float:
    """How far beyond its price a limit order must trade to fill."""
    return tick if p.limit_fill == LimitFill.THROUGH else 0.0


@kernel
def opens_beyond(p: FillParams, side: int, price: float, first: float) -> bool:
    """Whether an open at `first` alone fills a limit order that buys (`side` 1) or sells (-1) at `price`."""
    if p.limit_fill == LimitFill.TOUCH and first == price:
        return True
    return side * (price - first) > 0.0


@kernel
def stop_touched(side: int, level: float, low: float, high: float) -> bool:
    """Whether a range touches the level that would stop `side`."""
    return low <= level if side == 1 else high >= level


@kernel
def reached(side: int, target: float, need: float, low: float, high: float) -> bool:
    """Whether a range trades `need` beyond `target`."""
    return high >= target + need if side == 1 else low <= target - need


@kernel
def targets_touched(pos: Position, need: float, low: float, high: float) -> int:
    """How many targets are done after a range, those before it included; rungs are done in order."""
    n = pos.hit
    while n < TARGETS and reached(pos.side, pos.targets[n], need, low, high):
        n += 1
    return n


@kernel
def targets_closed_beyond(pos: Position, need: float, close: float) -> int:
    """How many targets a close lies beyond: whatever came before, they were traded."""
    return targets_touched(pos, need, close, close)


@kernel
def _favourable_first(pos: Position, bar: Bar) -> bool:
    up, down = bar.high - bar.open, bar.open - bar.low
    return up < down if pos.side == 1 else down < up


@kernel
def _by_path(pos: Position, bar: Bar, hit: int, certain: int, touched: int) -> int:
    """The open, the nearer extreme, the other extreme, the close; two extremes as near: the adverse one first."""
    if pos.inside == 1:  # filled on the way to the adverse extreme
        if hit == 1 or _favourable_first(pos, bar):
            return certain
        return touched
    return touched if _favourable_first(pos, bar) else certain


@kernel
def _walk(pos: Position, need: float, level: float, lower: Any, first: int, last: int) -> int:
    """Targets done before the stop in the lower bars `first` to `last`; a limit filled `need` beyond its price."""
    done, filled = pos.hit, pos.inside == 0
    for j in range(first, last):
        x = lower[j]
        if not filled:
            if not stop_touched(pos.side, pos.entry_price - pos.side * need, x.low, x.high):
                continue
            filled = True
            if stop_touched(pos.side, level, x.low, x.high):
                return done
            done = max(done, targets_closed_beyond(pos, need, x.close))
        elif stop_touched(pos.side, level, x.low, x.high):
            return max(done, _at_open(pos, x, level))
        else:
            done = max(done, targets_touched(pos, need, x.low, x.high))
    return done


@kernel
def _at_open(pos: Position, x: Row, level: float) -> int:
    """Targets that a lower bar's open settles before its stop."""
    n = pos.hit
    if pos.side * (x.open - level) > 0.0:
        while n < TARGETS and pos.side * (x.open - pos.targets[n]) > 0.0:
            n += 1
    return n


@kernel
def _by_script(replay: Replay, certain: int, touched: int) -> int:
    answer = (replay.script >> (2 * replay.n)) & 3
    replay.most |= (touched - certain) << (2 * replay.n)
    replay.n += 1
    return min(certain + answer, touched)


@kernel
def targets_before_stop(
    p: FillParams, replay: Replay, pos: Position, need: float, bar: Bar, level: float, hit: int, certain: int,
    touched: int, lower: Any, first: int, last: int,
) -> int:  # fmt: skip
    """How many targets are done (counted from the first rung) when an ambiguous bar is settled."""
    if replay.scripted == 1:
        return _by_script(replay, certain, touched)
    if p.intrabar == Intrabar.OPTIMISTIC:
        return touched
    if p.intrabar == Intrabar.OHLC:
        return _by_path(pos, bar, hit, certain, touched)
    if p.intrabar == Intrabar.DATA:
        return min(touched, max(certain, _walk(pos, need, level, lower, first, last)))
    return certain
