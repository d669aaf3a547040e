"""Bull Machine: one causal confluence machine over fixed-size state; any chunking gives the same bytes.

    import bullmachine as bm

    result = bm.backtest("ETHUSDT.parquet", start="2025-02-28", end="2025-06-14")
    result.summary["r_net"]

Names are loaded when first used: importing this package costs milliseconds.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from bullmachine.core.version import __version__

if TYPE_CHECKING:
    from bullmachine.config import Config, load_config
    from bullmachine.core.errors import (
        BarRejectedError,
        BullError,
        ConfigError,
        DataError,
        InputError,
        OutputError,
        SnapshotError,
        WindowError,
    )
    from bullmachine.machine.forming import FormingBar
    from bullmachine.market.read import read_bars
    from bullmachine.market.signals import read_signals
    from bullmachine.runs.backtest import backtest
    from bullmachine.runs.live import Decision, Machine
    from bullmachine.runs.result import Result, open_run
    from bullmachine.runs.sample import sample

__all__ = [
    "BarRejectedError",
    "BullError",
    "Config",
    "ConfigError",
    "DataError",
    "Decision",
    "FormingBar",
    "InputError",
    "Machine",
    "OutputError",
    "Result",
    "SnapshotError",
    "WindowError",
    "__version__",
    "backtest",
    "load_config",
    "open_run",
    "read_bars",
    "read_signals",
    "sample",
]


_HOMES = {
    "bullmachine.config": ("Config", "load_config"),
    "bullmachine.core.errors": tuple(n for n in __all__ if n.endswith("Error")),
    "bullmachine.machine.forming": ("FormingBar",),
    "bullmachine.market.read": ("read_bars",),
    "bullmachine.market.signals": ("read_signals",),
    "bullmachine.runs.backtest": ("backtest",),
    "bullmachine.runs.live": ("Decision", "Machine"),
    "bullmachine.runs.result": ("Result", "open_run"),
    "bullmachine.runs.sample": ("sample",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'bullmachine' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
