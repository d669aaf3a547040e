"""Open times in whatever form they come, to int64 milliseconds UTC. Nothing is guessed.

Integers are seconds, milli-, micro- or nanoseconds since 1970, told apart by their size; text is
year first, with a zone on every row; naive stamps need the caller to say their zone.
What cannot be read in one row is a fact about that row; what makes the whole column ambiguous
(naive, mixed zones, mixed units) is refused at once, under every policy.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import zoneinfo
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bullmachine.core.errors import ConfigError, DataError
from bullmachine.core.time import DAY, HOUR, MINUTE, to_ms

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Stamps", "read_every_stamp", "read_stamps"]

_Ints = np.ndarray[Any, np.dtype[np.int64]]
_Bools = np.ndarray[Any, np.dtype[np.bool_]]

# A stamp of 1973-03-03 or later is in exactly one of these ranges; 20220101 is in none.
_UNITS: Final = (("seconds", 10**8), ("milliseconds", 10**11), ("microseconds", 10**14), ("nanoseconds", 10**17))
# What Python's calendar can write, less a year at its end: a bar there still has a close.
_FIRST, _LAST = (to_ms(dt.datetime(year, 1, 1, tzinfo=dt.UTC)) for year in (1, 9999))
_PER_MS: Final = {"ms": 1, "us": 10**3, "ns": 10**6}
_EPOCH_TEXT: Final = r"^\d{8,19}(\.0+)?$"
_ISO: Final = (
    r"^(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?"
    r"\s*((?i:Z|UTC|GMT)|[+-]\d{2}(?::?\d{2})?)?$"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Stamps:
    """Open times in ms UTC, which rows could not be read, and how the column was understood."""

    ms: _Ints
    unreadable: _Bools
    note: str


def read_stamps(column: pl.Series, where: str, tz: str | None) -> Stamps:
    """Read a time column; times that no calendar reaches are unreadable.

    Args:
        column: integers, floats, text, dates or datetimes.
        where: what messages call the source.
        tz: zone of naive stamps, such as "UTC" or "America/New_York"; None refuses them.

    Raises:
        DataError: the column is naive, mixes zones or units, or holds no times at all.
        ConfigError: `tz` is no time zone.
    """
    if tz is not None:
        _check_zone(tz)
    found = _read(column, where, tz)
    beyond = (found.ms < _FIRST) | (found.ms >= _LAST)
    return dataclasses.replace(found, ms=np.where(beyond, 0, found.ms), unreadable=found.unreadable | beyond)


def read_every_stamp(column: pl.Series, where: str, tz: str | None) -> _Ints:
    """The same where every row must be readable: ms UTC.

    Raises:
        DataError: as `read_stamps`, or a row that cannot be read, with its cell.
    """
    stamps = read_stamps(column, where, tz)
    bad = np.flatnonzero(stamps.unreadable)
    if len(bad):
        row, cell = int(bad[0]) + 1, column[int(bad[0])]
        raise DataError(
            f"{where} row {row}, column {column.name}: time {cell} cannot be read ({stamps.note}); correct it",
            path=where,
            row=row,
            column=column.name,
            value=cell,
        )
    return stamps.ms


def _read(column: pl.Series, where: str, tz: str | None) -> Stamps:
    import polars as pl  # noqa: PLC0415  (the command line must start fast)

    kind = column.dtype
    if kind == pl.String:
        text = column.str.strip_chars()
        if bool(text.drop_nulls().str.contains(_EPOCH_TEXT).any()):
            return _epochs(text.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False), where)
        return _texts(text, where, tz)
    if kind.is_integer():
        return _epochs(column.cast(pl.Int64, strict=False), where)
    if kind.is_float():
        return _epochs(_whole(column), where)
    if kind == pl.Date:
        return _datetimes(column.cast(pl.Datetime("ms")), "ms", None, where, tz)
    if isinstance(kind, pl.Datetime):
        return _datetimes(column, kind.time_unit, kind.time_zone, where, tz)
    raise DataError(f"{where}: column {column.name} holds {kind}, not times", path=where, column=column.name)


def _whole(column: pl.Series) -> pl.Series:
    """Floats that are whole numbers as integers; null where one is not."""
    import polars as pl  # noqa: PLC0415

    return (
        pl.select(pl.when(column.is_finite() & (column == column.floor())).then(column))
        .to_series()
        .cast(pl.Int64, strict=False)
    )


def _epochs(column: pl.Series, where: str) -> Stamps:
    unreadable = column.is_null().to_numpy()
    value = column.fill_null(0).to_numpy()
    unit = np.searchsorted([low for _, low in _UNITS], value, side="right") - 1
    unreadable = unreadable | (unit < 0)
    units = np.unique(unit[~unreadable])
    if len(units) == 0:
        raise DataError(
            f"{where} row 1: time {column[0]} is no count of seconds, milli-, micro- or "
            "nanoseconds since 1970; write times as 2024-01-31T00:00:00Z",
            path=where,
            row=1,
        )
    if len(units) > 1:
        _refuse_units(where, value, unit, unreadable)
    name, _ = _UNITS[units[0]]
    factor, divisor = (1000, 1) if units[0] == 0 else (1, 1000 ** (int(units[0]) - 1))
    value = np.where(unreadable, 0, value)
    unreadable = unreadable | (value % divisor != 0)
    return Stamps(value // divisor * factor, unreadable, f"{name} since 1970")


def _refuse_units(where: str, value: _Ints, unit: _Ints, unreadable: _Bools) -> None:
    good = np.flatnonzero(~unreadable)
    k = int(good[np.flatnonzero(unit[good] != unit[good[0]])[0]])
    raise DataError(
        f"{where} row {k + 1}: time {value[k]} is in {_UNITS[unit[k]][0]}, "
        f"row {good[0] + 1} in {_UNITS[unit[good[0]]][0]}; use one unit",
        path=where,
        row=k + 1,
        value=int(value[k]),
    )


def _datetimes(column: pl.Series, unit: str, zone: str | None, where: str, tz: str | None) -> Stamps:
    physical = column.to_physical()
    value, per = physical.fill_null(0).to_numpy(), _PER_MS[unit]
    unreadable = physical.is_null().to_numpy() | (value % per != 0)
    if zone is None:
        return _local(value // per, unreadable, np.ones(len(value), np.bool_), where, tz)
    return Stamps(value // per, unreadable, f"datetimes, {zone}")


def _texts(text: pl.Series, where: str, tz: str | None) -> Stamps:
    import polars as pl  # noqa: PLC0415

    parts = text.str.extract_groups(_ISO).struct.unnest()
    names = parts.columns
    number = [parts[n].cast(pl.Int64).fill_null(-1).to_numpy() for n in names[:6]]
    unreadable = number[0] < 0
    fraction = parts[names[6]].fill_null("").str.pad_end(9, "0").cast(pl.Int64).to_numpy()
    days, wrong = _days(*number[:3])
    hour, minute, second = (np.maximum(n, 0) for n in number[3:])
    unreadable = unreadable | wrong | (hour > 23) | (minute > 59) | (second > 59) | (fraction % 10**6 != 0)  # noqa: PLR2004
    if unreadable.all():
        first = text[0] if len(text) else ""
        raise DataError(
            f"{where} row 1: time {first!r} cannot be read; write times as 2024-01-31T00:00:00Z",
            path=where,
            row=1,
            value=first,
        )
    ms = days * DAY + hour * HOUR + minute * MINUTE + second * 1000 + fraction // 10**6
    naive, offset = _zones(parts[names[7]])
    if (naive & ~unreadable).any():
        return _local(ms, unreadable, naive, where, tz)
    _refuse_mixed(text, offset, unreadable, where)
    return Stamps(ms - offset, unreadable, "text with a zone")


def _days(year: _Ints, month: _Ints, day: _Ints) -> tuple[_Ints, _Bools]:
    """Days since 1970 and which dates do not exist."""
    months = ((year - 1970) * 12 + np.clip(month, 1, 12) - 1).astype("M8[M]")
    first = months.astype("M8[D]").astype(np.int64)
    length = (months + 1).astype("M8[D]").astype(np.int64) - first
    return first + day - 1, (month < 1) | (month > 12) | (day < 1) | (day > length)  # noqa: PLR2004


def _zones(zone: pl.Series) -> tuple[_Bools, _Ints]:
    """Which rows name no zone, and the offsets from UTC in ms (few distinct ones: looked up)."""
    import polars as pl  # noqa: PLC0415

    known = {z: _offset(z) for z in zone.unique().drop_nulls().to_list()}
    naive = zone.is_null().to_numpy()
    offset = zone.replace_strict(known, default=0, return_dtype=pl.Int64).to_numpy()
    return naive, offset


def _offset(zone: str) -> int:
    if zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return (minutes if zone[0] == "+" else -minutes) * MINUTE


def _refuse_mixed(text: pl.Series, offset: _Ints, unreadable: _Bools, where: str) -> None:
    """Offsets an hour apart are one zone's summer and winter; more is two zones in one file."""
    good = np.flatnonzero(~unreadable)
    far = good[np.abs(offset[good] - offset[good[0]]) > HOUR]
    if len(far):
        k = int(far[0])
        raise DataError(
            f"{where} row {k + 1}: time {text[k]} is in another zone than row {good[0] + 1} "
            f"({text[int(good[0])]}); export all rows in UTC",
            path=where,
            row=k + 1,
            value=text[k],
        )


