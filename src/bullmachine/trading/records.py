"""Records of the decide stage's state and of what it is given.

State is one `Account` and an array of `Symbol`. Quantities are whole lots, so that a closed position
closes to zero exactly.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.record import F8, I8, array, nested, record
from bullmachine.macro.context import Macro
from bullmachine.trading.exit_params import TARGETS

__all__ = [
    "LOSSES",
    "NEVER",
    "PARENTS",
    "PEAK_DAYS",
    "Account",
    "Exit",
    "Fired",
    "Given",
    "Instrument",
    "Order",
    "Position",
    "Replay",
    "Signal",
    "Symbol",
]

LOSSES: Final = 16  #: closing times of losing positions kept
PEAK_DAYS: Final = 30  #: daily highs of equity kept
PARENTS: Final = 16  #: events and zones that one setup can stand on
NEVER: Final = 1 << 40  #: bars since something that has not happened


@record
class Instrument:
    """The steps of one symbol at its venue: price, quantity, and the least order in quote units."""

    tick: F8 = 0.01
    lot: F8 = 0.001
    min_notional: F8 = 0.0


@record
class Signal:
    """What a signal of one's own says at one close: a side (+1, -1), or `flat`; NaN and 0 where it is silent.

    `size` is in base units, `expiry` in bars, `tag` numbers its name. `off` ends the state as the score's end
    would, and `strength` is what abs F would be: both let a run's own decisions be made again as signals. `setup`
    is the number of the setup that asks, 0 for none: it enters by `limit` alone and exits by its own set.
    """

    side: I8 = 0
    flat: I8 = 0
    off: I8 = 0
    strength: F8 = 1.0
    limit: F8 = math.nan
    stop: F8 = math.nan
    target: F8 = math.nan
    size: F8 = math.nan
    expiry: I8 = 0
    tag: I8 = 0
    setup: I8 = 0


@record
class Fired:
    """The setups that fired at one close, as bits by side; the one that asks (0: none), and what it stands on.

    The first `n` of `ids` are events: those of its conditions, and those that made its zones.
    """

    long: I8 = 0
    short: I8 = 0
    setup: I8 = 0
    n: I8 = 0
    ids: list[int] = array(I8, PARENTS)


@record
class Given:
    """What tables give one bar: what macro says at its close, funding, and lower bars at `begin` to `end` of them all.

    `funding_due` sums the rates settled since the open of the bar before; NaN where no table says. `fired` are the
    setups that fired at its close.
    """

    macro: Macro = nested(Macro)
    funding_due: F8 = math.nan
    fired: Fired = nested(Fired)
    begin: I8 = 0
    end: I8 = 0


@record
class Account:
    """What all symbols share.

    `held` is the worth of what is held, at the last closes; `peak` the highest marked equity, `peak_before`
    that of the mark before; `positions` counts entries. `day_end` ends the UTC day of the last mark,
    `day_equity` is what it began with, `day_high` its highest mark, `past_high` that of the days before it that
    count. Times until which guards pause are UTC milliseconds.
    """

    cash: F8 = 0.0
    held: F8 = 0.0
    equity: F8 = 0.0
    peak: F8 = 0.0
    peak_before: F8 = 0.0
    positions: I8 = 0
    day_end: I8 = 0
    day_equity: F8 = 0.0
    day_paused: I8 = 0
    day_high: F8 = 0.0
    past_high: F8 = 0.0
    highs: list[float] = array(F8, PEAK_DAYS)
    n_highs: I8 = 0
    drawdown_until: I8 = 0
    losses: list[int] = array(I8, LOSSES)
    n_losses: I8 = 0
    losses_until: I8 = 0


@record
class Order:
    """An entry decided at a close: a market order due at the next open, or a limit that rests.

    `distance` is the stop's from the fill unless `stop` (a price) is given; `targets` are prices, NaN where
    the ladder measures from the fill. `left` counts the bars a limit still rests. With `flip` the size is
    taken at the fill, from the equity after the exit at the same open. `equity` is what it was sized from,
    `stance` the state's side before it was asked for, `close` the deciding bar's, `setup` the setup that asked.
    """

    pending: I8 = 0
    side: I8 = 0
    lots: I8 = 0
    distance: F8 = 0.0
    stop: F8 = math.nan
    limit: F8 = math.nan
    left: I8 = 0
    targets: list[float] = array(F8, TARGETS, fill=math.nan)
    alone: I8 = 0
    flip: I8 = 0
    risk: F8 = 0.0
    equity: F8 = 0.0
    decided_at: I8 = 0
    source: I8 = 0
    setup: I8 = 0
    stance: I8 = 0
    close: F8 = 0.0


@record
class Exit:
    """A market order that closes the position at the next open."""

    pending: I8 = 0
    decided_at: I8 = 0
    reason: I8 = 0


@record
class Position:
    """An open position; flat when `side` is 0. `r` is |entry - first stop|, never re-measured.

    `lots` are still held of `size`; `hit` counts targets done; `pnl` and `taken` (quantity times price) sum
    what was closed; `best` and `worst` are prices since the entry. `inside` is 1 on the bar of a limit fill
    within its range.
    """

    side: I8 = 0
    id: I8 = 0
    lots: I8 = 0
    size: I8 = 0
    source: I8 = 0
    setup: I8 = 0
    entry_time: I8 = 0
    entry_price: F8 = 0.0
    decided_at: I8 = 0
    stance: I8 = 0
    first_stop: F8 = math.nan
    stop: F8 = math.nan
    stop_kind: I8 = 0
    liquidation: F8 = math.nan
    r: F8 = 0.0
    targets: list[float] = array(F8, TARGETS, fill=math.nan)
    target_lots: list[int] = array(I8, TARGETS)
    hit: I8 = 0
    equity: F8 = 0.0
    pnl: F8 = 0.0
    taken: F8 = 0.0
    fee: F8 = 0.0
    slippage: F8 = 0.0
    funding: F8 = 0.0
    best: F8 = 0.0
    worst: F8 = 0.0
    bars: I8 = 0
    inside: I8 = 0
    ambiguous: I8 = 0


@record
class Replay:
    """A position made again: the one entry that is let through, and the answers to its ambiguous bars.

    `at` is the close time of its decision (-1: no replay), `lots` its size. With `scripted` the answers are
    two-bit digits of `script`, first answer lowest; `n` counts the questions met, `most` holds how many
    answers beyond 0 each had.
    """

    at: I8 = -1
    lots: I8 = 0
    scripted: I8 = 0
    script: I8 = 0
    n: I8 = 0
    most: I8 = 0


@record
class Symbol:
    """One symbol's stance now and before, its fast signal's side, last open time and close, position and orders."""

    stance: I8 = 0
    stance_before: I8 = 0
    fast: I8 = 0
    opened: I8 = 0
    close: F8 = math.nan
    since_exit: I8 = NEVER
    position: Position = nested(Position)
    entry: Order = nested(Order)
    exit: Exit = nested(Exit)
    replay: Replay = nested(Replay)
