"""Values: the observations that rules read, checked against what their series declare.

Nothing is looked at that no rule reads. A value outside its series' plausible range, or observations much
further apart than its period, are another unit: a daily sum of funding is no settlement.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from bullmachine.core.errors import DataError
from bullmachine.core.time import DAY, shown
from bullmachine.macro.rules import Rule
from bullmachine.macro.series import Series
from bullmachine.macro.table import MacroTable
from bullmachine.market.observed import Observations, Pair

__all__ = ["Released", "released", "series_of"]

_Array = np.ndarray[Any, Any]
#: when values are known (ms UTC, rising, each once), the values (NaN: undefined), and the ms they stay fresh
Released = tuple[_Array, _Array, int]

_APART: Final = 1.5  #: periods between observations, in the middle of all, from which they are of another period


def series_of(table: MacroTable, found: Observations) -> dict[str, Pair]:
    """The observations of every series that is needed and there, under the series' name.

    Raises:
        DataError: a value is not plausible, or the observations are of another period.
    """
    made: dict[str, Pair] = {}
    for name in table.needed:
        series = table.series[name]
        pair = found.series.get((series.column or name).lower())
        if pair is not None and len(pair[0]):
            _check(name, series, pair, found.name)
            made[name] = pair
    return made


def _check(name: str, series: Series, pair: Pair, where: str) -> None:
    ts, value = pair
    wrong = np.flatnonzero((value < series.low) | (value > series.high))
    if len(wrong):
        k = int(wrong[0])
        raise DataError(
            f"{where}: {name} of {shown(int(ts[k]))} is {value[k]:g}, outside {series.low:g} to {series.high:g} "
            f"({series.unit}); convert its unit, correct it, or set macro.series.{name}.low and high",
            path=where,
            column=name,
            value=float(value[k]),
        )
    apart = float(np.median(np.diff(ts))) if len(ts) > 1 else 0.0
    if apart > _APART * series.step:
        raise DataError(
            f"{where}: observations of {name} are {apart / DAY:.3g} days apart, but one is due every {series.period} "
            f"({series.unit}); give a value for each, or set macro.series.{name}.period",
            path=where,
            column=name,
            value=apart,
        )


def released(rule: Rule, series: Mapping[str, Series], values: Mapping[str, Pair]) -> Released | None:
    """What a rule looks at and when it is known; None where a series of it is not there."""
    if any(name not in values for name in rule.parts):
        return None
    first = series[rule.parts[0]]
    ts, value = values[rule.parts[0]]
    known, age = first.rule.known_at(ts), first.age
    if len(rule.parts) > 1:
        other, (stamps, divisor) = series[rule.parts[1]], values[rule.parts[1]]
        ts, mine, theirs = np.intersect1d(ts, stamps, assume_unique=True, return_indices=True)
        below = divisor[theirs]
        with np.errstate(over="ignore"):
            value = np.divide(value[mine], below, out=np.full(len(ts), np.nan), where=below != 0.0)
        known, age = np.maximum(known[mine], other.rule.known_at(ts)), min(age, other.age)
    with np.errstate(over="ignore"):
        taken = rule.taken.of(ts, value, first.step)
    taken = np.where(np.isfinite(taken), taken, np.nan)
    last = np.concatenate([np.diff(known) > 0, [True]]) if len(known) else np.zeros(0, np.bool_)
    return known[last], taken[last], age
