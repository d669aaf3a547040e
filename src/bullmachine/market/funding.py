"""Funding: what holders of a perpetual pay each other, from a table of settlements or as an assumption.

A rate is a fraction of the notional per settlement; a positive one is paid by longs and received by
shorts. A settlement is due at the first base bar that opens at or after it, so that a bar with a hole
before it carries what fell into the hole.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bullmachine.core.errors import DataError
from bullmachine.core.time import HOUR, MINUTE
from bullmachine.market.settlements import check_settlements
from bullmachine.market.sources import open_table
from bullmachine.market.stamps import read_every_stamp

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Settlements", "due", "read_funding"]

_Floats = np.ndarray[Any, np.dtype[np.float64]]
_Ints = np.ndarray[Any, np.dtype[np.int64]]

# Compared without case, blanks and underscores, the most trusted first.
_TIMES: Final = ("fundingtime", "calctime", "fundingratetimestamp", "timestamp", "datetime", "time", "ts", "date")
_RATES: Final = ("fundingrate", "lastfundingrate", "rate", "funding")
_BPS: Final = 1e-4
_PER: Final = 8  #: hours that a rate in "bps per 8 h" is for


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Settlements:
    """Sorted, unique settlements: `ts` in ms UTC on whole minutes, `rate` as a fraction; `name` for messages."""

    name: str
    ts: _Ints
    rate: _Floats


def read_funding(
    source: Any, *, hours: int = 8, start: int | None = None, end: int | None = None, tz: str | None = None
) -> Settlements:
    """Read a table of settlements, one row each, from a CSV, Parquet or Feather file or a frame.

    Venues stamp a settlement some milliseconds late: stamps are rounded to the minute. A table that is
    strictly newest first is turned round.

    Args:
        source: a path or an eager frame with a column of times and one of rates, recognised by name.
        hours: from one settlement to the next, as the venue says (`costs.funding_hours`).
        start: open time of the first bar that pays, ms UTC; None: the table's first settlement.
        end: open time of the last bar, ms UTC; None: the table's last settlement.
        tz: zone of naive stamps; None refuses them.

    Raises:
        DataError: one sentence with the place and the remedy: a column is absent, a cell is no time or
            no finite number, rows are out of order or repeated, a settlement is missing, the unit is no
            fraction per settlement, or the table does not reach over the window.

    >>> import polars as pl
    >>> stamps = [1_577_836_800_005, 1_577_865_600_000]
    >>> read_funding(pl.DataFrame({"fundingTime": stamps, "fundingRate": ["0.0001", "-2e-5"]})).rate.tolist()
    [0.0001, -2e-05]
    """
    where, frame = open_table(source, "funding rates")
    if len(frame) == 0:
        raise DataError(f"{where} has columns but no settlements", path=where)
    time, paid = _column(frame.columns, _TIMES, "time", where), _column(frame.columns, _RATES, "rate", where)
    ts, rate = _times(frame[time], where, tz), _rates(frame[paid], where)
    turned = len(ts) > 1 and bool((np.diff(ts) < 0).all())
    if turned:
        ts, rate = ts[::-1].copy(), rate[::-1].copy()
    check_settlements(where, ts, rate, hours * HOUR, start, end, turned=turned)
    return Settlements(where, ts, rate)


def due(table: Settlements, opens: _Ints, after: int | None = None) -> _Floats:
    """The summed rates due at each bar: of all settlements in (the previous bar's open, this bar's open].

    A function of the table and two times only: chunks give the bytes of the whole when each is told
    where the one before it ended, and no later settlement changes an earlier value.

    Args:
        table: settlements.
        opens: rising open times of base bars, ms UTC.
        after: open time of the bar before the first; None: at the first only settlements stamped at it.

    >>> table = Settlements("x", np.array([0, 8, 16]) * HOUR, np.array([1e-4, 2e-4, 4e-4]))
    >>> due(table, np.array([0, 7, 8, 24]) * HOUR).tolist()
    [0.0001, 0.0, 0.0002, 0.0004]
    """
    bar = np.searchsorted(opens, table.ts, side="left")
    before = _before(opens, after)
    paid = (bar < len(opens)) & (table.ts > before)
    # Summed bar by bar: differences of one running sum would make a bar's value depend on the table's beginning.
    return np.asarray(np.bincount(bar[paid], weights=table.rate[paid], minlength=len(opens)), np.float64)


def _before(opens: _Ints, after: int | None) -> int:
    """The moment up to which settlements belong to earlier bars."""
    if after is not None:
        return after
    return int(opens[0]) - 1 if len(opens) else 0


def _times(column: pl.Series, where: str, tz: str | None) -> _Ints:
    return (read_every_stamp(column, where, tz) + MINUTE // 2) // MINUTE * MINUTE


def _rates(column: pl.Series, where: str) -> _Floats:
    import polars as pl  # noqa: PLC0415  (the command line must start fast)

    cells = column.str.strip_chars() if column.dtype == pl.String else column
    rate = cells.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    bad = np.flatnonzero(~np.isfinite(rate))
    if len(bad):
        row, cell = int(bad[0]) + 1, column[int(bad[0])]
        raise DataError(
            f"{where} row {row}, column {column.name}: rate {cell} is no finite number; correct it",
            path=where,
            row=row,
            column=column.name,
            value=cell,
        )
    return np.ascontiguousarray(rate, np.float64)


def _column(names: Sequence[str], known: Sequence[str], part: str, where: str) -> str:
    plain = {name: "".join(c for c in name.lower() if c.isalnum()) for name in names}
    for wanted in known:
        found = [name for name in names if plain[name] == wanted]
        if len(found) > 1:
            both = " and ".join(repr(name) for name in found)
            raise DataError(f"{where} has several columns for the {part}: {both}; keep one", path=where, column=part)
        if found:
            return found[0]
    raise DataError(
        f"{where} has no column for the {part} of a settlement (found: {', '.join(names) or 'none'}); "
        "name them fundingTime and fundingRate",
        path=where,
        column=part,
        value=tuple(names),
    )
