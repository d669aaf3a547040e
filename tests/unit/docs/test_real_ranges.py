"""The stretches judged in wyckoff.md: each has its row, and the script draws what a run folder says of it."""

from __future__ import annotations

import pathlib
from xml.etree import ElementTree as ET

import polars as pl
from tests.unit.docs import pages
from tests.unit.docs.test_structure_pages import script

import bullmachine as bm
from bullmachine.report.layers.turns import marks
from bullmachine.report.ranges import structures
from bullmachine.report.read import read_run

DRAW = script("draw_ranges")
SVG = "{http://www.w3.org/2000/svg}"


def test_every_stretch_has_its_judgement() -> None:
    table = list(pages.rows(pages.section(pages.text("docs/method/wyckoff.md"), "## Judged by eye")))
    assert [row[0] for row in table[2:]] == [f"{of.title}, {of.tf}" for of in DRAW.STRETCHES]
    assert all(said and judged for _, said, judged in table[2:])


def test_a_stretch_shows_its_bars_its_ranges_and_every_event_once(tmp_path: pathlib.Path) -> None:
    bm.backtest(bm.sample(), out=tmp_path / "run", baseline=False)
    run = read_run(tmp_path / "run")
    of = DRAW.Stretch("The sample", "4h", "2022-06-01", "2022-09-01")
    bars, (first, last) = run.of("bars", run.symbols[0]), of.days
    shown = bars.filter(pl.col("tf") == "4h", pl.col("time").is_between(first, last, "left"))
    events = marks(run, run.symbols[0]).filter(pl.col("tf") == "4h", pl.col("t_ref").is_in(shown["time"].implode()))
    told = events.filter(~pl.col("over").str.contains("newer"), pl.col("shape") < 2)
    found = [s for s in structures(run.of("engine_events", run.symbols[0])) if s.tf == "4h"]
    there = [s for s in found if (s.end or last) > first and s.edges[0][0] < shown["time"][-1]]
    drawn = list(ET.fromstring(DRAW.draw(of, run).split("</h2>")[1]).iter())  # noqa: S314  (our own text)
    css = [one.get("class", "") for one in drawn]
    assert len(told) > 20
    assert len(there) > 3
    assert sum(name in ("up", "down") for name in css) == 2 * len(shown)
    assert sum(name.startswith("zone") for name in css) >= len(there)
    assert sum(one.tag == f"{SVG}text" and one.get("class") in ("bull", "bear") for one in drawn) == len(told)
