"""What a backtest decides, from where to where, and how it ends."""

from __future__ import annotations

import datetime as dt
import gc
import itertools
import json
from typing import Any, Final

import polars as pl
import pytest
from tests.modes import compiled_only
from tests.unit.runs.conftest import OFTEN, Backtest

import bullmachine as bm
from bullmachine.core.errors import DataError
from bullmachine.market.sample import sample_rows
from bullmachine.runs.needs import warm_up_bars
from bullmachine.runs.plan import plan
from bullmachine.runs.result import Result

pytestmark = compiled_only

AN_HOUR: Final = dt.timedelta(hours=1)


def _log(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (result.path / "log.jsonl").read_text("utf-8").splitlines()]


def _orders(result: Result) -> list[dt.datetime]:
    """Close times that made an order."""
    return result.signals.filter(pl.col("blocked_by").list.len() == 0)["time"].to_list()


def test_the_first_decision_is_at_the_first_bar_s_close_and_the_first_fill_on_the_second(
    quarter: Result, backtest: Backtest
) -> None:
    asks = _orders(quarter)[2]
    result = backtest(start=asks - AN_HOUR)
    assert result.decisions["time"][0] == asks
    assert result.decisions["transition"][0] == "enter"
    assert result.legs["time"][0] == asks  # the second bar opens as the first closes
    assert result.equity["position"].to_list()[0] == 0.0
    assert result.equity["position"].to_list()[1] != 0.0
    assert result.bars.filter(pl.col("tf") == "1h")["time"][0] == asks - AN_HOUR


def test_the_state_is_flat_at_the_window_s_first_bar(quarter: Result, backtest: Backtest) -> None:
    held = quarter.decisions.filter((pl.col("stance") == "long") & (pl.col("f") < OFTEN["fusion.on"]))["time"][0]
    result = backtest(start=held - AN_HOUR)
    assert result.decisions["stance"][0] == "flat"


def test_warm_up_changes_no_reading_of_the_window(quarter: Result, backtest: Backtest) -> None:
    later = backtest(start="2022-05-01").decisions
    same = quarter.decisions.filter(pl.col("time") > dt.datetime(2022, 5, 1, tzinfo=dt.UTC))
    for name in ("time", "f", "trend", "reversal", "guards_long", "guards_short"):
        assert later[name].equals(same[name]), name


def test_more_data_behind_the_window_change_nothing_in_it(quarter: Result, backtest: Backtest) -> None:
    longer = backtest(end="2022-08-31").decisions.head(len(quarter.decisions))
    assert longer.equals(quarter.decisions)


def test_too_little_history_is_noted_and_blocks_as_warmup(backtest: Backtest) -> None:
    result = backtest(warm_up=10, end="2022-04-30")
    needed = warm_up_bars(bm.load_config())
    assert f"too little history of SYNTHETIC: {needed} bars of warm-up are needed, 10 are there" in "; ".join(
        result.manifest["notes"]
    )
    guards = result.decisions["guards_long"].cast(pl.String).to_list()
    assert guards[0].split("|")[0] == "warmup"
    assert "" in guards
    assert 0 < sum("warmup" in names for names in guards) <= needed - 10


@pytest.mark.parametrize("hour", [0, 1, 2, 3])
def test_the_stated_warm_up_is_enough_wherever_the_window_begins(backtest: Backtest, hour: int) -> None:
    needed = warm_up_bars(bm.load_config())
    result = backtest(start=f"2022-04-01T{hour:02}:00Z", end="2022-04-02", warm_up=needed)
    assert result.manifest["window"]["warm_up_bars"] == needed
    assert not any("too little history" in note for note in result.manifest["notes"])
    assert "warmup" not in result.decisions["guards_long"].cast(pl.String).to_list()[0]


def test_the_last_equity_row_is_taken_after_the_end_of_data(quarter: Result, backtest: Backtest) -> None:
    held = quarter.positions.filter(pl.col("bars") > 3)["entry_time"][1]
    result = backtest(end=held + 2 * AN_HOUR)
    position, cash, equity = (result.equity[name].to_list() for name in ("position", "cash", "equity"))
    last = result.legs.row(-1, named=True)
    assert (last["reason"], last["time"]) == ("end_of_data", held + 2 * AN_HOUR)
    assert position[-2] != 0.0
    assert position[-1] == 0.0
    assert cash[-1] == equity[-1]
    assert result.summary["equity_end"] == equity[-1]
    assert last["fee"] > 0.0
    assert result.positions["exit_reason"][-1] == "end_of_data"


def test_an_order_of_the_last_close_is_dropped_and_logged(quarter: Result, backtest: Backtest) -> None:
    asks = _orders(quarter)[2]
    result = backtest(end=asks)
    assert _orders(result)[-1] == asks
    assert result.manifest["counts"]["entries"] == len(_orders(result)) - 1
    assert result.orders.row(-1, named=True)["state"] == "end_of_data"
    dropped = [entry for entry in _log(result) if entry["event"] == "dropped"]
    side = result.signals["side"][-1]
    assert dropped == [{"event": "dropped", "time": asks.isoformat(), "side": side, "reason": "end_of_data"}]


def test_no_order_is_dropped_when_none_was_made_at_the_last_close(quarter: Result) -> None:
    assert not [entry for entry in _log(quarter) if entry["event"] == "dropped"]


def test_a_run_without_a_folder_lives_as_long_as_its_result(backtest: Backtest) -> None:
    result = backtest(end="2022-04-02")
    path = result.path
    assert (path / "manifest.json").exists()
    assert len(result.decisions) == 48
    del result
    gc.collect()
    assert not path.exists()


