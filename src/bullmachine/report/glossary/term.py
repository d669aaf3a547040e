"""One entry of the glossary."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Term"]


class Term(NamedTuple):
    """How something is called on the chart, in the field's own words, and one sentence that says what it is."""

    label: str
    words: str
    says: str
