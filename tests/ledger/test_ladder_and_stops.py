"""Targets of the ladder, and every way in which the stop follows or time runs out.

ATR 1, long from 100, stop 98, so that 1 R is 2; 50 units in whole ones; no costs.
"""

from typing import Final

import pytest
from tests.ledger.hands import ENTRY, IN, SIDES, Case, check, ladder, play

from bullmachine.trading.exit_params import Breakeven, ExitParams, OnSignalOff, Trail, TrailFrom, VolumeSpike
from bullmachine.trading.params import AccountParams, CostParams, Slippage

HALF: Final = ladder((1, 0.5))
QUIET_BAR: Final = "100 100.75 99.5 100 l"


def _of(exits: ExitParams, bars: str, fills: str, stops: str | None = None, **more: object) -> Case:
    return Case(bars=bars, fills=fills, stops=stops, parts={"exits": exits, **more})


def _coarse(lot: float) -> AccountParams:
    return AccountParams(equity=10_000.0, lot=lot, tick=0.25)


LADDER: Final = {
    "one rung closes its share, the rest runs to the stop": _of(
        HALF, f"{IN} | 101 102.25 100 102 l | 102 102 97 98 l", f"{ENTRY} | 2 target_1 102 x25 | 3 stop 98 x25"
    ),
    "two rungs in one bar, lots rounded down": _of(
        ladder((1, 0.5), (2, 0.25)),
        f"{IN} | 101 104.25 100 104 l | 102 102 97 98 l",
        f"{ENTRY} | 2 target_1 102 x25 | 2 target_2 104 x12 | 3 stop 98 x13",
    ),
    "three rungs on three bars that sum to all leave no runner": _of(
        ladder((1, 0.5), (2, 0.25), (3, 0.25)),
        f"{IN} | 101 103 100 103 l | 103 105 102 105 l | 105 107 105 106 l | 106 107 90 100 l",
        f"{ENTRY} | 2 target_1 102 x25 | 3 target_2 104 x12 | 4 target_3 106 x13",
    ),
    "rungs out of order are taken nearest first": _of(
        ladder((3, 0.5), (1, 0.25)),
        f"{IN} | 101 103 100 103 l | 103 107 102 105 l | 105 105 97 98 l",
        f"{ENTRY} | 2 target_1 102 x12 | 3 target_2 106 x25 | 4 stop 98 x13",
    ),
    "a rung that rounds to nothing is left out": _of(
        HALF, f"{IN} | 101 110 100 103 l | 102 102 97 98 l", f"{ENTRY} | 3 stop 98", account=_coarse(30.0)
    ),
    "a rung that rounds to nothing does not hold up the next": _of(
        ladder((1, 0.25), (2, 0.5)),
        f"{IN} | 101 105 100 104 l | 102 102 97 98 l",
        f"{ENTRY} | 2 target_1 104 x20 | 3 stop 98 x20",
        account=_coarse(20.0),
    ),
    "one lot that no rung can divide still has no runner": _of(
        ladder((1, 0.5), (2, 0.5)),
        f"{IN} | 101 103 100 103 l | 103 105 102 105 l",
        f"{ENTRY} | 3 target_1 104",
        account=_coarse(30.0),
    ),
    "two lots that three rungs cannot divide all leave with the last": _of(
        ladder((1, 0.3), (2, 0.3), (3, 0.4)),
        f"{IN} | 101 105 100 105 l | 105 107 102 105 l",
        f"{ENTRY} | 3 target_1 106",
        account=_coarse(20.0),
    ),
    "a share that is a whole number of lots is not rounded away": _of(
        ladder((1, 0.29)),
        f"{IN} | 101 103 100 103 l",
        f"{ENTRY} | 2 target_1 102 x29",
        account=AccountParams(equity=20_000.0, lot=1.0, tick=0.25),
    ),
    "an open over two rungs fills both there": _of(
        ladder((1, 0.5), (2, 0.25)),
        f"{IN} | 105 106 104 105 l",
        f"{ENTRY} | 2 target_1 105 x25 | 2 target_2 105 x12",
    ),
    "an open over the first rung and a high through the second": _of(
        ladder((1, 0.5), (2, 0.25)),
        f"{IN} | 103 104.25 102 103 l",
        f"{ENTRY} | 2 target_1 103 x25 | 2 target_2 104 x12",
    ),
    "an open over the first rung comes before a stop in the bar": _of(
        HALF, f"{IN} | 103 104 97 98 l", f"{ENTRY} | 2 target_1 103 x25 | 2 stop 98 x25"
    ),
    "an open through the stop takes no target": _of(HALF, f"{IN} | 97 105 96 104 l", f"{ENTRY} | 2 stop 97"),
    "a rung on the entry bar": _of(
        HALF, "100 101 99 100 L | 100 102.25 99 102 l", f"{ENTRY} | 1 target_1 102 x25"
    ),
    "after the first rung a bar with stop and second rung counts as the stop": _of(
        ladder((1, 0.5), (2, 0.5)),
        f"{IN} | 101 103 100 103 l | 103 105 97 100 l",
        f"{ENTRY} | 2 target_1 102 x25 | 3 stop 98 x25",
    ),
}  # fmt: skip

