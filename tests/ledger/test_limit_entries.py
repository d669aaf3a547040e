"""Limit entries: where they rest, when they fill, and every way in which they end without.

A limit long at 99 with its stop at 97 and one target at 103, on 50 units; a tick of 0.25.
"""

from typing import Any, Final

import numpy as np
import pytest
from tests.ledger.hands import SIDES, Case, blocked, check, ladder, play
from tests.quiet import QUIET

from bullmachine.core.time import HOUR
from bullmachine.trading.exit_params import OnOpposite
from bullmachine.trading.params import (
    AccountParams,
    CostParams,
    EntryAt,
    FillParams,
    GuardParams,
    LimitFill,
    Source,
    TradeParams,
)

ASK: Final = "100 101 99.5 100 L"
REST: Final = "100 101 99.5 100 l"
GOT: Final = "1 entry 99"


def _case(bars: str, fills: str, ended: str | None = "", at: EntryAt = EntryAt.EDGE, **more: Any) -> Case:
    expiry = more.pop("expiry", 6)
    reads = more.pop("reads", {"zone": (98.0, 99.0), "edges": (90.0, 110.0)})
    parts = {"exits": ladder((2, 1.0)), "trade": TradeParams(entry=at, expiry=expiry), **more.pop("parts", {})}
    return Case(bars=bars, fills=fills, ended=ended, reads=reads, parts=parts, **more)


def _own(bars: str, fills: str, signals: dict[int, dict[str, float]], ended: str | None = None, **parts: Any) -> Case:
    plain = {"exits": ladder((2, 1.0)), "trade": TradeParams(source=Source.SIGNALS)}
    return Case(bars=bars, fills=fills, ended=ended, signals=signals, parts={**plain, **parts})


TOUCH: Final = {"fills": FillParams(limit_fill=LimitFill.TOUCH)}
CASES: Final = {
    "the near edge of the zone": _case(f"{ASK} | 100 101 98.75 99.5 l", GOT),
    "the middle of the zone": _case(f"{ASK} | 100 101 98.25 99.5 l", "1 entry 98.5", at=EntryAt.CE),
    "the middle of the zone is not its edge": _case(f"{ASK} | 100 101 98.5 99.5 l", "", at=EntryAt.CE),
    "70.5 % back into the dealing range": _case(f"{ASK} | 100 101 95 96 l", "1 entry 95.9", at=EntryAt.OTE),
    "a touch does not fill": _case(f"{ASK} | 100 101 99 99.5 l", ""),
    "less than a tick through does not fill": _case(f"{ASK} | 100 101 98.76 99.5 l", ""),
    "a touch fills where it may": _case(f"{ASK} | 100 101 99 99.5 l", GOT, parts=TOUCH),
    "an open beyond fills there, and the stop is measured from there": _case(
        f"{ASK} | 98 99 97.5 98 l | 98 98 96 97 l", "1 entry 98 | 2 stop 96"
    ),
    "an open beyond by less than a tick fills there": _case(f"{ASK} | 98.9 100 98.9 99 l", "1 entry 98.9"),
    "a limit on the wrong side of the market fills at the open": _case(
        f"{ASK} | 100 101 99.5 100 l", "1 entry 100", reads={"zone": (101.0, 102.0)}
    ),
    "a target on this side of the price does not trade first": _case(
        f"{ASK} | {REST} | 100 101 95 96 l", "2 entry 95.9", at=EntryAt.OTE
    ),
    "it rests on later bars": _case(f"{ASK} | {REST} | {REST} | 100 101 98.5 99 l", "3 entry 99"),
    "it still fills on the last bar of its life": _case(
        f"{ASK} | {REST} | 100 101 98.5 99 l", "2 entry 99", expiry=2
    ),
    "it expires": _case(f"{ASK} | {REST} | {REST} | 100 101 98.5 99 l", "", "2 expired", expiry=2),
    "a state that ends does not end it": _case(f"{ASK} | 100 101 99.5 100 . | 100 101 98.5 99 .", "2 entry 99"),
    "a target that trades first ends it": _case(
        f"{ASK} | 100 103.25 99.5 100 l | 100 101 98.5 99 l", "", "1 target_first"
    ),
    "a target that is only touched does not": _case(f"{ASK} | 100 103 99.5 100 l | 100 101 98.5 99 l", "2 entry 99"),
    "where a touch fills, a touched target ends it": _case(
        f"{ASK} | 100 103 99.5 100 l | 100 101 98.5 99 l", "", "1 target_first", parts=TOUCH
    ),
    "the nearest target counts, wherever it stands": _case(
        f"{ASK} | 100 101.25 99.5 100 l | 100 101 98.5 99 l", "", "1 target_first",
        parts={"exits": ladder((2, 0.5), (1, 0.5))},
    ),
    "without targets none trades first": _case(
        f"{ASK} | 100 120 99.5 100 l | 100 101 98.5 99 l", "2 entry 99", parts={"exits": ladder()}
    ),
    "fill and stop in one bar": _case(f"{ASK} | 100 101 97 98 l", f"{GOT} | 1 stop 97"),
    "stop on the next bar": _case(f"{ASK} | 100 101 98 98 l | 98 99 97 98 l", f"{GOT} | 2 stop 97"),
    "target on the next bar": _case(f"{ASK} | 100 101 98 98 l | 98 104 98 103 l", f"{GOT} | 2 target_1 103"),
    "an opposite signal takes its place, though it is blocked itself": _case(
        f"{ASK} | 100 101 99.5 100 S | 100 101 98.5 99 s", "", "1 replaced"
    ),
    "what rests at the end of data is dropped": _case(f"{ASK} | {REST}", "", "1 end_of_data", ends=True),
    "time is counted from the bar of the fill": _case(
        f"{ASK} | {REST} | 100 101 98.5 99 l | {REST} | {REST}", "2 entry 99 | 4 time_out 100",
        parts={"exits": ladder(max_bars=2)},
    ),
}  # fmt: skip

