"""What spoke for a trade: the events behind those contributions that asked for it.

A contribution `engine.part.stream` comes from the reading's field `part_id` of that stream and engine, where
there is one: the event it speaks of (`phase_trend` and `phase_reversal` share `phase_id`). An event is behind a
decision when its contribution belongs to the book that asked and points the way of the trade. A trade that a
signal of one's own asked for has none; that of a setup has what its conditions stand on.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bullmachine.core.record import dtype_of
from bullmachine.fusion.readings import Readings
from bullmachine.fusion.score import PART_NAMES, TREND_PARTS, Book
from bullmachine.trading.ask import FROM_SETUPS
from bullmachine.trading.records import PARENTS

__all__ = ["behind"]

_Array = np.ndarray[Any, Any]


def _fields(dtype: Any) -> dict[str, Any]:
    """The parts of a record; none of a number, or of a record that is not there."""
    return {} if dtype is None else {name: of for name, (of, *_) in (dtype.fields or {}).items()}


def _sources() -> list[tuple[int, int, tuple[str, str, str]]]:
    """Of each contribution that speaks of an event: its number, its book, where the readings hold the id."""
    found: list[tuple[int, int, tuple[str, str, str]]] = []
    streams = _fields(dtype_of(Readings))
    for k, name in enumerate(PART_NAMES):
        engine, part, stream = (*name.split("."), "", "")[:3]
        fields = _fields(_fields(streams.get(stream)).get(engine))
        for field in {f"{part}_id", f"{part.partition('_')[0]}_id"} & fields.keys():
            book = Book.TREND if k < TREND_PARTS else Book.REVERSAL
            found.append((k, book, (stream, engine, field)))
    return found


_SOURCES: Final = _sources()


def behind(decisions: _Array, readings: _Array, fired: _Array) -> _Array:
    """Ids of the events behind each decision that asked, -1 in empty places: one row per decision.

    Args:
        decisions: rows of `Decision`.
        readings: the readings they were made of, as many.
        fired: rows of `Fired`, as many: what the setup that asked stands on.
    """
    ids = np.full((len(decisions), max(len(_SOURCES), PARENTS)), -1, np.int64)
    by_setup = decisions["source"] == FROM_SETUPS + fired["setup"]
    stood_on = by_setup[:, None] & (np.arange(PARENTS) < fired["n"][:, None])
    ids[:, :PARENTS][stood_on] = fired["ids"][stood_on]
    for place, (k, book, (stream, engine, field)) in enumerate(_SOURCES):
        spoke = (decisions["source"] == book) & (decisions["score"]["parts"][:, k] * decisions["asked"] > 0.0)
        ids[spoke, place] = readings[stream][engine][field][spoke]
    return ids
