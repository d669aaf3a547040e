"""Lower bars of a run: read, held against the base bars, and cut to what can decide anything.

A base bar's lower bars count only when they are all there. Where they are, open, high, low and close of the
base bar must be theirs: a file of another market would settle bars it never saw.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bullmachine.core.errors import DataError
from bullmachine.core.time import parse_timeframe, shown, timeframe_name
from bullmachine.market.read import read_bars
from bullmachine.market.report import Bars, Finer

__all__ = ["read_lower"]

_COVERED: Final = 0.99  #: share of the decided bars that must have their lower bars
_CLOSE: Final = 1e-9  #: relative difference of prices that only rounding makes

_Array = np.ndarray[Any, Any]


def read_lower(source: Any, base: _Array, tf: int, *, tz: str | None = None) -> tuple[_Array, int, str]:
    """The lower bars of the decided rows `base`, their length in ms, and a note on what is missing ("": nothing).

    Args:
        source: a file or frame, `Bars`, or the `Finer` that the base bars were resampled from, which cannot
            disagree with them and may lack as many as they lack.
        base: decided rows.
        tf: their timeframe in ms.
        tz: as in `read_bars`.

    Raises:
        DataError: the bars cannot be used, are not lower, do not cover the run or disagree with it.
    """
    own = isinstance(source, Finer)
    bars = (
        source.bars if isinstance(source, Finer) else source if isinstance(source, Bars) else read_bars(source, tz=tz)
    )
    name, length = bars.report.name, parse_timeframe(bars.report.timeframe)
    if length >= tf or tf % length:
        raise DataError(
            f"{name} holds {bars.report.timeframe} bars, which do not divide {timeframe_name(tf)}: give lower bars",
            path=name,
        )
    rows, first = bars.rows, np.searchsorted(bars.rows["ts"], base["ts"])
    whole = np.searchsorted(rows["ts"], base["ts"] + tf) - first == tf // length
    if not own:
        _check_covered(name, rows, length, base, whole)
        _check_agree(name, rows, first[whole], tf // length, base[whole])
    kept = np.isin(rows["ts"] - rows["ts"] % tf, base["ts"][whole])
    missing = int((~whole).sum())
    note = f"{name} lacks lower bars of {missing:,} of {len(base):,} bars: there the pessimistic guess stands"
    return rows[kept], length, note if missing else ""


def _check_covered(name: str, rows: _Array, length: int, base: _Array, whole: _Array) -> None:
    if whole.mean() >= _COVERED:
        return
    raise DataError(
        f"{name} holds {shown(int(rows['ts'][0]))} .. {shown(int(rows['ts'][-1]) + length)}, {whole.mean():.0%} "
        f"of the run, which begins at {shown(int(base['ts'][0]))} and first lacks them at "
        f"{shown(int(base['ts'][~whole][0]))}: choose --from and --to inside it",
        path=name,
    )


def _check_agree(name: str, rows: _Array, first: _Array, n: int, base: _Array) -> None:
    place = first[:, None] + np.arange(n)
    theirs = {
        "open": rows["open"][place[:, 0]],
        "high": rows["high"][place].max(axis=1),
        "low": rows["low"][place].min(axis=1),
        "close": rows["close"][place[:, -1]],
    }
    for column, values in theirs.items():
        odd = np.abs(values - base[column]) > _CLOSE * np.abs(base[column])
        if odd.any():
            k = int(np.argmax(odd))
            raise DataError(
                f"{name} disagrees with the base bars at {shown(int(base['ts'][k]))}: {column} {values[k]:g} against "
                f"{base[column][k]:g} ({int(odd.sum()):,} such bars); take both from one market",
                path=name,
            )
