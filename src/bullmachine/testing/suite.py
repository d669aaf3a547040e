"""The list: every check of the contract, for a class, in the order that finds the plainest cause first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from bullmachine.core.engine import StepEngine
from bullmachine.testing.checks_border import check_bad_bars, check_exact_warm_up, check_finite_numbers
from bullmachine.testing.checks_events import check_capacity_limits, check_event_sanity
from bullmachine.testing.checks_state import check_constant_memory, check_independence, check_snapshot_restore
from bullmachine.testing.checks_stream import (
    check_any_chunking,
    check_future_poison,
    check_prefix_invariance,
    check_stream_equals_batch,
)
from bullmachine.testing.laws import check_mirror_law, check_price_scale, check_volume_scale
from bullmachine.testing.results import CheckResult

__all__ = ["CHECKS", "Check", "check_engine", "check_name", "unknown_exemptions", "yield_checks"]

Check = Callable[..., CheckResult]

CHECKS: Final[tuple[Check, ...]] = (
    check_stream_equals_batch,
    check_any_chunking,
    check_prefix_invariance,
    check_future_poison,
    check_snapshot_restore,
    check_exact_warm_up,
    check_constant_memory,
    check_independence,
    check_mirror_law,
    check_capacity_limits,
    check_bad_bars,
    check_event_sanity,
    check_price_scale,
    check_finite_numbers,
    check_volume_scale,
)


def check_name(check: Check) -> str:
    """The name under which a class can be excused from `check`.

    >>> check_name(check_mirror_law)
    'mirror_law'
    """
    return check.__name__.removeprefix("check_")


def yield_checks(engine: type[StepEngine]) -> Iterator[Check]:
    """The checks that `engine` is not excused from."""
    return (check for check in CHECKS if check_name(check) not in engine.exempt)


def unknown_exemptions(engine: type[StepEngine]) -> list[str]:
    """Names in `engine.exempt` that are no check's, or come without a reason."""
    names = {check_name(check) for check in CHECKS}
    return [name for name, reason in engine.exempt.items() if name not in names or not reason.strip()]


def check_engine(engine: type[StepEngine], params: Any = None) -> list[CheckResult]:
    """Run the whole contract on a class (default parameters when omitted); the results.

    Raises:
        AssertionError: the first failure, naming the check, the market's seed and the bar.
    """
    if wrong := unknown_exemptions(engine):
        raise AssertionError(f"{engine.__name__}.exempt: {', '.join(wrong)} is no check's name or has no reason")
    results = []
    for check in yield_checks(engine):
        result = check(engine, params)
        if not result.passed:
            raise AssertionError(str(result))
        results.append(result)
    return results
