"""Slot tables at their edges; the engines' twins check them on whole markets."""

from typing import Any

import pytest

from bullmachine.core.record import to_array
from bullmachine.core.slots import (
    BEYOND,
    Slot,
    SlotTable,
    slot_alive,
    slot_keep,
    slot_strength,
    slots_fade,
    slots_keep,
    slots_net,
)

LIFE = 4


def table(*slots: tuple[int, float, float]) -> Any:
    """A table of events known at bar 0, each with an id, a level and a strength."""
    made = to_array(SlotTable)[0]
    for k, (id_, level, strength) in enumerate(slots):
        slots_keep(made, k, LIFE, 0, id_, level, strength)
    return made


def test_a_weaker_event_waits_until_the_older_has_decayed_to_it() -> None:
    first = table((7, 100.0, 0.8)).slots[0]
    slot_keep(first, LIFE, 1, 8, 101.0, 0.59)
    assert first.id == 7
    slot_keep(first, LIFE, 1, 9, 101.0, slot_strength(first, LIFE, 1))
    assert (first.id, first.i, first.level) == (9, 1, 101.0)


def test_it_lives_for_its_life_and_not_a_bar_longer() -> None:
    first = table((7, 100.0, 0.8)).slots[0]
    assert [slot_alive(first, LIFE, i) for i in (0, 3, 4)] == [True, True, False]
    assert [slot_strength(first, LIFE, i) for i in (0, 1, 4, 100)] == [0.8, pytest.approx(0.6), 0.0, 0.0]
    assert not slot_alive(to_array(Slot)[0], LIFE, 0)


@pytest.mark.parametrize(("close", "bull", "bear"), [(100.0, 1, 1), (99.9, 0, 1), (100.1, 1, 0)])
def test_a_close_beyond_the_level_ends_it(close: float, bull: int, bear: int) -> None:
    slots = table((7, 100.0, 0.8), (8, 100.0, 0.8))
    slots_fade(slots, close)
    assert [slot_alive(slots.slots[k], LIFE, 0) for k in (0, 1)] == [bull, bear]


def test_the_next_level_counts_once_the_nearest_is_gone() -> None:
    slots = table((1, 100.0, 0.8), (2, 110.0, 0.8), (3, 90.0, 0.8), (4, 120.0, 0.8))
    seen = []
    for close in (105.0, 95.0, 89.0, 115.0, 121.0):
        slots_fade(slots, close)
        seen.append([k for k in range(4) if slot_alive(slots.slots[k], LIFE, 0)])
    assert seen == [[0, 1, 2, 3], [1, 2, 3], [1, 3], [3], []]


def test_no_close_refutes_what_has_no_level() -> None:
    slots = table((7, -BEYOND, 0.8), (8, BEYOND, 0.8))
    slots_fade(slots, 1e8)
    slots_fade(slots, -1e8)
    assert all(slot_alive(slots.slots[k], LIFE, 0) for k in (0, 1))


def test_the_strongest_of_each_side_are_netted_and_the_rest_counts_for_nothing() -> None:
    slots = table((1, 0.0, 0.3), (2, 0.0, 0.25), (3, 0.0, 0.5), (4, 0.0, 0.125))
    assert slots_net(slots, 0, 4, LIFE, 0) == (0.25, 3)
    assert slots_net(slots, 0, 4, LIFE, LIFE) == (0.0, -1)
    assert slots_net(table((1, 0.0, 0.5), (2, 0.0, 0.5)), 0, 2, LIFE, 0) == (0.0, -1)
    assert slots_net(table((1, 0.0, 0.0), (2, 0.0, 0.25)), 0, 2, LIFE, 0) == (-0.25, 2)
