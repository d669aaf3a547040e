"""The fusion state, driven through decide: when it enters, holds, leaves, flips, and what holds it back."""

import dataclasses
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from tests.ledger.table import Stage, warm

from bullmachine.core.bars import Bar
from bullmachine.core.record import to_array
from bullmachine.fusion.params import FusionParams, Mix
from bullmachine.fusion.readings import Readings
from bullmachine.fusion.state import Transition, transition, wanted
from bullmachine.trading.guards import Guard
from bullmachine.trading.params import AccountParams, DecideParams, Side, TradeParams

Array = np.ndarray[Any, Any]


def made(cls: Any, **values: Any) -> Any:
    """Params or a record; mypy takes the fields made with `nested` for required ones."""
    return cls(**values)


#: F is the base stream's RSI part as it stands
UNIT = Mix(mix_base=1.0, mix_middle=0.0, s_trend=1.0, s_reversal=1.0)
FUSION = made(FusionParams, momentum=UNIT, on=0.6, off=0.3)


@dataclasses.dataclass(frozen=True)
class Tick:
    """What a bar's readings say: F, and the troubles that block (`cold`, `bad`)."""

    f: float
    cold: bool = False
    bad: bool = False


def decide(ticks: list[Tick], side: Side = Side.BOTH) -> Array:
    """The decisions over bars on which no price moves; orders are too small to be made."""
    n = len(ticks)
    bars, readings = np.repeat(to_array(Bar), n), np.repeat(to_array(Readings), n)
    readings["base"]["momentum"]["rsi_part"] = [tick.f for tick in ticks]
    readings["base"]["features"]["atr"] = 1.0
    warm(readings)
    readings["base"]["momentum"]["ready"] = [0 if tick.cold else 1 for tick in ticks]
    readings["since_gap"] = [0 if tick.bad else 1_000 for tick in ticks]
    account = AccountParams(equity=1.0, lot=1.0, tick=0.01)
    stage = Stage(made(DecideParams, fusion=FUSION, trade=TradeParams(side=side), account=account), bars, readings)
    assert stage.run() == n
    return stage.decisions


def tick(text: str) -> Tick:
    """`+.6` is F; a trailing `c` is a cold engine, `b` is bad data."""
    return Tick(float(text.rstrip("cb")), cold="c" in text, bad="b" in text)


#: F bar by bar -> transition bar by bar (E enter, L leave, F flip, . none)
TABLE = {
    "enters on the first bar that reaches the threshold": ("0 .59 .6 .7", "..E."),
    "enters short": ("0 -.59 -.6 -.7", "..E."),
    "holds above the lower threshold and asks for nothing": (".6 .3 .59 .6 .9", "E...."),
    "leaves below the lower threshold": (".6 .3 .29 .59", "E.L."),
    "leaves short": ("-.6 -.3 -.29 -.59", "E.L."),
    "enters again only after it has left": (".6 .9 .1 .9", "E.LE"),
    "a weak F of the other side ends it": (".6 -.1 -.5 -.6", "EL.E"),
    "flips in one bar": (".6 -.6 -.4 .6", "EF.F"),
    "falls through both thresholds to a flip": (".9 -.9 .9 -.9", "EFFF"),
    "a cold engine holds an entry back until it is warm": (".7c .7c .7 .7", "..E."),
    "bad data hold an entry back until they are over": (".7b .7b .7 .7", "..E."),
    "a blocked entry is forgotten when F falls": (".7c .5c .5 .7", "...E"),
    "a cold engine alone ends nothing": (".7 .7c .4c .4", "E..."),
    "bad data end it": (".7 .7b .7b .7", "EL.E"),
    "bad data end a short": ("-.7 -.7b -.7b -.7", "EL.E"),
    "bad data at rest do nothing": ("0b .2b 0", "..."),
    "a flip blocked by a cold engine leaves": (".7 -.7c -.7c -.7", "EL.E"),
    "a flip blocked by bad data leaves": (".7 -.7b -.7", "ELE"),
    "no F is no wish": ("0 0 0", "..."),
}
LETTERS = {Transition.NONE: ".", Transition.ENTER: "E", Transition.LEAVE: "L", Transition.FLIP: "F"}


