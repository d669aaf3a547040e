"""The fast signal from its definition, and who asks for an order in each mode of execution."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Final

import numpy as np
import pytest
from tests.ledger import table as t
from tests.modes import compiled_only
from tests.parity.machine_trace import BUSY, Finder, follow, fresh, market
from tests.quiet import QUIET

import bullmachine as bm
from bullmachine.core.record import to_array
from bullmachine.fusion.readings import Readings
from bullmachine.trading import guards
from bullmachine.trading.exit_params import OnSignalOff
from bullmachine.trading.fast import fast_side, fast_strength
from bullmachine.trading.params import Execution, ExecutionParams, GuardParams, RiskBy, RiskParams

Array = np.ndarray[Any, Any]

#: what holds where the fast signal stands long at a close of 100
LONG: Final = {
    "middle.momentum.adx": 25.0, "slow.features.sma_fast": 98.0, "slow.features.sma_slow": 90.0,
    "slow.features.atr": 4.0, "base.momentum.rsi": 55.0,
}  # fmt: skip
#: what is changed, and whether it still stands
TABLE: Final[list[tuple[dict[str, float], bool]]] = [
    ({}, True),
    ({"middle.momentum.adx": 20.0}, True),
    ({"middle.momentum.adx": 19.99}, False),
    ({"middle.momentum.adx": math.nan}, False),
    ({"slow.features.sma_slow": 98.0}, False),
    ({"slow.features.sma_slow": math.nan}, False),
    ({"slow.features.sma_fast": math.nan}, False),
    ({"base.momentum.rsi": 70.0}, True),
    ({"base.momentum.rsi": 70.01}, False),
    ({"base.momentum.rsi": math.nan}, False),
    ({"slow.features.sma_fast": 100.0}, True),
    ({"slow.features.sma_fast": 100.01}, False),
    ({"slow.features.sma_fast": 96.0}, True),
    ({"slow.features.sma_fast": 95.99}, False),
    ({"slow.features.atr": math.nan}, False),
]


def _write(row: Any, said: dict[str, float], *, short: bool) -> None:
    for path, value in said.items():
        *parts, last = path.split(".")
        at = row
        for part in parts:
            at = at[part]
        mirror = {"sma_fast": 200.0 - value, "sma_slow": 200.0 - value, "rsi": 100.0 - value}
        at[last] = mirror.get(last, value) if short else value


@pytest.mark.parametrize("short", [False, True], ids=["long", "short"])
@pytest.mark.parametrize(("changed", "stands"), TABLE)
def test_the_fast_signal_stands_where_all_its_conditions_hold(
    changed: dict[str, float],
    stands: bool,  # noqa: FBT001
    short: bool,  # noqa: FBT001
) -> None:
    r, p = to_array(Readings), to_array(ExecutionParams())[0]
    _write(r, {**LONG, **changed}, short=short)
    assert fast_side(p, 100.0, r[0]) == ((-1 if short else 1) if stands else 0)


@pytest.mark.parametrize("short", [False, True], ids=["long", "short"])
@pytest.mark.parametrize(
    ("adx", "rsi", "strength"),
    [(20.0, 70.0, 0.6), (20.0, 50.0, 0.7), (20.0, 30.0, 0.8), (20.0, 10.0, 0.8), (30.0, 30.0, 0.9), (60.0, 70.0, 0.9)],
)
def test_its_strength_grows_with_the_trend_and_the_room(
    adx: float,
    rsi: float,
    strength: float,
    short: bool,  # noqa: FBT001
) -> None:
    r, p = to_array(Readings), to_array(ExecutionParams())[0]
    _write(r, {**LONG, "middle.momentum.adx": adx, "base.momentum.rsi": rsi}, short=short)
    assert fast_strength(p, -1 if short else 1, r[0]) == pytest.approx(strength, abs=1e-12)


#: letters of F as everywhere, then where the fast signal stands (+, - or 0) -> bars on which an order is asked for
MODES: Final[list[tuple[Execution, str, str, str]]] = [
    (Execution.FUSION_ONLY, ".Ll.S", "+0000", ".L..S"),
    (Execution.CONFIRM, ".Ll.S", "00++-", "....S"),
    (Execution.CONFIRM, ".Ll.S", "0+000", ".L..."),
    (Execution.CONFIRM, ".L..S", "0-00+", "....."),
    (Execution.ADVISORY, "S....", "0++0+", ".L..L"),
    (Execution.ADVISORY, "....L", "+-0-0", "LS.S."),
    (Execution.PREFILTER, ".Ll..", "0+++0", "....."),
    (Execution.PREFILTER, ".Lll.", "00+0+", "..L.."),
    (Execution.PREFILTER, ".Sss.", "00+-0", "...S."),
]  # fmt: skip
LETTER: Final = {1: "L", -1: "S", 0: "."}


def _played(mode: Execution, f: str, fast: str, **parts: Any) -> t.Played:
    bars, readings = t.market(" | ".join(f"100 101 99 100 {letter}" for letter in f))
    for row, stands in zip(readings, fast, strict=True):
        _write(row, {**LONG, "middle.momentum.adx": 10.0 if stands == "0" else 25.0}, short=stands == "-")
    return t.play(bars, readings, t.settings(execution=ExecutionParams(mode=mode), **parts))


@pytest.mark.parametrize(("mode", "f", "fast", "asked"), MODES)
def test_who_asks_in_each_mode(mode: Execution, f: str, fast: str, asked: str) -> None:
    made = _played(mode, f, fast).decisions
    assert "".join(LETTER[side] for side in made["asked"].tolist()) == asked
    assert made["fast"].tolist() == [{"+": 1, "-": -1, "0": 0}[stands] for stands in fast]


def test_the_state_moves_with_f_in_every_mode() -> None:
    stances = [_played(mode, ".Ll.S", "+0-+0").decisions["stance"].tolist() for mode in Execution]
    assert stances == [[0, 1, 1, 0, -1]] * 4


def test_the_end_of_the_fast_signal_is_the_end_of_what_it_asked_for() -> None:
    exits = t.exits(on_signal_off=OnSignalOff.CLOSE)
    played = _played(Execution.ADVISORY, "....L", "+++0+", exits=exits)
    assert played.fills == "1 entry 100 | 4 signal_off 100"
    assert played.decisions["ended"].tolist() == [0, 0, 0, 1, 0]
    assert _played(Execution.CONFIRM, "Lll..", "+0000", exits=exits).fills == "1 entry 100 | 4 signal_off 100"


def test_a_fast_signal_on_the_other_side_closes_the_position() -> None:
    played = _played(Execution.ADVISORY, ".....", "++-++")
    assert played.fills.startswith("1 entry 100 | 3 opposite 100")


def test_a_stronger_fast_signal_risks_more_where_strength_says_how_much() -> None:
    risk = RiskParams(by=RiskBy.STRENGTH, least=0.01, most=0.02)
    bars, readings = t.market("100 101 99 100 . | 100 101 99 100 .")
    lots = []
    for adx in (20.0, 30.0):
        for row in readings:
            _write(row, {**LONG, "middle.momentum.adx": adx}, short=False)
        p = t.settings(execution=ExecutionParams(mode=Execution.ADVISORY), risk=risk)
        lots.append(int(t.play(bars, readings, p).decisions["lots"][0]))
    assert lots[0] < lots[1]


def _oracle(mode: Execution, made: Array, fast: list[int], p: Any, ended: list[bool]) -> list[tuple[int, int]]:
    """(asked, stance after) of each bar, from F, the masks and the side of the fast signal."""
    stance, before, told = 0, 0, []
    for row, now, over in zip(made, fast, ended, strict=True):
        f = float(row["score"]["f"])
        side = 1 if f >= p.fusion.on else -1 if f <= -p.fusion.on else 0
        wish = side if side != stance else 0
        free = wish != 0 and row["guards_long" if wish > 0 else "guards_short"] == 0
        appeared = now if now != before else 0
        asked = {
            Execution.FUSION_ONLY: wish, Execution.CONFIRM: wish if now == wish else 0, Execution.ADVISORY: appeared,
        }.get(mode, appeared)  # fmt: skip
        stood = stance
        if free:
            stance = wish
        elif stance != 0 and (stance * f < p.fusion.off or (over and stance != 0)):
            stance = 0
        if mode == Execution.PREFILTER and not appeared == stood == stance:
            asked = 0
        told.append((asked, stance))
        before = now
    return told


@compiled_only
@pytest.mark.parametrize("mode", Execution)
def test_every_bar_of_a_real_market_is_asked_about_as_defined(mode: Execution, real_data: Finder) -> None:
    execution = ExecutionParams(mode=mode, reach_atr=3.0)
    limits = GuardParams(**QUIET, losses=0, cooldown_bars=0, max_daily_loss=1.0, max_drawdown=1.0, max_cost_r=100.0)
    p = dataclasses.replace(BUSY, execution=execution, guards=limits)
    said = follow(fresh(p), market("ETH", real_data, 6000)).said
    read, close = said["readings"], said["bars"]["close"]
    slow = read["slow"]["features"]
    side = np.sign(np.nan_to_num(slow["sma_fast"] - slow["sma_slow"]))
    away = side * (close - slow["sma_fast"])
    rsi, adx = read["base"]["momentum"]["rsi"], read["middle"]["momentum"]["adx"]
    room = np.where(side > 0, 70.0 - rsi, rsi - 30.0)
    stands = (adx >= 20.0) & (room >= 0.0) & (away >= 0.0) & (away <= 3.0 * slow["atr"])
    fast = np.where(stands, side, 0).astype(int).tolist()
    made = said["decisions"]
    assert made["fast"].tolist() == fast
    bad = ((made["guards_long"] >> guards.Guard.BAD_DATA) & 1 == 1).tolist()
    told = _oracle(mode, made, fast, p, bad)
    assert list(zip(made["asked"].tolist(), made["stance"].tolist(), strict=True)) == told
    assert (made["asked"] != 0).sum() > 20


@compiled_only
@pytest.mark.parametrize("mode", ["advisory", "prefilter", "confirm"])
def test_a_run_in_each_mode_holds_together(mode: str, real_data: Finder) -> None:
    """The checks of every run are made by `backtest` itself, in this suite."""
    settings = {"execution.mode": mode, "execution.reach_atr": 4.0, "fusion.on": 0.4, "fusion.off": 0.2}
    made = bm.backtest(real_data("ohlcv/ETHUSDT_binance_1h.parquet"), start="2021-01-01", overrides=settings)
    assert len(made.positions) > 3
    sources = set(made.positions["source"].cast(str).to_list()) if len(made.positions) else set()
    assert sources <= ({"trend", "reversal"} if mode == "confirm" else {"fast"})