AT_TARGET: Final = ladder((1, 0.5), breakeven=Breakeven.TARGET_1)
AT_R: Final = ladder(breakeven=Breakeven.R, breakeven_r=1.0)
BREAKEVEN: Final = {
    "at target 1 the rest is stopped at the entry": _of(
        AT_TARGET,
        f"{IN} | 101 102.25 100 102 l | 102 102 99.5 100 l",
        f"{ENTRY} | 2 target_1 102 x25 | 3 breakeven 100 x25",
        "0 98 | 2 100",
    ),
    "what target 1 sets does not act on its own bar": _of(
        AT_TARGET,
        f"{IN} | 101 102.25 98.5 101 l | 101 102 100.25 101 l",
        f"{ENTRY} | 2 target_1 102 x25",
        "0 98 | 2 100",
    ),
    "a gap through break-even fills at the open": _of(
        AT_TARGET,
        f"{IN} | 101 102.25 100 102 l | 99 100 98.5 99 l",
        f"{ENTRY} | 2 target_1 102 x25 | 3 breakeven 99 x25",
    ),
    "a close already below the entry leaves by the next open": _of(
        AT_TARGET,
        f"{IN} | 101 102.25 98.5 99 l | 99.5 101 99 100 l",
        f"{ENTRY} | 2 target_1 102 x25 | 3 breakeven 99.5 x25",
    ),
    "at 1 R of open profit, touched": _of(
        AT_R, f"{IN} | 101 102 100 101 l | 101 101 99.5 100 l", f"{ENTRY} | 3 breakeven 100", "0 98 | 2 100"
    ),
    "not at a hair less than 1 R": _of(
        AT_R, f"{IN} | 101 101.99 100 101 l | 101 101 99.5 100 l", ENTRY, "0 98"
    ),
    "at 1 R on the entry bar it acts from the next": _of(
        AT_R, "100 101 99 100 L | 100 102 99 101 l | 101 101 99 100 l", f"{ENTRY} | 2 breakeven 100", "0 98 | 1 100"
    ),
}  # fmt: skip


def _trail(kind: Trail, since: TrailFrom = TrailFrom.ENTRY, **parts: object) -> ExitParams:
    return ladder(trail=kind, trail_from=since, **{"trail_atr": 1.0, **parts})


