"""What the pages say, in a form that can be compared."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any, Final

import typer.main

from bullmachine.cli.main import app

ROOT: Final = pathlib.Path(__file__).parents[3]
METHOD: Final = ROOT / "docs" / "method"
PAGES: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

_ROW: Final = re.compile(r"^\|(.*)\|$", re.MULTILINE)
_CELLS: Final = re.compile(r"(?<!\\)\|")
_CODE: Final = re.compile(r"`([^`\n]+)`")
_FENCE: Final = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def text(name: str) -> str:
    """A page by its path from the root."""
    return (ROOT / name).read_text("utf-8")


def method() -> str:
    """All method pages in one."""
    return "\n".join(page.read_text("utf-8") for page in METHOD.glob("*.md"))


def section(page: str, heading: str) -> str:
    """What stands below a heading, up to the next of its rank."""
    level = heading.split(" ", 1)[0]
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^{level} |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found is not None, f"no heading {heading}"
    return found[1]


def rows(page: str) -> Iterator[list[str]]:
    """The cells of every table row."""
    for row in _ROW.findall(page):
        yield [cell.strip() for cell in _CELLS.split(row)]


def names(cell: str) -> list[str]:
    """The names in backticks in a cell."""
    return _CODE.findall(cell)


def first_names(page: str) -> list[str]:
    """The names in backticks in the first cells of a page's tables, in order."""
    return [name for row in rows(page) for name in names(row[0])]


def code(page: str) -> list[str]:
    """Every line of code in a page: in fences and in backticks."""
    fenced = [line for block in _FENCE.findall(page) for line in block.splitlines()[1:-1]]
    return fenced + _CODE.findall(_FENCE.sub("", page))


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands() -> dict[str, set[str]]:
    """Every command of the command line with its options."""
    return dict(_commands(typer.main.get_command(app), "bull"))


def _commands(command: Any, path: str) -> Iterator[tuple[str, set[str]]]:
    if hasattr(command, "commands"):
        for name, part in command.commands.items():
            yield from _commands(part, f"{path} {name}")
        return
    yield path, {option for parameter in command.params for option in parameter.opts if option.startswith("-")}
