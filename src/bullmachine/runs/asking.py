"""How often F asks for a trade: its state alone, without guard, account or fill.

An entry is a bar on which the state goes to a side by F. A file's years are the time from its first to its last bar
with ready engines; a rate is the entries of all files over the years of all files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from bullmachine.core.record import to_array
from bullmachine.core.time import DAY
from bullmachine.fusion.params import FusionParams
from bullmachine.fusion.state import asks_run
from bullmachine.metrics.bootstrap import mean_interval, quantile_interval

__all__ = ["Asking", "Track", "asking", "f_interval", "on_for_rate"]

_Array = np.ndarray[Any, Any]
_YEAR: Final = 365.25 * DAY
_STEPS: Final = 100  #: thresholds that are tried, 0.01 apart


@dataclass(frozen=True, slots=True)
class Track:
    """F on a run of bars with ready engines: the file's name, the bars' length in ms, their closes, F at each."""

    name: str
    base: int
    known: _Array
    f: _Array

    @property
    def years(self) -> float:
        """From the first bar's open to the last one's close."""
        return float(self.known[-1] - self.known[0] + self.base) / _YEAR if len(self.known) else 0.0


@dataclass(frozen=True, slots=True)
class Asking:
    """How often F asks.

    Attributes:
        rate: entries a year and file.
        interval: of the rate, 90 %, from UTC days drawn in blocks; None for fewer than two days.
        by_year: entries by file and calendar year.
    """

    rate: float
    interval: tuple[float, float] | None
    by_year: dict[str, dict[int, int]]


def _entries(p: FusionParams, track: Track) -> _Array:
    """Whether the state goes to a side at each bar of a track."""
    asked = np.zeros(len(track.f), np.int64)
    asks_run(to_array(p), track.f, asked)
    found: _Array = asked != 0
    return found


def asking(p: FusionParams, tracks: Sequence[Track]) -> Asking:
    """How often F asks with the thresholds of `p`."""
    asked = [_entries(p, track) for track in tracks]
    days = np.bincount(_days(tracks), weights=np.concatenate(asked))
    years = sum(track.years for track in tracks)
    interval = mean_interval(days)
    return Asking(
        rate=float(days.sum()) / years,
        interval=None if interval is None else (interval[0] * len(days) / years, interval[1] * len(days) / years),
        by_year=_by_year(asked, tracks),
    )


def f_interval(tracks: Sequence[Track], quantile: float) -> tuple[float, float] | None:
    """The 90 % interval of a quantile of |F|, from UTC days drawn in blocks."""
    return quantile_interval(np.abs(np.concatenate([track.f for track in tracks])), _days(tracks), quantile)


def on_for_rate(p: FusionParams, tracks: Sequence[Track], rate: float) -> float:
    """The threshold, `off` being half of it, with which F asks most nearly `rate` times a year.

    From 1 down in steps of 0.01: the first with which it asks so often, or the step above where that is nearer.
    Far below, where the state stands on a side on nearly every bar, it asks less again; so far nobody wants to go.
    """
    years, above, before = sum(track.years for track in tracks), 1.0, 0.0
    for step in range(_STEPS, 0, -1):
        on = step / _STEPS
        found = sum(int(_entries(replace(p, on=on, off=on / 2), track).sum()) for track in tracks) / years
        if found >= rate:
            return above if rate - before < found - rate else on
        above, before = on, found
    return above


def _days(tracks: Sequence[Track]) -> _Array:
    """The number of each bar's UTC day among all days of all tracks, in order, from 0."""
    found, before = [], 0
    for track in tracks:
        days, day = np.unique((track.known - 1) // DAY, return_inverse=True)
        found.append(day + before)
        before += len(days)
    return np.concatenate(found)


def _by_year(asked: Sequence[_Array], tracks: Sequence[Track]) -> dict[str, dict[int, int]]:
    told: dict[str, dict[int, int]] = {}
    for asks, track in zip(asked, tracks, strict=True):
        years = (track.known - 1).astype("datetime64[ms]").astype("datetime64[Y]").astype(np.int64) + 1970
        own = told.setdefault(track.name, {})
        for year in np.unique(years).tolist():
            own[year] = own.get(year, 0) + int(asks[years == year].sum())
    return told
