"""The slower bars that are forming now, as closed base bars have made them so far: to be looked at, never to decide.

Read from the sense state; nothing that senses or decides reads it, because what it says changes until the bar
closes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bullmachine.core.time import timeframe_name

__all__ = ["FormingBar", "forming_bars"]


@dataclass(frozen=True, slots=True)
class FormingBar:
    """A slower bar that has begun and not closed.

    Attributes:
        timeframe: its name.
        time: its open time, UTC ms.
        closes_at: its end, UTC ms; over a hole it is past, and the next base bar closes it.
        open, high, low, close: of the base bars closed so far.
        volume: their sum; NaN if one had none.
        n_base: how many they are.
        provisional: always true: its high, low, close and volume will change.
    """

    timeframe: str
    time: int
    closes_at: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    n_base: int
    provisional: bool = field(default=True, init=False)


def forming_bars(state: np.ndarray[Any, Any]) -> tuple[FormingBar, ...]:
    """The forming bars of a sense stage, the middle one first; a timeframe whose last bar has just closed has none."""
    s = state[0]
    return tuple(_seen(bucket) for bucket in (s.middle.bucket, s.slow.bucket) if bucket.open == 1)


def _seen(bucket: Any) -> FormingBar:
    bar = bucket.bar
    return FormingBar(
        timeframe=timeframe_name(int(bar.tf)),
        time=int(bar.ts),
        closes_at=int(bucket.end),
        open=float(bar.open),
        high=float(bar.high),
        low=float(bar.low),
        close=float(bar.close),
        volume=math.nan if bar.novol == 1 else float(bar.volume),
        n_base=int(bar.n_base),
    )
