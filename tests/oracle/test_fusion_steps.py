"""What is added to F behind the books and taken from it, by hand; and that every setting of it moves a decision."""

import dataclasses
import hashlib
import os
import subprocess
import sys
from typing import Any

import numba
import numpy as np
import pytest
from tests.oracle.fusion_twin import ENGINES, KEYS, STEPS, Array, Key, made, random_readings, readings_of, scored

from bullmachine.config import describe, load_config
from bullmachine.config.models import choices_of
from bullmachine.core.record import to_array
from bullmachine.fusion.adjust import align
from bullmachine.fusion.params import (
    MODES,
    AgreementParams,
    EnginesParams,
    ExhaustedParams,
    FusionParams,
    Mix,
    Mode,
    MtfParams,
    ReversalMix,
    SlowMix,
)
from bullmachine.fusion.score import Book

#: the base timeframe alone and unscaled: a part is its engine's u; a quarter of each book for each engine
UNIT = {"mix_base": 1.0, "mix_middle": 0.0, "s_reversal": 1.0, "w_reversal": 0.25}
TRENDING = {"s_trend": 1.0, "w_trend": 0.25}
QUARTERS: dict[str, Any] = {
    "wyckoff": SlowMix(**UNIT, **TRENDING, mix_slow=0.0),
    "smc": Mix(**UNIT, **TRENDING),
    "hob": ReversalMix(**UNIT),
    "momentum": Mix(**UNIT, **TRENDING),
}
PARTS = {"trend": ("phase_trend", "structure", None, "rsi"), "reversal": ("vsa", "zone", "absorb", "divergence")}


def us(book: str, *values: float) -> dict[Key, Any]:
    """u of wyckoff, smc, hob and momentum in a book."""
    parts = zip(ENGINES, PARTS[book], values, strict=True)
    return {("base", engine, part): u for engine, part, u in parts if part is not None}


def score(readings: Array, **rules: Any) -> Any:
    return scored(made(FusionParams, **QUARTERS, **rules), readings)[0]


def with_trends(readings: Array, middle: float, slow: float) -> Array:
    readings["middle"]["features"]["trend"] = middle
    readings["slow"]["features"]["trend"] = slow
    return readings


AGREEMENT = {
    # u of wyckoff, smc, hob, momentum in the reversal book -> agreement
    "one engine agrees with nobody": ((0.9, 0.0, 0.0, 0.0), 0.0),
    "two": ((0.9, 0.3, 0.0, 0.0), 0.05),
    "just too faint": ((0.9, 0.299, 0.0, 0.0), 0.0),
    "three": ((0.9, 0.4, 0.5, 0.0), 0.10),
    "four": ((0.9, 0.4, 0.5, 0.3), 0.15),
    "the other side does not count": ((0.9, 0.4, 0.5, -0.9), 0.10),
    "nobody counts on either side": ((0.2, 0.2, 0.2, 0.2), 0.0),
    "on the short side": ((-0.9, -0.4, 0.5, -0.9), -0.10),
}


@pytest.mark.parametrize(("values", "expected"), AGREEMENT.values(), ids=AGREEMENT)
def test_agreement_by_hand(values: tuple[float, ...], expected: float) -> None:
    found = score(readings_of(us("reversal", *values), 1))
    assert found["agreement"] == pytest.approx(expected, abs=1e-15)
    assert found["f"] == pytest.approx(sum(values) / 4 + expected, abs=1e-15)


def test_agreement_is_that_of_the_winning_book() -> None:
    loud, several = us("trend", 1.0, 0.0, 0.0, 0.0), us("reversal", 0.3, 0.3, 0.3, 0.05)
    assert score(readings_of(loud | several, 1))["agreement"] == 0.0
    three = us("trend", 0.6, 0.6, 0.0, 0.6)
    found = score(readings_of(three | us("reversal", 0.0, 0.0, 0.9, 0.0), 1))
    assert (found["book"], found["agreement"]) == (Book.TREND, 0.1)


def test_agreement_has_a_most_and_an_engine_without_weight_has_no_part_in_it() -> None:
    values = us("reversal", 0.9, 0.4, 0.5, 0.3)
    assert score(readings_of(values, 1), agreement=AgreementParams(most=0.08))["agreement"] == 0.08
    silent = dataclasses.replace(QUARTERS["smc"], w_reversal=0.0)
    p = made(FusionParams, **(QUARTERS | {"smc": silent}), agreement=AgreementParams(least=0.0))
    assert scored(p, readings_of(values, 1))[0]["agreement"] == pytest.approx(0.1)


