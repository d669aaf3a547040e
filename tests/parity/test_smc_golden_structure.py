"""Fair value gaps, joined gaps and four-swing patterns of smart-money-concepts 0.0.27, rebuilt from our events.

The library writes what it finds into the row the thing is about; we say it on the bar on which it can be
known. The tests put our events back into those rows, and state how many bars lie between the two.
"""

import math
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.events import Reason
from bullmachine.engines.levels import LevelsParams, PivotParams, PivotRule
from bullmachine.engines.smc import Kind, Smc, SmcParams

Array = np.ndarray[Any, Any]
Finder = Callable[[str], pathlib.Path]
Recorder = Callable[[str, object], None]
LEVELS: Any = LevelsParams
SETTINGS: Any = SmcParams
GAPS: Any = type(SETTINGS().fvg)
MAX_AGE = 2000  #: the longest life of a gap that the parameters allow


@pytest.fixture(scope="module")
def rows(real_data: Finder) -> Array:
    frame = pl.read_parquet(real_data("smc_golden/EURUSD_15M.parquet"))
    stamps = frame["Date"].str.to_datetime("%Y.%m.%d %H:%M:%S", time_unit="ms").dt.epoch("ms").to_numpy()
    return rows_from_columns(stamps, *[frame[name].to_numpy() for name in ("Open", "High", "Low", "Close", "Volume")])


def events_of(rows: Array, join: int) -> Array:
    """What the engine says with the library's rules: it joins gaps or not, and has no least size."""
    gaps = GAPS(mid_dir=1, min_size=0.0, max_age=MAX_AGE, join=join)
    levels = LEVELS(pivot=PivotParams(k=5, rule=PivotRule.SMC))
    engine = Smc(SETTINGS(fvg=gaps, smc4="golden"), timeframe="15m", levels=levels)
    engine.run(rows)
    return engine.event_array()


@pytest.fixture(scope="module")
def apart(rows: Array) -> Array:
    return events_of(rows, 0)


@pytest.fixture(scope="module")
def joined(rows: Array) -> Array:
    return events_of(rows, 1)


def golden(real_data: Finder, name: str) -> Array:
    """The library's table, a row a bar; NaN where it has nothing."""
    return pl.read_parquet(real_data(f"smc_golden/{name}_result_data.parquet")).fill_null(math.nan).to_numpy()


def lag(record: Recorder, name: str, bars: Array) -> tuple[float, float, int]:
    """Median, 90th percentile and maximum of a lag in bars, also told to whoever runs the tests with -s."""
    found = float(np.median(bars)), float(np.percentile(bars, 90)), int(bars.max())
    record(name, found)
    print(f"\n{name}: median {found[0]:g}, p90 {found[1]:g}, max {found[2]} bars")  # noqa: T201
    return found


def of_kind(events: Array, *kinds: Kind) -> Array:
    return events[np.isin(events["kind"], kinds)]


def ended(events: Array, reason: Reason) -> dict[int, int]:
    """Gap event -> the bar on which it ended for this reason."""
    ends = of_kind(events, Kind.SMC_END)
    ends = ends[(ends["reason"] == reason) & np.isin(ends["parent"], of_kind(events, Kind.FVG)["id"])]
    return dict(zip(ends["parent"].tolist(), ends["i_known"].tolist(), strict=True))


def lasting(events: Array) -> Array:
    """The gaps that no later gap was joined with."""
    gaps = of_kind(events, Kind.FVG)
    return gaps[~np.isin(gaps["id"], list(ended(events, Reason.SUPERSEDED)))]


def touched(events: Array) -> dict[int, int]:
    """Gap event -> the bar that touched it."""
    touches = of_kind(events, Kind.FVG_TOUCH)
    assert len(set(touches["parent"].tolist())) == len(touches)
    return dict(zip(touches["parent"].tolist(), touches["i_known"].tolist(), strict=True))


def gap_table(events: Array, n: int) -> Array:
    """FVG, Top, Bottom and MitigatedIndex (0 for never) in the rows of the middle bars."""
    table = np.full((n, 4), math.nan)
    touches = touched(events)
    for gap in lasting(events):
        table[gap["i_ref"]] = gap["dir"], gap["hi"], gap["lo"], touches.get(int(gap["id"]), 0)
    return table


def out_of_reach(events: Array, expected: Array) -> Array:
    """Rows of gaps that the library sees touched after they had ended here by age; all other ends are no reason."""
    by_age, touches = ended(events, Reason.AGE), touched(events)
    late = []
    for gap in lasting(events):
        row, known = int(gap["i_ref"]), int(gap["id"])
        if known not in touches and expected[row, 3] != 0:
            assert by_age[known] == int(gap["i_known"]) + MAX_AGE
            assert expected[row, 3] >= by_age[known]
            late.append(row)
    return np.array(late)


def check_gaps(events: Array, expected: Array, rows: int, late: int) -> None:
    """Every gap and edge is the library's; so is every first touch but those of gaps older than `MAX_AGE`."""
    found = gap_table(events, len(expected))
    assert int((~np.isnan(expected[:, 0])).sum()) == rows
    np.testing.assert_array_equal(found[:, :3], expected[:, :3])
    old = out_of_reach(events, expected)
    assert len(old) == late
    assert set(found[old, 3]) == {0.0}
    reached = np.setdiff1d(np.arange(len(expected)), old)
    np.testing.assert_array_equal(found[reached, 3], expected[reached, 3])


