"""One bar that holds stop and targets, settled in every mode; and limits that fill inside such a bar.

Long from 100, stop 98, targets 102 (25 of 50 units) and 104 (12), the rest runs. A limit rests at 99 with its
stop at 97 and one target at 103.
"""

from typing import Final

import pytest
from tests.ledger.hands import ENTRY, IN, SIDES, Case, check, ladder, play

from bullmachine.trading.params import EntryAt, FillParams, Intrabar, LimitFill, TradeParams

EXITS: Final = ladder((1, 0.5), (2, 0.25))
STOPPED: Final = f"{ENTRY} | 2 stop 98"
FIRST: Final = f"{ENTRY} | 2 target_1 102 x25 | 2 stop 98 x25"
SECOND: Final = f"{ENTRY} | 2 target_1 102 x25 | 2 target_2 104 x12 | 2 stop 98 x13"

P, O, W, D = Intrabar.PESSIMISTIC, Intrabar.OPTIMISTIC, Intrabar.OHLC, Intrabar.DATA  # noqa: E741

#: name -> (bar 2, its lower bars, fills by mode)
BARS: Final[dict[str, tuple[str, str, dict[Intrabar, str]]]] = {
    "the stop is nearer to the open": (
        "100 104.25 97 100 l", "", {P: STOPPED, O: SECOND, W: STOPPED, D: STOPPED}
    ),
    "the targets are nearer to the open": (
        "100 104.25 95 97 l", "", {P: STOPPED, O: SECOND, W: SECOND, D: STOPPED}
    ),
    "both extremes are as near": ("100 103 97 100 l", "", {P: STOPPED, O: FIRST, W: STOPPED}),
    "only the first target is in the bar": ("100 102.25 97 98 l", "", {P: STOPPED, O: FIRST, W: FIRST}),
    "the open settles the first target, not the second": (
        "103 104.25 97 98 l", "",
        {P: FIRST.replace("102", "103"), O: SECOND.replace("102", "103"), W: SECOND.replace("102", "103")},
    ),
    "lower bars show the targets first": (
        "100 104.25 97 100 l", "100 104.25 100 104, 104 104 97 100", {D: SECOND, P: STOPPED, W: STOPPED}
    ),
    "lower bars show the stop first": (
        "100 104.25 95 97 l", "100 100 95 96, 96 104.25 96 97", {D: STOPPED, W: SECOND}
    ),
    "lower bars show one target, then are ambiguous themselves": (
        "100 104.25 97 100 l", "100 103 99 103, 103 104.25 97 100", {D: FIRST}
    ),
    "the first lower bar is ambiguous itself": ("100 104.25 97 100 l", "100 104.25 97 100", {D: STOPPED}),
    "a lower bar opens over the second target before its stop": (
        "100 105 97 100 l", "100 101 100 101, 105 105 97 100", {D: SECOND}
    ),
    "a lower bar opens at its stop": ("100 104.25 97 100 l", "100 101 99 100, 98 104.25 97 100", {D: STOPPED}),
    "a target that is touched but not traded through in lower bars": (
        "100 104.25 97 100 l", "100 102 99 101, 101 104.25 97 100", {D: STOPPED}
    ),
    "an open beyond the stop is the same in every mode": (
        "97 104.25 96 104 l", "97 104.25 97 104", dict.fromkeys(Intrabar, f"{ENTRY} | 2 stop 97")
    ),
    "a bar without the stop is the same in every mode": (
        "100 104.25 98.5 104 l", "", dict.fromkeys(Intrabar, SECOND.split(" | 2 stop")[0])
    ),
    "a bar without a target is the same in every mode": (
        "100 101 97 98 l", "100 101 97 98", dict.fromkeys(Intrabar, STOPPED)
    ),
}  # fmt: skip

MODES: Final = [(name, mode) for name, (_, _, by_mode) in BARS.items() for mode in by_mode]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("name", "mode"), MODES)
def test_a_bar_is_settled_by_its_mode(name: str, mode: Intrabar, side: str) -> None:
    bar, lower, by_mode = BARS[name]
    parts = {"exits": EXITS, "fills": FillParams(intrabar=mode)}
    check(Case(bars=f"{IN} | {bar}", fills=by_mode[mode], lower={2: lower} if lower else {}, parts=parts), side)


@pytest.mark.parametrize("mode", Intrabar)
@pytest.mark.parametrize(
    ("bar", "counts"),
    [("100 104.25 97 100 l", 1), ("97 104.25 96 104 l", 0), ("103 103.5 97 98 l", 0), ("103 104.25 97 98 l", 1)],
)
def test_a_position_counts_its_ambiguous_bars(bar: str, counts: int, mode: Intrabar) -> None:
    row = play(Case(bars=f"{IN} | {bar}", parts={"exits": EXITS, "fills": FillParams(intrabar=mode)})).closed[0]
    assert row["ambiguous"] == counts


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("mode", "fills"),
    [
        (P, f"{ENTRY} | 1 stop 98"),
        (O, f"{ENTRY} | 1 target_1 102 x25 | 1 stop 98 x25"),
        (W, f"{ENTRY} | 1 target_1 102 x25 | 1 stop 98 x25"),
    ],
)
def test_the_entry_bar_is_settled_by_its_mode(mode: Intrabar, fills: str, side: str) -> None:
    parts = {"exits": EXITS, "fills": FillParams(intrabar=mode)}
    check(Case(bars="100 101 99 100 L | 100 102.25 97 98 l", fills=fills, parts=parts), side)