LATER: Final = ladder((1, 0.5), trail=Trail.CHANDELIER, trail_from=TrailFrom.TARGET_1, trail_atr=1.0)
BOTH: Final = ladder(
    (1, 0.5), breakeven=Breakeven.TARGET_1, trail=Trail.CHANDELIER, trail_from=TrailFrom.TARGET_1, trail_atr=3.0
)
TRAILS: Final = {
    "atr follows closes": _of(
        _trail(Trail.ATR),
        f"{IN} | 100 103 99.5 102 l | 102 102 100.5 101 l",
        f"{ENTRY} | 3 trail 101",
        "0 98 | 1 99 | 2 101",
    ),
    "atr never loosens when closes fall": _of(
        _trail(Trail.ATR),
        f"{IN} | 100 102 99.5 102 l | 102 102.5 101.25 101.5 l | 101.5 102 100.5 101 l",
        f"{ENTRY} | 4 trail 101",
        "0 98 | 1 99 | 2 101",
    ),
    "chandelier hangs from the best price, the entry bar's included": _of(
        _trail(Trail.CHANDELIER),
        f"{IN} | 101 104 100.5 103 l | 103.5 103.5 102 102.5 l",
        f"{ENTRY} | 3 trail 103",
        "0 98 | 1 100 | 2 103",
    ),
    "chandelier never loosens when the ATR grows": Case(
        bars=f"{IN} | 101 103 101 102 l | 102 103 101.75 102 l | 102 103 101.25 102 l",
        fills=f"{ENTRY} | 4 trail 101.5",
        stops="0 98 | 1 99.5 | 2 101.5",
        atr=[1.0, 1.5, 1.5, 4.0, 4.0], parts={"exits": _trail(Trail.CHANDELIER)},
    ),
    "chandelier from target 1 waits for it": _of(
        LATER,
        f"{IN} | 101 101.75 100 101 l | 101 102.25 100.5 102 l | 102 102 101 101 l",
        f"{ENTRY} | 3 target_1 102 x25 | 4 trail 101.25 x25",
        "0 98 | 3 101.25",
    ),
    "chandelier from 1 R needs no target": _of(
        _trail(Trail.CHANDELIER, TrailFrom.R, trail_from_r=1.0),
        f"{IN} | 101 101.75 100 101 l | 101 102 101 102 l | 102 102 101 101 l",
        f"{ENTRY} | 4 trail 101",
        "0 98 | 3 101",
    ),
    "swing lies a quarter ATR behind the last confirmed swing": Case(
        bars=f"{IN} | 100 102 99.5 101 l | 101 102 98.5 99 l",
        fills=f"{ENTRY} | 3 trail 98.75", stops="0 98 | 2 98.75", reads={"swing": {2: 99.0}},
        parts={"exits": _trail(Trail.SWING)},
    ),
    "swing never loosens, and says nothing while there is none": Case(
        bars=f"{IN} | 100 102 99.5 101 l | 101 102 99.5 101 l | 101 101 98.5 99 l",
        fills=f"{ENTRY} | 4 trail 98.75", stops="0 98 | 2 98.75", reads={"swing": {2: 99.0, 3: 98.75}},
        parts={"exits": _trail(Trail.SWING)},
    ),
    "break-even and a trail at one close: break-even lies further": _of(
        BOTH,
        f"{IN} | 101 102.25 100 102 l | 102 102 99.5 100 l",
        f"{ENTRY} | 2 target_1 102 x25 | 3 breakeven 100 x25",
        "0 98 | 2 100",
    ),
    "break-even and a trail at one close: the trail lies further": _of(
        BOTH,
        f"{IN} | 101 104 100 103 l | 103 103 100.5 101 l",
        f"{ENTRY} | 2 target_1 102 x25 | 3 trail 101 x25",
        "0 98 | 2 101",
    ),
    "a trail beyond the close fills at the next open": _of(
        _trail(Trail.CHANDELIER),
        f"{IN} | 101 105 100.5 101 l | 101.5 103 101 102 l",
        f"{ENTRY} | 3 trail 101.5",
    ),
    "a gap through the trail fills at the open": _of(
        _trail(Trail.ATR), f"{IN} | 100 103 99.5 102 l | 96 97 95 96 l", f"{ENTRY} | 3 trail 96"
    ),
}  # fmt: skip


def _spike(since: VolumeSpike, **parts: object) -> ExitParams:
    return ladder((1, 0.5), volume_spike=since, **parts)


DOWN: Final = "101 101 99.25 100 l"
SPIKES: Final = {
    "a spike against the position brings the stop to the close": Case(
        bars=f"{IN} | {DOWN} | 100 100 98.25 99 l", fills=f"{ENTRY} | 3 volume_spike 98.5", stops="0 98 | 2 98.5",
        reads={"volume_z": {2: 2.6}}, parts={"exits": _spike(VolumeSpike.ENTRY)},
    ),
    "volume at the threshold is no spike": Case(
        bars=f"{IN} | {DOWN} | 100 100 98.25 99 l", fills=ENTRY,
        reads={"volume_z": {2: 2.5}}, parts={"exits": _spike(VolumeSpike.ENTRY)},
    ),
    "a spike with the position does nothing": Case(
        bars=f"{IN} | 100 101 99.25 101 l | 100 100 98.25 99 l", fills=ENTRY,
        reads={"volume_z": {2: 9.0}}, parts={"exits": _spike(VolumeSpike.ENTRY)},
    ),
    "before target 1 a spike can be ignored": Case(
        bars=f"{IN} | {DOWN} | 100 100 98.25 99 l", fills=ENTRY,
        reads={"volume_z": {2: 9.0}}, parts={"exits": _spike(VolumeSpike.TARGET_1)},
    ),
    "after target 1 it is not": Case(
        bars=f"{IN} | 101 102.25 101 102 l | {DOWN} | 100 100 98.25 99 l",
        fills=f"{ENTRY} | 2 target_1 102 x25 | 4 volume_spike 98.5 x25",
        reads={"volume_z": {3: 9.0}}, parts={"exits": _spike(VolumeSpike.TARGET_1)},
    ),
    "a spike never loosens": Case(
        bars=f"{IN} | {DOWN} | 100 100 97.75 99 l", fills=f"{ENTRY} | 3 stop 98", stops="0 98",
        reads={"volume_z": {2: 9.0}}, parts={"exits": _spike(VolumeSpike.ENTRY, spike_atr=5.0)},
    ),
}  # fmt: skip

