"""The checks can fail: each broken specimen is caught by the check that is about its fault."""

from typing import Any, ClassVar

import numba
import pytest
from tests.contracts import broken as s
from tests.contracts.specimens import Break

from bullmachine import testing as checks
from bullmachine.core.engine import StepEngine
from bullmachine.testing import CHECKS, check_engine, check_name

pytestmark = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="specimens bend compiled kernels; arrays are too slow without the JIT"
)

FAULTS: list[tuple[type[StepEngine], Any]] = [
    (s.TreatsALoneBarOtherwise, checks.check_stream_equals_batch),
    (s.LooksAtTheNextBar, checks.check_stream_equals_batch),
    (s.TreatsALoneBarOtherwise, checks.check_any_chunking),
    (s.ForgetsAtEveryChunk, checks.check_any_chunking),
    (s.LosesEventsOfAFullLog, checks.check_any_chunking),
    (s.LooksAtTheNextBar, checks.check_prefix_invariance),
    (s.DividesByTheHighestOfAll, checks.check_prefix_invariance),
    (s.LooksAtTheNextBar, checks.check_future_poison),
    (s.DividesByTheHighestOfAll, checks.check_future_poison),
    (s.KeepsAFieldBesideItsState, checks.check_snapshot_restore),
    (s.RestoresHalf, checks.check_snapshot_restore),
    (s.AcceptsAnySnapshot, checks.check_snapshot_restore),
    (s.WarmsUpLaterThanItSays, checks.check_exact_warm_up),
    (s.WarmsUpEarlierThanItSays, checks.check_exact_warm_up),
    (s.Hoards, checks.check_constant_memory),
    (s.KeepsStateOnTheClass, checks.check_independence),
    (s.WritesIntoItsInput, checks.check_independence),
    (s.ReturnsItsInnerBuffer, checks.check_independence),
    (s.KeepsAFieldBesideItsState, checks.check_independence),
    (s.SeesOnlyRises, checks.check_mirror_law),
    (s.ForgetsThatKindsMirror, checks.check_mirror_law),
    (s.DeclaresNoMirror, checks.check_mirror_law),
    (s.HoldsMoreThanItSays, checks.check_capacity_limits),
    (s.SaysMoreThanItSays, checks.check_capacity_limits),
    (s.CountsRefusedBars, checks.check_bad_bars),
    (s.ReadsHowManyWereRefused, checks.check_bad_bars),
    (s.ScoresTooHigh, checks.check_event_sanity),
    (s.ScoresNothing, checks.check_event_sanity),
    (s.PointsAtTheFuture, checks.check_event_sanity),
    (s.IsItsOwnParent, checks.check_event_sanity),
    (s.NamesAnUnknownKind, checks.check_event_sanity),
    (s.RepeatsAnId, checks.check_event_sanity),
    (s.ThinksInDollars, checks.check_price_scale),
    (s.PoisonsItsState, checks.check_finite_numbers),
    (s.DividesByZero, checks.check_finite_numbers),
    (s.ThinksInContracts, checks.check_volume_scale),
]


@pytest.mark.parametrize("check", CHECKS, ids=check_name)
def test_the_clean_specimen_passes(check: Any) -> None:
    result = check(Break)
    assert result.passed, str(result)


@pytest.mark.parametrize(
    ("specimen", "check"), FAULTS, ids=[f"{engine.__name__}-{check_name(check)}" for engine, check in FAULTS]
)
def test_a_fault_is_caught_by_its_check(specimen: type[StepEngine], check: Any) -> None:
    result = check(specimen)
    assert result.failed > 0
    assert result.detail


def test_every_check_has_a_fault_that_it_catches() -> None:
    assert {check for _, check in FAULTS} == set(CHECKS)


def test_the_clean_specimen_says_something_worth_checking() -> None:
    assert checks.check_event_sanity(Break).detail != "0 events"
    assert checks.check_capacity_limits(Break).detail == "held 4 of 4"


def test_check_engine_names_the_check_the_seed_and_the_bar() -> None:
    with pytest.raises(AssertionError, match=r"stream_equals_batch of break: .* seed 1, at \d+"):
        check_engine(s.TreatsALoneBarOtherwise)


def test_an_exemption_skips_its_check_only() -> None:
    class Excused(s.SeesOnlyRises):
        exempt: ClassVar[dict[str, str]] = {"mirror_law": "it watches rises only, by definition"}

    results = check_engine(Excused)
    assert [result.name for result in results] == [check_name(c) for c in CHECKS if c is not checks.check_mirror_law]


@pytest.mark.parametrize("exempt", [{"mirror_law": " "}, {"no_such_check": "a reason"}])
def test_an_exemption_without_reason_or_check_is_refused(exempt: dict[str, str]) -> None:
    excused = type("Excused", (Break,), {"exempt": exempt})
    with pytest.raises(AssertionError, match="no check's name or has no reason"):
        check_engine(excused)
