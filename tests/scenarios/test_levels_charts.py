"""Mini charts of the levels engine: MC01 from the file, MC15 and MC16 by hand, and the days clocks change."""

import datetime as dt
import json
import pathlib
from typing import Any

import numpy as np
import pytest

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.errors import ConfigError
from bullmachine.engines.features import FeaturesParams
from bullmachine.engines.levels import Kind, Levels, LevelsParams, PivotParams, Sentinel, SessionParams
from bullmachine.engines.levels.sentinel import ChannelParams, channel_edge, channel_side, cross_sign
from bullmachine.indicators import AtrParams, SmaParams

Array = np.ndarray[Any, Any]
HOUR = 3_600_000
DAY = 24 * HOUR
CHARTS = json.loads((pathlib.Path(__file__).parent / "scenarios.json").read_text())
MC01 = next(chart for chart in CHARTS if chart["id"] == "MC01")
SETTINGS: Any = LevelsParams
SESSIONS: Any = SessionParams
YARDSTICKS: Any = FeaturesParams


def hours(bars: Any, start: int = 0) -> Array:
    """Rows of (open, high, low, close[, volume]), one an hour from `start`."""
    columns = np.array([[*bar[:4], 100.0] for bar in bars]).T
    return rows_from_columns(start + HOUR * np.arange(len(bars)), *columns)


def flat_rows(stamps: Array) -> Array:
    """Rows at 10 that never move."""
    price = np.full(len(stamps), 10.0)
    return rows_from_columns(stamps, price, price, price, price, np.ones(len(stamps)))


def of_kind(engine: Levels, *kinds: Kind) -> list[tuple[int, int, int, float]]:
    """(dir, ref, known, price) of the events of these kinds."""
    return [(e.dir, e.i_ref, e.i_known, e.price) for e in engine.events() if e.kind in kinds]


def test_mc01_the_first_bar_of_a_plateau_is_the_pivot() -> None:
    levels = Levels(SETTINGS(pivot=PivotParams(k=MC01["params"]["k"])))
    levels.run(hours(MC01["bars"]))
    expected = [(e["dir"], e["ref"], e["known"], e["level"]) for e in MC01["expect"]]
    assert of_kind(levels, Kind.PIVOT) == expected


def test_a_cold_yardstick_gives_pivots_the_score_0_and_their_prominence() -> None:
    levels = Levels(SETTINGS(pivot=PivotParams(k=2)))
    levels.run(hours(MC01["bars"]))
    pivots = [e for e in levels.events() if e.kind == Kind.PIVOT]
    assert [(e.score, e.ev[0]) for e in pivots] == [(0.0, 0.0), (0.0, 0.0)]


def test_a_warm_yardstick_scores_prominence_in_atr() -> None:
    flat = [(100.0, 100.5, 99.5, 100.0)] * 24
    peak = [(100.0, 100.9, 99.5, 100.0), (100.0, 100.6, 99.5, 100.0), (100.0, 100.5, 99.5, 100.0)]
    levels = Levels(SETTINGS(pivot=PivotParams(k=2)))
    levels.run(hours(flat + peak))
    (pivot,) = [e for e in levels.events() if e.kind == Kind.PIVOT]
    atr_as_of_the_bar_before = (1.0 * 13 + 1.4) / 14
    atr_as_of_the_bar_before = (atr_as_of_the_bar_before * 13 + 1.1) / 14
    assert (pivot.i_ref, pivot.i_known) == (24, 26)
    assert pivot.score == pytest.approx(0.3 / atr_as_of_the_bar_before, rel=1e-12)


def test_a_bar_that_is_both_pivots_is_dropped_before_the_first_swing_and_told_opposite_first_after_it() -> None:
    ranges = [(10.0, 9.0), (12.0, 7.0), (10.0, 9.0), (11.0, 9.5), (10.5, 9.2), (13.0, 6.0), (10.0, 9.0)]
    levels = Levels(SETTINGS(pivot=PivotParams(k=1)))
    out = levels.run(hours([(9.7, high, low, 9.7) for high, low in ranges]))
    expected = [(1, 3, 4, 11.0), (-1, 5, 6, 6.0), (1, 5, 6, 13.0)]
    events = levels.events()
    for kind in (Kind.PIVOT, Kind.SWING):
        assert [(e.dir, e.i_ref, e.i_known, e.price) for e in events if e.kind == kind] == expected
    assert out["pivot_index"].tolist() == [-1, -1, -1, -1, 3, -1, 5]
    assert out["pivot_first"].tolist() == [0, 0, 0, 0, 1, 0, -1]


