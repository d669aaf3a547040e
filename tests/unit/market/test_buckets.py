"""One bucket by hand: how base bars join it and what it is when it closes."""

from typing import Any

import pytest

from bullmachine.core.bars import Bar
from bullmachine.core.record import to_array
from bullmachine.core.time import DAY, HOUR, WEEK
from bullmachine.market.buckets import Bucket, bucket_close, bucket_end, bucket_join

MONDAY = 1_578_268_800_000  # 2020-01-06 00:00 UTC
FOUR = 4 * HOUR


def bar(
    hour: float, prices: tuple[float, float, float, float] = (1.0, 2.0, 0.5, 1.5), volume: float = 1.0,
    novol: int = 0, gap: int = 0, rejected: int = 0,
) -> Any:  # fmt: skip
    ts = MONDAY + int(hour * HOUR)
    made = Bar(ts=ts, known=ts + HOUR, tf=HOUR, volume=volume, novol=novol, gap=gap, rejected_before=rejected)
    made.open, made.high, made.low, made.close = prices
    return to_array(made)[0]


def bucket(*bars: Any, tf: int = FOUR) -> Any:
    made = to_array(Bucket)[0]
    for one in bars:
        bucket_join(made, one, tf)
    return made


def test_no_bucket_forms_before_a_bar_joins() -> None:
    assert bucket_end(bucket()) > MONDAY + 1000 * WEEK


def test_open_high_low_close_are_first_highest_lowest_last() -> None:
    made = bucket(bar(0, (5.0, 6.0, 4.0, 4.5)), bar(1, (4.5, 9.0, 4.5, 8.0)), bar(2, (8.0, 8.0, 3.0, 3.5)))
    assert (made.bar.open, made.bar.high, made.bar.low, made.bar.close) == (5.0, 9.0, 3.0, 3.5)
    assert made.bar.n_base == 3


def test_negative_prices_are_prices() -> None:
    made = bucket(bar(0, (-5.0, -4.0, -6.0, -4.5)), bar(1, (-4.5, -4.5, -9.0, -8.0)))
    assert (made.bar.open, made.bar.high, made.bar.low, made.bar.close) == (-5.0, -4.0, -9.0, -8.0)


@pytest.mark.parametrize(
    ("hour", "tf", "start", "end"),
    [
        (0, FOUR, 0, 4),
        (3, FOUR, 0, 4),
        (7, FOUR, 4, 8),
        (23, DAY, 0, 24),
        (26, DAY, 24, 48),
        (0, WEEK, 0, 168),
        (167, WEEK, 0, 168),
        (168, WEEK, 168, 336),
        (-1, WEEK, -168, 0),
        (5, 3 * HOUR, 3, 6),
    ],
)
def test_a_bucket_lies_on_the_clock_and_weeks_begin_on_monday(hour: int, tf: int, start: int, end: int) -> None:
    made = bucket(bar(hour), tf=tf)
    assert made.bar.ts == MONDAY + start * HOUR
    assert bucket_end(made) == MONDAY + end * HOUR
    assert made.bar.tf == tf


def test_volume_is_the_sum_and_one_missing_part_makes_it_missing() -> None:
    whole = bucket(bar(0, volume=1.5), bar(1, volume=0.0), bar(2, volume=2.0))
    assert (whole.bar.volume, whole.bar.novol) == (3.5, 0)
    for missing in range(3):
        made = bucket(*(bar(k, volume=0.0 if k == missing else 2.0, novol=int(k == missing)) for k in range(3)))
        bucket_close(made, MONDAY + FOUR, 4)
        assert (made.bar.volume, made.bar.novol) == (0.0, 1)


def test_a_closed_bucket_is_numbered_and_knows_when_it_was_known() -> None:
    made = bucket(bar(0), bar(3))
    bucket_close(made, MONDAY + 9 * HOUR, 4)
    assert bucket_end(made) > MONDAY + WEEK
    assert (made.bar.i, made.bar.known, made.bar.n_base, made.bar.expected) == (0, MONDAY + 9 * HOUR, 2, 4)
    bucket_join(made, bar(8), FOUR)
    bucket_close(made, MONDAY + 12 * HOUR, 4)
    assert (made.bar.i, made.bar.ts, made.bar.n_base) == (1, MONDAY + 8 * HOUR, 1)


def test_nothing_of_a_closed_bucket_is_left_in_the_next() -> None:
    used = bucket(bar(0, (50.0, 99.0, 1.0, 60.0), volume=9.0, novol=1, gap=5, rejected=2), bar(3, rejected=4))
    bucket_close(used, MONDAY + FOUR, 4)
    bucket_join(used, bar(4), FOUR)
    clean = bucket(bar(4))
    for name in ("ts", "tf", "open", "high", "low", "close", "volume", "novol", "n_base", "gap", "rejected_before"):
        assert used.bar[name] == clean.bar[name], name


def test_refused_rows_add_up_and_the_gap_is_the_one_before_the_first_bar() -> None:
    made = bucket(bar(1, gap=7, rejected=2), bar(3, gap=1, rejected=1))
    assert (made.bar.gap, made.bar.rejected_before) == (7, 3)
