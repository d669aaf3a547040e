"""The events that signals.parquet names as behind a trade."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from bullmachine.core.record import dtype_of, to_array
from bullmachine.fusion.readings import Readings
from bullmachine.fusion.score import PART_NAMES, Book
from bullmachine.runs.evidence import behind
from bullmachine.runs.result import Result
from bullmachine.trading.ask import FROM_SETUPS, TAGGED
from bullmachine.trading.records import Fired
from bullmachine.trading.rows import Decision

PART = "momentum.divergence"
TREND = {"BOS", "CHOCH", "MSS", "POOL_RUN", "SOS", "SOW", "JAC", "BREAK_ICE", "LPS", "LPSY", "BU", "LPSY_ICE"}
TREND |= {"MARKUP", "MARKDOWN"}
REVERSAL = {"FVG", "IFVG", "OB", "BREAKER", "SWEEP", "SMR", "HOB", "PHOB", "WICK_ABSORB", "VOL_SPIKE", "HOB_REACTION"}
REVERSAL |= {"DIV_REG", "DIV_HID", "SC", "BC", "AR", "ST", "RANGE", "SPRING", "UTAD", "TEST", "UTAD_TEST", "TEST_OK"}
REVERSAL |= {"UNDERCUT", "UT", "ACC_FAIL", "DIST_FAIL", "FAILED_SOS", "FAILED_SOW", "CLIMAX_DOWN", "CLIMAX_UP"}
REVERSAL |= {"STOPPING_VOLUME", "SUPPLY_SWAMP", "NO_SUPPLY", "NO_DEMAND", "REV_UPTHRUST_BAR", "UPTHRUST_BAR"}
REVERSAL |= {"EFFORT_NO_RESULT", "CRT", "CRT_CONFIRM"}


def _asked(side: int, source: int, base: float, middle: float) -> list[int]:
    """Ids behind a decision whose divergences on both timeframes (events 7 and 9) gave so much."""
    decision, readings = to_array(Decision), to_array(Readings)
    decision["asked"], decision["source"] = side, source
    for stream, given, found in (("base", base, 7), ("middle", middle, 9)):
        decision["score"]["parts"][0, PART_NAMES.index(f"{PART}.{stream}")] = given
        readings[stream]["momentum"]["divergence_id"] = found
    return [int(k) for k in behind(decision, readings, to_array(Fired))[0] if k >= 0]


@pytest.mark.parametrize(
    ("side", "source", "base", "middle", "found"),
    [
        (1, Book.REVERSAL, 0.4, 0.2, [7, 9]),
        (1, Book.REVERSAL, 0.4, -0.2, [7]),
        (-1, Book.REVERSAL, 0.4, -0.2, [9]),
        (1, Book.REVERSAL, 0.0, 0.2, [9]),
        (1, Book.TREND, 0.4, 0.2, []),
        (1, TAGGED + 1, 0.4, 0.2, []),
    ],
)
def test_only_contributions_of_the_book_that_asked_and_for_its_side(
    side: int, source: int, base: float, middle: float, found: list[int]
) -> None:
    assert _asked(side, source, base, middle) == found


def test_a_setup_has_what_it_stands_on_and_no_other_sources_trade_has() -> None:
    decision, readings, fired = to_array(Decision), to_array(Readings), to_array(Fired)
    decision["asked"], fired["setup"], fired["n"] = 1, 3, 2
    fired["ids"][0, :3] = 8, 5, 99
    for source, found in ((FROM_SETUPS + 3, [8, 5]), (TAGGED + 1, []), (Book.TREND, [])):
        decision["source"] = source
        assert [int(k) for k in behind(decision, readings, fired)[0] if k >= 0] == found


def test_no_decisions_have_no_evidence() -> None:
    assert len(behind(*(np.zeros(0, dtype_of(cls)) for cls in (Decision, Readings, Fired)))) == 0


def test_every_event_that_a_timeframe_of_the_score_speaks_of_belongs_to_a_contribution() -> None:
    named = set()
    for stream in ("base", "middle", "slow"):
        for engine, dtype in _fields(_fields(dtype_of(Readings))[stream]).items():
            named |= {f"{engine}.{key.removesuffix('_id')}" for key in _fields(dtype) if key.endswith("_id")}
    assert {PART, "wyckoff.phase", "wyckoff.key_trend"} <= named
    parts = {name.rpartition(".")[0] for name in PART_NAMES}
    assert named - parts == {"wyckoff.phase"}, "the phase is one event for two contributions"


@pytest.mark.parametrize(("book", "part"), [(Book.TREND, "phase_trend"), (Book.REVERSAL, "phase_reversal")])
def test_the_phase_speaks_of_its_event_in_either_book(book: Book, part: str) -> None:
    decision, readings = to_array(Decision), to_array(Readings)
    decision["asked"], decision["source"] = 1, book
    decision["score"]["parts"][0, PART_NAMES.index(f"wyckoff.{part}.slow")] = 0.1
    readings["slow"]["wyckoff"]["phase_id"] = 12
    assert [int(k) for k in behind(decision, readings, to_array(Fired))[0] if k >= 0] == [12]


def _fields(dtype: Any) -> dict[str, Any]:
    return {name: of for name, (of, *_) in (dtype.fields or {}).items()}


def test_a_run_names_events_it_has_written(quarter: Result) -> None:
    named = quarter.signals.select("time", "side", id="evidence").explode("id").drop_nulls()
    found = named.join(quarter.events, on="id")
    assert len(found) == len(named) > 0
    assert {"BOS", "CHOCH"} <= set(found["kind"]) <= TREND | REVERSAL
    assert (found["t_known"] <= found["time"]).all()
    assert (found["dir"] == pl.select(pl.when(found["side"] == "long").then(1).otherwise(-1)).to_series()).all()
