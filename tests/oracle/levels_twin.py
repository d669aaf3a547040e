"""Slow twins of the levels engine: every definition applied afresh, in plain Python, to plain lists.

Nothing here comes from the package. A bar is (ts, open, high, low, close) with ts in UTC milliseconds;
an event is (known index, ref index, kind, dir, price).
"""

import datetime as dt
import itertools
import math
import zoneinfo
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

HOUR = 3_600_000
DAY = 24 * HOUR


class TwinBar(NamedTuple):
    ts: int
    open: float
    high: float
    low: float
    close: float


class TwinPivot(NamedTuple):
    known: int
    ref: int
    side: int
    level: float
    prominence: float


class TwinSwing(NamedTuple):
    known: int
    ref: int
    side: int
    level: float
    label: str
    replaces: int


def _is_strict(v: Sequence[float], i: int, k: int) -> bool:
    left, right = v[i - k : i], v[i + 1 : i + k + 1]
    return len(left) == len(right) == k and all(x < v[i] for x in left) and all(x <= v[i] for x in right)


def pivots_strict(bars: Sequence[TwinBar], k: int) -> Iterator[TwinPivot]:
    """All pivots by their definition, each with the side's own neighbourhood; both sides of a bar as they come."""
    highs, lows = [b.high for b in bars], [-b.low for b in bars]
    for i in range(k, len(bars) - k):
        for side, v in ((1, highs), (-1, lows)):
            if _is_strict(v, i, k):
                room = min(v[i] - max(v[i - k : i]), v[i] - max(v[i + 1 : i + k + 1]))
                yield TwinPivot(i + k, i, side, side * v[i], room)


def pivots_smc(bars: Sequence[TwinBar], k: int) -> Iterator[tuple[int, int, float]]:
    """(ref, side, level): the window [i - k + 1, i + k], ties allowed, a high is not tested as a low."""
    for i in range(2 * k - 1, len(bars) - k):
        window = bars[i - k + 1 : i + k + 1]
        if bars[i].high == max(b.high for b in window):
            yield i, 1, bars[i].high
        elif bars[i].low == min(b.low for b in window):
            yield i, -1, bars[i].low


def ordered(pivots: Iterable[TwinPivot]) -> Iterator[TwinPivot]:
    """Pivots in the order they are told: on a bar that is both, first the type opposite to the last swing."""
    by_bar: dict[int, list[TwinPivot]] = {}
    for pivot in pivots:
        by_bar.setdefault(pivot.ref, []).append(pivot)
    last: TwinPivot | None = None
    for both in by_bar.values():
        if len(both) == 2 and last is None:
            continue
        side = 0 if last is None else last.side
        told = sorted(both, key=lambda p, side=side: p.side == side)  # type: ignore[misc]
        for pivot in told:
            if last is None or pivot.side != last.side or (pivot.level - last.level) * pivot.side > 0:
                last = pivot
            yield pivot


def swings(pivots: Iterable[TwinPivot]) -> list[TwinSwing]:
    """Everything that ever happened to the sequence; `replaces` is a place in this list, -1 for an appended swing."""
    told: list[TwinSwing] = []
    kept: list[int] = []  # places in `told` of the swings that stand
    for p in pivots:
        replaces = -1
        if kept and told[kept[-1]].side == p.side:
            if (p.level - told[kept[-1]].level) * p.side <= 0:
                continue
            replaces = kept.pop()
        same = [told[j].level for j in kept if told[j].side == p.side]
        label = _label(p.side, p.level, same[-1]) if same else "HL"[p.side < 0]
        kept.append(len(told))
        told.append(TwinSwing(p.known, p.ref, p.side, p.level, label, replaces))
    return told


def _label(side: int, level: float, before: float) -> str:
    first = "E" if level == before else "H" if level > before else "L"
    return first + ("H" if side > 0 else "L")


def standing(told: Sequence[TwinSwing], until: int) -> list[TwinSwing]:
    """The alternating sequence as it stands at the close of bar `until`."""
    kept: list[TwinSwing] = []
    for swing in told:
        if swing.known > until:
            break
        if swing.replaces >= 0:
            kept.pop()
        kept.append(swing)
    return kept


class Window(NamedTuple):
    zone: str
    start: int
    end: int


LOCAL_WINDOWS = (
    Window("UTC", 0, 480),
    Window("Europe/London", 480, 1020),
    Window("America/New_York", 480, 1020),
)
UTC_WINDOWS = (Window("UTC", 0, 480), Window("UTC", 420, 960), Window("UTC", 780, 1320))


