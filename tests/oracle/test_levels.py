"""The levels engine against its slow twins: random walks full of ties and gaps, and real hours."""

import datetime as dt
import math
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracle import levels_twin as twin

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.record import to_array
from bullmachine.engines.features import Features
from bullmachine.engines.levels import (
    Kind,
    Levels,
    LevelsParams,
    PivotOut,
    PivotParams,
    PivotRule,
    PivotState,
    Sentinel,
    SessionParams,
    SessionWindow,
    Zone,
    swing_name,
)
from bullmachine.engines.levels.pivot import pivot_push

Array = np.ndarray[Any, Any]
Finder = Callable[[str], pathlib.Path]
HOUR = 3_600_000
NAMES = ("asia", "london", "new_york")
STARTS = [dt.datetime(y, m, 1, tzinfo=dt.UTC) for y in (2019, 2021, 2024) for m in (3, 6, 10)]


def walk(seed: int, n: int = 700) -> Array:
    """Hourly rows on a coarse grid of a power of two (exact sums, many ties), with holes and outages."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(-3, 4, n) * np.where(rng.random(n) < 0.05, 6, 1) * (rng.random(n) < 0.8)
    close = 400.0 + np.cumsum(steps) * 0.5
    first = np.concatenate([[400.0], close[:-1]]) + np.where(rng.random(n) < 0.05, rng.integers(-8, 9, n), 0) * 0.5
    high = np.maximum(first, close) + rng.integers(0, 4, n) * 0.5
    low = np.minimum(first, close) - rng.integers(0, 4, n) * 0.5
    missing = np.where(rng.random(n) < 0.03, rng.integers(1, 60, n), 0)
    start = int(STARTS[seed % len(STARTS)].timestamp() * 1000) + int(rng.integers(0, 500)) * HOUR
    stamps = start + HOUR * (np.arange(n) + np.cumsum(missing))
    return rows_from_columns(stamps, first, high, low, close, np.ones(n))


def real_rows(path: pathlib.Path, since: dt.datetime, n: int = 1000) -> Array:
    frame = pl.read_parquet(path).filter(pl.col("timestamp") >= since).head(n)
    columns = [frame[name].to_numpy() for name in ("open", "high", "low", "close", "volume")]
    return rows_from_columns(frame["timestamp"].dt.epoch("ms").to_numpy(), *columns)


def twin_bars(rows: Array) -> list[twin.TwinBar]:
    return [twin.TwinBar(int(r["ts"]), *(float(r[name]) for name in ("open", "high", "low", "close"))) for r in rows]


def of_kind(events: Array, *kinds: Kind) -> Array:
    return events[np.isin(events["kind"], [int(kind) for kind in kinds])]


def same(found: Any, expected: Any) -> bool:
    return bool(found == expected or (found != found and expected != expected))  # noqa: PLR0124  (NaN)


def compare(rows: Array, params: LevelsParams, k: int, windows: tuple[twin.Window, ...]) -> None:
    engine = Levels(params)
    out, events, bars = engine.run(rows), engine.event_array(), twin_bars(rows)
    assert len(out) == len(rows)
    compare_pivots(out, events, bars, k)
    compare_swings(out, events, bars, k)
    for number, (name, window) in enumerate(zip(NAMES, windows, strict=True)):
        compare_session(out, events, list(twin.sessions(bars, window)), number, name)
    compare_period(out, of_kind(events, Kind.PD_BREAK), list(twin.periods(bars, weekly=False)), "pd")
    compare_period(out, of_kind(events, Kind.PW_BREAK), list(twin.periods(bars, weekly=True)), "pw")
    compare_sentinels(out, events, bars, rows)


def compare_pivots(out: Array, events: Array, bars: list[twin.TwinBar], k: int) -> None:
    expected = list(twin.ordered(twin.pivots_strict(bars, k)))
    found = of_kind(events, Kind.PIVOT)
    told = [(p.known, p.ref, p.side, p.level, p.prominence, bars[p.ref].ts) for p in expected]
    assert [(e["i_known"], e["i_ref"], e["dir"], e["price"], e["ev"][0], e["t_ref"]) for e in found] == told
    flagged = {(p.known, p.side): p.level for p in expected}
    for i, o in enumerate(out):
        assert same(o["pivot_high"], flagged.get((i, 1), math.nan))
        assert same(o["pivot_low"], flagged.get((i, -1), math.nan))
        assert (o["pivot_high_confirmed"], o["pivot_low_confirmed"]) == ((i, 1) in flagged, (i, -1) in flagged)
        assert o["pivot_index"] == (i - k if {(i, 1), (i, -1)} & flagged.keys() else -1)


def compare_swings(out: Array, events: Array, bars: list[twin.TwinBar], k: int) -> None:
    told = twin.swings(twin.ordered(twin.pivots_strict(bars, k)))
    found = of_kind(events, Kind.SWING, Kind.SWING_REPLACED)
    names = [swing_name(int(e["dir"]), int(e["ev"][0])) for e in found]
    assert [(e["i_known"], e["i_ref"], e["dir"], e["price"]) for e in found] == [s[:4] for s in told]
    assert names == [s.label for s in told]
    ids = [int(e["id"]) for e in found]
    parents = [ids[s.replaces] if s.replaces >= 0 else -1 for s in told]
    assert [int(e["parent"]) for e in found] == parents
    for i in range(0, len(out), 7):
        kept = twin.standing(told, i)
        o = out[i]
        assert o["swing_dir"] == (kept[-1].side if kept else 0)
        for side, name in ((1, "high"), (-1, "low")):
            mine = [s for s in kept if s.side == side]
            final = [s for s in kept[:-1] if s.side == side]
            assert same(o[f"swing_{name}"], mine[-1].level if mine else math.nan)
            assert o[f"swing_{name}_index"] == (mine[-1].ref if mine else -1)
            assert same(o[f"final_{name}"], final[-1].level if final else math.nan)
            assert o[f"final_{name}_index"] == (final[-1].ref if final else -1)


def compare_session(out: Array, events: Array, told: list[twin.TwinSession], number: int, name: str) -> None:
    for i, session in enumerate(told):
        seen = [out[i][f"{name}_{what}"] for what in ("active", "high", "low")]
        assert all(map(same, seen, session[:3])), (name, i, seen, session)
    breaks = of_kind(events, Kind.SESSION_BREAK)
    closes = of_kind(events, Kind.SESSION_CLOSE)
    mine = breaks[breaks["ev"][:, 0] == number]
    assert [(e["i_known"], e["dir"]) for e in mine] == [(i, s.broke) for i, s in enumerate(told) if s.broke]
    mine = closes[closes["ev"][:, 0] == number]
    expected = [(i, i - 1, *s.closed) for i, s in enumerate(told) if s.closed is not None]
    assert [(e["i_known"], e["i_ref"], e["hi"], e["lo"], e["ev"][1]) for e in mine] == expected


def compare_period(out: Array, events: Array, told: list[twin.TwinPeriod], name: str) -> None:
    fields = [f"{name}h", f"{name}l", f"{name}_age_days", f"{name}_partial", f"{name}h_break", f"{name}l_break"]
    for i, period in enumerate(told):
        seen = [out[i][field] for field in fields]
        assert all(map(same, seen, period[:6])), (name, i, seen, period)
    assert [(e["i_known"], e["dir"]) for e in events] == [(i, p.fired) for i, p in enumerate(told) if p.fired]


def compare_sentinels(out: Array, events: Array, bars: list[twin.TwinBar], rows: Array) -> None:
    close = [b.close for b in bars]
    features = Features().run(rows)
    fast, slow = features["sma_fast"].tolist(), features["sma_slow"].tolist()
    np.testing.assert_allclose(fast, twin.means(close, 20), rtol=1e-12)
    pairs = [
        (Kind.SMA_CROSS, Sentinel.SMA_CROSS, twin.crossings(fast, slow)),
        (Kind.CLOSE_X_SMA20, Sentinel.CLOSE_X_SMA20, twin.crossings(close, fast)),
        (Kind.CLOSE_X_SMA50, Sentinel.CLOSE_X_SMA50, twin.crossings(close, slow)),
        (Kind.ATR_BREAK, Sentinel.ATR_BREAK, [b[:2] for b in twin.channel_breaks(bars, 20, 14, 2.0)]),
    ]
    for kind, bit, expected in pairs:
        assert [(e["i_known"], e["dir"]) for e in of_kind(events, kind)] == expected
        assert np.flatnonzero(out["sentinels"] & int(bit)).tolist() == [i for i, _ in expected]
    broken = np.unique(of_kind(events, Kind.SESSION_BREAK)["i_known"]).tolist()
    assert np.flatnonzero(out["sentinels"] & int(Sentinel.SESSION_BREAK)).tolist() == broken


def with_k(k: int, **sessions: Any) -> LevelsParams:
    made: Any = LevelsParams
    windows: Any = SessionParams
    params: LevelsParams = made(pivot=PivotParams(k=k), sessions=windows(**sessions))
    return params


@pytest.mark.parametrize("seed", range(9))
def test_random_walks_with_ties_and_outages_are_read_as_the_twins_read_them(seed: int) -> None:
    k = (1, 2, 3, 5, 8)[seed % 5]
    compare(walk(seed), with_k(k), k, twin.LOCAL_WINDOWS)


def test_fixed_utc_windows_are_those_of_the_twin() -> None:
    compare(walk(11), with_k(5, fixed_utc=1), 5, twin.UTC_WINDOWS)


def test_windows_over_midnight_and_of_a_whole_day_are_those_of_the_twin() -> None:
    own = {
        "asia": SessionWindow(zone=Zone.TOKYO, start=22 * 60, end=2 * 60),
        "london": SessionWindow(zone=Zone.LONDON, start=0, end=1440),
        "new_york": SessionWindow(zone=Zone.NEW_YORK, start=20 * 60, end=20 * 60),
    }
    windows = (
        twin.Window("Asia/Tokyo", 1320, 120),
        twin.Window("Europe/London", 0, 1440),
        twin.Window("America/New_York", 1200, 1200),
    )
    compare(walk(12), with_k(5, **own), 5, windows)


@pytest.mark.parametrize(
    ("name", "since"),
    [
        ("ETHUSDT_binance_1h", dt.datetime(2021, 3, 8, tzinfo=dt.UTC)),
        ("ETHUSDT_binance_1h", dt.datetime(2024, 10, 14, tzinfo=dt.UTC)),
        ("ETHUSD_kraken_1h", dt.datetime(2016, 3, 5, tzinfo=dt.UTC)),
        ("SPY_1h", dt.datetime(2008, 9, 1, tzinfo=dt.UTC)),
    ],
)
def test_real_hours_are_read_as_the_twins_read_them(real_data: Finder, name: str, since: dt.datetime) -> None:
    compare(real_rows(real_data(f"ohlcv/{name}.parquet"), since), with_k(5), 5, twin.LOCAL_WINDOWS)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=60), st.integers(1, 6))
def test_a_pivot_is_what_the_definition_says_on_any_short_series(pairs: list[tuple[int, int]], k: int) -> None:
    bars = [twin.TwinBar(i, 0.0, float(max(p)), float(min(p)), 0.0) for i, p in enumerate(pairs)]
    expected = {(p.known, p.side): p.level for p in twin.pivots_strict(bars, k)}
    p, s, o = to_array(PivotParams(k=k)), to_array(PivotState), to_array(PivotOut)
    found = {}
    for i, bar in enumerate(bars):
        pivot_push(p[0], s[0], i, bar.ts, bar.high, bar.low, o[0])
        if o[0].high_confirmed:
            found[i, 1] = float(o[0].high)
        if o[0].low_confirmed:
            found[i, -1] = float(o[0].low)
    assert found == expected


@pytest.mark.parametrize("seed", range(4))
def test_the_smc_rule_is_the_librarys_window(seed: int) -> None:
    bars, k = twin_bars(walk(seed)), 1 + seed
    p, s, o = to_array(PivotParams(k=k, rule=PivotRule.SMC)), to_array(PivotState), to_array(PivotOut)
    found = []
    for i, bar in enumerate(bars):
        pivot_push(p[0], s[0], i, bar.ts, bar.high, bar.low, o[0])
        if o[0].high_confirmed or o[0].low_confirmed:
            side = 1 if o[0].high_confirmed else -1
            found.append((int(o[0].index), side, float(o[0].high if side > 0 else o[0].low)))
    assert found == list(twin.pivots_smc(bars, k))


def test_events_of_a_prefix_are_a_prefix_of_the_events() -> None:
    rows = walk(5)
    whole = Levels()
    whole.run(rows)
    events = whole.event_array()
    for n in (1, 50, 333, 699):
        part = Levels()
        part.run(rows[:n])
        early = part.event_array()
        assert early.tobytes() == events[: len(early)].tobytes()
        assert (events["i_known"][len(early) :] >= n).all()
