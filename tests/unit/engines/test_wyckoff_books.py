"""Books of slots against a dict that is gone through on every bar."""

from typing import Any

import hypothesis.strategies as st
import numba
from hypothesis import example, given, settings

from bullmachine.core.record import to_array
from bullmachine.core.slots import SLOT_PLACES
from bullmachine.engines.wyckoff.book import Books, book_best, book_free, book_keep, books_fade, books_settle

PLACES = 2 * SLOT_PLACES  # of two books; even ones are bulls'
LIVES = (1, 3, 10, 24)
Step = tuple[int, int, float, bool]
Bar = tuple[int, list[Step]]
#: strengths on a grid, so that ties abound, and any others
STRENGTHS = st.one_of(st.integers(0, 8).map(lambda n: n / 8), st.floats(0.0, 1.0))
EVENTS = st.lists(
    st.tuples(st.integers(0, PLACES - 1), st.integers(-3, 3), STRENGTHS, st.booleans()), min_size=0, max_size=3
)
#: bars: the close, and what happens: place, level, strength, and whether the place is freed instead
BARS = st.lists(st.tuples(st.integers(-4, 4), EVENTS), min_size=1, max_size=60)


def life(place: int) -> int:
    return LIVES[place // 2 % len(LIVES)]


class Plain:
    """Events by place: id, bar, level, strength."""

    def __init__(self) -> None:
        self.live: dict[int, tuple[int, int, float, float]] = {}

    def left(self, place: int, i: int) -> float:
        if place not in self.live:
            return 0.0
        _, born, _, strength = self.live[place]
        return strength * (1.0 - min(i - born, life(place)) / life(place))

    def keep(self, place: int, i: int, id_: int, level: float, strength: float) -> None:
        if strength >= self.left(place, i):
            self.live[place] = (id_, i, level, strength)

    def fade(self, close: float) -> None:
        self.live = {
            place: e for place, e in self.live.items() if not (close < e[2] if place % 2 == 0 else close > e[2])
        }

    def best(self, book: int, side: int, i: int) -> tuple[float, set[int]]:
        """What is left of the strongest, and the ids that are as strong."""
        found = {e[0]: self.left(k, i) for k, e in self.live.items() if k // SLOT_PLACES == book and k % 2 == side}
        most = max(found.values(), default=0.0)
        return most, {id_ for id_, left in found.items() if left == most}


def follow(bars: list[Bar]) -> None:
    """Both take the bars, and say the same after each."""
    books: Any = Books() if numba.config.DISABLE_JIT else to_array(Books)[0]
    plain, id_ = Plain(), 0
    for i, (close, events) in enumerate(bars):
        books_fade(books, i, float(close))
        plain.fade(close)
        for place, level, strength, over in events:
            id_ += 1
            if over:
                book_free(books, place, i)
                plain.live.pop(place, None)
            else:
                book_keep(books, place, life(place), i, id_, float(level), strength)
                plain.keep(place, i, id_, level, strength)
        books_settle(books, i)
        for book in range(2):
            long, long_id, short, short_id = book_best(books.books[book], i, 1.0, 1.0)
            for side, left, told in ((0, long, long_id), (1, short, short_id)):
                most, strongest = plain.best(book, side, i)
                assert left == most
                assert most == 0.0 or told in strongest


@settings(max_examples=300, deadline=None)
@given(BARS)
def test_the_strongest_are_those_of_a_look_at_everything(bars: list[Bar]) -> None:
    follow(bars)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, PLACES - 1), st.just(0), STRENGTHS, st.just(value=False)), max_size=8))
@example([(18, 0, 5e-324, False), (20, 0, 5e-324, False)])  # the least numbers there are: no difference a bar
@example([(18, 0, 1e-323, False), (20, 0, 5e-324, False)])
def test_a_longer_life_overtakes_on_its_bar_though_nothing_happens(events: list[Step]) -> None:
    follow([(0, events), *[(0, [])] * max(LIVES)])
