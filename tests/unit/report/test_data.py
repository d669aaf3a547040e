"""What the page draws and lists is what the tables hold."""

import datetime as dt
import pathlib

import polars as pl
import pytest
from tests.unit.report.folders import BEGIN, HOUR, Market, write
from tests.unit.report.reading import write_and_read

from bullmachine.report.chart import TRADES, _pauses
from bullmachine.report.layers.steps import segments
from bullmachine.report.read import read_run


def _ms(times: pl.Series) -> list[int]:
    return times.dt.epoch("ms").to_list()


def test_the_list_of_trades_is_positions_parquet(tmp_path: pathlib.Path) -> None:
    folder = write(tmp_path / "run", Market(), Market("BTCUSDT", entries=(20, 60)))
    listed = write_and_read(folder).data["trades"]["values"]
    table = pl.read_parquet(folder / "positions.parquet")
    assert len(table) == 6
    for key in (key for key, *_ in TRADES if key not in {"net", "entry_time", "exit_time"}):
        assert listed[key] == table[key].to_list(), key
    for key in ("entry_time", "exit_time"):
        assert listed[key] == _ms(table[key]), key
    assert listed["net"] == (table["pnl"] - table["fee"] - table["funding"]).to_list()


def test_a_number_that_is_none_stays_none(tmp_path: pathlib.Path) -> None:
    folder = write(tmp_path / "run")
    table = pl.read_parquet(folder / "positions.parquet").with_columns(stop=pl.lit(float("nan")))
    table.write_parquet(folder / "positions.parquet")
    assert set(write_and_read(folder).data["trades"]["values"]["stop"]) == {None}


def test_candles_are_the_base_bars_to_the_last_digit(tmp_path: pathlib.Path) -> None:
    folder = write(tmp_path / "run")
    page = write_and_read(folder)
    table = pl.read_parquet(folder / "bars.parquet").filter(pl.col("tf") == "1h")
    drawn = page.data["symbols"][0]["bars"]
    assert page.times(drawn["time"]) == _ms(table["time"])
    for key in ("open", "high", "low", "close", "volume"):
        assert page.column(drawn[key]) == table[key].to_list(), key


def test_every_symbol_has_its_own_bars_fills_and_steps(tmp_path: pathlib.Path) -> None:
    page = write_and_read(write(tmp_path / "run", Market(), Market("BTCUSDT", 170, (20, 60)), Market("SPY", 90, ())))
    symbols = page.data["symbols"]
    assert [s["name"] for s in symbols] == ["ETHUSDT", "BTCUSDT", "SPY"]
    assert [s["bars"]["close"]["n"] for s in symbols] == [200, 170, 90]
    assert [s["layers"]["trades"]["time"]["n"] for s in symbols] == [8, 4, 0]
    assert [s["layers"]["steps"]["from"]["n"] for s in symbols] == [12, 6, 0]
    assert {page.data["trades"]["columns"][k]["key"] for k in range(3)} == {"id", "symbol", "source"}


def test_a_stop_holds_until_it_moves_and_a_target_until_the_exit(tmp_path: pathlib.Path) -> None:
    run = read_run(write(tmp_path / "run", Market(entries=(10,))))
    found = segments(run, "ETHUSDT").sort("kind", "from").rows()
    entry, leave, price = BEGIN + 10 * HOUR, BEGIN + 17 * HOUR, Market().price(9)
    assert found == [
        (1, "stop", entry, entry + 3 * HOUR, price - 20.0),
        (1, "stop", entry + 3 * HOUR, leave, price),
        (1, "target_1", entry, leave, price + 40.0),
    ]


def test_a_row_that_ends_a_level_draws_nothing(tmp_path: pathlib.Path) -> None:
    folder = write(tmp_path / "run", Market(entries=(10,)))
    table = pl.read_parquet(folder / "orders.parquet")
    moved = pl.when(pl.col("state") == "moved").then(pl.lit("expired")).otherwise("state")
    table.with_columns(state=moved).write_parquet(folder / "orders.parquet")
    found = segments(read_run(folder), "ETHUSDT").filter(pl.col("kind") == "stop")
    assert found["to"].to_list() == [BEGIN + 13 * HOUR]


def test_the_band_holds_what_the_other_orders_inside_a_bar_would_have_made(tmp_path: pathlib.Path) -> None:
    page = write_and_read(write(tmp_path / "run"))
    band = page.data["equity"]["band"]
    assert page.times(band["time"]) == [int((BEGIN + 47 * HOUR).timestamp() * 1000)]
    assert page.column(band["low"]) == pytest.approx([-30.0])
    assert page.column(band["high"]) == pytest.approx([60.0])


def test_buy_and_hold_spreads_the_money_evenly_over_the_symbols(tmp_path: pathlib.Path) -> None:
    markets = Market(), Market("BTCUSDT", 150)
    page = write_and_read(write(tmp_path / "run", *markets))
    hold = page.column(page.data["equity"]["hold"])
    worth = [m.price(m.bars - 1) / m.price(0) for m in markets]
    assert hold[0] == pytest.approx(10_000.0)
    assert hold[-1] == pytest.approx(10_000.0 * sum(worth) / 2, abs=0.01)


def test_an_empty_run_has_a_page_that_says_so(tmp_path: pathlib.Path) -> None:
    page = write_and_read(write(tmp_path / "run", Market(entries=()), coin_flip=None, delayed=None, reruns=None))
    assert page.data["trades"]["values"]["id"] == []
    assert page.data["symbols"][0]["layers"]["steps"]["from"]["n"] == 0
    assert page.column(page.data["equity"]["band"]["time"]) == []
    for words in ("no bar held both", "Too few positions", "not run"):
        assert words in page.text, words


def test_pauses_are_spans_that_end_at_the_first_close_without_them() -> None:
    times = [dt.datetime(2024, 1, 1, hour, tzinfo=dt.UTC) for hour in range(6)]
    table = pl.DataFrame({"time": times, "paused": ["", "a|b_c", "a|b_c", "", "d", "d"]})
    hour = 3_600_000
    start = 1_704_067_200_000
    assert _pauses(table.cast({"time": pl.Datetime("ms", "UTC")})) == [
        {"from": start + hour, "to": start + 3 * hour, "by": "a, b c"},
        {"from": start + 4 * hour, "to": start + 5 * hour, "by": "d"},
    ]
