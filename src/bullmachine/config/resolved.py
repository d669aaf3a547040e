"""A resolved configuration: every setting has its value, and the machine's parameters are made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bullmachine.config.bundles import bundles, sets
from bullmachine.config.leaf import Value
from bullmachine.config.messages import unknown
from bullmachine.config.params import Calibration, RunParams
from bullmachine.config.render import render
from bullmachine.fusion.params import Mode
from bullmachine.machine.records import SenseParams
from bullmachine.macro.table import MacroTable
from bullmachine.setups.book import SetupBook
from bullmachine.setups.records import SetupTable
from bullmachine.trading.params import DecideParams, Source

__all__ = ["Config", "differences", "nest"]


@dataclass(frozen=True, slots=True)
class Config:
    """Settings that passed every check (made by `load_config`).

    Attributes:
        name: the preset's name, or the file's without its ending.
        sense: what the sense stage reads.
        decide: what the decide stage reads.
        macro: rules of slow series, and what the series are.
        setups: the setups by name.
        run: how a run reports itself.
        calibration: where scales and thresholds come from; not part of `sha256`.
        settings: every key with its value, in the order of the tree.
    """

    name: str
    sense: SenseParams
    decide: DecideParams
    macro: MacroTable
    setups: SetupBook
    run: RunParams
    calibration: Calibration
    settings: tuple[tuple[str, Value], ...] = field(repr=False)

    @property
    def asking(self) -> SetupTable | None:
        """The setups as kernels read them, where they ask; None where F or signals of one's own do."""
        asks = self.decide.fusion.mode is Mode.SETUPS and self.decide.trade.source is Source.FUSION
        return self.setups.kernel() if asks else None

    def get(self, key: str) -> Value:
        """The value of one setting.

        Raises:
            ConfigError: there is no such setting; the sentence names the nearest.
        """
        values = dict(self.settings)
        if key not in values:
            raise unknown(key, "", values)
        return values[key]

    def to_dict(self) -> dict[str, Any]:
        """The resolved tree of plain values; `load_config(overrides=...)` takes it back."""
        return nest({key: list(v) if isinstance(v, tuple) else v for key, v in self.settings})

    def to_toml(self) -> str:
        """The resolved tree as a settings file, each setting with its meaning and range."""
        return render(self.name, self.settings, sets(dict(self.settings), bundles()))

    @property
    def sha256(self) -> str:
        """64 hex digits naming all settings but `calibration`: equal digits, equal results."""
        tree = self.to_dict()
        del tree["calibration"]
        text = json.dumps(tree, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


def differences(a: Config, b: Config) -> list[tuple[str, Value | None, Value | None]]:
    """The settings in which two configurations differ: key and both values; None in a row that one lacks."""
    one, other = dict(a.settings), dict(b.settings)
    return [(key, one.get(key), other.get(key)) for key in {**one, **other} if one.get(key) != other.get(key)]


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """A nested tree of dotted keys; the inverse of `sources.flatten`.

    >>> nest({"fusion.on": 0.5, "fusion.momentum.mix_base": 0.7})
    {'fusion': {'on': 0.5, 'momentum': {'mix_base': 0.7}}}
    """
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        *path, leaf = key.split(".")
        place = tree
        for name in path:
            place = place.setdefault(name, {})
        place[leaf] = value
    return tree
