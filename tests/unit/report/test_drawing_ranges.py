"""Ranges, their events and phases as a browser draws them."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

from tests.unit.report.conftest import Browse
from tests.unit.report.events import Said, into, phased
from tests.unit.report.folders import write
from tests.unit.report.test_drawing import look
from tests.unit.report.test_ranges import accumulation

from bullmachine.report import write_report

BLUE, ORANGE, GREY = "#2f67c0", "#b7652c", "#6b737c"
#: the whole window is shown
ALL = "[...document.querySelectorAll('#chart button')].find((b) => b.textContent === 'All').click(); seen.length = 0;"
TURNS = [(20, "A1"), (26, "A2"), (30, "B"), (45, "C"), (50, "D"), (60, "E"), (90, "N")]


def folder(path: pathlib.Path, **fed: Any) -> pathlib.Path:
    said = Said()
    ids = accumulation(said)
    said.end("RANGE_END", 90, ids["MARKUP"], reason="below_mid", lo=1895.0, hi=2000.0)
    said("BREAK_ICE", 100, -1)
    said("NO_SUPPLY", 101)
    return phased(into(write(path / "run"), said, **fed), long_base=TURNS)


def of(seen: list[list[Any]], layer: str, what: str) -> list[list[Any]]:
    return [row for row in seen if row[0] == layer and row[2] == what]


def test_a_box_begins_with_its_edges_moves_with_them_and_ends_with_the_markup(
    tmp_path: pathlib.Path, browse: Browse
) -> None:
    seen = look(browse, folder(tmp_path), "name === 'ranges'", ALL)
    assert [row[3:] for row in of(seen, "ranges", "box")] == [[27.0, 31.0, BLUE], [31.0, 61.0, BLUE]]
    lines = [(row[3], row[4]) for row in of(seen, "ranges", "line")]
    assert min(lines) == (20.0, 27.0)  # from the climax, dotted
    assert (61.0, 91.0) in lines  # the creek, while markup lasts
    assert [row[2] for row in seen if row[0] == "ranges" and len(row) == 3] == [*"ABCDE", "accumulation"]


def test_a_range_of_both_sides_is_grey_until_one_has_it(tmp_path: pathlib.Path, browse: Browse) -> None:
    said = Said()
    locked = said("RANGE", 40, -1, ref=1, lo=1900.0, hi=2000.0)
    said.end("RANGE_END", 60, locked, way=1, reason="decided")
    made = into(write(tmp_path / "run"), said)
    boxes = of(look(browse, made, "name === 'ranges'", ALL), "ranges", "box")
    assert sorted(row[3:] for row in boxes) == [[41.0, 61.0, GREY], [41.0, 61.0, GREY], [61.0, 200.0, ORANGE]]


def test_events_are_written_with_the_ranges_and_at_the_bar_they_are_about(
    tmp_path: pathlib.Path, browse: Browse
) -> None:
    made = folder(tmp_path)
    assert not of(look(browse, made, "false"), "turns", "line")
    seen = look(browse, made, "name === 'ranges'", ALL)
    written = [row[2] for row in seen if row[0] == "turns" and len(row) == 3]
    assert written == ["SC", "AR", "ST", "ST", "SPRING", "SOS", "JAC", "MARKUP", "ICE"]
    waits = {row[1]: (row[3], row[4]) for row in of(seen, "turns", "line") if row[3] != row[4]}
    assert waits == {1: (24.5, 27.0), 2: (28.5, 31.0), 3: (34.5, 37.0), 4: (44.5, 46.0)}  # from its middle to its close


def test_the_strip_is_drawn_when_its_switch_is_pressed(tmp_path: pathlib.Path, browse: Browse) -> None:
    made = folder(tmp_path)
    assert not of(look(browse, made, "name === 'ranges'"), "phases", "box")
    boxes = of(look(browse, made, "name === 'phases'", ALL), "phases", "box")
    assert [row[3:] for row in boxes] == [
        [a + 1.0, b + 1.0, BLUE] for a, b in ((20, 26), (26, 30), (30, 45), (45, 50), (50, 60), (60, 90))
    ]


def test_what_fed_a_trade_shows_its_range_and_what_happened_in_it(tmp_path: pathlib.Path, browse: Browse) -> None:
    seen = look(browse, folder(tmp_path, fed={90: [1006]}), "false", ALL)  # the jump
    assert of(seen, "ranges", "box")
    written = {row[2] for row in seen if row[0] == "turns" and len(row) == 3}
    assert written == {"SC", "AR", "SPRING", "SOS", "JAC"}


def test_labels_on_one_bar_are_stacked_and_none_leaves_the_chart(tmp_path: pathlib.Path, browse: Browse) -> None:
    script = """
      const pen = { measureText: () => ({ width: 20 }) };
      const ctx = new Proxy(pen, { get: (o, key) => o[key] || (() => {}), set: () => true });
      const view = { ctx, labels: [], width: 300, head: 30, bottom: 400 };
      for (const [px, text] of [[100, "SOS"], [100, "JAC"], [105, "LPS"], [2, "SOS"], [299, "SOS"], [100, "JAC"]]) {
        Bull.stack(view, text, px, 200, -1, "red");
      }
      for (const [py, out] of [[35, -1], [200, -1], [397, 1]]) {
        for (let k = 0; k < 8; k++) Bull.stack(view, `${k}`, 200, py, out, "red");
      }
      const text = JSON.stringify(view.labels);
      document.body.append(Object.assign(document.createElement("pre"), { id: "stack", textContent: text }));
    """
    page = browse(write_report(write(tmp_path / "run")), script)
    (text,) = re.findall(r'<pre id="stack">(.*?)</pre>', page.source)
    found = json.loads(text)
    assert [row[2] for row in found[:5]] == [200, 189, 178, 200, 200]
    assert [(row[0] + 3, row[1] - 3) for row in found[3:5]] == [(2, 22), (279, 299)]
    assert [row[2] for row in found[5:]] == [200, 189, 178, 167, 156, 145]  # the others had no room


def test_the_mouse_on_a_label_is_told_what_it_means(tmp_path: pathlib.Path, browse: Browse) -> None:
    said = Said()
    said("BREAK_ICE", 150, -1, lo=2000.0, hi=2005.5, price=2005.5, score=0.75)
    script = """
      Bull.shown.ranges = true; Bull.tell("trade");
      const seen = [];
      for (const layer of Bull.layers.filter((l) => l.name === "turns")) {
        layer.mark = (view, d, k, thing) => { seen.push(...Bull.told(d, k, thing)); return []; };
      }
      Bull.choose(-1);
      const text = JSON.stringify(seen);
      document.body.append(Object.assign(document.createElement("pre"), { id: "told", textContent: text }));
    """
    page = browse(write_report(into(write(tmp_path / "run"), said)), script)
    (text,) = re.findall(r'<pre id="told">(.*?)</pre>', page.source)
    assert json.loads(text)[:6] == [
        "1h fall through the ice, bearish",
        "The first close below the support of a distribution.",
        "2,005.50",
        "bar of 2025-03-07 06:00",
        "known 2025-03-07 07:00",
        "score 0.75",
    ]


def test_the_mouse_on_the_strip_is_told_the_phase_and_since_when(tmp_path: pathlib.Path, browse: Browse) -> None:
    made = phased(into(write(tmp_path / "run"), Said()), short_middle=[(0, "A2"), (100, "C")])
    script = """
      Bull.shown.phases = true;
      const canvas = document.querySelector("#chart canvas"), at = canvas.getBoundingClientRect(), seen = [];
      [...document.querySelectorAll("#chart button")].find((b) => b.textContent === "All").click();
      for (const share of [0.2, 0.7]) {
        const spot = { clientX: at.left + at.width * share, clientY: at.top + at.height - 60 };
        canvas.dispatchEvent(new PointerEvent("pointermove", { ...spot, pointerType: "mouse" }));
        seen.push([...document.querySelectorAll(".tip b, .tip span")].map((line) => line.textContent));
      }
      const text = JSON.stringify(seen);
      document.body.append(Object.assign(document.createElement("pre"), { id: "told", textContent: text }));
    """
    page = browse(write_report(made), script)
    (text,) = re.findall(r'<pre id="told">(.*?)</pre>', page.source)
    before, after = json.loads(text)
    assert before[0] == "4h distribution, phase A"
    assert before[2:] == ["since before the window", "until 2025-03-05 05:00"]
    assert after[0] == "4h distribution, phase C"
    assert after[2:] == ["since 2025-03-05 05:00 (known)", "until 2025-03-09 08:00"]
