"""What a symbol that has no bar at a step does meanwhile: nothing, and the account is marked at its last close."""

from typing import Final

import pytest
from tests.ledger import several
from tests.ledger import table as t
from tests.ledger.hands import ladder

from bullmachine.core.time import HOUR

FLAT: Final = "100 101 99 100 ."
HOLD: Final = "100 101 99 100 l"
IDLE: Final = " | ".join([FLAT] * 6)


def _absent(text: str, steps: list[int], **exits: int) -> several.Played:
    return several.play([IDLE, text], t.settings(exits=ladder(**exits)), without={1: steps})


def test_an_entry_waits_for_the_next_bar_there_is() -> None:
    text = " | ".join(["100 101 99 100 L", "50 51 49 50 l", *["102 103 101 102 l"] * 4])
    played = _absent(text, [1])
    assert played.fills(1) == "entry 102 x50"
    assert played.holdings[1].tolist() == [0.0, 0.0, 50.0, 50.0, 50.0, 50.0]
    assert played.legs["time"][0] == 2 * HOUR


def test_a_stop_is_not_tested_on_a_bar_that_is_not_there() -> None:
    text = f"100 101 99 100 L | {HOLD} | 100 100 90 91 l | 100 101 99 100 l | 96 97 95 96 l | {FLAT}"
    assert _absent(text, [2]).fills(1) == "entry 100 x50 | stop 96 x50"


def test_a_pending_exit_waits_for_the_next_bar_there_is() -> None:
    text = f"100 101 99 100 L | {HOLD} | 100 101 99 100 S | 90 91 89 90 . | 101 102 100 101 . | {FLAT}"
    played = _absent(text, [3])
    assert played.fills(1) == "entry 100 x50 | opposite 101 x50"
    assert played.legs["order_time"][-1] == 3 * HOUR


def test_what_is_held_is_marked_at_its_last_close() -> None:
    text = f"100 101 99 100 L | 100 103 99 102 l | 90 91 89 90 l | 90 91 89 90 l | 102 104 101 103 l | {HOLD}"
    played = _absent(text, [2, 3])
    assert played.marks["equity"].tolist() == [10_000.0, 10_100.0, 10_100.0, 10_100.0, 10_150.0, 10_000.0]


@pytest.mark.parametrize(("absent", "bar"), [([], 3), ([2], 4), ([2, 3], 5)])
def test_time_is_counted_in_bars_that_are_there(absent: list[int], bar: int) -> None:
    text = " | ".join(["100 101 99 100 L", *[HOLD] * 5])
    played = _absent(text, absent, max_bars=2)
    assert played.fills(1) == "entry 100 x50 | time_out 100 x50"
    assert played.legs["time"][-1] == bar * HOUR


def test_a_symbol_without_a_bar_decides_nothing() -> None:
    text = f"{FLAT} | 100 101 99 100 L | {FLAT} | {FLAT} | {FLAT} | {FLAT}"
    played = _absent(text, [1])
    assert played.fills(1) == ""
    assert played.decisions["time"][1].tolist() == [HOUR, 0, *[k * HOUR for k in (3, 4, 5, 6)]]
