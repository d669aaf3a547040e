"""Every indicator TA-Lib 0.8.2 has too, at every index from its first output on.

All comparisons are of TA-Lib's own seeding with an unstable period of 0. Tolerance: 1e-9, times the
price level for outputs in price units.
"""

import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.engine import StepEngine
from bullmachine.indicators import (
    Atr,
    AtrParams,
    Dmi,
    DmiParams,
    Ema,
    EmaParams,
    Extremes,
    ExtremesParams,
    Macd,
    MacdParams,
    Rsi,
    RsiParams,
    Sma,
    SmaParams,
    Stats,
    StatsParams,
)

talib = pytest.importorskip("talib", reason="TA-Lib is not installed; the hand values still run")

Array = np.ndarray[Any, Any]
Market = tuple[Array, Array, Array, Array]
Finder = Callable[[str], pathlib.Path]
HOUR = 3_600_000
TOLERANCE = 1e-9


def walk(seed: int, scale: float = 1.0, n: int = 1500) -> Market:
    """Open, high, low, close on a coarse grid (ties, equal highs) with dead flat stretches."""
    rng = np.random.default_rng(seed)
    step = rng.integers(-6, 7, n)
    for start in rng.integers(0, n, 8):
        step[start : start + rng.integers(3, 60)] = 0
    close = 500.0 + np.cumsum(step) * 0.25
    before = np.concatenate([close[:1], close[:-1]])
    wick = np.where(step == 0, 0, rng.integers(0, 5, n)) * 0.25
    high, low = np.maximum(before, close) + wick, np.minimum(before, close) - wick[::-1] * (step != 0)
    return before * scale, high * scale, low * scale, close * scale


def ethereum(find: Finder) -> Market:
    frame = pl.read_parquet(find("ohlcv/ETHUSDT_binance_1h.parquet"))
    o, h, l, c = (frame[name].to_numpy() for name in ("open", "high", "low", "close"))  # noqa: E741
    return o, h, l, c


MARKETS: dict[str, Callable[[Finder], Market]] = {
    "walk 1": lambda _: walk(1),
    "walk 2": lambda _: walk(2),
    "walk 3": lambda _: walk(3),
    "walk at 1e8": lambda _: walk(4, 1e8),
    "walk at 1e-8": lambda _: walk(5, 1e-8),
    "ETH": ethereum,
}


@pytest.fixture(params=MARKETS)
def market(request: pytest.FixtureRequest, real_data: Finder) -> Market:
    return MARKETS[request.param](real_data)


def ours(engine: StepEngine, market: Market) -> Array:
    o, h, l, c = market  # noqa: E741
    return engine.run(rows_from_columns(np.arange(len(c)) * HOUR, o, h, l, c, np.ones(len(c))))


def same(mine: Array, theirs: Array, first: int, level: float = 1.0) -> None:
    """Both begin at index `first`, and agree at every index from there on."""
    assert np.isnan(mine[:first]).all()
    assert np.isnan(theirs[:first]).all()
    assert len(mine) == len(theirs) > first
    np.testing.assert_allclose(mine[first:], theirs[first:], rtol=0.0, atol=TOLERANCE * level)


def level_of(market: Market) -> float:
    return float(np.abs(market[3]).max())


@pytest.mark.parametrize("length", [1, 20, 200])
def test_sma_is_talibs(market: Market, length: int) -> None:
    mine = ours(Sma(SmaParams(length=length)), market)["sma"]
    same(mine, talib.SMA(market[3], length) if length > 1 else market[3], length - 1, level_of(market))


@pytest.mark.parametrize("length", [2, 20, 200])
def test_ema_seeded_with_the_first_mean_is_talibs(market: Market, length: int) -> None:
    same(ours(Ema(EmaParams(length=length)), market)["ema"], talib.EMA(market[3], length), length - 1, level_of(market))


