"""Series: what a column of a macro table is: unit, period, when values are released and when they are old."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from bullmachine.core.errors import ConfigError
from bullmachine.core.record import param
from bullmachine.core.time import DAY, parse_timeframe
from bullmachine.macro.release import Release, parse_release

__all__ = ["FUNDING", "Series"]

FUNDING: Final = "funding"  #: the series that a table of settlements fills


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series. Values outside `low` to `high` are refused: they are another unit."""

    column: str = param(default="", doc="column of the table; empty: the series' own name")
    unit: str = param(default="", doc="what a value is in, such as points or fraction")
    period: str = param(default="1d", doc="from one observation to the next where there is one, such as 8h, 1d or 1w")
    release: str = param(default="", doc="when a value is known: +1 weekdays 22:00, +1 weeks tue 22:00, at its stamp")
    max_age: float = param(default=5.0, ge=0.1, le=400.0, doc="days after its release from which a value is stale")
    low: float = param(default=-1e15, ge=-1e15, le=1e15, doc="least plausible value")
    high: float = param(default=1e15, ge=-1e15, le=1e15, doc="greatest plausible value")

    def __post_init__(self) -> None:
        """Every text says something that can be used."""
        if not self.release:
            raise ConfigError(
                'release is missing: say when a value is known, such as "+1 weekdays 22:00"', key="release"
            )
        parse_release(self.release)
        parse_timeframe(self.period)
        if not self.low < self.high:
            raise ConfigError(f"low = {self.low:g} is not below high = {self.high:g}", key="low", value=self.low)

    @property
    def rule(self) -> Release:
        """The release rule."""
        return parse_release(self.release)

    @property
    def step(self) -> int:
        """The period in ms."""
        return parse_timeframe(self.period)

    @property
    def age(self) -> int:
        """The ms after its release up to which a value is fresh."""
        return math.floor(self.max_age * DAY)
