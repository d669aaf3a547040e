"""Features and momentum against their plain twin: every output of every bar, every event."""

import dataclasses
import math
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.oracle import momentum_twin as twin
from tests.oracle.features_twin import Candle, yardsticks

from bullmachine.core.bars import rows_from_columns
from bullmachine.engines.features import Features, FeaturesParams, VolumeParams
from bullmachine.engines.levels.pivot import PivotParams
from bullmachine.engines.momentum import Momentum, MomentumParams
from bullmachine.engines.momentum.records import DivergenceParams, Weights
from bullmachine.indicators import AtrParams, DmiParams, MacdParams, RsiParams, SmaParams
from bullmachine.testing import random_market

Rows = np.ndarray[Any, Any]
Finder = Callable[[str], pathlib.Path]
HOUR = 3_600_000
#: nested fields have defaults that the type checker cannot see
MOMENTUM: Any = MomentumParams
DIVERGENCE: Any = DivergenceParams
FEATURES: Any = FeaturesParams

DEFAULTS = twin.Rules()
QUICK = twin.Rules(rsi=4, fast=3, slow=7, signal=4, dmi=5, atr=6, k=1, min_sep=1, max_sep=12, min_osc=0.5, life=7)
LOOSE = twin.Rules(rsi=9, atr=50, k=2, min_sep=2, min_osc=0.01, min_price=0.0, life=40, weights=(0.1, 0.2, 0.3, 0.4))
RULES = {"defaults": DEFAULTS, "quick": QUICK, "loose": LOOSE}

WINDOWS = [
    ("ETHUSDT_binance_1h", 8_000),  # across 2020-03-12
    ("ETHUSDT_binance_1h", 40_000),
    ("ETHUSD_kraken_1h", 0),  # bars exist only where trades did
    ("ETHUSD_kraken_1h", 30_000),
    ("SPY_1h", 20_000),
    ("EURUSD_oanda_1h", 50_000),  # no volume
]


def machine(rules: twin.Rules) -> Momentum:
    rsi, macd, dmi, divergence = rules.weights
    own = MOMENTUM(
        rsi=RsiParams(length=rules.rsi),
        macd=MacdParams(fast=rules.fast, slow=rules.slow, signal=rules.signal),
        dmi=DmiParams(length=rules.dmi),
        divergence=DIVERGENCE(
            pivot=PivotParams(k=rules.k),
            **{name: getattr(rules, name) for name in ("min_sep", "max_sep", "min_osc", "min_price", "life")},
        ),
        weights=Weights(rsi=rsi, macd=macd, dmi=dmi, divergence=divergence),
    )
    return Momentum(own, features=FEATURES(atr=AtrParams(length=rules.atr)))


def candles(rows: Rows) -> list[Candle]:
    """Missing volume is None."""
    prices = (rows[name].tolist() for name in ("open", "high", "low", "close"))
    volumes = (None if math.isnan(v) else v for v in rows["volume"].tolist())
    return [Candle(*bar) for bar in zip(*prices, volumes, strict=True)]


def stairs(seed: int, n: int = 600) -> Rows:
    """Steps of a whole tick or none, wicks of none or one: mostly ties."""
    rng = np.random.default_rng(seed)
    close = 50.0 + np.cumsum(rng.integers(-1, 2, n))
    first = np.concatenate([[50.0], close[:-1]])
    high, low = np.maximum(first, close) + rng.integers(0, 2, n), np.minimum(first, close) - rng.integers(0, 2, n)
    return rows_from_columns(np.arange(n) * HOUR, first, high, low, close, rng.integers(0, 3, n))


def window(path: pathlib.Path, start: int) -> Rows:
    frame = pl.read_parquet(path).slice(start, 1000)
    columns = (frame[name].to_numpy() for name in ("open", "high", "low", "close", "volume"))
    return rows_from_columns(frame["timestamp"].dt.epoch("ms").to_numpy(), *columns)


def numbers(values: Sequence[float | None]) -> list[float]:
    return [math.nan if v is None else v for v in values]


