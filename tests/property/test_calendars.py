"""Calendar gaps against a count slot by slot with plain datetimes and sets."""

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bullmachine.core.record import to_array
from bullmachine.market.calendars import Calendar, CalendarState, calendar_gaps, expected_bars

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TIMEFRAMES = st.sampled_from([5 * MINUTE, 15 * MINUTE, 45 * MINUTE, HOUR, 4 * HOUR, 5 * HOUR, DAY])


def walk(mode: int, stamps: Sequence[int], tf: int) -> list[int]:
    states, found = to_array(CalendarState), np.zeros(len(stamps), np.int64)
    calendar_gaps(int(mode), states, np.array(stamps, np.int64), tf, found)
    return [int(n) for n in found]


def closed(ts: int) -> bool:
    when = dt.datetime.fromtimestamp(ts / 1000, dt.UTC)
    day, hour = when.weekday(), when.hour
    return (day == 4 and hour >= 21) or day == 5 or (day == 6 and hour < 22)


@settings(max_examples=60, deadline=None)
@given(TIMEFRAMES, st.integers(0, 20_000), st.lists(st.integers(1, 400), min_size=1, max_size=6))
def test_the_exchange_week_misses_what_a_slot_by_slot_count_misses(tf: int, start: int, steps: list[int]) -> None:
    stamps = [tf * k for k in np.cumsum([start, *steps]).tolist()]
    slow = [0]
    for before, after in itertools.pairwise(stamps):
        slow.append(sum(not closed(t) for t in range(before + tf, after, tf)))
    assert walk(Calendar.WEEKDAYS, stamps, tf) == slow


@settings(max_examples=60, deadline=None)
@given(TIMEFRAMES, st.integers(0, 2_000), st.integers(1, 800))
def test_the_exchange_week_expects_what_a_slot_by_slot_count_expects(tf: int, start: int, n: int) -> None:
    slots = range(start * tf, (start + n) * tf, tf)
    state = to_array(CalendarState)[0]
    fast = expected_bars(Calendar.WEEKDAYS, state, slots[0], slots[-1] + tf, tf)
    assert fast == max(1, sum(not closed(t) for t in slots))


def slow_sessions(stamps: Sequence[int], tf: int) -> list[int]:
    """The learned calendar in words: days as sets of the half-hours that had bars."""
    past: list[tuple[int, set[int]]] = []
    today: set[int] = set()
    found: list[int] = []
    before: int | None = None
    for ts in stamps:
        day, gap = ts // DAY, 0
        if before is not None and day == before // DAY:
            gap = expected(past, range(before + tf, ts, tf))
        elif before is not None:
            tail = range(before + tf, (before // DAY + 1) * DAY, tf)
            gap = expected(past, tail)
            past = [*past, (before // DAY, today)][-20:]
            today = set()
            silent = [d for d in range(before // DAY + 1, day) if expected(past, range(d * DAY, (d + 1) * DAY, tf))]
            if len(silent) > 1:
                gap += sum(expected(past, range(d * DAY, (d + 1) * DAY, tf)) for d in silent)
            gap += expected(past, range(day * DAY, ts, tf))
        today.add(ts % DAY // (30 * MINUTE))
        found.append(gap)
        before = ts
    return found


def expected(past: Sequence[tuple[int, set[int]]], slots: Iterable[int]) -> int:
    if len(past) < 5:
        return 0
    half = {c for c in range(48) if 2 * sum(c in cells for _, cells in past) >= len(past)} & past[-1][1]
    weekdays = {(day + 3) % 7 for day, _ in past}
    return sum(t % DAY // (30 * MINUTE) in half and (t // DAY + 3) % 7 in weekdays for t in slots)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([15 * MINUTE, 30 * MINUTE, HOUR, 4 * HOUR, DAY]),
    st.integers(0, 6),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 23), st.integers(1, 24), st.integers(0, 40)), max_size=45),
)
def test_learned_sessions_miss_what_a_count_by_sets_misses(
    tf: int, weekday: int, days: list[tuple[int, int, int, int]]
) -> None:
    stamps = []
    day = weekday
    for skip, first, hours, hole in days:
        day += 1 + (skip == 3) + (skip == 3 and hole % 5)
        slots = range(day * DAY + first * HOUR, min(day * DAY + (first + hours) * HOUR, (day + 1) * DAY), HOUR)
        bars = sorted({u - u % tf for t in slots for u in range(t, t + HOUR, min(tf, HOUR))})
        stamps += [t for k, t in enumerate(bars) if k != hole]
    assert walk(Calendar.SESSIONS, stamps, tf) == slow_sessions(stamps, tf)
