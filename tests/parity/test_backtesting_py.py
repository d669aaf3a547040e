"""A moving-average cross with a stop, given as signals, against backtesting.py 0.6.6.

Where both have the same rules, entries, exits and final equity are the same. What differs is listed in
`foreign_cross.py` and held there, one test each.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from tests.parity.foreign_cross import as_signals, crosses, run_foreign
from tests.parity.machine_trace import compiled_only
from tests.quiet import QUIET_SETTINGS

import bullmachine as bm
from bullmachine.core.time import HOUR
from bullmachine.market.read import read_bars

pytestmark = compiled_only

CASH: Final = 1e6
FEE_BPS: Final = 5.0
#: the rules both have: no target, no trail, nothing but stop and opposite signal, and guards out of the way
SETTINGS: Final[dict[str, Any]] = {
    "account.equity": CASH, "account.leverage": 1.0, "account.max_margin_use": 1.0, "account.lot": 1.0,
    "costs.taker_bps": FEE_BPS, "costs.entry_bps": 0.0, "costs.stop_bps": 0.0, "costs.funding_bps": 0.0,
    "exits.stop_atr": 2.0, "exits.target_1.at": "off", "exits.breakeven": "never", "exits.trail": "none",
    "exits.max_bars": 0, "guards.rejected_bars": 0, "guards.gap_bars": 0, "guards.max_cost_r": 100.0,
    "guards.losses": 0, "guards.cooldown_bars": 0, "guards.max_daily_loss": 1.0, "guards.max_drawdown": 1.0,
    "guards.max_open_risk": 10.0, **QUIET_SETTINGS,
}  # fmt: skip


@pytest.mark.parametrize("flip", [False, True], ids=["close", "flip"])
def test_a_cross_with_a_stop_trades_the_same(flip: bool, real_data: Callable[[str], pathlib.Path]) -> None:  # noqa: FBT001
    path = real_data("ohlcv/ETHUSDT_binance_1h.parquet")
    rows = read_bars(path).rows
    found = crosses(rows)
    theirs = run_foreign(rows, found, flip=flip, flat_at_end=True, commission=FEE_BPS * 1e-4, size=1, cash=CASH)
    ours = bm.backtest(
        path,
        signals=as_signals(rows, found, HOUR, 1),
        overrides={**SETTINGS, "exits.on_opposite": "flip" if flip else "close"},
        baseline=False,
    )
    mine, other = ours.positions.sort("entry_time"), theirs.trades.sort("entry_time")
    assert len(mine) == len(other) > 900
    assert mine["entry_time"].to_list() == other["entry_time"].to_list()
    assert [1 if side == "long" else -1 for side in mine["side"]] == other["side"].to_list()
    stops = (mine["exit_reason"] == "stop").to_numpy()
    at = other["exit_time"].dt.epoch("ms").to_numpy() + np.where(stops, HOUR, 0)  # theirs is the bar's open
    assert mine["exit_time"].dt.epoch("ms").to_numpy().tolist() == at.tolist()
    for column in ("entry_price", "exit_price"):
        assert mine[column].to_list() == other[column].to_list(), column
    assert ours.summary["equity_end"] == pytest.approx(theirs.equity, rel=1e-9)