def mc15() -> Array:
    """Two days; on the first each hour is one higher and one lower than the one before."""
    first = [(95.0, 100.0 + h, 90.0 - h, 95.0) for h in range(24)]
    return hours(first + [(95.0, 96.0, 94.0, 95.0)] * 24, start=20_000 * DAY)


@pytest.mark.parametrize(
    ("name", "end", "high", "low"),
    [("asia", 8, 107.0, 83.0), ("london", 16, 115.0, 75.0), ("new_york", 22, 121.0, 69.0)],
)
def test_mc15_a_session_is_known_from_the_first_bar_after_it(name: str, end: int, high: float, low: float) -> None:
    levels = Levels(SETTINGS(sessions=SESSIONS(fixed_utc=1)))
    out = levels.run(mc15())
    known = slice(end, end + 24)
    assert np.isnan(out[f"{name}_high"][:end]).all()
    assert np.isnan(out[f"{name}_low"][:end]).all()
    assert set(out[f"{name}_high"][known]) == {high}
    assert set(out[f"{name}_low"][known]) == {low}
    assert out[f"{name}_high"][end + 24] == 96.0


def test_mc15_session_closes_carry_extremes_bars_and_the_last_bar() -> None:
    levels = Levels(SETTINGS(sessions=SESSIONS(fixed_utc=1)))
    levels.run(mc15()[:24])
    closes = [e for e in levels.events() if e.kind == Kind.SESSION_CLOSE]
    found = [(e.i_ref, e.i_known, e.lo, e.hi, e.price, e.ev[:2]) for e in closes]
    assert found == [
        (7, 8, 83.0, 107.0, 95.0, [0.0, 8.0]),
        (15, 16, 75.0, 115.0, 95.0, [1.0, 9.0]),
        (21, 22, 69.0, 121.0, 95.0, [2.0, 9.0]),
    ]


def test_mc15_the_previous_day_is_known_from_the_first_bar_of_the_new_one() -> None:
    out = Levels().run(mc15())
    assert np.isnan(out["pdh"][:24]).all()
    assert (set(out["pdh"][24:]), set(out["pdl"][24:])) == ({123.0}, {67.0})
    assert set(out["pd_age_days"][24:]) == {1}
    assert set(out["pd_partial"][24:]) == {0}


def test_a_day_without_a_session_leaves_no_levels_instead_of_older_ones() -> None:
    rows = mc15()
    keep = np.ones(48, np.bool_)
    keep[24:32] = False  # no Asia on the second day
    out = Levels().run(rows[keep])
    assert set(out["asia_high"][8:24]) == {107.0}
    assert np.isnan(out["asia_high"][24:]).all()


def test_bars_of_four_hours_have_no_sessions_but_have_a_previous_day() -> None:
    rows = flat_rows(DAY + 4 * HOUR * np.arange(12))
    out = Levels(timeframe="4h").run(rows)
    assert np.isnan(out["asia_high"]).all()
    assert out["asia_active"].sum() == 0
    assert out["pdh"][6] == 10.0


def test_own_windows_beside_fixed_utc_are_refused() -> None:
    with pytest.raises(ConfigError, match="fixed_utc sets the windows itself"):
        SESSIONS(fixed_utc=1, asia=SESSIONS().london)


