"""What a machine fed by hand tells of structure: each bar's events once, and the zones that the log says are live."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.modes import compiled_only

import bullmachine as bm
from bullmachine.core.events import Reason, State
from bullmachine.machine.evidence import EVIDENCE
from bullmachine.machine.zones import LiveZone
from bullmachine.market.sample import sample_rows
from bullmachine.testing.markets import random_market

pytestmark = compiled_only

N: Final = 1_200
Rows = np.ndarray[Any, Any]
Told = list[dict[str, Any]]
MARKETS: Final[dict[str, Callable[[], Rows]]] = {"sample": lambda: sample_rows(N), "nasty": lambda: random_market(5, N)}
AGES: Final = {"FVG": 500, "IFVG": 500, "OB": 500, "BREAKER": 500}
KIND_NAMES: Final = {int(kind): kind.name for kind in EVIDENCE}  # type: ignore[attr-defined]


def feed(machine: bm.Machine, rows: Rows) -> list[Told]:
    """Each bar's events."""
    told = []
    for row in rows:
        machine.update(row.item())
        told.append(machine.events())
    return told


def framed(rows: Rows) -> pl.DataFrame:
    columns = {name: rows[name].copy() for name in ("open", "high", "low", "close", "volume")}
    return pl.DataFrame({"timestamp": rows["ts"].copy(), **columns}).with_columns(
        pl.col("timestamp").cast(pl.Datetime("ms", "UTC"))
    )


@pytest.mark.parametrize("market", MARKETS)
def test_the_events_of_each_bar_are_those_of_a_backtest(market: str) -> None:
    rows = MARKETS[market]()
    bars = feed(bm.Machine(), rows)
    for row, told in zip(rows, bars, strict=True):
        assert {e["t_known"] for e in told} <= {int(row["ts"]) + 3_600_000}
    found = [e for told in bars for e in told]
    table = bm.backtest(framed(rows), baseline=False).events
    assert len(found) == len(table) > 2_000
    for name in ("id", "parent", "kind", "dir", "i_ref", "i_known", "lo", "hi", "score", "state", "reason"):
        assert [e[name] for e in found] == table[name].to_list(), name
    assert [repr(e["price"]) for e in found] == [repr(price) for price in table["price"].to_list()]
    assert [e["timeframe"] for e in found] == table["tf"].to_list()
    for name in ("t_ref", "t_known"):
        assert [e[name] for e in found] == table[name].dt.epoch("ms").to_list(), name
    kinds = {name: kind for kind, name in KIND_NAMES.items()}
    for e, ev in zip(found, table["ev"].to_list(), strict=True):
        names = EVIDENCE[kinds[e["kind"]]]
        assert e["evidence"] == dict(zip(names, ev[: len(names)], strict=True))
    assert {e["state"] for e in found} == {state.name.lower() for state in State}
    assert {e["reason"] for e in found} <= {reason.name.lower() for reason in Reason}


def test_events_are_told_once_and_not_before_a_bar_and_not_after_a_restore() -> None:
    machine, rows = bm.Machine(), sample_rows(400)
    assert machine.events() == []
    told = 0
    for row in rows:
        machine.update(row.item())
        told += len(machine.events())
        assert machine.events() == []
    assert told > 500
    quiet = bm.Machine()
    for row in rows:
        quiet.update(row.item())
    quiet.restore(machine.snapshot())
    assert quiet.events() == []


def test_events_not_asked_for_are_not_told_later() -> None:
    rows = sample_rows(300)
    lazy, eager, last = bm.Machine(), bm.Machine(), []
    for row in rows:
        lazy.update(row.item())
        eager.update(row.item())
        last = eager.events()
    assert lazy.events() == last


OPENS: Final = ("FVG", "OB", "POOL", "HOB", "PHOB")
ENDS: Final = (
    "IFVG_INVALID", "BREAKER_INVALID", "SWEEP", "POOL_RUN", "SMC_END", "HOB_MITIGATED", "HOB_END",
)  # fmt: skip


