"""The slower streams: closed when they can be known, in their order, and what resampling the past gives."""

import dataclasses
import itertools
from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from tests.oracle.resampling import SessionDays, SlowBar, slow_log
from tests.parity.machine_trace import Array, Finder, Trace, bar_by_bar, compiled_only, follow, fresh, made, real_rows

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.events import ENGINE_SPAN
from bullmachine.core.time import DAY, HOUR, MINUTE, WEEK
from bullmachine.engines.features import Features
from bullmachine.engines.hob import Hob
from bullmachine.engines.levels import LevelsParams, PivotParams
from bullmachine.engines.momentum import Momentum
from bullmachine.engines.smc import Smc
from bullmachine.engines.wyckoff import ClimaxParams, LockParams, RallyParams, Wyckoff, WyckoffParams
from bullmachine.machine.records import SenseParams
from bullmachine.market.calendars import Calendar
from bullmachine.testing.markets import random_market

pytestmark = compiled_only

LADDERS = [(HOUR, 4 * HOUR, DAY), (15 * MINUTE, HOUR, 4 * HOUR), (HOUR, DAY, WEEK), (2 * HOUR, 6 * HOUR, 12 * HOUR)]
#: thresholds that no range of the markets 1 and 4 reaches
NO_RANGES = made(
    WyckoffParams,
    climax=ClimaxParams(sp=2.5, rv=4.0, drop=10.0, n_low=50),
    rally=RallyParams(least=4.0, pull=1.5, max_bars=10, max_height=8.0),
    lock=LockParams(efficiency=0.1, drift=10.0, max_height=4.0, touches=4),
)
FIELDS = [f.name for f in dataclasses.fields(SlowBar) if f.name not in {"closer", "last"}]


def rows_at(stamps: list[int], seed: int = 0) -> Array:
    """Rows with those open times; every price and volume tells which row it came from."""
    k = np.arange(len(stamps), dtype=np.float64) + seed
    return rows_from_columns(stamps, k + 0.5, k + 1.0, k, k + 0.25, 10.0 + k)


def at_hours(*hours: int) -> Array:
    """Hourly rows at those hours since 2020-01-06 00:00, a Monday."""
    return rows_at([1_578_268_800_000 + HOUR * hour for hour in hours])


def closes(rows: Array, sense: SenseParams | None = None) -> list[list[str]]:
    """For each row the buckets it closed, as `4h 00-04`, days counted on from the first."""
    trace = bar_by_bar(fresh(sense=sense), rows)
    ends = [0, *trace.counts[:, -1].tolist()]
    named = [_named(bar, int(rows["ts"][0])) for bar in trace.said["slow_bars"]]
    return [named[a:b] for a, b in itertools.pairwise(ends)]


