"""Parameters that belong to no machine: how a run reports, and where calibrated values come from."""

from __future__ import annotations

from dataclasses import dataclass

from bullmachine.core.record import I8, param, params

__all__ = ["Calibration", "RunParams"]


@params
class RunParams:
    """How a run reports its own speed."""

    every_bars: I8 = param(default=500, ge=50, le=100_000, doc="base bars from one timing event to the next")


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where the scales and thresholds of `fusion` come from; no decision reads it."""

    slice: str = param(default="", doc="data and dates the quantiles were taken from")
    quantile: float = param(default=0.97, ge=0.0, le=1.0, doc="quantile of |S| that was taken, and of |F|")
    engines: str = param(default="", doc="digest of the engines' versions and parameters that computed them")
    trades_per_year: float = param(
        default=0.0, ge=0.0, le=100_000.0, doc="entries a year that `on` was chosen for; 0: `on` is the quantile of |F|"
    )
