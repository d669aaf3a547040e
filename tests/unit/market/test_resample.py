"""Finer bars into base bars: by hand, by an oracle that groups rows one by one, and by the machine's own buckets."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from tests.oracle.resampling import BaseBar, SlowBar
from tests.oracle.resampling import resample as grouped

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.errors import DataError
from bullmachine.core.time import DAY, HOUR, MINUTE, timeframe_name
from bullmachine.market.calendars import CALENDARS
from bullmachine.market.read import read_bars
from bullmachine.market.report import Bars
from bullmachine.market.resample import resample

Find = Callable[[str], pathlib.Path]
Array = np.ndarray[Any, Any]

MONDAY = 1_578_268_800_000  # 2020-01-06 00:00
QUARTER = 15 * MINUTE


def read(rows: Array, tf: int) -> Bars:
    """`rows` as a reading would hand them over."""
    import polars as pl  # noqa: PLC0415  (only frames need it)

    frame = pl.DataFrame({name: rows[name].copy() for name in rows.dtype.names or ()})
    return read_bars(frame.rename({"ts": "time"}), timeframe=timeframe_name(tf))


def quarters(*places: int, volume: float = 1.0) -> Bars:
    """Quarters of an hour at those places since Monday; every number tells which it is."""
    k = np.array(places, np.float64)
    stamps = MONDAY + QUARTER * np.array(places)
    return read(rows_from_columns(stamps, k + 0.5, k + 1.0, k, k + 0.25, np.full(len(k), volume)), QUARTER)


def told(rows: Array) -> list[tuple[Any, ...]]:
    return [((row["ts"] - MONDAY) // HOUR, *list(row.item())[1:]) for row in rows]


def test_an_hour_is_its_first_open_its_extremes_its_last_close_and_the_sum_of_volumes() -> None:
    made = resample(quarters(0, 1, 2, 3, 4, 5, 6, 7), HOUR)
    assert told(made.rows) == [(0, 0.5, 4.0, 0.0, 3.25, 4.0), (1, 4.5, 8.0, 4.0, 7.25, 4.0)]
    assert made.timeframe == HOUR
    assert made.finer is not None
    assert (made.finer.partial, made.finer.left) == (0, 0)
    assert str(made.finer) == "polars frame holds 15m bars: resampled to 1h"


def test_the_last_hour_counts_only_when_a_bar_reaches_its_end() -> None:
    assert len(resample(quarters(0, 1, 2, 3, 4, 5, 6), HOUR).rows) == 1
    made = resample(quarters(0, 1, 2, 3, 4, 7), HOUR)
    assert told(made.rows)[1] == (1, 4.5, 8.0, 4.0, 7.25, 2.0)
    assert str(made.finer).endswith("resampled to 1h; fewer than 4 of them are in 1 of the 1h bars")
    left = resample(quarters(0, 1, 2, 3, 4, 5), HOUR).finer
    assert str(left).endswith("resampled to 1h; the last 2 end no 1h bar and are left out")


def test_an_hour_without_its_last_quarter_is_ended_by_the_next_and_an_hour_without_any_is_a_hole() -> None:
    made = resample(quarters(1, 2, 13, 14, 15), HOUR)
    assert told(made.rows) == [(0, 1.5, 3.0, 1.0, 2.25, 2.0), (3, 13.5, 16.0, 13.0, 15.25, 3.0)]
    assert (made.report.holes, made.report.missing_bars, made.report.timeframe) == (1, 2, "1h")
    assert made.finer is not None
    assert made.finer.partial == 2


def test_too_few_bars_for_a_single_hour_are_refused() -> None:
    with pytest.raises(DataError, match="polars frame: its 3 15m bars reach the end of no 1h bar; give a longer file"):
        resample(quarters(0, 1, 2), HOUR)


def test_a_missing_volume_stays_missing() -> None:
    bars = quarters(*range(12))
    bars.rows["volume"][5] = np.nan
    made = resample(bars, HOUR)
    assert np.isnan(made.rows["volume"]).tolist() == [False, True, False]
    assert (made.report.missing_volume, made.report.no_volume) == (1, False)


def test_dropped_rows_are_added_up_in_the_hour_they_fell_into() -> None:
    bars = dataclasses.replace(quarters(*range(10)), dropped=np.array([1, 0, 2, 0, 0, 3, 0, 4, 5, 6]))
    assert resample(bars, HOUR).dropped.tolist() == [3, 7]


def test_the_account_of_the_file_stays_as_it_was() -> None:
    bars = quarters(*range(40))
    made = resample(bars, HOUR)
    same = ("name", "sha256", "format", "columns", "stamps", "n_source", "duplicates", "rejected", "places")
    assert all(getattr(made.report, name) == getattr(bars.report, name) for name in same)
    assert made.finer is not None
    assert made.finer.bars is bars


def by_oracle(bars: Bars, tf: int) -> list[SlowBar]:
    base: list[BaseBar] = [row.item() for row in bars.rows]
    return grouped(base, bars.timeframe, tf)


def check(bars: Bars, tf: int) -> Bars:
    """The oracle's closed buckets, bit for bit."""
    made, oracle = resample(bars, tf), by_oracle(bars, tf)
    assert made.rows["ts"].tolist() == [bar.ts for bar in oracle]
    for name in ("open", "high", "low", "close"):
        assert made.rows[name].tolist() == [getattr(bar, name) for bar in oracle], name
    missing = np.isnan(made.rows["volume"])
    assert missing.tolist() == [bar.novol == 1 for bar in oracle]
    assert np.where(missing, 0.0, made.rows["volume"]).tolist() == [bar.volume for bar in oracle]
    assert made.finer is not None
    assert made.finer.partial == sum(bar.n_base < tf // bars.timeframe for bar in oracle)
    assert made.finer.left == len(bars.rows) - sum(bar.n_base for bar in oracle)
    return made


@settings(deadline=None, max_examples=60)
@given(
    steps=st.lists(st.integers(1, 20), min_size=30, max_size=120),
    tf=st.sampled_from([15 * MINUTE, HOUR, 4 * HOUR, DAY]),
    fine=st.sampled_from([MINUTE, 5 * MINUTE]),
    seed=st.integers(0, 1000),
)
def test_any_holes_give_what_grouping_gives(steps: list[int], tf: int, fine: int, seed: int) -> None:
    rng, n = np.random.default_rng(seed), len(steps)
    low = rng.uniform(1.0, 2.0, n)
    o, c = low + rng.random(n), low + rng.random(n)
    volume = np.where(rng.random(n) < 0.02, np.nan, rng.lognormal(size=n))
    rows = rows_from_columns(MONDAY + fine * np.cumsum(steps), o, np.maximum(o, c) + rng.random(n), low, c, volume)
    bars = read(rows, fine)
    if by_oracle(bars, tf):
        check(bars, tf)


@pytest.mark.parametrize(
    ("file", "tf", "calendar"),
    [
        ("ETHUSDT_binance_5m", 15 * MINUTE, "24x7"),
        ("ETHUSDT_binance_5m", HOUR, "24x7"),
        ("ETHUSDT_binance_5m", DAY, "24x7"),
        ("ETHUSD_kraken_1h", 4 * HOUR, "24x7"),
        ("SPY_1h", DAY, "us_equities"),
        ("EURUSD_15m", HOUR, "24x5"),
    ],
)
def test_real_bars_give_what_grouping_gives(file: str, tf: int, calendar: str, real_data: Find) -> None:
    made = check(read_bars(real_data(f"ohlcv/{file}.parquet")), tf)
    assert made.report.calendar == calendar
    assert calendar in CALENDARS


def test_later_bars_change_no_earlier_hour() -> None:
    bars = quarters(*range(400))
    whole = resample(bars, HOUR).rows
    for cut in (137, 200, 203):
        poisoned = bars.rows.copy()
        for name in ("open", "high", "low", "close", "volume"):
            poisoned[name][cut:] *= 3.0
        known = cut // 4  # hours whose end was reached before the poison
        made = resample(dataclasses.replace(bars, rows=poisoned), HOUR).rows
        assert made[:known].tobytes() == whole[:known].tobytes()
        assert made[known:].tobytes() != whole[known:].tobytes()
