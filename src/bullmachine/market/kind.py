"""What a source is read as: how its header is understood and what messages call its rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

__all__ = ["H", "Header", "Kind"]


class Header(Protocol):
    """Columns recognised by position."""

    @property
    def names(self) -> tuple[str, ...]:
        """All column names, in the source's order."""

    @property
    def places(self) -> tuple[int, ...]:
        """Positions of the columns that are read."""

    @property
    def time(self) -> tuple[int, ...]:
        """Positions of the time column, or of date and time of day."""

    def named(self) -> dict[str, str]:
        """Which column plays which part, by its name in the source."""


H = TypeVar("H", bound=Header)


@dataclasses.dataclass(frozen=True, slots=True)
class Kind(Generic[H]):
    """One kind of table.

    Attributes:
        rows: what its rows are called, such as `bars`.
        example: a header line to write when there is none.
        recognise: the header of column names, or a `DataError` naming the source (second argument).
        dialect: the word a report has for a recognised header.
        headless: column names of a CSV file without a header line, where one width is known.
    """

    rows: str
    example: str
    recognise: Callable[[Sequence[str], str], H]
    dialect: Callable[[H], str]
    headless: tuple[str, ...] = ()
