"""A finer file: its base bars are the machine's own buckets, and a run on it is the run on bars made of it before."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl
import pytest
from tests.parity.machine_trace import Array, compiled_only, follow, fresh
from tests.parity.machine_trace import made as params

import bullmachine as bm
from bullmachine.core.bars import rows_from_columns
from bullmachine.core.time import DAY, HOUR, MINUTE
from bullmachine.machine.records import SenseParams
from bullmachine.market.read import read_bars
from bullmachine.market.report import Bars
from bullmachine.market.resample import resample
from bullmachine.market.sample import SAMPLE_START, sample_rows
from bullmachine.runs.plan import plan
from bullmachine.runs.result import Result

pytestmark = compiled_only

Find = Callable[[str], pathlib.Path]
QUARTER: Final = 15 * MINUTE
TABLES: Final = ("decisions", "positions", "legs", "orders", "equity", "signals", "bars", "events", "ambiguity")
#: stop and target so near that one hour often holds both
NEAR: Final = {
    "fusion.on": 0.3, "fusion.off": 0.15, "exits.set": "single_2r", "exits.target_1.r": 0.5, "exits.stop_atr": 0.3,
    "guards.max_cost_r": 100.0, "guards.losses": 0, "guards.cooldown_bars": 0, "guards.max_drawdown": 1.0,
}  # fmt: skip


def _frame(rows: Array) -> pl.DataFrame:
    time = pl.Series(rows["ts"].copy()).cast(pl.Datetime("ms", "UTC"))
    names = ("open", "high", "low", "close", "volume")
    return pl.DataFrame({"time": time, **{name: rows[name].copy() for name in names}})


def _sampled(step: int, n: int = 17_520) -> pl.DataFrame:
    """The synthetic market with another step."""
    rows = sample_rows(n)
    rows["ts"] = SAMPLE_START + step * np.arange(n)
    return _frame(rows)


def _hours(frame: pl.DataFrame) -> pl.DataFrame:
    """Whole hours by grouping a table."""
    hours = frame.group_by_dynamic("time", every="1h").agg(
        pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last(),
        pl.col("volume"),
    )  # fmt: skip
    return hours.with_columns(pl.Series("volume", [_in_order(one) for one in hours["volume"]]))


def _in_order(values: Any) -> float:
    total = 0.0
    for value in values:
        total += value
    return total


def _check_equal(one: Result, other: Result) -> None:
    assert one.manifest["fingerprints"] == other.manifest["fingerprints"]
    assert one.summary == other.summary
    for table in TABLES:
        assert getattr(one, table).equals(getattr(other, table)), table
    configs = [run.manifest["config"]["sha256"] for run in (one, other)]
    assert configs[0] == configs[1]


def _middle_bars(fine: Bars, middle: int, slow: int) -> Array:
    """What the middle stream of a machine saw, as rows."""
    sense = params(SenseParams, base=fine.timeframe, middle=middle, slow=slow)
    bars = follow(fresh(sense=sense), fine.rows).said["slow_bars"]
    bars = np.compress(bars["tf"] == middle, bars)
    volume = np.where(bars["novol"] == 1, np.nan, bars["volume"])
    return rows_from_columns(bars["ts"], bars["open"], bars["high"], bars["low"], bars["close"], volume)


@pytest.mark.parametrize("rungs", [(QUARTER, HOUR, 4 * HOUR), (5 * MINUTE, HOUR, DAY)])
def test_on_real_bars_they_are_the_buckets_of_the_middle_stream(rungs: tuple[int, int, int], real_data: Find) -> None:
    base, middle, slow = rungs
    fine = read_bars(real_data("ohlcv/ETHUSDT_binance_5m.parquet"))
    fine = fine if base == fine.timeframe else resample(fine, base)
    assert _middle_bars(fine, middle, slow).tobytes() == resample(fine, middle).rows.tobytes()


def test_bars_without_volume_are_the_buckets_of_the_middle_stream(real_data: Find) -> None:
    fine = read_bars(real_data("ohlcv/EURUSD_15m.parquet"))
    assert _middle_bars(fine, HOUR, DAY).tobytes() == resample(fine, HOUR).rows.tobytes()


def test_a_run_on_quarters_is_the_run_on_hours_with_the_quarters_as_lower_bars() -> None:
    fine = _sampled(QUARTER)
    one = bm.backtest(fine, start="2022-03-01", overrides=NEAR)
    other = bm.backtest(_hours(fine), intrabar=fine, start="2022-03-01", overrides=NEAR)
    _check_equal(one, other)
    assert one.manifest["config"]["resolved"]["fills"]["intrabar"] == "data"
    assert one.summary["interval"]["resolved"] > 0


def test_a_run_on_real_five_minutes_is_the_run_on_hours_made_of_them(real_data: Find, tmp_path: pathlib.Path) -> None:
    file = real_data("ohlcv/ETHUSDT_binance_5m.parquet")
    whole = _hours(pl.read_parquet(file).rename({"timestamp": "time"})).head(14_715)
    whole.write_parquet(tmp_path / "ETHUSDT_1h.parquet")
    given: dict[str, Any] = {"start": "2023-06-01", "end": "2023-12-31", "overrides": NEAR, "baseline": False}
    one = bm.backtest(file, **given)
    other = bm.backtest(tmp_path / "ETHUSDT_1h.parquet", intrabar=file, **given)
    _check_equal(one, other)
    assert one.summary["interval"]["resolved"] > 20
    (data,) = one.manifest["data"]
    assert (data["name"], data["timeframe"], data["rows"]) == ("ETHUSDT_binance_5m.parquet", "5m", 176_583)
    assert data["sha256"] != other.manifest["data"][0]["sha256"]
    assert data["outside"]["lower_bars"] == other.manifest["data"][0]["outside"]["lower_bars"]
    assert data["resampled"] == {
        "timeframe": "1h",
        "rows": 14_715,
        "first": "2023-01-01T00:00:00+00:00",
        "last": "2024-09-06T03:00:00+00:00",
        "holes": 2,
        "missing_bars": 25,
        "partial": 2,
        "left_over": 8,
    }


def test_bars_after_the_window_change_nothing_in_it() -> None:
    fine = _sampled(QUARTER, 8_000)
    late = pl.col("time") >= pl.datetime(2022, 3, 20, time_zone="UTC")
    prices = ("open", "high", "low", "close", "volume")
    poisoned = fine.with_columns(pl.when(late).then(pl.col(name) * 3.0).otherwise(name).alias(name) for name in prices)
    given: dict[str, Any] = {"start": "2022-02-20", "end": "2022-03-19", "overrides": NEAR, "baseline": False}
    assert not poisoned.equals(fine)
    _check_equal(bm.backtest(fine, **given), bm.backtest(poisoned, **given))
    later = {**given, "end": "2022-03-22"}
    assert not bm.backtest(fine, **later).decisions.equals(bm.backtest(poisoned, **later).decisions)


def test_a_file_of_lower_bars_of_ones_own_wins() -> None:
    fine = _sampled(QUARTER, 8_000)
    halves = fine.group_by_dynamic("time", every="30m").agg(
        pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last(),
        pl.col("volume").sum(),
    )  # fmt: skip
    given: dict[str, Any] = {"start": "2022-02-20", "overrides": NEAR, "baseline": False}
    one = bm.backtest(fine, intrabar=halves, **given)
    _check_equal(one, bm.backtest(_hours(fine), intrabar=halves, **given))
    assert one.manifest["data"][0]["outside"] != bm.backtest(fine, **given).manifest["data"][0]["outside"]


@pytest.mark.parametrize("mode", ["optimistic", "ohlc"])
def test_another_mode_stays_and_is_told_how_often_it_was_wrong(mode: str) -> None:
    fine = _sampled(QUARTER, 8_000)
    given: dict[str, Any] = {
        "start": "2022-02-20", "overrides": {**NEAR, "fills.intrabar": mode}, "baseline": False
    }  # fmt: skip
    one = bm.backtest(fine, **given)
    _check_equal(one, bm.backtest(_hours(fine), intrabar=fine, **given))
    assert one.manifest["config"]["resolved"]["fills"]["intrabar"] == mode
    assert one.summary["interval"]["resolved"] > 0


def test_symbols_of_different_finer_timeframes_share_one_account() -> None:
    quarters, halves = _sampled(QUARTER, 8_000), _sampled(30 * MINUTE, 4_000)
    hours = bm.sample().rows[:2_000]
    given: dict[str, Any] = {"start": "2022-02-20", "overrides": NEAR, "baseline": False}
    one = bm.backtest({"A": quarters, "B": halves, "C": _frame(hours)}, **given)
    lower = {"A": quarters, "B": halves}
    other = bm.backtest({"A": _hours(quarters), "B": _hours(halves), "C": _frame(hours)}, intrabar=lower, **given)
    _check_equal(one, other)
    assert [data["timeframe"] for data in one.manifest["data"]] == ["15m", "30m", "1h"]
    assert [bool(data["resampled"]) for data in one.manifest["data"]] == [True, True, False]
    assert set(one.legs["symbol"]) == {"A", "B", "C"}


def test_a_bar_that_lacks_parts_keeps_the_pessimistic_answer_and_is_counted() -> None:
    fine = _sampled(QUARTER, 8_000).filter(pl.int_range(pl.len()) % 8 != 6)  # every second hour, far below 99 %
    made = plan(fine, start="2022-02-20", overrides=NEAR)
    assert made.notes[0] == (
        "polars frame holds 15m bars: resampled to 1h; fewer than 4 of them are in 1,000 of the 1h bars"
    )
    decided = made.traded[0].window.decided
    assert f"polars frame lacks lower bars of {decided // 2:,} of {decided:,} bars" in "; ".join(made.notes)
    lower = made.traded[0].outside.lower
    assert lower is not None
    assert len(lower[0]) == 4 * (decided // 2)


def test_bad_rows_of_a_finer_file_block_as_they_would_live() -> None:
    fine = _sampled(QUARTER, 8_000)
    bad = pl.int_range(pl.len()) == 6_001
    spoiled = fine.with_columns(pl.when(bad).then(float("nan")).otherwise("high").alias("high"))
    result = bm.backtest(spoiled, start="2022-02-20", policy="drop", baseline=False)
    (data,) = result.manifest["data"]
    assert (data["rejected"], data["rows"], data["resampled"]["partial"]) == (
        {"not_finite": 1, "duplicates": 0}, 7_999, 1,
    )  # fmt: skip
    rows = result.decisions.filter(pl.col("guards_long").cast(pl.String).str.contains("bad_data"))
    assert rows["time"][0] == fine["time"][6_004]  # the close of the hour that lost a quarter


def test_a_calibration_on_quarters_is_that_on_hours() -> None:
    from bullmachine.runs.base import read_base  # noqa: PLC0415
    from bullmachine.runs.calibrate import calibrate  # noqa: PLC0415

    config, fine = bm.load_config(), _sampled(QUARTER)
    one, other = (calibrate([read_base(source, config)], config, "2022-05-31") for source in (fine, _hours(fine)))
    assert json.dumps(one.scales) == json.dumps(other.scales)
    assert one == other


def test_funding_and_signals_of_ones_own_meet_the_same_bars() -> None:
    fine = _sampled(QUARTER, 8_000)
    hours = _hours(fine)
    closes = hours["time"].dt.offset_by("1h")
    signals = pl.DataFrame({"time": closes, "side": ["long", "flat", "short", "flat"] * 500}).gather_every(7)
    stamps = pl.datetime_range(closes[0].replace(hour=0), closes[-1], "8h", eager=True)
    rates = pl.DataFrame({"time": stamps, "rate": np.linspace(-3e-4, 3e-4, len(stamps))})
    given: dict[str, Any] = {
        "start": "2022-02-20", "overrides": NEAR, "signals": signals, "funding": rates, "baseline": False
    }  # fmt: skip
    one = bm.backtest({"ETHUSDT": fine}, **given)
    _check_equal(one, bm.backtest({"ETHUSDT": hours}, intrabar=fine, **given))
    assert one.summary["positions"] > 30
    assert (one.legs["reason"] == "funding").sum() > 0
