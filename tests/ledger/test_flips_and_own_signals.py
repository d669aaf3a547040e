"""Flips at one open, signals of one's own, and how large an order is."""

from typing import Any, Final

import numpy as np
import pytest
from tests.ledger import table as t
from tests.ledger.hands import ASK, ENTRY, IN, SIDES, Case, blocked, check, ladder, play

from bullmachine.core.record import to_array
from bullmachine.fusion.params import FusionParams, Mix
from bullmachine.trading.codes import FillReason
from bullmachine.trading.exit_params import ExitParams, OnOpposite, OnSignalOff, StopAt
from bullmachine.trading.params import (
    AccountParams,
    CostParams,
    GuardParams,
    Market,
    RiskBy,
    RiskParams,
    Side,
    Slippage,
    Source,
    TradeParams,
)
from bullmachine.trading.records import Signal
from bullmachine.trading.size import lots_for

FLIP: Final = {"exits": t.exits(on_opposite=OnOpposite.FLIP)}
TURN: Final = f"{IN} | 100 101 99 100 S"
COOL: Final = GuardParams(
    losses=0, cooldown_bars=3, max_daily_loss=1.0, max_drawdown=1.0, max_open_risk=10.0, max_cost_r=100.0
)

FLIPS: Final = {
    "a flip closes and enters at the same open": Case(
        bars=f"{TURN} | 101 102 100 101 s | 101 103 100 102 s",
        fills=f"{ENTRY} | 3 opposite 101 | 3 entry 101 | 4 stop 103", stops="0 98 | 2 103", parts=FLIP,
    ),
    "a flip back flips again": Case(
        bars=f"{TURN} | 100 101 99 100 L | 100 101 99 100 l",
        fills=f"{ENTRY} | 3 opposite 100 | 3 entry 100 | 4 opposite 100 | 4 entry 100", parts=FLIP,
    ),
    "cooldown is not for a flip": Case(
        bars=f"{TURN} | 100 101 99 100 L | 100 101 99 100 l",
        fills=f"{ENTRY} | 3 opposite 100 | 3 entry 100 | 4 opposite 100 | 4 entry 100", parts={**FLIP, "guards": COOL},
    ),
    "a flip after the stop of the same bar is an entry, and cools down": Case(
        bars=f"{IN} | 100 101 97 98 S | 98 99 97 98 s", fills=f"{ENTRY} | 2 stop 98", parts={**FLIP, "guards": COOL}
    ),
    "one position allowed is no bar to a flip": Case(
        bars=f"{TURN} | 100 101 99 100 s", fills=f"{ENTRY} | 3 opposite 100 | 3 entry 100",
        parts={**FLIP, "guards": GuardParams(losses=0, max_daily_loss=1.0, max_cost_r=100.0, max_positions=1,
                                             max_open_risk=0.01)},
    ),
    "a flip that is not asked for by a strong enough signal is none": Case(
        bars=f"{IN} | 100 101 99 100 s | 100 101 99 100 s", fills=ENTRY, parts=FLIP
    ),
    "a flip decided on the last bar closes at the end of data and enters nothing": Case(
        bars=TURN, fills=f"{ENTRY} | 2 end_of_data 100", ended="2 end_of_data", ends=True, parts=FLIP
    ),
    "a flip too small for the equity that is left closes only": Case(
        bars=f"{TURN} | 90 91 89 90 s", fills=f"{ENTRY} | 3 opposite 90", ended="2 too_small",
        parts={**FLIP, "account": AccountParams(equity=10_000.0, lot=50.0, tick=0.25)},
    ),
    "without flipping the opposite signal only closes": Case(
        bars=f"{TURN} | 100 101 99 100 s | 100 101 99 100 s", fills=f"{ENTRY} | 3 opposite 100"
    ),
}  # fmt: skip


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", FLIPS)
def test_the_flip(name: str, side: str) -> None:
    check(FLIPS[name], side)


def test_a_flip_the_venue_finds_too_small_at_the_open_closes_only() -> None:
    case = Case(
        bars=f"{TURN} | 90 91 89 90 s", fills=f"{ENTRY} | 3 opposite 90", ended="2 too_small",
        min_notional=4_500.0, parts=FLIP,
    )  # fmt: skip
    check(case)  # 9,500 of equity buy 47 units at 90: 4,230


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("open_", "lots"), [(110.0, 52.0), (90.0, 47.0)])
def test_a_flip_is_sized_from_the_equity_after_the_exit(open_: float, lots: float, side: str) -> None:
    bars = f"{TURN} | {open_} {open_ + 1} {open_ - 1} {open_} s"
    played = play(Case(bars=bars, parts=FLIP), side)  # 50 units won or lost 10: 1 % of 10,500 or 9,500 over 2
    assert played.legs["qty"].tolist() == [50.0, 50.0, lots]
    assert played.decisions["lots"][2] == 50  # what it was planned at


