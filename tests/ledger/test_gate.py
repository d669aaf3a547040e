"""The gate: which bars are looked at, and that what is found there is what would be found without it."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np
import pytest
from tests.ledger import table as t
from tests.modes import compiled_only
from tests.parity.machine_trace import BUSY, Finder, follow, fresh, market
from tests.quiet import QUIET, QUIET_SETTINGS

import bullmachine as bm
from bullmachine.engines.levels import Sentinel
from bullmachine.trading.params import GateMode, GateParams, GuardParams, Source, Switch, TradeParams

BITS: Final = [s for s in Sentinel if s not in (Sentinel.HEARTBEAT, Sentinel.HOLDING)]
SILENT: Final[dict[str, Any]] = {
    **{str(s.name).lower(): Switch.OFF for s in BITS}, "heartbeat_bars": 0, "mode": GateMode.SENTINELS
}  # fmt: skip
QUIET_BAR: Final = "100 101 99 100 ."


def _looked(gate: GateParams, bits: list[int], text: str = QUIET_BAR, **parts: Any) -> list[int]:
    """Which bars were looked at, of bars whose readings carry these sentinels."""
    bars, readings = t.market(" | ".join([text] * len(bits)))
    readings["sentinels"] = bits
    bars["tf"] = 3_600_000
    played = t.play(bars, readings, t.settings(gate=gate, **parts))
    return np.flatnonzero(played.decisions["evaluated"]).tolist()


def _gate(**parts: Any) -> GateParams:
    return GateParams(**{**SILENT, **parts})


@pytest.mark.parametrize("sentinel", BITS, ids=[str(s.name).lower() for s in BITS])
def test_a_sentinel_opens_the_gate_while_it_is_switched_on(sentinel: Sentinel) -> None:
    bits = [0, int(sentinel), 0, sum(map(int, BITS)) & ~sentinel]
    assert _looked(_gate(**{str(sentinel.name).lower(): Switch.ON}), bits) == [1]
    assert _looked(_gate(), bits) == []


def test_every_bar_is_looked_at_without_a_gate() -> None:
    assert _looked(GateParams(), [0, 0, 0]) == [0, 1, 2]


def test_the_close_of_a_slower_bar_is_a_gate_of_its_own_whatever_the_switches_say() -> None:
    every = sum(map(int, BITS))
    bits = [0, int(Sentinel.HTF_CLOSE), every & ~Sentinel.HTF_CLOSE, every]
    assert _looked(_gate(mode=GateMode.HTF_CLOSE), bits) == [1, 3]


@pytest.mark.parametrize(("bars", "looked"), [(0, []), (1, [0, 1, 2, 3, 4, 5]), (4, [0, 4]), (3, [0, 3])])
def test_a_heartbeat_opens_it_every_so_many_bars_of_the_clock(bars: int, looked: list[int]) -> None:
    assert _looked(_gate(heartbeat_bars=bars), [0] * 6) == looked
    assert _looked(_gate(heartbeat_bars=bars, htf_close=Switch.ON), [0] * 6) == []


def test_it_stays_open_while_the_state_stands() -> None:
    """F enters on the second bar, falls to where it holds, then to nothing; no sentinel but the first."""
    bars, readings = t.market(" | ".join(f"100 101 99 100 {letter}" for letter in "LL l.. L".replace(" ", "")))
    readings["sentinels"] = [0, int(Sentinel.HOB), 0, 0, 0, 0]
    p = t.settings(gate=_gate(hob=Switch.ON), exits=t.exits(stop_atr=0.5))  # the position is stopped at once
    made = t.play(bars, readings, p).decisions
    assert made["evaluated"].tolist() == [0, 1, 1, 1, 0, 0]
    assert made["stance"].tolist() == [0, 1, 1, 0, 0, 0]
    assert made["sentinels"].tolist() == [0, int(Sentinel.HOB), *[int(Sentinel.HOLDING)] * 2, 0, 0]


MANAGED: Final = "100 101 99 100 L | 100 101 99 100 . | 100 103 100 103 . | 103 104 101 101 . | 101 102 96 96 ."


def test_positions_and_resting_entries_are_managed_with_the_gate_shut() -> None:
    bars, readings = t.market(MANAGED)
    readings["sentinels"][0] = int(Sentinel.HOB)
    for exits in (t.exits(), t.exits(max_bars=2), t.exits(stop_atr=0.5)):
        plain = t.play(bars, readings, t.settings(exits=exits))
        shut = t.play(bars, readings, t.settings(exits=exits, gate=_gate(hob=Switch.ON)))
        assert shut.fills == plain.fills != ""
        assert shut.stops == plain.stops


def test_signals_of_ones_own_are_looked_at_on_every_bar() -> None:
    trade = TradeParams(source=Source.SIGNALS)
    assert _looked(_gate(), [0, 0, 0], trade=trade) == [0, 1, 2]


def test_a_bar_that_is_passed_over_leaves_nothing_in_its_row() -> None:
    bars, readings = t.market(f"{QUIET_BAR} | {QUIET_BAR}")
    stage = t.Stage(t.settings(gate=_gate()), bars, readings)
    dirty = stage.decisions.view(np.uint8)
    dirty[:] = 7
    stage.run()
    told = stage.decisions.copy()
    told["time"] = told["limit"] = 0
    assert np.isnan(stage.decisions["limit"]).all()
    assert not told.tobytes().strip(b"\0")


def _said(p: Any, name: str, find: Finder) -> dict[str, Any]:
    return follow(fresh(p), market(name, find, 4000)).said


OPEN_TO: Final = GuardParams(**QUIET, losses=0, cooldown_bars=0, max_daily_loss=1.0, max_drawdown=1.0)


@compiled_only
@pytest.mark.parametrize("mode", [GateMode.SENTINELS, GateMode.HTF_CLOSE])
@pytest.mark.parametrize("name", ["ETH", "nasty", "Kraken"])
def test_what_is_looked_at_is_what_would_be_found_without_a_gate(mode: GateMode, name: str, real_data: Finder) -> None:
    gate = GateParams(mode=mode, close_x_sma20=Switch.OFF, close_x_sma50=Switch.OFF)
    whole, some = (_said(dataclasses.replace(BUSY, gate=g), name, real_data) for g in (GateParams(), gate))
    for part in ("bars", "readings", "events", "slow_bars"):
        assert whole[part].tobytes() == some[part].tobytes()
    looked = some["decisions"]["evaluated"] == 1
    assert 0.1 < looked.mean() < 0.9
    assert (whole["decisions"]["evaluated"] == 1).all()
    for field in ("score", "guards_long", "guards_short", "time"):
        mine, theirs = (said["decisions"][field][looked] for said in (some, whole))
        assert np.ascontiguousarray(mine).tobytes() == np.ascontiguousarray(theirs).tobytes(), field
    assert len(some["closed"]) > 3


@compiled_only
def test_a_gated_run_tells_of_the_bars_it_looked_at(real_data: Finder) -> None:
    file = real_data("ohlcv/ETHUSDT_binance_1h.parquet")
    whole = bm.backtest(file, start="2024-01-01", end="2024-12-31", baseline=False)
    some = bm.backtest(file, start="2024-01-01", end="2024-12-31", baseline=False, overrides={"gate.mode": "htf_close"})
    assert len(whole.decisions) == whole.manifest["counts"]["decided"] == some.manifest["counts"]["decided"]
    assert len(some.decisions) == some.manifest["counts"]["evaluated"] < len(whole.decisions)
    both = whole.decisions.join(some.decisions, on="time", how="inner", suffix="_too")
    assert len(both) == len(some.decisions)
    assert (both["f"] == both["f_too"]).all()
    assert len(some.positions) > 3


@compiled_only
def test_every_switch_of_the_gate_changes_what_is_looked_at(real_data: Finder) -> None:
    rows = market("ETH", real_data, 4000)
    for name in (str(s.name).lower() for s in BITS):
        looked = follow(fresh(dataclasses.replace(BUSY, gate=_gate(**{name: Switch.ON}))), rows).said["decisions"]
        bit = int(Sentinel[name.upper()])
        at = looked["sentinels"] & (bit | int(Sentinel.HOLDING)) != 0
        assert (at == (looked["evaluated"] == 1)).all()
        assert (looked["sentinels"] & bit != 0).any(), name


@compiled_only
def test_a_position_that_only_what_was_held_let_in_is_made_again_all_the_same() -> None:
    """The gate stood open for a position that the flip ended; a replay has the flip alone."""
    overrides = {
        **QUIET_SETTINGS, "gate.mode": "htf_close", "exits.on_opposite": "flip", "exits.stop_atr": 0.5,
        "exits.target_1.r": 0.5, "exits.breakeven": "never", "exits.trail": "none", "fusion.on": 0.3,
        "fusion.off": 0.25, "guards.max_cost_r": 5.0, "guards.cooldown_bars": 0, "guards.losses": 0,
        "guards.max_drawdown": 1.0, "guards.max_daily_loss": 1.0,
    }  # fmt: skip
    result = bm.backtest(bm.sample(), start="2022-03-01", baseline=False, overrides=overrides)
    assert len(result.ambiguity) > 0
    assert (result.ambiguity["taken"] == result.ambiguity["pessimistic"]).all()
