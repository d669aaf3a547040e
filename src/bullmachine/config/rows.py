"""Rows: settings whose names people choose, such as a macro rule `macro.rules.<name>.on`.

A section of rows holds any number of them, each with the same settings. Rows stand in the order of their
names, so that the order in which layers brought them changes nothing. A bundle that stands for rows
(`macro.set`, `fusion.setups`) takes away those that stood before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from bullmachine.config.leaf import Leaf
from bullmachine.core.errors import ConfigError
from bullmachine.macro.rules import Rule
from bullmachine.macro.series import Series
from bullmachine.setups.row import Setup

__all__ = ["ANY", "ROWS", "cleared_by", "in_order", "row_leaf", "rows_in"]

#: sections of rows, and what a row is
ROWS: Final[dict[str, type[Any]]] = {"macro.rules": Rule, "macro.series": Series, "setups": Setup}

ANY: Final = "*"  #: stands for a row's name in the key of its settings
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_CLEARS: Final = {"macro.set": "macro.rules.", "fusion.setups": "setups."}


def rows_in(key: str) -> str | None:
    """The section of rows that `key` lies in.

    >>> rows_in("macro.rules.vix.on"), rows_in("macro.veto")
    ('macro.rules', None)
    """
    return next((section for section in ROWS if key.startswith(f"{section}.")), None)


def row_leaf(key: str, known: dict[str, Leaf], place: str = "") -> Leaf | None:
    """The setting of a row, under the row's own name; None if `key` is none.

    Raises:
        ConfigError: the row's name is no name.
    """
    section = rows_in(key)
    if section is None:
        return None
    name, _, rest = key.removeprefix(f"{section}.").partition(".")
    found = known.get(f"{section}.{ANY}.{rest}")
    if found is None:
        return None
    if not _NAME.fullmatch(name):
        raise ConfigError(f'"{name}"{place} is no name for a row of {section}: take a-z, 0-9 and _', key=key)
    return replace(found, key=key)


def cleared_by(key: str) -> str | None:
    """The beginning of the keys that a choice of the bundle `key` takes away."""
    return _CLEARS.get(key)


def in_order(values: dict[str, Any]) -> dict[str, Any]:
    """The settings with every section's rows in the order of their names; sections without rows left out."""
    return {key: values[key] for key in sorted(values, key=_place(values)) if values[key] != {}}


def _place(values: dict[str, Any]) -> Callable[[str], tuple[int, str]]:
    """Where a key stands: at its own place, or at its section's first by its row's name. Sorting keeps ties."""
    first: dict[str, int] = {}
    places: dict[str, tuple[int, str]] = {}
    for n, key in enumerate(values):
        section = rows_in(key)
        at = n if section is None else first.setdefault(section, n)
        places[key] = (at, "" if section is None else key[len(section) + 1 :].partition(".")[0])
    return places.__getitem__
