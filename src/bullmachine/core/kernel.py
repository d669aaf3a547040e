"""The one place that decides how kernels are compiled and where their cache lives.

`@kernel` is `numba.njit` with our policy: cached on disk, no fastmath, Python's error model, the
GIL released. Five facts shape it (each reproduced before it was believed):

* numba's disk cache does not notice an edit in a *called* module, nor NUMBA_BOUNDSCHECK. So the
  cache folder is named after everything that can change the machine code: all sources of the rooms
  that hold kernels, the versions, and the NUMBA_* variables. Deleting the folder is always safe.
* closures and function arguments never hit the cache: every loop is written out.
* numba's folder setting is global; it is put back at once, so that a user's own kernels keep theirs.
* a constant argument is a type of its own to numba: `emit` was compiled ten times, once per kind of event.
  Kernels see each other's arguments without their values.
* the way in from Python, machine code and optimisation of its own are what a kernel costs to compile, and most are
  called by kernels only. So a kernel has two forms: the entry that Python calls, compiled, optimised and cached as
  usual, and the part that kernels call: plain LLVM code that is linked into the entry and optimised there, once.

The last two took sense from 55 s of compilation to 20 s and decide from 17 s to 7 s: numba's own way optimises every
kernel again in every kernel above it.

A kernel outside this package is compiled per process: its sources are not in the name.
"""

from __future__ import annotations

import functools
import hashlib
import operator
import os
import pathlib
import sys
import tempfile
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar, cast

import llvmlite
import numba
import numpy as np
import platformdirs
from numba.core import untyped_passes
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.typed_passes import InlineOverloads, NopythonRewrites, NopythonTypeInference
from numba.extending import models, register_model, typeof_impl

__all__ = ["cache_dir", "called", "digest", "inlined", "is_warm", "kernel", "mark_warm"]

_F = TypeVar("_F", bound=Callable[..., Any])
_PACKAGE = pathlib.Path(__file__).parent.parent  # not resolved: kernels name their files the same way
_KERNEL_ROOMS = ("core", "indicators", "engines", "fusion", "trading", "setups", "machine")
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

    A quarter of the sense stage. numba hands the option down: what is first met below such a step is woven in too,
    which is another 8 % here. Tried: weaving everything in (1 % faster, three times the compilation), and marking
    the steps that few bars take as cold calls (8 % slower: an event's ten arguments cost more than its code).
    Also `emit` and the steps of a board as one copy that all call, in three calling conventions (20 % slower); telling
    LLVM that arguments do not alias, or that jumps are expensive (no gain).
    """
    return _compiled(function, forceinline=True)


def called(function: _F) -> _F:
    """`kernel` for a long step that few bars take: not woven in where an inlined step is the first to call it."""
    return _compiled(function, forceinline=False)


class _PartLibrary(JITCodeLibrary):  # type: ignore[misc]  # numba has no stubs
    """The code of a part: linked into the kernels that call it, and optimised there."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:  # noqa: ARG002  (numba's signature)
        return 0

    @property
    def codegen(self) -> _PartLibrary:
        return self

    def set_env(self, name: str, env: Any) -> None:
        """No machine code, hence nothing to tell the environment of; kernels use no Python object."""


@register_pass(mutates_CFG=False, analysis_only=False)
class _NeverFromTheEnd(FunctionPass):  # type: ignore[misc]  # numba has no stubs
    """Types every index of an array as unsigned: numba adds the length to a negative one, which no kernel has."""

    _name = "bullmachine_never_from_the_end"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Change the signatures that the lowering looks up; the value of an index stays what it is."""
        for at, signature in list(state.calltypes.items()):
            if isinstance(at, numba.core.ir.SetItem) or (isinstance(at, numba.core.ir.Expr) and at.op == "getitem"):
                array, index, *rest = signature.args
                if isinstance(array, numba.types.Array) and index == numba.types.int64:
                    args = (array, numba.types.uint64, *rest)
                    del state.calltypes[at]  # a dictionary that takes a key once
                    state.calltypes[at] = numba.core.typing.signature(signature.return_type, *args)
        return True


#: passes for what no kernel has: closures, `with`, literal loops, branches on a type, array expressions. After each of
#: them numba looks at every variable anew: an eighth of compilation
_IDLE: Final = (
    untyped_passes.WithLifting,
    untyped_passes.InlineClosureLikes,
    untyped_passes.DeadBranchPrune,
    untyped_passes.RewriteDynamicRaises,
    untyped_passes.MakeFunctionToJitFunction,
    untyped_passes.InlineInlinables,
    untyped_passes.FindLiterallyCalls,
    untyped_passes.LiteralUnroll,
    untyped_passes.LiteralPropagationSubPipelinePass,
    InlineOverloads,
    NopythonRewrites,
)


class _PartCompiler(Compiler):  # type: ignore[misc]  # numba has no stubs
    """numba's own pipeline into such a library."""

    def define_pipelines(self) -> Any:
        self.state.library = _PartLibrary(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        passes, *others = super().define_pipelines()
        passes.add_pass_after(_NeverFromTheEnd, NopythonTypeInference)
        passes.passes = [step for step in passes.passes if step[0] not in _IDLE]
        passes.finalize()
        return [passes, *others]


class _Part(numba.types.Dispatcher):  # type: ignore[misc]  # numba has no stubs
    """The type of a kernel inside kernels."""

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        return super().get_call_type(context, tuple(numba.types.unliteral(a) for a in args), kws)


register_model(_Part)(models.OpaqueModel)

# numba writes a record's type out, field by field, at every pass of every kernel that takes one: a tenth of all work.
# Kept for the whole process, a user's own kernels too: it is the same text
numba.types.Record.__repr__ = functools.cache(numba.types.Record.__repr__)


class _Kernel:
    """A function and its two compiled forms: the entry for Python, the part for other kernels."""

    def __init__(self, function: Callable[..., Any], options: Mapping[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self.py_func = function
        self._options = {**options, "no_cfunc_wrapper": True}
        own = function.__code__.co_filename.startswith(f"{_PACKAGE}{os.sep}")
        self._folder = cache_dir() if own else None

    #: as a property the call goes to numba at once; as a method it packed 17 arguments twice
    __call__ = property(operator.attrgetter("entry"))

    @functools.cached_property
    def entry(self) -> Any:
        """What Python calls."""
        return _jit(self.py_func, self._folder, self._options)

    @functools.cached_property
    def part(self) -> Any:
        """What kernels call."""
        options = {**self._options, "no_cpython_wrapper": True, "pipeline_class": _PartCompiler}
        return _jit(self.py_func, None, options)


@typeof_impl.register(_Kernel)  # type: ignore[untyped-decorator]
def _part_of(found: _Kernel, _context: Any) -> _Part:
    return _Part(found.part)


def _compiled(function: _F, **options: Any) -> _F:
    return function if numba.config.DISABLE_JIT else cast("_F", _Kernel(function, options))


def _jit(function: Callable[..., Any], folder: pathlib.Path | None, options: Mapping[str, Any]) -> Any:
    before = numba.config.CACHE_DIR
    if folder is not None:
        numba.config.CACHE_DIR = str(folder)
    try:
        return numba.njit(cache=folder is not None, nogil=True, **options)(function)
    finally:
        numba.config.CACHE_DIR = before
