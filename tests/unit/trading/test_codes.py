"""Codes and bounds that outlive a run: they stand in stored bytes, masks and settings files."""

import pytest

from bullmachine.core.errors import ConfigError
from bullmachine.core.record import dtype_of
from bullmachine.trading import guards
from bullmachine.trading.fills import FillReason
from bullmachine.trading.guards import Guard
from bullmachine.trading.params import AccountParams, CostParams, ExitParams, OnOpposite, RiskParams, Side, TradeParams
from bullmachine.trading.records import LEG_SLOTS, LEGS_PER_BAR, Closed, Decision, Leg, Mark


def test_codes_keep_their_numbers() -> None:
    assert [g.name for g in Guard] == ["WARMUP", "BAD_DATA", "SIDE", "POSITION_OPEN", "MIN_NOTIONAL"]
    assert [int(g) for g in Guard] == [0, 1, 2, 3, 4]
    assert [r.name for r in FillReason] == ["ENTRY", "STOP", "TARGET", "OPPOSITE", "END_OF_DATA"]
    assert [int(r) for r in FillReason] == [0, 1, 2, 3, 4]
    assert {s.name: int(s) for s in Side} == {"BOTH": 0, "LONG": 1, "SHORT": -1}
    assert {o.name: int(o) for o in OnOpposite} == {"CLOSE": 0, "IGNORE": 1}


@pytest.mark.parametrize("mask", range(1 << len(Guard)))
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
        (lambda: AccountParams(lot=0.0), "lot = 0.0 is below 1e-12"),
        (lambda: ExitParams(stop_atr=float("nan")), "stop_atr is not a number"),
        (lambda: CostParams(taker_bps=-1.0), "taker_bps = -1.0 is below 0.0"),
        (lambda: TradeParams(side="up"), "side = 'up' is none of both, long, short"),  # type: ignore[arg-type]
    ],
)
def test_a_parameter_out_of_its_bounds_is_refused(make: object, says: str) -> None:
    assert callable(make)
    with pytest.raises(ConfigError, match=says):
        make()


@pytest.mark.parametrize("record", [Closed, Decision, Leg, Mark])
def test_a_stored_row_is_fields_of_eight_bytes(record: type) -> None:
    dtype = dtype_of(record)
    assert dtype.itemsize % 8 == 0
    sizes = [dtype[name].base.itemsize for name in dtype.names or () if dtype[name].base.names is None]
    assert set(sizes) == {8}


def test_a_ledger_has_room_for_more_than_one_bar() -> None:
    assert LEGS_PER_BAR >= 3  # an exit at the open, an entry at the open, a stop or a target inside
    assert LEG_SLOTS >= 2 * LEGS_PER_BAR
