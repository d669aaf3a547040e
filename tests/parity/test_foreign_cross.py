"""What backtesting.py does on a bar, pinned: the parity of fills rests on these rules and no others."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.parity.foreign_cross import SLOW, STOP_ATR, Crosses, as_signals, crosses, run_foreign

from bullmachine.core.bars import rows_from_columns
from bullmachine.market.align import align
from bullmachine.market.read import read_bars
from bullmachine.market.signals import read_signals

Array = np.ndarray[Any, Any]

HOUR = 3_600_000
QUIET = SLOW + 2  # bars before the story: its indicator must be ready


def story(*bars: tuple[float, float, float, float], **sides: int) -> tuple[Array, Crosses]:
    """Quiet bars at 100, then `bars`; the ATR is 5; `t0=1` is a cross at the close of the last quiet bar, `t1` next."""
    table = np.array([(100.0, 100.5, 99.5, 100.0)] * QUIET + list(bars))
    o, h, l, c = table.T  # noqa: E741  (the field's letters)
    rows = rows_from_columns(HOUR * np.arange(len(table)), o, h, l, c, np.ones(len(table)))
    side = np.zeros(len(table), np.int64)
    for name, value in sides.items():
        side[QUIET - 1 + int(name[1:])] = value
    return rows, Crosses(side, np.full(len(table), 5.0))


CALM = (100.0, 101.0, 99.0, 100.0)
FALL = (100.0, 101.0, 85.0, 86.0)


def test_a_stop_acts_on_the_entry_bar_at_its_price() -> None:
    got = run_foreign(*story(FALL, CALM, CALM, t0=1)).trades
    assert got.select("entry_price", "exit_price", "stop").row(0) == (100.0, 90.0, 90.0)
    assert got["entry_bar"][0] == got["exit_bar"][0] == QUIET


def test_a_stop_that_is_touched_is_hit_and_one_that_is_missed_by_a_cent_is_not() -> None:
    for low, hit in ((90.0, True), (90.01, False)):
        got = run_foreign(*story((100.0, 101.0, low, 95.0), CALM, CALM, t0=1)).trades
        assert (got["exit_price"][0] == 90.0) is hit


def test_an_open_beyond_the_stop_is_where_it_fills() -> None:
    got = run_foreign(*story(CALM, (80.0, 82.0, 79.0, 81.0), CALM, CALM, t0=1)).trades
    assert got["exit_price"].to_list() == [80.0]


@pytest.mark.parametrize("side", [1, -1])
def test_an_exit_asked_for_at_the_close_fills_at_the_open_before_the_stop(side: int) -> None:
    swing = (98.0, 120.0, 80.0, 100.0)
    got = run_foreign(*story(CALM, swing, CALM, CALM, t0=side, t1=-side)).trades
    assert got["exit_price"].to_list() == [98.0]


def test_without_flip_an_opposite_cross_only_closes() -> None:
    rows, found = story(CALM, CALM, CALM, CALM, t0=1, t1=-1)
    assert run_foreign(rows, found).trades["side"].to_list() == [1]
    assert run_foreign(rows, found, flip=True).trades["side"].to_list() == [1, -1]


def test_a_netting_order_waits_behind_the_stop_and_then_is_twice_the_size() -> None:
    rows, found = story(CALM, (98.0, 100.0, 89.0, 99.0), CALM, CALM, t0=1, t1=-1)
    apart = run_foreign(rows, found, flip=True).trades
    net = run_foreign(rows, found, flip=True, netting=True).trades
    assert apart.select("exit_price", "size").row(0) == (98.0, 1.0)
    assert net.select("exit_price", "size").row(0) == (90.0, 1.0)
    assert (apart["size"].to_list(), net["size"].to_list()) == ([1.0, 1.0], [1.0, 2.0])


def test_a_stop_measured_from_the_close_is_off_by_the_gap_to_the_open() -> None:
    rows, found = story((103.0, 104.0, 102.0, 103.0), CALM, CALM, t0=1)
    assert run_foreign(rows, found).trades["stop"][0] == 93.0
    assert run_foreign(rows, found, stop_from="close").trades["stop"][0] == 90.0


def test_what_is_open_at_the_end_is_closed_at_the_open_of_the_last_bar() -> None:
    rows, found = story(CALM, CALM, (101.0, 110.0, 100.0, 109.0), t0=1)
    for flat in (True, False):
        assert run_foreign(rows, found, flat_at_end=flat).trades["exit_price"].to_list() == [101.0]


def test_an_order_beyond_the_margin_is_cancelled_with_a_warning_and_not_cut() -> None:
    rows, found = story(CALM, CALM, CALM, t0=1)
    with pytest.warns(UserWarning, match="canceled the order due to insufficient margin"):
        got = run_foreign(rows, found, size=3, cash=250.0)
    assert len(got.trades) == 0


def test_profit_is_net_of_both_fees() -> None:
    got = run_foreign(*story(CALM, (110.0, 111.0, 109.0, 110.0), CALM, t0=1, t1=-1), commission=0.001, cash=1000.0)
    assert got.trades.select("fee", "pnl").row(0) == pytest.approx((0.21, 10.0 - 0.21))
    assert got.equity == pytest.approx(1000.0 + 10.0 - 0.21)


def replay(rows: Array, found: Crosses, *, flip: bool) -> list[tuple[int, int, int, float, float]]:
    """The rules both are meant to share: exit at the open, then entry there, then the stop on the whole bar."""
    trades, side, leave, enter, entry, price, stop = [], 0, False, 0, 0, 0.0, 0.0
    for k, bar in enumerate(rows):
        if leave and side != 0:
            trades.append((entry, k, side, price, float(bar["open"])))
            side = 0
        if enter != 0:
            side, entry, price = enter, k, float(bar["open"])
            stop = price - side * STOP_ATR * found.atr[k - 1]
        worst = bar["low"] if side == 1 else bar["high"]
        if side != 0 and side * (worst - stop) <= 0.0:
            at = min(stop, bar["open"]) if side == 1 else max(stop, bar["open"])
            trades.append((entry, k, side, price, float(at)))
            side = 0
        asked = int(found.side[k]) if k < len(rows) - 2 else 0
        leave = asked != 0 or k == len(rows) - 2
        enter = asked if side == 0 or flip else 0
    return trades


@pytest.mark.parametrize("flip", [False, True], ids=["close", "flip"])
def test_on_real_hours_it_does_what_those_rules_say(real_data: Callable[[str], pathlib.Path], *, flip: bool) -> None:
    rows = read_bars(real_data("ohlcv/ETHUSDT_binance_1h.parquet")).rows
    found = crosses(rows)
    got = run_foreign(rows, found, flip=flip, commission=5e-4)
    told = got.trades.select("entry_bar", "exit_bar", "side", "entry_price", "exit_price").rows()
    assert told == replay(rows, found, flip=flip)
    assert len(told) > 900
    assert got.trades.filter(pl.col("entry_bar") == pl.col("exit_bar")).height > 10
    assert got.equity == pytest.approx(1e6 + sum(got.trades["pnl"].to_list()), rel=1e-12)


def test_the_same_decisions_as_signals_lie_on_the_closes_they_were_taken_at(
    real_data: Callable[[str], pathlib.Path],
) -> None:
    bars = read_bars(real_data("ohlcv/ETHUSDT_binance_1h.parquet"))
    found = crosses(bars.rows)
    signals = read_signals(as_signals(bars.rows, found, HOUR, 1), symbol="ETHUSDT")
    at = align(signals, bars.rows["ts"] + HOUR, HOUR).bar
    assert np.array_equal(found.side[at[:-1]], signals.side[:-1])
    assert np.count_nonzero(found.side[:-2]) == len(signals) - 1
    assert (at[-1], signals.side[-1]) == (len(bars.rows) - 2, 0)
