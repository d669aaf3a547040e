"""The one place that decides how kernels are compiled and where their cache lives.

`@kernel` is `numba.njit` with our policy: cached on disk, no fastmath, Python's error model, the
GIL released. Three facts shape it (each reproduced before it was believed):

* numba's disk cache does not notice an edit in a *called* module, nor NUMBA_BOUNDSCHECK. So the
  cache folder is named after everything that can change the machine code: all sources of the rooms
  that hold kernels, the versions, and the NUMBA_* variables. Deleting the folder is always safe.
* closures and function arguments never hit the cache: every loop is written out.
* numba's folder setting is global; it is put back at once, so that a user's own kernels keep theirs.

A kernel outside this package is compiled per process: its sources are not in the name.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pathlib
import sys
import tempfile
from collections.abc import Callable
from typing import Any, TypeVar, cast

import llvmlite
import numba
import numpy as np
import platformdirs

__all__ = ["cache_dir", "digest", "inlined", "is_warm", "kernel", "mark_warm"]

_F = TypeVar("_F", bound=Callable[..., Any])
_PACKAGE = pathlib.Path(__file__).parent.parent  # not resolved: kernels name their files the same way
_KERNEL_ROOMS = ("core", "indicators", "engines", "fusion", "trading", "machine")
_KERNEL_FILES = ("market/buckets.py", "market/calendars.py", "macro/context.py")


@functools.cache
def digest() -> str:
    """16 hex digits naming the kernels' sources, versions and compile switches."""
    total = hashlib.sha256()
    files = [p for room in _KERNEL_ROOMS for p in (_PACKAGE / room).rglob("*.py")]
    files += [_PACKAGE / name for name in _KERNEL_FILES]
    for path in sorted(files):
        total.update(path.relative_to(_PACKAGE).as_posix().encode())
        total.update(path.read_bytes())
    total.update(repr((numba.__version__, llvmlite.__version__, np.__version__, sys.version_info[:3])).encode())
    switches = {k: v for k, v in os.environ.items() if k.startswith("NUMBA_") and k != "NUMBA_CACHE_DIR"}
    total.update(repr(sorted(switches.items())).encode())
    return total.hexdigest()[:16]


@functools.cache
def cache_dir() -> pathlib.Path:
    """Where compiled kernels of exactly this source tree live (`BULLMACHINE_CACHE` moves the root).

    Where the user's cache folder cannot be written (a read-only home), the temporary folder serves.
    """
    root = os.environ.get("BULLMACHINE_CACHE") or platformdirs.user_cache_dir("bullmachine", appauthor=False)
    path = pathlib.Path(root) / "kernels" / digest()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        return pathlib.Path(tempfile.gettempdir()) / "bullmachine-kernels" / digest()
    return path


def is_warm() -> bool:
    """Whether `mark_warm` has seen the machine's kernels compiled into the cache."""
    return (cache_dir() / "warm").exists()


def mark_warm() -> None:
    """Remember that every kernel of the machine is in the cache; with the JIT off there is none."""
    if cache_dir().is_dir() and not is_warm():
        (cache_dir() / "warm").touch()


def kernel(function: _F) -> _F:
    """Compile `function` for the machine; plain Python when NUMBA_DISABLE_JIT=1.

    >>> @kernel
    ... def twice(x):
    ...     return 2 * x
    >>> twice(21)
    42
    """
    return _compiled(function)


def inlined(function: _F) -> _F:
    """`kernel` for a step that runs on every bar: compiled into its caller instead of called.

    The steps of the hot path this way make the sense stage a fifth faster, for no more than 4 s of
    compilation on top of 21 s. On every kernel it would be 43 s, as each caller recompiles what it
    swallows: a step that runs rarely stays a `kernel`.
    """
    return _compiled(function, forceinline=True)


def _compiled(function: _F, **options: bool) -> _F:
    own = function.__code__.co_filename.startswith(f"{_PACKAGE}{os.sep}")
    before = numba.config.CACHE_DIR
    if own:
        numba.config.CACHE_DIR = str(cache_dir())
    try:
        return cast("_F", numba.njit(cache=own, nogil=True, **options)(function))
    finally:
        numba.config.CACHE_DIR = before