@pytest.mark.parametrize(
    ("name", "day", "before", "after"),
    [
        ("london", dt.date(2021, 3, 28), (8, 17), (7, 16)),
        ("london", dt.date(2021, 10, 31), (7, 16), (8, 17)),
        ("london", dt.date(2024, 3, 31), (8, 17), (7, 16)),
        ("london", dt.date(2024, 10, 27), (7, 16), (8, 17)),
        ("new_york", dt.date(2021, 3, 14), (13, 22), (12, 21)),
        ("new_york", dt.date(2021, 11, 7), (12, 21), (13, 22)),
        ("new_york", dt.date(2024, 3, 10), (13, 22), (12, 21)),
        ("new_york", dt.date(2024, 11, 3), (12, 21), (13, 22)),
    ],
)
def test_windows_follow_the_local_clock_on_the_day_it_changes(
    name: str, day: dt.date, before: tuple[int, int], after: tuple[int, int]
) -> None:
    eve = dt.datetime.combine(day - dt.timedelta(days=1), dt.time(), dt.UTC)
    rows = flat_rows(int(eve.timestamp()) * 1000 + HOUR * np.arange(72))
    active = Levels().run(rows)[f"{name}_active"].reshape(3, 24)
    for hours_utc, (start, end) in zip(active, (before, after, after), strict=True):
        assert np.flatnonzero(hours_utc).tolist() == list(range(start, end))


CHANNEL = [(10.0, 10.5, 9.5, 10.0)] * 5 + [
    (10.0, 11.4, 9.9, 11.2),
    (11.2, 11.9, 11.0, 11.7),
    (11.7, 11.8, 10.2, 10.4),
    (10.4, 10.5, 8.6, 8.8),
]


def test_mc16_the_channel_breaks_up_at_5_and_down_at_8() -> None:
    yardsticks = YARDSTICKS(atr=AtrParams(length=3), sma_fast=SmaParams(length=3))
    levels = Levels(SETTINGS(channel=ChannelParams(m=1.0)), features=yardsticks)
    out = levels.run(hours(CHANNEL))
    (up, down) = of_kind(levels, Kind.ATR_BREAK)
    assert up == (1, 5, 5, 11.0)
    assert down[:3] == (-1, 8, 8)
    assert down[3] == pytest.approx(9.8481, abs=5e-5)
    assert np.flatnonzero(out["sentinels"] & int(Sentinel.ATR_BREAK)).tolist() == [5, 8]


#: bar -> mean of three closes and Wilder ATR(3), both as of the bar before, by hand
YARDSTICK = {5: (10.0, 1.0), 6: (10.4, 7 / 6), 7: (32.9 / 3, 97 / 90), 8: (11.1, 169 / 135)}


@pytest.mark.parametrize("m", [0.97, 1.0, 1.03])
def test_mc16_the_channel_breaks_do_not_hang_on_a_hair(m: float) -> None:
    side, fired = 0, []
    for i, (mid, atr) in YARDSTICK.items():
        now = channel_side(side, CHANNEL[i][3], mid, atr, m)
        if now not in (0, side):
            fired.append((i, now, channel_edge(mid, atr, m, now)))
        side = now
    assert [(i, now) for i, now, _ in fired] == [(5, 1), (8, -1)]
    assert [edge for _, _, edge in fired] == pytest.approx([10.0 + m, 11.1 - m * 169 / 135])


def test_a_market_without_range_leaves_the_channel_silent() -> None:
    assert channel_side(0, 11.0, 10.0, 0.0, 2.0) == 0
    assert channel_side(1, 9.0, 10.0, float("nan"), 2.0) == 1


CLOSES = (5.0, 5.0, 5.0, 4.0, 3.0, 4.0, 5.0, 5.0, 5.0, 5.0, 4.0, 3.0)


def test_mc16_the_averages_cross_up_at_6_and_down_at_10() -> None:
    yardsticks = YARDSTICKS(sma_fast=SmaParams(length=2), sma_slow=SmaParams(length=3))
    levels = Levels(features=yardsticks)
    out = levels.run(hours([(c, c, c, c) for c in CLOSES]))
    assert [e[:3] for e in of_kind(levels, Kind.SMA_CROSS)] == [(1, 6, 6), (-1, 10, 10)]
    assert np.flatnonzero(out["sentinels"] & int(Sentinel.SMA_CROSS)).tolist() == [6, 10]


def test_a_touch_of_the_averages_is_no_cross_and_keeps_the_sign() -> None:
    assert [cross_sign(1, 2.0, 2.0), cross_sign(-1, 2.0, 2.0), cross_sign(0, 2.0, 2.0)] == [1, -1, 0]
    assert cross_sign(1, float("nan"), 2.0) == 1
