"""A file with its bad rows dropped blocks the machine where the same rows, fed live, would."""

import pathlib

import polars as pl

import bullmachine as bm
from bullmachine.market.sample import sample_rows

BAD = (700, 701, 1200)


def test_a_file_read_with_drop_decides_like_the_live_machine_on_the_same_rows(tmp_path: pathlib.Path) -> None:
    rows = sample_rows(1500)
    rows["close"][list(BAD)] = float("nan")
    names = ("open", "high", "low", "close", "volume")
    path = tmp_path / "bad.parquet"
    time = pl.Series("time", rows["ts"]).cast(pl.Datetime("ms", "UTC"))
    pl.DataFrame([time, *(pl.Series(name, rows[name]) for name in names)]).write_parquet(path)

    result = bm.backtest(path, policy="drop")
    machine, live = bm.Machine(), []
    for k, row in enumerate(rows.tolist()):
        if k not in BAD:
            live.append(machine.update(row))
            continue
        try:
            machine.update(row)
        except bm.BarRejectedError:
            continue
        raise AssertionError(k)

    assert result.decisions["f"].to_list() == [d.f for d in live]
    assert result.decisions["transition"].to_list() == [d.transition for d in live]
    blocked = result.decisions["guards_long"].str.contains("bad_data").arg_true().to_list()
    assert blocked == [700, 701, 702, 1198, 1199, 1200]


def test_dropped_rows_are_counted_before_the_next_good_one_and_repetitions_are_not() -> None:
    rows = sample_rows(6)
    rows["high"][2] = rows["low"][2] - 1.0
    frame = pl.DataFrame({name: rows[name] for name in rows.dtype.names or ()}).rename({"ts": "time"})
    assert bm.read_bars(frame.reverse(), policy="drop").dropped.tolist() == [0, 0, 1, 0, 0]
    frame = pl.concat([frame[:5], frame[4:]])  # bar 4 twice
    assert bm.read_bars(frame, policy="drop").dropped.tolist() == [0, 0, 1, 0, 0]
