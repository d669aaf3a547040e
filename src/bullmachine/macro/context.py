"""Context: what macro and funding tables say at the close of a base bar.

A pure function of (table, close time) fills it; it has no state. One slot per rule row, so that the
record never changes its size; `known` says whether the row's value may be used.
"""

from __future__ import annotations

import enum
import math
from typing import Final

from bullmachine.core.record import F8, I8, array, record

__all__ = ["MACRO_ROWS", "Context", "ContextRow", "Known"]

MACRO_ROWS: Final = 32  #: rule rows a configuration can hold


class Known(enum.IntEnum):
    """Whether a row's value may be used."""

    MISSING = 0
    STALE = 1
    FRESH = 2


@record
class ContextRow:
    """One rule row: its transformed value and whether it is known."""

    value: F8 = math.nan
    known: I8 = 0


@record
class Context:
    """All rule rows at one close time, and the funding due at the bar's open.

    `funding_due` sums the rates settled since the open of the bar before; NaN where no table says.
    """

    funding_due: F8 = math.nan
    rows: list[ContextRow] = array(ContextRow, MACRO_ROWS)
