"""Releases: when the value of an observation could first be known.

A macro series is stamped with the day it is about, not with the moment it was published. Joining it on its
own day is looking ahead, so every series says its release rule:

    +0 days 22:00        so many days after the day of the observation, at that time (UTC)
    +1 weekdays 22:00    so many days from Monday to Friday later; holidays are not known here
    +1 weeks tue 22:00   on that weekday of the week so many weeks after the observation's week (from Monday)
    at its stamp         as soon as it is stamped: settlements, snapshots
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bullmachine.core.errors import ConfigError
from bullmachine.core.time import DAY, HOUR, MINUTE

__all__ = ["Release", "parse_release"]

_Ints = np.ndarray[Any, np.dtype[np.int64]]
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RULE: Final = re.compile(
    r"\+\s*(?P<n>\d{1,2})\s+(?:(?P<unit>day|weekday)s?|weeks?\s+(?P<day>" + "|".join(_DAYS) + r"))"
    r"\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})"
)
_AT_STAMP: Final = "at its stamp"
_MOST: Final = 31  #: a release later than this is a slip
_EPOCH_WEEKDAY: Final = 3  # 1970-01-01 was a Thursday, counted from Monday = 0


@dataclass(frozen=True, slots=True)
class Release:
    """A release rule: `n` days, weekdays or weeks after, at `time` (ms into the UTC day); `day` of that week."""

    unit: str
    n: int = 0
    day: int = 0
    time: int = 0

    def known_at(self, ts: _Ints) -> _Ints:
        """When observations stamped `ts` (ms UTC) are known, ms UTC.

        >>> friday = np.array([1_704_412_800_000])  # 2024-01-05
        >>> (parse_release("+1 weekdays 22:00").known_at(friday) - friday) // HOUR  # Monday, 22:00
        array([94])
        """
        if self.unit == "stamp":
            return ts
        days = ts // DAY
        if self.unit == "day":
            days = days + self.n
        elif self.unit == "week":
            days = days - (days + _EPOCH_WEEKDAY) % 7 + 7 * self.n + self.day
        else:
            dates = days.astype("datetime64[D]")
            days = np.busday_offset(dates, self.n, roll="backward" if self.n else "forward").astype(np.int64)
        return np.asarray(days * DAY + self.time, np.int64)


def parse_release(text: str) -> Release:
    """The rule that `text` says.

    Raises:
        ConfigError: it says none.

    >>> parse_release("+1 weeks tue 22:00")
    Release(unit='week', n=1, day=1, time=79200000)
    """
    if text == _AT_STAMP:
        return Release("stamp")
    found = _RULE.fullmatch(text.strip().lower())
    if found is None or int(found["hour"]) > 24 or int(found["minute"]) > 59 or int(found["n"]) > _MOST:  # noqa: PLR2004  (a clock)
        raise ConfigError(
            f'release = "{text}" is no release rule; write "+1 weekdays 22:00", "+0 days 22:00", '
            f'"+1 weeks tue 22:00" or "{_AT_STAMP}" (UTC)',
            key="release",
            value=text,
        )
    time = int(found["hour"]) * HOUR + int(found["minute"]) * MINUTE
    day = 0 if found["day"] is None else _DAYS.index(found["day"])
    return Release(found["unit"] or "week", int(found["n"]), day, time)