FIVE: Final = " | ".join(["100 100.75 99.5 100 l"] * 5)
STALE: Final = ladder(stale_bars=2, stale_r=0.5)
TIME: Final = {
    "a position is closed after so many bars": _of(
        ladder(max_bars=3), f"{IN} | {FIVE}", f"{ENTRY} | 4 time_out 100"
    ),
    "one bar is enough": _of(ladder(max_bars=1), f"{IN} | 101 102 99 100 l", f"{ENTRY} | 2 time_out 101"),
    "a time-out fills at an open beyond the stop, and is no stop": _of(
        ladder(max_bars=1), f"{IN} | 90 91 89 90 l", f"{ENTRY} | 2 time_out 90"
    ),
    "a time-out fills at an open beyond the target, and is no target": _of(
        ladder((1, 1.0), max_bars=1), f"{IN} | 110 111 109 110 l", f"{ENTRY} | 2 time_out 110"
    ),
    "a stop on the last bar comes before the time-out": _of(
        ladder(max_bars=2), f"{IN} | 100 100 97 98 l | {FIVE}", f"{ENTRY} | 2 stop 98"
    ),
    "an opposite signal at the close of a time-out is named": _of(
        ladder(max_bars=2), f"{IN} | 100 101 99 100 S | 101 102 100 101 s", f"{ENTRY} | 3 opposite 101"
    ),
    "what has not moved in time is closed": _of(
        STALE, f"100 101 99 100 L | {FIVE}", f"{ENTRY} | 3 stale 100"
    ),
    "what has moved enough is not stale": _of(
        STALE, f"100 101 99 100 L | 100 101 99.5 100 l | {FIVE}", ENTRY
    ),
    "what moves too late is stale": _of(
        STALE, f"100 101 99 100 L | {QUIET_BAR} | {QUIET_BAR} | 100 103 99 100 l", f"{ENTRY} | 3 stale 100"
    ),
    "the end of the state can close": _of(
        ladder(on_signal_off=OnSignalOff.CLOSE), f"{IN} | 100 101 99 100 . | 101 101 99 100 .",
        f"{ENTRY} | 3 signal_off 101",
    ),
    "the end of the state can tighten the stop to an ATR from the close": _of(
        ladder(on_signal_off=OnSignalOff.TIGHTEN),
        f"{IN} | 100 101 99.5 100.5 . | 100 101 99.25 100 .",
        f"{ENTRY} | 3 tightened 99.5",
        "0 98 | 2 99.5",
    ),
    "tightening never loosens": _of(
        ladder(on_signal_off=OnSignalOff.TIGHTEN),
        f"{IN} | 100 101 98.5 98.75 . | 99 100 97.5 98 .",
        f"{ENTRY} | 3 stop 98",
        "0 98",
    ),
    "a state that ends flat leaves nothing to close": _of(
        ladder(on_signal_off=OnSignalOff.CLOSE), f"{IN} | 100 101 97 98 . | 98 99 97 98 .", f"{ENTRY} | 2 stop 98"
    ),
}  # fmt: skip

CASES: Final = LADDER | BREAKEVEN | TRAILS | SPIKES | TIME


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", CASES)
def test_the_rule_holds(name: str, side: str) -> None:
    check(CASES[name], side)


@pytest.mark.parametrize(
    ("side", "stop"),
    [("long", 104.0 - 3.25), ("short", 96.0 + 3.0)],
)
def test_a_trail_of_a_percentage_hangs_from_the_best_price(side: str, stop: float) -> None:
    exits = _trail(Trail.PERCENT, trail_pct=0.03125)
    bars = f"{IN} | 101 104 100 103 l | 103 103 100.25 101 l"
    assert play(_of(exits, bars, ""), side).fills == f"1 entry 100 | 3 trail {stop:g}"


@pytest.mark.parametrize("side", SIDES)
def test_break_even_covers_the_round_trip(side: str) -> None:
    costs = CostParams(taker_bps=10.0, maker_bps=4.0, entry_bps=20.0, stop_bps=50.0)
    case = _of(AT_R, f"{IN} | 101 102.5 100.5 102.5 l | 102.5 102.5 99 99 l", "", costs=costs)
    row = play(case, side).closed[0]
    assert row["reason"] == 7
    assert abs(row["r_net"]) < 0.003  # what a product of two costs makes
    assert row["fee"] + row["slippage"] > 40.0


@pytest.mark.parametrize("side", SIDES)
def test_break_even_covers_slippage_that_is_a_share_of_the_range(side: str) -> None:
    costs = CostParams(taker_bps=10.0, slippage=Slippage.RANGE, range_share=0.1, entry_bps=0.0, stop_bps=0.0)
    case = _of(AT_R, f"{IN} | 101 102.5 100.5 102.5 l | 101.5 101.5 100.5 100.5 l | 101 101 100 100 l", "", costs=costs)
    row = play(case, side).closed[0]  # the last bars' range is one ATR
    assert row["reason"] == 7
    assert abs(row["r_net"]) < 0.003
    assert row["slippage"] == pytest.approx(50 * (0.2 + 0.1))
