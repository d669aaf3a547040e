"""Slot tables at their edges; the momentum twin checks them on whole markets."""

from typing import Any

import pytest

from bullmachine.core.record import to_array
from bullmachine.core.slots import SlotTable, slot_keep, slot_strength, slots_expire, slots_net

LIFE = 4


def table(*slots: tuple[int, int, int, int, float, float]) -> Any:
    made = to_array(SlotTable)[0]
    for k, slot in enumerate(slots):
        made.slots[k] = slot
    return made


def test_a_weaker_event_waits_until_the_older_has_decayed_to_it() -> None:
    slots = table((1, 0, 7, 1, 100.0, 0.8))
    first = slots.slots[0]
    slot_keep(first, LIFE, 1, 1, 8, 101.0, 0.59)
    assert first.id == 7
    slot_keep(first, LIFE, 1, 1, 9, 101.0, slot_strength(first, LIFE, 1))
    assert (first.id, first.i, first.level) == (9, 1, 101.0)


@pytest.mark.parametrize(("i", "close", "live"), [(3, 100.0, 1), (4, 100.0, 0), (3, 99.9, 0), (3, 100.1, 1)])
def test_age_and_a_close_beyond_the_level_end_it(i: int, close: float, live: int) -> None:
    slots = table((1, 0, 7, 1, 100.0, 0.8))
    slots_expire(slots, 0, 1, LIFE, i, close)
    assert slots.slots[0].live == live


def test_the_strongest_of_each_side_are_netted_and_the_rest_counts_for_nothing() -> None:
    slots = table((1, 0, 1, 1, 0.0, 0.3), (1, 0, 2, 1, 0.0, 0.5), (1, 0, 3, -1, 0.0, 0.25), (0, 0, 4, -1, 0.0, 0.9))
    assert slots_net(slots, 0, 4, LIFE, 0) == (0.25, 2)
    assert slots_net(slots, 0, 4, LIFE, LIFE) == (0.0, -1)
    assert slots_net(table((1, 0, 1, 1, 0.0, 0.5), (1, 0, 2, -1, 0.0, 0.5)), 0, 2, LIFE, 0) == (0.0, -1)
    assert slots_net(slots, 2, 3, LIFE, 0) == (-0.25, 3)
