"""Macro against its slow twin: values, staleness, hysteresis and risk, on real series and on random ones."""

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
from tests.oracle import macro_twin as twin

from bullmachine.config import load_config
from bullmachine.core.bars import Bar
from bullmachine.core.record import dtype_of, to_array
from bullmachine.core.time import HOUR, from_ms, to_ms
from bullmachine.macro.context import Known, MacroState, macro_run
from bullmachine.macro.rules import Blocks, Rule
from bullmachine.macro.series import Series
from bullmachine.macro.table import MacroTable
from bullmachine.macro.timeline import timeline
from bullmachine.macro.values import series_of
from bullmachine.market.observations import read_observations
from bullmachine.trading.records import Given

RELEASES: dict[str, tuple[Any, ...]] = {
    "+0 days 22:00": ("days", 0, 22),
    "+0 days 23:59": ("days", 0, 23 + 59 / 60),
    "+1 days 00:00": ("days", 1, 0),
    "+1 weekdays 22:00": ("weekdays", 1, 22),
    "+5 weekdays 22:00": ("weekdays", 5, 22),
    "+1 weeks tue 22:00": ("weeks", 1, 1, 22),
    "at its stamp": ("stamp",),
}
NAMES = {int(k): k.name.lower() for k in Known}


def run(table: MacroTable, values: Any, known: Any, closes: Any = None) -> tuple[Any, Any]:
    """Contexts at closes, and what macro says there."""
    line = timeline(table, values, alt=True)
    bars, made = np.zeros(len(known), dtype_of(Bar)), np.zeros(len(known), dtype_of(Given))
    bars["known"], bars["close"] = known, 1.0 if closes is None else closes
    macro_run(to_array(table.kernel()), to_array(MacroState), bars, line.contexts, line.at(known), made)
    return line.contexts["slots"][line.at(known)], made["macro"]


def observations(table: MacroTable, values: Any, rule: Rule) -> twin.Observed:
    ts, value = values.get(rule.series, ([], []))
    days = [from_ms(int(t)) for t in ts]
    return twin.observations(days, [float(v) for v in value], RELEASES[table.series[rule.series].release])


def check(table: MacroTable, values: Any, known: Any) -> int:
    """Hold every slot and rule to the twin; how many closes had a rule that spoke."""
    slots, said = run(table, values, known)
    before = dict.fromkeys(table.rules, False)
    observed = {name: observations(table, values, rule) for name, rule in table.rules.items()}
    heard = 0
    for k, now in enumerate(known):
        long = short = 0.0
        for n, (name, rule) in enumerate(table.rules.items()):
            value, state = twin.read(
                observed[name], rule.transform, table.series[rule.series].max_age, from_ms(int(now))
            )
            assert NAMES[int(slots["known"][k, n])] == state, (name, k)
            if state != "missing":
                assert math.isclose(slots["value"][k, n], value, rel_tol=1e-9), (name, k)
            before[name] = twin.speaks(value, state, rule.on, rule.off, before=before[name])
            if before[name]:
                long += rule.weight if rule.blocks != Blocks.SHORT else 0.0
                short += rule.weight if rule.blocks != Blocks.LONG else 0.0
        assert [bool(said["speaking"][k] >> n & 1) for n in range(len(table.rules))] == list(before.values())
        assert said["risk_long"][k] == pytest.approx(min(1.0, max(0.0, long)), abs=1e-12)
        assert said["risk_short"][k] == pytest.approx(min(1.0, max(0.0, short)), abs=1e-12)
        heard += any(before.values())
    return heard


def real_table() -> MacroTable:
    """The shipped series with rules of every transform."""
    shipped = load_config().macro
    rules = {
        "vix_jump": shipped.rules["vix_jump"],
        "euro": Rule(series="eurusd", transform="change_20d", on=-0.02, off=-0.01, blocks=Blocks.LONG, weight=0.3),
        "oil": Rule(series="wti", transform="over_sma_5", on=1.05, off=1.0, weight=0.2),
        "curve": Rule(series="t10y2y", on=0.0, off=0.2, blocks=Blocks.SHORT, weight=-0.3),
        "rates": Rule(series="us10y", transform="change_7d", on=0.05, off=0.02, weight=0.4),
    }
    return MacroTable(rules, shipped.series)


@pytest.mark.parametrize("since", ["2012-08-01", "2015-08-10", "2018-01-20", "2020-02-10", "2022-03-01", "2025-03-20"])
def test_real_series_are_read_as_the_twin_reads_them(since: str, real_data: Callable[[str], pathlib.Path]) -> None:
    start = to_ms(dt.datetime.fromisoformat(since).replace(tzinfo=dt.UTC))
    frame = pl.read_parquet(real_data("macro/macro_daily.parquet"))
    begin = dt.date.fromisoformat(since) - dt.timedelta(days=70)
    late = dt.date.fromisoformat(since) + dt.timedelta(days=60)
    window = frame.filter((pl.col("date") >= begin) & (pl.col("date") <= late))
    table = real_table()
    assert check(table, series_of(table, read_observations(window)), start + HOUR * np.arange(1000)) > 0


