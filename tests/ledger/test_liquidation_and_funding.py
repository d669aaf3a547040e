"""What the venue does to a position: liquidation of an isolated margin, and funding.

At leverage 50 a long from 100 is liquidated at 98.5 (2 % margin less 0.5 % maintenance) and bankrupt at 98.
"""

from typing import Any, Final

import pytest
from tests.ledger import table as t
from tests.ledger.hands import ASK, ENTRY, IN, SIDES, Case, check, ladder, play

from bullmachine.core.time import HOUR
from bullmachine.trading.params import AccountParams, CostParams, FillParams, Intrabar, Market

HIGH: Final = AccountParams(equity=10_000.0, leverage=50.0, lot=1.0, tick=0.25)
OPTIMISTIC: Final = FillParams(intrabar=Intrabar.OPTIMISTIC)


def _case(bar: str, expected: str, **more: Any) -> Case:
    atr = more.pop("atr", 2.0)
    return Case(
        bars=f"{ASK} | 100 101 99.25 100 l | {bar}",
        fills=expected,
        atr=atr,
        parts={"account": HIGH, "exits": ladder((1, 1.0)), **more},
    )


CASES: Final = {
    "touched inside the bar": _case("100 101 98.5 99 l", f"{ENTRY} | 2 liquidation 98.5"),
    "missed by a hair": _case("100 101 98.51 99 l", ENTRY),
    "on the entry bar": Case(
        bars="100 101 99 100 L | 100 101 98 99 l", fills=f"{ENTRY} | 1 liquidation 98.5", atr=2.0,
        parts={"account": HIGH, "exits": ladder()},
    ),
    "an open beyond it closes there": _case("98.25 101 98 99 l", f"{ENTRY} | 2 liquidation 98.25"),
    "an open right at it closes there": _case("98.5 101 98 99 l", f"{ENTRY} | 2 liquidation 98.5"),
    "an open beyond the bankruptcy loses the margin and no more": _case(
        "90 101 89 99 l", f"{ENTRY} | 2 liquidation 98"
    ),
    "a nearer stop acts first": _case("100 101 98 99 l", f"{ENTRY} | 2 stop 99", atr=0.5),
    "an open between the stop and it is the stop": _case("98.75 101 98 99 l", f"{ENTRY} | 2 stop 98.75", atr=0.5),
    "an open beyond both is a liquidation": _case("98.4 101 98 99 l", f"{ENTRY} | 2 liquidation 98.4", atr=0.5),
    "liquidation and target in one bar count as liquidation": _case(
        "100 105 98 104 l", f"{ENTRY} | 2 liquidation 98.5"
    ),
    "liquidation and target in one bar, seen kindly": _case(
        "100 105 98 104 l", f"{ENTRY} | 2 target_1 104", fills=OPTIMISTIC
    ),
    "a pending exit comes before it": Case(
        bars=f"{IN} | 100 101 99 100 S | 98 99 97 98 s", fills=f"{ENTRY} | 3 opposite 98", atr=2.0,
        parts={"account": HIGH},
    ),
    "what target 1 left is liquidated": Case(
        bars=f"{IN} | 101 105 100 104 l | 104 104 98 99 l",
        fills=f"{ENTRY} | 2 target_1 104 x12 | 3 liquidation 98.5 x13", atr=2.0,
        parts={"account": HIGH, "exits": ladder((1, 0.5))},
    ),
}  # fmt: skip


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", CASES)
def test_the_rule_holds(name: str, side: str) -> None:
    check(CASES[name], side)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("bar", ["100 101 98.5 99 l", "98.25 101 98 99 l", "70 101 69 99 l"])
def test_a_liquidation_loses_at_most_the_margin_and_the_fee(bar: str, side: str) -> None:
    costs = CostParams(taker_bps=10.0, entry_bps=0.0, stop_bps=500.0, funding_bps=0.0)
    played = play(_case(bar, "", costs=costs), side)
    row = played.closed[0]
    assert row["reason"] == 15
    assert row["pnl"] == pytest.approx(-25 * 100.0 / 50.0)  # 25 units, slippage eats what maintenance had left
    assert played.marks["equity"][-1] == pytest.approx(10_000.0 - 50.0 - row["fee"])


