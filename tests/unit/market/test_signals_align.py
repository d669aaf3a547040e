"""A signal is decided at the close it was known at, or refused; never a bar early."""

import bisect
import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bullmachine.core.errors import ConfigError, DataError
from bullmachine.market.align import align
from bullmachine.market.signals import Signals, read_signals

START = 1_700_006_400_000  # 2023-11-15 00:00 UTC
HOUR = 3_600_000
KNOWN = START + HOUR * np.array([1, 2, 3, 7, 8], np.int64)  # no bars close from 04:00 to 06:00


def at(*minutes: float) -> Signals:
    """Signals that many minutes after the first bar's open."""
    times = [START + round(60_000 * m) for m in minutes]
    return read_signals(
        pl.DataFrame({"time": times, "side": list(itertools.islice(itertools.cycle([1, 0]), len(times)))})
    )


def test_a_stamp_on_a_close_belongs_to_the_bar_that_ends_then() -> None:
    assert align(at(60, 120, 420, 480), KNOWN, HOUR).bar.tolist() == [0, 1, 3, 4]
    assert align(at(60), KNOWN, HOUR).notes == ()


def test_stamps_of_opens_belong_to_the_bar_that_opens_then() -> None:
    assert align(at(0, 60, 360, 420), KNOWN, HOUR, "open").bar.tolist() == [0, 1, 3, 4]


@pytest.mark.parametrize(
    ("minutes", "stamps", "sentence"),
    [
        (
            90,
            "close",
            "01:30:00.* lies between the closes .*01:00:00.* and .*02:00:00.*: its bar had not closed; stamp",
        ),
        (90, "open", "01:30:00.* lies between the opens .*01:00:00.* and .*02:00:00.*stamp it with the open"),
        (30, "close", "00:30:00.* lies between the closes .*00:00:00.* and .*01:00:00"),
        (390, "close", "06:30:00.* lies between the closes .*06:00:00.* and .*07:00:00"),
        (0, "close", "00:00:00.* is before the first bar, which closes at .*01:00:00.*; give bars that reach back"),
        (-60, "open", "23:00:00.* is before the first bar, which opens at .*00:00:00"),
        (480.5, "close", "08:00:30.* is after the last bar, which closes at .*08:00:00.*; give bars that reach it"),
        (480, "open", "08:00:00.* is after the last bar, which opens at .*07:00:00"),
    ],
)
def test_a_stamp_that_no_bar_of_the_run_can_carry_is_refused(minutes: float, stamps: str, sentence: str) -> None:
    signals = at(minutes)
    with pytest.raises(DataError, match=rf"^polars frame row 1, column time: 2023-11-1\d {sentence}") as got:
        align(signals, KNOWN, HOUR, stamps)  # type: ignore[arg-type]
    assert got.value.facts["row"] == 1
    assert got.value.facts["value"] == signals.time[0]


@pytest.mark.parametrize("minutes", [181, 240, 245.5, 300, 360])
def test_a_stamp_in_a_hole_waits_for_the_first_open_after_it_and_is_told(minutes: float) -> None:
    got = align(at(minutes), KNOWN, HOUR)
    assert got.bar.tolist() == [2]
    assert got.notes == ("1 signals fall on holes of the data and are filled at the first open after them",)


def test_two_signals_for_one_open_are_refused() -> None:
    with pytest.raises(DataError, match=r"row 2, .*04:00:00.* would be filled at the same open as row 1: .*keep one"):
        align(at(180, 240), KNOWN, HOUR)


def test_stamps_beside_bars_must_be_said_to_be_opens_or_closes() -> None:
    bars = {"open": [1.0], "high": [1.0], "low": [1.0], "close": [1.0]}
    signals = read_signals(pl.DataFrame({"time": [START + HOUR], "side": ["long"], **bars}))
    with pytest.raises(ConfigError, match="holds bars beside its signals: say whether its times are the bars' opens"):
        align(signals, KNOWN, HOUR)
    assert align(signals, KNOWN, HOUR, "open").bar.tolist() == [1]
    assert align(signals, KNOWN, HOUR, "close").bar.tolist() == [0]


def test_a_third_kind_of_stamp_is_refused() -> None:
    with pytest.raises(ConfigError, match="stamps = 'middle' is neither 'open' nor 'close'"):
        align(at(60), KNOWN, HOUR, "middle")  # type: ignore[arg-type]


closes = st.lists(st.integers(1, 4), min_size=2, max_size=40).map(
    lambda steps: START + HOUR * np.cumsum(np.array(steps, np.int64))
)


@given(known=closes, data=st.data())
def test_every_choice_of_closes_comes_back_as_those_bars(known: np.ndarray, data: st.DataObject) -> None:
    bars = sorted(data.draw(st.sets(st.integers(0, len(known) - 1), min_size=1)))
    frame = pl.DataFrame({"time": known[bars], "side": ["long"] * len(bars)})
    signals = read_signals(frame)
    assert align(signals, known, HOUR).bar.tolist() == bars
    opens = read_signals(frame.with_columns(pl.col("time") - HOUR))
    assert align(opens, known, HOUR, "open").bar.tolist() == bars


@given(known=closes, minutes=st.integers(-120, 60 * 170))
def test_no_signal_is_filled_before_its_stamp_nor_decided_on_a_bar_it_lies_in(known: np.ndarray, minutes: int) -> None:
    signals = at(minutes)
    time = int(signals.time[0])
    spans = [(close - HOUR, close) for close in known.tolist()]
    within = any(low < time < high for low, high in spans)
    outside = time < spans[0][1] or time > spans[-1][1]
    if within or outside:
        with pytest.raises(DataError):
            align(signals, known, HOUR)
        return
    (bar,) = align(signals, known, HOUR).bar.tolist()
    assert bar == bisect.bisect_right(known.tolist(), time) - 1
    assert bar + 1 == len(known) or spans[bar + 1][0] >= time
