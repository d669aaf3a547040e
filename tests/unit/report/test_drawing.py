"""The evidence as a browser draws it: where boxes begin, what is hidden, what the mouse is told."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import pytest
from tests.unit.report.conftest import Browse
from tests.unit.report.events import Said, into
from tests.unit.report.folders import write
from tests.unit.report.reading import Page

from bullmachine.report import write_report

#: notes the left and right end, in bars, of every rectangle and line each thing of a layer is drawn with
WATCH = """
const seen = [];
const say = () => {
  document.body.append(Object.assign(document.createElement("pre"), { id: "seen", textContent: JSON.stringify(seen) }));
};
const pen = (name, k, bars) => {
  let from = 0;
  const tell = (kind, a, b) => seen.push([name, k, kind, bars(a), bars(b), own.fillStyle]);
  const own = {
    fillRect: (x, y, w) => tell("box", x, x + w), moveTo: (x) => { from = x; }, lineTo: (x) => tell("line", from, x),
    measureText: () => ({ width: 9 }), fillText: (text) => seen.push([name, k, text]),
  };
  const set = (o, key, value) => { o[key] = value; return true; };
  return new Proxy(own, { get: (o, key) => o[key] || (() => {}), set });
};
const watch = (ask) => {
  for (const layer of Bull.layers.filter((l) => l.evidence)) {
    if (ask(layer.name)) Bull.shown[layer.name] = true;
    const one = layer.one;
    layer.one = function (view, d, k) {
      const bars = (x) => Math.round((x / view.wide + view.low) * 1000) / 1000;
      one.call(this, { ...view, labels: [], ctx: pen(layer.name, k, bars) }, d, k);
    };
  }
  Bull.choose(0);
  Bull.chosen = -1;
  seen.length = 0;
};
"""


def _seen(page: Page) -> list[list[Any]]:
    (text,) = re.findall(r'<pre id="seen">(.*?)</pre>', page.source)
    found: list[list[Any]] = json.loads(text)
    return found


def look(browse: Browse, folder: pathlib.Path, shown: str, more: str = "") -> list[list[Any]]:
    script = f"{WATCH} watch((name) => {shown}); {more} Bull.tell('trade'); say();"
    return _seen(browse(write_report(folder), script))


def _market() -> Said:
    """Zones about bars long before the close at which they are known, one of them turned at bar 34."""
    said = Said()
    gap = said("FVG", 20, ref=11)
    said("OB", 24, -1, ref=9)
    said("HOB", 26, ref=7)
    said("POOL", 28, ref=21)
    said("IFVG", 34, -1, parent=gap, state="update")
    said.end("IFVG_INVALID", 38, gap, way=-1)
    return said


def test_no_box_and_no_level_begins_before_the_close_at_which_it_was_known(
    tmp_path: pathlib.Path, browse: Browse
) -> None:
    seen = look(browse, into(write(tmp_path / "run"), _market()), "true", "Bull.near.all = 0;")
    begin = {"gaps": 21.0, "blocks": 25.0, "hidden": 27.0, "pools": 29.0}  # a bar's close is its right edge
    for layer, known in begin.items():
        drawn = [row for row in seen if row[0] == layer and row[2] in {"box", "line"}]
        assert drawn, layer
        assert min(row[3] for row in drawn) == known, layer


def test_a_box_turns_at_its_flip_and_stops_at_its_end(tmp_path: pathlib.Path, browse: Browse) -> None:
    seen = look(browse, into(write(tmp_path / "run"), _market()), "true", "Bull.near.all = 0;")
    boxes = [row[3:] for row in seen if row[0] == "gaps" and row[2] == "box"]
    assert boxes == [[21.0, 35.0, "#2f67c0"], [35.0, 39.0, "#b7652c"]]  # the colours of long and of short


def test_only_what_fed_a_trade_is_drawn_until_a_switch_is_pressed(tmp_path: pathlib.Path, browse: Browse) -> None:
    said = _market()
    block = next(row["id"] for row in said.rows if row["kind"] == "OB")
    folder = into(write(tmp_path / "run"), said, fed={40: [block]})
    assert {row[0] for row in look(browse, folder, "false")} == {"blocks"}
    assert {row[0] for row in look(browse, folder, "name === 'hidden'")} == {"blocks", "hidden"}
    assert {row[0] for row in look(browse, folder, "false", "Bull.want.fed = false;")} == set()
    assert {row[0] for row in look(browse, folder, "false", "Bull.want.off.add('1h');")} == set()


def test_the_page_has_switches_for_what_there_is(tmp_path: pathlib.Path, browse: Browse) -> None:
    none = browse(write_report(write(tmp_path / "none")))
    some = browse(write_report(into(write(tmp_path / "some"), _market())))
    words = [re.findall(r"<button[^>]*>([^<]*)</button>", page.source) for page in (none, some)]
    assert not {"Fed trades", "Gaps", "1h"} & set(words[0])
    start = words[1].index("Fed trades")
    assert words[1][start : start + 6] == ["Fed trades", "Gaps", "Order blocks", "Hidden blocks", "Pools", "1h"]


@pytest.mark.parametrize(("pointer", "acts"), [("mouse", ["move"]), ("touch", ["down", "up", "leave"])])
def test_the_mouse_or_a_tap_on_a_box_is_told_what_it_is(
    tmp_path: pathlib.Path, browse: Browse, pointer: str, acts: list[str]
) -> None:
    said = Said()
    gap = said("FVG", 20, ref=11, lo=2005.5, hi=2105.25)
    said.end("SMC_END", 180, gap, reason="filled")
    script = f"""
      const canvas = document.querySelector("#chart canvas"), at = canvas.getBoundingClientRect();
      canvas.setPointerCapture = () => {{}};
      const spot = {{ clientX: at.left + at.width * 0.4, clientY: at.top + at.height * 0.6, pointerType: "{pointer}" }};
      for (const act of {json.dumps(acts)}) canvas.dispatchEvent(new PointerEvent("pointer" + act, spot));
    """
    page = browse(write_report(into(write(tmp_path / "run"), said, fed={40: [gap]})), script)
    ((opened, tip),) = re.findall(r'<div class="tip"([^>]*)>(.*?)</div>', page.source)
    assert 'hidden=""' not in opened
    assert re.findall(r"<(?:b|span)>(.*?)</(?:b|span)>", tip) == [
        "1h fair value gap, bullish",
        "Three bars whose outer two leave prices between them untraded.",
        "2,005.50 to 2,105.25",
        "bar of 2025-03-01 11:00",
        "known 2025-03-01 21:00",
        "ended 2025-03-08 13:00: filled",
        "score 0.50",
        "fed trade #2",
    ]
