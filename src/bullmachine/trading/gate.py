"""The gate: on which bars score and guards are looked at at all.

What is looked at is the same as without a gate, bit for bit, as readings know nothing of it; what comes of it may
differ, because the state moves on fewer bars.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import kernel
from bullmachine.engines.levels import Sentinel
from bullmachine.trading.params import DecideParams, GateMode, GateParams, Source, Switch
from bullmachine.trading.records import Symbol

__all__ = ["fired", "is_open"]

_HTF_CLOSE: Final = int(Sentinel.HTF_CLOSE)
_HEARTBEAT: Final = int(Sentinel.HEARTBEAT)
_HOLDING: Final = int(Sentinel.HOLDING)
_ATR_BREAK: Final = int(Sentinel.ATR_BREAK)
_SMA_CROSS: Final = int(Sentinel.SMA_CROSS)
_CLOSE_X_SMA20: Final = int(Sentinel.CLOSE_X_SMA20)
_CLOSE_X_SMA50: Final = int(Sentinel.CLOSE_X_SMA50)
_SESSION_BREAK: Final = int(Sentinel.SESSION_BREAK)
_ATR_REGIME: Final = int(Sentinel.ATR_REGIME)
_VOLUME_SPIKE: Final = int(Sentinel.VOLUME_SPIKE)
_RSI_CROSS: Final = int(Sentinel.RSI_CROSS)
_STRUCTURE: Final = int(Sentinel.STRUCTURE)
_WYCKOFF: Final = int(Sentinel.WYCKOFF)
_HOB: Final = int(Sentinel.HOB)
_DIVERGENCE: Final = int(Sentinel.DIVERGENCE)


@kernel
def _holding(s: Symbol) -> bool:
    return s.stance != 0 or s.position.side != 0 or s.entry.pending == 1


@kernel
def _heartbeat(p: GateParams, bar: Bar) -> bool:
    """By the clock, not by a count: it does not depend on where the data begin."""
    return p.htf_close == Switch.OFF and p.heartbeat_bars > 0 and bar.ts // bar.tf % p.heartbeat_bars == 0


@kernel
def fired(p: GateParams, s: Symbol, bar: Bar, sentinels: int) -> int:
    """The sentinels of this bar: those of the readings, and the two that depend on settings or on the symbol."""
    bits = sentinels
    if _heartbeat(p, bar):
        bits |= _HEARTBEAT
    if _holding(s):
        bits |= _HOLDING
    return bits


@kernel
def _on(switch: int, bit: int) -> int:
    return bit if switch == Switch.ON else 0


@kernel
def _asked_for(p: GateParams) -> int:
    """The bits that open the gate."""
    bits = _HEARTBEAT | _HOLDING | _on(p.atr_break, _ATR_BREAK) | _on(p.sma_cross, _SMA_CROSS)
    bits |= _on(p.close_x_sma20, _CLOSE_X_SMA20) | _on(p.close_x_sma50, _CLOSE_X_SMA50)
    bits |= _on(p.session_break, _SESSION_BREAK) | _on(p.atr_regime, _ATR_REGIME) | _on(p.rsi_cross, _RSI_CROSS)
    bits |= _on(p.volume_spike, _VOLUME_SPIKE) | _on(p.structure, _STRUCTURE) | _on(p.wyckoff, _WYCKOFF)
    return bits | _on(p.hob, _HOB) | _on(p.divergence, _DIVERGENCE) | _on(p.htf_close, _HTF_CLOSE)


@kernel
def is_open(p: DecideParams, sentinels: int) -> bool:
    """Whether this bar is looked at; signals of one's own always are."""
    if p.gate.mode == GateMode.EVERY_BAR or p.trade.source == Source.SIGNALS:
        return True
    if p.gate.mode == GateMode.HTF_CLOSE:
        return sentinels & (_HTF_CLOSE | _HOLDING) != 0
    return sentinels & _asked_for(p.gate) != 0
