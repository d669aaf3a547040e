"""Where settings come from: presets, TOML files and overrides, each a layer of dotted keys with a place."""

from __future__ import annotations

import difflib
import importlib.resources
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bullmachine.core.errors import ConfigError

__all__ = ["DEFAULT_PRESET", "Layer", "Overrides", "Source", "flatten", "presets", "read_overrides", "read_source"]

DEFAULT_PRESET: Final = "eth_1h"

Source = str | Path | None
Overrides = Mapping[str, object] | Sequence[str]


@dataclass(frozen=True, slots=True)
class Layer:
    """Settings of one place by dotted key; `place` as a sentence names it.

    Settings of earlier layers whose keys begin with `clears` do not count any more.
    """

    place: str
    values: dict[str, object]
    clears: str | None = None


def presets() -> list[str]:
    """The names of the shipped presets.

    >>> "eth_1h" in presets()
    True
    """
    return sorted(Path(f.name).stem for f in _preset_folder().iterdir() if f.name.endswith(".toml"))


def read_source(source: Source) -> tuple[str, list[Layer]]:
    """The name and the layers of a preset or a file, the preset it starts from first."""
    name = DEFAULT_PRESET if source is None else source
    if isinstance(name, str) and name in presets():
        text = (_preset_folder() / f"{name}.toml").read_text("utf-8")
        return name, _layers(text, f"preset {name}")
    path = Path(name)
    if path.name == name and path.suffix != ".toml" and not _is_file(path):
        raise _no_preset(name, "")
    return path.stem, _layers(_read(path), str(name))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # too long a name, a folder one may not look into
        return False


def read_overrides(overrides: Overrides) -> list[Layer]:
    """The layer of overrides: a mapping, or texts such as `fusion.on=0.5`, of which later ones win.

    Texts are one layer: `--set costs.taker_bps=3 --set account.venue=bybit_perp` means the same in either order.
    """
    if isinstance(overrides, Mapping):
        return [Layer("overrides", flatten(overrides))]
    values: dict[str, object] = {}
    for text in [overrides] if isinstance(overrides, str) else overrides:
        values |= _assignment(text)
    return [Layer("--set", values)]


def flatten(tree: Mapping[str, Any], path: str = "") -> dict[str, object]:
    """Dotted keys of a nested tree; an empty section stays, so that its name can be checked.

    >>> flatten({"fusion": {"on": 0.5, "momentum": {}}})
    {'fusion.on': 0.5, 'fusion.momentum': {}}
    """
    flat: dict[str, object] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{path}{name}.")
        else:
            flat[f"{path}{name}"] = value
    return flat


def _layers(text: str, place: str) -> list[Layer]:
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{place} is not valid TOML: {error}", path=place) from None
    start = tree.pop("preset", None)
    if start is not None and start not in presets():
        raise _no_preset(start, f" in {place}")
    before = [] if start is None else read_source(start)[1]
    return [*before, Layer(place, flatten(tree))]


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"no settings file {path}; presets: {', '.join(presets())}", path=str(path)) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read as a settings file: {error.strerror}", path=str(path)) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} cannot be read as a settings file: it is no UTF-8 text", path=str(path)) from None


def _no_preset(name: object, place: str) -> ConfigError:
    near = difflib.get_close_matches(str(name), presets(), n=1)
    hint = f"did you mean {near[0]}? Presets: " if near else "presets: "
    return ConfigError(f'no preset "{name}"{place}; {hint}{", ".join(presets())}', key="preset", value=name)


def _assignment(text: str) -> dict[str, object]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f'--set "{text}" is not KEY=VALUE, such as fusion.on=0.5', key=key.strip())
    return flatten({key.strip(): _value(value.strip())})


def _value(text: str) -> object:
    """A TOML value, `.5` as people write it, or a bare word."""
    try:
        tree = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return float(text) if re.fullmatch(r"[+-]?(\.\d+|\d+\.)", text) else text
    return tree["value"] if len(tree) == 1 else text


def _preset_folder() -> Any:
    return importlib.resources.files("bullmachine.config") / "presets"
