"""Funding tables: what is read, what is refused, and what is due when."""

import math
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bullmachine.core.errors import ConfigError, DataError
from bullmachine.core.time import DAY, HOUR, MINUTE
from bullmachine.market.funding import Settlements, due, read_funding
from bullmachine.trading.ledger import _assumed
from bullmachine.trading.params import CostParams

START = 1_704_067_200_000  # 2024-01-01 00:00 UTC, a settlement
Write = Callable[..., pathlib.Path]


def stamps(n: int = 30, hours: int = 8) -> list[int]:
    return [START + k * hours * HOUR for k in range(n)]


def frame(ts: Any = None, rate: Any = None) -> pl.DataFrame:
    ts = stamps() if ts is None else ts
    return pl.DataFrame({"fundingTime": ts, "fundingRate": [1e-4] * len(ts) if rate is None else rate}, strict=False)


def refusal(source: Any, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        read_funding(source, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_a_table_is_read_as_stamps_and_fractions() -> None:
    found = read_funding(frame(stamps(3), [1e-4, -2e-4, 0.0]))
    assert (found.ts.tolist(), found.rate.tolist()) == (stamps(3), [1e-4, -2e-4, 0.0])
    assert (str(found.ts.dtype), str(found.rate.dtype)) == ("int64", "float64")


def test_late_stamps_are_rounded_to_the_minute() -> None:
    ts = [t + jitter for t, jitter in zip(stamps(4), (0, 17, 999, -5), strict=True)]
    assert read_funding(frame(ts)).ts.tolist() == stamps(4)


@pytest.mark.parametrize(
    ("time", "rate"),
    [
        ("fundingTime", "fundingRate"),
        ("calc_time", "last_funding_rate"),
        ("timestamp", "funding_rate"),
        ("time", "rate"),
        ("Date", "Funding Rate"),
        ("fundingRateTimestamp", "FUNDINGRATE"),
    ],
)
def test_columns_are_recognised_by_the_names_venues_give_them(time: str, rate: str) -> None:
    renamed = frame().rename({"fundingTime": time, "fundingRate": rate})
    assert read_funding(renamed).ts.tolist() == stamps()


def test_the_same_table_comes_out_of_every_container(tmp_path: pathlib.Path, write: Write) -> None:
    table = frame(rate=[1e-4 * (k % 3 - 1) for k in range(30)])
    parquet = tmp_path / "funding.parquet"
    table.with_columns(pl.col("fundingTime").cast(pl.Datetime("ms", "UTC"))).write_parquet(parquet)
    text = write(table.write_csv(), "funding.csv")
    expected = read_funding(table)
    for source in (parquet, text, table.to_pandas(), table.to_arrow(), str(text)):
        found = read_funding(source)
        assert found.ts.tobytes() == expected.ts.tobytes()
        assert found.rate.tobytes() == expected.rate.tobytes()


def test_newest_first_is_turned_round() -> None:
    rate = [k * 1e-5 for k in range(30)]
    found = read_funding(frame(stamps()[::-1], rate[::-1]))
    assert (found.ts.tolist(), found.rate.tolist()) == (stamps(), rate)


def test_the_real_table_is_whole(real_data: Callable[[str], pathlib.Path]) -> None:
    found = read_funding(real_data("funding/BTCUSDT_binanceperp_funding.parquet"))
    assert len(found.ts) == 6314
    assert set(np.diff(found.ts).tolist()) == {8 * HOUR}
    assert float(np.mean(found.rate)) == pytest.approx(1.21e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([0, 1, 3, 2, 4], "polars frame row 4: 2024-01-01 16:00 UTC comes after a row of 2024-01-02 00:00 UTC; sort"),
        ([0, 1, 1, 2, 3], "polars frame row 3: 2024-01-01 08:00 UTC repeats the settlement of 2024-01-01 08:00 UTC;"),
        ([0, 1, 2, 4, 5], "polars frame: no settlement between 2024-01-01 16:00 UTC and 2024-01-02 08:00 UTC, where"),
        ([5, 4, 2, 1, 0], "polars frame: no settlement between 2024-01-01 16:00 UTC and 2024-01-02 08:00 UTC, where"),
    ],
)
def test_rows_out_of_order_repeated_or_missing_are_refused_with_their_place(rows: list[int], sentence: str) -> None:
    assert refusal(frame([stamps()[k] for k in rows])).startswith(sentence)


def test_stamps_that_are_one_after_rounding_are_a_repetition() -> None:
    assert "row 2: 2024-01-01 00:00 UTC repeats" in refusal(frame([START, START + 40, START + 8 * HOUR]))


@pytest.mark.parametrize(
    ("factor", "unit"),
    [(100, "percent; divide the rates by 100"), (10_000, "basis points; divide the rates by 10,000")],
)
@pytest.mark.parametrize("typical", [3e-5, 1e-4, 8e-4])
def test_percent_and_basis_points_are_told_apart(factor: int, unit: str, typical: float) -> None:
    rate = [typical * (1 if k % 4 else -2) for k in range(30)]
    read_funding(frame(rate=rate))
    assert refusal(frame(rate=[r * factor for r in rate])).endswith(f"looks like {unit}")


@pytest.mark.parametrize("hours", [1, 4])
def test_the_unit_is_judged_per_eight_hours(hours: int) -> None:
    rate = [1e-4 * hours / 8] * 30
    read_funding(frame(stamps(30, hours), rate), hours=hours)
    assert "looks like percent" in refusal(frame(stamps(30, hours), [100 * r for r in rate]), hours=hours)


def test_daily_sums_are_known_by_their_spacing() -> None:
    daily = frame(stamps(30, 24), [3e-4] * 30)
    assert refusal(daily) == (
        "polars frame: one row a day where a settlement is due every 8 h looks like daily sums; "
        "export single settlements"
    )
    assert len(read_funding(daily, hours=24).ts) == 30


def test_another_venues_spacing_is_named() -> None:
    assert "settlements are 8 h apart, but one is due every 1 h here; set costs.funding_hours to 8" in refusal(
        frame(), hours=1
    )


@pytest.mark.parametrize("reverse", [False, True])
def test_one_rate_beyond_what_venues_allow_is_refused_with_its_row(*, reverse: bool) -> None:
    rate = [1e-4] * 30
    rate[4] = -0.02
    read_funding(frame(rate=[*rate[:4], -0.0199, *rate[5:]]))
    table = frame(rate=rate)
    row = 26 if reverse else 5
    sentence = refusal(table.reverse() if reverse else table)
    assert sentence.startswith(f"polars frame row {row}: the rate -0.02 of 2024-01-02 08:00 UTC is not below 2%")


@pytest.mark.parametrize("cell", [math.nan, math.inf, None, "n/a", "0.01%"])
def test_a_rate_that_is_no_finite_number_is_refused_with_its_row(cell: object) -> None:
    rate = ["0.0001" if k != 6 else cell if cell is None else str(cell) for k in range(30)]
    assert refusal(frame(rate=rate)).startswith(f"polars frame row 7, column fundingRate: rate {rate[6]} is no finite")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("time,price\n1,2\n", "x.csv has no column for the rate of a settlement (found: time, price); name them fun"),
        ("rate,price\n1,2\n", "x.csv has no column for the time of a settlement (found: rate, price); name them fun"),
        ("time,rate,Rate\n1,2,3\n", "x.csv has several columns for the rate: 'rate' and 'Rate'; keep one"),
        ("time,rate,rate\n1,2,3\n", "x.csv has two columns called 'rate'; keep one"),
        ("time,rate\n", "x.csv has a header but no rows"),
        ("", "x.csv is empty"),
        ("time,rate\n2024-01-01T00:00:00Z,1e-4\nsoon,1e-4\n", "x.csv row 2, column time: time soon cannot be read"),
        ("time,rate\n2024-01-01 00:00,1e-4\n", "x.csv: the times name no zone"),
        ("time,rate\n2024-01-01T00:00:00Z,1,2\n", "x.csv row 1 has 3 fields where 2 are expected"),
    ],
)
def test_a_file_that_is_no_table_of_settlements_is_refused(write: Write, source: str, sentence: str) -> None:
    assert refusal(write(source, "x.csv")).startswith(sentence)