@pytest.mark.parametrize(("allowed", "side"), [(Side.LONG, "long"), (Side.SHORT, "short")])
def test_a_flip_that_a_guard_blocks_is_a_close(allowed: Side, side: str) -> None:
    case = Case(bars=f"{TURN} | 100 101 99 100 s", fills=f"{ENTRY} | 3 opposite 100",
                parts={**FLIP, "trade": TradeParams(side=allowed)})  # fmt: skip
    assert blocked(check(case, side)) == "0 - | 2 side"


@pytest.mark.parametrize("side", SIDES)
def test_a_flip_whose_open_leaves_no_room_to_its_stop_is_a_close(side: str) -> None:
    bars, readings = t.market(f"{TURN} | 104 105 103 104 s", mirror=side == "short")
    view = readings["structure"]
    view["long"]["invalidation"], view["short"]["invalidation"] = 98.0, 102.0
    played = t.play(bars, readings, t.settings(exits=ladder(stop=StopAt.STRUCTURE, on_opposite=OnOpposite.FLIP)))
    fills = f"{ENTRY} | 3 opposite 104"
    assert played.fills == (fills if side == "long" else t.mirrored_fills(fills))
    assert played.ended == "2 gap"


OWN: Final = {"trade": TradeParams(source=Source.SIGNALS)}
FLAT: Final = "100 101 99 100 ."


def _own(bars: str, fills: str, signals: dict[int, dict[str, float]], **parts: Any) -> Case:
    return Case(bars=bars, fills=fills, signals=signals, parts={**OWN, "exits": ladder((2, 1.0)), **parts})


LONG: Final[dict[str, float]] = {"side": 1}
SIGNALS: Final = {
    "a signal enters at the next open with the stop and targets of the settings": _own(
        f"{FLAT} | {FLAT} | 100 100 97 98 .", f"{ENTRY} | 2 stop 98", {0: LONG}
    ),
    "F asks for nothing where signals ask": _own(f"{ASK} | {ASK} | {ASK}", "", {2: LONG}),
    "its own stop stays where it is": _own(
        f"{FLAT} | 99 100 98 99 . | 99 99 96 97 .", "1 entry 99 | 2 stop 97", {0: {**LONG, "stop": 97.0}}
    ),
    "R is measured to its own stop": _own(
        f"{FLAT} | {FLAT} | 101 106.25 100 106 .", f"{ENTRY} | 2 target_1 106", {0: {**LONG, "stop": 97.0}}
    ),
    "its own target takes all of it": _own(
        f"{FLAT} | {FLAT} | 101 105 100 104 .", f"{ENTRY} | 2 target_1 101.5", {0: {**LONG, "target": 101.5}},
        exits=ladder((1, 0.5)),
    ),
    "its own target behind the open leaves no trade": _own(
        f"{FLAT} | 103 104 102 103 . | 103 110 102 104 .", "", {0: {**LONG, "target": 101.5}}
    ),
    "flat closes at the next open": _own(
        f"{FLAT} | {FLAT} | 101 102 100 101 .", f"{ENTRY} | 2 signal 101", {0: LONG, 1: {"flat": 1}}
    ),
    "flat without a position does nothing": _own(f"{FLAT} | {FLAT} | {FLAT}", "", {0: {"flat": 1}}),
    "an opposite signal closes": _own(
        f"{FLAT} | {FLAT} | 101 102 100 101 . | {FLAT}", f"{ENTRY} | 2 opposite 101", {0: LONG, 1: {"side": -1}}
    ),
    "an opposite signal flips where that is set": _own(
        f"{FLAT} | {FLAT} | 101 102 100 101 .", f"{ENTRY} | 2 opposite 101 | 2 entry 101", {0: LONG, 1: {"side": -1}},
        exits=ladder(on_opposite=OnOpposite.FLIP),
    ),
    "an opposite signal is ignored where that is set": _own(
        f"{FLAT} | {FLAT} | {FLAT} | {FLAT}", ENTRY, {0: LONG, 1: {"side": -1}},
        exits=ladder(on_opposite=OnOpposite.IGNORE),
    ),
    "a signal for the side that is held changes nothing": _own(f"{FLAT} | {FLAT} | {FLAT}", ENTRY, {0: LONG, 1: LONG}),
    "after a stop the next signal enters, as no state has to leave": _own(
        f"{FLAT} | 100 101 97 98 . | 98 99 97 98 .", f"{ENTRY} | 1 stop 98 | 2 entry 98", {0: LONG, 1: LONG}
    ),
    "flat is no end of a state": _own(
        f"{FLAT} | {FLAT} | {FLAT}", f"{ENTRY} | 2 signal 100", {0: LONG, 1: {"flat": 1}},
        exits=ladder(on_signal_off=OnSignalOff.CLOSE),
    ),
}  # fmt: skip


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", SIGNALS)
def test_the_signal(name: str, side: str) -> None:
    check(SIGNALS[name], side)


