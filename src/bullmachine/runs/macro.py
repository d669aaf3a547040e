"""What macro tables bring into a run: a timeline per symbol, and what the user should hear of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl

from bullmachine.core.errors import DataError
from bullmachine.core.time import HOUR
from bullmachine.macro.context import Known
from bullmachine.macro.rules import Only
from bullmachine.macro.series import FUNDING
from bullmachine.macro.table import MacroTable
from bullmachine.macro.timeline import Timeline, timeline
from bullmachine.macro.values import series_of
from bullmachine.market.funding import Settlements
from bullmachine.market.observations import read_observations
from bullmachine.market.observed import Pair
from bullmachine.market.symbols import split_symbol

__all__ = ["CONTEXT", "Brought", "bring_macro", "known_shares", "slot_changes"]

_Array = np.ndarray[Any, Any]
#: the columns of `context.parquet`
CONTEXT: Final[dict[str, Any]] = {
    "symbol": pl.String,
    "time": pl.Datetime("ms", "UTC"),
    "name": pl.String,
    "value": pl.Float64,
    "state": pl.String,
}
_PER: Final = 8 * HOUR  #: what a funding rate is told for
_BITCOIN: Final = ("BTC", "WBTC")


@dataclass(frozen=True, slots=True)
class Brought:
    """The observations that rules may read, by series; `name` of their table ("": none), and its unread columns."""

    table: MacroTable
    name: str = ""
    values: Mapping[str, Pair] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    def timeline(self, symbol: str, funding: Settlements | None, hours: int) -> Timeline | None:
        """What a symbol's machine is given; None where there is neither a table nor funding that rules read.

        Args:
            symbol: its name.
            funding: its own settlements.
            hours: from one settlement to the next.

        Raises:
            DataError: both the macro table and a table of settlements speak of funding.
        """
        values = dict(self.values)
        if funding is not None and FUNDING in self.table.needed:
            if FUNDING in values:
                raise DataError(
                    f"{self.name} has a column {FUNDING}, and {funding.name} is given too: leave one of them out",
                    path=self.name,
                    column=FUNDING,
                )
            values[FUNDING] = (funding.ts, funding.rate * (_PER / (hours * HOUR)))
        return timeline(self.table, values, alt=_is_alt(symbol)) if values or self.name else None

    def silent(self, symbol: str, *, funding: bool) -> Iterator[tuple[str, str]]:
        """The rules that can never speak for a symbol, and why."""
        for name, rule in self.table.rules.items():
            if rule.only == Only.ALTS and not _is_alt(symbol):
                yield name, "is about alts"
                continue
            absent = [p for p in rule.parts if p not in self.values and not (p == FUNDING and funding)]
            if absent:
                yield name, f"lacks {' and '.join(absent)}"


def bring_macro(table: MacroTable, source: Any, tz: str | None = None) -> Brought:
    """Read a macro table for the rules of `table`; None brings nothing.

    Raises:
        DataError: it cannot be read, or holds values that cannot be what their series declare.
    """
    if source is None:
        return Brought(table)
    found = read_observations(source, tz=tz)
    values = series_of(table, found)
    read = {(table.series[name].column or name).lower() for name in values}
    return Brought(table, found.name, values, tuple(name for name in found.series if name not in read))


def _is_alt(symbol: str) -> bool:
    return split_symbol(symbol)[0] not in _BITCOIN


def known_shares(table: MacroTable, line: Timeline, known: _Array) -> dict[str, dict[str, float]]:
    """For each rule the share of these closes at which its value was fresh, stale or missing."""
    states = line.contexts["slots"]["known"][line.at(known)]
    names = {"fresh": Known.FRESH, "stale": Known.STALE, "missing": Known.MISSING}
    return {
        rule: {name: float((states[:, n] == state).mean()) for name, state in names.items()}
        for n, rule in enumerate(table.rules)
    }


def slot_changes(table: MacroTable, line: Timeline, symbol: str, start: int, end: int) -> pl.DataFrame:
    """Every change of a rule's or a shown series' value in a window, and what held when it began.

    Args:
        table: rules and series.
        line: the symbol's timeline.
        symbol: its name.
        start: first close of the window, ms UTC.
        end: its last close.
    """
    first, last = line.at(np.array([start, end]))
    slots = line.contexts["slots"][first : last + 1, : len(table.slots)]
    times = np.maximum(line.times[first : last + 1], start)
    value, known = slots["value"], slots["known"]
    same = (known[1:] == known[:-1]) & ((value[1:] == value[:-1]) | (np.isnan(value[1:]) & np.isnan(value[:-1])))
    rows, slot = np.nonzero(np.concatenate([np.ones((1, len(table.slots)), np.bool_), ~same]))
    states = {int(state): state.name.lower() for state in Known}
    columns = {
        "symbol": [symbol] * len(rows),
        "time": pl.Series(times[rows]).cast(pl.Datetime("ms", "UTC")),
        "name": [table.slots[k] for k in slot],
        "value": pl.Series(value[rows, slot]).fill_nan(None),
        "state": [states[int(k)] for k in known[rows, slot]],
    }
    return pl.DataFrame(columns, schema=CONTEXT)
