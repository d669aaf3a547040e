"""Packing gives every number back, in few bytes where they are prices."""

import base64
import math
import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.report.reading import unpack

from bullmachine.report.pack import Block, digits_of

numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-(10**10), 10**10).map(lambda k: k / 100),
    st.integers(0, 2**42).map(lambda k: float(k * 1000)),
)


def _round_trip(*columns: list[float]) -> list[list[float]]:
    block = Block()
    packed = [block.put(column, alone=k > 0) for k, column in enumerate(columns)]
    return [unpack(zlib.decompress(base64.b64decode(block.base64())), p) for p in packed]


@given(st.lists(numbers, max_size=30), st.lists(numbers, max_size=30))
def test_packed_columns_come_back_to_the_last_bit(first: list[float], second: list[float]) -> None:
    for column, back in zip((first, second), _round_trip(first, second), strict=True):
        assert len(back) == len(column)
        assert all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(column, back, strict=True))


def test_prices_take_two_or_three_bytes_each() -> None:
    steps = np.random.default_rng(7).integers(-300, 300, 20_000)
    prices = (200_000 + np.cumsum(steps)) / 100
    block = Block()
    assert "places" in block.put(prices)
    assert len(base64.b64decode(block.base64())) < 3 * len(prices)


def test_numbers_without_an_order_take_less_alone() -> None:
    ends = np.random.default_rng(7).integers(0, 200, 20_000)
    sizes = []
    for alone in (False, True):
        block = Block()
        assert ("alone" in block.put(ends, alone=alone)) == alone
        sizes.append(len(block.base64()))
    assert sizes[1] < 0.9 * sizes[0]
    assert "alone" not in Block().put([1e10 + 1], alone=True)  # more than its 32 bits hold


def test_texts_are_numbered_in_the_order_of_their_names() -> None:
    import polars as pl  # noqa: PLC0415

    block = Block()
    found = block.names(pl.Series(["stop", "entry", "stop"]))
    codes = unpack(zlib.decompress(base64.b64decode(block.base64())), found["codes"])
    assert [found["names"][int(code)] for code in codes] == ["stop", "entry", "stop"]
    assert block.names(pl.Series([], dtype=pl.String))["names"] == []


def test_six_digits_of_the_largest() -> None:
    assert [digits_of(x) for x in (999_999.0, 12.5, 0.001, math.nan)] == [0, 4, 8, 0]
