"""The Wyckoff engine against its slow twin: every event, every reading of every bar, and the event behind each part."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from tests.oracle.lines import assert_same_events
from tests.oracle.resampling import resample
from tests.oracle.smc_cases import raws
from tests.oracle.test_smc import made, window
from tests.oracle.wyckoff_cases import CASES, MINI, mini
from tests.oracle.wyckoff_cases import raws as drawn
from tests.oracle.wyckoff_twin import Reading, Rules, Told, tell
from tests.oracle.wyckoff_twin_score import Name
from tests.oracle.wyckoff_walks import GROUPS, REACHABLE, RULES, WEIGHTS, walk

from bullmachine.core.bars import rows_from_columns
from bullmachine.engines.levels import LevelsParams
from bullmachine.engines.wyckoff import Wyckoff, WyckoffParams

Array = np.ndarray[Any, Any]
Finder = Callable[[str], pathlib.Path]
What = frozenset[tuple[int, int, int, int]]
HOUR = 3_600_000
LASTS = {"1m": HOUR // 60, "1h": HOUR, "4h": 4 * HOUR, "1d": 24 * HOUR}
WALKS = {"defaults": 60, "easy": 50, "short": 30, "locks": 30, "bars": 30}  #: 200 in all
BLOCK = 10  #: walks in one test
BLOCKS = [(name, start) for name, n in WALKS.items() for start in range(0, n, BLOCK)]
WINDOWS = [
    ("ETHUSDT_binance_1h", 8_000),  # across 2020-03-12
    ("ETHUSD_kraken_1h", 300),  # bars exist only where trades did
    ("SPY_1h", 20_000),
    ("EURUSD_oanda_1h", 50_000),  # no volume
]
#: and every other set of rules where prices are decimals and tie within a rounding
DEEP = [(name, "defaults") for name, _ in WINDOWS] + [("SPY_1h", name) for name in RULES if name != "defaults"]


def engine(rules: Rules, timeframe: str) -> Wyckoff:
    groups = {group: {own: getattr(rules, twins) for own, twins in names.items()} for group, names in GROUPS.items()}
    weights = dict(zip(WEIGHTS, rules.weights, strict=True))
    levels = made(LevelsParams, pivot={"k": rules.k})
    return Wyckoff(made(WyckoffParams, **groups, weights=weights), timeframe=timeframe, levels=levels)


def name_of(e: Any) -> Name:
    kind, dir_, ref, known, state = (int(e[field]) for field in ("kind", "dir", "i_ref", "i_known", "state"))
    return kind, dir_, ref, known, state


def compare(rows: Array, rules: Rules, timeframe: str = "1h") -> Told:
    """Run both; what the twin told, so that a test can say that something was told at all."""
    wyckoff, lasts = engine(rules, timeframe), LASTS[timeframe]
    out, events = wyckoff.run(rows), wyckoff.event_array()
    told = tell(raws(rows), rules, tf=lasts, sessions=lasts <= HOUR)
    assert_same_events(events, told.events, range(300, 400))
    assert (events["t_ref"] == rows["ts"][events["i_ref"]]).all()
    compare_readings(out, told.readings)
    compare_behind(out, events, told)
    return told


def compare_readings(out: Array, readings: Sequence[Reading]) -> None:
    assert len(out) == len(readings)
    for name in (field.name for field in dataclasses.fields(Reading)):
        expected = [getattr(reading, name) for reading in readings]
        np.testing.assert_allclose(out[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)


def compare_behind(out: Array, events: Array, told: Told) -> None:
    """Each id is that of the event the twin has in mind, or of one of those that count the same."""
    names: dict[int, Name | None] = {int(e["id"]): name_of(e) for e in events}
    names[-1] = None
    for field in told.behind[0]:
        found = [names[number] for number in out[field].tolist()]
        odd = [(i, one, of[field]) for i, (one, of) in enumerate(zip(found, told.behind, strict=True))
               if one not in of[field]]  # fmt: skip
        assert odd == [], field


@functools.cache
def on_walk(name: str, seed: int) -> What:
    """One walk under one set of rules: both compared once, and what happened on it."""
    return frozenset(compare(walk(seed), RULES[name]).what())


@functools.cache
def on_case(name: str, *, upside_down: bool) -> What:
    """One chart drawn by hand."""
    case = CASES[name]
    bars = drawn(case.drawn, upside_down=upside_down)
    return frozenset(compare(rows_of(bars), Rules(**case.rules or {}), "1m").what())


def rows_of(bars: Sequence[Any]) -> Array:
    columns = zip(*((b[0], *b[1:5], np.nan if b[5] is None else b[5]) for b in bars), strict=True)
    return rows_from_columns(*columns)


def test_every_rule_of_the_twin_is_a_parameter_and_is_tried_at_another_value() -> None:
    plain = Rules()
    fields = {field.name for field in dataclasses.fields(Rules)}
    assert {twins for names in GROUPS.values() for twins in names.values()} | {"k", "weights"} == fields
    tried = {f for f in fields for rules in RULES.values() if getattr(rules, f) != getattr(plain, f)}
    assert fields - tried == {"touches"}


@pytest.mark.parametrize(("name", "start"), BLOCKS)
def test_wyckoff_equals_its_twin_on_nasty_walks_under_every_option(name: str, start: int) -> None:
    for seed in range(start, start + BLOCK):
        assert on_walk(name, seed)


@pytest.mark.parametrize("upside_down", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_wyckoff_equals_its_twin_on_charts_drawn_by_hand(name: str, *, upside_down: bool) -> None:
    assert on_case(name, upside_down=upside_down)


@pytest.mark.parametrize("name", MINI)
def test_wyckoff_equals_its_twin_on_the_mini_charts(name: str) -> None:
    assert compare(rows_of(drawn(mini(name))), Rules(), "1m").readings


def test_the_charts_make_everything_happen_that_can_happen() -> None:
    """Every kind of both sides in every state and for every reason."""
    seen = {what for name, n in WALKS.items() for seed in range(n) for what in on_walk(name, seed)}
    seen |= {what for name in CASES for down in (False, True) for what in on_case(name, upside_down=down)}
    assert seen == REACHABLE


def resampled(rows: Array, timeframe: str) -> Array:
    bars = resample(rows.tolist(), HOUR, LASTS[timeframe])
    columns = zip(*((b.ts, b.open, b.high, b.low, b.close, b.volume) for b in bars), strict=True)
    return rows_from_columns(*columns)


@pytest.mark.parametrize(("name", "start"), WINDOWS)
@pytest.mark.parametrize("rules", ["defaults", "locks"])
def test_wyckoff_equals_its_twin_on_real_bars(rules: str, name: str, start: int, real_data: Finder) -> None:
    assert compare(window(real_data(f"ohlcv/{name}.parquet"), start), RULES[rules]).events


@pytest.mark.parametrize("timeframe", ["4h", "1d"])
def test_wyckoff_equals_its_twin_on_longer_real_bars(timeframe: str, real_data: Finder) -> None:
    hours = window(real_data("ohlcv/ETHUSDT_binance_1h.parquet"), 20_000, 1000 * LASTS[timeframe] // HOUR)
    assert compare(resampled(hours, timeframe), RULES["defaults"], timeframe).events


@pytest.mark.deep
@pytest.mark.parametrize(("name", "rules"), DEEP)
def test_wyckoff_equals_its_twin_on_twenty_thousand_real_bars(name: str, rules: str, real_data: Finder) -> None:
    told = compare(window(real_data(f"ohlcv/{name}.parquet"), 10_000, 20_000), RULES[rules])
    print(f"{name}, {rules}: {len(told.events)} events of {len(told.what())} sorts, {len(told.readings)} bars")  # noqa: T201
    assert len(told.events) > 1_000
