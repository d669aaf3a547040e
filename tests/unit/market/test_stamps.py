"""Times that exist, times that do not, and nothing rounded between them."""

import datetime as dt

import polars as pl
import pytest

from bullmachine.market.stamps import read_stamps

GOOD = "2024-02-29T12:30:00Z"


def ms(text: str) -> int:
    return round(dt.datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-29T12:30:00Z",
        "2024-02-29t12:30Z".upper(),
        "2024-02-29 12:30:00.250+00:00",
        "2024-02-29 12:30:00.250000000 UTC",
        "2024/02/29 12:30:59+01:00",
        "1973-12-31 23:59:59-11:30",
        "2024-02-29Z",
    ],
)
def test_text_with_a_zone_is_the_instant_that_datetime_says(text: str) -> None:
    stamps = read_stamps(pl.Series([text]), "x", None)
    plain = (
        text.replace("/", "-")
        .replace(" UTC", "+00:00")
        .replace("29Z", "29T00:00:00+00:00")
        .replace(".250000000", ".25")
    )
    assert stamps.ms.tolist() == [ms(plain)]
    assert not stamps.unreadable.any()


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-29T00:00Z",
        "2024-13-01T00:00Z",
        "2024-00-10T00:00Z",
        "2024-01-00T00:00Z",
        "2024-01-01T24:00Z",
        "2024-01-01T00:60Z",
        "2024-01-01T00:00:60Z",
        "2024-01-01T00:00:00.0005Z",
        "2024-1-1T00:00Z",
        "01/02/2024 00:00Z",
        "2024-01-01 10:00 PM Z",
        "2024-01-01T00:00 Europe/Berlin",
        "",
    ],
)
def test_text_that_is_no_whole_millisecond_of_a_real_day_is_unreadable(text: str) -> None:
    stamps = read_stamps(pl.Series([GOOD, text]), "x", None)
    assert stamps.unreadable.tolist() == [False, True]


@pytest.mark.parametrize("factor", [1, 10**3, 10**6, 10**9])
def test_counts_since_1970_are_told_apart_by_their_size(factor: int) -> None:
    for seconds in (100_000_000, 1_700_006_400, 9_000_000_000):
        stamps = read_stamps(pl.Series([seconds * factor]), "x", None)
        assert stamps.ms.tolist() == [seconds * 1000]


def test_counts_between_milliseconds_are_unreadable() -> None:
    for ok, odd in (
        (1_700_006_400_000_000, 1_700_006_400_000_001),
        (1_700_006_400_000_000_000, 1_700_006_400_000_999_999),
    ):
        stamps = read_stamps(pl.Series([ok, odd, None]), "x", None)
        assert stamps.unreadable.tolist() == [False, True, True]


def test_fractions_of_seconds_since_1970_are_unreadable() -> None:
    stamps = read_stamps(pl.Series([1_700_006_400.0, 1_700_010_000.5, float("nan")]), "x", None)
    assert stamps.unreadable.tolist() == [False, True, True]
