"""What stops an order, how large it is, and which names the refusal carries."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from tests.ledger import table as t

from bullmachine.core.record import to_array
from bullmachine.trading import guards
from bullmachine.trading.exit_params import OnOpposite
from bullmachine.trading.params import (
    AccountParams,
    RiskParams,
    Side,
    TradeParams,
)
from bullmachine.trading.size import lots_for

ASK: Final = "100 101 99 100 L | 100 101 99 100 l"
FLAT_MARKET: Final = " | ".join(["100 101 99 100 L"] * 8)

Spoil = Callable[[Any], None]


def _blocked(played: t.Played) -> list[str]:
    return ["+".join(guards.names(int(mask))) for mask in played.decisions["blocked"]]


def _set(path: str, value: float) -> Spoil:
    def spoil(readings: Any) -> None:
        *parts, last = path.split(".")
        for part in parts:
            readings = readings[part]
        readings[last] = value

    return spoil


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize(
    "spoil",
    [
        _set("base.momentum.ready", 0),
        _set("middle.momentum.ready", 0),
        _set("base.smc.ready", 0),
        _set("middle.smc.ready", 0),
        _set("base.hob.ready", 0),
        _set("middle.hob.ready", 0),
        _set("base.features.atr", np.nan),
        _set("base.features.atr", 0.0),
    ],
    ids=[
        "momentum",
        "slower momentum",
        "structure",
        "slower structure",
        "hidden",
        "slower hidden",
        "no ATR",
        "an ATR of nothing",
    ],
)
def test_nothing_is_asked_for_while_something_is_cold(spoil: Spoil, side: str) -> None:
    bars, readings = t.market(FLAT_MARKET, mirror=side == "short")
    spoil(readings[:3])
    played = t.play(bars, readings)
    assert [names.split("+")[0] for names in _blocked(played)[:4]] == ["warmup", "warmup", "warmup", ""]
    assert played.decisions["stance"].tolist()[:4] == [0, 0, 0, 1 if side == "long" else -1]
    assert played.fills.startswith("4 entry")


@pytest.mark.parametrize("counter", ["since_rejected", "since_gap"])
def test_bad_data_blocks_for_its_bars_and_the_signal_is_taken_after_them(counter: str) -> None:
    bars, readings = t.market(FLAT_MARKET)
    readings[counter] = np.arange(len(readings))
    played = t.play(bars, readings)
    assert _blocked(played)[:4] == ["bad_data", "bad_data", "bad_data", ""]
    assert played.fills == "4 entry 100"


def test_bad_data_ends_a_state_but_not_its_position() -> None:
    bars, readings = t.market(f"{ASK} | 100 101 99 100 l | 100 101 99 100 l | 100 100 97 98 l")
    readings["since_gap"][2:] = [0, 1, 2]
    played = t.play(bars, readings)
    assert played.decisions["stance"].tolist() == [1, 1, 0, 0, 0]
    assert played.fills == "1 entry 100 | 4 stop 98"


@pytest.mark.parametrize(("allowed", "letter"), [(Side.LONG, "S"), (Side.SHORT, "L")])
def test_a_side_that_is_not_traded_is_listed_and_not_entered(allowed: Side, letter: str) -> None:
    p = t.settings(trade=TradeParams(side=allowed))
    played = t.play(*t.market(f"100 101 99 100 {letter} | 100 101 99 100 ."), p)
    assert (_blocked(played), played.fills) == (["side", ""], "")


@pytest.mark.parametrize(("allowed", "letter"), [(Side.LONG, "L"), (Side.SHORT, "S"), (Side.BOTH, "S")])
def test_a_side_that_is_traded_is_entered(allowed: Side, letter: str) -> None:
    p = t.settings(trade=TradeParams(side=allowed))
    assert t.play(*t.market(f"100 101 99 100 {letter} | 100 101 99 100 ."), p).fills == "1 entry 100"


def test_all_stateless_names_are_reported() -> None:
    bars, readings = t.market("100 101 99 100 L")
    readings["since_gap"], readings["base"]["momentum"]["ready"] = 0, 0
    played = t.play(bars, readings, t.settings(trade=TradeParams(side=Side.SHORT)))
    assert _blocked(played) == ["warmup+bad_data+side"]


def test_an_open_position_blocks_the_order_and_not_the_state() -> None:
    exits = t.exits(on_opposite=OnOpposite.IGNORE)
    played = t.play(*t.market(f"{ASK} | 100 101 99 100 S | 100 101 99 100 s"), t.settings(exits=exits))
    assert _blocked(played) == ["", "", "position_open", ""]
    assert played.decisions["stance"].tolist() == [1, 1, -1, -1]
    assert played.fills == "1 entry 100"


def test_an_order_below_one_lot_is_refused_by_name_and_the_state_goes_on() -> None:
    p = t.settings(account=AccountParams(equity=10_000.0, lot=51.0, tick=0.25))
    played = t.play(*t.market(ASK), p)
    assert (_blocked(played), played.fills) == (["min_notional", ""], "")
    assert played.decisions["stance"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("changed", "quantity"),
    [
        ({}, 50.0),
        ({"lot": 30.0}, 30.0),
        ({"lot": 0.3}, 49.8),
        ({"leverage": 1.0, "max_margin_use": 0.4}, 40.0),
        ({"leverage": 1.0, "max_margin_use": 0.4, "lot": 7.0}, 35.0),
        ({"equity": 1_000.0}, 5.0),
    ],
    ids=["risk", "one lot", "rounded down", "cut to the notional", "cut and rounded", "less money"],
)
def test_the_quantity_is_risk_over_distance_cut_and_rounded_down(changed: dict[str, Any], quantity: float) -> None:
    account = AccountParams(**{"equity": 10_000.0, "lot": 1.0, "tick": 0.25, **changed})
    played = t.play(*t.market(ASK), t.settings(account=account))
    assert played.legs["qty"].tolist() == pytest.approx([quantity], rel=1e-12)


def test_the_quantity_follows_equity_at_the_close_that_decides() -> None:
    bars = f"{ASK} | 100 105 100 104 . | 104 105 103 104 L | 104 105 103 104 l"
    played = t.play(*t.market(bars), t.settings(risk=RiskParams(per_trade=0.1)))
    assert played.fills == "1 entry 100 | 2 target_1 104 | 4 entry 104"
    assert played.legs["qty"].tolist() == [250.0, 250.0, 264.0]  # 25,000 / 100, then 27,500 / 104: the notional cap


def test_no_lots_without_equity_distance_or_price() -> None:
    p = to_array(AccountParams())[0]

    def lots(equity: float, price: float, distance: float) -> int:
        return int(lots_for(p, 1.0, 0.01, equity, equity, price, distance))

    assert [lots(0.0, 100.0, 2.0), lots(-5.0, 100.0, 2.0)] == [0, 0]
    assert [lots(10_000.0, 100.0, d) for d in (0.0, -1.0, float("nan"))] == [0, 0, 0]
    assert lots(10_000.0, 0.0, 2.0) == 50


def test_the_largest_size_that_settings_allow_is_still_counted_exactly() -> None:
    p = to_array(AccountParams(equity=1e12, leverage=125.0, max_margin_use=1.0))[0]
    lots = lots_for(p, 1e-12, 0.2, 1e12, 1e12, 1e-9, 1e-9)
    assert 0 < lots <= 2**53


def test_readings_are_never_written_by_the_decide_stage() -> None:
    bars, readings = t.market(ASK)
    before = (bars.tobytes(), readings.tobytes())
    t.play(bars, readings)
    assert (bars.tobytes(), readings.tobytes()) == before
