"""Macro risk in the account: what it blocks, and what it closes."""

from typing import Any, Final

import numpy as np
import pytest
from tests.ledger import table as t

from bullmachine.core.record import to_array
from bullmachine.macro.context import Macro, Regime
from bullmachine.trading import guards
from bullmachine.trading.params import EntryAt, MacroParams, TradeParams

MARKET: Final = " | ".join(["100 101 99 100 L"] * 5)
HELD: Final = "100 101 99 100 L | 100 101 99 100 l | 100 101 99 100 l | 100 101 99 100 l | 100 101 99 100 l"
SIDES: Final = ("long", "short")


def macro(n: int, side: str, **at: Any) -> Any:
    """What macro says: `risk` by bar for the side, `closes` the bars on which a rule closes it."""
    said = np.repeat(to_array(Macro), n)
    for bar, risk in at.get("risk", {}).items():
        said[bar][f"risk_{side}"] = risk
    for bar in at.get("closes", ()):
        said[bar][f"closes_{side}"] = 1
    return said


def play(market: str, side: str, limits: MacroParams, /, **at: Any) -> t.Played:
    bars, readings = t.market(market, mirror=side == "short")
    return t.play(bars, readings, t.settings(macro=limits, **at.pop("parts", {})), macro=macro(len(bars), side, **at))


def blocked(played: t.Played) -> list[str]:
    return ["+".join(guards.names(int(mask))) for mask in played.decisions["blocked"]]


@pytest.mark.parametrize("side", SIDES)
def test_an_entry_waits_while_the_risk_of_its_side_is_at_the_veto_and_is_made_after(side: str) -> None:
    risk = {0: 0.5, 1: 0.9, 2: 0.5 - 1e-12, 3: 0.499}
    played = play(MARKET, side, MacroParams(veto=0.5), risk=risk)
    assert blocked(played)[:4] == ["macro_veto", "macro_veto", "macro_veto", ""]
    assert played.fills.startswith("4 entry")
    assert played.decisions["stance"][:4].tolist() == [0, 0, 0, 1 if side == "long" else -1]


@pytest.mark.parametrize("side", SIDES)
def test_the_risk_of_the_other_side_blocks_nothing(side: str) -> None:
    other = "short" if side == "long" else "long"
    bars, readings = t.market(MARKET, mirror=side == "short")
    played = t.play(bars, readings, t.settings(), macro=macro(len(bars), other, risk=dict.fromkeys(range(5), 1.0)))
    assert played.fills.startswith("1 entry")


@pytest.mark.parametrize("side", SIDES)
def test_a_position_is_closed_at_the_next_open_when_its_risk_reaches_the_exit(side: str) -> None:
    played = play(HELD, side, MacroParams(exit=0.8), risk={1: 0.79, 2: 0.8})
    assert played.fills == "1 entry 100 | 3 macro 100"


@pytest.mark.parametrize("side", SIDES)
def test_without_an_exit_no_risk_closes_a_position_and_a_rule_that_closes_does(side: str) -> None:
    assert play(HELD, side, MacroParams(), risk={2: 1.0}).fills == "1 entry 100"
    assert play(HELD, side, MacroParams(), closes=[2]).fills == "1 entry 100 | 3 macro 100"


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("limits", "at"), [(MacroParams(exit=0.3, veto=0.6), {"risk": {0: 0.3}}), (MacroParams(), {"closes": [0]})]
)
def test_what_closes_a_side_lets_nothing_in(side: str, limits: MacroParams, at: dict[str, Any]) -> None:
    played = play(MARKET, side, limits, **at)
    assert blocked(played)[:2] == ["macro_veto", ""]
    assert played.fills.startswith("2 entry")


@pytest.mark.parametrize("side", SIDES)
def test_an_entry_that_still_rests_ends_too(side: str) -> None:
    bars, readings = t.market(HELD, mirror=side == "short")
    view = readings["structure"][side]
    view["zone_lo"], view["zone_hi"] = (104.0, 105.0) if side == "short" else (95.0, 96.0)
    p = t.settings(trade=TradeParams(entry=EntryAt.EDGE), macro=MacroParams(exit=0.8))
    played = t.play(bars, readings, p, macro=macro(len(bars), side, risk={2: 1.0}))
    assert (played.fills, played.ended) == ("", "2 macro")


def test_the_regime_is_told_from_risks_and_support() -> None:
    bars, readings = t.market(MARKET)
    said = np.repeat(to_array(Macro), 5)
    said["risk_long"][1], said["risk_short"][2], said["supports"][3] = 0.5, 0.6, 1
    played = t.play(bars, readings, t.settings(), macro=said)
    found = [Regime(int(k)).name for k in played.decisions["regime"]]
    assert found == ["NEUTRAL", "RISK_OFF", "RISK_ON", "RISK_ON", "NEUTRAL"]
