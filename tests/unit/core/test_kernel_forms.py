"""A kernel's two forms: what Python calls and what kernels call."""

import os
import pathlib
import subprocess
import sys
from typing import Any

import numba
import numpy as np
import pytest

from bullmachine.core.kernel import inlined, kernel

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="with the JIT off a kernel is its function")


def test_constants_do_not_make_another_kernel() -> None:
    @kernel
    def plus(x: int, y: int) -> int:
        return x + y

    @kernel
    def thrice(x: int) -> int:
        return plus(plus(x, 1), 2) + plus(x, x)

    made: Any = plus
    assert thrice(5) == 18
    assert len(made.part.overloads) == 1


def test_a_part_never_counts_an_index_from_the_end() -> None:
    @kernel
    def at(values: Any, i: int) -> float:
        found: float = values[i]
        return found

    @kernel
    def before(values: Any) -> float:
        return at(values, len(values) - 6)

    assert before(np.arange(10.0)[5:]) == 4.0


def _double(x: float) -> float:
    return 2.0 * x


@pytest.mark.parametrize("decorator", [kernel, inlined])
def test_each_form_is_compiled_when_it_is_needed(decorator: Any) -> None:
    double = decorator(_double)

    @kernel
    def quadruple(x: float) -> float:
        y: float = double(double(x))
        return y

    assert not {"entry", "part"} & vars(double).keys()
    assert quadruple(1.5) == 6.0
    assert "entry" not in vars(double)
    assert double(1.5) == 3.0


def test_only_what_python_calls_is_cached_and_the_rest_is_in_it(tmp_path: pathlib.Path) -> None:
    env = {**os.environ, "BULLMACHINE_CACHE": str(tmp_path)}

    def told(call: str) -> str:
        code = f"from bullmachine.engines.levels.sentinel import {call}"
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def cached() -> set[str]:
        return {path.name.split("-")[0] for path in tmp_path.rglob("*.nbc")}

    assert told("strength as f; print(f(1.0, 4.0))") == "0.25\n"
    assert cached() == {"sentinel.strength"}
    assert told("strength as f; print(f(1.0, 4.0), len(f.entry.stats.cache_hits))") == "0.25 1\n"
    assert told("ramp as f; print(f(1.0, 0.0, 4.0))") == "0.25\n"
    assert cached() == {"sentinel.strength", "ramp.ramp"}
