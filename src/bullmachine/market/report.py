"""What was read: the bars, and the account of everything found or left out on the way."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from bullmachine.core.time import from_ms, timeframe_name

__all__ = ["BadRow", "Bars", "DataReport", "Finer", "Hole"]


@dataclasses.dataclass(frozen=True, slots=True)
class Hole:
    """A silence of the market: `missing` bars of the calendar after the bar that opened at `after` ms."""

    after: int
    missing: int

    def __str__(self) -> str:
        """The sentence a report prints.

        >>> str(Hole(after=0, missing=3))
        '3 bars missing after 1970-01-01 00:00 UTC'
        """
        return f"{self.missing} bar{'s' * (self.missing != 1)} missing after {from_ms(self.after):%Y-%m-%d %H:%M} UTC"


@dataclasses.dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used: its 1-based number in the source, where in it, what and why."""

    row: int
    column: str
    value: object
    reason: str
    sentence: str

    def __str__(self) -> str:
        """Row, column and what is wrong.

        >>> str(BadRow(3, "high", 9.0, "impossible", "high 9.0 is below low 10.0"))
        'row 3, column high: high 9.0 is below low 10.0'
        """
        return f"row {self.row}, column {self.column}: {self.sentence}"


@dataclasses.dataclass(frozen=True, slots=True)
class DataReport:
    """The account of one reading.

    Attributes:
        name: file name, or the kind of frame.
        symbol: guessed from the file name ("" when it says none).
        format: how the source was understood, such as `csv (tradingview)` or `parquet`.
        sha256: of the file's bytes; of the rows' bytes for a frame.
        columns: which column played which part.
        stamps: how the open times were understood, such as `seconds since 1970`.
        reversed: the source was strictly newest first and was turned round.
        n_source, n_rows: rows in the source, and kept.
        first, last: open times of the first and last kept bar, ms UTC (0 when none is kept).
        timeframe, calendar: as given or as found.
        holes, missing_bars, largest_holes: silences in the calendar, their total, the longest few.
        duplicates: rows dropped because they repeat the one before.
        zero_volume, missing_volume: kept bars whose volume is 0; is absent, NaN, negative or infinite.
        no_volume: no kept bar has any volume.
        impossible: rows whose high is not the highest or low not the lowest price.
        rejected: rows not kept (duplicates apart) by reason.
        places: the first few of them.
    """

    name: str
    symbol: str
    format: str
    sha256: str
    columns: dict[str, str]
    stamps: str
    reversed: bool
    n_source: int
    n_rows: int
    first: int
    last: int
    timeframe: str
    calendar: str
    holes: int
    missing_bars: int
    largest_holes: tuple[Hole, ...]
    duplicates: int
    zero_volume: int
    missing_volume: int
    no_volume: bool
    impossible: int
    rejected: dict[str, int]
    places: tuple[BadRow, ...]

    @property
    def clean(self) -> bool:
        """Nothing had to be left out and no bar of the calendar is missing."""
        return not (self.rejected or self.duplicates or self.holes)


@dataclasses.dataclass(frozen=True, slots=True)
class Bars:
    """Admissible bars: an array of `core.bars.Row`, their timeframe in ms, and the report.

    `dropped` counts the bad rows left out before each row, so that a file with its bad rows dropped
    blocks the machine where the same feed, fed live, would. `finer` is what they were resampled from, if they were.
    """

    rows: np.ndarray[Any, Any]
    timeframe: int
    report: DataReport
    dropped: np.ndarray[Any, Any]
    finer: Finer | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Finer:
    """The bars that bars of `timeframe` ms were resampled from.

    `partial` of those were made of fewer finer bars than fit; the last `left` finer bars end none and are in none.
    """

    bars: Bars
    timeframe: int
    partial: int
    left: int

    def __str__(self) -> str:
        """The sentence a run says."""
        name, fine, made = self.bars.report.name, self.bars.report.timeframe, timeframe_name(self.timeframe)
        said, whole = f"{name} holds {fine} bars: resampled to {made}", self.timeframe // self.bars.timeframe
        if self.partial:
            said += f"; fewer than {whole} of them are in {self.partial:,} of the {made} bars"
        return f"{said}; the last {self.left:,} end no {made} bar and are left out" if self.left else said
