"""Records of the momentum engine, and its event kinds."""

from __future__ import annotations

import enum
import math
from typing import Final

from bullmachine.core.errors import ConfigError
from bullmachine.core.record import F8, I8, array, nested, out, param, params, record
from bullmachine.core.slots import SlotTable
from bullmachine.engines.levels.pivot import PivotOut, PivotParams, PivotState
from bullmachine.indicators.dmi import DmiOut, DmiParams, DmiState
from bullmachine.indicators.macd import MacdOut, MacdParams, MacdState
from bullmachine.indicators.rsi import RsiOut, RsiParams, RsiState

__all__ = [
    "OSC_CAP",
    "SLOTS",
    "DivergenceParams",
    "DivergenceState",
    "Kind",
    "MomentumOut",
    "MomentumParams",
    "MomentumState",
    "Pivoted",
    "Weights",
]

OSC_CAP: Final = 64  #: oscillator values kept; a pivot is at most 50 bars old when confirmed
SLOTS: Final = 4  #: one live divergence per (kind, direction)


class Kind(enum.IntEnum):
    """Events of the momentum engine (engine number 5).

    Both refer to the newer pivot's bar and are known when that pivot is confirmed; `dir` is the expected
    direction, `price` the newer pivot's level, lo..hi the two levels. `ev` = previous oscillator,
    oscillator (both 0..100), price change in ATR, separation in bars.
    """

    DIV_REG = 500  #: price makes a new extreme, the oscillator does not
    DIV_HID = 501  #: the oscillator makes a new extreme, price does not


@params
class DivergenceParams:
    """When two consecutive pivots of one side diverge from the oscillator.

    `min_osc` cannot be 0: where no close changed the RSI stays as it was, but only up to rounding, and
    two equal oscillators are no divergence.
    """

    pivot: PivotParams = nested(PivotParams, k=3)
    min_sep: I8 = param(default=5, ge=1, le=500, doc="least bars between the two pivots")
    max_sep: I8 = param(default=60, ge=1, le=500, doc="most bars between the two pivots")
    min_osc: F8 = param(default=2.0, ge=0.01, le=20.0, doc="least oscillator difference in points")
    min_price: F8 = param(default=0.1, ge=0.0, le=5.0, doc="least price difference in ATR")
    life: I8 = param(default=12, ge=1, le=200, doc="bars over which a divergence decays to nothing")

    def check(self) -> None:
        """The least separation cannot exceed the most."""
        if self.min_sep > self.max_sep:
            raise ConfigError(f"min_sep = {self.min_sep} is above max_sep = {self.max_sep}", key="min_sep")


@params
class Weights:
    """Fixed weights of the contributions; they sum to 1."""

    rsi: F8 = param(default=0.25, ge=0.0, le=1.0, doc="weight of the RSI's distance from 50")
    macd: F8 = param(default=0.25, ge=0.0, le=1.0, doc="weight of the MACD histogram in ATR")
    dmi: F8 = param(default=0.25, ge=0.0, le=1.0, doc="weight of the ADX times the DI balance")
    divergence: F8 = param(default=0.25, ge=0.0, le=1.0, doc="weight of the strongest live divergence")


@params
class MomentumParams:
    """Parameters of the momentum engine."""

    rsi: RsiParams = nested(RsiParams)
    macd: MacdParams = nested(MacdParams)
    dmi: DmiParams = nested(DmiParams)
    divergence: DivergenceParams = nested(DivergenceParams)
    weights: Weights = nested(Weights)


@record
class Pivoted:
    """The last pivot of one side and the oscillator at its bar."""

    seen: I8 = 0
    i: I8 = 0
    level: F8 = 0.0
    osc: F8 = math.nan


@record
class DivergenceState:
    """Pivots of both sides, the side of the last (+1 low, -1 high), the oscillator's past, the live divergences."""

    pivot: PivotState = nested(PivotState)
    pivot_out: PivotOut = nested(PivotOut)
    last: I8 = 0
    high: Pivoted = nested(Pivoted)
    low: Pivoted = nested(Pivoted)
    head: I8 = 0
    osc: list[float] = array(F8, OSC_CAP, fill=math.nan)
    live: SlotTable = nested(SlotTable)


@record
class MomentumState:
    """States and last outputs of the indicators, and the divergence machine."""

    n: I8 = 0
    rsi: RsiState = nested(RsiState)
    rsi_out: RsiOut = nested(RsiOut)
    macd: MacdState = nested(MacdState)
    macd_out: MacdOut = nested(MacdOut)
    dmi: DmiState = nested(DmiState)
    dmi_out: DmiOut = nested(DmiOut)
    divergence: DivergenceState = nested(DivergenceState)


@record
class MomentumOut:
    """Signed contributions in [-weight, weight], the score of each book, and the raw readings.

    `trend` is the sum of rsi, macd and dmi; `reversal` is the divergence. All are 0 until `ready`.
    """

    rsi_part: F8 = out(default=0.0, mirror="negate")
    macd_part: F8 = out(default=0.0, mirror="negate")
    dmi_part: F8 = out(default=0.0, mirror="negate")
    divergence_part: F8 = out(default=0.0, mirror="negate")
    divergence_id: I8 = out(default=-1, mirror="same")
    trend: F8 = out(default=0.0, mirror="negate")
    reversal: F8 = out(default=0.0, mirror="negate")
    rsi: F8 = out(default=math.nan, mirror="exempt:100 - x is not exact; `rsi_part` carries the law")
    adx: F8 = out(default=math.nan, mirror="same")
    ready: I8 = out(default=0, mirror="same")