@pytest.mark.parametrize("side", SIDES)
def test_lower_bars_of_other_bars_say_nothing_about_this_one(side: str) -> None:
    parts = {"exits": EXITS, "fills": FillParams(intrabar=D)}
    lower = {1: "100 101 99 100", 3: "100 104.25 100 104"}
    bars = f"{IN} | 100 104.25 97 100 l | 100 104.25 99 104 l"
    check(Case(bars=bars, fills=STOPPED, lower=lower, parts=parts), side)


GOT: Final = "1 entry 99"
GOT_STOPPED: Final = f"{GOT} | 1 stop 97"
GOT_TARGET: Final = f"{GOT} | 1 target_1 103"
#: bar 1, its lower bars, fills by mode, for a limit that fills inside it
LIMITS: Final[dict[str, tuple[str, str, dict[Intrabar, str]]]] = {
    "fill and stop in one bar": ("100 101 97 98 l", "", dict.fromkeys(Intrabar, GOT_STOPPED)),
    "fill, then perhaps the target: low first": (
        "100 103.25 98.75 100 l", "", {P: GOT, O: GOT_TARGET, W: GOT_TARGET, D: GOT}
    ),
    "fill, then perhaps the target: high first": (
        "102 103.25 98.75 100 l", "", {P: GOT, O: GOT_TARGET, W: GOT, D: GOT}
    ),
    "a close beyond the target proves it": (
        "100 103.5 98.75 103.5 l", "", dict.fromkeys(Intrabar, GOT_TARGET)
    ),
    "fill, stop and target in one bar": (
        "100 103.25 97 98 l", "", {P: GOT_STOPPED, O: GOT_TARGET, W: GOT_STOPPED, D: GOT_STOPPED}
    ),
    "fill, stop and target in one bar, high first": (
        "102 103.25 97 98 l", "", {P: GOT_STOPPED, O: GOT_TARGET, W: GOT_STOPPED}
    ),
    "fill, stop and a close beyond the target": (
        "100 104 97 104 l", "", {P: GOT_STOPPED, O: GOT_TARGET, W: GOT_STOPPED}
    ),
    "lower bars show the fill, then the target, then the stop": (
        "100 103.25 97 98 l", "100 100 98.75 99.5, 99.5 103.25 99 103, 103 103 97 98", {D: GOT_TARGET}
    ),
    "lower bars show the target before the fill": (
        "100 103.25 98.75 100 l", "100 103.25 100 103, 103 103 98.75 100", {D: GOT}
    ),
    "lower bars show fill and stop in one": (
        "100 103.25 97 98 l", "100 101 97 98, 98 103.25 98 98", {D: GOT_STOPPED}
    ),
    "the lower bar of the fill closes beyond the target": (
        "100 103.5 97 98 l", "100 103.5 98.75 103.5, 103.5 103.5 97 98", {D: GOT_TARGET}
    ),
    "the lower bar of the fill touches the target and closes short of it": (
        "100 103.25 98.75 100 l", "100 103.25 98.75 100", {D: GOT}
    ),
}  # fmt: skip

LIMIT_MODES: Final = [(name, mode) for name, (_, _, by_mode) in LIMITS.items() for mode in by_mode]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("name", "mode"), LIMIT_MODES)
def test_a_limit_that_fills_inside_a_bar_is_settled_by_its_mode(name: str, mode: Intrabar, side: str) -> None:
    bar, lower, by_mode = LIMITS[name]
    parts = {
        "exits": ladder((2, 1.0)),
        "fills": FillParams(intrabar=mode),
        "trade": TradeParams(entry=EntryAt.EDGE),
    }
    reads = {"zone": (98.0, 99.0)}
    bars = f"100 101 99.5 100 L | {bar}"
    check(Case(bars=bars, fills=by_mode[mode], lower={1: lower} if lower else {}, reads=reads, parts=parts), side)


TOUCH: Final = {
    "a target that is touched": (f"{IN} | 101 102 100 101 l", f"{ENTRY} | 2 target_1 102 x25"),
    "an open right at the target, then the stop": (
        f"{IN} | 102 103 97 98 l",
        f"{ENTRY} | 2 target_1 102 x25 | 2 stop 98 x25",
    ),
    "a target that is missed by a hair": (f"{IN} | 101 101.99 100 101 l", ENTRY),
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", TOUCH)
def test_where_a_touch_fills_limits_it_fills_targets_too(name: str, side: str) -> None:
    bars, fills = TOUCH[name]
    parts = {"exits": EXITS, "fills": FillParams(limit_fill=LimitFill.TOUCH)}
    check(Case(bars=bars, fills=fills, parts=parts), side)