def test_naive_stamps_are_read_in_the_zone_that_is_said(write: Write) -> None:
    path = write("time,rate\n2024-01-01 00:00,1e-4\n", "x.csv")
    assert read_funding(path, tz="UTC").ts.tolist() == [START]
    with pytest.raises(ConfigError, match="is no time zone"):
        read_funding(path, tz="Mars")


def test_what_is_no_source_is_refused(tmp_path: pathlib.Path) -> None:
    assert refusal(tmp_path / "none.csv").endswith("does not exist; check the path")
    assert refusal([1, 2]).startswith("a list is no source of funding rates: hand in a path or an eager frame")
    assert refusal(frame().head(0)) == "polars frame has columns but no settlements"


@pytest.mark.parametrize(
    ("low", "high", "covered"),
    [
        (0, 29 * 8, True),
        (-8, 29 * 8, True),
        (-9, 29 * 8, False),
        (0, 30 * 8 - 1, True),
        (0, 30 * 8, False),
        (100, 120, True),
    ],
)
def test_the_table_must_reach_over_the_window(*, low: int, high: int, covered: bool) -> None:
    window: dict[str, Any] = {"start": START + low * HOUR, "end": START + high * HOUR}
    if covered:
        assert len(read_funding(frame(), **window).ts) == 30
    else:
        assert "holds settlements from 2024-01-01 00:00 UTC to 2024-01-10 16:00 UTC, but the window" in refusal(
            frame(), **window
        )


