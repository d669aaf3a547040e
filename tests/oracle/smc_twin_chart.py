"""The chart as the SMC twin reads it: every bar with its yardstick, relative volume, pivots, swings and levels."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from tests.oracle import levels_twin as levels
from tests.oracle.features_twin import Candle, atrs, relative_volumes
from tests.oracle.smc_twin_base import Bar, Rules

Told = TypeVar("Told", levels.TwinPivot, levels.TwinSwing)


class Raw(NamedTuple):
    """A bar as it comes: open time in UTC milliseconds; a volume of None is missing."""

    ts: int
    open: float
    high: float
    low: float
    close: float
    volume: float | None


def chart(raws: Sequence[Raw], rules: Rules, *, sessions: bool) -> list[Bar]:
    """Every bar with all that its close reveals; `sessions`: bars are short enough to have sessions."""
    candles = [Candle(*r[1:]) for r in raws]
    plain = [levels.TwinBar(*r[:5]) for r in raws]
    yards, volumes = atrs(candles, 14), relative_volumes([r.volume for r in raws], 20)
    pivots = _by_bar(levels.ordered(_pivots(plain, rules)))
    swings = _by_bar(levels.swings(p for of_bar in pivots.values() for p in of_bar))
    outside = external_levels(plain, sessions=sessions)
    last: dict[int, float] = {}
    side = 0
    bars = []
    for i, r in enumerate(raws):
        for swing in swings.get(i, ()):
            last[swing.side], side = swing.level, swing.side
        bars.append(
            Bar(
                *(i, *r[1:5], yards[i - 1] if i else None, volumes[i]),
                pivots=pivots.get(i, ()),
                swings=swings.get(i, ()),
                external=outside[i],
                swing_high=last.get(1),
                swing_low=last.get(-1),
                swing_dir=side,
            )
        )
    return bars


def _pivots(bars: Sequence[levels.TwinBar], rules: Rules) -> Iterable[levels.TwinPivot]:
    if rules.pivot_rule == "strict":
        return levels.pivots_strict(bars, rules.k)
    found = levels.pivots_smc(bars, rules.k)
    return (levels.TwinPivot(ref + rules.k, ref, side, level, 0.0) for ref, side, level in found)


def _by_bar(things: Iterable[Told]) -> dict[int, list[Told]]:
    """Lists by the bar at which they became known, each in the order told."""
    found: dict[int, list[Told]] = {}
    for thing in things:
        found.setdefault(thing.known, []).append(thing)
    return found


def external_levels(bars: Sequence[levels.TwinBar], *, sessions: bool) -> list[list[float | None]]:
    """Per bar: previous day's high and low, previous week's, then each session's; None where there is none."""
    columns: list[Sequence[float | None]] = []
    for weekly in (False, True):
        periods = list(levels.periods(bars, weekly=weekly))
        columns += [[_known(p.high) for p in periods], [_known(p.low) for p in periods]]
    for window in levels.LOCAL_WINDOWS:
        columns += _session(bars, window) if sessions else [[None] * len(bars)] * 2
    return [list(row) for row in zip(*columns, strict=True)]


def _known(x: float) -> float | None:
    return x if x == x else None  # noqa: PLR0124  (NaN)


def _session(bars: Sequence[levels.TwinBar], window: levels.Window) -> list[list[float | None]]:
    """High and low of the last window that is over at each bar, None if no bar was in it."""
    held: dict[dt.date, list[levels.TwinBar]] = {}
    for bar in bars:
        day = levels.session_day(bar.ts, window)
        if day is not None:
            held.setdefault(day, []).append(bar)
    over = [held.get(levels.last_ended(bar.ts, window)) for bar in bars]
    highs = [max(b.high for b in group) if group else None for group in over]
    return [highs, [min(b.low for b in group) if group else None for group in over]]