@st.composite
def worlds(draw: st.DrawFn) -> tuple[MacroTable, dict[str, Any], Any]:
    """A series with holes under a rule of any kind, and closes with holes."""
    release = draw(st.sampled_from(sorted(RELEASES)))
    transform = draw(st.sampled_from(["level", "over_sma_2", "over_sma_4", "change_1d", "change_3d", "change_36h"]))
    on, off = draw(
        st.lists(st.sampled_from([-0.5, -0.2, 0.0, 0.3, 0.9, 1.1, 2.0]), min_size=2, max_size=2, unique=True)
    )
    rule = Rule(series="x", transform=transform, on=on, off=off, weight=draw(st.sampled_from([-0.4, 0.3, 0.7])))
    series = Series(release=release, max_age=draw(st.sampled_from([0.5, 2.0, 5.0])))
    days = draw(st.lists(st.integers(0, 40), min_size=1, max_size=25, unique=True))
    ts = np.sort(np.array(days)) * 24 * HOUR + 19_000 * 24 * HOUR
    value = np.array(
        draw(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0, 1.5, 3.0]), min_size=len(ts), max_size=len(ts)))
    )
    hours = draw(st.lists(st.integers(0, 60 * 24), min_size=1, max_size=40, unique=True))
    return (
        MacroTable({"r": rule}, {"x": series}),
        {"x": (ts, value)},
        np.sort(np.array(hours)) * HOUR + 19_000 * 24 * HOUR,
    )


@given(world=worlds())
@settings(max_examples=150, deadline=None)
def test_random_series_are_read_as_the_twin_reads_them(world: tuple[MacroTable, dict[str, Any], Any]) -> None:
    check(*world)


def test_what_is_released_later_changes_nothing_before_it(real_data: Callable[[str], pathlib.Path]) -> None:
    """Poison every value after a moment, and every value released after it though observed before."""
    table = real_table()
    values = series_of(table, read_observations(real_data("macro/macro_daily.parquet")))
    known = to_ms(dt.datetime(2022, 1, 1, tzinfo=dt.UTC)) + HOUR * np.arange(3000)
    slots, said = run(table, values, known)
    rng = np.random.default_rng(1)
    touched = 0
    for cut in rng.integers(200, 2900, 40):
        now = int(known[cut])
        poisoned = {}
        for name, (ts, value) in values.items():
            later = table.series[name].rule.known_at(ts) > now
            touched += int((later & (ts <= now)).sum())
            poisoned[name] = (ts, np.where(later, rng.choice([1e6, -1e6, 0.0], len(ts)), value))
        other, again = run(table, poisoned, known)
        assert other[: cut + 1].tobytes() == slots[: cut + 1].tobytes()
        assert again[: cut + 1].tobytes() == said[: cut + 1].tobytes()
        assert other[cut + 1 :].tobytes() != slots[cut + 1 :].tobytes()
    assert touched > 100


def test_a_price_that_moved_silences_a_rule_that_wants_it_quiet() -> None:
    rule = Rule(series="oi", on=1.0, off=0.5, weight=0.5, quiet=0.02)
    table = MacroTable({"r": rule}, {"oi": Series(release="at its stamp", max_age=100.0)})
    known = np.arange(1, 120) * HOUR
    closes = np.where(known < 60 * HOUR, 100.0, 103.0)
    closes[known == 30 * HOUR] = 101.0
    _, said = run(table, {"oi": (np.array([0]), np.array([2.0]))}, known, closes)
    spoke = (known[said["speaking"] == 1] // HOUR).tolist()
    assert spoke == [h for h in range(25, 120) if not 60 <= h < 84]  # nothing to compare before a day is over
    assert set(said["risk_long"][said["speaking"] == 1]) == {0.5}


def test_a_quotient_is_known_when_the_later_of_both_is() -> None:
    day = 24 * HOUR
    series = {"a": Series(release="+0 days 22:00"), "b": Series(release="+2 days 22:00", max_age=1.0)}
    table = MacroTable({}, series, shown=("a/b",))
    days = np.arange(19_000, 19_004) * day
    values = {"a": (days, np.array([2.0, 3.0, 4.0, 5.0])), "b": (days[1:], np.array([2.0, 0.0, 10.0]))}
    slots, _ = run(table, values, days[0] + np.arange(0, 9 * 24, 12) * HOUR)
    told = [(float(v), NAMES[int(k)]) for v, k in zip(slots["value"][:, 0], slots["known"][:, 0], strict=True)]
    at = {hour: told[hour // 12] for hour in range(0, 9 * 24, 12)}
    assert at[84][1] == "missing"
    assert at[96] == (1.5, "fresh")  # b of the second day is known on the fourth, 22:00
    assert at[120][1] == "missing"  # nothing is divided by zero
    assert at[144] == (0.5, "fresh")
    assert at[168] == (0.5, "stale")
