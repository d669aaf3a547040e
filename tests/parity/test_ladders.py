"""Every ladder of timeframes gives the whole machine: streams, live feed, tables, report, and nothing named 1h."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl
import pytest
from tests.oracle.resampling import slow_log
from tests.parity.machine_trace import Array, bar_by_bar, compare, compiled_only, follow, fresh, real_rows

import bullmachine as bm
from bullmachine.core.bars import rows_from_columns
from bullmachine.core.time import HOUR, parse_timeframe
from bullmachine.engines.features import Features
from bullmachine.engines.momentum import Momentum
from bullmachine.machine.records import SenseParams
from bullmachine.market.calendars import Calendar
from bullmachine.market.sample import SAMPLE_START, sample_rows
from bullmachine.report import write_report
from bullmachine.runs.calibrate import calibrate
from bullmachine.runs.needs import warm_up_bars
from bullmachine.runs.result import Result
from bullmachine.testing.markets import random_market

pytestmark = compiled_only

Find = Callable[[str], pathlib.Path]
STREAMS: Final = ("base", "middle", "slow")
MONDAY: Final = 1_578_268_800_000  # 2020-01-06 00:00
EAGER: Final = {"fusion.on": 0.3, "fusion.off": 0.15, "exits.stop_atr": 1.0, "guards.max_cost_r": 100.0}

LADDERS: Final = [
    ("5m", "15m", "1h"),
    ("15m", "1h", "4h"),
    ("1h", "4h", "1d"),
    ("4h", "1d", "1w"),
    ("30m", "90m", "6h"),
]
every_ladder = pytest.mark.parametrize("names", LADDERS, ids="/".join)


def sense_of(names: tuple[str, ...], **more: Any) -> SenseParams:
    """The default sense of a ladder."""
    rungs: dict[str, Any] = dict(zip(STREAMS, map(parse_timeframe, names), strict=True))
    return dataclasses.replace(bm.load_config().sense, **rungs, **more)


def nasty(base: int, n: int = 1_500) -> Array:
    """A random market with holes, its hours made as long as `base`."""
    rows = random_market(3, n)
    rows["ts"] = MONDAY + (rows["ts"] - rows["ts"][0]) // HOUR * base
    return rows


def frame(base: int, n: int) -> pl.DataFrame:
    """The synthetic market with bars as long as `base`."""
    rows = sample_rows(n)
    time = pl.Series(SAMPLE_START + base * np.arange(n)).cast(pl.Datetime("ms", "UTC"))
    return pl.DataFrame({"time": time, **{name: rows[name].copy() for name in (rows.dtype.names or ())[1:]}})


def as_rows(bars: Array) -> Array:
    volume = np.where(bars["novol"] == 1, np.nan, bars["volume"])
    return rows_from_columns(bars["ts"], bars["open"], bars["high"], bars["low"], bars["close"], volume)


@every_ladder
def test_each_stream_reads_the_bars_of_its_rung_as_engines_of_its_own_would(names: tuple[str, ...]) -> None:
    sense = sense_of(names)
    rows = nasty(sense.base)
    said = follow(fresh(sense=sense), rows).said
    oracle = slow_log([row.item() for row in rows], sense.base, sense.middle, sense.slow)
    slower = said["slow_bars"]
    for field in ("tf", "ts", "known", "i", "open", "high", "low", "close", "volume", "n_base"):
        assert slower[field].tolist() == [getattr(bar, field) for bar in oracle], field
    compared = 0
    for name, tf in zip(STREAMS, names, strict=True):
        length = parse_timeframe(tf)
        bars = said["bars"] if name == "base" else np.compress(slower["tf"] == length, slower)
        readings = said["readings"][name]
        seen = readings["i"] >= 0
        for engine in (Features, *(() if name == "slow" else (Momentum,))):
            alone = engine(timeframe=tf).run(as_rows(bars))
            part = readings[engine.name][seen]
            for field in part.dtype.names:
                if field in (alone.dtype.names or ()) and not field.endswith("_id"):  # ids count all engines' events
                    assert part[field].tobytes() == alone[field][readings["i"][seen]].tobytes(), (name, field)
                    compared += 1
    assert compared > 20


@every_ladder
def test_any_cut_and_any_shorter_history_say_the_same(names: tuple[str, ...]) -> None:
    sense = sense_of(names)
    rows = nasty(sense.base, 700)
    whole = follow(fresh(sense=sense), rows)
    assert compare(whole, bar_by_bar(fresh(sense=sense), rows)) == []
    shorter = follow(fresh(sense=sense), rows[:450]).said
    for part in ("bars", "readings", "decisions", "events", "slow_bars"):
        assert whole.said[part][: len(shorter[part])].tobytes() == shorter[part].tobytes(), part


@every_ladder
def test_the_live_machine_decides_what_a_backtest_decides(names: tuple[str, ...]) -> None:
    bars = frame(parse_timeframe(names[0]), 1_500)
    settings = {**EAGER, "data.timeframes": list(names)}
    table = bm.backtest(bars, overrides=settings, baseline=False).decisions
    machine = bm.Machine(overrides=settings)
    times = bars["time"].dt.epoch("ms").to_list()
    made = [machine.update((t, *row)) for t, row in zip(times, bars.select(pl.exclude("time")).rows(), strict=True)]
    assert [d.time for d in made] == table["time"].dt.epoch("ms").to_list()
    for name in ("f", "stance", "lots"):
        assert [getattr(d, name) for d in made] == table[name].to_list(), name
    assert {zone["timeframe"] for zone in machine.zones().to_dicts()} <= set(names)
    assert len(machine.zones()) > 0


def check_run(result: Result, names: tuple[str, ...]) -> None:
    """Its tables and its report speak of these timeframes and of no other."""
    assert set(result.bars["tf"].cast(pl.String)) == set(names)
    assert set(result.events["tf"].cast(pl.String)) == set(names)
    for tf in names:
        opens = result.bars.filter(pl.col("tf").cast(pl.String) == tf)["time"].dt.epoch("ms")
        offset = 4 * 86_400_000 if tf == "1w" else 0
        assert ((opens - offset) % parse_timeframe(tf) == 0).all(), tf
    columns = {f"phase_{side}.{stream}" for side in ("long", "short") for stream in STREAMS}
    assert columns <= set(result.decisions.columns)
    page = write_report(result.path).read_text("utf-8")
    for tf in {"15m", "1h", "4h", "1d", "1w"} - set(names):
        assert f'"{tf}"' not in page, tf
    for tf in names:
        assert f'"{tf}"' in page, tf


@every_ladder
def test_tables_and_report_of_a_run_speak_of_its_timeframes(names: tuple[str, ...], tmp_path: pathlib.Path) -> None:
    config = bm.load_config(overrides={**EAGER, "data.timeframes": list(names)})
    base = parse_timeframe(names[0])
    n = max(4_000, warm_up_bars(config) + 1_000)
    result = bm.backtest(frame(base, n), config=config, warm_up=warm_up_bars(config), out=tmp_path / "run")
    check_run(result, names)
    assert result.summary["positions"] > 0
    assert result.manifest["config"]["resolved"]["data"]["timeframes"] == list(names)
    ready = ~result.decisions["guards_long"].cast(pl.String).str.contains("warmup")
    assert ready[warm_up_bars(config) :].all()
    spent = (result.positions["exit_time"] - result.positions["entry_time"]).dt.total_milliseconds() / base
    assert (spent >= result.positions["bars"] - 1).all()


@every_ladder
def test_the_stated_warm_up_is_enough(names: tuple[str, ...]) -> None:
    config = bm.load_config(overrides={"data.timeframes": list(names)})
    needed = warm_up_bars(config)
    result = bm.backtest(
        frame(parse_timeframe(names[0]), needed + 50), config=config, baseline=False,
    )  # fmt: skip
    blocked = result.decisions["guards_long"].cast(pl.String).str.contains("warmup").to_list()
    assert blocked[0]
    assert not any(blocked[needed:])


@every_ladder
def test_a_calibration_takes_any_ladder(names: tuple[str, ...]) -> None:
    config = bm.load_config(overrides={"data.timeframes": list(names)})
    bars = bm.read_bars(frame(parse_timeframe(names[0]), 10_000))
    found = calibrate([bars], config, "2030-12-31")
    assert found.bars > 1_000
    assert 0.01 < found.on <= 1.0


@pytest.mark.parametrize("names", [("1h", "4h", "1d"), ("1h", "1d", "1w"), ("2h", "4h", "1d")], ids="/".join)
def test_sessions_run_on_any_ladder(names: tuple[str, ...], real_data: Find, tmp_path: pathlib.Path) -> None:
    """The two-hour ladder is resampled from hours, of which no session has a whole number of pairs."""
    settings = {**EAGER, "data.timeframes": list(names), "data.calendar": "us_equities", "account.venue": "custom"}
    result = bm.backtest(
        real_data("ohlcv/SPY_1h.parquet"), start="2008-01-02", end="2010-12-31", overrides=settings, baseline=False,
        out=tmp_path / "run",
    )  # fmt: skip
    check_run(result, names)
    assert result.summary["positions"] > 10
    blocked = result.decisions["guards_long"].cast(pl.String).str.contains("bad_data|warmup").to_list()
    assert sum(blocked) < 0.1 * len(blocked)


def test_a_session_s_stream_is_what_resampling_gives_on_any_ladder(real_data: Find) -> None:
    rows = real_rows(real_data("ohlcv/SPY_1h.parquet"))[20_000:26_000]
    sense = sense_of(("1h", "1d", "1w"), calendar=Calendar.SESSIONS)
    said = follow(fresh(sense=sense), rows).said["slow_bars"]
    oracle = slow_log([row.item() for row in rows], sense.base, sense.middle, sense.slow)
    assert said["ts"].tolist() == [bar.ts for bar in oracle]
    assert said["n_base"].tolist() == [bar.n_base for bar in oracle]
    weeks = said[said["tf"] == sense.slow][30:]
    assert float(np.mean(weeks["n_base"] == weeks["expected"])) > 0.6
