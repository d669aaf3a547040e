"""What is shipped: the map of series, and the named tables of rules."""

from __future__ import annotations

import functools
import importlib.resources
import tomllib
from typing import Any, Final

__all__ = ["DEFAULT_SET", "macro_sets", "series_map"]

#: the table of rules that stands where none is chosen
DEFAULT_SET: Final = "changes"


@functools.cache
def series_map() -> dict[str, Any]:
    """Every shipped series and what it declares.

    >>> series_map()["vix"]["release"]
    '+0 days 22:00'
    """
    return _read("series.toml")


@functools.cache
def macro_sets() -> dict[str, Any]:
    """Every named table of rules.

    >>> macro_sets()["changes"]["rules"]["vix_jump"]["weight"]
    0.5
    """
    return _read("sets.toml")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((importlib.resources.files("bullmachine.macro") / name).read_text("utf-8"))
