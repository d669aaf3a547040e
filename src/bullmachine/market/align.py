"""At which bar's close each signal is decided.

A stamp must be the close of a bar. Inside a bar it is refused: whether the bar's later half was part of the
signal nobody can tell, and deciding at the close before would act on what was not known.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Final, Literal

import numpy as np

from bullmachine.core.errors import ConfigError, DataError
from bullmachine.core.time import shown
from bullmachine.market.signal_set import Signals

__all__ = ["Aligned", "Stamp", "align"]

_Array = np.ndarray[Any, Any]

#: which moment of its bar a signal is stamped with
Stamp = Literal["open", "close"]

_STAMPS: Final = ("open", "close")


@dataclasses.dataclass(frozen=True, slots=True)
class Aligned:
    """Row of the bar for each signal, strictly rising, and what the user should read."""

    bar: _Array
    notes: tuple[str, ...]


def align(signals: Signals, known: _Array, tf: int, stamps: Stamp | None = None) -> Aligned:
    """The bar at whose close each signal of one symbol is decided; it is filled from the next bar on.

    Args:
        signals: of one symbol (`Signals.of`).
        known: close times of the base bars, int64 ms UTC, rising.
        tf: length of a base bar in ms.
        stamps: "close" (what None means): a stamp is when the signal was known. "open": it is the open time
            of the bar on whose close the signal was computed, as tables of bars have it. Where bars stand in
            the same table as the signals this must be said.

    Returns:
        A signal stamped in a hole of the data belongs to the last bar before it: it is filled at the first
        open after the hole, which is not before its stamp.

    Raises:
        DataError: a stamp lies inside a bar, before the first close or after the last, or two signals
            would be filled at one open.
        ConfigError: `stamps` is neither, must be said, or does not suit a list of trades.

    >>> from bullmachine.market.signals import read_signals
    >>> import polars as pl
    >>> signals = read_signals(pl.DataFrame({"time": [1700006400], "side": ["long"]}))
    >>> align(signals, np.array([1700002800000, 1700006400000]), 3_600_000).bar.tolist()
    [1]
    """
    _check(signals, stamps)
    time = signals.time + (tf if stamps == "open" else 0)
    bar = np.searchsorted(known, time, side="right") - 1
    off = np.flatnonzero((bar < 0) | (known[np.maximum(bar, 0)] != time))
    for i in off.tolist():
        _refuse_off(signals, i, known, tf, int(time[i]), stamps)
    same = np.flatnonzero(np.diff(bar) <= 0)
    if len(same):
        i = int(same[0])
        told = f"would be filled at the same open as row {signals.row[i]}: no bar closed between them; keep one"
        raise _error(signals, i + 1, told)
    note = f"{len(off)} signals fall on holes of the data and are filled at the first open after them"
    return Aligned(bar.astype(np.int64), (note,) if len(off) else ())


def _check(signals: Signals, stamps: str | None) -> None:
    if stamps is not None and stamps not in _STAMPS:
        raise ConfigError(f"stamps = {stamps!r} is neither 'open' nor 'close'", key="stamps", value=stamps)
    if stamps == "open" and signals.trades:
        raise ConfigError(
            f"{signals.name} is a list of trades, whose times are when orders filled: leave stamps at 'close'",
            key="stamps",
            value=stamps,
        )
    if stamps is None and signals.beside_bars:
        raise ConfigError(
            f"{signals.name} holds bars beside its signals: say whether its times are the bars' opens or closes "
            "(stamps: open or close); taken for closes, opens would trade a bar too early",
            key="stamps",
            value=stamps,
        )


def _refuse_off(signals: Signals, i: int, known: _Array, tf: int, time: int, stamps: str | None) -> None:
    """Refuse a time that is no close, unless it falls on a hole."""
    k = int(np.searchsorted(known, time))
    word, shift = ("open", tf) if stamps == "open" else ("close", 0)
    if k == len(known):
        told = f"is after the last bar, which {word}s at {shown(known[-1] - shift)}; give bars that reach it"
    elif time > known[k] - tf:
        before, after = shown(known[k] - tf - shift), shown(known[k] - shift)
        told = f"lies between the {word}s {before} and {after}: "
        told += f"its bar had not closed; stamp it with the {word} of the bar it was known from"
    elif k == 0:
        told = f"is before the first bar, which {word}s at {shown(known[0] - shift)}; give bars that reach back"
    else:
        return
    raise _error(signals, i, told)


def _error(signals: Signals, i: int, told: str) -> DataError:
    row, time, column = int(signals.row[i]), int(signals.time[i]), signals.columns["time"]
    return DataError(
        f"{signals.name} row {row}, column {column}: {shown(time)} {told}",
        path=signals.name,
        row=row,
        column=column,
        value=time,
    )
