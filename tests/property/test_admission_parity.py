"""Judging a file at once says of every row what admission says of it one by one."""

import math
from typing import Any

import numpy as np
import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bullmachine.core.bars import Admission, Bar, Gate, Row, admit
from bullmachine.core.errors import DataError
from bullmachine.core.record import dtype_of, to_array
from bullmachine.core.time import HOUR, WEEK
from bullmachine.market.read import read_bars
from bullmachine.market.validate import judge

START = 1_699_833_600_000  # a Monday, so that the first stamp lies on the weekly grid too
PRICE = st.sampled_from([1.0, 2.0, 3.0, 1.0, 2.0, 3.0, math.nan, math.inf, -math.inf])
VOLUME = st.sampled_from([0.0, 1.0, math.nan, -1.0, math.inf])


@st.composite
def stamped(draw: st.DrawFn) -> tuple[int, float, float, float, float, float]:
    """A row: often good, often repeating, sometimes broken in any way."""
    ts = draw(st.integers(0, 6)) * HOUR + draw(st.sampled_from([0, 0, 0, 0, 0, 1]))
    good = (2.0, 3.0, 1.0, 2.0)
    prices = draw(st.one_of(st.just(good), st.tuples(PRICE, PRICE, PRICE, PRICE)))
    return START + ts, *prices, draw(VOLUME)


def array(rows: list[tuple[Any, ...]]) -> np.ndarray[Any, Any]:
    return np.array(rows, dtype_of(Row))


def one_by_one(rows: np.ndarray[Any, Any], tf: int) -> list[int]:
    """The verdict of each row, from admission's own counters."""
    gates, bars = to_array(Gate), np.zeros(1, dtype_of(Bar))
    gates[0].tf = tf
    found = []
    for k in range(len(rows)):
        before = gates[0].counts.copy()
        admit(gates, rows[k : k + 1], bars)
        found.append(int(np.flatnonzero(gates[0].counts != before)[0]))
    return found


@settings(max_examples=150, deadline=None)
@given(st.lists(stamped(), max_size=14), st.sampled_from([HOUR, 2 * HOUR, WEEK]))
def test_each_row_gets_the_verdict_of_admission(rows: list[tuple[Any, ...]], tf: int) -> None:
    judged, against = judge(array(rows), tf)
    assert judged.tolist() == one_by_one(array(rows), tf)
    assert [(k >= 0) for k in against] == [v in (Admission.NOT_LATER, Admission.DUPLICATE) for v in judged]


@settings(max_examples=100, deadline=None)
@given(st.lists(stamped(), min_size=1, max_size=14))
def test_dropping_keeps_exactly_what_admission_keeps(rows: list[tuple[Any, ...]]) -> None:
    given_rows = array(rows)
    assume(len(rows) < 2 or not (np.diff(given_rows["ts"]) < 0).all())
    frame = pl.DataFrame({"time" if n == "ts" else n: given_rows[n] for n in given_rows.dtype.names or ()})
    gates, bars = to_array(Gate), np.zeros(len(rows), dtype_of(Bar))
    gates[0].tf = HOUR
    kept = bars[: admit(gates, given_rows, bars)]
    try:
        read = read_bars(frame, timeframe="1h", policy="drop")
    except DataError as error:
        assert "no row can be used" in str(error)  # noqa: PT017
        assert len(kept) == 0
        return
    for name in ("ts", "open", "high", "low", "close"):
        assert read.rows[name].tolist() == kept[name].tolist()
    assert np.array_equal(np.isnan(read.rows["volume"]), kept["novol"] == 1)
    assert np.array_equal(np.nan_to_num(read.rows["volume"]), kept["volume"])
    counts = gates[0].counts
    assert read.report.duplicates == counts[Admission.DUPLICATE]
    assert sum(read.report.rejected.values()) == len(rows) - len(kept) - counts[Admission.DUPLICATE]
    again, fresh = np.zeros(len(kept), dtype_of(Bar)), to_array(Gate)
    fresh[0].tf = HOUR
    assert admit(fresh, read.rows, again) == len(kept)
