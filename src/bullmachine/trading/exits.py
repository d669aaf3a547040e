"""Exits decided at a close: where the stop lies from the next bar on, and market exits for the next open.

A stop only ever moves in the position's favour, and what the last bar did moves it: break-even, trail and
volume spike each propose a level, the one furthest in favour wins, and the fill names it.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import kernel
from bullmachine.fusion.readings import Readings
from bullmachine.trading.codes import FillReason, OrderKind, OrderState
from bullmachine.trading.exit_params import Breakeven, ExitParams, Trail, TrailFrom, VolumeSpike
from bullmachine.trading.ledger import note
from bullmachine.trading.orders import exits_of
from bullmachine.trading.params import CostParams, DecideParams, Slippage
from bullmachine.trading.records import Instrument, Position, Symbol
from bullmachine.trading.rows import Ledger

__all__ = ["ask_exit", "propose_stop", "run_out", "set_levels", "tighten"]

_SWING_ROOM: Final = 0.25  #: ATR between a swing and the stop behind it
_TIGHT: Final = 1.0  #: ATR between the close and the stop when the signal's state ends


@kernel
def _open_r(pos: Position) -> float:
    """The best open profit so far, in R."""
    return pos.side * (pos.best - pos.entry_price) / pos.r


@kernel
def propose_stop(inst: Instrument, s: Symbol, k: int, time: int, level: float, kind: int, ledger: Ledger) -> None:
    """Move the stop to `level` if that is in the position's favour."""
    pos = s.position
    if pos.side * (level - pos.stop) > 0.0:
        pos.stop = level
        pos.stop_kind = kind
        note(ledger, k, time, pos.id, OrderKind.STOP, OrderState.MOVED, -pos.side, pos.lots * inst.lot, level)


@kernel
def _breakeven_due(x: ExitParams, pos: Position) -> bool:
    if x.breakeven == Breakeven.TARGET_1:
        return pos.hit >= 1
    return x.breakeven == Breakeven.R and _open_r(pos) >= x.breakeven_r


@kernel
def _breakeven_level(c: CostParams, pos: Position, atr: float) -> float:
    """Where a stop leaves nothing: both taker fees and its slippage are paid (the entry's slippage is in its price).

    A fill at x pays fees on the entry e and on itself: x - e = fee (e + x) for a long. Slippage that is a share
    of the range is taken of one ATR, as the bar of the stop is yet to come. Funding is not covered.
    """
    up = pos.side if pos.entry_price >= 0.0 else -pos.side
    fee = up * c.taker_bps * 1e-4
    fill = pos.entry_price * (1.0 + fee) / (1.0 - fee)
    if c.slippage == Slippage.RANGE:
        return fill + pos.side * c.range_share * atr
    return fill / (1.0 - up * c.stop_bps * 1e-4)


@kernel
def _trail_due(x: ExitParams, pos: Position) -> bool:
    if x.trail_from == TrailFrom.ENTRY:
        return True
    if x.trail_from == TrailFrom.TARGET_1:
        return pos.hit >= 1
    return _open_r(pos) >= x.trail_from_r


@kernel
def _trail_level(x: ExitParams, pos: Position, bar: Bar, r: Readings) -> float:
    """Where the trail wants the stop; NaN where it cannot say."""
    atr = r.base.features.atr
    if x.trail == Trail.ATR:
        return bar.close - pos.side * x.trail_atr * atr
    if x.trail == Trail.CHANDELIER:
        return pos.best - pos.side * x.trail_atr * atr
    if x.trail == Trail.PERCENT:
        return pos.best - pos.side * x.trail_pct * abs(pos.best)
    if x.trail == Trail.SWING:
        swing = r.structure.long.opposite_swing if pos.side == 1 else r.structure.short.opposite_swing
        return swing - pos.side * _SWING_ROOM * atr
    return math.nan


@kernel
def _spiked(x: ExitParams, pos: Position, bar: Bar, r: Readings) -> bool:
    """A bar against the position on unusual volume."""
    if x.volume_spike == VolumeSpike.OFF or (x.volume_spike == VolumeSpike.TARGET_1 and pos.hit < 1):
        return False
    return pos.side * (bar.close - bar.open) < 0.0 and r.volume_z > x.spike_z


@kernel
def set_levels(p: DecideParams, inst: Instrument, s: Symbol, k: int, bar: Bar, r: Readings, ledger: Ledger) -> None:
    """The stop for the next bar; one note tells where it went."""
    pos, x = s.position, exits_of(p, s.position.setup)
    level, kind = pos.stop, pos.stop_kind
    if _breakeven_due(x, pos):
        wanted = _breakeven_level(p.costs, pos, r.base.features.atr)
        if pos.side * (wanted - level) > 0.0:
            level, kind = wanted, FillReason.BREAKEVEN
    if x.trail != Trail.NONE and _trail_due(x, pos):
        wanted = _trail_level(x, pos, bar, r)
        if pos.side * (wanted - level) > 0.0:
            level, kind = wanted, FillReason.TRAIL
    if _spiked(x, pos, bar, r):
        wanted = bar.close - pos.side * x.spike_atr * r.base.features.atr
        if pos.side * (wanted - level) > 0.0:
            level, kind = wanted, FillReason.VOLUME_SPIKE
    propose_stop(inst, s, k, bar.known, level, kind, ledger)


@kernel
def tighten(inst: Instrument, s: Symbol, k: int, bar: Bar, atr: float, ledger: Ledger) -> None:
    """The signal's state ended: the stop goes within an ATR of the close."""
    level = bar.close - s.position.side * _TIGHT * atr
    propose_stop(inst, s, k, bar.known, level, FillReason.TIGHTENED, ledger)


@kernel
def ask_exit(inst: Instrument, s: Symbol, k: int, time: int, reason: int, ledger: Ledger) -> None:
    """Close the position at the next open; the first reason given at a close stands."""
    pos = s.position
    if pos.side == 0 or s.exit.pending == 1:
        return
    s.exit.pending = 1
    s.exit.decided_at = time
    s.exit.reason = reason
    note(ledger, k, time, pos.id, OrderKind.EXIT, OrderState.PLACED, -pos.side, pos.lots * inst.lot, 0.0)


@kernel
def run_out(x: ExitParams, inst: Instrument, s: Symbol, k: int, bar: Bar, ledger: Ledger) -> None:
    """Close what has lasted too long, or has not moved in time."""
    pos = s.position
    if x.max_bars > 0 and pos.bars >= x.max_bars:
        ask_exit(inst, s, k, bar.known, FillReason.TIME_OUT, ledger)
    elif x.stale_bars > 0 and pos.bars >= x.stale_bars and _open_r(pos) < x.stale_r:
        ask_exit(inst, s, k, bar.known, FillReason.STALE, ledger)
