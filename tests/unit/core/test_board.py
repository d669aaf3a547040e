"""A board against lists that are sorted anew after every step."""

from typing import Any

import hypothesis.strategies as st
import numba
import pytest
from hypothesis import given, settings

from bullmachine.core.board import (
    BIRTHS,
    PLACES,
    Board,
    board_add,
    board_due,
    board_next,
    board_remove,
    board_reschedule,
    board_turn,
)
from bullmachine.core.record import to_array

#: one step: what to do, which of the live things, direction, edge, expiry, birth; few values, so that ties abound
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "add", "remove", "turn", "reschedule"]),
        st.integers(0, 200),
        st.sampled_from([1, -1]),
        st.integers(-3, 3),
        st.integers(0, 6),
        st.integers(0, BIRTHS - 1),
    ),
    max_size=60,
)


def board() -> Any:
    """As kernels take it: a record in an array, or its twin where they run as plain Python."""
    return Board() if numba.config.DISABLE_JIT else to_array(Board)[0]


class Plain:
    """What is on the board, as a dict: place -> [direction, edge, expiry, birth, id, came to its line, to its expiry].

    Upside down a higher edge is nearer for both directions; of equal edges the one that came first is nearer.
    """

    def __init__(self) -> None:
        self.live: dict[int, list[float]] = {}
        self.clock = 0
        self.most = 0

    def now(self) -> int:
        self.clock += 1
        return self.clock

    def add(self, place: int, dir_: int, key: float, expiry: int, birth: int, id_: int) -> None:
        assert place not in self.live
        at = self.now()
        self.live[place] = [dir_, key, expiry, birth, id_, at, at]
        self.most = max(self.most, len(self.live))

    def turn(self, place: int, dir_: int, key: float) -> None:
        self.live[place][:2], self.live[place][5] = [dir_, key], self.now()

    def reschedule(self, place: int, expiry: int) -> None:
        self.live[place][2], self.live[place][6] = expiry, self.now()

    def line(self, dir_: int) -> list[int]:
        """Nearest first."""
        own = [place for place, thing in self.live.items() if thing[0] == dir_]
        return sorted(own, key=lambda place: (-self.live[place][1], self.live[place][5]))

    def agenda(self) -> list[int]:
        return sorted(self.live, key=lambda place: (self.live[place][2], self.live[place][6]))

    def next(self, birth: int) -> int:
        own = [place for place, thing in self.live.items() if thing[3] == birth]
        return min(own, key=lambda place: (self.live[place][2], self.live[place][4]))


def agenda(b: Any, *, backwards: bool = False) -> list[int]:
    found, links = [], b.before if backwards else b.after
    at = int(b.last if backwards else b.first)
    while at != -1:
        found.append(at)
        at = int(links[at])
        assert len(found) <= PLACES
    return found


def same(b: Any, plain: Plain) -> None:
    for dir_, line in zip((1, -1), b.lines, strict=True):
        expected = plain.line(dir_)
        assert [int(p) for p in line.place[: line.n]] == expected[::-1]
        assert [float(k) for k in line.key[: line.n]] == [plain.live[p][1] for p in expected[::-1]]
    assert agenda(b) == plain.agenda()
    assert agenda(b, backwards=True) == plain.agenda()[::-1]
    births = [thing[3] for thing in plain.live.values()]
    assert [int(n) for n in b.n] == [births.count(birth) for birth in range(BIRTHS)]
    assert int(b.used) == plain.most
    assert int(b.used) - int(b.n_free) == len(plain.live)
    for i in range(-1, 8):
        due = [place for place in plain.agenda() if plain.live[place][2] <= i]
        assert board_due(b, i) == (due[0] if due else -1)
    for birth in set(births):
        assert board_next(b, int(birth)) == plain.next(int(birth))


def do(b: Any, plain: Plain, step: tuple[str, int, int, int, int, int], id_: int) -> bool:
    """Do one step on both; whether it moved something between the lines or in and out."""
    what, which, dir_, key, expiry, birth = step
    if what == "add":
        plain.add(board_add(b, birth, dir_, float(key), expiry, id_), dir_, float(key), expiry, birth, id_)
        return True
    if not plain.live:
        return False
    place = sorted(plain.live)[which % len(plain.live)]
    if what == "remove":
        board_remove(b, place)
        del plain.live[place]
    elif what == "turn":
        board_turn(b, place, dir_, float(key))
        plain.turn(place, dir_, float(key))
    else:
        board_reschedule(b, place, expiry)
        plain.reschedule(place, expiry)
    return what != "reschedule"


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_lines_agenda_and_births_are_those_of_sorted_lists(steps: list[tuple[str, int, int, int, int, int]]) -> None:
    b, plain, changes = board(), Plain(), 0
    for id_, step in enumerate(steps):
        changes += do(b, plain, step, id_)
        same(b, plain)
        assert sum(b.changes) == changes


@given(st.randoms(use_true_random=False))
@settings(max_examples=4, deadline=None)
def test_a_full_board_gives_up_and_takes_back_every_place(random: Any) -> None:
    b, plain = board(), Plain()

    def fill() -> None:
        while len(plain.live) < PLACES:
            step = (
                "add",
                0,
                random.choice((1, -1)),
                random.randrange(9),
                random.randrange(7),
                random.randrange(BIRTHS),
            )
            do(b, plain, step, plain.clock)

    fill()
    same(b, plain)
    assert sorted(plain.live) == list(range(PLACES))
    for _ in range(120):
        do(b, plain, ("remove", random.randrange(PLACES), 1, 0, 0, 0), 0)
    same(b, plain)
    fill()
    same(b, plain)
    assert sorted(plain.live) == list(range(PLACES))


@pytest.mark.parametrize("dir_", [1, -1])
def test_of_equals_the_one_that_came_first_is_nearest_and_ends_first(dir_: int) -> None:
    b = board()
    first, second = (board_add(b, 0, dir_, 5.0, 9, id_) for id_ in (7, 8))
    line = b.lines[0 if dir_ > 0 else 1]
    assert [int(p) for p in line.place[:2]] == [second, first]
    assert board_due(b, 9) == first
    board_reschedule(b, first, 9)
    assert board_due(b, 9) == second
    assert board_next(b, 0) == first
