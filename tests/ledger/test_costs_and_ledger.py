"""Fees and slippage always cost, and every number of a position and of the account follows from its fills."""

from typing import Final

import pytest
from tests.ledger import table as t

from bullmachine.trading.codes import FillReason
from bullmachine.trading.exit_params import Breakeven, OnOpposite, OnSignalOff
from bullmachine.trading.params import CostParams
from bullmachine.trading.rows import LEG_SLOTS, LEGS_PER_BAR

COSTS: Final = CostParams(taker_bps=10.0, maker_bps=4.0, entry_bps=20.0, stop_bps=50.0)
IN: Final = "100 101 99 100 L | 100 101 99 100 l"
OUT: Final = "1 entry 100.2"  # 50 bought at 100 and 20 basis points; stop 98.2, target 104.2

FLIP: Final = "| 100 101 99 100 S | 101 101 99 100 s"

#: market, fills, and per leg: fee (of the filled notional), slippage
LONG: Final = {
    "stop": (f"{IN} | 100 100 98 98 l", f"{OUT} | 2 stop 97.709", [5.01, 4.88545], [10.0, 24.55]),
    "stop across a gap": (f"{IN} | 95 96 94 95 l", f"{OUT} | 2 stop 94.525", [5.01, 4.72625], [10.0, 23.75]),
    "target": (f"{IN} | 101 105 100 104 l", f"{OUT} | 2 target_1 104.2", [5.01, 2.084], [10.0, 0.0]),
    "opposite": (f"{IN} {FLIP}", f"{OUT} | 3 opposite 100.798", [5.01, 5.0399], [10, 10.1]),
    "end of data": (f"{IN} | 100 101 99 100 l", f"{OUT} | 2 end_of_data 99.8", [5.01, 4.99], [10.0, 10.0]),
}  # fmt: skip
#: the same bars upside down: 50 sold at 99.8, stop 101.8, target 95.8
SHORT: Final = {
    "stop": ("1 entry 99.8 | 2 stop 102.309", [4.99, 5.11545], [10.0, 25.45]),
    "stop across a gap": ("1 entry 99.8 | 2 stop 105.525", [4.99, 5.27625], [10.0, 26.25]),
    "target": ("1 entry 99.8 | 2 target_1 95.8", [4.99, 1.916], [10.0, 0.0]),
    "opposite": ("1 entry 99.8 | 3 opposite 99.198", [4.99, 4.9599], [10.0, 9.9]),
    "end of data": ("1 entry 99.8 | 2 end_of_data 100.2", [4.99, 5.01], [10.0, 10.0]),
}


@pytest.mark.parametrize("how", LONG)
def test_costs_are_against_a_long(how: str) -> None:
    bars, fills, fees, slippage = LONG[how]
    _check(t.play(*t.market(bars), t.settings(costs=COSTS), ends=True), fills, fees, slippage)


@pytest.mark.parametrize("how", SHORT)
def test_costs_are_against_a_short(how: str) -> None:
    fills, fees, slippage = SHORT[how]
    _check(t.play(*t.market(LONG[how][0], mirror=True), t.settings(costs=COSTS), ends=True), fills, fees, slippage)


def _check(played: t.Played, fills: str, fees: list[float], slippage: list[float]) -> None:
    assert played.fills == fills
    assert played.legs["fee"].tolist() == pytest.approx(fees)
    assert played.legs["slippage"].tolist() == pytest.approx(slippage)
    row, legs = played.closed[0], played.legs
    assert row["fee"] == pytest.approx(sum(fees))
    assert row["slippage"] == pytest.approx(sum(slippage))
    assert row["pnl"] == pytest.approx(row["side"] * row["qty"] * (legs["price"][1] - legs["price"][0]))
    assert played.marks["equity"][-1] - 10_000.0 == pytest.approx(row["pnl"] - row["fee"])


def test_r_gross_less_r_cost_is_r_net() -> None:
    row = t.play(*t.market(LONG["stop"][0]), t.settings(costs=COSTS)).closed[0]
    assert row["stop"] == pytest.approx(98.2)
    assert row["r_gross"] == pytest.approx((97.709 - 100.2) / 2 + (0.2 + 0.491) / 2)  # raw 98.2 against raw 100
    assert row["r_cost"] == pytest.approx((5.01 + 4.88545 + 10.0 + 24.55) / 100.0)
    assert row["r_net"] == pytest.approx(row["r_gross"] - row["r_cost"])


