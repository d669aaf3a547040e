"""Other valid parameters of a `Params` class, found from its own bounds."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator
from typing import Any

from bullmachine.core.errors import ConfigError

__all__ = ["largest", "variants"]


def variants(params: Any) -> Iterator[Any]:
    """Copies of `params` with one field moved: to its bounds, a bit up, half down, to other names.

    A combination that the class refuses (`fast` above `slow`) is left out.
    """
    for field in dataclasses.fields(params):
        for value in _others(field, getattr(params, field.name)):
            try:
                yield dataclasses.replace(params, **{field.name: value})
            except ConfigError:
                continue


def largest(params: Any) -> Any:
    """`params` with every field at its upper bound, one after the other, as far as the class accepts it."""
    made = params
    for field in dataclasses.fields(params):
        high = field.metadata.get("le")
        if high is None:
            continue
        try:
            made = dataclasses.replace(made, **{field.name: high})
        except ConfigError:
            continue
    return made


def _others(field: dataclasses.Field[Any], value: Any) -> list[Any]:
    if isinstance(value, enum.IntEnum):
        return [member for member in type(value) if member is not value]
    if "doc" not in field.metadata:
        return []
    low, high = field.metadata["ge"], field.metadata["le"]
    tried = [value + 1, value // 2, low, high] if isinstance(value, int) else [value * 1.5, value / 2, low, high]
    allowed = [v for v in tried if v is not None and v != value and not _outside(v, low, high)]
    return list(dict.fromkeys(allowed))


def _outside(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)
