"""The SMC engine against its slow twin: every event and every reading of every bar."""

import dataclasses
import functools
import pathlib
import typing
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.oracle.lines import assert_same_events
from tests.oracle.resampling import resample
from tests.oracle.smc_cases import DEFAULTS, REACHABLE, RULES, case, raws
from tests.oracle.smc_twin import Reading, Rules, Told, tell

from bullmachine.core.bars import rows_from_columns
from bullmachine.engines.levels import LevelsParams
from bullmachine.engines.smc import Smc, SmcParams

Array = np.ndarray[Any, Any]
Finder = Callable[[str], pathlib.Path]
HOUR = 3_600_000
WALKS, VARIED = 200, 24  #: walks with the defaults, and with each of the other rules
BLOCK = 20  #: walks in one test

WINDOWS = [
    ("ETHUSDT_binance_1h", 8_000),  # across 2020-03-12
    ("ETHUSDT_binance_1h", 51_000),
    ("ETHUSD_kraken_1h", 300),  # bars exist only where trades did
    ("SPY_1h", 20_000),
    ("EURUSD_oanda_1h", 50_000),  # no volume
]
FILES = ["ETHUSDT_binance_1h", "ETHUSD_kraken_1h", "SPY_1h", "EURUSD_oanda_1h"]


def made(cls: Any, **given: Any) -> Any:
    """Parameters by the names of their options; groups are dicts."""
    hints = typing.get_type_hints(cls)
    values = {}
    for name, value in given.items():
        if isinstance(value, dict):
            values[name] = made(hints[name], **value)
        else:
            values[name] = hints[name][value.upper()] if isinstance(value, str) else value
    return cls(**values)


def engine(rules: Rules, timeframe: str) -> Smc:
    structure, shift, zone, liquidity, location = rules.weights
    own = made(
        SmcParams,
        structure={"break_by": rules.break_by, "min_break": rules.min_break},
        displacement={"body": rules.body, "share": rules.share, "window": rules.window},
        smc4=rules.smc4,
        fvg={
            "min_size": rules.fvg_min_size,
            "mid_dir": rules.fvg_mid_dir,
            "invert_by": rules.fvg_invert_by,
            "join": rules.fvg_join,
            "max_age": rules.fvg_max_age,
        },
        ob={
            "candidate": rules.ob_candidate,
            "zone": rules.ob_zone,
            "break_by": rules.ob_break_by,
            "max_range": rules.ob_max_range,
            "max_age": rules.ob_max_age,
        },
        pools={"eq_tol": rules.eq_tol, "sweep_bars": rules.sweep_bars, "max_age": rules.pool_max_age},
        smr={"window": rules.smr_window, "life": rules.smr_life},
        dealing={"eq_band": rules.eq_band},
        weights={
            "structure": structure, "shift": shift, "zone": zone, "liquidity": liquidity, "location": location
        },
    )  # fmt: skip
    levels = made(LevelsParams, pivot={"k": rules.k, "rule": rules.pivot_rule})
    return Smc(own, timeframe=timeframe, levels=levels)


def compare(rows: Array, rules: Rules, timeframe: str = "1h") -> Told:
    """Run both; what the twin told, so that a test can say that something was told at all."""
    smc = engine(rules, timeframe)
    out, events = smc.run(rows), smc.event_array()
    told = tell(raws(rows), rules, sessions=timeframe == "1h")
    assert_same_events(events, told.events, range(200, 300))
    assert (events["t_ref"] == rows["ts"][events["i_ref"]]).all()
    compare_readings(out, told.readings)
    return told


def compare_readings(out: Array, readings: Sequence[Reading]) -> None:
    assert len(out) == len(readings)
    names = [field.name for field in dataclasses.fields(Reading)] + ["trend", "reversal"]
    for name in names:
        expected = [getattr(reading, name) for reading in readings]
        np.testing.assert_allclose(out[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)


@functools.cache
def compared(name: str, seed: int) -> frozenset[tuple[int, int, int, int]]:
    """One chart under one set of rules: both compared once, and what happened on it."""
    return frozenset(compare(case(name, seed), RULES[name]).what())


def seeds(name: str) -> range:
    return range({"defaults": WALKS, "crowd": 2, "figures": 2}.get(name, VARIED))


BLOCKS = [(name, start) for name in RULES for start in range(0, len(seeds(name)), BLOCK)]


@pytest.mark.parametrize(("name", "start"), BLOCKS)
def test_smc_equals_its_twin_on_nasty_walks_under_every_option(name: str, start: int) -> None:
    for seed in seeds(name)[start : start + BLOCK]:
        assert compared(name, seed)


def test_the_charts_make_everything_happen_that_can_happen() -> None:
    """Every kind in every state, every reason, and every kind of thing each reason can end."""
    assert set().union(*(compared(name, seed) for name in RULES for seed in seeds(name))) == REACHABLE


def window(path: pathlib.Path, start: int, n: int = 1000) -> Array:
    frame = pl.read_parquet(path).slice(start, n)
    columns = (frame[name].to_numpy() for name in ("open", "high", "low", "close", "volume"))
    return rows_from_columns(frame["timestamp"].dt.epoch("ms").to_numpy(), *columns)


def four_hourly(rows: Array) -> Array:
    bars = resample(rows.tolist(), HOUR, 4 * HOUR)
    columns = zip(*((b.ts, b.open, b.high, b.low, b.close, b.volume) for b in bars), strict=True)
    return rows_from_columns(*columns)


@pytest.mark.parametrize(("name", "start"), WINDOWS)
@pytest.mark.parametrize("rules", ["defaults", "k1_join", "k2_wicks"])
def test_smc_equals_its_twin_on_real_bars(rules: str, name: str, start: int, real_data: Finder) -> None:
    assert compare(window(real_data(f"ohlcv/{name}.parquet"), start), RULES[rules]).events


@pytest.mark.parametrize("rules", ["defaults", "k3_golden"])
def test_smc_equals_its_twin_on_real_bars_of_four_hours(rules: str, real_data: Finder) -> None:
    rows = four_hourly(window(real_data("ohlcv/ETHUSDT_binance_1h.parquet"), 20_000, 4000))
    assert compare(rows, RULES[rules], "4h").events


@pytest.mark.deep
@pytest.mark.parametrize("name", FILES)
def test_smc_equals_its_twin_on_twenty_thousand_real_bars(name: str, real_data: Finder) -> None:
    told = compare(window(real_data(f"ohlcv/{name}.parquet"), 10_000, 20_000), DEFAULTS)
    assert len(told.events) > 20_000