def test_gaps_and_their_first_touches_are_the_librarys(apart: Array, real_data: Finder) -> None:
    check_gaps(apart, golden(real_data, "fvg"), rows=5020, late=47)


def test_joined_gaps_are_the_librarys_and_touches_between_are_forgotten(joined: Array, real_data: Finder) -> None:
    check_gaps(joined, golden(real_data, "fvg_consecutive"), rows=3756, late=18)
    assert len(ended(joined, Reason.SUPERSEDED)) == 1264


def test_no_gap_ends_for_want_of_room(apart: Array, joined: Array) -> None:
    assert ended(apart, Reason.CAPACITY) == ended(joined, Reason.CAPACITY) == {}


def test_a_gap_is_known_a_bar_after_its_row_and_joining_supersedes_it_a_bar_later(
    apart: Array, joined: Array, record_property: Recorder
) -> None:
    gaps = of_kind(apart, Kind.FVG)
    assert lag(record_property, "gap known - row", gaps["i_known"] - gaps["i_ref"]) == (1.0, 1.0, 1)
    rows = {int(gap["id"]): int(gap["i_ref"]) for gap in of_kind(joined, Kind.FVG)}
    ends = ended(joined, Reason.SUPERSEDED)
    gone = np.array([bar - rows[gap] for gap, bar in ends.items()])
    assert lag(record_property, "gap superseded - row", gone) == (2.0, 2.0, 2)


@pytest.mark.parametrize(("name", "expected"), [("apart", (3.0, 32.5, 1867)), ("joined", (2.0, 14.0, 1719))])
def test_a_touch_stands_in_its_gaps_row_long_before_it_happens(
    name: str, expected: tuple[float, float, int], request: pytest.FixtureRequest, record_property: Recorder
) -> None:
    events = request.getfixturevalue(name)
    rows = {int(gap["id"]): int(gap["i_ref"]) for gap in lasting(events)}
    waits = np.array([bar - rows[gap] for gap, bar in touched(events).items() if gap in rows])
    assert lag(record_property, f"touch - row, gaps {name}", waits) == expected


def patterns(events: Array) -> Array:
    """Our patterns in the order of their rows: row, known, dir, 1 for CHoCH, level, first close beyond it."""
    found = of_kind(events, Kind.SMC4_BOS, Kind.SMC4_CHOCH)
    columns = found["i_ref"], found["i_known"], found["dir"], found["kind"] == Kind.SMC4_CHOCH, found["price"]
    table = np.column_stack([*columns, found["ev"][:, 0]])
    return table[np.argsort(table[:, 0])]


def superseders(table: Array) -> Array:
    """For each pattern the first of the later rows whose level was broken no later, as an index; -1 for none."""
    found = np.full(len(table), -1)
    for k, pattern in enumerate(table):
        later = np.flatnonzero(table[k + 1 :, 5] <= pattern[5])
        if len(later):
            found[k] = k + 1 + later[np.argmin(table[k + 1 + later, 1])]
    return found


def test_breaks_and_changes_of_character_are_the_librarys(apart: Array, real_data: Finder) -> None:
    """The library keeps `BrokenIndex` where it erases a superseded pattern; its levels have 32 bits."""
    table, expected = patterns(apart), golden(real_data, "bos_choch")
    found = np.full((len(expected), 4), math.nan)
    at = table[:, 0].astype(int)
    assert len(set(at)) == len(at) == 1296
    found[at, 3] = table[:, 5]
    kept = table[superseders(table) < 0]
    at = kept[:, 0].astype(int)
    found[at, kept[:, 3].astype(int)] = kept[:, 2]
    found[at, 2] = kept[:, 4]
    expected[:, 2] = expected[:, 2].astype(np.float32)
    assert np.isfinite(expected[:, :2]).sum(axis=0).tolist() == [676, 453]
    np.testing.assert_array_equal(found, expected)


def test_most_patterns_are_known_after_the_bar_that_broke_them(apart: Array, record_property: Recorder) -> None:
    table = patterns(apart)
    kept = superseders(table) < 0
    row, known, broken = table[:, 0], table[:, 1], table[:, 5]
    assert [int((known > broken).sum()), int((known > broken)[kept].sum())] == [1088, 1087]
    assert lag(record_property, "pattern known - row", known - row) == (23.0, 45.0, 13430)
    assert lag(record_property, "surviving pattern known - row", (known - row)[kept]) == (22.0, 34.0, 85)
    late = (known - broken)[known > broken]
    assert lag(record_property, "pattern known - first close beyond", late)[::2] == (8.0, 45)


def test_most_superseded_patterns_were_so_before_they_were_told(apart: Array, record_property: Recorder) -> None:
    table = patterns(apart)
    by = superseders(table)
    gone = by >= 0
    wait = table[by[gone], 1] - table[gone, 1]
    assert [int(gone.sum()), int((wait <= 0).sum()), int((wait > 0).sum())] == [167, 135, 32]
    assert lag(record_property, "superseded after it was told", wait[wait > 0])[2] == 17
