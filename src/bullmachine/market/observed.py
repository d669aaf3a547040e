"""What was observed: the form in which a macro table leaves its file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["Observations", "Pair"]

#: rising stamps in ms UTC, and finite values
Pair = tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.float64]]]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """A pair per series, by its name in lower case; `name` is the table's, for messages."""

    name: str
    series: Mapping[str, Pair]
