"""`bm.Machine` fed by hand decides what a backtest over the same bars decides."""

import dataclasses
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.parity.machine_trace import Array, Finder, compiled_only, market

import bullmachine as bm
from bullmachine.core.time import from_ms
from bullmachine.fusion.score import PART_NAMES, STEPS, TREND_PARTS
from bullmachine.market.sample import sample_rows
from bullmachine.testing.markets import SPOILS, spoiled_row

pytestmark = compiled_only

SETTINGS = {"fusion.on": 0.4, "fusion.off": 0.3, "exits.stop_atr": 1.0}


def live(rows: Array, config: Any = None) -> tuple[bm.Machine, list[bm.Decision], list[float], list[Array]]:
    machine = bm.Machine(config or bm.load_config(overrides=SETTINGS))
    decisions, equity, fills = [], [], []
    for row in rows:
        decisions.append(machine.update(row.item()))
        equity.append(machine.equity)
        fills.append(machine.fills.copy())
    return machine, decisions, equity, fills


def framed(rows: Array) -> pl.DataFrame:
    columns = {name: rows[name].copy() for name in ("open", "high", "low", "close", "volume")}
    return pl.DataFrame({"timestamp": rows["ts"].copy(), **columns}).with_columns(
        pl.col("timestamp").cast(pl.Datetime("ms", "UTC"))
    )


@pytest.mark.parametrize("name", ["sample", "Kraken"])
def test_live_decisions_are_the_rows_of_a_backtest(name: str, real_data: Finder) -> None:
    rows = market(name, real_data, 1200)
    result = bm.backtest(framed(rows), overrides=SETTINGS)
    table = result.decisions
    _, decisions, equity, fills = live(rows)
    assert len(table) == len(decisions)
    assert table["time"].dt.epoch("ms").to_list() == [d.time for d in decisions]
    for name_ in ("f", "book", *STEPS, "align", "stance", "transition", "lots", "distance"):
        assert table[name_].to_list() == [getattr(d, name_) for d in decisions], name_
    for part in PART_NAMES:
        assert table[part].to_list() == [d.contributions[part] for d in decisions], part
    assert [_blocked(mask) for mask in table["blocked"]] == [d.blocked_by for d in decisions]
    asked = [d for d in decisions if d.asked != 0]
    assert result.signals["time"].dt.epoch("ms").to_list() == [d.time for d in asked]
    assert result.equity["equity"].to_list()[:-1] == equity[:-1]
    legs = np.concatenate(fills)
    told = result.legs.filter(pl.col("reason") != "end_of_data")
    assert len(legs) > 10
    assert told["price"].to_list() == legs["price"].tolist()
    assert told["time"].dt.epoch("ms").to_list() == legs["time"].tolist()


def _blocked(mask: str) -> tuple[str, ...]:
    return tuple(mask.split("|")) if mask else ()


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_refused_bar_raises_with_its_reason_and_moves_no_engine_and_no_money(spoil: str) -> None:
    rows = sample_rows(400)
    machine, _, _, _ = live(rows[:300])
    core = machine._machine
    before = [part.tobytes() for part in core._parts()[1:]]
    with pytest.raises(bm.BarRejectedError) as refused:
        machine.update(spoiled_row(rows[299], spoil))
    assert refused.value.facts["reason"] == SPOILS[spoil]
    assert [part.tobytes() for part in core._parts()[1:]] == before
    decision = machine.update(rows[300].item())
    undisturbed = live(rows[:301])[1][-1]
    assert decision.f == undisturbed.f
    assert decision.contributions == undisturbed.contributions


def test_a_stamp_beyond_every_calendar_is_refused_like_any_other() -> None:
    """Microseconds where milliseconds belong."""
    machine = bm.Machine()
    with pytest.raises(
        bm.BarRejectedError, match="1700000040000000 ms refused: the open time is off the timeframe's grid"
    ):
        machine.update((1_700_000_040_000_000, 1.0, 1.0, 1.0, 1.0, 1.0))


def test_a_live_machine_goes_on_from_its_snapshot() -> None:
    rows = sample_rows(700)
    first, _, _, _ = live(rows[:400])
    second = bm.Machine(first.config)
    second.restore(first.snapshot())
    for row in rows[400:]:
        assert second.update(row.item()) == first.update(row.item())
        assert second.equity == first.equity
    assert second.snapshot() == first.snapshot()


def test_a_live_machine_refuses_the_snapshot_of_other_settings() -> None:
    machine = bm.Machine()
    before = machine.snapshot()
    with pytest.raises(bm.SnapshotError):
        machine.restore(bm.Machine(overrides={"fusion.off": 0.25}).snapshot())
    assert machine.snapshot() == before


def test_fills_and_equity_before_the_first_bar_say_what_to_do() -> None:
    with pytest.raises(bm.BarRejectedError, match="update"):
        _ = bm.Machine().equity
    with pytest.raises(bm.BarRejectedError, match="update"):
        _ = bm.Machine().fills


def test_contributions_of_the_winning_book_and_the_steps_behind_it_sum_to_f() -> None:
    for decision in live(sample_rows(1500))[1]:
        names = PART_NAMES[TREND_PARTS:] if decision.book == "reversal" else PART_NAMES[:TREND_PARTS]
        total = sum(decision.contributions[n] for n in names) + sum(getattr(decision, n) for n in STEPS)
        assert abs(total - decision.f) <= 1e-12


def test_bars_before_the_start_warm_up_and_the_rest_is_decided_like_a_backtest() -> None:
    rows = sample_rows(900)
    start = from_ms(int(rows["ts"][700]))
    machine = bm.Machine(start=start)
    decisions = [machine.update(row) for row in rows.tolist()]
    assert [d.warm_up for d in decisions] == [True] * 700 + [False] * 200
    whole = dataclasses.replace(bm.sample(), rows=rows, dropped=np.zeros(len(rows), np.int64))
    table = bm.backtest(whole, start=start).decisions
    assert table["f"].to_list() == [d.f for d in decisions[700:]]
    assert table["transition"].to_list() == [d.transition for d in decisions[700:]]
    assert decisions[699].time == decisions[700].time - 3_600_000


def test_a_machine_that_only_warmed_up_has_its_starting_equity() -> None:
    machine = bm.Machine(start="2030-01-01")
    assert machine.update(sample_rows(1)[0].item()).warm_up
    assert (machine.equity, len(machine.fills)) == (10_000.0, 0)
