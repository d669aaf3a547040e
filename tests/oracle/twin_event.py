"""What the slow twins of the engines say: an entry of their logs."""

from __future__ import annotations

import dataclasses

__all__ = ["Event"]


@dataclasses.dataclass(frozen=True)
class Event:
    """One entry of the log; `parent` is a place in the log."""

    kind: int
    dir: int
    ref: int
    known: int
    price: float
    lo: float
    hi: float
    score: float
    state: int
    reason: int
    parent: int
    ev: tuple[float, ...]