def _utc(ts: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ts // 1000, dt.UTC) + dt.timedelta(milliseconds=ts % 1000)


def session_day(ts: int, window: Window) -> dt.date | None:
    """The local date on which the window that holds `ts` began, None outside."""
    local = _utc(ts).astimezone(zoneinfo.ZoneInfo(window.zone))
    minute = local.hour * 60 + local.minute
    if window.start < window.end:
        return local.date() if window.start <= minute < window.end else None
    if minute >= window.start:
        return local.date()
    return local.date() - dt.timedelta(days=1) if minute < window.end else None


def last_ended(ts: int, window: Window) -> dt.date:
    """The local date on which the last window that is over at `ts` began."""
    local = _utc(ts).astimezone(zoneinfo.ZoneInfo(window.zone))
    minute = local.hour * 60 + local.minute
    if window.start < window.end:
        return local.date() if minute >= window.end else local.date() - dt.timedelta(days=1)
    return local.date() - dt.timedelta(days=1 if minute >= window.end else 2)


class TwinSession(NamedTuple):
    active: int
    high: float
    low: float
    closed: tuple[float, float, int] | None
    broke: int


def sessions(bars: Sequence[TwinBar], window: Window) -> Iterator[TwinSession]:
    """What is known of one session at every bar, found again by looking through all bars so far."""
    days = [session_day(b.ts, window) for b in bars]
    done: set[tuple[dt.date, int]] = set()
    for i, bar in enumerate(bars):
        closed = None
        if i > 0 and days[i - 1] is not None and days[i] != days[i - 1]:
            ended = [b for b, day in zip(bars[:i], days, strict=False) if day == days[i - 1]]
            closed = max(b.high for b in ended), min(b.low for b in ended), len(ended)
        day = last_ended(bar.ts, window)
        of_day = [b for b, d in zip(bars[:i], days, strict=False) if d == day]
        high = max((b.high for b in of_day), default=math.nan)
        low = min((b.low for b in of_day), default=math.nan)
        side = 1 if bar.close > high else -1 if bar.close < low else 0
        broke = side if (day, side) not in done else 0
        done.add((day, side))
        yield TwinSession(int(days[i] is not None), high, low, closed, broke)


class TwinPeriod(NamedTuple):
    high: float
    low: float
    age_days: int
    partial: int
    broke_high: int
    broke_low: int
    fired: int


def periods(bars: Sequence[TwinBar], *, weekly: bool) -> Iterator[TwinPeriod]:
    """The last period that has bars, by grouping all bars by calendar date."""
    groups: dict[dt.date, list[TwinBar]] = {}
    for bar in bars:
        date = _utc(bar.ts).date()
        key = date - dt.timedelta(days=date.weekday()) if weekly else date
        earlier = [d for d in groups if d < key]
        today = groups.setdefault(key, [])
        today.append(bar)
        if not earlier:
            yield TwinPeriod(math.nan, math.nan, 0, 0, 0, 0, 0)
            continue
        before = groups[earlier[-1]]
        high, low = max(b.high for b in before), min(b.low for b in before)
        first = before[0].ts == bars[0].ts
        midnight = dt.datetime.combine(earlier[-1], dt.time(), dt.UTC)
        partial = int(first and _utc(bars[0].ts) != midnight)
        up = max((1 if b.high > high else 0) + (1 if b.close > high else 0) for b in today)
        down = max((1 if b.low < low else 0) + (1 if b.close < low else 0) for b in today)
        beyond = [1 if b.close > high else -1 if b.close < low else 0 for b in today]
        fired = beyond[-1] if beyond[-1] not in beyond[:-1] else 0
        yield TwinPeriod(high, low, (key - earlier[-1]).days, partial, up, down, fired)


def means(values: Sequence[float], n: int) -> list[float]:
    return [math.nan if i + 1 < n else math.fsum(values[i + 1 - n : i + 1]) / n for i in range(len(values))]


def wilder_atr(bars: Sequence[TwinBar], n: int) -> list[float]:
    ranges = [math.nan]
    ranges += [max(b.high, a.close) - min(b.low, a.close) for a, b in itertools.pairwise(bars)]
    made = [math.nan] * len(bars)
    for i in range(n, len(bars)):
        made[i] = sum(ranges[1 : n + 1]) / n if i == n else (made[i - 1] * (n - 1) + ranges[i]) / n
    return made


def crossings(a: Sequence[float], b: Sequence[float]) -> list[tuple[int, int]]:
    """(index, sign): where the sign of a - b differs from the last non-zero one before it."""
    signs = [(i, 1 if x > y else -1) for i, (x, y) in enumerate(zip(a, b, strict=True)) if x > y or x < y]
    return [now for before, now in itertools.pairwise(signs) if now[1] != before[1]]


def channel_breaks(bars: Sequence[TwinBar], length: int, atr_length: int, m: float) -> list[tuple[int, int, float]]:
    """(index, side, edge): where the side of the channel as of the previous bar changes to a non-zero one."""
    mid, atr = means([b.close for b in bars], length), wilder_atr(bars, atr_length)
    sides: list[int] = [0]
    found = []
    for i in range(1, len(bars)):
        half = m * atr[i - 1]
        side = sides[-1] if not half > 0 else (bars[i].close > mid[i - 1] + half) - (bars[i].close < mid[i - 1] - half)
        if side and side != sides[-1]:
            found.append((i, side, mid[i - 1] + side * half))
        sides.append(side)
    return found
