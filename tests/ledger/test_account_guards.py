"""Guards of time, cost and account: each seen blocking, and not blocking just below its limit.

Orders are 50 units at 100 with their stop 2 below: 1 % of 10,000, a margin of 1,000.
"""

from typing import Any, Final

import numpy as np
import pytest
from tests.ledger import several
from tests.ledger import table as t
from tests.ledger.hands import IN, SIDES, Case, blocked, ladder, play
from tests.quiet import QUIET

from bullmachine.core.record import to_array
from bullmachine.core.time import DAY, HOUR
from bullmachine.trading import guards
from bullmachine.trading.guards import in_session
from bullmachine.trading.params import AccountParams, CostParams, GuardParams, RiskParams, Source, TradeParams

FLAT: Final = "100 101 99 100 ."
LOSS: Final = "100 101 98 98 . | 98 101 98 100 ."  # stopped at 98 on the bar of the entry, back at 100
LONG: Final[dict[str, float]] = {"side": 1}


def _quiet(**limits: Any) -> GuardParams:
    """All guards off but those given."""
    off = {
        "losses": 0, "cooldown_bars": 0, "max_daily_loss": 1.0, "max_drawdown": 1.0, "max_open_risk": 10.0,
        "max_cost_r": 100.0, **QUIET,
    }  # fmt: skip
    return GuardParams(**{**off, **limits})


def _own(bars: list[str], asks: list[int], limits: GuardParams, **parts: Any) -> Case:
    """A long signal at each of the bars `asks`."""
    trade = TradeParams(source=Source.SIGNALS)
    return Case(
        bars=" | ".join(bars), signals=dict.fromkeys(asks, LONG),
        parts={"trade": trade, "exits": ladder(), "guards": limits, **parts},
    )  # fmt: skip


def _says(case: Case, side: str = "long") -> str:
    return blocked(play(case, side))


# --- session ------------------------------------------------------------------------------------------------------

THURSDAY: Final = 0  # 1970-01-01


@pytest.mark.parametrize(
    ("limits", "hour", "open_"),
    [
        ({}, 0, True),
        ({"hour_from": 8, "hour_to": 16}, 7, False),
        ({"hour_from": 8, "hour_to": 16}, 8, True),
        ({"hour_from": 8, "hour_to": 16}, 15, True),
        ({"hour_from": 8, "hour_to": 16}, 16, False),
        ({"hour_from": 22, "hour_to": 3}, 21, False),
        ({"hour_from": 22, "hour_to": 3}, 22, True),
        ({"hour_from": 22, "hour_to": 3}, 24 + 2, True),
        ({"hour_from": 22, "hour_to": 3}, 24 + 3, False),
        ({"hour_to": 24}, 23, True),
        ({"weekdays": 4}, 5, True),
        ({"weekdays": 4}, 24 + 5, False),
        ({"weekdays": 12356}, 5, False),
        ({"weekdays": 12345}, 2 * 24 + 5, False),  # Saturday
        ({"weekdays": 67}, 3 * 24 + 5, True),  # Sunday
        ({"weekdays": 1}, 4 * 24, True),  # Monday at 00:00
        ({"weekdays": 1}, 4 * 24 - 1, False),
        ({"weekdays": 45, "hour_from": 22, "hour_to": 3}, 2 * 24 + 1, False),  # Saturday after Friday's midnight
    ],
)
def test_the_session_is_of_the_hour_and_day_of_the_close(limits: dict[str, int], hour: int, open_: bool) -> None:  # noqa: FBT001
    p = _quiet(**limits)
    assert bool(in_session(to_array(p)[0], THURSDAY * DAY + hour * HOUR)) is open_
    case = _own([FLAT] * (hour + 1), [hour - 1] if hour else [], p)
    if hour:  # the close of bar hour - 1
        assert _says(case) == f"{hour - 1} {'-' if open_ else 'session'}"


# --- cost ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("limit", "says"), [(0.2, "0 -"), (0.1999, "0 cost_too_high")])
def test_a_round_trip_that_costs_too_large_a_part_of_r_blocks(limit: float, says: str, side: str) -> None:
    costs = CostParams(taker_bps=10.0, entry_bps=12.0, stop_bps=8.0, funding_bps=0.0)  # 0.4 at 100, where R is 2
    assert _says(Case(bars=IN, parts={"costs": costs, "guards": _quiet(max_cost_r=limit)}), side) == says