FLAT: Final = "100 101 99.5 100 ."
DEEP: Final = "100 101 97.75 98.5 ."
ONE: Final = GuardParams(
    **QUIET, losses=0, cooldown_bars=0, max_daily_loss=1.0, max_drawdown=1.0, max_cost_r=100.0, max_positions=1,
    max_open_risk=0.01,
)  # fmt: skip
LONG: Final = {"side": 1, "limit": 99.0}
STOPPED: Final = {"side": 1, "limit": 99.0, "stop": 97.0}
OWN: Final = {
    "a signal's own limit": _own(f"{FLAT} | 100 101 98.5 99 .", GOT, {0: LONG}),
    "a signal's own expiry": _own(
        f"{FLAT} | {FLAT} | 100 101 98.5 99 .", "", {0: {**LONG, "expiry": 1}}, "1 expired"
    ),
    "a close beyond its stop ends it": _own(  # a tick of 1, so that 98.25 is not through 99
        f"{FLAT} | 100 101 98.25 98.25 . | 98 99 97 98 .", "", {0: {**STOPPED, "stop": 98.5}}, "1 beyond_stop",
        account=AccountParams(equity=10_000.0, lot=1.0, tick=1.0), exits=ladder(),
    ),
    "a close at its stop does not": _own(
        f"{FLAT} | 100 101 98.5 98.5 . | 98.75 99 98.75 99 .", "2 entry 98.75", {0: {**STOPPED, "stop": 98.5}}, "",
        account=AccountParams(equity=10_000.0, lot=1.0, tick=1.0), exits=ladder(),
    ),
    "an open beyond the stop is no entry": _own(f"{FLAT} | 96 97 95 96 .", "", {0: STOPPED}, "0 gap"),
    "an open at the stop is no entry": _own(f"{FLAT} | 97 98 96 97 .", "", {0: STOPPED}, "0 gap"),
    "an open nearer to the stop than a quarter of D is no entry": _own(
        f"{FLAT} | 97.49 98 97.4 98 .", "", {0: STOPPED}, "0 gap"
    ),
    "an open a quarter of D from the stop is one, and the stop stays": _own(
        f"{FLAT} | 97.5 97.75 97.25 97.5 . | 97.5 97.5 97 97 .", "1 entry 97.5 | 2 stop 97", {0: STOPPED}, ""
    ),
    "a newer signal takes its place": _own(
        f"{FLAT} | {FLAT} | {DEEP}", "2 entry 98", {0: LONG, 1: {"side": 1, "limit": 98.0}}, "1 replaced"
    ),
    "what is replaced does not count against its successor": _own(
        f"{FLAT} | {FLAT} | {DEEP}", "2 entry 98", {0: LONG, 1: {"side": 1, "limit": 98.0}}, "1 replaced", guards=ONE
    ),
    "a market order takes a limit's place": _own(
        f"{FLAT} | {FLAT} | 100 101 98.5 99 .", "2 entry 100", {0: LONG, 1: {"side": 1}}, "1 replaced", guards=ONE
    ),
    "a short signal takes a long limit's place": _own(
        f"{FLAT} | {FLAT} | 100 101.25 98.5 100 .", "2 entry 101", {0: LONG, 1: {"side": -1, "limit": 101.0}},
        "1 replaced",
    ),
    "flat ends it": _own(f"{FLAT} | {FLAT} | {DEEP}", "", {0: LONG, 1: {"flat": 1}}, "1 replaced"),
}  # fmt: skip


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", CASES | OWN)
def test_the_rule_holds(name: str, side: str) -> None:
    check((CASES | OWN)[name], side)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("at", [EntryAt.EDGE, EntryAt.CE, EntryAt.OTE])
