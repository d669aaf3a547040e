"""Machines for laws that must hold whatever is traded: one symbol or two, with all that comes from outside."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from tests.parity.machine_trace import BUSY, EAGER, WEATHER, Array, fresh, made

from bullmachine.core.bars import Row
from bullmachine.core.record import dtype_of, to_array
from bullmachine.core.time import HOUR
from bullmachine.machine.feed import Outside
from bullmachine.machine.machine import Machine
from bullmachine.market.funding import Settlements
from bullmachine.testing.markets import random_market
from bullmachine.trading.exit_params import ExitParams, OnOpposite, OnSignalOff, TargetAt, TargetParams, VolumeSpike
from bullmachine.trading.params import DecideParams, FillParams, Intrabar, Source, TradeParams
from bullmachine.trading.records import Signal

__all__ = ["CASES", "Case", "funding_of", "lower_of", "signals_of", "two_markets"]

QUARTERS: Final = 4  #: lower bars in a bar


@dataclasses.dataclass(frozen=True)
class Case:
    """Settings, and what each symbol is given besides its rows."""

    decide: DecideParams
    given: Callable[[Array, int], Outside] = lambda _rows, _k: Outside()

    def outside(self, rows: Sequence[Array]) -> list[Outside]:
        """What each symbol is given."""
        return [self.given(own, k) for k, own in enumerate(rows)]

    def machine(self, rows: Sequence[Array], *, trade_from: int = -(2**62)) -> Machine:
        """The machine for these rows."""
        return fresh(self.decide, symbols=len(rows), outside=self.outside(rows), trade_from=trade_from)


def two_markets(n: int) -> list[Array]:
    """Two markets on one clock: each has holes of its own, and the second begins later and ends earlier."""
    return [random_market(41, n), random_market(42, n)[n // 10 : -(n // 20)]]


def signals_of(rows: Array, seed: int, share: float = 0.25) -> tuple[Array, Array]:
    """Signals at random closes: either side, flat, with and without limit, stop, target, size, expiry."""
    rng = np.random.default_rng(seed)
    good = rows[np.isfinite(rows["close"])]
    at = good[rng.random(len(good)) < share]
    at = at[np.unique(at["ts"], return_index=True)[1]]
    n = len(at)
    signals = np.repeat(to_array(Signal), n)
    side = rng.choice([-1, 0, 1], n, p=[0.45, 0.1, 0.45])
    signals["side"], signals["flat"] = side, side == 0
    span = np.maximum(at["high"] - at["low"], 0.01 * np.abs(at["close"]) + 0.01)
    for name, away, chance in (("limit", -0.4, 0.4), ("stop", -1.7, 0.4), ("target", 1.5, 0.4)):
        value = at["close"] + side * away * span * rng.uniform(0.5, 1.5, n)
        signals[name] = np.where((side != 0) & (rng.random(n) < chance), value, np.nan)
    signals["size"] = np.where((side != 0) & (rng.random(n) < 0.3), rng.uniform(0.01, 3.0, n), np.nan)
    signals["expiry"], signals["tag"] = rng.integers(0, 5, n), rng.integers(0, 3, n)
    return at["ts"] + HOUR, signals


def funding_of(rows: Array, seed: int) -> Settlements:
    """A settlement every eight hours, of either sign."""
    rng = np.random.default_rng(seed)
    step = 8 * HOUR
    ts = np.arange(rows["ts"].min() // step * step, rows["ts"].max() + step, step, dtype=np.int64)
    return Settlements("made", ts, rng.normal(0.0, 1e-3, len(ts)))


def lower_of(rows: Array, seed: int) -> tuple[Array, int]:
    """Quarters of every bar: its open, its extremes in random quarters, its close."""
    rng = np.random.default_rng(seed)
    good = rows[np.isfinite(rows["open"] + rows["high"] + rows["low"] + rows["close"])]
    good = good[np.unique(good["ts"], return_index=True)[1]]
    n, length = len(good), HOUR // QUARTERS
    lower = np.zeros((n, QUARTERS), dtype_of(Row))
    edge = good["low"][:, None] + rng.random((n, QUARTERS + 1)) * (good["high"] - good["low"])[:, None]
    edge[:, 0], edge[:, -1] = good["open"], good["close"]
    lower["ts"] = good["ts"][:, None] + length * np.arange(QUARTERS)
    lower["open"], lower["close"] = edge[:, :-1], edge[:, 1:]
    lower["high"], lower["low"] = np.maximum(edge[:, :-1], edge[:, 1:]), np.minimum(edge[:, :-1], edge[:, 1:])
    for name in ("high", "low"):
        lower[name][np.arange(n), rng.integers(0, QUARTERS, n)] = good[name]
    return lower.reshape(-1), length


def _everything(rows: Array, k: int) -> Outside:
    return Outside(funding=funding_of(rows, k), signals=signals_of(rows, k), lower=lower_of(rows, k), macro=WEATHER[1])


def _signals(source: Any, **exits: Any) -> DecideParams:
    found: DecideParams = made(
        DecideParams,
        trade=TradeParams(source=source),
        fills=FillParams(intrabar=Intrabar.DATA),
        exits=made(
            ExitParams, stop_atr=1.0, target_1=TargetParams(at=TargetAt.R, r=0.6, size=0.4),
            target_2=TargetParams(at=TargetAt.R, r=1.2, size=0.3),
            target_3=TargetParams(at=TargetAt.R, r=1.8, size=0.3),
            **exits,
        ),
        guards=dataclasses.replace(EAGER, rejected_bars=0, gap_bars=0, max_positions=2, max_open_risk=1.0),
    )  # fmt: skip
    return found


#: machines by name
CASES: Final = {
    "busy": Case(BUSY),
    "busy, with funding and lower bars": Case(
        dataclasses.replace(
            BUSY,
            fills=FillParams(intrabar=Intrabar.DATA),
            exits=dataclasses.replace(
                BUSY.exits, on_opposite=OnOpposite.FLIP, on_signal_off=OnSignalOff.TIGHTEN,
                volume_spike=VolumeSpike.ENTRY, spike_z=1.0,
            ),
        ),
        lambda rows, k: Outside(funding=funding_of(rows, k), lower=lower_of(rows, k), macro=WEATHER[1]),
    ),
    "own signals with everything": Case(_signals(Source.SIGNALS, on_opposite=OnOpposite.FLIP), _everything),
}  # fmt: skip