def test_a_rebate_is_a_negative_fee() -> None:
    costs = CostParams(taker_bps=10.0, maker_bps=-4.0, entry_bps=0.0, stop_bps=0.0)
    played = t.play(*t.market(f"{IN} | 101 105 100 104 l"), t.settings(costs=costs))
    assert played.legs["fee"].tolist() == pytest.approx([5.0, -2.08])


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize(
    ("bars", "best", "worst", "held"),
    [
        (f"{IN} | 100 103 98.5 100 l | 100 101 99 100 S | 101 150 50 100 s", 1.5, -0.75, 4 - 1),
        (f"{IN} | 100 103 97 98 l", 0.5, -1.0, 2),
        (f"{IN} | 101 105 98.5 104 l", 2.0, -0.5, 2),
        (f"{IN} | 95 110 94 95 l", 0.5, -2.5, 2),
        ("100 101 99 100 L | 100 101 97 98 l", 0.0, -1.0, 1),
    ],
    ids=["opposite", "stop", "target", "gap", "entry bar"],
)
def test_the_best_and_worst_price_count_whole_bars_but_only_the_fill_of_the_last(
    bars: str, best: float, worst: float, held: int, side: str
) -> None:
    row = t.play(*t.market(bars, mirror=side == "short")).closed[0]
    assert (row["mfe_r"], row["mae_r"], row["bars"]) == (best, worst, held)


def test_the_account_is_marked_at_every_close() -> None:
    played = t.play(*t.market(f"{IN} | 100 102 99 101 l | 101 101 97 98 . | 98 99 97 98 ."))
    marks = played.marks
    assert played.holdings.tolist() == [0.0, 50.0, 50.0, 0.0, 0.0]
    assert marks["cash"].tolist() == [10_000.0, 5_000.0, 5_000.0, 9_900.0, 9_900.0]
    assert marks["equity"].tolist() == [10_000.0, 10_000.0, 10_050.0, 9_900.0, 9_900.0]
    assert marks["drawdown"].tolist() == pytest.approx([0.0, 0.0, 0.0, 9_900 / 10_050 - 1, 9_900 / 10_050 - 1])


def test_positions_are_numbered_from_one() -> None:
    played = t.play(*t.market(f"{IN} | 100 100 97 98 S | 98 99 97 98 s | 98 101 97 98 s"))
    assert played.legs["position_id"].tolist() == [1, 1, 2, 2]
    assert played.closed["id"].tolist() == [1, 2]


def test_a_full_ledger_stops_the_kernel_before_a_bar() -> None:
    pair = "100 101 97 100 L | 100 101 97 100 ."  # enters and is stopped on the next bar, again and again
    stage = t.Stage(t.settings(), *t.market(" | ".join([pair] * 400)))
    taken, legs = stage.run(), int(stage.ledger[0].n_legs)
    assert LEG_SLOTS - LEGS_PER_BAR < legs <= LEG_SLOTS
    assert taken == legs  # two legs on every second bar


@pytest.mark.parametrize("side", ["long", "short"])
def test_a_stop_at_break_even_leaves_nothing(side: str) -> None:
    p = t.settings(costs=COSTS, exits=t.exits(breakeven=Breakeven.R, breakeven_r=1.0))
    bars = f"{IN} | 101 103.5 101 103 l | 103 103 99.5 100 l"
    row = t.play(*t.market(bars, mirror=side == "short"), p).closed[0]
    assert FillReason(int(row["reason"])).name == "BREAKEVEN"
    assert abs(row["pnl"] - row["fee"]) < 1e-9 * row["qty"] * row["entry_price"]


@pytest.mark.parametrize("side", ["long", "short"])
def test_a_flip_ends_the_old_state_too(side: str) -> None:
    exits = t.exits(on_opposite=OnOpposite.IGNORE, on_signal_off=OnSignalOff.CLOSE)
    bars = f"{IN} | 100 101 99 100 S | 101 101 99 100 s"
    fills = t.play(*t.market(bars, mirror=side == "short"), t.settings(exits=exits)).fills
    told = "1 entry 100 | 3 signal_off 101"
    assert fills == (told if side == "long" else t.mirrored_fills(told))
