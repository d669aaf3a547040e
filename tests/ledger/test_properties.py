"""On any market and with any settings the ledger adds up, and an independent twin trades the same."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ledger import markets, twin
from tests.ledger import table as t

from bullmachine.trading.fills import FillReason
from bullmachine.trading.params import CostParams, DecideParams, OnOpposite

SEEDS: Final = st.integers(0, 10_000)
N: Final = 250
EXAMPLES: Final = 6 if numba.config.DISABLE_JIT else 60
QUIET: Final = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PARAMS: Final = markets.params(t.settings().fusion)


def _play(seed: int, p: DecideParams) -> t.Played:
    return t.play(markets.bars_of(seed, N), markets.readings_of(seed, N), p, ends=True)


def _signed(legs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    signed: np.ndarray[Any, Any] = legs["side"] * legs["qty"]
    return signed


def test_the_random_markets_reach_every_rule() -> None:
    reasons = {int(r) for seed in range(12) for r in _play(seed, t.settings()).legs["reason"]}
    assert reasons == {int(r) for r in FillReason}


@QUIET
@given(SEEDS, PARAMS)
def test_cash_and_position_are_equity_at_every_close(seed: int, p: DecideParams) -> None:
    played = _play(seed, p)
    marks, close = played.marks, played.bars["close"]
    scale = np.abs(marks["cash"]) + np.abs(marks["position"] * close) + p.account.equity
    assert (np.abs(marks["cash"] + marks["position"] * close - marks["equity"]) <= 1e-12 * scale).all()
    peak = np.maximum.accumulate(marks["equity"])[:-1]
    assert np.allclose(marks["drawdown"][:-1], marks["equity"][:-1] / peak - 1.0, rtol=0.0, atol=1e-12)
    assert (marks["time"] == played.bars["known"]).all()


@QUIET
@given(SEEDS, PARAMS)
def test_the_change_of_equity_is_profit_less_costs(seed: int, p: DecideParams) -> None:
    played = _play(seed, p)
    legs, closed = played.legs, played.closed
    made = played.marks["equity"][-1] - p.account.equity
    turnover = float((legs["qty"] * np.abs(legs["price"])).sum())
    for rows in (legs, closed):
        assert made == pytest.approx((rows["pnl"] - rows["fee"] - rows["funding"]).sum(), abs=1e-12 * (turnover + 1e4))
    assert closed["r_net"] == pytest.approx(closed["r_gross"] - closed["r_cost"], abs=1e-9)


@QUIET
@given(SEEDS, PARAMS)
def test_quantities_close_to_zero_exactly_and_fills_are_in_order(seed: int, p: DecideParams) -> None:
    legs = _play(seed, p).legs
    pairs = legs.reshape(-1, 2)
    assert (_signed(legs).reshape(-1, 2).sum(axis=1) == 0.0).all()
    assert (pairs["position_id"][:, 0] == pairs["position_id"][:, 1]).all()
    assert (pairs["position_id"][:, 0] == np.arange(1, len(pairs) + 1)).all()
    assert (np.diff(legs["time"]) >= 0).all()
    assert (legs["order_time"] <= legs["time"]).all()
    assert (np.diff(legs["order_time"]) >= 0).all()


@QUIET
@given(SEEDS, PARAMS)
def test_nothing_is_nan_and_no_fill_lies_outside_its_bar(seed: int, p: DecideParams) -> None:
    played = _play(seed, p)
    for rows in (played.legs, played.closed, played.marks):
        assert all(np.isfinite(rows[name]).all() for name in rows.dtype.names or ())
    bars, legs = played.bars, played.legs
    at_open = np.isin(legs["reason"], [FillReason.ENTRY, FillReason.OPPOSITE])
    bar = np.where(at_open, np.searchsorted(bars["ts"], legs["time"]), np.searchsorted(bars["known"], legs["time"]))
    raw = legs["price"] - legs["side"] * legs["slippage"] / legs["qty"]
    assert (raw >= bars["low"][bar] - 1e-9).all()
    assert (raw <= bars["high"][bar] + 1e-9).all()
    assert (legs["slippage"] >= 0.0).all()


@QUIET
@given(SEEDS, PARAMS)
def test_an_independent_twin_trades_the_same(seed: int, p: DecideParams) -> None:
    bars, readings = markets.bars_of(seed, N), markets.readings_of(seed, N)
    played = t.play(bars, readings, p, ends=True)
    slow = _twin(bars, readings, p)
    legs = [
        (FillReason(int(leg["reason"])).name.lower(), int(leg["side"]), float(leg["qty"]), float(leg["price"]))
        for leg in played.legs
    ]
    assert [leg[:2] for leg in legs] == [(f.reason, f.side) for f in slow.fills]
    assert np.array([leg[2:] for leg in legs]) == pytest.approx(np.array([(f.qty, f.price) for f in slow.fills]))
    assert played.legs["fee"].tolist() == pytest.approx([f.fee for f in slow.fills])
    assert played.marks["equity"] == pytest.approx(np.array(slow.equity), rel=1e-9, abs=1e-9 * p.account.equity)


def _twin(bars: np.ndarray[Any, Any], readings: np.ndarray[Any, Any], p: DecideParams) -> twin.Twin:
    flat: dict[str, float] = {}
    for part in (p.fusion, p.account, p.risk, p.costs, p.exits):
        flat |= {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
    made = twin.Twin(flat, int(p.trade.side), ignore=p.exits.on_opposite == OnOpposite.IGNORE)
    for k, bar in enumerate(bars):
        base = readings[k]["base"]
        made.step(
            k,
            twin.Bar(*(float(bar[name]) for name in ("open", "high", "low", "close"))),
            float(base["momentum"]["rsi_part"]),
            float(base["features"]["atr"]),
            ready=bool(base["momentum"]["ready"]),
            bad=bool(readings[k]["since_gap"] < p.guards.gap_bars),
        )
    made.end(len(bars) - 1, twin.Bar(*(float(bars[-1][name]) for name in ("open", "high", "low", "close"))))
    return made


@QUIET
@given(SEEDS, PARAMS, st.floats(0.0, 100.0))
def test_higher_fees_never_raise_equity_on_the_same_fills(seed: int, p: DecideParams, more: float) -> None:
    dearer = dataclasses.replace(
        p,
        costs=CostParams(
            taker_bps=p.costs.taker_bps + more,
            maker_bps=p.costs.maker_bps + more,
            entry_bps=p.costs.entry_bps,
            stop_bps=p.costs.stop_bps,
        ),
    )
    cheap, dear = _play(seed, p), _play(seed, dearer)
    same = _common(cheap.legs, dear.legs)
    if same == 0:
        return
    assert (dear.legs["fee"][:same] >= cheap.legs["fee"][:same]).all()
    before = cheap.marks["time"] <= cheap.legs["time"][same - 1]
    slack = 1e-12 * (np.abs(cheap.marks["cash"]).max() + p.account.equity)
    assert (dear.marks["equity"][before] <= cheap.marks["equity"][before] + slack).all()


def _common(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> int:
    """How many fills both begin with: fees make later quantities smaller."""
    n = min(len(a), len(b))
    differ = np.flatnonzero((a["qty"][:n] != b["qty"][:n]) | (a["time"][:n] != b["time"][:n]))
    return int(differ[0]) if len(differ) else n