@pytest.mark.parametrize(("said", "expected"), TABLE.values(), ids=TABLE.keys())
def test_the_state(said: str, expected: str) -> None:
    found = decide([tick(text) for text in said.split()])
    assert "".join(LETTERS[Transition(t)] for t in found["transition"].tolist()) == expected


def test_a_side_that_is_not_traded_is_never_entered_and_ends_the_other() -> None:
    found = decide([tick(text) for text in ["-.9", ".7", "-.9", "-.9", ".7"]], Side.LONG)
    assert [Transition(t).name for t in found["transition"].tolist()] == ["NONE", "ENTER", "LEAVE", "NONE", "ENTER"]
    small = 1 << Guard.MIN_NOTIONAL
    both = small | 1 << Guard.SIDE
    assert found["blocked"].tolist() == [both, small, both, both, small]


def test_account_guards_stop_the_order_and_not_the_state() -> None:
    """The account holds next to nothing: no order can be made, and the state stands where F says."""
    found = decide([Tick(0.7), Tick(0.7), Tick(-0.7)])
    assert found["lots"].tolist() == [0, 0, 0]
    assert found["blocked"].tolist() == [1 << Guard.MIN_NOTIONAL, 0, 1 << Guard.MIN_NOTIONAL]
    assert found["stance"].tolist() == [1, 1, -1]


def test_orders_are_asked_for_on_enter_and_flip_only() -> None:
    ticks = [Tick(f) for f in np.random.default_rng(1).uniform(-1, 1, 300)]
    found = decide(ticks)
    asking = np.isin(found["transition"], [Transition.ENTER, Transition.FLIP])
    assert ((found["asked"] != 0) == asking).all()
    assert 20 < asking.sum() < 280


class Machine:
    """The same state in eight lines of its own, from the definition."""

    def __init__(self) -> None:
        self.side = 0

    def step(self, f: float, *, allowed: set[int], bad: bool) -> tuple[str, int]:
        before = self.side
        for side in (1, -1):
            if side * f >= 0.6 and before != side and side in allowed:
                self.side = side
                return ("E" if before == 0 else "F"), side
        if before != 0 and (before * f < 0.3 or bad):
            self.side = 0
            return "L", 0
        return ".", before


@settings(deadline=None, max_examples=200)
@given(
    ticks=st.lists(
        st.builds(
            Tick,
            st.one_of(st.sampled_from([0.0, 0.3, -0.3, 0.6, -0.6, 0.2999, -0.5999, 1.0, -1.0]), st.floats(-1.0, 1.0)),
            st.sampled_from([False, False, False, True]),
            st.sampled_from([False, False, False, True]),
        ),
        min_size=1,
        max_size=60,
    ),
    side=st.sampled_from(list(Side)),
)
def test_any_history_moves_the_state_as_defined(ticks: list[Tick], side: Side) -> None:
    found, machine = decide(ticks, side), Machine()
    traded = {1, -1} if side is Side.BOTH else {int(side)}
    for k, t in enumerate(ticks):
        allowed = set() if t.cold or t.bad else traded
        letter, stance = machine.step(t.f, allowed=allowed, bad=t.bad)
        assert LETTERS[Transition(int(found[k]["transition"]))] == letter, k
        assert found[k]["stance"] == stance, k


@pytest.mark.parametrize("stance", [-1, 0, 1])
@pytest.mark.parametrize("f", [-1.0, -0.6, -0.59, 0.0, 0.59, 0.6, 1.0])
def test_the_state_has_no_favourite_side(stance: int, f: float) -> None:
    p = to_array(FUSION)[0]
    assert wanted(p, -stance, -f) == -wanted(p, stance, f)
    for blocked in (0, 1):
        for bad in (0, 2):
            assert transition(p, -stance, -f, blocked, bad) == transition(p, stance, f, blocked, bad)
