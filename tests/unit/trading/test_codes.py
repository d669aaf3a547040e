"""Codes and bounds that outlive a run: they stand in stored bytes, masks and settings files."""

import enum

import pytest

from bullmachine.core.errors import ConfigError
from bullmachine.core.record import dtype_of
from bullmachine.trading import guards
from bullmachine.trading.codes import FillReason, OrderKind, OrderState
from bullmachine.trading.exit_params import ExitParams, OnOpposite, TargetAt, TargetParams
from bullmachine.trading.guards import Guard
from bullmachine.trading.params import AccountParams, CostParams, GuardParams, RiskParams, Side, TradeParams
from bullmachine.trading.rows import (
    LEG_SLOTS,
    LEGS_PER_BAR,
    NOTE_SLOTS,
    NOTES_PER_BAR,
    Closed,
    Decision,
    Leg,
    Mark,
    Note,
)

#: names in the order of their numbers, which begin at 0
NUMBERED = {
    Guard: "WARMUP BAD_DATA SIDE MACRO_VETO VOLATILITY ATR_THROTTLE HTF_OPPOSED WYCKOFF_OPPOSED BOTH_SIDES "
    "AGAINST_FRESH_SHIFT NO_ROOM MTF_UNALIGNED NO_LEVEL COST_TOO_HIGH STOP_TOO_FAR POSITION_OPEN LOSS_STREAK COOLDOWN "
    "MAX_DAILY_LOSS MAX_DRAWDOWN SESSION MAX_POSITIONS MAX_OPEN_RISK MARGIN MIN_NOTIONAL",
    FillReason: "ENTRY STOP TARGET_1 TARGET_2 TARGET_3 OPPOSITE END_OF_DATA BREAKEVEN TRAIL TIGHTENED VOLUME_SPIKE "
    "TIME_OUT STALE SIGNAL_OFF SIGNAL LIQUIDATION FUNDING MACRO",
    OrderKind: "MARKET LIMIT EXIT STOP TARGET_1 TARGET_2 TARGET_3",
    OrderState: "PLACED MOVED EXPIRED BEYOND_STOP TARGET_FIRST GAP TOO_SMALL REPLACED END_OF_DATA MACRO",
    OnOpposite: "CLOSE IGNORE FLIP",
}


@pytest.mark.parametrize("codes", NUMBERED)
def test_codes_keep_their_numbers(codes: type[enum.IntEnum]) -> None:
    assert [c.name for c in codes] == NUMBERED[codes].split()
    assert [int(c) for c in codes] == list(range(len(codes)))


def test_sides_are_signs() -> None:
    assert {s.name: int(s) for s in Side} == {"BOTH": 0, "LONG": 1, "SHORT": -1}


@pytest.mark.parametrize("mask", [*range(64), *(1 << g for g in Guard), (1 << len(Guard)) - 1, 0b1010_1010_1010_1010])
def test_every_mask_has_its_names_in_order(mask: int) -> None:
    names = guards.names(mask)
    assert sum(1 << Guard[name.upper()] for name in names) == mask
    assert names == sorted(names, key=lambda name: Guard[name.upper()])


def test_names_of_codes_are_settings() -> None:
    assert TradeParams(side="short").side is Side.SHORT  # type: ignore[arg-type]
    assert ExitParams(on_opposite="ignore").on_opposite is OnOpposite.IGNORE  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: RiskParams(per_trade=0.21), "per_trade = 0.21 is above 0.2"),
        (lambda: RiskParams(per_trade=0.0), "per_trade = 0.0 is below 0.0001"),
        (lambda: AccountParams(leverage=0.5), "leverage = 0.5 is below 1.0"),
        (lambda: AccountParams(lot=-1.0), "lot = -1.0 is below 0.0"),
        (lambda: AccountParams(leverage=20.0, maintenance=0.05), "maintenance = 0.05 at leverage = 20.0 liquidates"),
        (lambda: RiskParams(least=0.02), "least = 0.02 is above most = 0.015"),
        (lambda: GuardParams(weekdays=21), "weekdays = 21 must be rising digits"),
        (lambda: GuardParams(weekdays=18), "weekdays = 18 must be rising digits"),
        (lambda: ExitParams(target_2=TargetParams(at=TargetAt.R, size=0.51)), "the targets close 1.01 of the position"),
        (lambda: ExitParams(stop_atr=float("nan")), "stop_atr is not a number"),
        (lambda: CostParams(taker_bps=-1.0), "taker_bps = -1.0 is below 0.0"),
        (lambda: TradeParams(side="up"), "side = 'up' is none of both, long, short"),  # type: ignore[arg-type]
    ],
)
def test_a_parameter_out_of_its_bounds_is_refused(make: object, says: str) -> None:
    assert callable(make)
    with pytest.raises(ConfigError, match=says):
        make()


@pytest.mark.parametrize("record", [Closed, Decision, Leg, Mark, Note])
def test_a_stored_row_is_fields_of_eight_bytes(record: type) -> None:
    dtype = dtype_of(record)
    assert dtype.itemsize % 8 == 0
    sizes = [dtype[name].base.itemsize for name in dtype.names or () if dtype[name].base.names is None]
    assert set(sizes) == {8}


def test_a_ledger_has_room_for_more_than_one_bar() -> None:
    assert LEGS_PER_BAR == 1 + 1 + 1 + 3 + 1  # funding, exit and entry at the open, three targets, the rest at a stop
    assert LEG_SLOTS >= 2 * LEGS_PER_BAR
    assert NOTE_SLOTS >= 2 * NOTES_PER_BAR
