"""Fills: what a bar does to the orders and levels that rested since the last close.

Order on a bar: funding on what was held, a pending exit at the open, a pending entry at the open, a resting
limit, then stop and targets on the bar. Fills at the open are stamped with the bar's open time, fills inside
it with its close time, the first moment they can be known.

1. An open beyond the liquidation level closes there; beyond the stop it fills the stop; beyond targets it
   fills those, at the open.
2. Inside the bar a stop fills at its level when touched, a target when traded through by a tick (or
   touched, if so set). When the
   bar holds both, `intrabar` says how many targets came first.
3. Targets move no stop before the next bar.

Slippage comes after these rules, always against you; limit orders (targets, limit entries) have none.
"""

from __future__ import annotations

from typing import Any

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import kernel
from bullmachine.trading.codes import FillReason
from bullmachine.trading.exit_params import TARGETS
from bullmachine.trading.intrabar import (
    opens_beyond,
    room_needed,
    stop_touched,
    targets_before_stop,
    targets_closed_beyond,
    targets_touched,
)
from bullmachine.trading.ledger import reduce_position, slip_of, stretch
from bullmachine.trading.params import DecideParams
from bullmachine.trading.records import Account, Instrument, Position, Symbol
from bullmachine.trading.rows import Ledger
from bullmachine.trading.size import leverage_of

__all__ = ["exit_at", "resting_fills"]


@kernel
def exit_at(
    p: DecideParams, inst: Instrument, account: Account, s: Symbol, k: int, bar: Bar, raw: float, time: int,
    order_time: int, reason: int, ledger: Ledger,
) -> None:  # fmt: skip
    """Close all that is left by a market order at `raw`."""
    slip = slip_of(p.costs, raw, p.costs.entry_bps, bar)
    reduce_position(
        inst, account, s, k, s.position.lots, raw, slip, p.costs.taker_bps, time, order_time, reason, ledger
    )  # fmt: skip


@kernel
def _stop_out(
    p: DecideParams, inst: Instrument, account: Account, s: Symbol, k: int, bar: Bar, raw: float, reason: int,
    ledger: Ledger,
) -> None:  # fmt: skip
    """Close all that is left at a stop, or at the liquidation level and then at no worse than the margin covers."""
    pos = s.position
    slip = slip_of(p.costs, raw, p.costs.stop_bps, bar)
    if reason == FillReason.LIQUIDATION:
        bankrupt = pos.entry_price - pos.side * abs(pos.entry_price) / leverage_of(p.account)
        if pos.side * (raw - bankrupt) < 0.0:
            raw = bankrupt
        slip = min(slip, pos.side * (raw - bankrupt))
    reduce_position(
        inst, account, s, k, pos.lots, raw, slip, p.costs.taker_bps, bar.known, pos.decided_at, reason, ledger
    )  # fmt: skip


@kernel
def _take_targets(
    p: DecideParams, inst: Instrument, account: Account, s: Symbol, k: int, bar: Bar, until: int, ledger: Ledger
) -> None:
    """Fill the rungs up to `until` (counted from the first) at their prices, or at a better open."""
    pos = s.position
    while pos.side != 0 and pos.hit < until:
        n = pos.hit
        better = pos.side * (bar.open - pos.targets[n]) > 0.0 and pos.inside == 0
        raw = bar.open if better else pos.targets[n]
        reason = FillReason.TARGET_1 + n
        pos.hit += 1
        lots = min(pos.target_lots[n], pos.lots)
        reduce_position(
            inst, account, s, k, lots, raw, 0.0, p.costs.maker_bps, bar.known, pos.decided_at, reason, ledger
        )  # fmt: skip


@kernel
def _settled_at_open(
    p: DecideParams, inst: Instrument, account: Account, s: Symbol, k: int, bar: Bar, level: float, reason: int,
    ledger: Ledger,
) -> None:  # fmt: skip
    """What the open alone decides: the adverse level, or targets it lies beyond."""
    pos = s.position
    beyond = pos.side * (bar.open - pos.liquidation) <= 0.0
    if beyond or pos.side * (bar.open - level) <= 0.0:
        _stop_out(p, inst, account, s, k, bar, bar.open, FillReason.LIQUIDATION if beyond else reason, ledger)
        return
    n = pos.hit
    while n < TARGETS and opens_beyond(p.fills, -pos.side, pos.targets[n], bar.open):
        n += 1
    _take_targets(p, inst, account, s, k, bar, n, ledger)


@kernel
def _note_extremes(pos: Position, bar: Bar) -> None:
    """The bar moves best and worst; a limit filled inside it saw only what came after."""
    if pos.inside == 0:
        stretch(pos, bar.high)
        stretch(pos, bar.low)
        return
    stretch(pos, bar.close)
    stretch(pos, bar.low if pos.side == 1 else bar.high)
    pos.inside = 0


@kernel
def resting_fills(
    p: DecideParams, inst: Instrument, account: Account, s: Symbol, k: int, bar: Bar, lower: Any, first: int, last: int,
    ledger: Ledger,
) -> None:  # fmt: skip
    """Test liquidation, stop and targets of an open position; `lower[first:last]` are the bar's lower bars."""
    pos = s.position
    pos.bars += 1
    level, reason = pos.stop, pos.stop_kind
    if pos.side * (pos.liquidation - level) > 0.0:
        level, reason = pos.liquidation, FillReason.LIQUIDATION
    if pos.inside == 0:
        _settled_at_open(p, inst, account, s, k, bar, level, reason, ledger)
        if pos.side == 0:
            return
    hit = stop_touched(pos.side, level, bar.low, bar.high)
    need = room_needed(p.fills, inst.tick)
    done = targets_touched(pos, need, bar.low, bar.high)
    certain = pos.hit
    if pos.inside == 1 and not hit:
        certain = targets_closed_beyond(pos, need, bar.close)
    if done > certain and (hit or pos.inside == 1):
        pos.ambiguous += 1
        done = targets_before_stop(p.fills, s.replay, pos, need, bar, level, hit, certain, done, lower, first, last)
    _take_targets(p, inst, account, s, k, bar, done, ledger)
    if pos.side == 0:
        return
    if hit:
        _stop_out(p, inst, account, s, k, bar, level, reason, ledger)
    else:
        _note_extremes(pos, bar)
