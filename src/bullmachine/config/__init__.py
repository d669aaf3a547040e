"""Configuration: one checked tree of settings, presets, and what a run was made with.

Names load on first use: only the presets' names and the sentences of `bull config` come without numba.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from bullmachine.config.sources import presets

if TYPE_CHECKING:
    from bullmachine.config.leaf import Leaf
    from bullmachine.config.load import changed, load_config
    from bullmachine.config.models import model_of
    from bullmachine.config.params import Calibration, RunParams
    from bullmachine.config.resolved import Config, differences
    from bullmachine.config.tree import describe, describe_rows, json_schema

__all__ = [
    "Calibration",
    "Config",
    "Leaf",
    "RunParams",
    "changed",
    "describe",
    "describe_rows",
    "differences",
    "json_schema",
    "load_config",
    "model_of",
    "presets",
]

_HOMES: Final = {
    "Calibration": "params",
    "Config": "resolved",
    "Leaf": "leaf",
    "RunParams": "params",
    "changed": "load",
    "describe": "tree",
    "describe_rows": "tree",
    "differences": "resolved",
    "json_schema": "tree",
    "load_config": "load",
    "model_of": "models",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
