"""A live decision is a plain frozen value, though its contributions are made when first asked for."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable

import pytest

from bullmachine import Decision, Machine
from bullmachine.fusion.score import PART_NAMES
from bullmachine.market.sample import sample_rows

ROWS = sample_rows(300).tolist()
COPIES: dict[str, Callable[[Decision], Decision]] = {
    "pickle": lambda d: pickle.loads(pickle.dumps(d)),  # noqa: S301  (our own bytes)
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "replace": dataclasses.replace,
    "fields": lambda d: Decision(**{f.name: getattr(d, f.name) for f in dataclasses.fields(d)}),
}


def last() -> Decision:
    machine = Machine()
    return [machine.update(row) for row in ROWS][-1]


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("asked", [False, True], ids=["unasked", "asked"])
def test_a_copy_is_equal_whether_contributions_were_asked_for_or_not(how: str, *, asked: bool) -> None:
    decision, other = last(), last()
    assert not asked or decision.contributions
    assert COPIES[how](decision) == other
    assert repr(COPIES[how](decision)) == repr(other)


def test_decisions_that_differ_in_one_contribution_are_not_equal() -> None:
    decision = last()
    changed = {**decision.contributions, PART_NAMES[0]: 2.0}
    assert dataclasses.replace(decision, contributions=changed) != decision


def test_contributions_are_one_plain_dict_in_the_order_of_their_names() -> None:
    decision = last()
    assert type(decision.contributions) is dict
    assert tuple(decision.contributions) == tuple(PART_NAMES)
    assert decision.contributions is decision.contributions
    assert any(decision.contributions.values())


def test_the_next_bar_changes_nothing_in_a_decision_that_was_kept_unasked() -> None:
    machine, other = Machine(), Machine()
    kept = [machine.update(row) for row in ROWS]
    asked = [dict(other.update(row).contributions) for row in ROWS]
    assert [d.contributions for d in kept] == asked


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Decision)])
def test_no_field_can_be_set(name: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(last(), name, 0)


def test_a_decision_shows_every_field_and_nothing_else() -> None:
    decision = last()
    said = ", ".join(f"{f.name}={getattr(decision, f.name)!r}" for f in dataclasses.fields(Decision))
    assert repr(decision) == f"Decision({said})"
