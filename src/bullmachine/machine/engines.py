"""Which engines the machine runs, and the names of what they report."""

from __future__ import annotations

from typing import Final

from bullmachine.core.engine import StepEngine
from bullmachine.core.events import ENGINE_SPAN
from bullmachine.engines.features import Features
from bullmachine.engines.hob import Hob
from bullmachine.engines.levels import Levels
from bullmachine.engines.momentum import Momentum
from bullmachine.engines.smc import Smc
from bullmachine.engines.wyckoff import Wyckoff

__all__ = ["ENGINES", "engine_names", "engine_versions", "kind_names"]

ENGINES: Final[tuple[type[StepEngine], ...]] = (Features, Levels, Smc, Wyckoff, Hob, Momentum)


def kind_names() -> dict[int, str]:
    """Every event kind's number and name."""
    return {int(k): k.name for engine in ENGINES if engine.kinds for k in engine.kinds}


def engine_names() -> dict[int, str]:
    """Engine number (a kind's number // 100) and engine name."""
    return {int(k) // ENGINE_SPAN: engine.name for engine in ENGINES if engine.kinds for k in engine.kinds}


def engine_versions() -> dict[str, int]:
    """Each engine's version: it changes when a formula or a layout does."""
    return {engine.name: engine.version for engine in ENGINES}
