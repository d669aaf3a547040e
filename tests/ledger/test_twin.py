"""The kernels and an independent twin trade the same, fill by fill, on any market and with any settings."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any, Final

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ledger import markets, twin, twin_guards
from tests.ledger import table as t

from bullmachine.trading.codes import FillReason
from bullmachine.trading.params import DecideParams

N: Final = 250
EXAMPLES: Final = 10 if numba.config.DISABLE_JIT else 150
PARAMS: Final = markets.params(t.settings().fusion)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10_000), PARAMS)
def test_an_independent_twin_trades_the_same(seed: int, p: DecideParams) -> None:
    market = markets.market_of(seed, N)
    played = t.play(market.bars, market.readings, p, ends=True, funding=market.funding, lower=market.lower)
    slow = _twin(market, p)
    legs = played.legs[played.legs["reason"] != FillReason.FUNDING]
    assert [_named(leg) for leg in legs] == [_stamped(fill, market.bars) for fill in slow.fills]
    for name in ("qty", "price", "fee"):
        assert legs[name] == pytest.approx(np.array([getattr(f, name) for f in slow.fills]), rel=1e-9, abs=1e-9)
    paid = played.legs["funding"][played.legs["reason"] == FillReason.FUNDING]
    assert paid == pytest.approx(np.array(slow.funding), rel=1e-9, abs=1e-9)
    assert played.marks["equity"] == pytest.approx(np.array(slow.equity), rel=1e-9, abs=1e-9 * p.account.equity)


def _named(leg: Any) -> tuple[int, str, int]:
    return int(leg["time"]), FillReason(int(leg["reason"])).name.lower(), int(leg["side"])


def _stamped(fill: twin.Fill, bars: markets.Array) -> tuple[int, str, int]:
    """A fill at an open carries its time; any other is known at the close."""
    return int(bars["ts" if fill.at_open else "known"][fill.bar]), fill.reason, fill.side


def _view(k: int, market: markets.Market) -> twin.View:
    """What the twin may see at the close of bar `k`."""
    bar, r = market.bars[k], market.readings[k]
    whole, base = r["structure"], r["base"]
    sides = {
        side: {
            "zone": (float(whole[name]["zone_lo"]), float(whole[name]["zone_hi"])),
            "pools": [float(pool["price"]) for pool in whole[name]["pools"]],
            "invalidation": float(whole[name]["invalidation"]),
            "swing": float(whole[name]["opposite_swing"]),
        }
        for side, name in ((1, "long"), (-1, "short"))
    }
    return twin.View(
        k=k, opened=int(bar["ts"]), known=int(bar["known"]),
        bar=twin.Bar(*(float(bar[name]) for name in ("open", "high", "low", "close"))),
        lower=[twin.Bar(*cell) for cell in market.lower[k]],
        f=float(base["momentum"]["rsi_part"]), atr=float(base["features"]["atr"]),
        adx=float(r["middle"]["momentum"]["adx"]), z=float(r["volume_z"]), said=twin_guards.said_of(r),
        edges=(float(whole["range_low"]), float(whole["range_high"])), sides=sides,
    )  # fmt: skip


def _plain(params: Any) -> dict[str, Any]:
    """Settings by their last names, choices as their names; a nested target as a dict of its own.

    Gate and execution stay out: they share names with others, and here every bar is asked about by F.
    """
    made: dict[str, Any] = {}
    for field in dataclasses.fields(params):
        if field.name in ("gate", "execution"):
            continue
        value = getattr(params, field.name)
        if dataclasses.is_dataclass(value):
            inner = _plain(value)
            made |= {field.name: inner} if field.name.startswith("target_") else inner
        else:
            made[field.name] = value.name.lower() if isinstance(value, enum.Enum) else value
    return made


def _twin(market: markets.Market, p: DecideParams) -> twin.Twin:
    made = twin.Twin(_plain(p))
    for k in range(len(market.bars)):
        made.step(_view(k, market), float(market.funding[k]))
    made.end(_view(len(market.bars) - 1, market))
    return made
