"""Finding engine classes, so that nobody has to list them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from bullmachine.core.engine import StepEngine

__all__ = ["discover"]


def discover(*packages: str) -> list[type[StepEngine]]:
    """Every engine class with a name that is defined in `packages` or below, by name.

    >>> [engine.name for engine in discover("bullmachine.indicators.atr")]
    ['atr']
    """
    found = [engine for package in packages for module in _modules(package) for engine in _defined_in(module)]
    return sorted(found, key=lambda engine: engine.name)


def _modules(package: str) -> list[str]:
    root = importlib.import_module(package)
    below = pkgutil.walk_packages(getattr(root, "__path__", []), f"{package}.", onerror=_raise)
    return [package, *(info.name for info in below)]


def _defined_in(module: str) -> list[type[StepEngine]]:
    members = vars(importlib.import_module(module)).values()
    classes = [m for m in members if inspect.isclass(m) and issubclass(m, StepEngine)]
    return [c for c in dict.fromkeys(classes) if c.__module__ == module and c.name]


def _raise(module: str) -> None:
    """A package that cannot be imported is an error here: its engines would go untested."""
    raise ImportError(f"cannot import {module} to look for engines")
