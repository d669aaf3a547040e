"""Local time for integer kernels: the UTC offsets of a time zone as a fixed-size table.

A kernel cannot ask for a zone's rules, so they are read here, outside, from the IANA data base: one
entry per transition from 1990 to 2060. Earlier times keep the first offset, later ones the last.
"""

from __future__ import annotations

import datetime as dt
import enum
import functools
import zoneinfo
from collections.abc import Iterator
from typing import Final

from bullmachine.core.record import I8, array, record
from bullmachine.core.time import DAY, from_ms, to_ms

__all__ = ["FOR_EVER", "OffsetTable", "Zone", "offset_table"]

FOR_EVER: Final = 2**62
_ENTRIES: Final = 160  #: two transitions a year for 71 years and the last offset are 143
_FIRST_YEAR: Final = 1990
_END_YEAR: Final = 2061
_STRIDE: Final = 14 * DAY  # no listed zone changes its clock twice within a fortnight


class Zone(enum.IntEnum):
    """Whose local time a window is in."""

    UTC = 0
    LONDON = 1
    NEW_YORK = 2
    TOKYO = 3


_IANA: Final = {
    Zone.UTC: "UTC",
    Zone.LONDON: "Europe/London",
    Zone.NEW_YORK: "America/New_York",
    Zone.TOKYO: "Asia/Tokyo",
}


@record
class OffsetTable:
    """Local minus UTC in milliseconds: `offset[j]` holds before `until[j]` and from `until[j - 1]` on."""

    until: list[int] = array(I8, _ENTRIES, FOR_EVER)
    offset: list[int] = array(I8, _ENTRIES)


@functools.cache
def _transitions(zone: Zone) -> tuple[tuple[int, int], ...]:
    return tuple(_scan(zoneinfo.ZoneInfo(_IANA[zone])))


def _scan(zone: zoneinfo.ZoneInfo) -> Iterator[tuple[int, int]]:
    """(until, offset) of every stretch of one offset, in order."""
    ts = to_ms(dt.datetime(_FIRST_YEAR, 1, 1, tzinfo=dt.UTC))
    end = to_ms(dt.datetime(_END_YEAR, 1, 1, tzinfo=dt.UTC))
    while ts < end:
        offset = _offset(zone, ts)
        if _offset(zone, ts + _STRIDE) != offset:
            yield _first_change(zone, ts, ts + _STRIDE), offset
        ts += _STRIDE
    yield FOR_EVER, _offset(zone, ts)


def _first_change(zone: zoneinfo.ZoneInfo, low: int, high: int) -> int:
    """The first millisecond in (low, high] whose offset is not the one at `low`."""
    before = _offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: zoneinfo.ZoneInfo, ts: int) -> int:
    found = from_ms(ts).astimezone(zone).utcoffset()
    return (found or dt.timedelta()) // dt.timedelta(milliseconds=1)


def offset_table(zone: Zone) -> OffsetTable:
    """The offsets of `zone`.

    >>> table = offset_table(Zone.TOKYO)
    >>> table.offset[0] // 3_600_000, table.until[0] == FOR_EVER
    (9, True)
    """
    known = _transitions(zone)
    padding = (FOR_EVER, known[-1][1])
    rows = known + (padding,) * (_ENTRIES - len(known))
    return OffsetTable(until=[until for until, _ in rows], offset=[offset for _, offset in rows])
