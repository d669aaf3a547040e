"""Time: int64 milliseconds since 1970-01-01 UTC, and timeframes as their length in milliseconds."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from bullmachine.core.errors import ConfigError
from bullmachine.core.kernel import kernel

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "WEEK",
    "bucket_start",
    "from_ms",
    "parse_timeframe",
    "shown",
    "timeframe_name",
    "to_ms",
]

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
_MONDAY: Final = 4 * DAY  # 1970-01-05, the first Monday of the epoch

_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def parse_timeframe(name: str) -> int:
    """Milliseconds of a timeframe such as `15m`, `1h`, `4h`, `1d`, `1w` (`1M` is refused: elsewhere it is a month).

    >>> parse_timeframe("4h") // HOUR
    4
    """
    found = re.fullmatch(r"([1-9]\d{0,3})([mhHdDwW])", name.strip())
    if found is None:
        raise ConfigError(f"timeframe {name!r} is not like 15m, 1h, 4h, 1d or 1w", key="timeframes", value=name)
    return int(found[1]) * _UNITS[found[2].lower()]


def timeframe_name(length: int) -> str:
    """The shortest name of a timeframe of `length` milliseconds.

    >>> timeframe_name(4 * HOUR), timeframe_name(90 * MINUTE)
    ('4h', '90m')
    """
    for unit in ("w", "d", "h"):
        if length % _UNITS[unit] == 0:
            return f"{length // _UNITS[unit]}{unit}"
    return f"{length // MINUTE}m"


@kernel
def bucket_start(ts: int, length: int) -> int:
    """Open time of the bucket of `length` holding `ts`: UTC-aligned, weeks from Monday."""
    offset = _MONDAY if length % WEEK == 0 else 0
    return ts - (ts - offset) % length


def from_ms(ts: int) -> dt.datetime:
    """The aware UTC datetime of `ts` milliseconds.

    >>> str(from_ms(0))
    '1970-01-01 00:00:00+00:00'
    """
    return _EPOCH + dt.timedelta(milliseconds=int(ts))


def shown(ts: int) -> str:
    """The UTC time of `ts` milliseconds for a sentence; the bare number when no calendar reaches it.

    >>> shown(0), shown(1_700_000_040_000_000)
    ('1970-01-01 00:00:00+00:00', '1700000040000000 ms')
    """
    try:
        return str(from_ms(ts))
    except OverflowError:
        return f"{ts} ms"


def to_ms(when: dt.datetime) -> int:
    """Milliseconds of an aware datetime."""
    return (when - _EPOCH) // dt.timedelta(milliseconds=1)
