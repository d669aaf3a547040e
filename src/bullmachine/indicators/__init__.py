"""Streaming indicators: one a file, O(1) per bar, each under the engine contract."""

from bullmachine.indicators.atr import Atr, AtrOut, AtrParams, AtrState, atr_step, true_range
from bullmachine.indicators.dmi import Dmi, DmiOut, DmiParams, DmiState, dmi_step
from bullmachine.indicators.ema import Ema, EmaOut, EmaParams, EmaState, ema_step
from bullmachine.indicators.extremes import Extremes, ExtremesOut, ExtremesParams, ExtremesState, extremes_step
from bullmachine.indicators.macd import Macd, MacdOut, MacdParams, MacdState, macd_step
from bullmachine.indicators.percentile import Midrank, MidrankOut, MidrankParams, MidrankState, midrank_step
from bullmachine.indicators.rolling import (
    Stats,
    StatsOut,
    StatsParams,
    StatsState,
    ZScore,
    ZScoreOut,
    ZScoreParams,
    ZScoreState,
    stats_step,
    zscore_step,
)
from bullmachine.indicators.rsi import Rsi, RsiOut, RsiParams, RsiState, rsi_step
from bullmachine.indicators.sma import Sma, SmaOut, SmaParams, SmaState, sma_step
from bullmachine.indicators.volume import (
    VolumeRatio,
    VolumeRatioOut,
    VolumeRatioParams,
    VolumeRatioState,
    volume_ratio_step,
)

__all__ = [
    "Atr",
    "AtrOut",
    "AtrParams",
    "AtrState",
    "Dmi",
    "DmiOut",
    "DmiParams",
    "DmiState",
    "Ema",
    "EmaOut",
    "EmaParams",
    "EmaState",
    "Extremes",
    "ExtremesOut",
    "ExtremesParams",
    "ExtremesState",
    "Macd",
    "MacdOut",
    "MacdParams",
    "MacdState",
    "Midrank",
    "MidrankOut",
    "MidrankParams",
    "MidrankState",
    "Rsi",
    "RsiOut",
    "RsiParams",
    "RsiState",
    "Sma",
    "SmaOut",
    "SmaParams",
    "SmaState",
    "Stats",
    "StatsOut",
    "StatsParams",
    "StatsState",
    "VolumeRatio",
    "VolumeRatioOut",
    "VolumeRatioParams",
    "VolumeRatioState",
    "ZScore",
    "ZScoreOut",
    "ZScoreParams",
    "ZScoreState",
    "atr_step",
    "dmi_step",
    "ema_step",
    "extremes_step",
    "macd_step",
    "midrank_step",
    "rsi_step",
    "sma_step",
    "stats_step",
    "true_range",
    "volume_ratio_step",
    "zscore_step",
]
