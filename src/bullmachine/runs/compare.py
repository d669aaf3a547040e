"""Finished runs side by side: a list of a directory's runs, and two runs against each other.

Both read `summary.json` and `manifest.json` alone. A key that an older folder lacks is None.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bullmachine.core.errors import OutputError
from bullmachine.runs.folder import find_run, past_runs

__all__ = ["compare", "listing"]

#: what a list of runs says of each
LISTED: Final = ("symbol", "from", "to", "positions", "r_net", "return", "max_drawdown")


#: what a run may be given besides bars
_BROUGHT: Final = ("signals", "funding rates", "lower bars")


def _read(folder: pathlib.Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Summary and manifest of a run folder."""
    try:
        summary, manifest = (
            json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in ("summary", "manifest")
        )
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder} cannot be read as a run: {error}", path=str(folder)) from error
    if not isinstance(summary, dict) or not isinstance(manifest, dict):
        raise OutputError(f"{folder} cannot be read as a run: its JSON holds no names", path=str(folder))
    return summary, manifest


def listing(directory: pathlib.Path) -> list[dict[str, Any]]:
    """One row per finished run of `directory`, oldest first: `name`, `LISTED`, and `error`.

    A run that cannot be read has a sentence as its `error` (None otherwise) and hides no other.

    Raises:
        OutputError: there is no such directory.
    """
    if not directory.is_dir():
        raise OutputError(f"there is no directory {directory}: give --dir, or make a run first", path=str(directory))
    return [_row(folder) for folder in past_runs(directory)]


def _row(folder: pathlib.Path) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    error = None
    try:
        summary, _ = _read(folder)
    except OutputError as unreadable:
        error = str(unreadable)
    return {"name": folder.name, **{key: summary.get(key) for key in LISTED}, "error": error}


def compare(a: str, b: str, directory: pathlib.Path) -> dict[str, Any]:
    """Two finished runs side by side; `a` and `b` are folders, names inside `directory`, or `last`.

    Returns:
        `runs` (both folders), `notes` (a sentence for each reason why the numbers are no fair comparison),
        `numbers` and `settings`: name to [value in a, value in b]. Settings are those that differ.

    Raises:
        OutputError: there is no such finished run, or it cannot be read.
    """
    folders = [find_run(name, directory) for name in (a, b)]
    (ours, made), (theirs, other) = (_read(folder) for folder in folders)
    return {
        "runs": [str(folder) for folder in folders],
        "notes": list(_notes(made, other)),
        "numbers": _numbers(ours, theirs),
        "settings": _differences(_settings(made), _settings(other)),
    }


def _numbers(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Every plain number that one of two summaries has."""
    names = [name for name in {**a, **b} if _is_number(a.get(name)) or _is_number(b.get(name))]
    return {name: [a.get(name), b.get(name)] for name in names}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _settings(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_leaves((manifest.get("config") or {}).get("resolved") or {}))


def _leaves(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{name}.")
        else:
            yield path + name, value


def _differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {key: [a.get(key), b.get(key)] for key in {**a, **b} if a.get(key) != b.get(key)}


def _notes(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[str]:
    if _digests(a) != _digests(b):
        yield "the data differ"
    for what, ours, theirs in zip(_BROUGHT, _brought(a), _brought(b), strict=True):
        if ours != theirs:
            yield f"the {what} differ"
    if _span(a) != _span(b):
        yield "the windows differ"
    code = [name for name in ("version", "kernels", "engines") if a.get(name) != b.get(name)]
    if code:
        yield f"the code differs: {', '.join(code)}"


def _digests(manifest: Mapping[str, Any]) -> list[Any]:
    return [file.get("sha256") for file in manifest.get("data") or ()]


def _brought(manifest: Mapping[str, Any]) -> tuple[Any, ...]:
    """What came from outside besides bars, in the order of `_BROUGHT`."""
    outside = [file.get("outside") or {} for file in manifest.get("data") or ()]
    signals = (manifest.get("signals") or {}).get("sha256")
    return signals, [o.get("funding") for o in outside], [o.get("lower_bars") for o in outside]


def _span(manifest: Mapping[str, Any]) -> list[Any]:
    window = manifest.get("window") or {}
    return [window.get("from"), window.get("to")]
