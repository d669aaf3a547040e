"""The book of setups of a run: its rows by name, the checks between them, and the tables kernels read."""

from __future__ import annotations

import difflib
import functools
import importlib.resources
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bullmachine.core.errors import ConfigError
from bullmachine.setups.kinds import KIND_OF, MIRROR, TIMEFRAMES, ZONE_EVENTS, ZONE_KINDS, absent
from bullmachine.setups.language import Happening, Said
from bullmachine.setups.records import (
    ALTERNATIVES,
    CONDITIONS,
    KINDS,
    OF_ZONE,
    PAIRS,
    TFS,
    WATCHED,
    AnyOf,
    Condition,
    Form,
    SetupRow,
    SetupTable,
)
from bullmachine.setups.row import Setup
from bullmachine.trading.params import SETUPS, Side

__all__ = ["DEFAULT_SETUPS", "SetupBook", "setup_sets"]

#: the set of setups that stands where none is chosen
DEFAULT_SETUPS: Final = "shipped"

#: a kind of event on a timeframe; of a kind and its mirror the smaller number stands for both
_Pair = tuple[int, int]


@functools.cache
def setup_sets() -> dict[str, Any]:
    """Every named set of setups.

    >>> sorted(setup_sets()["shipped"])[:2]
    ['breaker_retest', 'fvg_continuation']
    """
    text = (importlib.resources.files("bullmachine.setups") / "sets.toml").read_text("utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True, slots=True)
class SetupBook:
    """Setups by name, in the order of names; `lengths` are the timeframes' in ms."""

    rows: Mapping[str, Setup] = field(default_factory=dict, hash=False)
    lengths: tuple[int, ...] = (0,) * TFS

    @property
    def live(self) -> dict[str, Setup]:
        """Those that count."""
        return {name: row for name, row in self.rows.items() if row.on}

    def check(self, sets: Iterable[str], asked: bool) -> None:  # noqa: FBT001  (one flag, by position)
        """Everything that one row alone cannot know; `sets` are the names of exit sets, `asked`: setups ask.

        Raises:
            ConfigError: with the key of the setting.
        """
        for name, row in self.rows.items():
            _check_exits(f"setups.{name}.exits", row.exits, list(sets))
            for n, said in enumerate(row.said):
                self._check_told(f"setups.{name}.when", f'condition {n + 1}, "{row.when[n]}"', said)
        if asked and not self.live:
            raise ConfigError(
                'fusion.mode = "setups", but no setup is on: fusion.setups = "shipped"', key="fusion.mode"
            )
        if len(self.live) > SETUPS:
            raise ConfigError(f"{len(self.live)} setups are more than {SETUPS}; switch some off", key="setups")
        if len(self._pairs()) > PAIRS:
            raise ConfigError(f"the setups name {len(self._pairs())} events, more than {PAIRS}", key="setups")

    def _check_told(self, key: str, place: str, said: Said) -> None:
        for kind in (*said.event.kinds, *said.before.kinds):
            if said.form is Form.EVENT and absent(kind, said.tf, self.lengths):
                name = next(name for name, number in KIND_OF.items() if number == kind)
                raise ConfigError(f"{key}: {place}: {name} is never told on {TIMEFRAMES[said.tf]}", key=key)

    def _pairs(self) -> dict[_Pair, int]:
        """Each pair and its number."""
        found = dict.fromkeys(pair for row in self.live.values() for said in row.said for pair in _named(said))
        return {pair: n for n, pair in enumerate(found)}

    def kernel(self) -> SetupTable:
        """The setups as kernels read them."""
        pairs, said = self._pairs(), [one for row in self.live.values() for one in row.said]
        rows = [_row(row, pairs) for row in self.live.values()]
        watched = {one.tf * WATCHED + one.zone for one in said if one.form is Form.ZONE}
        reads = [0] * (TFS * KINDS)
        for (tf, kind), n in pairs.items():
            reads[tf * KINDS + kind] = reads[tf * KINDS + MIRROR.get(kind, kind)] = n + 1
        for n in watched:
            for kind in ZONE_EVENTS[ZONE_KINDS[n % WATCHED]]:
                reads[n // WATCHED * KINDS + kind] |= OF_ZONE
        return SetupTable(
            n=len(rows),
            rows=_padded(rows, SETUPS, SetupRow()),
            tfs=list(self.lengths),
            reads=reads,
            zones=len(watched),
            watches=[int(n in watched) for n in range(2 * WATCHED)],
        )


def _check_exits(key: str, name: str, known: Sequence[str]) -> None:
    if name and name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise ConfigError(f'{key}: there is no exit set "{name}"; {hint}', key=key, value=name)


def _pair(tf: int, kind: int) -> _Pair:
    return tf, min(kind, MIRROR.get(kind, kind))


def _named(said: Said) -> Iterator[_Pair]:
    for kind in (*said.event.kinds, *said.before.kinds):
        yield _pair(said.tf, kind)


def _row(row: Setup, pairs: Mapping[_Pair, int]) -> SetupRow:
    conditions = [_condition(said, pairs) for said in row.said]
    return SetupRow(
        n=len(conditions),
        conditions=_padded(conditions, CONDITIONS, Condition()),
        long=int(row.sides is not Side.SHORT),
        short=int(row.sides is not Side.LONG),
        entry=int(row.entry),
        expiry=row.expiry,
        zone=row.zone,
    )


def _condition(said: Said, pairs: Mapping[_Pair, int]) -> Condition:
    events = [pairs[_pair(said.tf, kind)] for kind in said.event.kinds]
    before = [pairs[_pair(said.tf, kind)] for kind in said.before.kinds]
    return Condition(
        form=int(said.form),
        tf=said.tf,
        low=said.low,
        high=said.high,
        zone=said.tf * WATCHED + said.zone if said.form is Form.ZONE else 0,
        event=_any_of(said.event, events),
        before=_any_of(said.before, before),
    )


def _any_of(said: Happening, pairs: list[int]) -> AnyOf:
    return AnyOf(n=len(pairs), age=said.age, score=said.score, pairs=_padded(pairs, ALTERNATIVES, 0))


def _padded(items: Sequence[Any], length: int, empty: Any) -> list[Any]:
    return [*items, *[empty] * (length - len(items))]