def test_the_tag_of_a_signal_names_its_position() -> None:
    played = play(_own(f"{FLAT} | {FLAT} | {FLAT}", "", {0: {**LONG, "tag": 7}, 1: {"flat": 1}}))
    assert (played.closed["source"].tolist(), played.decisions["source"].tolist()) == ([107], [107, 100, 100])


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("stop", [100.0, 101.0])
def test_a_signals_stop_on_the_wrong_side_blocks_by_name(stop: float, side: str) -> None:
    played = play(_own(f"{FLAT} | {FLAT}", "", {0: {**LONG, "stop": stop}}), side)
    assert "stop_too_far" in blocked(played)
    assert len(played.legs) == 0


def test_signals_need_no_engine_but_the_atr_of_their_stop() -> None:
    bars, readings = t.market(f"{FLAT} | {FLAT}")
    readings["base"]["momentum"]["ready"] = readings["middle"]["momentum"]["ready"] = 0
    signals = np.repeat(to_array(Signal), 2)
    signals[0]["side"] = 1
    assert t.play(bars, readings, t.settings(**OWN), signals=signals).fills == ENTRY
    readings["base"]["features"]["atr"] = np.nan
    assert blocked(t.play(bars, readings, t.settings(**OWN), signals=signals)).startswith("0 warmup")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("size", "taken"), [(7.0, "7.0"), (7.9, "7.0"), (0.9, "min_notional"), (500.0, "500.0"), (501.0, "margin")]
)
def test_a_signals_own_size_is_rounded_and_held_against_the_margin(size: float, taken: str, side: str) -> None:
    played = play(_own(f"{FLAT} | {FLAT}", "", {0: {**LONG, "size": size}}), side)  # 500 at 100 over 5 is all
    assert (blocked(played) if len(played.legs) == 0 else str(played.legs["qty"][0])).endswith(taken)


def _size(exits: ExitParams | None = None, **parts: Any) -> list[float]:
    quantities: list[float] = play(Case(bars=IN, parts={"exits": exits or t.exits(), **parts})).legs["qty"].tolist()
    return quantities


@pytest.mark.parametrize(("letter", "lots"), [("l", 45.0), ("L", 75.0)])
def test_by_strength_a_stronger_signal_risks_more(letter: str, lots: float) -> None:
    fusion = FusionParams(on=0.7, off=0.5, momentum=Mix(mix_base=1.0, mix_middle=0.0, s_trend=1.0))
    bars = f"100 101 99 100 {letter} | 100 101 99 100 l"
    case = Case(bars=bars, parts={"fusion": fusion, "risk": RiskParams(by=RiskBy.STRENGTH)})
    for side in SIDES:  # .5 % at off = .5, 1.5 % at 1
        assert play(case, side).legs["qty"].tolist() == [lots]


def test_spot_buys_with_cash_and_without_leverage() -> None:
    account = AccountParams(equity=10_000.0, market=Market.SPOT, leverage=5.0, max_margin_use=1.0, lot=1.0, tick=0.25)
    assert _size(account=account, risk=RiskParams(per_trade=0.2)) == [100.0]
    row = to_array(account)[0]
    assert lots_for(row, 1.0, 0.2, 10_000.0, 3_000.0, 100.0, 2.0) == 30
    assert lots_for(row, 1.0, 0.2, 10_000.0, 0.0, 100.0, 2.0) == 0


def test_spot_is_long_only() -> None:
    account = AccountParams(equity=10_000.0, market=Market.SPOT, lot=1.0, tick=0.25)
    assert blocked(play(Case(bars=IN, parts={"account": account}), "short")) == "0 side"


@pytest.mark.parametrize(("least", "fills"), [(5_000.0, ENTRY), (5_000.01, "")])
def test_the_venues_least_order(least: float, fills: str) -> None:
    for side in SIDES:
        played = check(Case(bars=IN, fills=fills, min_notional=least), side)
        assert blocked(played) == ("0 -" if fills else "0 min_notional")


@pytest.mark.parametrize("side", SIDES)
def test_slippage_by_range_is_a_share_of_the_bar_of_the_fill(side: str) -> None:
    costs = CostParams(taker_bps=0.0, maker_bps=0.0, slippage=Slippage.RANGE, range_share=0.125, funding_bps=0.0)
    bars = f"{IN} | 100 101 97 98 l"  # ranges of 2 and 4
    fills = "1 entry 100.25 | 2 stop 97.75"
    played = check(Case(bars=bars, fills=fills, parts={"costs": costs}), side)
    assert played.legs["slippage"].tolist() == [50 * 0.25, 50 * 0.5]
    assert played.legs["reason"].tolist() == [FillReason.ENTRY, FillReason.STOP]