def test_without_a_zone_there_is_no_level_to_rest_at(at: EntryAt, side: str) -> None:
    played = play(_case(f"{ASK} | {REST}", "", at=at, reads={}), side)
    assert blocked(played).startswith("0 no_level")
    assert len(played.legs) == len(played.notes) == 0


@pytest.mark.parametrize("side", SIDES)
def test_a_limit_pays_the_makers_fee_and_no_slippage(side: str) -> None:
    costs = CostParams(taker_bps=10.0, maker_bps=4.0, entry_bps=20.0, stop_bps=50.0)
    inside = play(_case(f"{ASK} | 100 101 98.75 99.5 l", "", parts={"costs": costs}), side).legs[0]
    price = 99.0 if side == "long" else 101.0
    assert (inside["price"], inside["slippage"]) == (price, 0.0)
    assert inside["fee"] == pytest.approx(50 * price * 4e-4)
    beyond = play(_case(f"{ASK} | 98 99 97.5 98 l", "", parts={"costs": costs}), side).legs[0]
    assert (beyond["price"], beyond["slippage"]) == (98.0 if side == "long" else 102.0, 0.0)
    assert beyond["fee"] == pytest.approx(50 * beyond["price"] * 4e-4)


@pytest.mark.parametrize("side", SIDES)
def test_a_fill_inside_is_stamped_with_the_close_and_a_fill_at_the_open_with_the_open(side: str) -> None:
    inside = play(_case(f"{ASK} | {REST} | 100 101 98.75 99.5 l", ""), side)
    assert (inside.legs["time"][0], inside.legs["order_time"][0]) == (3 * HOUR, HOUR)
    beyond = play(_case(f"{ASK} | {REST} | 98 99 97.5 98 l", ""), side)
    assert (beyond.legs["time"][0], beyond.legs["order_time"][0]) == (2 * HOUR, HOUR)


@pytest.mark.parametrize("side", SIDES)
def test_the_best_price_before_a_fill_inside_the_bar_is_not_the_positions(side: str) -> None:
    bars = f"{ASK} | 100 102.75 98 99.5 l | 99.5 100 97 98 l"
    row = check(_case(bars, f"{GOT} | 2 stop 97"), side).closed[0]
    assert (row["mfe_r"], row["mae_r"]) == (0.25, -1.0)  # the close; the stop


@pytest.mark.parametrize("side", SIDES)
def test_a_flip_by_a_limit_closes_at_the_open_and_rests(side: str) -> None:
    bars = f"{FLAT} | {FLAT} | {FLAT} | 100 102.25 99.5 101 . | 101 101 99.5 100 ."
    signals: dict[int, dict[str, float]] = {0: {"side": 1}, 2: {"side": -1, "limit": 102.0}}
    exits = ladder(on_opposite=OnOpposite.FLIP)
    check(_own(bars, "1 entry 100 | 3 opposite 100 | 3 entry 102", signals, exits=exits), side)


def test_a_resting_limit_holds_no_position() -> None:
    played = play(_case(f"{ASK} | {REST} | 100 101 98.5 99 l", ""))
    assert played.holdings.tolist() == [0.0, 0.0, 50.0]
    assert np.isnan(played.decisions["limit"][1:]).all()
    assert played.decisions["limit"][0] == 99.0
    assert (played.marks["equity"] == [10_000.0] * 3).all()
