"""Transforms: what a rule looks at: the level of a series, its place over its average, or its change.

Each value uses its own and earlier observations only, so that it is known when its own observation is.

    level            the value
    over_sma_20      the value over the mean of the last 20 observations, its own among them
    change_20d       the change against the newest observation at least 20 days older, relative to it
    change_24h       the same by hours

A change is undefined where that older observation is older still by more than a week and one period.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bullmachine.core.errors import ConfigError
from bullmachine.core.time import DAY, HOUR

__all__ = ["LEVEL", "Transform", "parse_transform"]

_Ints = np.ndarray[Any, np.dtype[np.int64]]
_Floats = np.ndarray[Any, np.dtype[np.float64]]

LEVEL: Final = "level"
_FORMS: Final = re.compile(r"over_sma_(?P<n>\d{1,3})|change_(?P<span>\d{1,3})(?P<unit>[dh])")
_SLACK: Final = 7 * DAY  #: holidays and holes across which a change is still taken


@dataclass(frozen=True, slots=True)
class Transform:
    """A transform: `sma` observations, or `span` ms; neither is the level."""

    sma: int = 0
    span: int = 0

    @property
    def keeps_unit(self) -> bool:
        """Whether its values are in the series' unit."""
        return self.sma == 0 and self.span == 0

    def of(self, ts: _Ints, value: _Floats, step: int) -> _Floats:
        """The transformed values; NaN where undefined.

        Args:
            ts: rising stamps of the observations, ms.
            value: their values.
            step: ms from one observation to the next.

        >>> days = np.arange(3) * DAY
        >>> parse_transform("change_1d").of(days, np.array([2.0, 3.0, 1.5]), DAY).tolist()
        [nan, 0.5, -0.5]
        """
        if self.sma:
            return self._over_mean(value)
        return self._change(ts, value, step) if self.span else value

    def _over_mean(self, value: _Floats) -> _Floats:
        made = np.full(len(value), np.nan)
        if len(value) >= self.sma:
            mean = np.lib.stride_tricks.sliding_window_view(value, self.sma).mean(axis=1)
            np.divide(value[self.sma - 1 :], mean, out=made[self.sma - 1 :], where=mean != 0.0)
        return made

    def _change(self, ts: _Ints, value: _Floats, step: int) -> _Floats:
        made = np.full(len(value), np.nan)
        before = np.searchsorted(ts, ts - self.span, side="right") - 1
        found = (before >= 0) & (ts - ts[before] <= self.span + _SLACK + step)
        old = value[before]
        good = found & (old != 0.0)
        made[good] = (value[good] - old[good]) / np.abs(old[good])
        return made


def parse_transform(text: str) -> Transform:
    """The transform that `text` names.

    Raises:
        ConfigError: it names none.

    >>> parse_transform("over_sma_20"), parse_transform("change_24h").span // HOUR
    (Transform(sma=20, span=0), 24)
    """
    if text == LEVEL:
        return Transform()
    found = _FORMS.fullmatch(text)
    if found is None or not int(found["n"] or found["span"]):
        raise ConfigError(
            f'transform = "{text}" is none; write level, over_sma_20 (observations), change_20d or change_24h',
            key="transform",
            value=text,
        )
    if found["n"]:
        return Transform(sma=int(found["n"]))
    return Transform(span=int(found["span"]) * (DAY if found["unit"] == "d" else HOUR))