def test_spot_is_never_liquidated() -> None:
    account = AccountParams(equity=10_000.0, market=Market.SPOT, leverage=50.0, lot=1.0, tick=0.25)
    check(Case(bars=f"{IN} | 1 2 0.5 1 l", fills=f"{ENTRY} | 2 stop 1", parts={"account": account}))
    check(Case(bars=f"{IN} | 100 101 98.5 99 l", fills=ENTRY, atr=2.0, parts={"account": account}))


@pytest.mark.parametrize("side", SIDES)
def test_without_leverage_a_perpetual_is_liquidated_only_where_all_is_lost(side: str) -> None:
    account = AccountParams(equity=10_000.0, leverage=1.0, lot=0.125, tick=0.25)
    case = Case(bars=f"{IN} | 100 101 80 81 l | 81 81 0.5 1 l", atr=60.0, parts={"account": account})
    assert play(case, side).closed["exit_price"].tolist() == [0.5 if side == "long" else 199.5]


LATER: Final = f"{IN} | 102 103 101 102 l | 103 104 102 103 l | 100 101 99 100 l"


def _paid(case: Case, side: str) -> tuple[list[float], list[int]]:
    """What funding took, and the bars at whose open it did."""
    played = play(case, side)
    rows = played.legs[played.legs["reason"] == 16]
    assert (rows["qty"] == 0.0).all()
    assert (rows["pnl"] == 0.0).all()
    assert played.marks["equity"][-1] == pytest.approx(
        10_000.0 + played.legs["pnl"].sum() - rows["funding"].sum() + _open_profit(played)
    )
    return rows["funding"].tolist(), (rows["time"] // HOUR).tolist()


def _open_profit(played: t.Played) -> float:
    entry = played.legs[played.legs["reason"] == 0]
    closed = played.legs[(played.legs["reason"] != 0) & (played.legs["qty"] > 0)]
    held = played.holdings[-1]
    assert len(closed) == 0 or held in (0.0, entry["side"][0] * (entry["qty"][0] - closed["qty"].sum()))
    return float(held * (played.bars["close"][-1] - entry["price"][0]))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("rates", "paid", "at"),
    [
        ([0.0, 0.001, 0.0, 0.0, 0.0], [], []),  # the bar of the entry
        ([0.0, 0.0, 0.001, 0.0, 0.0], [5.0], [2]),  # 50 units at the close of bar 1
        ([0.0, 0.0, 0.0, 0.001, 0.0], [5.1], [3]),  # at the close of bar 2, not at the open of bar 3
        ([0.0, 0.0, -0.002, 0.001, 0.0], [-10.0, 5.1], [2, 3]),
        ([0.001, 0.0, 0.0, 0.0, 0.0], [], []),  # before there is a position
    ],
)
def test_longs_pay_and_shorts_receive_at_the_previous_close(
    rates: list[float], paid: list[float], at: list[int], side: str
) -> None:
    sign = 1.0 if side == "long" else -1.0
    case = Case(bars=LATER, funding=rates, parts={"exits": ladder()})
    if side == "short":  # the close of bar 2 is 98 there
        paid = [p * 98.0 / 102.0 if bar == 3 else p for p, bar in zip(paid, at, strict=True)]
    taken, bars = _paid(case, side)
    assert taken == pytest.approx([sign * p for p in paid])
    assert bars == at


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    "bars",
    [
        f"{IN} | 100 101 99 100 S | 101 102 100 101 s",
        f"{IN} | 100 101 99 100 l | 95 96 94 95 l",
        f"{IN} | 100 101 99 100 l | 110 111 109 110 l",
    ],
    ids=["exit at the open", "gap through the stop", "gap over the target"],
)
def test_funding_due_at_an_open_comes_before_the_exit_there(bars: str, side: str) -> None:
    case = Case(bars=bars, funding=[0.0, 0.0, 0.0, 0.001], parts={"exits": ladder((2, 1.0))})
    paid, at = _paid(case, side)
    assert (paid, at) == ([5.0 if side == "long" else -5.0], [3])
    row = play(case, side).closed[0]
    assert row["funding"] == paid[0]
    assert row["r_net"] == pytest.approx((row["pnl"] - paid[0]) / 100.0)


