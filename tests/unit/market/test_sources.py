"""The same rows from every container, and what containers alone can get wrong."""

import datetime as dt
import hashlib
import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from bullmachine.core.errors import DataError
from bullmachine.market.read import read_bars
from bullmachine.market.sample import sample_rows

Write = Callable[..., pathlib.Path]

ROWS = sample_rows(300)


def frame(unit: Any = "ms") -> pl.DataFrame:
    """The sample as a polars frame with aware datetimes."""
    columns = {name: ROWS[name] for name in ("open", "high", "low", "close", "volume")}
    stamps = pl.Series("timestamp", ROWS["ts"]).cast(pl.Datetime("ms", "UTC")).cast(pl.Datetime(unit, "UTC"))
    return pl.DataFrame([stamps]).with_columns(**{k: pl.Series(v) for k, v in columns.items()})


def csv(path: pathlib.Path) -> pathlib.Path:
    frame().with_columns(pl.col("timestamp").dt.to_string("iso:strict")).write_csv(path)
    return path


def parquet(path: pathlib.Path) -> pathlib.Path:
    frame("us").write_parquet(path)
    return path


def arrow_parquet(path: pathlib.Path) -> pathlib.Path:
    pyarrow.parquet.write_table(frame("ns").to_arrow(), path)
    return path


def indexed_parquet(path: pathlib.Path) -> pathlib.Path:
    frame().to_pandas().set_index("timestamp").rename_axis(None).to_parquet(path)
    return path


def feather(path: pathlib.Path) -> pathlib.Path:
    pyarrow.feather.write_feather(frame().to_arrow(), path, compression="lz4")
    return path


def ipc(path: pathlib.Path) -> pathlib.Path:
    frame().write_ipc(path)
    return path


FILES = [csv, parquet, arrow_parquet, indexed_parquet, feather, ipc]
FRAMES: list[Callable[[], Any]] = [
    frame,
    lambda: frame("ns"),
    lambda: frame().to_arrow(),
    lambda: frame().to_pandas(),
    lambda: frame().to_pandas().set_index("timestamp"),
    lambda: frame().to_pandas().set_index("timestamp").rename_axis(None),
    lambda: frame().to_pandas().set_index("timestamp").tz_convert("America/New_York"),
    lambda: frame().to_pandas().astype({"timestamp": object}),
    lambda: frame().to_pandas().rename(columns=str.upper),
    lambda: frame().with_columns(pl.col("timestamp").dt.epoch("us")),
    lambda: frame().with_columns(pl.col("timestamp").dt.epoch("s").cast(pl.Float64)),
    lambda: frame().with_columns(pl.col("timestamp").dt.to_string()),
    lambda: frame().with_columns(pl.col("open").cast(pl.Decimal(18, 2)), pl.lit("x").alias("note")),
    lambda: frame().reverse(),
]


@pytest.mark.parametrize("put", FILES)
def test_every_file_format_gives_the_same_rows(tmp_path: pathlib.Path, put: Callable[..., pathlib.Path]) -> None:
    path = put(tmp_path / "ETH_USDT-1h.data")
    bars = read_bars(path)
    assert bars.rows.tobytes() == ROWS.tobytes()
    assert bars.report.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (bars.report.name, bars.report.symbol) == (path.name, "ETHUSDT")


@pytest.mark.parametrize("make", FRAMES)
def test_every_frame_gives_the_same_rows(make: Callable[[], Any]) -> None:
    bars = read_bars(make())
    assert bars.rows.tobytes() == ROWS.tobytes()
    assert bars.report.sha256 == hashlib.sha256(ROWS.tobytes()).hexdigest()
    assert bars.report.name.endswith(" frame")


@pytest.mark.parametrize("make", [f for f in FRAMES if isinstance(f(), pl.DataFrame)][:2])
def test_naive_datetimes_in_a_frame_need_a_zone(make: Callable[[], pl.DataFrame]) -> None:
    naive = make().with_columns(pl.col("timestamp").dt.replace_time_zone(None))
    with pytest.raises(DataError, match="polars frame: the times name no zone"):
        read_bars(naive)
    assert read_bars(naive, tz="UTC").rows.tobytes() == ROWS.tobytes()