def _named(bar: Array, zero: int) -> str:
    first, hours = (int(bar["ts"]) - zero // DAY * DAY) // HOUR, int(bar["tf"]) // HOUR
    return f"{hours}h {first:02d}-{first + hours:02d}"


def logged(trace: Trace) -> list[tuple[object, ...]]:
    return [tuple(bar[name].item() for name in FIELDS) for bar in trace.said["slow_bars"]]


def expected_log(rows: Array, sense: SenseParams) -> list[SlowBar]:
    return slow_log([row.item() for row in rows], sense.base, sense.middle, sense.slow)


def as_logged(bars: list[SlowBar]) -> list[tuple[object, ...]]:
    return [tuple(getattr(bar, name) for name in FIELDS) for bar in bars]


def test_after_a_hole_one_bar_closes_the_bucket_before_it_and_its_own() -> None:
    """03:00 to 06:00 are missing: the 07:00 bar proves 00-04, then completes 04-08."""
    said = closes(at_hours(0, 1, 2, 7, 8))
    assert said == [[], [], [], ["4h 00-04", "4h 04-08"], []]


def test_both_closes_after_a_hole_are_known_when_that_bar_closes() -> None:
    bars = bar_by_bar(fresh(), at_hours(0, 1, 2, 7)).said["slow_bars"]
    assert ((bars["known"] - bars["ts"][0]) // HOUR).tolist() == [8, 8]
    assert bars["n_base"].tolist() == [3, 1]
    assert bars["expected"].tolist() == [4, 4]
    assert bars["close"].tolist() == [2.25, 3.25]
    assert bars["open"].tolist() == [0.5, 3.5]


def test_a_bucket_whose_last_bar_is_missing_waits_for_the_next_bar() -> None:
    said = closes(at_hours(0, 1, 2, 4, 5))
    assert said == [[], [], [], ["4h 00-04"], []]


def test_a_bucket_closes_with_the_bar_that_ends_it() -> None:
    assert closes(at_hours(2, 3, 4)) == [[], ["4h 00-04"], []]


def test_at_midnight_the_day_closes_before_its_last_four_hours() -> None:
    assert closes(at_hours(21, 22, 23, 24)) == [[], [], ["24h 00-24", "4h 20-24"], []]
    assert closes(at_hours(21, 22, 24)) == [[], [], ["24h 00-24", "4h 20-24"]]


def test_a_hole_over_midnight_closes_the_earlier_end_first() -> None:
    assert closes(at_hours(14, 27)) == [[], ["4h 12-16", "24h 00-24", "4h 24-28"]]


def test_a_bar_that_is_a_day_of_its_own_closes_up_to_two_of_each_stream() -> None:
    assert closes(at_hours(14, 47)) == [[], ["4h 12-16", "24h 00-24", "24h 24-48", "4h 44-48"]]


def test_a_silent_bucket_is_never_invented() -> None:
    assert closes(at_hours(0, 50)) == [[], ["4h 00-04", "24h 00-24"]]


@settings(deadline=None, max_examples=150)
@given(
    ladder=st.sampled_from(LADDERS),
    start=st.integers(0, 10_000),
    steps=st.lists(st.sampled_from([1, 1, 1, 1, 2, 3, 5, 9, 24, 40, 200]), min_size=1, max_size=120),
)
def test_any_holes_give_what_resampling_the_whole_gives(
    ladder: tuple[int, int, int], start: int, steps: list[int]
) -> None:
    base, middle, slow = ladder
    sense = made(SenseParams, base=base, middle=middle, slow=slow)
    rows = rows_at([base * (start + int(k)) for k in np.cumsum(steps)], start)
    oracle = expected_log(rows, sense)
    trace = follow(fresh(sense=sense), rows)
    assert logged(trace) == as_logged(oracle)
    assert trace.said["slow_bars"]["expected"].tolist() == [bar.tf // base for bar in oracle]
    _reads_only_closed_buckets(trace, oracle, sense)


def _reads_only_closed_buckets(trace: Trace, oracle: list[SlowBar], sense: SenseParams) -> None:
    """At every bar each slower reading is of the last bucket known by then, and of none that ends later."""
    known = trace.said["bars"]["known"]
    for name, tf in (("middle", sense.middle), ("slow", sense.slow)):
        own = [bar for bar in oracle if bar.tf == tf]
        newest = np.searchsorted([bar.known for bar in own], known, side="right") - 1
        ends = np.array([-1, *(bar.ts + tf for bar in own)])
        reading = trace.said["readings"][name]
        assert reading["i"].tolist() == newest.tolist()
        assert reading["closed_at"].tolist() == ends[newest + 1].tolist()
        assert (reading["closed_at"] <= known).all()
    assert trace.said["readings"]["base"]["closed_at"].tolist() == known.tolist()


@pytest.mark.parametrize(
    ("file", "calendar", "twice"),
    [
        ("ETHUSD_kraken_1h", Calendar.ALWAYS, 7),
        ("ETHUSDT_binance_1h", Calendar.ALWAYS, 0),
        ("SPY_1h", Calendar.SESSIONS, 0),
    ],
)
def test_on_real_bars_the_log_is_what_resampling_gives(
    file: str, calendar: Calendar, twice: int, real_data: Finder
) -> None:
    rows = real_rows(real_data(f"ohlcv/{file}.parquet"))
    sense = made(SenseParams, calendar=calendar)
    oracle, trace = expected_log(rows, sense), follow(fresh(sense=sense), rows)
    assert logged(trace) == as_logged(oracle)
    _reads_only_closed_buckets(trace, oracle, sense)
    per_bar = Counter(bar.closer for bar in oracle if bar.tf == sense.middle)
    assert Counter(per_bar.values())[2] == twice
    assert max(Counter(bar.closer for bar in oracle if bar.tf == sense.slow).values()) == 1
    days = SessionDays(rows["ts"].tolist(), HOUR)
    expected = [days.expected(bar) if calendar == Calendar.SESSIONS else bar.tf // HOUR for bar in oracle]
    assert trace.said["slow_bars"]["expected"].tolist() == expected


def sessions(days: int, *, without: dict[int, set[int]]) -> Array:
    """Hourly rows of `days` sessions from 14:00 to 21:00 on weekdays, less some hours of some days."""
    weekdays = [day for day in range(2 * days) if day % 7 < 5][:days]
    hours = [
        24 * day + hour for k, day in enumerate(weekdays) for hour in range(14, 21) if hour not in without.get(k, ())
    ]
    return at_hours(*hours)


def test_a_day_that_lost_hours_is_partial_in_the_calendar_of_its_exchange() -> None:
    """Seven hours are a whole day there; of the day that lost two, five of seven were seen."""
    rows = sessions(12, without={9: {16, 17}})
    bars = follow(fresh(sense=made(SenseParams, calendar=Calendar.SESSIONS)), rows).said["slow_bars"]
    days = bars[bars["tf"] == DAY]
    counts = list(zip(days["n_base"].tolist(), days["expected"].tolist(), strict=True))
    assert counts == [(7, 1)] * 5 + [(7, 7)] * 4 + [(5, 7)] + [(7, 5)]


def test_on_real_sessions_nearly_all_days_are_whole_and_short_days_are_partial(real_data: Finder) -> None:
    """The rest are the ten days after each change of clocks, when the calendar expects too little."""
    rows = real_rows(real_data("ohlcv/SPY_1h.parquet"))
    bars = follow(fresh(sense=made(SenseParams, calendar=Calendar.SESSIONS)), rows).said["slow_bars"]
    days = bars[bars["tf"] == DAY][30:]
    assert (days["n_base"] == days["expected"]).mean() > 0.9
    partial = days[days["n_base"] < days["expected"]]
    assert 0 < len(partial) < 80
    assert (partial["n_base"] < 7).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_each_stream_reads_its_bars_as_an_engine_of_its_own_would(seed: int) -> None:
    said = follow(fresh(), random_market(seed, 3000)).said
    for name, tf, bars in (
        ("base", "1h", said["bars"]),
        ("middle", "4h", _bars_of(said, 4 * HOUR)),
        ("slow", "1d", _bars_of(said, DAY)),
    ):
        alone = Features(timeframe=tf).run(_as_rows(bars))
        reading = said["readings"][name]
        seen = reading["i"] >= 0
        assert reading["features"][seen].tobytes() == alone[reading["i"][seen]].tobytes(), name


@pytest.mark.parametrize(("middle_k", "seed"), [(3, 1), (1, 4), (5, 1)])
def test_the_engines_of_each_stream_say_what_they_would_alone(middle_k: int, seed: int) -> None:
    """Levels with pivots of their own `k` on each; without a range, whose edges would be pools of the machine's SMC."""
    sense = made(SenseParams, middle_k=middle_k, slow_k=2, wyckoff=NO_RANGES)
    said = follow(fresh(sense=sense), random_market(seed, 3000)).said
    assert not np.isfinite(said["readings"]["base"]["wyckoff"]["range_low"]).any()
    told = 0
    for tf, k, bars in (
        ("1h", 5, said["bars"]),
        ("4h", middle_k, _bars_of(said, 4 * HOUR)),
        ("1d", 2, _bars_of(said, DAY)),
    ):
        levels = made(LevelsParams, pivot=PivotParams(k=k))
        structure = Hob(timeframe=tf, levels=levels)  # its log holds its needs' too
        wyckoff = Wyckoff(NO_RANGES, timeframe=tf, levels=levels)
        of_all = [(wyckoff, (1, 3)), *([] if tf == "1d" else [(structure, (2, 4)), (Momentum(timeframe=tf), (5,))])]
        for engine, numbers in of_all:
            engine.run(_as_rows(bars))
            alone = engine.event_array()
            for number in numbers:
                own = (said["events"]["tf"] == bars["tf"][0]) & (said["events"]["kind"] // ENGINE_SPAN == number)
                expected = alone[alone["kind"] // ENGINE_SPAN == number]
                assert _facts(said["events"][own]) == _facts(expected), (engine.name, number)
                told += int(own.sum())
    assert told == len(said["events"])
    assert (said["events"]["tf"] == 4 * HOUR).sum() > 100


@pytest.mark.parametrize("seed", [1, 2])
def test_edges_of_a_range_are_pools_from_the_next_bar_on(seed: int) -> None:
    """A new edge opens a pool one bar after the reading; an edge that goes ends its pool."""
    said = follow(fresh(), random_market(seed, 3000)).said
    events = said["events"][said["events"]["tf"] == HOUR]
    for source, edge in ((11, "range_high"), (12, "range_low")):
        read = said["readings"]["base"]["wyckoff"][edge]
        new = np.flatnonzero(np.isfinite(read) & ~(read == np.concatenate([[np.nan], read[:-1]])))
        opened = events[(events["kind"] == Smc.kinds.POOL) & (events["ev"][:, 1] == source)]
        assert opened["i_known"].tolist() == [i + 1 for i in new.tolist() if i + 1 < len(read)]
        assert opened["price"].tolist() == read[opened["i_known"] - 1].tolist()
        assert len(opened) > 0


def _bars_of(said: dict[str, Array], tf: int) -> Array:
    bars = said["slow_bars"]
    return np.compress(bars["tf"] == tf, bars)


def _as_rows(bars: Array) -> Array:
    volume = np.where(bars["novol"] == 1, np.nan, bars["volume"])
    return rows_from_columns(bars["ts"], bars["open"], bars["high"], bars["low"], bars["close"], volume)


def _facts(events: Array) -> list[tuple[object, ...]]:
    """All but `known`, which a hole delays; a parent by its place among these events instead of its id."""
    place = {int(event): k for k, event in enumerate(events["id"])}
    names = ("kind", "tf", "dir", "i_ref", "t_ref", "i_known", "price", "lo", "hi", "score", "state", "reason")
    parents = [place.get(int(parent), -1) for parent in events["parent"]]
    return [
        (*(e[name].item() for name in names), parent, *e["ev"].tolist())
        for e, parent in zip(events, parents, strict=True)
    ]


def test_a_missing_volume_in_one_part_makes_the_buckets_volume_missing() -> None:
    rows = at_hours(*range(9))
    rows["volume"][2] = np.nan
    bars = follow(fresh(), rows).said["slow_bars"]
    assert bars["novol"].tolist() == [1, 0]
    assert bars["volume"].tolist() == [0.0, 10.0 * 4 + 4 + 5 + 6 + 7]


def test_refused_rows_are_added_up_in_the_bucket_they_fell_into() -> None:
    rows = at_hours(*range(9))
    rows = np.insert(rows, [2, 3, 3, 6], rows[0])
    rows["open"][[2, 4, 5]] = np.nan
    rows["close"][9] = np.inf
    said = follow(fresh(), rows).said
    assert said["bars"]["rejected_before"].tolist() == [0, 0, 1, 2, 0, 0, 1, 0, 0]
    assert said["slow_bars"]["rejected_before"].tolist() == [3, 1]
