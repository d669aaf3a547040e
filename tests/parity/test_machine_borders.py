"""What sense may know, and what refused rows and silences do to decisions."""

import dataclasses

import numpy as np
import pytest
from tests.parity.machine_trace import (
    BUSY,
    MARKETS,
    OTHER,
    Array,
    Finder,
    compiled_only,
    follow,
    fresh,
    made,
    market,
)

from bullmachine.core.time import DAY, HOUR, WEEK
from bullmachine.machine.records import SenseParams
from bullmachine.market.calendars import Calendar
from bullmachine.market.sample import sample_rows
from bullmachine.testing.markets import spoiled_row
from bullmachine.trading.guards import Guard
from bullmachine.trading.params import GuardParams

pytestmark = compiled_only

SENSE_PARTS = ("bars", "readings", "events", "slow_bars")
BAD = 1 << Guard.BAD_DATA


@pytest.mark.parametrize("name", MARKETS)
def test_sense_says_the_same_whatever_is_decided(name: str, real_data: Finder) -> None:
    rows = market(name, real_data)
    machines = [fresh(BUSY), fresh(OTHER), fresh(BUSY, trade_from=int(rows["ts"].max()) + 1)]
    traces = [follow(machine, rows) for machine in machines]
    for other, machine in zip(traces[1:], machines[1:], strict=True):
        for part in SENSE_PARTS:
            assert other.said[part].tobytes() == traces[0].said[part].tobytes(), part
        for mine, theirs in zip(machine.senses[0].parts(), machines[0].senses[0].parts(), strict=True):
            assert mine.tobytes() == theirs.tobytes()
    assert traces[0].said["decisions"].tobytes() != traces[1].said["decisions"].tobytes()
    assert traces[0].said["legs"].tobytes() != traces[1].said["legs"].tobytes()


def decisions(rows: Array, guards: GuardParams, sense: SenseParams | None = None) -> Array:
    return follow(fresh(dataclasses.replace(BUSY, guards=guards), sense), rows).said["decisions"]


def blocked_bars(found: Array) -> list[int]:
    """The bars on which `bad_data` blocks; it blocks both sides alike."""
    assert ((found["guards_long"] & BAD) == (found["guards_short"] & BAD)).all()
    return np.flatnonzero(found["guards_long"] & BAD).tolist()


@pytest.mark.parametrize("bars", [0, 1, 3, 7])
@pytest.mark.parametrize("spoil", ["a NaN close", "a high below the low", "an open time before the last"])
def test_a_refused_row_blocks_exactly_the_next_bars(spoil: str, bars: int) -> None:
    rows = sample_rows(120)
    rows = np.insert(rows, 61, np.array(spoiled_row(rows[60], spoil), rows.dtype))
    found = decisions(rows, GuardParams(rejected_bars=bars), made(SenseParams, max_gap=10_000))
    assert blocked_bars(found) == list(range(61, 61 + bars))


def test_many_refused_rows_in_a_row_count_as_one_silence() -> None:
    rows = sample_rows(120)
    bad = [spoiled_row(rows[60], "an open time before the last")] * 5
    made = np.insert(rows, 61, np.array(bad, rows.dtype))
    assert blocked_bars(decisions(made, GuardParams(rejected_bars=3))) == [61, 62, 63]


def test_refused_rows_three_bars_apart_keep_the_block_up() -> None:
    rows = sample_rows(120)
    bad = np.array([spoiled_row(rows[60], "an open time before the last")] * 2, rows.dtype)
    made = np.insert(rows, [61, 63], bad)
    assert blocked_bars(decisions(made, GuardParams(rejected_bars=3))) == [61, 62, 63, 64, 65]


def test_a_repeated_row_blocks_nothing() -> None:
    rows = sample_rows(120)
    made = np.insert(rows, 61, np.array(spoiled_row(rows[60], "an exact repetition"), rows.dtype))
    assert blocked_bars(decisions(made, GuardParams())) == []


@pytest.mark.parametrize("missing", [1, 3, 4, 50])
@pytest.mark.parametrize("max_gap", [0, 3, 4])
def test_only_a_gap_longer_than_allowed_blocks(missing: int, max_gap: int) -> None:
    rows = np.delete(sample_rows(200), slice(60, 60 + missing))
    found = decisions(rows, GuardParams(gap_bars=4), made(SenseParams, max_gap=max_gap))
    assert blocked_bars(found) == (list(range(60, 64)) if missing > max_gap else [])


@pytest.mark.parametrize("bars", [0, 1, 9])
def test_a_gap_blocks_exactly_as_many_bars_as_set(bars: int) -> None:
    rows = np.delete(sample_rows(200), slice(60, 90))
    assert blocked_bars(decisions(rows, GuardParams(gap_bars=bars))) == list(range(60, 60 + bars))


def test_a_closed_weekend_is_a_gap_only_where_the_market_never_closes() -> None:
    rows = sample_rows(400)
    hour = (rows["ts"] - 4 * DAY) % WEEK // HOUR  # 1970-01-05 was a Monday
    friday, sunday = 4 * 24 + 21, 6 * 24 + 22
    week = rows[(hour < friday) | (hour >= sunday)]
    closed, open_ = (made(SenseParams, calendar=calendar) for calendar in (Calendar.WEEKDAYS, Calendar.ALWAYS))
    assert blocked_bars(decisions(week, GuardParams(), closed)) == []
    assert len(blocked_bars(decisions(week, GuardParams(), open_))) == 6


def test_readings_count_bars_since_the_trouble() -> None:
    rows = np.delete(sample_rows(200), slice(100, 110))
    rows = np.insert(rows, 41, np.array(spoiled_row(rows[40], "an open time before the last"), rows.dtype))
    said = follow(fresh(), rows).said
    assert said["readings"]["since_rejected"][41:150].tolist() == list(range(109))
    assert said["readings"]["since_gap"][100:150].tolist() == list(range(50))
    assert said["bars"]["gap"].tolist() == [0] * 100 + [10] + [0] * 89
    assert (said["readings"]["since_rejected"][:41] > 1_000_000).all()
    assert (said["readings"]["since_gap"][:100] > 1_000_000).all()
