"""The machine says about a bar what it said when that bar was the last one there was."""

import numpy as np
import pytest
from tests.parity.machine_trace import (
    MARKETS,
    PARTS,
    Array,
    Finder,
    Trace,
    bar_by_bar,
    compiled_only,
    differences,
    follow,
    fresh,
    market,
)

from bullmachine.core.time import HOUR
from bullmachine.machine.machine import Machine
from bullmachine.testing.markets import poisoned
from bullmachine.trading.codes import FillReason, OrderKind, OrderState

pytestmark = compiled_only

#: single columns of the future made extreme; some of its rows are then refused, which changes no past either
EXTREMES: dict[str, dict[str, float]] = {
    "a high beyond all": {"high": 1e12},
    "a low near zero": {"low": 1e-9},
    "a low far below zero": {"low": -1e12},
    "endless volume": {"volume": 1e300},
    "no volume": {"volume": np.nan},
    "an open and a close that cannot be": {"open": -1.0, "close": np.inf},
}


def known_by(trace: Trace, at: int) -> dict[str, Array]:
    """What the records' own stamps say was known at the close time `at`.

    A fill at the next open may carry the same time as one inside this bar: its order was made at `at`.
    """
    legs, notes = trace.said["legs"], trace.said["notes"]
    legs = legs[(legs["time"] <= at) & (legs["order_time"] < at)]
    bars = int((trace.said["bars"]["known"] <= at).sum())
    decided = int((trace.said["decisions"]["time"] <= at).sum())
    ends = {"bars": bars, "readings": bars, "decisions": decided, "marks": decided, "holdings": decided}
    ends |= {"legs": len(legs), "closed": _finished(trace.said["legs"], trace.said["closed"], len(legs))}
    ends["notes"] = int((notes["time"] <= at).sum() - _at_next_open(notes, legs, at).sum())
    ends["events"] = int((trace.said["events"]["t_known"] <= at).sum())
    ends["slow_bars"] = int((trace.said["slow_bars"]["known"] <= at).sum())
    return {part: trace.said[part][: ends[part]] for part in PARTS}


def _finished(legs: Array, closed: Array, n: int) -> int:
    """How many positions have their last leg among the first `n`."""
    return sum(int(np.flatnonzero(legs["position_id"] == row["id"])[-1]) < n for row in closed[: n + 1])


def _at_next_open(notes: Array, legs: Array, at: int) -> Array:
    """Notes stamped `at` that belong to the next open: a new position's levels, an entry that found no room."""
    entered = legs["position_id"][legs["reason"] == FillReason.ENTRY]
    levels = (notes["kind"] >= OrderKind.STOP) & (notes["state"] == OrderState.PLACED)
    dropped = np.isin(notes["state"], (OrderState.GAP, OrderState.TOO_SMALL))
    new: Array = (notes["time"] == at) & (levels & ~np.isin(notes["position_id"], entered) | dropped)
    return new


def moments(rows: Array, seed: int, n: int) -> list[int]:
    """Row numbers to stand at: the first, around the machine's own pieces, near the end, and random ones."""
    drawn = np.random.default_rng(seed).integers(2, len(rows) - 2, n).tolist()
    return sorted({0, 1, 499, 500, len(rows) - 2, *drawn})


def closed_at(rows: Array, t: int) -> int:
    """The close time of the last bar that could be taken by row `t`."""
    return int(rows["ts"][: t + 1].max()) // HOUR * HOUR + HOUR


@pytest.mark.parametrize("name", MARKETS)
def test_every_record_is_said_at_the_bar_its_stamps_name(name: str, real_data: Finder) -> None:
    trace = bar_by_bar(fresh(), market(name, real_data))
    for k, at in enumerate(trace.said["bars"]["known"].tolist()):
        ends = [len(part) for part in known_by(trace, at).values()]
        assert ends == trace.counts[k].tolist(), k


