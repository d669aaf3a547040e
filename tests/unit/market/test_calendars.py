"""Calendars against days written by hand; `tests/property` holds them to a brute-force count.

With the JIT off the same tests run on the plain twin, so that both answer to the same numbers.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
import pytest

from bullmachine.core.record import to_array
from bullmachine.market.calendars import (
    CALENDARS,
    Calendar,
    CalendarState,
    calendar_gap,
    calendar_gaps,
    expected_bars,
)

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def ms(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp() * 1000)


def walk(mode: int, stamps: Sequence[int], tf: int = HOUR) -> tuple[list[int], Any]:
    """The gaps through the compiled loop, and the state after it."""
    states: Any = [CalendarState()] if numba.config.DISABLE_JIT else to_array(CalendarState)
    found = np.zeros(len(stamps), np.int64)
    calendar_gaps(int(mode), states, np.array(stamps, np.int64), tf, found)
    return found.tolist(), states[0]


def sessions(first_day: str, n: int, hours: range = range(14, 21), tf: int = HOUR, start: int = 0) -> list[int]:
    """`n` weekday sessions from a Monday on, each with bars of `tf` in the given hours."""
    day = ms(first_day)
    found: list[int] = []
    while n:
        if (day // DAY + 3) % 7 < 5:
            first, last = day + hours[0] * HOUR + start, day + (hours[-1] + 1) * HOUR
            found += range(first, last, tf)
            n -= 1
        day += DAY
    return found


def test_the_public_names_are_the_three_calendars() -> None:
    assert {"24x7": Calendar.ALWAYS, "24x5": Calendar.WEEKDAYS, "us_equities": Calendar.SESSIONS} == CALENDARS


def test_every_slot_is_expected_around_the_clock() -> None:
    found, _ = walk(Calendar.ALWAYS, [0, HOUR, 3 * HOUR, 10 * HOUR])
    assert found == [0, 0, 1, 6]


def test_a_stamp_that_does_not_move_forward_is_no_gap() -> None:
    found, _ = walk(Calendar.ALWAYS, [5 * HOUR, 5 * HOUR, 4 * HOUR])
    assert found == [0, 0, 0]


@pytest.mark.parametrize(
    ("before", "after", "missing"),
    [
        ("2024-07-05T20:00", "2024-07-07T21:00", 0),  # summer: New York closes at 21:00 UTC
        ("2024-01-05T21:00", "2024-01-07T22:00", 0),  # winter: an hour later on both sides
        ("2024-07-05T19:00", "2024-07-07T22:00", 1),
        ("2024-07-05T20:00", "2024-07-07T23:00", 1),
        ("2024-07-05T23:00", "2024-07-06T03:00", 0),
        ("2024-07-03T10:00", "2024-07-03T13:00", 2),
        ("2024-07-05T20:00", "2024-07-14T22:00", 119),
        ("2024-07-01T00:00", "2024-07-29T00:00", 4 * 119 - 1),
    ],
)
def test_the_exchange_week_is_closed_at_weekends_only(before: str, after: str, missing: int) -> None:
    found, _ = walk(Calendar.WEEKDAYS, [ms(before), ms(after)])
    assert found == [0, missing]


def test_a_century_of_silence_is_counted_by_multiplication() -> None:
    before, after = ms("1970-01-05T00:00"), ms("2070-01-07T00:00")
    weeks, rest = divmod(after - before, 7 * DAY)
    found, _ = walk(Calendar.WEEKDAYS, [before, after])
    assert rest == DAY
    assert found[1] == weeks * 119 + 24 - 1


def test_an_absurd_stamp_costs_no_time() -> None:
    found, _ = walk(Calendar.WEEKDAYS, [0, 2**62 - 2**62 % HOUR])
    assert found[1] > 10**11
    learned, _ = walk(Calendar.SESSIONS, [*sessions("2024-01-01", 20), 2**62 - 2**62 % HOUR])
    assert learned[-1] > 10**11


def test_a_whole_session_and_its_night_have_no_gap() -> None:
    found, _ = walk(Calendar.SESSIONS, sessions("2024-01-01", 60))
    assert sum(found) == 0


def test_nothing_is_expected_before_five_sessions_are_learned() -> None:
    four = sessions("2024-01-01", 5)
    del four[10:12]
    found, state = walk(Calendar.SESSIONS, four)
    assert sum(found) == 0
    assert state.sessions == 4
    assert expected_bars(Calendar.SESSIONS, state, ms("2024-01-09"), ms("2024-01-10"), HOUR) == 1


def test_a_hole_inside_a_session_is_a_gap_of_its_slots() -> None:
    stamps = sessions("2024-01-01", 10)
    del stamps[-5:-2]
    found, _ = walk(Calendar.SESSIONS, stamps)
    assert [g for g in found if g] == [3]


def test_a_late_start_and_an_early_end_are_gaps_of_the_next_bar() -> None:
    stamps = sessions("2024-01-01", 12)
    del stamps[10 * 7 - 3 : 10 * 7 + 2]
    found, _ = walk(Calendar.SESSIONS, stamps)
    assert [g for g in found if g] == [5]


def test_a_change_of_clocks_costs_one_gap_of_one_bar_each_way() -> None:
    winter, summer = sessions("2024-02-12", 20), sessions("2024-03-11", 30, range(13, 20))
    again = sessions("2024-04-22", 30)
    found, _ = walk(Calendar.SESSIONS, winter + summer + again)
    assert [g for g in found if g] == [1, 1]


def test_one_day_without_bars_is_a_holiday_and_two_are_a_hole() -> None:
    stamps = sessions("2024-01-01", 30)
    one = [t for t in stamps if t // DAY != ms("2024-01-24") // DAY]
    two = [t for t in one if t // DAY != ms("2024-01-25") // DAY]
    assert sum(walk(Calendar.SESSIONS, one)[0]) == 0
    assert [g for g in walk(Calendar.SESSIONS, two)[0] if g] == [14]


def test_a_holiday_beside_a_weekend_is_still_one_day() -> None:
    stamps = [t for t in sessions("2024-01-01", 30) if t // DAY != ms("2024-01-22") // DAY]
    assert sum(walk(Calendar.SESSIONS, stamps)[0]) == 0


@pytest.mark.parametrize("tf", [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE])
def test_a_market_that_opens_at_half_past_is_whole_below_an_hour(tf: int) -> None:
    stamps = sessions("2024-01-01", 25, tf=tf, start=30 * MINUTE)
    found, state = walk(Calendar.SESSIONS, stamps, tf)
    assert sum(found) == 0
    assert expected_bars(Calendar.SESSIONS, state, ms("2024-02-05"), ms("2024-02-06"), tf) == 390 * MINUTE // tf
    del stamps[-4:-1]
    assert sum(walk(Calendar.SESSIONS, stamps, tf)[0]) == 3


@pytest.mark.parametrize("tf", [2 * HOUR, 4 * HOUR, DAY])
def test_coarser_bars_are_counted_in_their_own_length(tf: int) -> None:
    stamps = sorted({t - t % tf for t in sessions("2024-01-01", 40)})
    found, state = walk(Calendar.SESSIONS, stamps, tf)
    per_day = len(stamps) // 40
    assert sum(found) == 0
    assert expected_bars(Calendar.SESSIONS, state, ms("2024-02-26"), ms("2024-03-04"), tf) == 5 * per_day


def test_a_timeframe_that_does_not_divide_a_day_expects_nothing() -> None:
    tf = 7 * HOUR
    found, state = walk(Calendar.SESSIONS, [k * tf for k in range(100) if k % 9], tf)
    assert sum(found) == 0
    assert expected_bars(Calendar.SESSIONS, state, 0, 10 * tf, tf) == 1


def test_expected_bars_of_buckets() -> None:
    fresh = to_array(CalendarState)[0]
    assert expected_bars(Calendar.ALWAYS, fresh, 0, 4 * HOUR, HOUR) == 4
    assert expected_bars(Calendar.WEEKDAYS, fresh, ms("2024-07-05T20:00"), ms("2024-07-06T00:00"), HOUR) == 1
    assert expected_bars(Calendar.WEEKDAYS, fresh, ms("2024-07-06"), ms("2024-07-07"), HOUR) == 1
    assert expected_bars(Calendar.WEEKDAYS, fresh, ms("2024-07-01"), ms("2024-07-08"), HOUR) == 119
    _, learned = walk(Calendar.SESSIONS, sessions("2024-01-01", 25))
    buckets = [(12, 16, 2), (16, 20, 4), (20, 24, 1), (0, 24, 7), (0, 4, 1)]
    day = ms("2024-02-05")
    for start, end, n in buckets:
        assert expected_bars(Calendar.SESSIONS, learned, day + start * HOUR, day + end * HOUR, HOUR) == n
    assert expected_bars(Calendar.SESSIONS, learned, day, day + 7 * DAY, HOUR) == 35
    assert expected_bars(Calendar.SESSIONS, learned, day, day + 70 * DAY, HOUR) == 350


def test_the_unfinished_day_teaches_nothing_yet() -> None:
    stamps = sessions("2024-01-01", 10)
    _, state = walk(Calendar.SESSIONS, stamps)
    assert state.sessions == 9
    hours = state.hours
    assert calendar_gap(Calendar.SESSIONS, state, stamps[-1] + HOUR, HOUR) == 0
    assert (state.sessions, state.hours) == (9, hours)


@pytest.mark.parametrize(("absent", "missing"), [(9, 3), (10, 3), (11, 0)])
def test_an_hour_is_expected_while_half_of_the_last_twenty_sessions_had_it(absent: int, missing: int) -> None:
    whole = sessions("2024-01-01", 40 + absent + 3)
    short, last = whole[40 * 7 : (40 + absent) * 7], whole[(40 + absent) * 7 :]
    shortened = [t for k, t in enumerate(short) if k % 7 < 4]
    del last[11:14]
    found, _ = walk(Calendar.SESSIONS, whole[: 40 * 7] + shortened + last)
    assert found[-7] == missing