def test_dates_without_a_time_of_day_are_naive_too() -> None:
    days = pl.DataFrame({"date": pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 1, 9), eager=True)})
    days = days.with_columns(**{name: pl.lit(1.0) for name in ("open", "high", "low", "close")})
    with pytest.raises(DataError, match="the times name no zone"):
        read_bars(days)
    assert read_bars(days, tz="UTC").report.timeframe == "1d"


def test_a_pandas_column_of_naive_and_aware_times_is_seen_and_not_converted() -> None:
    stamps = [dt.datetime(2024, 1, 1, k, tzinfo=dt.UTC if k else None) for k in range(3)]
    mixed = pd.DataFrame(
        {"time": pd.Series(stamps, dtype=object)} | dict.fromkeys(("open", "high", "low", "close"), 1.0)
    )
    with pytest.raises(DataError, match="pandas frame row 2: the time has a zone, unlike row 1"):
        read_bars(mixed)


def test_a_number_among_objects_that_is_text_is_refused() -> None:
    prices = frame().to_pandas().astype({"low": object})
    prices.loc[4, "low"] = "cheap"
    with pytest.raises(DataError, match="pandas frame row 5, column low: 'cheap' is no number"):
        read_bars(prices)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (pl.col("high") > 1, "polars frame: column high holds Boolean, not numbers"),
        (pl.col("timestamp").is_null(), "polars frame: column timestamp holds Boolean, not times"),
        (pl.lit(7).alias("timestamp"), "polars frame row 1: time 7 is no count of seconds"),
    ],
)
def test_a_column_of_the_wrong_type_is_refused(change: pl.Expr, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        read_bars(frame().with_columns(change))


def test_stamps_between_milliseconds_are_not_rounded() -> None:
    late = frame("us").with_columns(
        pl.col("timestamp") + pl.duration(microseconds=(pl.int_range(pl.len()) == 9).cast(pl.Int64))
    )
    with pytest.raises(DataError, match=r"row 10, column timestamp: time .* cannot be read"):
        read_bars(late)


def test_nulls_are_missing_prices_and_missing_volume() -> None:
    holed = frame().with_columns(pl.when(pl.int_range(pl.len()) != 9).then(pl.col("volume", "close")))
    with pytest.raises(DataError, match="row 10, column close: close is missing or NaN"):
        read_bars(holed)
    report = read_bars(holed.with_columns(close=frame()["close"])).report
    assert (report.missing_volume, report.n_rows) == (1, 300)


def test_a_frame_without_rows_is_refused() -> None:
    with pytest.raises(DataError, match="polars frame has columns but no bars"):
        read_bars(frame().head(0))


@pytest.mark.parametrize("thing", [frame().lazy(), [1, 2], None])
def test_what_is_no_eager_frame_is_refused(thing: object) -> None:
    with pytest.raises(DataError, match="is no source of bars: hand in a path or an eager frame"):
        read_bars(thing)


@pytest.mark.parametrize("put", [parquet, feather])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_a_truncated_columnar_file_is_refused(
    tmp_path: pathlib.Path, write: Write, put: Callable[..., pathlib.Path], part: float
) -> None:
    data = put(tmp_path / "whole").read_bytes()
    with pytest.raises(DataError, match=r"half\.bin cannot be read as (parquet|arrow): truncated or damaged"):
        read_bars(write(data[: int(len(data) * part)], "half.bin"))


def test_the_first_bytes_decide_and_not_the_name(tmp_path: pathlib.Path) -> None:
    assert read_bars(parquet(tmp_path / "bars.csv")).report.format == "parquet"


def test_reading_leaves_the_frame_alone() -> None:
    prices = frame().to_pandas().assign(volume=-1.0)
    before = prices.copy()
    assert np.isnan(read_bars(prices).rows["volume"]).all()
    pd.testing.assert_frame_equal(prices, before)


def test_importing_the_room_loads_no_frame_library() -> None:
    code = (
        "import sys, bullmachine.market.read, bullmachine.market.check, bullmachine.market.sample;"
        "print([m for m in ('polars', 'pyarrow', 'pandas', 'narwhals') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_tables_of_pyarrow_with_other_columns_are_read() -> None:
    wide = frame().to_arrow().append_column("tags", pa.array([["a"]] * 300))
    assert read_bars(wide).rows.tobytes() == ROWS.tobytes()
