"""The account of a reading: every row that was left out, and what the rest looks like."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from bullmachine.core.bars import Admission
from bullmachine.core.time import timeframe_name
from bullmachine.market.columns import Columns
from bullmachine.market.find import find_gaps
from bullmachine.market.report import BadRow, DataReport, Hole
from bullmachine.market.sources import Source
from bullmachine.market.table import Raw
from bullmachine.market.validate import explain

__all__ = ["PLACES", "Judged", "dropped_before", "largest_holes", "rejected", "report_of", "unreadable"]

_Array = np.ndarray[Any, Any]

#: bad rows and holes a report lists
PLACES: Final = 5

_TEXT: Final = "text_in_number"
_NO_TIME: Final = "unreadable_time"


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """Rows with readable cells in time order, their numbers in the source, and admission's verdicts."""

    source: Source[Columns]
    raw: Raw
    number: _Array
    rows: _Array
    tf: int
    verdict: _Array
    against: _Array
    reversed: bool


def unreadable(source: Source[Columns], raw: Raw) -> Iterator[BadRow]:
    """Rows whose cells could not be read, in the source's order."""
    columns, frame = source.table.columns, source.table.frame
    named = columns.named()
    for k in np.flatnonzero(raw.stamps.unreadable | (raw.text >= 0)).tolist():
        if raw.stamps.unreadable[k]:
            cell = " ".join(str(frame[k, place]) for place in columns.time)
            yield BadRow(k + 1, named["time"], cell, _NO_TIME, f"time {cell} cannot be read ({raw.stamps.note})")
        else:
            name = tuple(named.values())[1 + int(raw.text[k])]
            cell = frame[k, columns.names.index(name)]
            yield BadRow(k + 1, name, cell, _TEXT, f"{cell!r} is no number")


def rejected(judged: Judged) -> Iterator[BadRow]:
    """Rows that admission refuses, in time order."""
    named = judged.source.table.columns.named()
    for k in np.flatnonzero(_is_rejected(judged.verdict)).tolist():
        last = int(judged.against[k])
        verdict = Admission(int(judged.verdict[k]))
        column, value, sentence = explain(
            judged.rows[k], verdict, judged.tf, judged.rows[last], int(judged.number[last])
        )
        yield BadRow(int(judged.number[k]), named[column], value, verdict.name.lower(), sentence)


def _is_rejected(verdict: _Array) -> _Array:
    return np.asarray((verdict != Admission.GOOD) & (verdict != Admission.DUPLICATE))


def dropped_before(judged: Judged) -> _Array:
    """How many bad rows stand between each kept row and the one kept before it; repetitions are not bad."""
    bad = judged.raw.stamps.unreadable | (judged.raw.text >= 0)
    bad[judged.number[_is_rejected(judged.verdict)] - 1] = True
    kept = judged.number[judged.verdict == Admission.GOOD] - 1
    if judged.reversed:
        bad, kept = bad[::-1], len(bad) - 1 - kept
    return np.diff(np.cumsum(bad)[kept], prepend=0)


def report_of(judged: Judged, rows: _Array, calendar: str) -> DataReport:
    """The report of the kept `rows` in a calendar."""
    table, raw = judged.source.table, judged.raw
    gaps = find_gaps(rows["ts"], judged.tf, calendar)
    volume = rows["volume"]
    counts = {a: int(np.sum(judged.verdict == a)) for a in Admission}
    return DataReport(
        name=table.where,
        symbol=judged.source.symbol,
        format=table.format,
        sha256=judged.source.sha256 or hashlib.sha256(rows.tobytes()).hexdigest(),
        columns=table.columns.named(),
        stamps=raw.stamps.note,
        reversed=judged.reversed,
        n_source=len(raw.rows),
        n_rows=len(rows),
        first=int(rows["ts"][0]) if len(rows) else 0,
        last=int(rows["ts"][-1]) if len(rows) else 0,
        timeframe=timeframe_name(judged.tf),
        calendar=calendar,
        holes=int(np.sum(gaps > 0)),
        missing_bars=int(gaps.sum()),
        largest_holes=largest_holes(rows["ts"], gaps),
        duplicates=counts[Admission.DUPLICATE],
        zero_volume=int(np.sum(volume == 0)),
        missing_volume=int(np.sum(np.isnan(volume))),
        no_volume=not bool(np.any(volume > 0)),
        impossible=counts[Admission.IMPOSSIBLE],
        rejected=_reasons(raw, counts),
        places=_places(judged),
    )


def largest_holes(ts: _Array, gaps: _Array) -> tuple[Hole, ...]:
    """The longest few silences, where `gaps` bars are missing before each open time."""
    order = np.argsort(-gaps, kind="stable")[:PLACES]
    return tuple(Hole(int(ts[k - 1]), int(gaps[k])) for k in order if gaps[k] > 0)


def _reasons(raw: Raw, counts: dict[Admission, int]) -> dict[str, int]:
    unreadable = raw.stamps.unreadable
    found = {_NO_TIME: int(np.sum(unreadable)), _TEXT: int(np.sum((raw.text >= 0) & ~unreadable))}
    found |= {a.name.lower(): n for a, n in counts.items() if a not in (Admission.GOOD, Admission.DUPLICATE)}
    return {reason: n for reason, n in found.items() if n}


def _places(judged: Judged) -> tuple[BadRow, ...]:
    kinds = (unreadable(judged.source, judged.raw), rejected(judged))
    first = itertools.chain.from_iterable(itertools.islice(bad, PLACES) for bad in kinds)
    return tuple(sorted(first, key=lambda bad: bad.row)[:PLACES])
