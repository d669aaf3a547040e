"""Guards that judge the market, switched off: for tests of something else."""

from __future__ import annotations

from typing import Any, Final

from bullmachine.trading.params import Switch

__all__ = ["QUIET", "QUIET_SETTINGS"]

#: as arguments of `GuardParams`
QUIET: Final[dict[str, Any]] = {
    "volatility_low": 0.0, "volatility_high": 1.0, "htf_strength": 0.0, "opposed_quality": 0.0,
    "both_sides": Switch.OFF, "fresh_shift_bars": 0, "room_r": 0.0,
}  # fmt: skip
#: as settings
QUIET_SETTINGS: Final[dict[str, Any]] = {
    f"guards.{key}": value for key, value in {**QUIET, "both_sides": "off"}.items()
}
