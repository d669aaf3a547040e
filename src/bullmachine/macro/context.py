"""Context: what the macro tables say at one close, rule by rule, and the risk that follows.

1. `Context` is a pure function of (tables, close time): one slot per rule or shown series with its value and
   whether it may be used. It has no state; the contexts of a run are made once, one for every moment at which
   any slot changes.
2. `macro_step` takes the context of a close into the state: which rules speak (each begins beyond `on` and ends
   beyond `off`). It steps on every bar, warm-up included, so that a rule speaks or not whoever asks.
"""

from __future__ import annotations

import enum
import math
from typing import Any, Final

from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, array, record
from bullmachine.core.time import MINUTE

__all__ = [
    "CONTEXT_SLOTS",
    "RISK_GRAIN",
    "Context",
    "ContextSlot",
    "Known",
    "Macro",
    "MacroRow",
    "MacroRules",
    "MacroState",
    "Regime",
    "closes",
    "macro_run",
    "macro_step",
    "risk_of",
    "stance_of",
]

CONTEXT_SLOTS: Final = 32  #: rules and shown series that a configuration can hold
RISK_GRAIN: Final = 1e-9  #: what rounding may take from a sum of weights
_QUARTER: Final = 15 * MINUTE
_DAY: Final = 96  #: quarters of an hour in a day
_CLOSES: Final = _DAY + 1  #: this quarter's close must not take the place of the one a day ago


class Regime(enum.IntEnum):
    """What macro says about risk as a whole: longs are at risk, shorts are (or a rule supports), or neither."""

    RISK_OFF = -1
    NEUTRAL = 0
    RISK_ON = 1


class Known(enum.IntEnum):
    """Whether a slot's value may be used."""

    MISSING = 0
    STALE = 1
    FRESH = 2


@record
class ContextSlot:
    """The value of one rule or shown series, and whether it is known."""

    value: F8 = math.nan
    known: I8 = 0


@record
class Context:
    """All slots: those of the rules first, then those that are only shown."""

    slots: list[ContextSlot] = array(ContextSlot, CONTEXT_SLOTS)


@record
class MacroRow:
    """One rule as the kernel reads it; `rising`: 1 if it speaks above `on`. Risks are 0 on a side it does not block."""

    on: F8 = 0.0
    off: F8 = 0.0
    rising: I8 = 1
    risk_long: F8 = 0.0
    risk_short: F8 = 0.0
    quiet: F8 = 0.0
    closes_long: I8 = 0
    closes_short: I8 = 0


@record
class MacroRules:
    """The first `n` rows count; `quiet` has the bits of those that ask how far the price moved."""

    n: I8 = 0
    quiet: I8 = 0
    rows: list[MacroRow] = array(MacroRow, CONTEXT_SLOTS)


@record
class MacroState:
    """Rules that speak (bit per row), and for a day of quarter hours the last close and which quarter it was of."""

    speaking: I8 = 0
    closes: list[float] = array(F8, _CLOSES)
    quarters: list[int] = array(I8, _CLOSES, fill=-1)


@record
class Macro:
    """What macro says at one close: risk per side in [0, 1], rules that speak (bits), and sides to be closed.

    `supports` is 1 while a rule with a weight below 0 speaks.
    """

    risk_long: F8 = 0.0
    risk_short: F8 = 0.0
    speaking: I8 = 0
    closes_long: I8 = 0
    closes_short: I8 = 0
    supports: I8 = 0


@kernel
def _moved(s: MacroState, known: int, close: float) -> float:
    """How far the price moved since the close of the same quarter hour a day ago; infinite where there is none."""
    quarter = known // _QUARTER
    before, now = (quarter - _DAY) % _CLOSES, quarter % _CLOSES
    moved = math.inf
    if s.quarters[before] == quarter - _DAY and s.closes[before] != 0.0:
        moved = abs(close - s.closes[before]) / abs(s.closes[before])
    s.closes[now] = close
    s.quarters[now] = quarter
    return moved


@kernel
def _speaks(row: MacroRow, slot: ContextSlot, before: bool) -> bool:  # noqa: FBT001  (a kernel takes no keywords)
    """Whether a rule speaks after this value; a value that may not be used silences it."""
    if slot.known != Known.FRESH:
        return False
    if row.rising == 1:
        return slot.value > row.on or (before and slot.value >= row.off)
    return slot.value < row.on or (before and slot.value <= row.off)


@kernel
def _clip(risk: float) -> float:
    return min(1.0, max(0.0, risk))


@kernel
def macro_step(p: MacroRules, s: MacroState, c: Context, known: int, close: float, o: Macro) -> None:
    """Take the context at the close `known` (UTC ms)."""
    moved = _moved(s, known, close) if p.quiet != 0 else 0.0
    speaking, heard, long, short = 0, 0, 0.0, 0.0
    o.closes_long = 0
    o.closes_short = 0
    o.supports = 0
    for n in range(p.n):
        row = p.rows[n]
        if not _speaks(row, c.slots[n], s.speaking >> n & 1 == 1):
            continue
        speaking |= 1 << n
        if row.quiet > 0.0 and not moved < row.quiet:
            continue
        heard |= 1 << n
        long += row.risk_long
        short += row.risk_short
        o.closes_long |= row.closes_long
        o.closes_short |= row.closes_short
        if row.risk_long < 0.0 or row.risk_short < 0.0:
            o.supports = 1
    s.speaking = speaking
    o.speaking = heard
    o.risk_long = _clip(long)
    o.risk_short = _clip(short)


@kernel
def _repeat(a: Macro, b: Macro) -> None:
    b.risk_long, b.risk_short, b.speaking = a.risk_long, a.risk_short, a.speaking
    b.closes_long, b.closes_short, b.supports = a.closes_long, a.closes_short, a.supports


@kernel
def risk_of(macro: Macro, side: int) -> float:
    """The risk of a side."""
    return macro.risk_long if side == 1 else macro.risk_short


@kernel
def closes(macro: Macro, side: int, limit: float) -> bool:
    """Whether what stands on a side is closed: a rule says so, or its risk is at `limit` (0: never)."""
    told = macro.closes_long if side == 1 else macro.closes_short
    return told == 1 or (limit > 0.0 and risk_of(macro, side) >= limit - RISK_GRAIN)


@kernel
def stance_of(macro: Macro, veto: float) -> int:
    """The `Regime`."""
    if macro.risk_long >= veto - RISK_GRAIN:
        return Regime.RISK_OFF
    if macro.risk_short >= veto - RISK_GRAIN or macro.supports == 1:
        return Regime.RISK_ON
    return Regime.NEUTRAL


@kernel
def macro_run(ps: Any, states: Any, bars: Any, contexts: Any, at: Any, given: Any) -> None:
    """Step over `bars`; bar i's context is `contexts[at[i]]`, what macro says goes to `given[i].macro`.

    A context that holds on says the same again, unless a rule that speaks wants the price quiet.
    """
    p, s = ps[0], states[0]
    for i in range(len(bars)):
        if i > 0 and at[i] == at[i - 1] and s.speaking & p.quiet == 0:
            if p.quiet != 0:
                _moved(s, bars[i].known, bars[i].close)
            _repeat(given[i - 1].macro, given[i].macro)
        else:
            macro_step(p, s, contexts[at[i]], bars[i].known, bars[i].close, given[i].macro)
