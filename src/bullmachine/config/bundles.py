"""Bundles: a setting whose value stands for several others, such as `account.venue` for a venue's costs.

A bundle is opened in the layer that chooses it, below that layer's own settings: what the layer or a
later one says itself wins, and a later choice sets everything anew. The default choice of a bundle is
what the defaults of its settings are already, so nothing is opened where nothing chooses.
"""

from __future__ import annotations

import functools
import importlib.resources
import tomllib
from collections.abc import Iterable, Mapping
from typing import Final

from bullmachine.config.messages import shown
from bullmachine.config.rows import cleared_by
from bullmachine.config.sources import Layer, flatten
from bullmachine.macro.shipped import macro_sets
from bullmachine.market.venues import Venue, venues
from bullmachine.setups.book import setup_sets

__all__ = [
    "DEFAULT_EXITS",
    "Bundles",
    "bundles",
    "exit_bundle",
    "macro_bundle",
    "opened",
    "sets",
    "setup_bundle",
    "venue_bundle",
]

#: {the bundle's key: {choice: {key it sets: value}}}
Bundles = Mapping[str, Mapping[str, Mapping[str, object]]]

#: the set whose numbers are the defaults
DEFAULT_EXITS: Final = "bank_and_run"

#: fields of `Venue` and the settings they are
_VENUE: Final = {
    "market": "account.market",
    "maintenance": "account.maintenance",
    "funding_hours": "costs.funding_hours",
    "taker_bps": "costs.taker_bps",
    "maker_bps": "costs.maker_bps",
    "calendar": "data.calendar",
}


def bundles() -> Bundles:
    """Every bundle there is.

    >>> bundles()["account.venue"]["kraken_spot"]["costs.taker_bps"]
    40.0
    """
    return {
        "account.venue": venue_bundle(),
        "exits.set": exit_bundle(),
        "macro.set": macro_bundle(),
        "fusion.setups": setup_bundle(),
    }


def venue_bundle() -> dict[str, dict[str, object]]:
    """What each venue sets; `custom` sets nothing."""
    return {venue.name: _settings(venue) for venue in venues()}


@functools.cache
def exit_bundle() -> dict[str, dict[str, object]]:
    """What each named exit set sets; `custom` sets nothing."""
    text = (importlib.resources.files("bullmachine.config") / "exit_sets.toml").read_text("utf-8")
    return {name: flatten(given, "exits.") for name, given in tomllib.loads(text).items()}


@functools.cache
def macro_bundle() -> dict[str, dict[str, object]]:
    """What each named table of macro rules sets; `none` has no rules."""
    return {name: _plain(flatten(given, "macro.")) for name, given in macro_sets().items()}


@functools.cache
def setup_bundle() -> dict[str, dict[str, object]]:
    """What each named set of setups sets; `none` has no setups."""
    return {name: _plain(flatten(given, "setups.")) for name, given in setup_sets().items()}


def _plain(given: Mapping[str, object]) -> dict[str, object]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


def _settings(venue: Venue) -> dict[str, object]:
    given = {key: getattr(venue, field) for field, key in _VENUE.items()}
    return {key: value for key, value in given.items() if value is not None}


def opened(layers: Iterable[Layer], known: Bundles) -> list[Layer]:
    """The layers, each after what the bundles it chooses stand for.

    A choice that does not exist opens nothing; the check of the setting itself refuses it.

    >>> layers = [Layer("my.toml", {"size": "big", "width": 3})]
    >>> [layer.values for layer in opened(layers, {"size": {"big": {"width": 9, "height": 9}}})]
    [{'width': 9, 'height': 9}, {'size': 'big', 'width': 3}]
    """
    found: list[Layer] = []
    for layer in layers:
        for key, choices in known.items():
            choice = layer.values.get(key)
            if isinstance(choice, str) and (choices.get(choice) or (choice in choices and cleared_by(key))):
                place = f"{layer.place} by {key} = {shown(choice)}"
                found.append(Layer(place, dict(choices[choice]), clears=cleared_by(key)))
        found.append(layer)
    return found


def sets(values: Mapping[str, object], known: Bundles) -> dict[str, str]:
    """The settings that stand as the chosen bundles set them, and the bundle's key.

    >>> sets({"size": "big", "width": 9, "height": 1}, {"size": {"big": {"width": 9, "height": 9}}})
    {'width': 'size'}
    """
    chosen = {key: choices[str(values[key])] for key, choices in known.items()}
    return {k: key for key, given in chosen.items() for k, value in given.items() if values.get(k) == value}
