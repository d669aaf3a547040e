"""Swings, previous highs and lows and sessions of smart-money-concepts 0.0.27, rebuilt bar by bar.

The library's tables are read through its own indexing, which is applied here: it shows a period one bar
late (and a week by its end), it counts both ends of a session, and it invents the first and last swing.
"""

import math
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import polars as pl
import pytest

from bullmachine.core.bars import Bar, Gate, admit, rows_from_columns
from bullmachine.core.record import dtype_of, to_array
from bullmachine.engines.levels import Kind, Levels, LevelsParams, PivotParams, PivotRule, SessionParams, SessionWindow
from bullmachine.engines.levels.period import PeriodState, period_step
from bullmachine.engines.levels.session import SessionState, session_tables, session_take, session_turn

Array = np.ndarray[Any, Any]
Finder = Callable[[str], pathlib.Path]
HOUR = 3_600_000
DAY = 24 * HOUR
WEEK = 7 * DAY
SETTINGS: Any = LevelsParams
SESSIONS: Any = SessionParams


@pytest.fixture(scope="module")
def rows(real_data: Finder) -> Array:
    frame = pl.read_parquet(real_data("smc_golden/EURUSD_15M.parquet"))
    stamps = frame["Date"].str.to_datetime("%Y.%m.%d %H:%M:%S", time_unit="ms").dt.epoch("ms").to_numpy()
    return rows_from_columns(stamps, *[frame[name].to_numpy() for name in ("Open", "High", "Low", "Close", "Volume")])


@pytest.fixture(scope="module")
def bars(rows: Array) -> Array:
    gate = to_array(Gate)
    gate[0].tf = HOUR // 4
    made = np.zeros(len(rows), dtype_of(Bar))
    assert admit(gate, rows, made) == len(rows)
    return made


def golden(real_data: Finder, name: str, part: str = "") -> pl.DataFrame:
    return pl.read_parquet(real_data(f"smc_golden/{name}_result_data{part}.parquet")).fill_null(math.nan)


def test_swings_are_the_librarys_except_its_invented_first_and_last(rows: Array, real_data: Finder) -> None:
    table = golden(real_data, "swing_highs_lows")
    levels = Levels(SETTINGS(pivot=PivotParams(k=5, rule=PivotRule.SMC)), timeframe="15m")
    levels.run(rows)
    told = [e for e in levels.event_array() if e["kind"] in (Kind.SWING, Kind.SWING_REPLACED)]
    replaced = {int(e["parent"]) for e in told}
    found = np.full((len(rows), 2), math.nan)
    for e in told:
        if int(e["id"]) not in replaced:
            found[e["i_ref"]] = e["dir"], e["price"]
    assert len(replaced - {-1}) == 216
    expected = table.select("HighLow", "Level").to_numpy()
    inner = slice(1, len(rows) - 1)
    assert int((~np.isnan(expected[inner, 0])).sum()) == 2706
    np.testing.assert_array_equal(found[inner], expected[inner])


def previous(bars: Array, length: int) -> list[tuple[float, float]]:
    """Our previous high and low at every bar."""
    state = to_array(PeriodState)
    made = []
    for bar in bars:
        period_step(state[0], bar, length)
        made.append((float(state[0].high), float(state[0].low)))
    return made


def a_bar_late(bars: Array, length: int) -> Iterator[tuple[float, float]]:
    """The library's row for 4h and 1D: the bar that opens a period on time still shows the period before."""
    before = (math.nan, math.nan)
    for bar, now in zip(bars, previous(bars, length), strict=True):
        yield before if bar["ts"] % length == 0 else now
        before = now


def by_week_end(bars: Array) -> Iterator[tuple[float, float]]:
    """The library's row for W: weeks are named by their Sunday, so the last week is only last week after it began."""
    before = now = (math.nan, math.nan)
    for bar, seen in zip(bars, previous(bars, WEEK), strict=True):
        if seen != now and not math.isnan(seen[0]):
            before, now = now, seen
        into_week = (bar["ts"] - 4 * DAY) % WEEK
        yield now if into_week > 6 * DAY else before


def running_breaks(bars: Array, levels: Array) -> Iterator[tuple[int, int]]:
    """1 from the first bar beyond the shown level, which the library keeps in 32 bits, for as long as it is shown."""
    up = down = 0
    shown = (math.nan, math.nan)
    for bar, level in zip(bars, levels.astype(np.float32).astype(float), strict=True):
        if tuple(level) != shown:
            up = down = 0
        shown = tuple(level)
        up |= int(bar["high"] > level[0])
        down |= int(bar["low"] < level[1])
        yield up, down


@pytest.mark.parametrize("name", ["4h", "1D", "W"])
def test_previous_high_low_is_the_librarys_after_its_indexing(bars: Array, real_data: Finder, name: str) -> None:
    table = golden(real_data, "previous_high_low", f"_{name}")
    lengths = {"4h": 4 * HOUR, "1D": DAY}
    found = np.array(list(a_bar_late(bars, lengths[name]) if name in lengths else by_week_end(bars)))
    np.testing.assert_array_equal(found, table.select("PreviousHigh", "PreviousLow").to_numpy())
    breaks = np.array(list(running_breaks(bars, found)))
    np.testing.assert_array_equal(breaks, table.select("BrokenHigh", "BrokenLow").to_numpy())


def test_the_london_session_is_the_librarys_with_both_ends_included(bars: Array, real_data: Finder) -> None:
    table = golden(real_data, "sessions")
    window = SessionWindow(start=7 * 60, end=16 * 60 + 1)
    london = to_array(session_tables(SESSIONS(london=window))[1])
    state = to_array(SessionState)
    found = np.zeros((len(bars), 3))
    for bar, row in zip(bars, found, strict=True):
        if bar["ts"] >= state[0].until:
            session_turn(london[0], state[0], bar)
        session_take(state[0], bar)
        if state[0].inside:
            row[:] = 1, state[0].run_high, state[0].run_low
    np.testing.assert_array_equal(found, table.select("Active", "High", "Low").to_numpy())