@pytest.mark.parametrize("name", MARKETS)
def test_a_shorter_history_says_the_same(name: str, real_data: Finder) -> None:
    rows = market(name, real_data)
    whole = follow(fresh(), rows)
    for t in moments(rows, 1, 20):
        assert differences(known_by(whole, closed_at(rows, t)), follow(fresh(), rows[: t + 1]).said) == [], t


@pytest.mark.parametrize("how", ["noise", "constant", "huge", "tiny", "nan"])
@pytest.mark.parametrize("name", MARKETS)
def test_no_future_changes_the_past(name: str, how: str, real_data: Finder) -> None:
    rows = market(name, real_data)
    whole = follow(fresh(), rows)
    for t in moments(rows, 2, 5):
        at, found = closed_at(rows, t), follow(fresh(), poisoned(rows, t, how))
        assert differences(known_by(whole, at), known_by(found, at)) == [], t


@pytest.mark.parametrize("columns", EXTREMES.values(), ids=EXTREMES.keys())
@pytest.mark.parametrize("name", ["nasty", "Kraken"])
def test_no_extreme_in_one_column_of_the_future_changes_the_past(
    name: str, columns: dict[str, float], real_data: Finder
) -> None:
    rows = market(name, real_data)
    whole = follow(fresh(), rows)
    for t in moments(rows, 3, 5):
        made = rows.copy()
        for column, value in columns.items():
            made[column][t + 1 :] = value
        at, found = closed_at(rows, t), follow(fresh(), made)
        assert differences(known_by(whole, at), known_by(found, at)) == [], t


def _stretched(rows: Array, t: int, way: str) -> Array:
    """Row `t` with all but its time and its open made another: what is unknown while it forms."""
    made = rows[: t + 1].copy()
    row = made[t]
    width = row["high"] - row["low"] + 0.01 * abs(row["open"])
    if way in {"up", "wide"}:
        row["high"] += 5.0 * width
    if way in {"down", "wide"}:
        row["low"] -= 5.0 * width
    row["close"] = {"up": row["high"], "down": row["low"], "wide": row["open"]}[way]
    row["volume"] = 7.0
    return made


@pytest.mark.parametrize("way", ["up", "down", "wide"])
@pytest.mark.parametrize("name", ["nasty", "ETH"])
def test_what_a_bar_does_after_its_open_moves_no_fill_up_to_that_open(name: str, way: str, real_data: Finder) -> None:
    rows = market(name, real_data)
    whole = follow(fresh(), rows).said
    at_open = np.unique(whole["legs"]["time"][whole["legs"]["reason"] == FillReason.ENTRY])
    places = np.searchsorted(rows["ts"], at_open)[:40]
    moved = 0
    for t in sorted({*places.tolist(), *(places[:-1] - 1).tolist()}):
        found = follow(fresh(), _stretched(rows, t, way)).said
        for part, stamp in (("legs", "time"), ("closed", "exit_time")):
            before = [said[part][said[part][stamp] <= rows["ts"][t]] for said in (whole, found)]
            assert before[0].tobytes() == before[1].tobytes(), t
        moved += whole["decisions"][t].tobytes() != found["decisions"][t].tobytes()
    assert moved > 10


def test_an_order_fills_at_the_open_after_its_decision_and_at_nothing_else(real_data: Finder) -> None:
    rows = market("Kraken", real_data)
    machine: Machine = fresh()
    said = follow(machine, rows).said
    entries = said["legs"][said["legs"]["reason"] == FillReason.ENTRY]
    decided = np.searchsorted(said["decisions"]["time"], entries["order_time"])
    opens = rows["open"][decided + 1]
    assert len(entries) > 20
    assert (said["decisions"]["lots"][decided] > 0).all()
    assert (entries["time"] == rows["ts"][decided + 1]).all()
    assert entries["price"].tolist() == pytest.approx((opens * (1 + entries["side"] * 2e-4)).tolist(), rel=1e-12)
