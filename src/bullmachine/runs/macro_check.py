"""What a macro table holds: coverage and release of each series, and how much of the time each rule speaks.

Rules step once an hour here, as they do on hourly bars; a rule that also asks for a quiet price is taken as if
it were quiet, so that the shares are the most it could speak.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from bullmachine.config import Config
from bullmachine.core.bars import Bar
from bullmachine.core.record import dtype_of, to_array
from bullmachine.core.time import DAY, HOUR, from_ms
from bullmachine.macro.context import Known, MacroState, macro_run
from bullmachine.macro.series import FUNDING, Series
from bullmachine.macro.timeline import Timeline
from bullmachine.market.funding import Settlements, read_funding
from bullmachine.market.observed import Pair
from bullmachine.runs.macro import Brought, bring_macro
from bullmachine.trading.records import Given

__all__ = ["TOO_OFTEN", "MacroReport", "RuleReport", "SeriesReport", "check_macro"]

_Array = np.ndarray[Any, Any]
TOO_OFTEN: Final = 0.25  #: share of a year above which a rule does not mark what is unusual
_HOURS: Final = 8766  # of a year
_WEEK: Final = 7 / 5  # days of a week for each with an observation where only weekdays have one


@dataclasses.dataclass(frozen=True, slots=True)
class SeriesReport:
    """One series: observations, first and last day, share of days without, release rule and an example of it."""

    name: str
    observations: int
    first: str
    last: str
    missing: float
    release: str
    example: str


@dataclasses.dataclass(frozen=True, slots=True)
class RuleReport:
    """One rule: from when to when it can speak, or why it cannot; how much of the time.

    `years` are shares of what is known of each year, `most` is the largest share of a whole one.
    """

    name: str
    series: str
    blocks: str
    weight: float
    since: str
    silent: str
    years: dict[str, float]
    most: float


@dataclasses.dataclass(frozen=True, slots=True)
class MacroReport:
    """What a table holds for a configuration and a symbol; `too_often` names rules that speak too much in some year."""

    name: str
    symbol: str
    series: list[SeriesReport]
    rules: list[RuleReport]
    unread: list[str]
    too_often: list[str]


def check_macro(
    source: Any, config: Config, *, symbol: str = "ETHUSDT", funding: Any = None, tz: str | None = None
) -> MacroReport:
    """Look at a macro table as the rules of `config` read it.

    Raises:
        DataError: the table, or that of settlements, cannot be used.
    """
    brought, hours = bring_macro(config.macro, source, tz), config.decide.costs.funding_hours or 8
    paid = None if funding is None else read_funding(funding, hours=hours, tz=tz)
    line = brought.timeline(symbol, paid, hours)
    rules = list(_rules(brought, symbol, line, paid))
    return MacroReport(
        name=brought.name,
        symbol=symbol,
        series=[_series(name, config.macro.series[name], pair) for name, pair in _pairs(brought, paid)],
        rules=rules,
        unread=list(brought.unread),
        too_often=[r.name for r in rules if r.weight > 0.0 and r.most > TOO_OFTEN],
    )


def _pairs(brought: Brought, paid: Settlements | None) -> Iterator[tuple[str, Pair]]:
    yield from brought.values.items()
    if paid is not None and FUNDING in brought.table.needed:
        yield FUNDING, (paid.ts, paid.rate)


def _series(name: str, series: Series, pair: Pair) -> SeriesReport:
    ts = pair[0]
    last = ts[-1:]
    due = (int(ts[-1]) - int(ts[0])) / series.step + 1.0
    weekdays = series.step == DAY and not np.any((ts // DAY + 3) % 7 > 4)  # noqa: PLR2004  (Saturday and Sunday)
    return SeriesReport(
        name=name,
        observations=len(ts),
        first=_day(ts[0]),
        last=_day(ts[-1]),
        missing=max(0.0, 1.0 - len(ts) / math.ceil(due / (_WEEK if weekdays else 1.0))),
        release=series.release,
        example=f"{_day(last[0])} known {from_ms(int(series.rule.known_at(last)[0])):%a %Y-%m-%d %H:%M}",
    )


def _rules(brought: Brought, symbol: str, line: Timeline | None, paid: Settlements | None) -> Iterator[RuleReport]:
    silent = dict(brought.silent(symbol, funding=paid is not None))
    known, speaking = _spoken(brought, line)
    for n, (name, rule) in enumerate(brought.table.rules.items()):
        fresh = np.zeros(0, np.int64) if line is None else _fresh(line, n, known)
        yield RuleReport(
            name=name,
            series=rule.series,
            blocks=rule.blocks.name.lower(),
            weight=rule.weight,
            since=f"{_day(fresh[0])} .. {_day(fresh[-1])}" if len(fresh) else "",
            silent="" if len(fresh) else silent.get(name, "too few observations: its value is never defined"),
            years=_by_year(known, speaking >> n & 1) if len(fresh) else {},
            most=_most(known, speaking >> n & 1),
        )


def _spoken(brought: Brought, line: Timeline | None) -> tuple[_Array, _Array]:
    """Close times, one an hour over all that is known, and the rules that speak at each."""
    if line is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    known = np.arange(-(-int(line.times[0]) // HOUR) * HOUR, int(line.times[-1]) + 1, HOUR)
    bars, given = np.zeros(len(known), dtype_of(Bar)), np.zeros(len(known), dtype_of(Given))
    bars["known"], bars["close"] = known, 1.0
    rules = to_array(dataclasses.replace(brought.table.kernel(), quiet=0))
    macro_run(rules, to_array(MacroState), bars, line.contexts, line.at(known), given)
    return known, given["macro"]["speaking"]


def _fresh(line: Timeline, n: int, known: _Array) -> _Array:
    found: _Array = known[line.contexts["slots"]["known"][line.at(known), n] == Known.FRESH]
    return found


def _by_year(known: _Array, on: _Array) -> dict[str, float]:
    """The share of each year's closes at which a rule spoke: eight hours of speaking are a third of a day."""
    year = _year(known)
    return {str(y): float(on[year == y].mean()) for y in np.unique(year)}


def _most(known: _Array, on: _Array) -> float:
    """The largest share of a whole year: a few days of January are no year."""
    return float(np.bincount(_year(known[on == 1]) - 1700, minlength=1).max()) / _HOURS


def _year(known: _Array) -> _Array:
    found: _Array = (known // DAY).astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    return found


def _day(ms: Any) -> str:
    return f"{from_ms(int(ms)):%Y-%m-%d}"