def test_the_log_tells_events_in_order_and_never_a_line_per_bar(quarter: Result) -> None:
    log = _log(quarter)
    assert {entry["event"] for entry in log} <= {"timing", "order", "signal", "fill", "exit", "guards"}
    counts = {name: sum(entry["event"] == name for entry in log) for name in ("order", "fill", "exit", "signal")}
    orders, exits = len(_orders(quarter)), quarter.legs.filter(~pl.col("reason").is_in(["entry", "funding"]))
    blocked = quarter.signals.filter(pl.col("blocked_by").list.len() > 0).with_columns(
        pl.col("blocked_by").list.join("|"), (pl.col("time").diff() == AN_HOUR).fill_null(value=False).alias("next")
    )
    same = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in ("side", "blocked_by"))
    fresh = blocked.filter(~(pl.col("next") & same.fill_null(value=False)))
    assert counts == {"order": orders, "fill": orders, "exit": len(exits), "signal": len(fresh)}
    assert len(log) < len(quarter.decisions) / 10
    moments = [(entry["time"], entry["event"]) for entry in log if entry["event"] in ("order", "fill")]
    assert moments == sorted(moments, key=lambda moment: moment[0])
    assert all(a[1] != b[1] for a, b in itertools.pairwise(moments))  # each order right before its fill


@pytest.mark.parametrize("every", [90, 499, 1_000, 1_250])
def test_the_log_carries_timing_every_so_many_bars(backtest: Backtest, every: int) -> None:
    result = backtest(overrides={"timing.every_bars": every})
    timing = [entry for entry in _log(result) if entry["event"] == "timing"]
    fed = result.manifest["window"]["warm_up_bars"] + result.manifest["window"]["decided_bars"]
    assert [entry["bars"] for entry in timing] == list(range(every, fed + 1, every))
    assert set(timing[0]) == {
        "event", "time", "bars", "t_sense_ms", "t_decide_ms", "t_logging_ms", "bars_per_s",
    }  # fmt: skip


def _resampled(every: int) -> pl.DataFrame:
    rows = sample_rows(2_000)
    frame = pl.DataFrame({name: rows[name] for name in rows.dtype.names or ()}).with_columns(
        pl.from_epoch("ts", time_unit="ms").dt.replace_time_zone("UTC")
    )
    return frame.gather_every(every)


def _finer() -> pl.DataFrame:
    quarters = pl.datetime(2022, 1, 1, time_zone="UTC") + pl.duration(minutes=15) * pl.int_range(pl.len())
    return _resampled(1).with_columns(quarters.alias("ts"))


def test_coarser_bars_than_the_base_are_refused() -> None:
    with pytest.raises(DataError, match="holds 4h bars, the base timeframe is 1h: give bars of 1h or finer, or set"):
        plan(_resampled(4))


@pytest.mark.parametrize("policy", ["refuse", "drop"])
def test_finer_bars_than_the_base_are_resampled_under_every_policy(policy: str) -> None:
    (traded,) = plan(_finer(), policy=policy).traded  # type: ignore[arg-type]
    assert (traded.bars.timeframe, len(traded.bars.rows)) == (3_600_000, 500)
    assert traded.outside.lower is not None
    assert len(traded.outside.lower[0]) == 2_000


@pytest.mark.parametrize("n", [1_000, 1_001])
def test_half_hours_are_never_taken_for_hours(n: int) -> None:
    """Every second of them lies on the hour's grid."""
    halves = pl.datetime(2022, 1, 1, time_zone="UTC") + pl.duration(minutes=30) * pl.int_range(pl.len())
    (traded,) = plan(_resampled(1).head(n).with_columns(halves.alias("ts")), policy="drop").traded
    assert len(traded.bars.rows) == 500


def test_a_few_bars_off_the_grid_are_dropped_and_many_are_told() -> None:
    number = pl.int_range(pl.len())
    late = pl.col("ts") + pl.duration(minutes=7)
    few = _resampled(1).with_columns(pl.when(number % 10 == 3).then(late).otherwise("ts").alias("ts"))
    assert len(plan(few, policy="drop").traded[0].bars.rows) == 1_800
    many = _resampled(1).with_columns(pl.when(number >= 100).then(late).otherwise("ts").alias("ts"))
    with pytest.raises(DataError, match="1,900 of 2,000 rows are off the 1h grid, which counts from 00:00 UTC"):
        plan(many, policy="drop")


def test_bars_read_for_another_timeframe_are_resampled_or_refused() -> None:
    assert len(plan(bm.read_bars(_finer())).traded[0].bars.rows) == 500
    with pytest.raises(DataError, match="holds 4h bars, the base timeframe is 1h"):
        plan(bm.read_bars(_resampled(4)))


def test_bars_with_holes_everywhere_but_one_are_of_the_base() -> None:
    frame = _resampled(4)
    assert len(plan(pl.concat([frame.head(1), _resampled(1).slice(1, 1), frame.slice(1)])).traded[0].bars.rows) == 501


def test_a_calendar_that_does_not_fit_the_bars_is_noted() -> None:
    made = plan(bm.sample(), overrides={"data.calendar": "24x5"})
    assert any("look like 24x7, the setting data.calendar is 24x5" in note for note in made.notes)


def test_a_ready_configuration_is_taken_as_it_is(backtest: Backtest) -> None:
    config = bm.load_config(overrides=OFTEN | {"trade.side": "short"})
    result = backtest(config=config, end="2022-05-31")
    assert set(result.positions["side"].to_list()) == {"short"}
    assert result.manifest["config"]["sha256"] == config.sha256


def test_the_repr_names_the_run(quarter: Result) -> None:
    assert repr(quarter).startswith(f"Result('run', positions={len(quarter.positions)}, r_net=")
