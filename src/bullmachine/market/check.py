"""What is in a file of bars, good and bad, without refusing any of it."""

from __future__ import annotations

from typing import Any

from bullmachine.market.read import load
from bullmachine.market.report import DataReport

__all__ = ["check_data"]


def check_data(
    source: Any, *, timeframe: str | None = None, calendar: str | None = None, tz: str | None = None
) -> DataReport:
    """The report of `read_bars(policy="drop")`, also when not one row can be used.

    Args:
        source: a path or an eager frame.
        timeframe: as in `read_bars`; None finds it.
        calendar: as in `read_bars`; None finds it.
        tz: zone of naive stamps; None refuses them.

    Raises:
        DataError: there is nothing to check: no such file, unreadable, not the columns of bars, naive
            or mixed zones, no clear timeframe.
    """
    return load(source, timeframe, calendar, tz, "drop").report