def test_a_gap_outside_the_window_is_no_matter() -> None:
    table = frame([t for k, t in enumerate(stamps()) if k != 10])
    later: dict[str, Any] = {"start": START + 11 * 8 * HOUR, "end": START + 20 * 8 * HOUR}
    assert len(read_funding(table, **later).ts) == 29
    assert len(read_funding(table, end=START + 9 * 8 * HOUR).ts) == 29
    assert "no settlement between" in refusal(table, start=START, end=START + 10 * 8 * HOUR)


def test_settlements_more_often_than_expected_are_no_gap() -> None:
    hourly = sorted({*stamps(), *(START + 40 * HOUR + k * HOUR for k in range(8))})
    assert read_funding(frame(hourly)).ts.tolist() == hourly


def table(ts: Any, rate: Any) -> Settlements:
    return Settlements("x", np.array(ts, np.int64), np.array(rate, np.float64))


@pytest.mark.parametrize(
    ("opens", "after", "expected"),
    [
        ([0, 1, 8, 9], None, [1e-4, 0, 2e-4, 0]),
        ([1, 7, 9], None, [0, 0, 2e-4]),
        ([9, 24], None, [0, 4e-4 + 8e-4]),
        ([9], 7, [2e-4]),
        ([9], 8, [0]),
        ([0, 24], -1, [1e-4, 2e-4 + 4e-4 + 8e-4]),
        ([30, 31], None, [0, 0]),
        ([30], 20, [8e-4]),
        ([], None, []),
    ],
)
def test_a_settlement_is_due_at_the_first_open_at_or_after_it(
    opens: list[int], after: int | None, expected: list[float]
) -> None:
    ts = np.array([0, 8, 16, 24]) * HOUR
    found = due(
        table(ts, [1e-4, 2e-4, 4e-4, 8e-4]),
        np.array(opens, np.int64) * HOUR,
        None if after is None else after * HOUR,
    )
    assert found.tolist() == pytest.approx(expected, rel=1e-15)


MINUTES = st.integers(0, 4000)
TABLES = st.lists(st.tuples(MINUTES, st.floats(-0.01, 0.01)), unique_by=lambda row: row[0], max_size=40).map(sorted)
OPENS = st.lists(MINUTES, unique=True, min_size=1, max_size=60).map(sorted)


def made(rows: list[tuple[int, float]]) -> Settlements:
    return table([t * MINUTE for t, _ in rows], [r for _, r in rows])


@given(TABLES, OPENS)
def test_each_bar_holds_the_sum_of_its_own_interval(rows: list[tuple[int, float]], opens: list[int]) -> None:
    found = due(made(rows), np.array(opens) * MINUTE)
    bounds = [opens[0] - 1, *opens]
    for k, paid in enumerate(found.tolist()):
        expected = 0.0
        for t, rate in rows:
            if bounds[k] < t <= bounds[k + 1]:
                expected += rate
        assert paid == expected