# --- losses and cooldown ------------------------------------------------------------------------------------------


def _losing(n: int, gap: int = 0) -> list[str]:
    """`n` losses, each asked for on a flat bar, stopped on the next, and `gap` flat bars after it."""
    return [*LOSS.split(" | "), *[FLAT] * gap] * n


@pytest.mark.parametrize("side", SIDES)
def test_so_many_losses_pause_and_one_fewer_does_not(side: str) -> None:
    bars = [FLAT, *_losing(4), *[FLAT] * 3]
    asks = [0, 2, 4, 6]
    limits = _quiet(losses=3, losses_hours=24.0, losses_pause_hours=12.0)
    assert _says(_own(bars, asks, limits), side) == "0 - | 2 - | 4 - | 6 loss_streak"
    assert _says(_own(bars, asks, _quiet(losses=4)), side) == "0 - | 2 - | 4 - | 6 -"
    assert _says(_own(bars, asks, _quiet(losses=0)), side) == "0 - | 2 - | 4 - | 6 -"


def test_the_pause_after_losses_is_so_many_hours() -> None:
    bars = [FLAT, *_losing(3), *[FLAT] * 20]  # the third stop is on bar 5, known at 6:00
    limits = _quiet(losses=3, losses_pause_hours=12.0)
    asks = [0, 2, 4, 5, 16, 17]
    assert _says(_own(bars, asks, limits)) == "0 - | 2 - | 4 - | 5 loss_streak | 16 loss_streak | 17 -"


@pytest.mark.parametrize(("hours", "says"), [(8.0, "-"), (8.5, "loss_streak")])
def test_losses_further_apart_than_the_window_do_not_pause(hours: float, says: str) -> None:
    bars = [FLAT, *_losing(3, gap=2), *[FLAT] * 3]  # stops on bars 1, 5, 9: 8 hours from first to last
    assert _says(_own(bars, [0, 4, 8, 10], _quiet(losses=3, losses_hours=hours))) == f"0 - | 4 - | 8 - | 10 {says}"


def test_losses_before_a_pause_begin_no_other() -> None:
    bars = [FLAT, *_losing(3), *[FLAT] * 4, *_losing(1), FLAT, FLAT]
    limits = _quiet(losses=3, losses_pause_hours=4.0)  # until 10:00
    assert _says(_own(bars, [0, 2, 4, 8, 10, 12], limits)) == "0 - | 2 - | 4 - | 8 loss_streak | 10 - | 12 -"


def test_a_position_that_costs_turn_into_a_loss_is_a_loss() -> None:
    bars = [FLAT, "100 102.25 99 102 .", FLAT, FLAT]
    parts = {
        "exits": ladder((1, 1.0)),
        "costs": CostParams(taker_bps=250.0, maker_bps=0.0, entry_bps=0.0, stop_bps=0.0),
    }
    assert _says(_own(bars, [0, 2], _quiet(losses=1), **parts)) == "0 - | 2 loss_streak"
    assert _says(_own(bars, [0, 2], _quiet(losses=1), exits=ladder((1, 1.0)))) == "0 - | 2 -"


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("bars", "free"), [(0, 1), (1, 2), (3, 4)])
def test_after_an_exit_so_many_closes_cool_down(bars: int, free: int, side: str) -> None:
    market = [FLAT, *_losing(1), *[FLAT] * 4]  # stopped on bar 1
    asks = [0, *range(1, free + 1)]
    told = [f"{k} cooldown" for k in range(1, free)]
    assert _says(_own(market, asks, _quiet(cooldown_bars=bars)), side) == " | ".join(["0 -", *told, f"{free} -"])


# --- losses of the day, drawdown ----------------------------------------------------------------------------------


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("limit", "says"), [(0.01, "max_daily_loss"), (0.0101, "-")])
def test_a_loss_of_the_day_pauses_at_its_limit(limit: float, says: str, side: str) -> None:
    bars = [FLAT, *_losing(1), *[FLAT] * 2]  # a loss of exactly 100
    assert _says(_own(bars, [0, 2], _quiet(max_daily_loss=limit)), side) == f"0 - | 2 {says}"


def test_the_day_is_paused_until_the_next_utc_day_and_measured_from_its_own_start() -> None:
    bars = [FLAT, *_losing(1), *[FLAT] * 23, *LOSS.split(" | "), FLAT]
    asks = [0, 21, 22, 23, 25]  # the close of bar 23 is midnight: what it decides is filled in the new day
    said = _says(_own(bars, asks, _quiet(max_daily_loss=0.01)))
    assert said == "0 - | 21 max_daily_loss | 22 max_daily_loss | 23 - | 25 position_open"


