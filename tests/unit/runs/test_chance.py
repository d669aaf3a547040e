"""Coin flips end where the run's own signals ended."""

from __future__ import annotations

import datetime as dt

import polars as pl

import bullmachine as bm

FROM = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
LOOSE = {
    "exits.set": "trend", "exits.stop_atr": 15.0, "exits.trail_atr": 40.0, "exits.max_bars": 0,
    "guards.cooldown_bars": 0, "guards.losses": 0, "guards.max_daily_loss": 1.0, "guards.max_drawdown": 1.0,
}  # fmt: skip


def _result(hold: int | None) -> bm.Result:
    starts = [FROM + dt.timedelta(hours=20 * k) for k in range(1, 60)]
    rows = [(time, "long") for time in starts]
    if hold is not None:
        rows = sorted([*rows, *((time + dt.timedelta(hours=hold), "flat") for time in starts)])
    signals = pl.DataFrame(rows, schema=["time", "side"], orient="row")
    return bm.backtest(bm.sample(), signals=signals, start=FROM, end="2023-03-31", overrides=LOOSE)


def test_coin_flips_are_as_short_lived_as_the_positions_whose_signals_say_flat() -> None:
    made = _result(3)
    assert made.summary["positions"] == 59
    assert made.summary["coin_flip"]["positions"] > 50  # random entries overlap now and then
    assert _result(None).summary["coin_flip"]["positions"] < 10  # nothing else ends them
