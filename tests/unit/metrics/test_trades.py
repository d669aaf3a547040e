"""Numbers about positions, whole and split, worked out again in plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.metrics.made import Row, closed, day, ms, positions, same, told

from bullmachine.metrics import splits, trades

#: what sums over groups to the number of the whole
SUMS = ("positions", "r_gross", "r_cost", "r_net", "net", "turnover")
#: what the unit of money cannot change
RATIOS = ("positions", "win_rate", "r_net", "profit_factor", "worst_r", "losing_streak", "break_even_bps", "hours_mean")


@given(positions())
def test_the_numbers_are_those_of_plain_python(rows: list[Row]) -> None:
    same(trades.trade_numbers(closed(rows)), told(rows))


def test_three_positions_by_hand() -> None:
    base = {"qty": 2.0, "entry_price": 100.0, "exit_price": 100.0, "slippage": 1.0, "fee": 1.0}
    money = [(31.0, 0.0, 1.5), (-9.0, 0.0, -0.5), (-9.0, 10.0, -1.0)]
    made = trades.trade_numbers(closed([{**base, "pnl": p, "funding": f, "r_net": r} for p, f, r in money]))
    assert made["net"] == 30.0 - 10.0 - 20.0
    assert made["profit_factor"] == 1.0
    assert (made["win_rate"], made["worst_r"], made["losing_streak"]) == (1 / 3, -1.0, 2)
    assert made["break_even_bps"] == pytest.approx((13.0 + 3.0 - 10.0) / 1200.0 * 1e4)


def test_fills_at_the_break_even_cost_leave_nothing() -> None:
    rows = closed(
        [{"qty": 1.0, "entry_price": 100.0, "exit_price": 104.0, "pnl": 3.0, "slippage": 1.0, "funding": 2.0}]
    )
    paid = trades.break_even_bps(rows) * 1e-4 * (100.0 + 104.0)
    assert 3.0 + 1.0 - 2.0 - paid == pytest.approx(0.0)


@given(positions(), st.sampled_from([0.125, 3.0, 1000.0]))
def test_the_unit_of_money_changes_no_ratio(rows: list[Row], scale: float) -> None:
    money = ("pnl", "fee", "slippage", "funding", "qty")
    scaled = [{**row, **{name: row[name] * scale for name in money}} for row in rows]
    ours, theirs = (trades.trade_numbers(closed(some)) for some in (rows, scaled))
    for name in RATIOS:
        assert theirs[name] == (None if ours[name] is None else pytest.approx(ours[name], abs=1e-7)), name


@given(positions(min_size=1))
def test_splits_by_time_are_the_entries_of_the_clock_in_utc_and_sum_to_the_whole(rows: list[Row]) -> None:
    made, whole = splits.split_by_time(closed(rows)), trades.trade_numbers(closed(rows))
    for name, form in (("month", "%Y-%m"), ("weekday", "%A"), ("hour", "%H")):
        groups: dict[str, list[Row]] = {}
        for row in rows:
            groups.setdefault(day(row["entry_time"]).strftime(form), []).append(row)
        assert set(made[name]) == set(groups)
        for key, some in groups.items():
            same(made[name][key], told(some))
        for key in SUMS:
            assert sum(group[key] or 0.0 for group in made[name].values()) == pytest.approx(whole[key], abs=1e-7)


def test_groups_come_in_the_order_of_the_clock() -> None:
    stamps = [ms("2025-03-02T23:00"), ms("2025-03-03T01:00"), ms("2024-12-30T05:00")]
    made = splits.split_by_time(closed([{"entry_time": stamp} for stamp in stamps]))
    assert list(made["month"]) == ["2024-12", "2025-03"]
    assert list(made["weekday"]) == ["Monday", "Sunday"]
    assert list(made["hour"]) == ["01", "05", "23"]


def test_a_split_of_nothing_has_no_groups() -> None:
    assert splits.split_by_time(closed([])) == {"month": {}, "weekday": {}, "hour": {}}
    assert splits.split(closed([]), np.zeros(0, np.int64), str) == {}
