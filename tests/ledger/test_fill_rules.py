"""Every rule of entry and exit, on markets of a few bars, for a long and for the mirrored short.

Unless a case says otherwise: ATR 1, stop 2 below the entry, target 4 above, tick 0.25, no costs.
"""

from typing import Any, Final

import pytest
from tests.ledger import table as t

from bullmachine.core.time import HOUR
from bullmachine.trading.exit_params import OnOpposite

ASK: Final = "100 101 99 100 L"  # decided at this close, filled at the next open
IN: Final = f"{ASK} | 100 101 99 100 l"  # long from 100, stop 98, target 104
ENTRY: Final = "1 entry 100"
IGNORE: Final = t.exits(on_opposite=OnOpposite.IGNORE)

CASES: Final[dict[str, tuple[str, str]]] = {
    "an order fills at the next open": (f"{ASK} | 102 103 101 102 l", "1 entry 102"),
    "an order fills at the next open across a gap": (f"{ASK} | 150 151 149 150 l", "1 entry 150"),
    "the stop is measured from the fill, not from the close that decided": (
        f"{ASK} | 150 151 149 150 l | 150 150 147 147 l",
        "1 entry 150 | 2 stop 148",
    ),
    "a stop inside the bar fills at the stop": (f"{IN} | 100 100 97 98 l", f"{ENTRY} | 2 stop 98"),
    "a stop that is just touched fills": (f"{IN} | 100 100 98 99 l", f"{ENTRY} | 2 stop 98"),
    "a stop that is missed by a hair does not fill": (f"{IN} | 100 100 98.01 99 l", ENTRY),
    "a gap through the stop fills at the open": (f"{IN} | 95 96 94 95 l", f"{ENTRY} | 2 stop 95"),
    "a gap through the stop that recovers still fills at the open": (
        f"{IN} | 95 101 94 100 l",
        f"{ENTRY} | 2 stop 95",
    ),
    "an open right at the stop fills there": (f"{IN} | 98 99 97 98 l", f"{ENTRY} | 2 stop 98"),
    "a target traded through by a tick fills at the target": (
        f"{IN} | 101 104.25 100 103 l",
        f"{ENTRY} | 2 target_1 104",
    ),
    "a target that is only touched does not fill": (f"{IN} | 101 104 100 103 l", ENTRY),
    "a target traded through by less than a tick does not fill": (f"{IN} | 101 104.2 100 103 l", ENTRY),
    "an open right at the target does not fill by itself": (f"{IN} | 104 104 103 103 l", ENTRY),
    "a gap over the target fills at the better open": (f"{IN} | 106 107 105 106 l", f"{ENTRY} | 2 target_1 106"),
    "a gap over the target by less than a tick fills at the open": (
        f"{IN} | 104.1 104.1 103 103 l",
        f"{ENTRY} | 2 target_1 104.1",
    ),
    "stop and target in one bar count as the stop": (f"{IN} | 100 105 97 104 l", f"{ENTRY} | 2 stop 98"),
    "an open beyond the target settles it before a stop in the bar": (
        f"{IN} | 106 107 97 98 l",
        f"{ENTRY} | 2 target_1 106",
    ),
    "an open beyond the stop settles it before a target in the bar": (
        f"{IN} | 96 106 95 105 l",
        f"{ENTRY} | 2 stop 96",
    ),
    "an open right at the target leaves a bar with the stop in it to the stop": (
        f"{IN} | 104 105 97 98 l",
        f"{ENTRY} | 2 stop 98",
    ),
    "the stop already works on the entry bar": (f"{ASK} | 100 101 97 98 l", f"{ENTRY} | 1 stop 98"),
    "the target already works on the entry bar": (f"{ASK} | 100 105 99 104 l", f"{ENTRY} | 1 target_1 104"),
    "stop and target on the entry bar count as the stop": (f"{ASK} | 100 105 97 101 l", f"{ENTRY} | 1 stop 98"),
    "a signal that goes away does not end the position": (f"{IN} | 100 101 99 100 . | 100 101 99 100 .", ENTRY),
    "a state that holds does not ask again": (f"{IN} | 100 101 99 100 L | 100 101 99 100 L", ENTRY),
    "after a stop the state that still holds does not enter again": (
        f"{IN} | 100 100 97 98 L | 98 99 97 98 L | 98 99 97 98 L",
        f"{ENTRY} | 2 stop 98",
    ),
    "after a stop a state that left and came back enters again": (
        f"{IN} | 100 100 97 98 . | 98 99 97 98 L | 98 99 97 98 l",
        f"{ENTRY} | 2 stop 98 | 4 entry 98",
    ),
    "a state that left at the very close of the stop asks at the next close": (
        f"{IN} | 100 101 99 100 . | 100 100 97 98 L | 98 99 97 98 l",
        f"{ENTRY} | 3 stop 98 | 4 entry 98",
    ),
    "a flip on the bar of the stop enters the other side": (
        f"{IN} | 100 100 97 98 S | 97 98 96 97 s",
        f"{ENTRY} | 2 stop 98 | 3 entry 97",
    ),
    "an opposite signal closes at the next open": (
        f"{IN} | 100 101 99 100 S | 101 101 100 101 s",
        f"{ENTRY} | 3 opposite 101",
    ),
    "an opposite signal closes at an open beyond the stop, and it is no stop": (
        f"{IN} | 100 101 99 100 S | 90 91 89 90 s",
        f"{ENTRY} | 3 opposite 90",
    ),
    "an opposite signal closes at an open beyond the target, and it is no target": (
        f"{IN} | 100 101 99 100 S | 110 111 109 110 s",
        f"{ENTRY} | 3 opposite 110",
    ),
    "an opposite signal does not enter while the position is still open": (
        f"{IN} | 100 101 99 100 S | 100 101 99 100 s | 100 101 99 100 s | 100 101 99 100 s",
        f"{ENTRY} | 3 opposite 100",
    ),
    "an opposite signal on the entry bar closes at the next open": (
        f"{ASK} | 100 101 99 100 S | 101 102 100 101 s",
        f"{ENTRY} | 2 opposite 101",
    ),
    "a signal for the side that is already held changes nothing": (
        f"{IN} | 100 101 99 100 . | 100 101 99 100 L | 101 102 100 101 l",
        ENTRY,
    ),
    "a position stopped on its entry bar leaves room for an order at that close": (
        f"{ASK} | 100 101 97 98 S | 98 99 97 98 s",
        f"{ENTRY} | 1 stop 98 | 2 entry 98",
    ),
}