ALIGN = {
    # distance of the middle and of the slow timeframe from their means -> align for a long
    "both with it": (2.0, 0.6, 1.0),
    "both against it": (-2.0, -0.6, -1.0),
    "within the dead band": (0.5, -0.5, 0.0),
    "one with it": (0.0, 0.51, 0.5),
    "apart": (0.9, -3.0, 0.0),
    "a nested pull-back": (-0.9, 1.5, 0.625),
    "the pull-back went too far": (-1.0, 1.5, 0.0),
    "no pull-back without a slow trend to pull back in": (-0.9, 0.2, -0.5),
    "no pull-back against the slow trend": (-0.9, -1.5, -1.0),
    "the slow timeframe is never nested": (1.5, -0.9, 0.0),
}


@pytest.mark.parametrize(("middle", "slow", "expected"), ALIGN.values(), ids=ALIGN)
def test_the_slower_timeframes_by_hand(middle: float, slow: float, expected: float) -> None:
    for d in (1, -1):
        readings = with_trends(readings_of(us("trend", 0.8 * d, 0.0, 0.0, 0.0), 1), d * middle, d * slow)
        found, f = score(readings), 0.2 * d
        assert align(to_array(MtfParams())[0], readings[0], float(d)) == found["align"] == expected
        assert found["mtf"] == pytest.approx(f * expected * (0.2 if expected > 0 else 0.3), abs=1e-15)
        assert found["f"] == pytest.approx(f + found["mtf"], abs=1e-15)


EXHAUSTED = {
    # F's side, RSI, divergence -> the share taken
    "stretched up with a divergence down": (1, 75.1, -0.1, 0.1),
    "stretched up without a divergence": (1, 80.0, 0.0, 0.0),
    "with a divergence up": (1, 80.0, 0.1, 0.0),
    "not stretched": (1, 75.0, -0.1, 0.0),
    "a short where longs are exhausted": (-1, 80.0, -0.1, 0.0),
    "stretched down with a divergence up": (-1, 24.9, 0.1, 0.1),
    "just not stretched down": (-1, 25.0, 0.1, 0.0),
}


@pytest.mark.parametrize(("side", "rsi", "divergence", "share"), EXHAUSTED.values(), ids=EXHAUSTED)
def test_exhaustion_by_hand(side: int, rsi: float, divergence: float, share: float) -> None:
    readings = readings_of(us("trend", 0.8 * side, 0.0, 0.0, 0.0) | us("reversal", 0.0, 0.0, 0.0, divergence), 1)
    readings["base"]["momentum"]["rsi"] = rsi
    found = score(readings)
    f = 0.2 * side + found["conflict"]
    assert found["exhausted"] == pytest.approx(-share * f, abs=1e-15)
    readings["middle"]["momentum"]["rsi"] = rsi
    readings["base"]["momentum"]["rsi"] = 50.0
    assert score(readings)["exhausted"] == 0.0


def test_what_is_added_is_cut_at_1_and_what_is_taken_never_turns_f() -> None:
    full = with_trends(readings_of(us("reversal", 1.0, 1.0, 1.0, 1.0), 1), 2.0, 2.0)
    found = score(full)
    assert (found["f"], found["agreement"], found["mtf"]) == (1.0, 0.15, 0.2)
    assert found["clip"] == pytest.approx(-0.35)
    hard = {"mtf": MtfParams(penalty=1.0), "exhausted": ExhaustedParams(share=1.0)}
    tired = with_trends(
        readings_of(us("trend", 0.0, 0.8, 0.0, 0.0) | us("reversal", 0.0, 0.0, 0.0, -0.1), 1), -2.0, -2.0
    )
    tired["base"]["momentum"]["rsi"] = 90.0
    found = score(tired, **hard)
    assert (found["f"], found["mtf"] < 0.0, found["exhausted"] < 0.0) == (0.0, True, True)
    assert found["clip"] == pytest.approx(0.2 - 0.0125)


