"""Admission of a whole file at once: the same verdicts as `core.bars.admit`, row for row.

`admit` remains the definition; this is its vectorised twin, so that a file of any length is judged in
milliseconds and each refusal can say which number is wrong.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bullmachine.core.bars import Admission
from bullmachine.core.time import DAY, MINUTE, WEEK, from_ms, timeframe_name

__all__ = ["explain", "judge"]

_Array = np.ndarray[Any, Any]
_BEFORE_ALL: Final = -(2**62)
_MONDAY: Final = 4 * DAY
_PRICES: Final = ("open", "high", "low", "close")


def judge(rows: _Array, tf: int) -> tuple[_Array, _Array]:
    """`Admission` of each row, and the index of the good row it came too late after (-1: none).

    Args:
        rows: array of `core.bars.Row`.
        tf: timeframe in ms.
    """
    verdict = _alone(rows, tf)
    against = np.full(len(rows), -1, np.int64)
    # Among rows sound in themselves a row is good exactly when it is later than all sound ones before
    # it: each record of the running maximum was admitted, nothing else was.
    sound = np.flatnonzero(verdict == Admission.GOOD)
    top = np.maximum.accumulate(np.concatenate([np.array([_BEFORE_ALL]), rows["ts"][sound]]))[:-1]
    good = rows["ts"][sound] > top
    if good.all():
        return verdict, against
    late = sound[~good]
    against[late] = np.maximum.accumulate(np.where(good, sound, -1))[~good]
    verdict[late] = np.where(_same(rows[late], rows[against[late]]), Admission.DUPLICATE, Admission.NOT_LATER)
    return verdict, against


def _alone(rows: _Array, tf: int) -> _Array:
    """The verdicts that need no other row."""
    o, h, l, c = (rows[name] for name in _PRICES)  # noqa: E741  (the field's letters)
    verdict = np.full(len(rows), int(Admission.GOOD), np.int64)
    verdict[(rows["ts"] - (_MONDAY if tf % WEEK == 0 else 0)) % tf != 0] = Admission.OFF_GRID
    verdict[(h < l) | (h < o) | (h < c) | (l > o) | (l > c)] = Admission.IMPOSSIBLE
    verdict[~(np.isfinite(o) & np.isfinite(h) & np.isfinite(l) & np.isfinite(c))] = Admission.NOT_FINITE
    return verdict


def _same(rows: _Array, last: _Array) -> _Array:
    same = (rows["volume"] == last["volume"]) | np.isnan(rows["volume"])
    for name in ("ts", *_PRICES):
        same &= rows[name] == last[name]
    return np.asarray(same)


def explain(row: Any, verdict: int, tf: int, last: Any, last_number: int) -> tuple[str, object, str]:
    """Column, value and sentence of a refused row; `last` is the good row it came too late after."""
    if verdict == Admission.NOT_FINITE:
        name = next(n for n in _PRICES if not np.isfinite(row[n]))
        value = float(row[name])
        return name, value, f"{name} is missing or NaN" if np.isnan(value) else f"{name} is {value}"
    if verdict == Admission.IMPOSSIBLE:
        return _impossible(row)
    when = _time(row["ts"])
    if verdict == Admission.OFF_GRID:
        return "time", when, f"{when} is off the {timeframe_name(tf)} grid, which counts from 00:00 UTC"
    if row["ts"] == last["ts"]:
        return "time", when, f"a second, different bar for {when} (the first is row {last_number})"
    return "time", when, f"{when} comes after {_time(last['ts'])} of row {last_number}; bars must be sorted by time"


def _impossible(row: Any) -> tuple[str, object, str]:
    o, h, l, c = (float(row[name]) for name in _PRICES)  # noqa: E741  (the field's letters)
    for name, price in (("low", l), ("open", o), ("close", c)):
        if h < price:
            return "high", h, f"high {h} is below {name} {price}"
    name, price = ("open", o) if l > o else ("close", c)
    return "low", l, f"low {l} is above {name} {price}"


def _time(ts: int) -> str:
    when = from_ms(ts)
    return f"{when:%Y-%m-%d %H:%M}" if ts % MINUTE == 0 else f"{when:%Y-%m-%d %H:%M:%S.%f}"[:-3]
