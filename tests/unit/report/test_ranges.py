"""Trading ranges, what happened in them, and their phases, as the page gets them."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from tests.unit.report.events import Said, close, into, ms, phased
from tests.unit.report.folders import BEGIN, HOUR, write
from tests.unit.report.reading import Page, write_and_read
from tests.unit.report.test_evidence import LAST, rows

from bullmachine.report.layers.ranges import ranges
from bullmachine.report.read import read_run


def accumulation(said: Said, tf: str = "1h") -> dict[str, int]:
    """A climax at 20, its range from 26 on, tests at 30 and 36, a spring, strength, the jump and markup at 60."""
    known: dict[str, Any] = {"tf": tf}
    ids = {"SC": said("SC", 20, lo=1900.0, hi=1960.0, **known)}
    ids["AR"] = said("AR", 26, ref=24, lo=1900.0, hi=2000.0, price=2000.0, parent=ids["SC"], **known)
    ids["ST"] = said("ST", 30, ref=28, lo=1895.0, hi=1900.0, price=1895.0, parent=ids["AR"], **known)
    said("ST", 36, ref=34, lo=1895.0, hi=1910.0, price=1910.0, parent=ids["AR"], **known)
    ids["SPRING"] = said("SPRING", 45, ref=44, lo=1880.0, hi=1895.0, price=1880.0, parent=ids["AR"], **known)
    ids["SOS"] = said("SOS", 50, price=1990.0, parent=ids["SPRING"], **known)
    ids["JAC"] = said("JAC", 50, price=2000.0, lo=2000.0, hi=2010.0, parent=ids["SOS"], **known)
    ids["MARKUP"] = said("MARKUP", 60, lo=1895.0, hi=2000.0, price=2030.0, parent=ids["JAC"], **known)
    return ids


def page_of(folder: pathlib.Path, said: Said, fed: dict[int, Sequence[int]] | None = None, **turns: Any) -> Page:
    return write_and_read(phased(into(write(folder / "run"), said, fed=fed), **turns))


def part(page: Page, table: str, row: int) -> list[tuple[Any, ...]]:
    """What belongs to a range: its edges, or its phases."""
    found = page.data["symbols"][0]["layers"]["ranges"][table]
    columns = []
    for packed in found.values():
        names = packed.get("names")
        values = page.column(packed["codes"] if names is not None else packed)
        columns.append([names[int(v)] for v in values] if names is not None else values)
    return [line[1:] for line in zip(*columns, strict=True) if line[0] == row]


def test_a_range_is_known_with_both_edges_and_begins_at_its_climax(tmp_path: pathlib.Path) -> None:
    said = Said()
    ids = accumulation(said)
    said.end("RANGE_END", 90, ids["MARKUP"], reason="below_mid", lo=1895.0, hi=2000.0)
    (box,) = rows(page_of(tmp_path, said), "ranges")
    assert (box["kind"], box["tf"], box["dir"], box["made"]) == ("accumulation", "1h", 1, "automatic rally")
    assert (box["ref"], box["known"]) == (ms(BEGIN + 20 * HOUR), ms(close(26)))
    assert (box["left"], box["end"], box["decided"]) == (ms(close(60)), ms(close(90)), ms(close(26)))
    assert box["over"] == "over: a close back through the middle"


def test_a_test_beyond_the_support_moves_it_and_one_inside_does_not(tmp_path: pathlib.Path) -> None:
    said = Said()
    ids = accumulation(said)
    said("UNDERCUT", 62, lo=1.0, hi=2.0, price=1.0, tf="4h")  # of a timeframe that has no range
    page = page_of(tmp_path, said)
    assert part(page, "edges", 0) == [(ms(close(26)), 1900.0, 2000.0), (ms(close(30)), 1895.0, 2000.0)]
    assert len(ids) == 7


def test_an_undercut_is_the_new_support_and_an_upthrust_the_new_top(tmp_path: pathlib.Path) -> None:
    said = Said()
    for way, climax, early in ((1, "SC", "UNDERCUT"), (-1, "BC", "UT")):
        said(climax, 20, way)
        said("AR", 26, way, lo=1900.0, hi=2000.0)
        said(early, 30, way, price=1950.0 - way * 60.0)
    page = page_of(tmp_path, said)
    assert [part(page, "edges", k)[-1] for k in (0, 1)] == [
        (ms(close(30)), 1890.0, 2000.0),
        (ms(close(30)), 1900.0, 2010.0),
    ]
    assert [box["made"] for box in rows(page, "ranges")] == ["automatic rally", "automatic reaction"]


def test_a_climax_without_a_rally_makes_no_range_and_a_newer_one_takes_its_place(tmp_path: pathlib.Path) -> None:
    said = Said()
    first = said("SC", 20)
    said("SC", 22, parent=first, state="update", reason="replaced")
    said.end("ACC_FAIL", 40, first + 1, reason="timeout", way=-1, ev=[1])
    page = page_of(tmp_path, said)
    assert rows(page, "ranges") == []
    one, two, fail = rows(page, "turns")
    assert (one["over"], one["end"]) == ("a newer one took its place", ms(close(22)))
    assert (two["over"], two["end"]) == ("failed: nothing came in time", ms(close(40)))
    assert [row["shape"] for row in (one, two, fail)] == [0, 0, 1]
    assert (two["why"], fail["why"]) == ("", "nothing came in time")


@pytest.mark.parametrize("how", ["spring", "strength", "other fails"])
def test_a_range_without_a_climax_is_of_both_sides_until_one_decides(tmp_path: pathlib.Path, how: str) -> None:
    said = Said()
    locked = said("RANGE", 40, -1, ref=1, lo=1900.0, hi=2000.0, price=1950.0)
    if how == "other fails":
        said.end("DIST_FAIL", 50, locked, reason="no_tr", lo=1900.0, hi=2000.0)
    else:
        said("SPRING" if how == "spring" else "SOS", 50, parent=locked)
        said.end("RANGE_END", 50, locked, way=-1, reason="decided", lo=1900.0, hi=2000.0)
    long, short = rows(page_of(tmp_path, said), "ranges")
    assert [(box["kind"], box["known"], box["ref"]) for box in (long, short)] == [
        ("accumulation", ms(close(40)), ms(BEGIN + HOUR)),
        ("distribution", ms(close(40)), ms(BEGIN + HOUR)),
    ]
    assert {box["decided"] for box in (long, short)} == {ms(close(50))}
    assert (long["end"], short["end"]) == (ms(LAST), ms(close(50)))
    assert short["over"] == ("failed: it was no trading range" if how == "other fails" else
                             "over: the other side won the range")  # fmt: skip


def test_a_range_that_nobody_decides_stays_of_both_sides(tmp_path: pathlib.Path) -> None:
    said = Said()
    said("RANGE", 40, ref=1)
    assert [(box["decided"], box["end"]) for box in rows(page_of(tmp_path, said), "ranges")] == [
        (ms(LAST), ms(LAST))
    ] * 2


def test_sides_and_timeframes_have_ranges_of_their_own(tmp_path: pathlib.Path) -> None:
    said = Said()
    accumulation(said)
    for tf in ("1h", "4h"):
        top = said("BC", 25, -1, tf=tf)
        said("AR", 31, -1, tf=tf, lo=1910.0, hi=2020.0, parent=top)
    said.end("DIST_FAIL", 70, said.rows[-1]["id"], way=1, tf="4h", reason="depth")
    boxes = rows(page_of(tmp_path, said), "ranges")
    assert [(b["tf"], b["dir"], b["end"]) for b in boxes] == [
        ("1h", 1, ms(LAST)),
        ("1h", -1, ms(LAST)),
        ("4h", -1, ms(close(70))),
    ]


def test_a_structure_from_before_the_window_is_no_range_here(tmp_path: pathlib.Path) -> None:
    said = Said()
    said("ST", 30)
    said.end("ACC_FAIL", 40, 3, reason="depth")
    folder = into(write(tmp_path / "run"), said)
    frame, found = ranges(read_run(folder), "ETHUSDT")
    assert (len(frame), found) == (0, [])
    assert [row["kind"] for row in rows(write_and_read(folder), "turns")] == ["secondary test", "failed accumulation"]


def test_a_range_gets_the_phases_of_its_side_while_it_lives(tmp_path: pathlib.Path) -> None:
    said = Said()
    ids = accumulation(said)
    said.end("RANGE_END", 90, ids["MARKUP"], reason="age")
    turns = [(20, "A1"), (26, "A2"), (30, "B"), (45, "C"), (50, "D"), (60, "E"), (90, "N"), (120, "A1")]
    page = page_of(tmp_path, said, long_base=turns, short_base=[(35, "B")], long_middle=[(35, "C")])
    assert part(page, "phases", 0) == [
        (ms(close(bar)), letter) for bar, letter in ((26, "A"), (30, "B"), (45, "C"), (50, "D"), (60, "E"))
    ]


def test_what_fed_a_trade_brings_its_range(tmp_path: pathlib.Path) -> None:
    said = Said()
    ids = accumulation(said)
    page = page_of(tmp_path, said, {90: [ids["JAC"]]})
    assert [box["fed"] for box in rows(page, "ranges")] == [[3]]
    fed = {row["kind"] for row in rows(page, "turns") if row["fed"]}
    assert fed == {"jump across the creek", "sign of strength", "spring", "automatic rally", "selling climax"}


def test_labels_stand_on_the_side_of_the_range_on_which_it_happened(tmp_path: pathlib.Path) -> None:
    said = Said()
    low = {"PS", "SC", "UNDERCUT", "SPRING", "TEST", "LPS", "LPS_C", "BU", "SOW", "BREAK_ICE", "MARKDOWN", "MSOW"}
    high = {"PSY", "BC", "UT", "UTAD", "UTAD_TEST", "LPSY", "LPSY_C", "LPSY_ICE", "SOS", "JAC", "MARKUP", "UA"}
    for kind in sorted(low | high):
        said(kind, 30)
    for way in (1, -1):
        said("AR", 30, way)
        said("ST", 30, way)
    frame = pl.read_parquet(into(write(tmp_path / "run"), said) / "bars.parquet")
    bar = frame.filter(pl.col("tf") == "1h", pl.col("time") == BEGIN + 30 * HOUR)
    found = rows(write_and_read(tmp_path / "run"), "turns")
    sides = dict(zip([row["kind"] for row in said.rows], found, strict=True))
    assert {kind for kind in low | high if sides[kind]["side"] > 0} == high
    assert [row["side"] for row in found[-4:]] == [1, -1, -1, 1]
    assert {row["edge"] for row in found} == {bar["high"][0], bar["low"][0]}
    assert all((row["edge"] == bar["high"][0]) == (row["side"] > 0) for row in found)


def test_a_bar_from_before_the_window_is_marked_where_the_event_says(tmp_path: pathlib.Path) -> None:
    said = Said()
    said("SPRING", 2, ref=-4, lo=1888.0, hi=1900.0)
    (mark,) = rows(page_of(tmp_path, said), "turns")
    assert mark["edge"] == 1888.0


def test_a_spring_that_is_told_again_is_not_written_again(tmp_path: pathlib.Path) -> None:
    said = Said()
    first = said("SPRING", 30, reason="none")
    said("SPRING", 33, ref=30, state="update", parent=first)
    said("SOS", 40, reason="novol")
    said.end("TEST_OK", 36, said("TEST", 34))
    found = rows(page_of(tmp_path, said), "turns")
    assert [(row["kind"], row["shape"]) for row in found] == [
        ("spring", 0),
        ("spring", 2),
        ("test of the spring", 0),
        ("sign of strength", 0),
    ]
    assert (found[2]["over"], found[3]["why"]) == ("it held", "volume is missing")


def test_single_bars_are_over_at_once_and_a_candle_sweep_says_how_it_ended(tmp_path: pathlib.Path) -> None:
    said = Said()
    said("NO_SUPPLY", 30)
    said("CLIMAX_UP", 31, -1)
    sweep = said("CRT", 32, ref=31, price=1990.0)
    said.end("CRT_CONFIRM", 34, sweep)
    quiet, climax, crt = rows(page_of(tmp_path, said), "bars")
    assert [row["end"] for row in (quiet, climax)] == [ms(close(30)), ms(close(31))]
    assert (quiet["side"], climax["side"]) == (-1, 1)
    assert (crt["ref"], crt["end"], crt["over"]) == (ms(BEGIN + 31 * HOUR), ms(close(34)), "confirmed")


def test_the_strip_has_each_stretch_of_a_phase_and_none_where_there_is_none(tmp_path: pathlib.Path) -> None:
    page = page_of(tmp_path, Said(), long_base=[(0, "B"), (30, "C"), (40, "N")], short_slow=[(10, "A1"), (20, "A2")])
    found = rows(page, "phases")
    assert [(r["tf"], r["dir"], r["phase"], r["known"], r["end"], r["begun"]) for r in found] == [
        ("1h", 1, "B", ms(close(0)), ms(close(30)), 0),
        ("1d", -1, "A1", ms(close(10)), ms(close(20)), 1),
        ("1d", -1, "A2", ms(close(20)), ms(LAST), 1),
        ("1h", 1, "C", ms(close(30)), ms(close(40)), 1),
    ]
    assert [row["kind"] for row in found] == [
        "accumulation, phase B",
        "distribution, phase A before the range",
        "distribution, phase A",
        "accumulation, phase C",
    ]
