"""The table of rules: every rule and shown series, the series they read, and the checks between them."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from bullmachine.core.errors import ConfigError
from bullmachine.macro.context import CONTEXT_SLOTS, MacroRow, MacroRules
from bullmachine.macro.rules import Blocks, Rule
from bullmachine.macro.series import Series

__all__ = ["MacroTable"]

_RATIO: Final = "ratio"


@dataclass(frozen=True, slots=True)
class MacroTable:
    """Rules and series by name, and the series that are only shown."""

    rules: Mapping[str, Rule] = field(default_factory=dict, hash=False)
    series: Mapping[str, Series] = field(default_factory=dict, hash=False)
    shown: tuple[str, ...] = ()

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the context's slots, in order."""
        return (*self.rules, *self.shown)

    @property
    def needed(self) -> tuple[str, ...]:
        """The series that rules and shown quotients read, each once."""
        texts = [*(name for rule in self.rules.values() for name in rule.parts), *self._shown_parts()]
        return tuple(dict.fromkeys(texts))

    def _shown_parts(self) -> Iterator[str]:
        for text in self.shown:
            yield from (name.strip() for name in text.split("/", 1))

    def kernel(self) -> MacroRules:
        """The rules as kernels read them."""
        rows = [_row(rule) for rule in self.rules.values()]
        quiet = sum(1 << n for n, rule in enumerate(self.rules.values()) if rule.quiet > 0.0)
        return MacroRules(n=len(rows), quiet=quiet, rows=rows + [MacroRow()] * (CONTEXT_SLOTS - len(rows)))

    @property
    def digest(self) -> str:
        """12 hex digits of the rules and of the series they read."""
        told = repr((dict(self.rules), [self.series.get(name) for name in self.needed]))
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    def check(self) -> None:
        """Every rule can be read from the series that are declared.

        Raises:
            ConfigError: with the key of the row that cannot.
        """
        if len(self.slots) > CONTEXT_SLOTS:
            raise ConfigError(
                f"{len(self.rules)} macro rules and {len(self.shown)} shown series are more than {CONTEXT_SLOTS}",
                key="macro.rules",
            )
        self._check_columns()
        for name, rule in self.rules.items():
            for part in rule.parts:
                self._check_declared(f"macro.rules.{name}.series", part)
            self._check_rule(f"macro.rules.{name}", rule)
        for part in self._shown_parts():
            self._check_declared("macro.shown", part)

    def _check_declared(self, key: str, series: str) -> None:
        if series not in self.series:
            near = difflib.get_close_matches(series, self.series, n=1)
            hint = f"did you mean {near[0]}?" if near else f"declare it: [macro.series.{series}]"
            raise ConfigError(f'{key} names "{series}", a series that nobody declares; {hint}', key=key, value=series)

    def _check_columns(self) -> None:
        """Two series of one column are two release rules for the same values."""
        held: dict[str, str] = {}
        for name, series in self.series.items():
            column = (series.column or name).lower()
            other = held.setdefault(column, name)
            if other != name:
                raise ConfigError(
                    f"macro.series.{name} and macro.series.{other} both read the column {column}: their release rules "
                    f"({series.release}; {self.series[other].release}) overlap; keep one",
                    key=f"macro.series.{name}",
                )

    def _check_rule(self, key: str, rule: Rule) -> None:
        """A level must be in the series' unit, and one that the series can have."""
        if not rule.taken.keeps_unit:
            return
        first = self.series[rule.parts[0]]
        unit = first.unit if len(rule.parts) == 1 else _RATIO
        if rule.unit and rule.unit != unit:
            raise ConfigError(
                f'{key}.unit = "{rule.unit}", but {rule.series} is in "{unit}": convert on and off', key=f"{key}.unit"
            )
        beyond = rule.on < first.high if rule.on > rule.off else rule.on > first.low
        if len(rule.parts) == 1 and not (beyond and first.low <= rule.on <= first.high):
            raise ConfigError(
                f"{key}.on = {rule.on:g} can never be reached: {rule.series} lies in {first.low:g} to {first.high:g}",
                key=f"{key}.on",
                value=rule.on,
            )


def _row(rule: Rule) -> MacroRow:
    long, short = rule.blocks != Blocks.SHORT, rule.blocks != Blocks.LONG
    return MacroRow(
        on=rule.on,
        off=rule.off,
        rising=int(rule.on > rule.off),
        risk_long=rule.weight if long else 0.0,
        risk_short=rule.weight if short else 0.0,
        quiet=rule.quiet,
        closes_long=int(rule.closes and long),
        closes_short=int(rule.closes and short),
    )
