"""Momentum: RSI, MACD, directional movement, and divergences on confirmed pivots."""

from bullmachine.engines.momentum.engine import EVENTS_PER_BAR, Momentum, momentum_step
from bullmachine.engines.momentum.records import Kind, MomentumOut, MomentumParams, MomentumState

__all__ = ["EVENTS_PER_BAR", "Kind", "Momentum", "MomentumOut", "MomentumParams", "MomentumState", "momentum_step"]
