"""The timeline: every context of a run, one for each moment at which any slot changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bullmachine.core.record import dtype_of, to_array
from bullmachine.macro.context import Context, Known
from bullmachine.macro.rules import Only, Rule
from bullmachine.macro.table import MacroTable
from bullmachine.macro.values import Released, released
from bullmachine.market.observed import Pair

__all__ = ["Timeline", "timeline"]

_Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """Contexts (rows of `Context`) and the times (ms UTC, rising) from which each holds; the first held before all."""

    times: _Array
    contexts: _Array

    def at(self, known: _Array) -> _Array:
        """The places of the contexts that hold at these rising close times.

        A function of the table and the time alone: what is released later is in later contexts. Two searches among
        all times and then a few: searching for every close among a decade of them took 40 ns a bar.
        """
        first, last = np.searchsorted(self.times, known[[0, -1]] if len(known) else (0, 0), side="right")
        first = max(first - 1, 0)
        found: _Array = first + np.maximum(np.searchsorted(self.times[first:last], known, side="right") - 1, 0)
        return found


def timeline(table: MacroTable, values: Mapping[str, Pair], *, alt: bool) -> Timeline:
    """The contexts of a symbol.

    Args:
        table: rules and series.
        values: observations by series.
        alt: whether the symbol is another coin than BTC.
    """
    slots = [
        *(
            released(rule, table.series, values) if alt or rule.only == Only.ALL else None
            for rule in table.rules.values()
        ),
        *(released(Rule(series=text), table.series, values) for text in table.shown),
    ]
    times = _moments(slots)
    contexts = np.repeat(to_array(Context), len(times)).astype(dtype_of(Context), copy=False)
    for n, slot in enumerate(slots):
        if slot is not None and len(slot[0]):
            _fill(contexts["slots"][:, n], times, *slot)
    return Timeline(times, contexts)


def _moments(slots: Sequence[Released | None]) -> _Array:
    """Every moment at which a value becomes known or stale, and one before them all."""
    parts = [part for slot in slots if slot is not None for part in (slot[0], _ends(slot[0], slot[2]))]
    every = np.unique(np.concatenate([*parts, np.zeros(0, np.int64)]))
    return np.concatenate([[every[0] - 1 if len(every) else 0], every]).astype(np.int64)


def _ends(known: _Array, age: int) -> _Array:
    """When values turn stale before another comes."""
    ends = known + age + 1
    return np.asarray(ends[ends < np.append(known[1:], np.iinfo(np.int64).max)])


def _fill(slot: _Array, times: _Array, known: _Array, value: _Array, age: int) -> None:
    at = np.searchsorted(known, times, side="right") - 1
    held = np.where(at >= 0, value[at], np.nan)
    fresh = np.where(times - known[at] <= age, Known.FRESH, Known.STALE)
    slot["value"] = held
    slot["known"] = np.where(np.isnan(held), Known.MISSING, fresh)
