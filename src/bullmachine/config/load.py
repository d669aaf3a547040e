"""Load: layers of settings, the later over the earlier, checked as a whole, made into parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bullmachine.config.bundles import bundles, opened
from bullmachine.config.checks import check_sums, check_thresholds, ladder
from bullmachine.config.messages import invalid, unknown
from bullmachine.config.models import params_of
from bullmachine.config.params import Calibration, RunParams
from bullmachine.config.resolved import Config, nest
from bullmachine.config.sources import Layer, Overrides, Source, flatten, read_overrides, read_source
from bullmachine.config.tree import RUNGS, leaves, settings_model
from bullmachine.core.time import timeframe_name
from bullmachine.machine.records import SenseParams
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
    given, origins = _merged(opened([*layers, *read_overrides(overrides)], bundles()))
    values = _validated(given, origins)
    rungs = ladder(values["data.timeframes"], origins)
    values["data.timeframes"] = tuple(timeframe_name(rung) for rung in rungs)
    check_thresholds(values, origins)
    check_sums(values, origins)
    tree = nest(values)
    sense = {**tree["data"], **tree["engines"], **dict(zip(RUNGS, rungs, strict=True))}
    return Config(
        name=name,
        sense=params_of(SenseParams, sense, "engines", origins),
        decide=params_of(DecideParams, tree, "", origins),
        run=params_of(RunParams, tree["timing"], "timing", origins),
        calibration=Calibration(**tree["calibration"]),
        settings=tuple(values.items()),
    )


def _merged(layers: list[Layer]) -> tuple[dict[str, object], dict[str, str]]:
    """The last value of every key that was given, and its place."""
    known = leaves()
    given: dict[str, object] = {}
    origins: dict[str, str] = {}
    for layer in layers:
        for key, value in layer.values.items():
            if key in known:
                given[key], origins[key] = value, layer.place
            elif value != {} or not any(k.startswith(f"{key}.") for k in known):
                raise unknown(key, f" in {layer.place}", known)
    return given, origins


def _validated(given: Mapping[str, object], origins: Mapping[str, str]) -> dict[str, Any]:
    """Every setting with its value."""
    try:
        return flatten(settings_model().model_validate(nest(given)).model_dump())
    except ValidationError as errors:
        error = errors.errors(include_url=False)[0]
    key = ".".join(str(part) for part in error["loc"])
    key = next(k for k in leaves() if key == k or key.startswith(f"{k}."))
    raise invalid(leaves()[key], given[key], f" in {origins[key]}", error["type"])


def changed(config: Config, overrides: Mapping[str, object]) -> Config:
    """The configuration with other settings on top; it keeps its name.

    >>> changed(load_config(), {"trade.side": "long"}).decide.trade.side.name
    'LONG'
    """
    found = load_config(overrides={**flatten(config.to_dict()), **flatten(overrides)})
    return dataclasses.replace(found, name=config.name)
