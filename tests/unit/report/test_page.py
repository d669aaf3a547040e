"""The file itself: it asks the network for nothing, escapes what it is given, and is the same every time."""

import pathlib
import re

from tests.unit.report.conftest import Browse
from tests.unit.report.folders import Market, write
from tests.unit.report.reading import write_and_read

from bullmachine.report import layers, write_report

EVIL = "</script><img src=x onerror=alert(1)>&amp;'\""


def test_the_page_loads_nothing_and_forbids_the_browser_to(tmp_path: pathlib.Path) -> None:
    page = write_and_read(write(tmp_path / "run"))
    (policy,) = (a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "http" not in policy
    assert not [a for _, a in page.elements if {"src", "href", "srcset", "action", "data"} & set(a)]
    assert not [tag for tag, _ in page.elements if tag in {"link", "iframe", "object", "embed", "base", "img"}]
    assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttpRequest|WebSocket|importScripts", page.source)


def test_no_text_of_a_run_becomes_markup(tmp_path: pathlib.Path) -> None:
    plain, evil = (
        write_and_read(write(tmp_path / str(k), Market(name), Market("SPY"), venue=name))
        for k, name in enumerate(("ETHUSDT", EVIL))
    )
    assert [tag for tag, _ in evil.elements] == [tag for tag, _ in plain.elements]
    assert evil.data["symbols"][0]["name"] == EVIL
    assert EVIL in evil.text
    assert EVIL not in evil.source


def test_the_same_folder_gives_the_same_bytes(tmp_path: pathlib.Path) -> None:
    folder = write(tmp_path / "run")
    first = write_report(folder).read_bytes()
    assert write_report(folder).read_bytes() == first
    assert write_report(folder, tmp_path / "other.html").read_bytes() == first


def test_it_fits_a_phone_and_says_so(tmp_path: pathlib.Path) -> None:
    page = write_and_read(write(tmp_path / "run"))
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in page.elements
    assert page.source.count("<table>") == page.source.count('<div class="scroll"><table>') > 2


def test_every_layer_has_data_and_a_drawing_of_its_name(tmp_path: pathlib.Path) -> None:
    page = write_and_read(write(tmp_path / "run"))
    names = [layer.NAME for layer in layers.LAYERS]
    assert list(page.data["symbols"][0]["layers"]) == names
    assert re.findall(r'^Bull\.layer\("(\w+)"', page.scripts["script"], re.MULTILINE) == names


def test_a_browser_fills_the_list_and_meets_no_error(tmp_path: pathlib.Path, browse: Browse) -> None:
    page = browse(write_report(write(tmp_path / "run", Market(), Market(EVIL, entries=(20, 60)))))
    assert "could not be drawn" not in page.text
    assert [a["data-row"] for tag, a in page.elements if tag == "tr" and "data-row" in a] == [str(k) for k in range(6)]
    assert [tag for tag, _ in page.elements].count("canvas") == 2
    assert [tag for tag, _ in page.elements].count("img") == 0