def _local(ms: _Ints, unreadable: _Bools, naive: _Bools, where: str, tz: str | None) -> Stamps:
    """Naive stamps in the zone the caller named; an hour that is missing or double is unreadable."""
    import polars as pl  # noqa: PLC0415

    good = np.flatnonzero(~unreadable)
    if len(good) and not naive[good].all():
        k = int(good[np.flatnonzero(naive[good] != naive[good[0]])[0]])
        raise DataError(
            f"{where} row {k + 1}: the time {'lacks' if naive[k] else 'has'} a zone, unlike row {good[0] + 1}; "
            "export all rows in UTC",
            path=where,
            row=k + 1,
        )
    if tz is None:
        raise DataError(
            f"{where}: the times name no zone; export them with one (2024-01-31T00:00:00Z) "
            "or say which it is (tz: UTC)",
            path=where,
        )
    aware = pl.Series(ms).cast(pl.Datetime("ms")).dt.replace_time_zone(tz, ambiguous="null", non_existent="null")
    physical = aware.to_physical()
    return Stamps(physical.fill_null(0).to_numpy(), unreadable | physical.is_null().to_numpy(), f"naive, read as {tz}")


@functools.cache
def _check_zone(tz: str) -> None:
    try:
        zoneinfo.ZoneInfo(tz)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a folder, such as Europe
        raise ConfigError(f"tz = {tz!r} is no time zone; use UTC or America/New_York", key="tz", value=tz) from error