def by_the_log(bars: list[Told]) -> dict[int, dict[str, Any]]:
    """What was opened and not ended: kind, direction, edges, candle, n, score and the bar it was known."""
    live: dict[int, dict[str, Any]] = {}
    for e in (e for told in bars for e in told):
        of = live.get(e["parent"])
        if e["kind"] in OPENS and e["state"] == "new":
            names = {"timeframe", "kind", "dir", "lo", "hi", "score"}
            facts = {name: e[name] for name in names} | {"ref": e["t_ref"], "known": e["i_known"], "half": False}
            live[e["id"]] = facts | {"n": int(e["evidence"].get("n", 1))}
        elif e["kind"] in ENDS:
            live.pop(e["parent"], None)
        elif of is not None and e["kind"] in {"IFVG", "BREAKER"}:
            of |= {"kind": e["kind"], "dir": e["dir"]}
        elif of is not None and e["kind"] in {"OB", "HOB", "PHOB", "EQH", "EQL"}:
            of |= {"n": int(e["evidence"]["n"])}
            of |= {"score": e["score"], "known": e["i_known"]} if e["kind"] in {"HOB", "PHOB"} else {}
            of |= {"lo": e["price"], "hi": e["price"]} if e["kind"] in {"EQH", "EQL"} else {}
        elif of is not None and e["kind"] == "OB_MITIGATED":
            of["half"] = True
    return live


def worth(zone: dict[str, Any], fill: float, age: int) -> float:
    """The definition's live quality; pools have none, a hidden block has its score."""
    if zone["kind"] not in AGES:
        return 0.0 if zone["kind"] == "POOL" else float(zone["score"])
    left = 1.0 - fill if zone["kind"] == "FVG" else 0.5 if zone["kind"] == "OB" and zone["half"] else 1.0
    return float(zone["score"]) * left * (1.0 - age / AGES[zone["kind"]])


def check(machine: bm.Machine, bars: list[Told], now: dict[str, int]) -> set[str]:
    """The machine's zones against the log's; their kinds."""
    expected, table = by_the_log(bars), machine.zones()
    assert table.columns == list(LiveZone._fields)
    table = table.filter(pl.col("phase") == "")
    assert sorted(table["id"].to_list()) == sorted(expected)
    for row in table.with_columns(pl.col("ref").dt.epoch("ms")).iter_rows(named=True):
        zone = expected[row["id"]]
        for name in ("timeframe", "kind", "dir", "lo", "hi", "ref", "n"):
            assert row[name] == zone[name], (name, row, zone)
        assert row["age"] == now[row["timeframe"]] - zone["known"]
        assert row["kind"] == "POOL" or row["score"] == zone["score"]
        assert math.isclose(row["quality"], worth(zone, row["fill"], row["age"]), rel_tol=1e-12, abs_tol=1e-15)
    return {f"{row['timeframe']} {row['kind']}" for row in table.iter_rows(named=True)}


@pytest.mark.parametrize("market", MARKETS)
def test_the_live_zones_are_what_the_log_opened_and_did_not_end(market: str) -> None:
    rows, machine, bars, seen = MARKETS[market](), bm.Machine(), [], set()
    for k, row in enumerate(rows):
        machine.update(row.item())
        bars.append(machine.events())
        if k % 40 == 39:
            readings = machine._machine.senses[0].readings[0]
            now = {"1h": int(readings.base.i), "4h": int(readings.middle.i)}
            seen |= check(machine, bars, now)
    assert seen >= {f"{tf} {kind}" for tf in ("1h", "4h") for kind in ("FVG", "IFVG", "OB", "BREAKER", "POOL")}
    assert "1h HOB" in seen


def test_zones_come_back_with_a_snapshot_and_there_are_none_before_the_first_bar() -> None:
    machine, empty = bm.Machine(), bm.Machine()
    assert empty.zones().columns == list(LiveZone._fields)
    assert len(empty.zones()) == 0
    feed(machine, sample_rows(500))
    other = bm.Machine()
    other.restore(machine.snapshot())
    assert len(machine.zones()) > 30
    assert_frame_equal(other.zones(), machine.zones())
