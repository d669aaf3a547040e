"""Trading ranges as structures: what the two Wyckoff machines of a timeframe built, read from their events.

A structure begins with a climax, or as a range without one, and is a range once both edges are known: with the AR or
the RANGE. Its edges move where a test goes beyond one. It ends with the event that ended it, or with the run.
What began before the window is not here: its edges are in no event.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from bullmachine.report.words import ended

__all__ = ["Structure", "structures"]

_OPENS: Final = {"SC": 1, "BC": -1}
_LEAVES: Final = {"MARKUP": 1, "MARKDOWN": -1}
_ENDS: Final = {"ACC_FAIL": 1, "DIST_FAIL": -1}
_MOVES: Final = {"UNDERCUT": 1, "UT": -1}
#: kinds of both sides, whose direction is the side's
_EITHER: Final = ("AR", "ST", "RANGE_END")
_OF_ONE: Final = _OPENS | _LEAVES | _ENDS | _MOVES
_Row = dict[str, Any]


@dataclass
class Structure:
    """One side's structure: `way` +1 is an accumulation.

    `id` is the event that made the range, `kind` its kind, `ref` where the structure began. `edges` are the times from
    which on its low and its high held. `left` is when markup began, `decided` until when the other side claimed the
    same range (None: it never did), `end` when it ended and `over` how; both None while it lives.
    """

    tf: str
    way: int
    ref: dt.datetime
    id: int = -1
    kind: str = ""
    known: dt.datetime | None = None
    edges: list[tuple[dt.datetime, float, float]] = field(default_factory=list)
    left: dt.datetime | None = None
    decided: dt.datetime | None = None
    twin: Structure | None = None
    end: dt.datetime | None = None
    over: str = ""

    def move(self, time: dt.datetime, price: float) -> None:
        """A test at `price`: if it lies beyond the support, that moves there."""
        _, lo, hi = self.edges[-1]
        new = (min(lo, price), hi) if self.way > 0 else (lo, max(hi, price))
        if new != (lo, hi):
            self.edges.append((time, *new))

    def settle(self, time: dt.datetime) -> None:
        """One of two that claimed the same range has ended: from now on it has one side."""
        for side in (self, self.twin):
            if side is not None and side.twin is not None:
                side.decided, side.twin = time, None


def structures(events: pl.DataFrame) -> list[Structure]:
    """The ranges of all timeframes, in the order in which they were known."""
    rows = events.filter(pl.col("kind").is_in([*_OF_ONE, *_EITHER, "RANGE"]))
    columns = ("id", "kind", "tf", "dir", "t_ref", "t_known", "price", "lo", "hi", "state", "reason")
    live: dict[tuple[str, int], Structure] = {}
    return sorted(
        (s for row in rows.select(columns).iter_rows(named=True) for s in _take(live, row)),
        key=lambda s: s.edges[0][0],
    )


def _take(live: dict[tuple[str, int], Structure], row: _Row) -> Iterator[Structure]:
    """What one event changes; the structures that are ranges with it."""
    kind, tf = row["kind"], row["tf"]
    if kind == "RANGE":
        pair = [_known(Structure(tf, way, row["t_ref"]), row) for way in (1, -1)]
        for one, other in (pair, pair[::-1]):
            one.twin = other
            live[tf, one.way] = one
            yield one
        return
    way: int = _OF_ONE.get(kind) or row["dir"]
    if kind in _OPENS:
        live[tf, way] = Structure(tf, way, row["t_ref"])
    elif (one_side := live.get((tf, way))) is not None:
        if kind == "AR":
            yield _known(one_side, row)
        elif one_side.edges:
            _change(one_side, row)
        if row["state"] == "end":
            del live[tf, way]


def _known(s: Structure, row: _Row) -> Structure:
    """Both edges are known with this event."""
    s.id, s.kind, s.known = row["id"], row["kind"], row["t_known"]
    s.edges = [(row["t_known"], row["lo"], row["hi"])]
    return s


def _change(s: Structure, row: _Row) -> None:
    """What an event of a side does to its range."""
    kind, time = row["kind"], row["t_known"]
    if kind == "ST" or kind in _MOVES:
        s.move(time, row["price"])
    elif kind in _LEAVES:
        s.left = time
    elif row["state"] == "end":
        s.end, s.over = time, ended(kind, row["reason"])
        s.settle(time)