ENDINGS: Final[dict[str, tuple[str, str]]] = {
    "what is open at the end closes at the last close": (f"{IN} | 100 101 99 99.5 l", f"{ENTRY} | 2 end_of_data 99.5"),
    "an order decided on the last bar is dropped": (f"100 101 99 100 . | {ASK}", ""),
    "a pending exit on the last bar becomes the end of data": (
        f"{IN} | 100 101 99 100.5 S",
        f"{ENTRY} | 2 end_of_data 100.5",
    ),
    "what was stopped on the last bar is not closed twice": (f"{IN} | 100 100 97 99 l", f"{ENTRY} | 2 stop 98"),
}


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("name", CASES)
def test_the_rule_holds(name: str, side: str) -> None:
    bars, expected = CASES[name]
    assert _fills(bars, side) == _expected(expected, side)


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("name", ENDINGS)
def test_the_data_end(name: str, side: str) -> None:
    bars, expected = ENDINGS[name]
    assert _fills(bars, side, ends=True) == _expected(expected, side)


@pytest.mark.parametrize("side", ["long", "short"])
def test_an_opposite_signal_can_be_ignored(side: str) -> None:
    bars = f"{IN} | 100 101 99 100 S | 100 101 99 100 s | 100 100 97 98 s"
    assert _fills(bars, side, exits=IGNORE) == _expected(f"{ENTRY} | 4 stop 98", side)


@pytest.mark.parametrize("side", ["long", "short"])
def test_r_is_the_atr_of_the_deciding_close_and_stays(side: str) -> None:
    bars, readings = t.market(f"{IN} | 100 101 97 98 l | 98 99 95.5 96 l", mirror=side == "short")
    readings["base"]["features"]["atr"] = [2.0, 0.5, 0.5, 9.0]
    played = t.play(bars, readings)
    assert played.fills == _expected(f"{ENTRY} | 3 stop 96", side)
    assert played.closed["r_gross"].tolist() == [-1.0]


def test_fills_at_an_open_carry_the_open_time_and_fills_inside_a_bar_its_close_time() -> None:
    played = t.play(*t.market(f"{IN} | 100 100 97 98 . | 98 99 97 98 L | 98 99 97.5 98 S | 98 99 97 98 s"))
    hours = [(int(leg["time"]) // HOUR, int(leg["order_time"]) // HOUR) for leg in played.legs]
    assert played.fills == "1 entry 100 | 2 stop 98 | 4 entry 98 | 5 opposite 98"
    assert hours == [(1, 1), (3, 1), (4, 4), (5, 5)]


def _fills(bars: str, side: str, *, ends: bool = False, **parts: Any) -> str:
    return t.play(*t.market(bars, mirror=side == "short"), t.settings(**parts), ends=ends).fills


def _expected(fills: str, side: str) -> str:
    return fills if side == "long" else t.mirrored_fills(fills)