ENOUGH = {
    # u in the trend book, u in the reversal book (wyckoff, smc, hob, momentum) -> whether three are enough for F
    "three in one book": ((0.0, 0.0, 0.0, 0.0), (0.5, 0.5, 0.5, 0.0), True),
    "two": ((0.0, 0.0, 0.0, 0.0), (0.9, 0.9, 0.2, 0.0), False),
    "three of both books": ((0.9, 0.9, 0.0, 0.0), (0.0, 0.0, 0.3, 0.0), True),
    "the louder book of an engine counts, though it loses": ((0.5, 0.9, 0.0, 0.9), (-0.8, 0.0, 0.0, 0.0), False),
    "a fainter one does not": ((0.9, 0.9, 0.0, 0.9), (-0.8, 0.0, 0.0, 0.0), True),
    "three on the other side are no reason for F": ((1.0, 1.0, 0.0, 0.2), (-0.6, -0.6, -0.6, -0.6), False),
}


@pytest.mark.parametrize(("trend", "reversal", "enough"), ENOUGH.values(), ids=ENOUGH)
def test_engines_lets_f_speak_where_enough_of_them_stand(
    trend: tuple[float, ...],
    reversal: tuple[float, ...],
    enough: bool,  # noqa: FBT001  (a column of the table)
) -> None:
    readings = with_trends(readings_of(us("trend", *trend) | us("reversal", *reversal), 1), 2.0, 2.0)
    weighted, found = score(readings), score(readings, mode=Mode.ENGINES)
    assert weighted["f"] != 0.0
    if enough:
        assert found.tobytes() == weighted.tobytes()
        return
    assert found["engines"] == -(found["trend" if found["book"] == Book.TREND else "reversal"] + found["conflict"])
    assert [found[name] for name in ("f", "align", *STEPS[2:])] == [0.0] * 6
    assert score(readings, mode=Mode.ENGINES, engines=EnginesParams(need=1))["f"] == weighted["f"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_single_engine_has_both_books_to_itself(engine: str) -> None:
    readings = random_readings(8, 200)
    mode = MODES[f"single:{engine}"]
    found = scored(made(FusionParams, mode=mode), readings)
    quiet = readings.copy()
    for stream, other, part in KEYS:
        if other != engine and not (other == "momentum" and part == "divergence"):
            quiet[stream][other][f"{part}_part"] = 0.0
    heard = scored(made(FusionParams, mode=mode), quiet)
    for name in ("f", "trend", "reversal", "agreement"):
        assert np.array_equal(found[name], heard[name]), name
    assert (found["agreement"] == 0.0).all()
    assert np.abs(found["reversal"]).max() == 1.0
    assert found["trend"].any() == (engine != "hob")


def test_the_modes_are_written_as_people_say_them() -> None:
    assert list(choices_of(Mode)) == ["weighted", "engines", "setups", *(f"single:{engine}" for engine in ENGINES)]
    assert load_config(overrides=["fusion.mode=single:hob"]).decide.fusion.mode is Mode.SINGLE_HOB


RULES = [
    leaf
    for leaf in describe()
    if leaf.key.startswith(("fusion.engines.", "fusion.agreement.", "fusion.mtf.", "fusion.exhausted."))
]


def test_every_rule_has_its_case() -> None:
    assert len(RULES) == 12


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_every_rule_moves_a_decision(rule: Any) -> None:
    """F reaches `on` on other readings with the rule half-way to its least value."""
    mode = "engines" if rule.key.startswith("fusion.engines.") else "weighted"
    given = {"fusion.mode": mode, "fusion.on": 0.3, "fusion.off": 0.15}
    other = rule.default - 1 if isinstance(rule.default, int) else (rule.default + rule.low) / 2
    before, after = (load_config(overrides=given | more).decide.fusion for more in ({}, {rule.key: other}))
    readings = random_readings(9, 10_000)
    asks, asks_then = (np.abs(scored(p, readings)["f"]) >= p.on for p in (before, after))
    assert (asks != asks_then).any()


def digest() -> str:
    """What the score says in every mode, as 64 digits."""
    readings = random_readings(10, 60)
    said = [scored(made(FusionParams, mode=mode), readings).tobytes() for mode in Mode]
    return hashlib.sha256(b"".join(said)).hexdigest()


def test_plain_python_says_the_same_bytes_in_every_mode() -> None:
    other = os.environ | {"NUMBA_DISABLE_JIT": "0" if numba.config.DISABLE_JIT else "1"}
    code = "from tests.oracle.test_fusion_steps import digest; print(digest())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=other)
    assert done.stdout.strip() == digest()