@pytest.mark.parametrize("side", SIDES)
def test_funding_is_due_on_what_target_1_left(side: str) -> None:
    case = Case(
        bars=f"{IN} | 101 102.25 100 101 l | 100 101 99 100 l",
        funding=[0.0, 0.0, 0.0, 0.001],
        parts={"exits": ladder((1, 0.5))},
    )
    paid, _ = _paid(case, side)
    assert paid == pytest.approx([25 * 101.0 * 0.001 if side == "long" else -25 * 99.0 * 0.001])


def test_spot_pays_no_funding() -> None:
    account = AccountParams(equity=10_000.0, market=Market.SPOT, lot=1.0, tick=0.25)
    case = Case(bars=LATER, funding=[0.01] * 5, parts={"account": account, "exits": ladder()})
    assert _paid(case, "long") == ([], [])


@pytest.mark.parametrize("side", SIDES)
def test_a_flip_pays_on_the_old_position_only(side: str) -> None:
    from_flip = t.exits(on_opposite=2)
    case = Case(
        bars=f"{ASK} | 100 101 99 100 S | 100 101 99 100 s | 100 101 99 100 s",
        funding=[0.0, 0.0, 0.001, 0.0],
        parts={"exits": from_flip},
    )
    assert _paid_only(case, side) == [5.0 if side == "long" else -5.0]


def _paid_only(case: Case, side: str) -> list[float]:
    legs = play(case, side).legs
    rows = legs[legs["reason"] == 16]
    assert (rows["position_id"] == 1).all()
    paid: list[float] = rows["funding"].tolist()
    return paid


HOURS: Final = " | ".join(["100 101 99.5 100 l"] * 17)  # bars 1 to 17, bar k opening at k:00


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("hours", "bps", "paid", "at"),
    [
        (8, 1.0, [0.5, 0.5], [8, 16]),
        (8, -2.0, [-1.0, -1.0], [8, 16]),
        (4, 1.0, [0.25] * 4, [4, 8, 12, 16]),
        (1, 1.0, [0.0625] * 16, [*range(2, 18)]),
        (8, 0.0, [], []),
    ],
)
def test_where_no_table_says_funding_is_assumed_on_the_grid_of_the_day(
    hours: int, bps: float, paid: list[float], at: list[int], side: str
) -> None:
    costs = CostParams(taker_bps=0.0, maker_bps=0.0, entry_bps=0.0, stop_bps=0.0, funding_bps=bps, funding_hours=hours)
    case = Case(bars=f"{ASK} | {HOURS}", parts={"exits": ladder(), "costs": costs})
    taken, bars = _paid(case, side)
    assert taken == pytest.approx([p if side == "long" else -p for p in paid])
    assert bars == at


def test_assumed_funding_is_not_due_on_the_bar_of_the_entry_and_is_due_on_that_of_the_exit() -> None:
    costs = CostParams(taker_bps=0.0, maker_bps=0.0, entry_bps=0.0, stop_bps=0.0)
    late = " | ".join(["100 101 99.5 100 ."] * 7 + ["100 101 99.5 100 L"] + ["100 101 99.5 100 l"] * 12)
    case = Case(bars=late, parts={"exits": ladder(max_bars=8), "costs": costs})
    assert play(case).fills == "8 entry 100 | 16 time_out 100"
    assert _paid(case, "long") == ([0.5], [16])


def test_a_table_that_says_nothing_is_due_is_believed() -> None:
    costs = CostParams(taker_bps=0.0, maker_bps=0.0, entry_bps=0.0, stop_bps=0.0, funding_bps=50.0)
    case = Case(bars=f"{ASK} | {HOURS}", funding=[0.0] * 18, parts={"exits": ladder(), "costs": costs})
    assert _paid(case, "long") == ([], [])


def test_settlements_missed_in_a_hole_are_all_due_at_its_end() -> None:
    costs = CostParams(taker_bps=0.0, maker_bps=0.0, entry_bps=0.0, stop_bps=0.0)
    bars, readings = t.market(f"{ASK} | 100 101 99.5 100 l | 100 101 99.5 100 l")
    bars["ts"][2], bars["known"][2] = 24 * HOUR, 25 * HOUR  # 08:00, 16:00 and midnight
    played = t.play(bars, readings, t.settings(costs=costs))
    assert played.legs["funding"][played.legs["reason"] == 16].tolist() == pytest.approx([1.5])