def test_an_open_loss_counts_and_the_pause_outlives_its_recovery() -> None:
    bars = [FLAT, "100 101 99 99 .", "99 105 99 100 .", FLAT]  # 50 down at the close, then nothing
    exits = ladder(max_bars=2)
    said = _says(_own(bars, [0, 3], _quiet(max_daily_loss=0.005), exits=exits))
    assert said == "0 - | 3 max_daily_loss"


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("limit", "says"), [(0.01, "max_drawdown"), (0.0101, "-")])
def test_a_drawdown_pauses_at_its_limit(limit: float, says: str, side: str) -> None:
    bars = [FLAT, *_losing(1), *[FLAT] * 2]
    assert _says(_own(bars, [0, 2], _quiet(max_drawdown=limit)), side) == f"0 - | 2 {says}"


def test_a_drawdown_pauses_for_its_days_and_then_counts_from_a_fresh_peak() -> None:
    bars = [FLAT, *_losing(1), *[FLAT] * 47, *_losing(1), *[FLAT] * 2]  # the first stop is known at 2:00
    limits = _quiet(max_drawdown=0.01, drawdown_pause_days=2.0)
    asks = [0, 48, 49, 51]  # the pause ends at 50:00, the close of bar 49
    case = _own(bars, asks, limits)
    case.signals[49] = {"side": 1, "size": 50.0}
    said = _says(case)
    assert said == "0 - | 48 max_drawdown | 49 - | 51 max_drawdown"  # another 1 % is another pause


def test_after_the_pause_less_than_the_limit_from_the_fresh_peak_is_free() -> None:
    bars = [FLAT, *_losing(1), *[FLAT] * 47, *_losing(1), *[FLAT] * 2]
    limits = _quiet(max_drawdown=0.01, drawdown_pause_days=2.0)
    case = _own(bars, [0, 49, 51], limits)
    case.signals[49] = {"side": 1, "size": 40.0}  # loses 80 of 9,900
    assert _says(case) == "0 - | 49 - | 51 -"


@pytest.mark.parametrize(("days", "says"), [(2, "-"), (3, "max_drawdown")])
def test_the_peak_is_of_the_last_days_only(days: int, says: str) -> None:
    # a loss of 0.6 % on day 0 and another on day 2: together more than 1 %, as long as day 0 counts
    bars = [FLAT, *_losing(1), *[FLAT] * 45, *_losing(1), *[FLAT] * 2]
    sized: dict[str, float] = {"side": 1, "size": 30.0}
    case = _own(bars, [], _quiet(max_drawdown=0.01, drawdown_days=days))
    case.signals.update({0: sized, 47: sized, 50: LONG})
    assert _says(case) == f"0 - | 47 - | 50 {says}"


# --- several symbols ----------------------------------------------------------------------------------------------


def _two(limits: GuardParams, second: str = "L", **parts: Any) -> list[str]:
    """Who blocks the orders of two symbols at the first close, then of the second at the third."""
    texts = [
        f"100 101 99 100 L | {FLAT[:-1]}l | {FLAT[:-1]}l",
        f"100 101 99 100 {second} | {FLAT[:-1]}l | {FLAT[:-1]}L",
    ]
    played = several.play(texts, t.settings(guards=limits, exits=ladder(), **parts))
    return [
        "+".join(guards.names(int(m))) for m in (*played.decisions["blocked"][:, 0], played.decisions["blocked"][1, 2])
    ]


@pytest.mark.parametrize("second", ["L", "."], ids=["pending", "held"])
@pytest.mark.parametrize(
    ("below", "at", "name"),
    [
        ({"max_positions": 2}, {"max_positions": 1}, "max_positions"),
        ({"max_open_risk": 0.02}, {"max_open_risk": 0.0199}, "max_open_risk"),
    ],
)
def test_the_account_has_room_for_one_more_or_not(
    below: dict[str, float], at: dict[str, float], name: str, second: str
) -> None:
    place = 1 if second == "L" else 2  # asked for at the same close, or once the first is held
    assert _two(_quiet(**below), second)[place] == ""
    assert _two(_quiet(**at), second)[place] == name
    assert _two(_quiet(**at), second)[0] == ""