def close_to(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def compare(rows: Rows, rules: twin.Rules) -> list[twin.Divergence]:
    """Run both; what the twin told, so that a test can say that something was told at all."""
    engine = machine(rules)
    out, events = engine.run(rows), engine.event_array()
    expected, told = twin.readings(candles(rows), rules)
    assert len(out) == len(rows)
    compare_events(rows, events, told)
    parts = np.array([r.parts for r in expected])
    for column, name in enumerate(("rsi_part", "macd_part", "dmi_part", "divergence_part")):
        close_to(out[name], parts[:, column])
    close_to(out["trend"], parts[:, :3].sum(axis=1))
    close_to(out["reversal"], parts[:, 3])
    assert out["ready"].tolist() == [r.ready for r in expected]
    assert out["divergence_id"].tolist() == [r.id for r in expected]
    close_to(out["rsi"], numbers([r.rsi for r in expected]))
    close_to(out["adx"], numbers([r.adx for r in expected]))
    return told


def compare_events(rows: Rows, events: Rows, told: Sequence[twin.Divergence]) -> None:
    stamps = rows["ts"]
    exact = [(d.id, d.kind, d.dir, d.ref, stamps[d.ref], d.known, stamps[d.known] + HOUR) for d in told]
    assert events[["id", "kind", "dir", "i_ref", "t_ref", "i_known", "t_known"]].tolist() == exact
    levels = [(d.level, min(d.level, d.level_prev), max(d.level, d.level_prev)) for d in told]
    assert events[["price", "lo", "hi"]].tolist() == levels
    close_to(events["score"], [d.score for d in told])
    evidence = [(50 + d.osc_prev, 50 + d.osc, d.move, d.separation) for d in told]
    close_to(events["ev"][:, :4], np.array(evidence).reshape(-1, 4))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", RULES)
def test_momentum_equals_its_twin_on_nasty_walks(name: str, seed: int) -> None:
    compare(random_market(seed, 700), RULES[name])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["quick", "loose"])
def test_momentum_equals_its_twin_where_most_prices_are_equal(name: str, seed: int) -> None:
    assert compare(stairs(seed), RULES[name])


@pytest.mark.parametrize(("name", "start"), WINDOWS)
@pytest.mark.parametrize("rules", [DEFAULTS, QUICK], ids=["defaults", "quick"])
def test_momentum_equals_its_twin_on_real_bars(rules: twin.Rules, name: str, start: int, real_data: Finder) -> None:
    assert compare(window(real_data(f"ohlcv/{name}.parquet"), start), rules)


def test_the_walks_put_every_rule_of_the_slots_to_the_test() -> None:
    """Replaced, kept against a weaker one, ended by a close, ended by age, and a bar that is both pivots."""
    seen = dict.fromkeys(("replaced", "kept", "refuted", "expired", "both"), 0)
    for seed in range(6):
        bars = candles(random_market(seed, 700))
        closes = [b.close for b in bars]
        told = twin.divergences(bars, QUICK)
        points = twin.turning_points(bars, QUICK.k)
        seen["both"] += len(points) - len({i for i, _ in points})
        for one in told:
            rivals = [d for d in told if (d.kind, d.dir) == (one.kind, one.dir)]
            end = min(one.known + QUICK.life, len(bars) - 1)
            before = twin.holder(rivals, closes, one.known - 1, QUICK)
            if before is not None and twin.alive(before, closes, one.known, QUICK):
                seen["replaced" if twin.holder(rivals, closes, one.known, QUICK) is one else "kept"] += 1
            elif twin.holder(rivals, closes, end - 1, QUICK) is one:
                seen["expired"] += 1
            elif not twin.alive(one, closes, end - 1, QUICK):
                seen["refuted"] += 1
    assert min(seen.values()) >= 3, seen


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("lengths", [(14, 20, 50, 20), (3, 2, 7, 4)])
def test_features_equal_their_twin_on_nasty_walks(lengths: tuple[int, int, int, int], seed: int) -> None:
    compare_features(random_market(seed, 700), lengths)


@pytest.mark.parametrize(("name", "start"), WINDOWS)
def test_features_equal_their_twin_on_real_bars(name: str, start: int, real_data: Finder) -> None:
    compare_features(window(real_data(f"ohlcv/{name}.parquet"), start), (14, 20, 50, 20))


def compare_features(rows: Rows, lengths: tuple[int, int, int, int]) -> None:
    atr, fast, slow, volume = lengths
    given = FEATURES(
        atr=AtrParams(length=atr),
        sma_fast=SmaParams(length=fast),
        sma_slow=SmaParams(length=slow),
        volume=VolumeParams(length=volume),
    )
    out = Features(given).run(rows)
    expected = yardsticks(candles(rows), atr=atr, fast=fast, slow=slow, volume=volume)
    for field in dataclasses.fields(expected[0]):
        close_to(out[field.name], numbers([getattr(y, field.name) for y in expected]))
