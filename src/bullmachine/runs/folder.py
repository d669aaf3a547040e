"""Run folders: where a run writes, and how past runs are found.

A run writes `NAME.partial` and renames it at the end, so that a folder without that suffix is whole. A
run that was stopped leaves its partial folder with `status = interrupted`; the next run of that name
removes it and says so. A finished run is never overwritten without `force`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import pathlib
import shutil
from typing import Any, Final

from bullmachine.core.errors import OutputError

__all__ = ["LAST", "RunFolder", "find_run", "past_runs", "unused_name"]

LAST: Final = "last"  #: alias of the newest finished run of a directory
_SUFFIX: Final = ".partial"
_MANIFEST: Final = "manifest.json"


class RunFolder:
    """A folder being written; `path` is the partial one until `finish`.

    Args:
        target: where the finished run shall stand.
        force: replace a finished run of that name.

    Raises:
        OutputError: a run of that name exists, or the folder cannot be made.
    """

    def __init__(self, target: pathlib.Path, *, force: bool = False) -> None:
        self.target = target
        self.path = target.with_name(target.name + _SUFFIX)
        self.removed = ""
        if target.exists() and not force:
            raise OutputError(f"{target} exists: choose another --out, or --force to replace it", path=str(target))
        if target.exists() and not (target / _MANIFEST).exists():
            raise OutputError(f"{target} is no run folder, so --force does not remove it", path=str(target))
        if self.path.exists():
            self.removed = f"removed {self.path}, left by a run that was stopped"
            shutil.rmtree(self.path)
        try:
            self.path.mkdir(parents=True)
        except OSError as error:
            raise OutputError(f"cannot make {self.path}: {error.strerror}", path=str(self.path)) from error

    def write_json(self, name: str, value: Any) -> None:
        """Write one JSON file, keys in the order given."""
        (self.path / name).write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")

    def finish(self) -> pathlib.Path:
        """Move the folder to its place and point `last` at it."""
        if self.target.exists():
            shutil.rmtree(self.target)
        self.path.rename(self.target)
        alias = self.target.parent / LAST
        fresh = alias.with_name(f".{LAST}.new")
        fresh.write_text(self.target.name + "\n", encoding="utf-8")
        fresh.replace(alias)
        return self.target

    def interrupt(self, manifest: dict[str, Any]) -> None:
        """Leave the partial folder behind, marked; remove it when even that cannot be written."""
        try:
            self.write_json(_MANIFEST, {**manifest, "status": "interrupted"})
        except OSError:
            with contextlib.suppress(OSError):
                shutil.rmtree(self.path)


def unused_name(directory: pathlib.Path, stem: str) -> pathlib.Path:
    """`directory/stem`, or with `-2`, `-3`, ... when that run exists: several runs lie side by side."""
    name, n = directory / stem, 1
    while name.exists():
        n += 1
        name = directory / f"{stem}-{n}"
    return name


def default_stem(preset: str, sha256: str) -> str:
    """`<date>-<preset>-<hash6>`."""
    return f"{dt.datetime.now(dt.UTC):%Y-%m-%d}-{preset}-{sha256[:6]}"


def past_runs(directory: pathlib.Path) -> list[pathlib.Path]:
    """Finished runs of a directory, oldest first."""
    found = [p.parent for p in directory.glob(f"*/{_MANIFEST}") if not p.parent.name.endswith(_SUFFIX)]
    return sorted(found, key=lambda p: (p / _MANIFEST).stat().st_mtime_ns)


def find_run(name: str, directory: pathlib.Path) -> pathlib.Path:
    """The run called `name`: a folder, a name inside `directory`, or `last`.

    Raises:
        OutputError: there is no such finished run.
    """
    alias = directory / LAST
    if name == LAST and alias.is_file():
        return find_run(alias.read_text(encoding="utf-8").strip(), directory)
    for path in (pathlib.Path(name), directory / name):
        if (path / _MANIFEST).is_file() and not path.name.endswith(_SUFFIX):
            return path
    known = ", ".join(p.name for p in past_runs(directory)[-3:]) or "none yet"
    raise OutputError(f"no finished run {name!r} here or in {directory} (the newest there: {known})", path=name)
