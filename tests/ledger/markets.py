"""Random markets for the decide stage: prices on a coarse grid, so that levels are hit exactly all the time."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from bullmachine.core.bars import Bar
from bullmachine.core.record import dtype_of, to_array
from bullmachine.core.time import HOUR
from bullmachine.fusion.readings import Readings
from bullmachine.trading.params import (
    AccountParams,
    CostParams,
    DecideParams,
    ExitParams,
    OnOpposite,
    RiskParams,
    Side,
    TradeParams,
)

TICK = 0.125


def bars_of(seed: int, n: int) -> np.ndarray[Any, Any]:
    """Bars around 100 in eighths, with gaps at opens, dead bars and holes in time."""
    rng = np.random.default_rng(seed)
    bars = np.zeros(n, dtype_of(Bar))
    move = rng.choice([0.0, 4.0, 8.0, 30.0], n, p=[0.1, 0.5, 0.3, 0.1])
    close = np.rint(800 + np.cumsum(rng.normal(size=n) * move) * 0.5)
    first = np.concatenate([[800.0], close[:-1]]) + np.where(rng.random(n) < 0.1, rng.integers(-30, 31, n), 0)
    low = np.minimum(first, close) - np.rint(np.abs(rng.normal(size=n)) * move)
    floor = 80.0 - min(low.min(), 0.0)  # a market far down is lifted as a whole: sizes need a price above 0
    bars["open"], bars["close"] = (first + floor) * TICK, (close + floor) * TICK
    bars["low"] = (low + floor) * TICK
    bars["high"] = (np.maximum(first, close) + np.rint(np.abs(rng.normal(size=n)) * move) + floor) * TICK
    bars["ts"] = HOUR * (np.arange(n) + np.cumsum(rng.random(n) < 0.02))
    bars["known"] = bars["ts"] + HOUR
    return bars


def readings_of(seed: int, n: int) -> np.ndarray[Any, Any]:
    """Readings whose `rsi_part` is F: it jumps to either side, fades and is off; warm-up and bad data as well."""
    rng = np.random.default_rng(seed + 1)
    readings = np.repeat(to_array(Readings), n)
    lengths = rng.integers(1, 9, n)
    f = np.repeat(rng.choice([-1.0, -0.7, -0.2, 0.0, 0.2, 0.7, 1.0], n), lengths)[:n]
    readings["base"]["momentum"]["rsi_part"] = f
    readings["base"]["momentum"]["ready"] = np.arange(n) >= rng.integers(0, 10)
    readings["middle"]["momentum"]["ready"] = 1
    readings["base"]["features"]["atr"] = rng.choice([0.5, 1.0, 2.0, 3.125], n)
    since = np.arange(n) - np.maximum.accumulate(np.where(rng.random(n) < 0.03, np.arange(n), -100))
    readings["since_gap"] = since
    return readings


def _costs() -> st.SearchStrategy[CostParams]:
    bps = st.floats(0.0, 60.0)
    free = CostParams(taker_bps=0.0, maker_bps=0.0, entry_bps=0.0, stop_bps=0.0)
    some = st.builds(CostParams, taker_bps=bps, maker_bps=st.floats(-5.0, 60.0), entry_bps=bps, stop_bps=bps)
    return st.just(free) | some


def params(fusion: Any) -> st.SearchStrategy[DecideParams]:
    """Settings over their useful ranges."""
    account = st.builds(
        AccountParams,
        equity=st.sampled_from([50.0, 1e4, 1e7]),
        leverage=st.sampled_from([1.0, 5.0, 50.0]),
        max_margin_use=st.sampled_from([0.25, 1.0]),
        lot=st.sampled_from([2.0**-10, 0.125, 1.0, 8.0]),
        tick=st.sampled_from([TICK, 0.01, 1.0]),
    )
    exits = st.builds(
        ExitParams,
        stop_atr=st.sampled_from([0.5, 1.0, 2.0, 8.0]),
        target_r=st.sampled_from([0.5, 1.0, 2.0, 10.0]),
        on_opposite=st.sampled_from(OnOpposite),
    )
    return st.builds(
        DecideParams,
        trade=st.builds(TradeParams, side=st.sampled_from(Side)),
        fusion=st.just(fusion),
        account=account,
        risk=st.builds(RiskParams, per_trade=st.sampled_from([0.001, 0.01, 0.2])),
        costs=_costs(),
        exits=exits,
    )
