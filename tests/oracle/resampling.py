"""Slower bars from base bars by grouping the whole history: no streaming, nothing imported from the package.

A bucket is known with the first base bar that closes at or after the bucket's end. Buckets that become
known with the same base bar come in the order of their ends, on ties the slowest first.
"""

import bisect
import dataclasses
import datetime as dt
import itertools
import math
from collections.abc import Sequence

MS = dt.timedelta(milliseconds=1)
EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  (UTC throughout)
DAY = dt.timedelta(days=1) // MS
WEEK = 7 * DAY

BaseBar = tuple[int, float, float, float, float, float]  # open time (ms), open, high, low, close, volume


@dataclasses.dataclass(frozen=True)
class SlowBar:
    tf: int
    ts: int
    known: int
    closer: int
    last: int
    i: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    novol: int
    n_base: int


def start_of(ts: int, tf: int) -> int:
    """The bucket's open time: weeks begin on Monday, everything else counts from midnight of 1970-01-01."""
    if tf == WEEK:
        day = EPOCH + ts * MS
        monday = dt.datetime.combine(day.date() - dt.timedelta(days=day.weekday()), dt.time())
        return (monday - EPOCH) // MS
    return ts // tf * tf


def resample(bars: Sequence[BaseBar], base: int, tf: int) -> list[SlowBar]:
    """The closed buckets of one timeframe."""
    knowns = [bar[0] + base for bar in bars]
    made: list[SlowBar] = []
    for start, group in itertools.groupby(bars, lambda bar: start_of(bar[0], tf)):
        parts = list(group)
        closer = bisect.bisect_left(knowns, start + tf)
        if closer == len(bars):
            break
        missing = any(math.isnan(bar[5]) or bar[5] < 0 for bar in parts)
        volume = 0.0
        for bar in parts:
            volume += bar[5]
        made.append(
            SlowBar(
                tf=tf, ts=start, known=knowns[closer], closer=closer, last=parts[-1][0], i=len(made),
                open=parts[0][1],
                high=max(bar[2] for bar in parts), low=min(bar[3] for bar in parts), close=parts[-1][4],
                volume=0.0 if missing else volume, novol=int(missing), n_base=len(parts),
            )
        )  # fmt: skip
    return made


def slow_log(bars: Sequence[BaseBar], base: int, middle: int, slow: int) -> list[SlowBar]:
    """Both slower streams in the order in which they become known."""
    made = resample(bars, base, middle) + resample(bars, base, slow)
    return sorted(made, key=lambda bar: (bar.closer, bar.ts + bar.tf, -bar.tf))


class SessionDays:
    """The `us_equities` expectation by its definition, from the set of all stamps.

    Half-hours that at least half of the last 20 sessions had and the last one had too; weekdays that one
    of them fell on; nothing before 5 sessions are complete.
    """

    def __init__(self, stamps: Sequence[int], base: int) -> None:
        self.base = base
        self.cells: dict[int, set[int]] = {}
        for ts in stamps:
            self.cells.setdefault(ts // DAY, set()).add(ts % DAY // (DAY // 48))
        self.days = sorted(self.cells)

    def expected(self, bucket: SlowBar) -> int:
        """Base bars expected in the bucket, as known with its last bar: no session measures itself."""
        last = self.days[: bisect.bisect_left(self.days, bucket.last // DAY)][-20:]
        if len(last) < 5:
            return 1
        hours = {cell for cell in self.cells[last[-1]] if 2 * sum(cell in self.cells[day] for day in last) >= len(last)}
        weekdays = {day % 7 for day in last}
        slots = range(-(-bucket.ts // self.base) * self.base, bucket.ts + bucket.tf, self.base)
        return max(1, sum(s // DAY % 7 in weekdays and s % DAY // (DAY // 48) in hours for s in slots))