@pytest.mark.parametrize("second", ["L", "."], ids=["pending", "held"])
@pytest.mark.parametrize(("share", "says"), [(0.5, ""), (0.51, "margin")])
def test_margins_of_all_symbols_fit_into_equity(share: float, says: str, second: str) -> None:
    account = AccountParams(equity=10_000.0, leverage=1.0, lot=1.0, tick=0.25, max_margin_use=share)
    place = 1 if second == "L" else 2
    assert _two(_quiet(), second, account=account, risk=RiskParams(per_trade=0.02))[place] == says


def test_the_open_risk_of_a_stop_at_break_even_is_none() -> None:
    texts = [
        f"100 101 99 100 L | 100 102 99 100.5 l | {FLAT[:-1]}l",
        f"{FLAT} | 100 101 99 100 L | {FLAT[:-1]}l",
    ]
    at_r = {"breakeven": 2, "breakeven_r": 1.0}
    for parts, names in (({}, ["max_open_risk"]), (at_r, [])):
        p = t.settings(guards=_quiet(max_open_risk=0.0199), exits=ladder(**parts))
        played = several.play(texts, p)
        assert guards.names(int(played.decisions["blocked"][1, 1])) == names


def test_one_symbols_open_position_is_no_bar_to_another_and_is_one_to_itself() -> None:
    texts = [f"100 101 99 100 L | {FLAT} | 100 101 99 100 L | {FLAT}", f"{FLAT} | {FLAT} | 100 101 99 100 L | {FLAT}"]
    played = several.play(texts, t.settings(guards=_quiet(), exits=ladder()))
    assert [guards.names(int(m)) for m in played.decisions["blocked"][:, 2]] == [["position_open"], []]
    assert (played.fills(0), played.fills(1)) == ("entry 100 x50", "entry 100 x50")


def test_fills_at_the_open_come_before_any_fill_inside_the_bar() -> None:
    texts = [
        f"100 101 99 100 L | {FLAT[:-1]}l | 100 101 97 98 l",  # stopped inside bar 2
        f"{FLAT} | 100 101 99 100 L | {FLAT[:-1]}l",  # enters at the open of bar 2
    ]
    legs = several.play(texts, t.settings(guards=_quiet(), exits=ladder())).legs
    assert legs["symbol"].tolist() == [0, 1, 0]
    assert (np.diff(legs["time"]) >= 0).all()


def test_losses_and_pauses_are_of_the_account_and_cooldown_is_of_the_symbol() -> None:
    texts = [
        f"100 101 99 100 L | 100 101 97 98 . | 98 101 98 100 L | {FLAT}",
        f"{FLAT} | {FLAT} | 100 101 99 100 L | {FLAT}",
    ]
    for limits, first, second in (
        ({"cooldown_bars": 3}, ["cooldown"], []),
        ({"losses": 1}, ["loss_streak"], ["loss_streak"]),
        ({"max_daily_loss": 0.01}, ["max_daily_loss"], ["max_daily_loss"]),
        ({"max_drawdown": 0.01}, ["max_drawdown"], ["max_drawdown"]),
    ):
        blocked_by = several.play(texts, t.settings(guards=_quiet(**limits), exits=ladder())).decisions["blocked"][:, 2]
        assert [guards.names(int(m)) for m in blocked_by] == [first, second]


def test_a_flip_of_one_symbol_is_sized_with_what_the_other_is_worth() -> None:
    texts = [
        f"100 101 99 100 L | {FLAT[:-1]}l | {FLAT[:-1]}l | 100 151 100 150 l | 150 151 149 150 l",
        f"100 101 99 100 L | {FLAT[:-1]}l | {FLAT[:-1]}l | 100 101 99 100 S | 100 101 99 100 s",
    ]
    p = t.settings(guards=_quiet(), exits=ladder(on_opposite=2))
    assert several.play(texts, p).fills(1) == "entry 100 x50 | opposite 100 x50 | entry 100 x62"  # 1 % of 12,500


def test_orders_of_one_close_are_sized_from_the_same_equity() -> None:
    played = several.play([f"100 101 99 100 L | {FLAT[:-1]}l"] * 2, t.settings(guards=_quiet(), exits=ladder()))
    assert played.legs["qty"].tolist() == [50.0, 50.0]
    assert played.marks["equity"].tolist() == [10_000.0, 10_000.0]
    assert played.holdings[:, 1].tolist() == [50.0, 50.0]
