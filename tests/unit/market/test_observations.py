"""Macro tables of any shape: what is read, and what is refused with its place."""

import pathlib
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from bullmachine.core.errors import DataError
from bullmachine.core.time import DAY
from bullmachine.market.observations import read_observations

DAY_0 = 1_704_067_200_000  # 2024-01-01


def series(source: Any, **options: Any) -> dict[str, list[tuple[int, float]]]:
    found = read_observations(source, **options).series
    return {name: [((t - DAY_0) // DAY, v) for t, v in zip(*pair, strict=True)] for name, pair in found.items()}


WIDE: dict[str, Any] = {
    "date": ["2024-01-01", "2024-01-02", "2024-01-03"],
    "VIX": [13.0, None, 15.0],
    "gold": [2000.0, 2001.0, None],
}
EXPECTED = {"vix": [(0, 13.0), (2, 15.0)], "gold": [(0, 2000.0), (1, 2001.0)]}


def test_a_wide_table_and_a_long_one_are_the_same_observations(tmp_path: pathlib.Path) -> None:
    wide = pl.DataFrame(WIDE)
    long = wide.unpivot(index="date", variable_name="series").drop_nulls()
    assert series(wide) == EXPECTED
    assert series(long) == EXPECTED
    for name, write in (("m.csv", wide.write_csv), ("m.parquet", long.write_parquet), ("m.feather", wide.write_ipc)):
        write(tmp_path / name)
        assert series(tmp_path / name) == EXPECTED, name


@pytest.mark.parametrize(
    "dates",
    [
        pl.Series(WIDE["date"]).str.to_date(),
        pl.Series(WIDE["date"]).str.to_datetime(),
        pl.Series(WIDE["date"]).str.to_datetime(time_zone="UTC"),
        [DAY_0, DAY_0 + DAY, DAY_0 + 2 * DAY],
        ["2024/01/01", "2024/01/02", "2024/01/03"],
        ["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z"],
    ],
    ids=["dates", "midnights", "times", "milliseconds", "slashes", "text"],
)
def test_days_are_days_in_every_form(dates: Any) -> None:
    assert series(pl.DataFrame({**WIDE, "date": dates})) == EXPECTED


def test_pandas_frames_and_offices_dots_are_understood() -> None:
    frame = pd.DataFrame(
        {"observation_date": WIDE["date"], "VIX": ["13.0", ".", " 15.0 "], "gold": [2000, 2001, np.nan]}
    )
    assert series(frame) == EXPECTED


def test_rows_may_come_in_any_order_and_say_the_same_twice() -> None:
    frame = pl.DataFrame({**WIDE, "gold": [2000.0, 2001.0, 2001.5]})
    assert series(pl.concat([frame.reverse(), frame])) == series(frame)


def test_moments_need_a_zone_and_keep_their_hour() -> None:
    frame = pl.DataFrame({"time": ["2024-01-01T08:00:00", "2024-01-01T16:00:00"], "funding": [1e-4, 2e-4]})
    with pytest.raises(DataError, match="the times name no zone"):
        read_observations(frame)
    ts, _ = read_observations(frame, tz="UTC").series["funding"]
    assert ((ts - DAY_0) // 3_600_000).tolist() == [8, 16]


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        ({"when": ["2024-01-01"], "vix": [13.0]}, "has no column of dates or times (found: when, vix); name it date"),
        ({"date": ["2024-01-01", "soon"], "vix": [13.0, 14.0]}, "row 2, column date: time soon cannot be read"),
        ({"date": ["2024-01-01"], "vix": ["high"]}, "row 1, column vix: high is no finite number; correct it"),
        ({"date": ["2024-01-01"], "vix": [float("inf")]}, "row 1, column vix: inf is no finite number; correct it"),
        ({"date": ["2024-01-01"], "vix": [True]}, "column vix holds Boolean, not numbers; leave it out"),
        ({"date": ["2024-01-01", "2024-01-01"], "vix": [13.0, 14.0]}, "1 and 2: vix of 2024-01-01 00:00:00"),
        ({"date": ["2024-01-01"] * 3, "series": ["vix", "dxy", "vix"], "value": [1.0, 5.0, 2.0]}, "1 and 3: vix of"),
        ({"date": [], "vix": []}, "has columns but no rows"),
        ({"date": ["2024-01-01"], "VIX": [13.0], "vix": [14.0]}, "has the columns VIX and vix, one series; keep one"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(frame: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        read_observations(pl.DataFrame(frame, strict=False))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
