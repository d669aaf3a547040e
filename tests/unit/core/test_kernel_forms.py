"""A kernel's two forms: what Python calls and what kernels call."""

import os
import pathlib
import subprocess
import sys
from typing import Any

import numba
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


def test_what_kernels_call_is_not_found_in_the_cache_when_python_calls(tmp_path: pathlib.Path) -> None:
    """It has no way in from Python: to take it for one ends the process."""
    env = {**os.environ, "BULLMACHINE_CACHE": str(tmp_path)}
    for call, told in (
        ("levels.sentinel import strength as f; print(f(1.0, 4.0))", "0.25\n"),
        ("levels.sentinel import ramp as f; print(f(1.0, 0.0, 4.0))", "0.25\n"),
    ):
        code = f"from bullmachine.engines.{call}"
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, told), done.stderr
    cached = {path.parent.parent.name for path in tmp_path.rglob("sentinel.strength*.nbc")}
    assert len(cached) == 1
    assert {path.parent.parent.name for path in tmp_path.rglob("ramp.ramp*.nbc")} == {*cached, "parts"}
