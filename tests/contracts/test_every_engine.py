"""The contract on every engine of the package: found, not listed."""

import importlib.util
from typing import Any

import numba
import pytest

from bullmachine.core.engine import StepEngine
from bullmachine.machine.engines import ENGINES as MACHINE
from bullmachine.testing import CHECKS, check_name, discover
from bullmachine.testing.modes import check_bounds, check_twins
from bullmachine.testing.suite import unknown_exemptions

ROOMS = [room for room in ("bullmachine.indicators", "bullmachine.engines") if importlib.util.find_spec(room)]
ENGINES = discover(*ROOMS)

compiled_only = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="arrays are a hundred times slower without the JIT; the twins run there"
)
every_engine = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)


@compiled_only
@pytest.mark.parametrize("check", CHECKS, ids=check_name)
@every_engine
def test_engine_keeps_the_contract(engine: type[StepEngine], check: Any) -> None:
    if check_name(check) in engine.exempt:
        pytest.skip(f"{engine.name} is exempt: {engine.exempt[check_name(check)]}")
    result = check(engine)
    assert result.passed, str(result)


@every_engine
def test_exemptions_name_a_check_and_a_reason(engine: type[StepEngine]) -> None:
    assert unknown_exemptions(engine) == []


def test_names_are_unique() -> None:
    names = [engine.name for engine in ENGINES]
    assert sorted(set(names)) == names


def test_plain_python_and_compiled_kernels_say_the_same() -> None:
    assert [str(r) for r in check_twins(ENGINES) if not r.passed] == []


@compiled_only
def test_bounds_checked_kernels_say_the_same() -> None:
    """Those that no machine runs: a machine with bounds checked is in tests/parity, and takes as long to compile."""
    assert [str(r) for r in check_bounds([e for e in ENGINES if e not in MACHINE]) if not r.passed] == []
