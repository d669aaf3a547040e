"""Load: layers of settings, the later over the earlier, checked as a whole, made into parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from bullmachine.config.bundles import bundles, exit_bundle, opened
from bullmachine.config.checks import check_modes, check_rows, check_sums, check_thresholds, ladder
from bullmachine.config.messages import invalid, unknown
from bullmachine.config.models import params_of
from bullmachine.config.params import Calibration, RunParams
from bullmachine.config.resolved import Config, nest
from bullmachine.config.rows import ANY, ROWS, in_order, rows_in
from bullmachine.config.sources import Layer, Overrides, Source, flatten, read_overrides, read_source
from bullmachine.config.tree import RUNGS, describe, describe_rows, leaf_of, leaves, settings_model
from bullmachine.core.time import timeframe_name
from bullmachine.fusion.params import Mode
from bullmachine.machine.records import SenseParams
from bullmachine.macro.shipped import DEFAULT_SET, series_map
from bullmachine.macro.table import MacroTable
from bullmachine.setups.book import DEFAULT_SETUPS, SetupBook
from bullmachine.setups.row import Setup
from bullmachine.trading.exit_params import ExitParams
from bullmachine.trading.params import DecideParams

__all__ = ["changed", "load_config"]


def load_config(source: Source = None, overrides: Overrides = ()) -> Config:
    """Load a preset (default `eth_1h`) or a TOML file, then apply `overrides`; later ones win.

    A setting that stands for others (`account.venue`) sets them where it is set itself; see `bundles`.

    Args:
        source: a preset's name, or the path of a file; `preset = "eth_1h"` at its top starts from a preset,
            else it starts from the defaults.
        overrides: a mapping of dotted (or nested) keys to values, or texts `key=value` with a TOML value
            or a bare word.

    Raises:
        ConfigError: the first thing wrong, in one sentence.

    >>> config = load_config(overrides=["fusion.off=0.25", "trade.side=long"])
    >>> config.name, config.decide.fusion.off, config.decide.trade.side.name
    ('eth_1h', 0.25, 'LONG')
    """
    name, layers = read_source(source)
    return _resolved(name, [*layers, *read_overrides(overrides)])


def _resolved(name: str, layers: list[Layer]) -> Config:
    given, origins = _merged(opened([*_shipped(), *layers], bundles()))
    values = _validated(given, origins)
    rungs = ladder(values["data.timeframes"], origins)
    values["data.timeframes"] = tuple(timeframe_name(rung) for rung in rungs)
    check_thresholds(values, origins)
    check_modes(values, origins)
    check_sums(values, origins)
    tree = nest(values)
    sense = {**tree["data"], **tree["engines"], **dict(zip(RUNGS, rungs, strict=True))}
    macro = MacroTable(
        rules=_rows(tree, "macro.rules", origins),
        series=_rows(tree, "macro.series", origins),
        shown=values["macro.shown"],
    )
    check_rows(macro.check, origins)
    setups = SetupBook(rows=_rows(tree, "setups", origins), lengths=rungs)
    check_rows(setups.check, origins, exit_bundle(), values["fusion.mode"] == "setups")
    return Config(
        name=name,
        sense=params_of(SenseParams, sense, "engines", origins),
        decide=_decide(tree, setups, origins),
        macro=macro,
        setups=setups,
        run=params_of(RunParams, tree["timing"], "timing", origins),
        calibration=Calibration(**tree["calibration"]),
        settings=tuple(values.items()),
    )


def _shipped() -> list[Layer]:
    """What lies below every other layer: the map of series, and the choices that stand for rows."""
    return [
        Layer("the shipped series", flatten(series_map(), "macro.series.")),
        Layer("the defaults", {"macro.set": DEFAULT_SET, "fusion.setups": DEFAULT_SETUPS}),
    ]


def _decide(tree: Mapping[str, Any], setups: SetupBook, origins: Mapping[str, str]) -> DecideParams:
    """What the decide stage reads; the setups' exits are the run's, changed as their set and stop say."""
    decide: DecideParams = params_of(DecideParams, tree, "", origins)
    if decide.fusion.mode is not Mode.SETUPS:
        return decide
    own = [_exits(tree["exits"], row, origins) for row in setups.live.values()]
    made: DecideParams = dataclasses.replace(decide, sets=[*own, *decide.sets[len(own) :]])
    return made


def _exits(exits: Mapping[str, Any], row: Setup, origins: Mapping[str, str]) -> ExitParams:
    said = {**flatten(exits, "exits."), **exit_bundle()[row.exits or "custom"], "exits.stop": row.stop.name.lower()}
    made: ExitParams = params_of(ExitParams, nest(said)["exits"], "exits", origins)
    return made


def _rows(tree: Mapping[str, Any], section: str, origins: Mapping[str, str]) -> dict[str, Any]:
    """The rows of a section by name."""
    found = tree
    for name in section.split("."):
        found = found.get(name, {})
    return {name: params_of(ROWS[section], row, f"{section}.{name}", origins) for name, row in found.items()}


def _merged(layers: list[Layer]) -> tuple[dict[str, object], dict[str, str]]:
    """The last value of every key that was given, and its place."""
    given: dict[str, object] = {}
    origins: dict[str, str] = {}
    for layer in layers:
        if layer.clears is not None:
            given = {key: value for key, value in given.items() if not key.startswith(layer.clears)}
        for key, value in layer.values.items():
            if leaf_of(key, f" in {layer.place}") is not None:
                given[key], origins[key] = value, layer.place
            elif value != {} or not any(k.startswith(f"{key}.") for k in leaves()):
                raise unknown(key, f" in {layer.place}", _near(key))
    return given, origins


def _near(key: str) -> list[str]:
    """The settings that `key` may have meant; of rows only where it lies in one, under that row's name."""
    section = rows_in(key)
    if section is None:
        return [leaf.key for leaf in describe()]
    name = key.removeprefix(f"{section}.").partition(".")[0]
    return [leaf.key.replace(f".{ANY}.", f".{name}.") for leaf in describe_rows() if leaf.key.startswith(section)]


def _validated(given: Mapping[str, object], origins: Mapping[str, str]) -> dict[str, Any]:
    """Every setting with its value."""
    try:
        return in_order(flatten(settings_model().model_validate(nest(given)).model_dump()))
    except ValidationError as errors:
        error = errors.errors(include_url=False)[0]
    path = [str(part) for part in error["loc"]]
    key, leaf = next((k, leaf) for k in _shortening(path) if (leaf := leaf_of(k)) is not None)
    raise invalid(leaf, given[key], f" in {origins[key]}", error["type"])


def _shortening(path: list[str]) -> Iterator[str]:
    """The dotted path and all it lies in, the longest first."""
    yield from (".".join(path[:depth]) for depth in range(len(path), 0, -1))


def changed(config: Config, overrides: Overrides) -> Config:
    """The configuration with other settings on top, a layer of their own; it keeps its name.

    >>> changed(load_config(), {"trade.side": "long"}).decide.trade.side.name
    'LONG'
    """
    return _resolved(config.name, [Layer("the configuration", flatten(config.to_dict())), *read_overrides(overrides)])
