"""The page: sections, styles, scripts and data in one file that asks the network for nothing.

The file carries a content security policy that forbids every load, so that a browser holds it to that.
"""

from __future__ import annotations

import importlib.resources
import json
import pathlib
from typing import Any, Final

from bullmachine.core.errors import OutputError
from bullmachine.report import headline, notes, statistics
from bullmachine.report.chart import page_data
from bullmachine.report.layers import LAYERS
from bullmachine.report.markup import Html, tag
from bullmachine.report.pack import Block
from bullmachine.report.read import Run, read_run

__all__ = ["REPORT", "page", "write_report"]

REPORT: Final = "report.html"  #: its name inside the run folder
_POLICY: Final = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
_SCRIPTS: Final = ("core", "time", "candles", "chart", "evidence", "equity", "list")


def write_report(folder: str | pathlib.Path, out: str | pathlib.Path | None = None) -> pathlib.Path:
    """Write the report of a finished run.

    Args:
        folder: the run folder.
        out: the file; `report.html` inside the folder when omitted. An existing file is replaced.

    Returns:
        The file written.

    Raises:
        OutputError: the folder is no finished run, an older version wrote it, or the file cannot be written.
    """
    text = page(read_run(folder))
    path = pathlib.Path(folder) / REPORT if out is None else pathlib.Path(out)
    fresh = path.parent / f".{path.name}.new"
    try:
        fresh.write_text(text, encoding="utf-8", newline="\n")
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise OutputError(
            f"{path} could not be written: {error.strerror}; choose another --out", path=str(path)
        ) from error
    return path


def page(run: Run) -> str:
    """The whole file; the same run gives the same text."""
    block = Block()
    data = page_data(run, block)
    title = ("SYNTHETIC " if run.summary["synthetic"] else "") + ", ".join(run.symbols)
    meta = [Html('<meta charset="utf-8">'), Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">')]
    meta.append(Html('<meta name="viewport" content="width=device-width, initial-scale=1">'))
    top = tag("head", *meta, tag("title", f"{title} - Bull Machine"), tag("style", Html(_web("page.css"))))
    return f"<!doctype html>\n{tag('html', top, tag('body', *_body(run), *_scripts(data, block)), lang='en')}\n"


def _body(run: Run) -> list[Html]:
    return [
        tag("header", tag("div", headline.head(run)), tag("div", id="switches"), class_="top"),
        tag("main", *_sections(run)),
        tag("footer", notes.foot(run)),
    ]


def _sections(run: Run) -> list[Html]:
    bare = Html("<noscript><p class='badge alarm'>Chart and list of trades need JavaScript.</p></noscript>")
    return [
        tag("section", headline.result(run)),
        tag("section", bare, tag("div", id="chart"), class_="flush"),
        tag("section", tag("h2", "Equity"), tag("div", id="equity"), class_="flush"),
        tag("section", tag("h2", "How much of this to believe"), headline.belief(run)),
        tag("section", tag("h2", "List of trades"), tag("div", id="list")),
        tag(
            "div", tag("section", tag("h2", "Performance"), statistics.performance(run)), _right(run), class_="columns"
        ),
    ]


def _right(run: Run) -> Html:
    funnel = [tag("h3", "From signals to positions"), notes.funnel(run)]
    assumed = [tag("h3", "Assumed, or not charged"), notes.notes(run)]
    return tag("section", tag("h2", "Where it came from"), statistics.splits(run), *funnel, *assumed)


def _scripts(data: dict[str, Any], block: Block) -> list[Html]:
    # json escapes everything but `<`, `>` and `&`, the letters with which a script element could be left
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    names = [*(f"{name}.js" for name in _SCRIPTS), *(f"layers/{layer.NAME}.js" for layer in LAYERS), "main.js"]
    return [
        tag("script", Html(text), id="data", type="application/json"),
        tag("script", Html(block.base64()), id="block", type="text/plain"),
        tag("script", Html('"use strict";\n' + "".join(_web(name) for name in names))),
    ]


def _web(name: str) -> str:
    home = importlib.resources.files("bullmachine.report") / "web"
    return home.joinpath(*name.split("/")).read_text(encoding="utf-8")
