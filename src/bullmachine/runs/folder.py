"""Run folders: where a run writes, and how past runs are found.

A run writes `NAME.partial` and renames it at the end, so that a folder without that suffix is whole. A
run that was stopped leaves its partial folder with `status = interrupted`; the next run of that name
removes it and says so. A finished run is never overwritten without `force`, the partial folder of a run
that is still being written is never touched, and nothing is removed that does not look like a run.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import pathlib
import shutil
import sys
from typing import Any, Final

if sys.platform != "win32":
    import fcntl

from bullmachine.core.errors import OutputError

__all__ = ["LAST", "RunFolder", "default_stem", "find_run", "past_runs", "unused_name"]

LAST: Final = "last"  #: alias of the newest finished run of a directory
_SUFFIX: Final = ".partial"
_MANIFEST: Final = "manifest.json"
_ENDINGS: Final = {".html", ".json", ".jsonl", ".parquet"}  #: of the files a run writes


class RunFolder:
    """A folder being written; `path` is the partial one until `finish`.

    Args:
        target: where the finished run shall stand.
        force: replace a finished run of that name.

    Raises:
        OutputError: a run of that name exists or is being written, or the folder cannot be made.
    """

    def __init__(self, target: pathlib.Path, *, force: bool = False) -> None:
        self.target = target
        self.removed = ""
        self.path = _partial(target)
        try:
            _check_name(target)
            _check_free(target, force=force)
            self._remove_leftover()
            self.path.mkdir(parents=True)
            self._lock = _lock(self.path)
        except OSError as error:
            raise OutputError(f"cannot make {self.path}: {error.strerror}", path=str(self.path)) from error

    def _remove_leftover(self) -> None:
        if not self.path.exists():
            return
        if _busy(self.path):
            raise OutputError(f"{self.path} is being written by another run: choose another --out", path=str(self.path))
        if not self.path.is_dir() or not {p.suffix for p in self.path.iterdir()} <= _ENDINGS:
            raise OutputError(f"{self.path} is in the way and no run wrote it: move it", path=str(self.path))
        shutil.rmtree(self.path)
        self.removed = f"removed {self.path}, left by a run that was stopped"

    def write_json(self, name: str, value: Any) -> None:
        """Write one JSON file, keys in the order given."""
        (self.path / name).write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")

    def finish(self) -> pathlib.Path:
        """Move the folder to its place and point `last` at it."""
        alias = self.target.parent / LAST
        fresh = alias.with_name(f".{LAST}.new")
        fresh.write_text(self.target.name + "\n", encoding="utf-8")
        if self.target.exists():
            shutil.rmtree(self.target)
        self.path.rename(self.target)
        fresh.replace(alias)
        _unlock(self._lock)
        return self.target

    def interrupt(self, manifest: dict[str, Any]) -> None:
        """Leave the partial folder behind, marked; remove it when even that cannot be written."""
        try:
            self.write_json(_MANIFEST, {**manifest, "status": "interrupted"})
        except OSError:
            self.drop()
        else:
            _unlock(self._lock)

    def drop(self) -> None:
        """Remove the partial folder."""
        with contextlib.suppress(OSError):
            shutil.rmtree(self.path)
        _unlock(self._lock)


def _check_name(target: pathlib.Path) -> None:
    """Refuse names that would not name a run, or name another thing in every directory of runs."""
    if target.name in ("", "..", LAST) or target.name.endswith(_SUFFIX):
        raise OutputError(f"{str(target)!r} cannot be the name of a run: choose another --out", path=str(target))
    if (target.parent / LAST).is_dir():
        raise OutputError(
            f"{target.parent / LAST} is a folder, and there the name of the newest run is kept: choose another --out",
            path=str(target),
        )


def _check_free(target: pathlib.Path, *, force: bool) -> None:
    """Refuse to write where something is, unless it is a run that may be replaced."""
    if not target.exists():
        return
    if not force:
        raise OutputError(f"{target} exists: choose another --out, or --force to replace it", path=str(target))
    try:
        manifest = json.loads((target / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        manifest = {}
    if "fingerprints" not in manifest:
        raise OutputError(f"{target} is no run folder, so --force does not remove it", path=str(target))


def _partial(target: pathlib.Path) -> pathlib.Path:
    return target.parent / (target.name + _SUFFIX)


def _lock(folder: pathlib.Path) -> int:
    """Hold `folder` until `_unlock` or the end of the process, however it ends; -1 where that cannot be asked."""
    if sys.platform == "win32":
        return -1  # a folder with open files cannot be removed there, which is all the lock is for
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle


def _unlock(handle: int) -> None:
    if handle >= 0:
        os.close(handle)


def _busy(folder: pathlib.Path) -> bool:
    """Whether a living run holds the folder."""
    try:
        _unlock(_lock(folder))
    except BlockingIOError:
        return True
    return False


def unused_name(directory: pathlib.Path, stem: str) -> pathlib.Path:
    """`directory/stem`, or with `-2`, `-3`, ... when that run exists or is being written: runs lie side by side."""
    name, n = directory / stem, 1
    while name.exists() or (_partial(name).exists() and _busy(_partial(name))):
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
    alias, places = directory / LAST, [pathlib.Path(name), directory / name]
    if name == LAST and alias.is_file():
        places = [directory / alias.read_text(encoding="utf-8").strip()]  # here, not a namesake's folder
    for path in places:
        if (path / _MANIFEST).is_file() and not path.name.endswith(_SUFFIX):
            return path
    known = ", ".join(p.name for p in past_runs(directory)[-3:]) or "none yet"
    raise OutputError(f"no finished run {name!r} here or in {directory} (the newest there: {known})", path=name)
