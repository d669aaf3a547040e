"""One setting, as it is described and refused."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Leaf", "Value"]

Value = int | float | str | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One setting: its dotted key, default, inclusive bounds, allowed names, and what it means."""

    key: str
    default: Value
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    doc: str
