"""What engines said, as the page gets it: when it begins, when and how it ends, and which trade it fed."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest
from tests.unit.report.events import Said, close, into, ms
from tests.unit.report.folders import BEGIN, HOUR, Market, write
from tests.unit.report.reading import Page, write_and_read

from bullmachine.report.layers import LAYERS

OTHERS = {"trades", "steps", "phases"}
LAST = close(199)


def rows(page: Page, layer: str, symbol: int = 0) -> list[dict[str, Any]]:
    """The things of a layer, with times in milliseconds and names instead of numbers."""
    d = page.data["symbols"][symbol]["layers"][layer]
    columns: dict[str, list[Any]] = {}
    for key, packed in d.items():
        if isinstance(packed, dict) and "n" in packed:
            columns[key] = page.column(packed)
        elif isinstance(packed, dict) and "names" in packed:
            columns[key] = [packed["names"][int(k)] for k in page.column(packed["codes"])]
    columns["kind"] = [d["kinds"][int(k)]["words"] for k in columns["kind"]]
    for key in {"ref", "end", "flip", "from", "left", "decided"} & set(columns):
        columns[key] = [round((a + b) * d["unit"]) for a, b in zip(columns["known"], columns[key], strict=True)]
    columns["known"] = [round(a * d["unit"]) for a in columns["known"]]
    links = list(zip(page.times(d["fed"]["row"]), page.times(d["fed"]["position"]), strict=True))
    columns["fed"] = [[p for row, p in links if row == k] for k in range(len(columns["known"]))]
    return [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]


def drawn(folder: pathlib.Path, layer: str, said: Said, **fed: Any) -> list[dict[str, Any]]:
    return rows(write_and_read(into(write(folder / "run"), said, **fed)), layer)


@pytest.mark.parametrize(
    ("layer", "kind"), [("gaps", "FVG"), ("blocks", "OB"), ("hidden", "HOB"), ("hidden", "PHOB"), ("pools", "POOL")]
)
def test_nothing_begins_before_it_was_known(tmp_path: pathlib.Path, layer: str, kind: str) -> None:
    said = Said()
    said(kind, 30, ref=21)
    (zone,) = drawn(tmp_path, layer, said)
    assert zone["known"] == ms(close(30))
    assert zone["ref"] == ms(BEGIN + 21 * HOUR)


def test_a_gap_lives_until_its_end_turns_where_it_was_closed_through_and_else_stays(tmp_path: pathlib.Path) -> None:
    said = Said()
    turned, aged, _ = said("FVG", 30, ref=29), said("FVG", 31, -1, lo=2030.0, hi=2040.5), said("FVG", 32)
    said("FVG_TOUCH", 33, state="update", parent=turned)
    said("IFVG", 40, -1, state="update", parent=turned)
    said.end("SMC_END", 50, aged, reason="age", ev=[210])
    said.end("IFVG_INVALID", 60, turned, dir=-1)
    said.end("SMC_END", 70, turned, reason="age")  # whatever comes later, it was over
    first, second, third = drawn(tmp_path, "gaps", said)
    assert (first["flip"], first["end"], first["over"]) == (ms(close(40)), ms(close(60)), "a close beyond it")
    assert (second["flip"], second["end"], second["over"]) == (ms(close(50)), ms(close(50)), "too old")
    assert (third["flip"], third["end"], third["over"]) == (ms(LAST), ms(LAST), "")
    assert [(z["dir"], z["lo"], z["hi"]) for z in (first, second)] == [(1, 1990.0, 2010.0), (-1, 2030.0, 2040.5)]


def test_a_second_break_adds_to_its_order_block_and_a_joined_gap_is_a_gap_of_its_own(tmp_path: pathlib.Path) -> None:
    said = Said()
    block, gap = said("OB", 30, ref=21), said("FVG", 30, ref=29)
    said("OB", 35, ref=21, state="update", parent=block)
    said.end("SMC_END", 31, gap, reason="superseded")
    said("FVG", 31, ref=30, state="update", parent=gap)
    said("HOB", 32, ref=3)
    said("PHOB", 36, ref=3, state="update", parent=said.rows[-1]["id"])
    page = write_and_read(into(write(tmp_path / "run"), said))
    assert [z["known"] for z in rows(page, "blocks")] == [ms(close(30))]
    assert [(z["known"], z["end"]) for z in rows(page, "gaps")] == [
        (ms(close(30)), ms(close(31))),
        (ms(close(31)), ms(LAST)),
    ]
    assert [z["kind"] for z in rows(page, "hidden")] == ["hidden order block"]


def test_a_break_begins_at_the_broken_swing_in_its_own_timeframe(tmp_path: pathlib.Path) -> None:
    said = Said()
    said("BOS", 40, ev=[25])
    said("BOS", 47, -1, tf="4h", ref=11, ev=[6])
    said("BOS", 50, ev=[-30])
    said("DISPL", 51)
    lines = drawn(tmp_path, "breaks", said)
    assert [line["from"] for line in lines] == [ms(BEGIN + h * HOUR) for h in (25, 24, 0, 51)]
    assert [line["known"] for line in lines] == [ms(close(k)) for k in (40, 47, 50, 51)]
    assert lines[1]["tf"] == "4h"


def test_bars_of_a_window_that_begins_late_are_found_by_their_time(tmp_path: pathlib.Path) -> None:
    said = Said()
    said("BOS", 40, ev=[25 + 5000])
    said.rows[0]["i_ref"] += 5000
    (line,) = drawn(tmp_path, "breaks", said)
    assert line["from"] == ms(BEGIN + 25 * HOUR)


def test_a_shift_is_one_line_that_stands_for_its_change_of_character(tmp_path: pathlib.Path) -> None:
    said = Said()
    change = said("CHOCH", 9, ev=[4])
    said("MSS", 9, parent=change, ev=[8, 0.5])
    (line,) = drawn(tmp_path, "breaks", said, fed={10: [change]})
    assert (line["kind"], line["from"], line["fed"]) == ("market structure shift", ms(BEGIN + 4 * HOUR), [1])


def test_a_pool_is_moved_by_what_joins_it_and_ends_with_its_sweep(tmp_path: pathlib.Path) -> None:
    said = Said()
    pool, day = said("POOL", 30, ref=25, price=2000.0, ev=[1, 0]), said("POOL", 31, price=2050.0, ev=[1, 1])
    said("EQH", 40, ref=35, price=2001.0, state="update", parent=pool, ev=[2])
    said.end("SWEEP", 50, pool, way=-1, price=2001.0, lo=2001.0, hi=2008.0)
    said.end("SMC_END", 60, day, reason="replaced", ev=[230, 1])
    page = write_and_read(into(write(tmp_path / "run"), said, fed={90: [pool]}))
    first, other, second = rows(page, "pools")
    assert [first[key] for key in ("price", "n", "end", "over")] == [2000.0, 1, ms(close(40)), "another one joined it"]
    assert [second[key] for key in ("price", "n", "end", "over")] == [2001.0, 2, ms(close(50)), "swept"]
    assert [other[key] for key in ("source", "end")] == ["previous day's high", ms(close(60))]
    assert [line["fed"] for line in (first, other, second)] == [[3], [], [3]]
    (sweep,) = rows(page, "sweeps")
    assert (sweep["price"], sweep["extreme"], sweep["end"]) == (2001.0, 2008.0, sweep["known"])


def test_a_sweep_turned_back_a_run_went_on_and_a_reversal_lives(tmp_path: pathlib.Path) -> None:
    said = Said()
    for kind, way in (("SWEEP", 1), ("SWEEP", -1), ("POOL_RUN", 1), ("POOL_RUN", -1), ("SMR", 1)):
        said(kind, 30, way, state="end" if kind != "SMR" else "new")
    said.end("SMR_INVALID", 35, said.rows[-1]["id"])
    found = drawn(tmp_path, "sweeps", said)
    assert [row["extreme"] for row in found] == [1990.0, 2010.0, 2010.0, 1990.0, 1990.0]
    assert [row["end"] for row in found] == [ms(close(30))] * 4 + [ms(close(35))]


def test_a_reaction_says_how_its_claim_ended(tmp_path: pathlib.Path) -> None:
    said = Said()
    met, failed = said("HOB_REACTION", 30), said("HOB_REACTION", 31, -1)
    said.end("HOB_END", 34, met, reason="target")
    said.end("REACTION_FAIL", 33, failed)
    assert [(r["end"], r["over"]) for r in drawn(tmp_path, "reactions", said)] == [
        (ms(close(34)), "target reached"),
        (ms(close(33)), "failed, a close beyond the zone"),
    ]


def test_a_divergence_joins_both_pivots(tmp_path: pathlib.Path) -> None:
    said = Said()
    said("DIV_REG", 40, 1, ref=37, price=1990.0, ev=[30, 35, 1, 12])
    said("DIV_HID", 47, -1, tf="4h", ref=9, price=1990.0, ev=[30, 35, 1, 3])
    first, second = drawn(tmp_path, "divergences", said)
    assert [(d["from"], d["older"], d["price"]) for d in (first, second)] == [
        (ms(BEGIN + 25 * HOUR), 2010.0, 1990.0),
        (ms(BEGIN + 24 * HOUR), 2010.0, 1990.0),
    ]


def test_what_fed_a_trade_is_its_evidence_and_what_that_came_from(tmp_path: pathlib.Path) -> None:
    said = Said()
    pool, lone = said("POOL", 3, ref=1), said("POOL", 4, ref=2)
    sweep = said.end("SWEEP", 6, pool, way=-1)
    reversal = said("SMR", 8, -1, parent=sweep)
    wick = said("WICK_ABSORB", 8)
    page = write_and_read(into(write(tmp_path / "run"), said, fed={10: [reversal], 40: [reversal, wick], 77: [lone]}))
    assert [row["fed"] for row in rows(page, "sweeps")] == [[1, 2], [1, 2]]
    assert [row["fed"] for row in rows(page, "pools")] == [[1, 2], []]
    assert [row["fed"] for row in rows(page, "wicks")] == [[2]]


def test_symbols_keep_their_events_and_their_trades_apart(tmp_path: pathlib.Path) -> None:
    ours, theirs = Said("ETHUSDT"), Said("BTCUSDT")  # ids of both begin at the same number
    ours("FVG", 8)
    theirs("FVG", 30)
    folder = into(
        write(tmp_path / "run", Market(), Market("BTCUSDT", entries=(20, 60))), ours, theirs, fed={10: [1000]}
    )
    page = write_and_read(folder)
    assert [(z["known"], z["fed"]) for z in rows(page, "gaps", 0)] == [(ms(close(8)), [1])]
    assert [(z["known"], z["fed"]) for z in rows(page, "gaps", 1)] == [(ms(close(30)), [])]


def test_a_run_in_which_nobody_said_anything_has_empty_layers(tmp_path: pathlib.Path) -> None:
    page = write_and_read(write(tmp_path / "run"))
    assert [rows(page, layer.NAME) for layer in LAYERS if layer.NAME not in OTHERS] == [[]] * (len(LAYERS) - 3)


def test_ten_thousand_gaps_take_less_than_20_bytes_each(tmp_path: pathlib.Path) -> None:
    folder = write(tmp_path / "run", Market(bars=12_000, entries=()))
    bare = len(write_and_read(folder).scripts["block"])
    said = Said()
    for k in range(10_000):
        gap = said(
            "FVG", 20 + k, 1 - 2 * (k % 2), ref=19 + k, lo=1990.0 + k * 7 % 1009 / 100, hi=2003.0, score=k % 89 / 100
        )
        said.end("SMC_END", 21 + k + k * 11 % 499, gap, reason=("age", "filled")[k % 2])
    page = write_and_read(into(folder, said))
    assert len(rows(page, "gaps")) == 10_000
    assert len(page.scripts["block"]) - bare < 20 * 10_000


def test_an_event_of_another_engine_is_no_evidence(tmp_path: pathlib.Path) -> None:
    said = Said()
    said("SWING", 30)
    page = write_and_read(into(write(tmp_path / "run"), said))
    assert not any(rows(page, layer.NAME) for layer in LAYERS if layer.NAME not in OTHERS)
    assert not re.search("SWING", page.scripts["data"])