@pytest.mark.parametrize("length", [2, 14, 30])
def test_rsi_seeded_with_the_first_mean_and_flat_0_is_talibs(market: Market, length: int) -> None:
    mine = ours(Rsi(RsiParams(length=length, flat=0.0)), market)
    theirs = talib.RSI(market[3], length)
    same(mine["rsi"], theirs, length)
    moved = theirs != 0.0  # a flat market is 0 in TA-Lib but neither side in `signed`
    np.testing.assert_allclose(mine["signed"][length:][moved[length:]], theirs[length:][moved[length:]] - 50, atol=1e-9)


def test_rsi_of_a_market_that_never_moved_is_talibs_0_only_on_request() -> None:
    flat = (np.full(40, 7.0),) * 4
    assert (talib.RSI(flat[3], 14)[14:] == 0.0).all()
    assert (ours(Rsi(RsiParams(flat=0.0)), flat)["rsi"][14:] == 0.0).all()
    assert (ours(Rsi(), flat)["rsi"][14:] == 50.0).all()
    assert (ours(Rsi(), flat)["signed"][14:] == 0.0).all()


@pytest.mark.parametrize(("fast", "slow", "signal"), [(12, 26, 9), (2, 3, 2), (5, 35, 1)])
def test_macd_with_both_averages_starting_together_is_talibs(market: Market, fast: int, slow: int, signal: int) -> None:
    mine = ours(Macd(MacdParams(fast=fast, slow=slow, signal=signal)), market)
    theirs = talib.MACD(market[3], fast, slow, signal)
    for name, values in zip(("line", "signal", "hist"), theirs, strict=True):
        same(mine[name], values, slow + signal - 2, level_of(market))


@pytest.mark.parametrize("length", [1, 14, 50])
def test_true_range_and_atr_seeded_without_the_first_bar_are_talibs(market: Market, length: int) -> None:
    mine = ours(Atr(AtrParams(length=length)), market)
    same(mine["tr"], talib.TRANGE(*market[1:]), 1, level_of(market))
    same(mine["atr"], talib.ATR(*market[1:], length), length, level_of(market))


@pytest.mark.parametrize("length", [2, 14, 30])
def test_directional_movement_with_sums_of_n_minus_1_bars_as_seed_is_talibs(market: Market, length: int) -> None:
    mine = ours(Dmi(DmiParams(length=length)), market)
    same(mine["plus_di"], talib.PLUS_DI(*market[1:], length), length)
    same(mine["minus_di"], talib.MINUS_DI(*market[1:], length), length)
    same(mine["dx"], talib.DX(*market[1:], length), length)
    same(mine["adx"], talib.ADX(*market[1:], length), 2 * length - 1)


def test_directional_movement_of_a_market_that_stops_or_never_moves_is_talibs() -> None:
    start = np.array([5.0] * 20 + [6.0, 7.0, 6.5, 8.0] * 3 + [8.0] * 60)
    market = (start, start, start, start)
    mine = ours(Dmi(DmiParams(length=5)), market)
    same(mine["dx"], talib.DX(*market[1:], 5), 5)
    same(mine["adx"], talib.ADX(*market[1:], 5), 9)


@pytest.mark.parametrize("length", [2, 20, 200])
def test_deviation_is_talibs_within_the_digits_its_squares_keep(market: Market, length: int) -> None:
    mine = ours(Stats(StatsParams(length=length)), market)
    theirs = talib.STDDEV(market[3], length, 1.0)
    same(mine["mean"], talib.SMA(market[3], length), length - 1, level_of(market))
    # TA-Lib subtracts two sums of squared prices, so its error is one of variance, in units of price squared
    same(mine["std"] ** 2, theirs**2, length - 1, level_of(market) ** 2)
    wide = mine["std"] > 1e-3 * level_of(market)
    np.testing.assert_allclose(mine["std"][wide], theirs[wide], rtol=TOLERANCE)


@pytest.mark.parametrize("length", [2, 20, 128])
def test_highest_and_lowest_are_talibs_to_the_last_bit(market: Market, length: int) -> None:
    mine = ours(Extremes(ExtremesParams(length=length)), market)
    np.testing.assert_array_equal(mine["highest"], talib.MAX(market[1], length))
    np.testing.assert_array_equal(mine["lowest"], talib.MIN(market[2], length))
