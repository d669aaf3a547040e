"""On any market and with any settings the ledger adds up, and mirrors, fees and modes do what they must."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ledger import markets, several
from tests.ledger import table as t

from bullmachine.trading.codes import AT_OPEN, FillReason, OrderKind, OrderState
from bullmachine.trading.params import DecideParams, EntryAt, Market, Side, Source, TradeParams

SEEDS: Final = st.integers(0, 10_000)
N: Final = 250
EXAMPLES: Final = 4 if numba.config.DISABLE_JIT else 60
QUIET: Final = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PARAMS: Final = markets.params(t.settings().fusion, *Source)
FREE: Final = PARAMS.map(lambda p: dataclasses.replace(p, costs=t.FREE))

Array = np.ndarray[Any, Any]


def _play(market: markets.Market, p: DecideParams) -> t.Played:
    return t.play(
        market.bars, market.readings, p, ends=True, signals=market.signals, funding=market.funding, lower=market.lower
    )  # fmt: skip


def _fills(played: t.Played) -> Array:
    legs: Array = played.legs[played.legs["reason"] != FillReason.FUNDING]
    return legs


@QUIET
@given(SEEDS, PARAMS)
def test_cash_and_position_are_equity_at_every_close(seed: int, p: DecideParams) -> None:
    played = _play(markets.market_of(seed, N), p)
    marks, close, held = played.marks, played.bars["close"], played.holdings
    scale = np.abs(marks["cash"]) + np.abs(held * close) + p.account.equity
    assert (np.abs(marks["cash"] + held * close - marks["equity"]) <= 1e-12 * scale).all()
    peak = np.maximum.accumulate(marks["equity"])[:-1]
    assert np.allclose(marks["drawdown"][:-1], marks["equity"][:-1] / peak - 1.0, rtol=0.0, atol=1e-12)
    assert (marks["time"] == played.bars["known"]).all()


@QUIET
@given(SEEDS, PARAMS)
def test_the_change_of_equity_is_profit_less_costs(seed: int, p: DecideParams) -> None:
    played = _play(markets.market_of(seed, N), p)
    legs, closed = played.legs, played.closed
    made = played.marks["equity"][-1] - p.account.equity
    turnover = float((legs["qty"] * np.abs(legs["price"])).sum())
    for rows in (legs, closed):
        assert made == pytest.approx((rows["pnl"] - rows["fee"] - rows["funding"]).sum(), abs=1e-12 * (turnover + 1e4))
    assert closed["r_net"] == pytest.approx(closed["r_gross"] - closed["r_cost"], abs=1e-9)
    assert closed["r_net"] * closed["qty"] * np.abs(closed["entry_price"] - closed["stop"]) == pytest.approx(
        closed["pnl"] - closed["fee"] - closed["funding"], rel=1e-9, abs=1e-9 * (turnover + 1.0)
    )


@QUIET
@given(SEEDS, PARAMS)
def test_quantities_close_to_zero_exactly_and_fills_are_in_order(seed: int, p: DecideParams) -> None:
    played = _play(markets.market_of(seed, N), p)
    fills = _fills(played)
    lots = np.rint(fills["qty"] / p.account.lot)
    assert (lots * p.account.lot == fills["qty"]).all()
    for row in played.closed:
        own = fills["position_id"] == row["id"]
        assert (fills["side"][own] * lots[own]).sum() == 0.0
        assert lots[own][0] == row["lots"] == lots[own].sum() / 2
        assert (fills["reason"][own] == FillReason.ENTRY).tolist() == [True, *[False] * (own.sum() - 1)]
    assert played.closed["id"].tolist() == list(range(1, len(played.closed) + 1))
    assert (np.diff(fills["position_id"]) >= 0).all()
    assert (np.diff(played.legs["time"]) >= 0).all()
    assert (played.legs["order_time"] <= played.legs["time"]).all()


@QUIET
@given(SEEDS, PARAMS)
def test_a_stop_never_loosens_and_every_position_has_one(seed: int, p: DecideParams) -> None:
    played = _play(markets.market_of(seed, N), p)
    stops = played.notes[played.notes["kind"] == OrderKind.STOP]
    assert set(stops["position_id"]) == set(played.closed["id"])
    for row in played.closed:
        own = stops[stops["position_id"] == row["id"]]
        assert own["state"].tolist() == [OrderState.PLACED, *[OrderState.MOVED] * (len(own) - 1)]
        assert own["price"][0] == row["stop"]
        assert (row["side"] * np.diff(own["price"]) > 0.0).all()
        assert (own["side"] == -row["side"]).all()


@QUIET
@given(SEEDS, PARAMS)
def test_every_entry_order_ends_in_one_way(seed: int, p: DecideParams) -> None:
    played = _play(markets.market_of(seed, N), p)
    notes = played.notes[played.notes["kind"] <= OrderKind.LIMIT]
    placed = (notes["state"] == OrderState.PLACED).sum()
    assert placed == len(played.closed) + (notes["state"] > OrderState.MOVED).sum()
    assert placed == (played.decisions["lots"] > 0).sum()


@QUIET
@given(SEEDS, PARAMS)
def test_nothing_is_nan_and_no_fill_lies_outside_its_bar(seed: int, p: DecideParams) -> None:
    played = _play(markets.market_of(seed, N), p)
    for rows in (played.legs, played.closed, played.marks):
        assert all(np.isfinite(rows[name]).all() for name in rows.dtype.names or ())
    bars, legs = played.bars, _fills(played)
    raw = legs["price"] - legs["side"] * legs["slippage"] / legs["qty"]
    opened = np.minimum(np.searchsorted(bars["ts"], legs["time"]), len(bars) - 1)
    inside = np.minimum(np.searchsorted(bars["known"], legs["time"]), len(bars) - 1)
    in_opened = (bars["ts"][opened] == legs["time"]) & (np.abs(raw - bars["open"][opened]) < 1e-9)
    in_bar = (bars["known"][inside] == legs["time"]) & _within(raw, bars[inside])
    at_open = np.isin(legs["reason"], sorted(AT_OPEN))
    entered = legs["reason"] == FillReason.ENTRY
    ruined = (legs["reason"] == FillReason.LIQUIDATION) & ~in_bar  # the venue takes what lies beyond the margin
    assert np.where(at_open, in_opened, np.where(entered, in_opened | in_bar, in_bar | ruined)).all()
    assert (raw * legs["side"] <= bars["open"][inside] * legs["side"])[ruined].all()
    assert (legs["slippage"] >= 0.0).all()


def _within(price: Array, bars: Array) -> Array:
    inside: Array = (price >= bars["low"] - 1e-9) & (price <= bars["high"] + 1e-9)
    return inside


@QUIET
@given(SEEDS, PARAMS, st.floats(0.0, 100.0))
def test_higher_fees_never_raise_equity_on_the_same_fills(seed: int, p: DecideParams, more: float) -> None:
    dear_costs = dataclasses.replace(p.costs, taker_bps=p.costs.taker_bps + more, maker_bps=p.costs.maker_bps + more)
    market = markets.market_of(seed, N)
    cheap, dear = _play(market, p), _play(market, dataclasses.replace(p, costs=dear_costs))
    same = _common(cheap.legs, dear.legs)
    if same == 0:
        return
    assert (dear.legs["fee"][:same] >= cheap.legs["fee"][:same]).all()
    last = cheap.legs["time"][same - 1]  # another fill may share it
    before = cheap.marks["time"] < last
    slack = 1e-12 * (np.abs(cheap.marks["cash"]).max() + p.account.equity)
    assert (dear.marks["equity"][before] <= cheap.marks["equity"][before] + slack).all()


def _common(a: Array, b: Array) -> int:
    """How many fills both begin with: fees make later quantities smaller, and move stops to break-even."""
    n = min(len(a), len(b))
    differ = np.flatnonzero(
        (a["qty"][:n] != b["qty"][:n]) | (a["time"][:n] != b["time"][:n]) | (a["price"][:n] != b["price"][:n])
    )
    return int(differ[0]) if len(differ) else n


@QUIET
@given(SEEDS, FREE)
def test_the_negated_market_gives_the_mirrored_trades(seed: int, p: DecideParams) -> None:
    if p.account.market:  # spot has no short
        p = dataclasses.replace(p, account=dataclasses.replace(p.account, market=Market.PERP))
    market = markets.market_of(seed, N)
    market = market._replace(funding=np.zeros(N))
    turned = dataclasses.replace(p, trade=dataclasses.replace(p.trade, side=Side(-int(p.trade.side))))
    one, other = _play(market, p), _play(markets.negated(market), turned)
    for name in ("time", "order_time", "reason", "position_id", "qty", "pnl"):
        assert (one.legs[name] == other.legs[name]).all(), name
    assert (one.legs["price"] == -other.legs["price"]).all()
    assert (one.legs["side"] == -other.legs["side"]).all()
    assert (one.marks["equity"] == other.marks["equity"]).all()
    assert (one.decisions["blocked"] == other.decisions["blocked"]).all()
    for name in ("mfe_r", "mae_r", "bars", "ambiguous"):
        assert (one.closed[name] == other.closed[name]).all(), name


@QUIET
@given(SEEDS, SEEDS, PARAMS)
def test_the_order_of_two_symbols_that_never_trade_together_changes_nothing(a: int, b: int, p: DecideParams) -> None:
    p = dataclasses.replace(p, trade=TradeParams(side=p.trade.side, entry=EntryAt.MARKET))
    made = [markets.market_of(seed, 120) for seed in (a, b)]
    bars, readings = (np.stack([getattr(market, name) for market in made]) for name in ("bars", "readings"))
    bars["ts"], bars["known"] = bars["ts"][0], bars["known"][0]
    readings["base"]["momentum"]["rsi_part"][0, 50:] = 0.0  # the first trades early, the second late
    readings["base"]["momentum"]["rsi_part"][1, :70] = 0.0
    p = dataclasses.replace(p, exits=dataclasses.replace(p.exits, max_bars=15))
    forth, back = several.run(bars, readings, p), several.run(bars[::-1], readings[::-1], p)
    assert (forth.marks == back.marks).all()
    assert (forth.holdings == back.holdings[::-1]).all()
    assert (forth.legs["symbol"] == 1 - back.legs["symbol"]).all()
    names = [name for name in forth.legs.dtype.names if name != "symbol"]
    assert (forth.legs[names] == back.legs[names]).all()
    assert not (forth.holdings != 0.0).all(axis=0).any()


@QUIET
@given(SEEDS, PARAMS)
def test_one_symbol_among_idle_ones_trades_as_alone(seed: int, p: DecideParams) -> None:
    market = markets.market_of(seed, 120)
    bars, readings = np.stack([market.bars] * 3), np.stack([market.readings] * 3)
    readings["base"]["momentum"]["rsi_part"][[0, 2]] = 0.0
    alone, among = several.run(bars[1:2], readings[1:2], p), several.run(bars, readings, p)
    assert (alone.marks == among.marks).all()
    assert (alone.holdings[0] == among.holdings[1]).all()
    assert alone.decisions[0].tobytes() == among.decisions[1].tobytes()
    assert alone.legs.tobytes() == _as_first(among.legs).tobytes()


def _as_first(legs: Array) -> Array:
    only = legs.copy()
    only["symbol"] -= 1
    return only