@given(TABLES, OPENS)
def test_all_bars_together_hold_all_rates_in_their_range(rows: list[tuple[int, float]], opens: list[int]) -> None:
    total = math.fsum(rate for t, rate in rows if opens[0] <= t <= opens[-1])
    assert math.fsum(due(made(rows), np.array(opens) * MINUTE).tolist()) == pytest.approx(total, abs=1e-15)


@given(TABLES, OPENS, st.lists(st.integers(0, 60), max_size=5))
def test_chunks_give_the_bytes_of_the_whole(rows: list[tuple[int, float]], opens: list[int], cuts: list[int]) -> None:
    settlements, times = made(rows), np.array(opens) * MINUTE
    parts, after = [], None
    for chunk in np.split(times, sorted(min(cut, len(times)) for cut in cuts)):
        parts.append(due(settlements, chunk, after))
        after = int(chunk[-1]) if len(chunk) else after
    assert np.concatenate(parts).tobytes() == due(settlements, times).tobytes()


@given(TABLES, OPENS, MINUTES)
def test_poison_after_a_moment_changes_nothing_at_or_before_it(
    rows: list[tuple[int, float]], opens: list[int], moment: int
) -> None:
    times = np.array(opens) * MINUTE
    clean, known = due(made(rows), times), times <= moment * MINUTE
    poisoned = due(made([(t, rate if t <= moment else math.nan) for t, rate in rows]), times)
    absent = due(made([row for row in rows if row[0] <= moment]), times)
    assert poisoned[known].tobytes() == absent[known].tobytes() == clean[known].tobytes()


@given(TABLES, OPENS)
def test_what_came_before_the_first_bar_does_not_touch_a_bit(rows: list[tuple[int, float]], opens: list[int]) -> None:
    times = np.array(opens) * MINUTE
    late = made([row for row in rows if row[0] >= opens[0]])
    assert due(made(rows), times).tobytes() == due(late, times).tobytes()


def assumed(opens: Any, hours: int, bps: float, after: int | None = None) -> Any:
    """What the ledger takes as due at each open; the first one pays for the time since `after`, or for itself."""
    plain, costs = getattr(_assumed, "py_func", _assumed), CostParams(funding_hours=hours, funding_bps=bps)
    since = [int(opens[0]) - 1 if after is None else after, *opens[:-1].tolist()] if len(opens) else []
    return np.array([plain(costs, a, b) for a, b in zip(since, opens.tolist(), strict=True)], np.float64)


@pytest.mark.parametrize("hours", [1, 4, 8])
def test_an_assumed_rate_is_settled_on_the_grid_of_the_utc_day(hours: int) -> None:
    opens = START + np.arange(48) * HOUR
    found = assumed(opens, hours, 1.0)
    settled = [k % hours == 0 for k in range(48)]
    assert (found != 0).tolist() == settled
    assert found.sum() == pytest.approx(1e-4 * 6)


@given(OPENS, st.sampled_from([1, 2, 4, 8, 24]), st.floats(-5, 5), st.integers(0, 60))
def test_assumed_is_due_of_a_table_with_that_rate(opens: list[int], hours: int, bps: float, cut: int) -> None:
    times = START + np.array(opens) * MINUTE
    grid = np.arange(START, START + 4 * DAY, hours * HOUR)
    same = table(grid, np.full(len(grid), bps * 1e-4 * hours / 8))
    whole = assumed(times, hours, bps)
    np.testing.assert_allclose(whole, due(same, times), rtol=1e-12, atol=1e-18)
    cut = min(cut, len(times) - 1)
    after = int(times[cut - 1]) if cut else None
    assert assumed(times[cut:], hours, bps, after).tobytes() == whole[cut:].tobytes()


def test_nothing_is_due_where_nothing_is_settled() -> None:
    assert assumed(START + np.arange(5) * HOUR, 0, 1.0).tolist() == [0.0] * 5
    assert assumed(np.zeros(0, np.int64), 8, 1.0).tolist() == []
    assert due(table([], []), START + np.arange(3) * HOUR).tolist() == [0.0] * 3
