"""Every exit reason, order state and guard occurs on real markets, not only where a case was made for it.

What structure will fill later (limits at a zone, structural stops and targets) has no level yet on real bars:
there only the guards that say so can be seen, and they are.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable
from typing import Any, Final

import polars as pl
import pytest
from tests.parity.machine_trace import compiled_only
from tests.quiet import QUIET_SETTINGS

import bullmachine as bm
from bullmachine.runs.result import Result
from bullmachine.trading.codes import FillReason, OrderState
from bullmachine.trading.guards import Guard

pytestmark = compiled_only

Find = Callable[[str], pathlib.Path]
ETH: Final = "ohlcv/ETHUSDT_binance_1h.parquet"
BTC: Final = "ohlcv/BTCUSDT_binance_1h.parquet"
KRAKEN: Final = "ohlcv/ETHUSD_kraken_1h.parquet"
SPY: Final = "ohlcv/SPY_1h.parquet"
WILD: Final = {
    **QUIET_SETTINGS, "guards.max_daily_loss": 1.0, "guards.max_drawdown": 1.0, "guards.losses": 0,
    "guards.max_cost_r": 100.0,
}  # fmt: skip
STRICT: Final = {"guards.throttle_low": 0.2, "guards.throttle_high": 0.95, "guards.require_alignment": "on"}

#: runs that together do everything: files, signals made of them (or none), window, settings
RUNS: Final[dict[str, tuple[list[str], str, dict[str, Any], dict[str, Any]]]] = {
    "as shipped": ([ETH], "", {}, {}),
    "ladder": (
        [ETH],
        "",
        {},
        {"exits.target_1.size": 0.3, "exits.target_2.at": "r", "exits.target_3.at": "r", "exits.trail_atr": 8.0},
    ),
    "v1.8's exits": ([ETH], "", {}, {"exits.set": "one_two", "exits.on_signal_off": "tighten"}),
    "short patience": (
        [ETH],
        "",
        {},
        {"exits.set": "trend", "exits.trail_atr": 20.0, "exits.max_bars": 30, "exits.stale_bars": 12},
    ),
    "leaves with the state": ([ETH], "", {}, {"exits.on_signal_off": "close", "exits.on_opposite": "flip"}),
    "too much leverage": (
        [ETH],
        "",
        {},
        {**WILD, "account.leverage": 100.0, "exits.stop_atr": 10.0, "exits.target_1.at": "off"},
    ),
    "too much risk": (
        [ETH],
        "",
        {},
        {"risk.per_trade": 0.1, "guards.max_open_risk": 1.0, "guards.losses": 2, "fusion.on": 0.6, "fusion.off": 0.3},
    ),
    "two symbols": ([ETH, BTC], "", {"start": "2021-01-01"}, {"guards.max_positions": 1}),
    "office hours": (
        [ETH],
        "",
        {},
        {"guards.hour_from": 9, "guards.hour_to": 17, "guards.weekdays": 12345, "trade.side": "long"},
    ),
    "limits without a zone": ([ETH], "", {"start": "2024-01-01"}, {"trade.entry": "edge"}),
    "a stop without structure": ([ETH], "", {"start": "2024-01-01"}, {"exits.stop": "structure"}),
    "flips of the least size": (
        [KRAKEN],  # a market of gaps: what was enough at the close is too little at the open
        "turns",
        {},
        {
            **WILD,
            **QUIET_SETTINGS,
            "account.equity": 4000.0,
            "risk.per_trade": 1e-4,
            "exits.on_opposite": "flip",
            "guards.losses": 3,
        },
    ),
    "own limits": ([ETH], "limits", {"start": "2023-01-01"}, {**QUIET_SETTINGS, "exits.target_1.r": 0.4}),
    "own limits where guards judge the market": ([ETH], "limits", {"start": "2023-01-01"}, STRICT),
    "own stops across nights": ([SPY], "nights", {"start": "2010-01-01"}, {"account.venue": "us_equity", **WILD}),
    "macro closes": (
        [BTC],
        "turns",
        {"start": "2018-01-01", "end": "2020-12-31"},
        {**QUIET_SETTINGS, "macro.exit": 0.5},
    ),
    "macro ends limits": (
        [BTC],
        "limits",
        {"start": "2020-01-01", "end": "2020-12-31"},
        {**QUIET_SETTINGS, "macro.exit": 0.5},
    ),
    "every guard": (
        [BTC],
        "",
        {"start": "2020-01-01", "end": "2021-12-31"},
        {
            "guards.throttle_low": 0.2,
            "guards.throttle_high": 0.9,
            "guards.require_alignment": "on",
            "fusion.on": 0.5,
            "fusion.off": 0.2,
        },
    ),
    "far too large": ([ETH], "large", {"start": "2024-01-01"}, {}),
}


WITH_MACRO: Final = ("macro closes", "macro ends limits", "every guard")


def _signals(kind: str, path: pathlib.Path) -> pl.DataFrame:
    """Signals of no merit that reach what the score does not: limits, flats, own stops and sizes."""
    bars = pl.read_parquet(path)
    some = bars.gather_every(7, (len(bars) - 1) % 7).with_row_index("n")  # the last bar has one too
    some = some.with_columns(time=pl.col("timestamp") + pl.duration(hours=1))
    if kind == "turns":
        return some.select("time", side=pl.when(pl.col("n") % 2 == 0).then(pl.lit("long")).otherwise(pl.lit("short")))
    if kind == "nights":
        side = pl.when(pl.col("n") % 2 == 0).then(pl.lit("long")).otherwise(pl.lit("short"))
        stop = pl.when(pl.col("n") % 2 == 0).then(pl.col("close") * 0.999).otherwise(pl.col("close") * 1.001)
        return some.select("time", side=side, stop=stop.round(2))
    if kind == "large":
        return some.select("time", side=pl.lit("long"), size=pl.lit(1e6))
    turn = pl.col("n") % 5
    side = pl.when(turn == 4).then(pl.lit("flat")).when(turn % 2 == 0).then(pl.lit("long")).otherwise(pl.lit("short"))
    far = pl.when(pl.col("n") % 4 < 2).then(0.005).otherwise(0.03)
    away = pl.when(turn % 2 == 0).then(1.0 - far).otherwise(1.0 + far)
    limit = pl.when(turn == 4).then(None).otherwise((pl.col("close") * away).round(2))
    expiry = pl.when(turn == 4).then(None).otherwise(pl.when(pl.col("n") % 3 == 0).then(3).otherwise(30))
    return some.select("time", side=side, limit=limit, expiry=expiry)


@functools.cache
def _run(name: str, find: Find) -> Result:
    files, kind, window, overrides = RUNS[name]
    paths = [find(file) for file in files]
    signals = _signals(kind, paths[0]) if kind else None
    if signals is not None and window:
        first = pl.lit(window["start"]).str.to_datetime(time_zone="UTC") + pl.duration(hours=2)
        signals = signals.filter(pl.col("time") >= first)
    macro = find("macro/macro_daily.parquet") if name in WITH_MACRO else None
    return bm.backtest(paths, signals=signals, overrides=overrides, baseline=False, macro=macro, **window)


def _seen(find: Find, what: Callable[[Result], set[str]]) -> dict[str, list[str]]:
    """Where each thing was seen."""
    where: dict[str, list[str]] = {}
    for name in RUNS:
        for thing in what(_run(name, find)):
            where.setdefault(thing, []).append(name)
    return where


def test_every_fill_reason_happens(real_data: Find) -> None:
    seen = _seen(real_data, lambda r: set(r.legs["reason"].to_list()))
    assert set(seen) == {reason.name.lower() for reason in FillReason}


def test_every_order_state_happens(real_data: Find) -> None:
    seen = _seen(real_data, lambda r: set(r.orders["state"].to_list()))
    # beyond_stop needs a stop within a tick of its limit: prices reach no other stop without filling the limit
    assert set(seen) == {state.name.lower() for state in OrderState} - {"beyond_stop"}


def test_every_guard_blocks_something(real_data: Find) -> None:
    seen = _seen(real_data, lambda r: {g for names in r.signals["blocked_by"].to_list() for g in names})
    assert set(seen) == {guard.name.lower() for guard in Guard}


@pytest.mark.parametrize("name", ["as shipped", "own limits"])
def test_a_run_that_blocks_also_trades(name: str, real_data: Find) -> None:
    assert len(_run(name, real_data).positions) > 100
