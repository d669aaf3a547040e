"""Sizes: no file and no function of the project grows beyond what fits in a head.

`python tests/unit/test_structure.py` prints the table of sizes.
"""

from __future__ import annotations

import ast
import dataclasses
import pathlib
import statistics
import sys
from collections.abc import Iterator

import pytest

ROOT = pathlib.Path(__file__).parents[2]

FILE_LINES = 400
FUNCTION_LINES = 50
STEP_LINES = 60  #: of a kernel called `<name>_step`

#: what may be larger, as {path or path:function: why}
ALLOWED: dict[str, str] = {}


@dataclasses.dataclass(frozen=True)
class Size:
    """A file or a function, its lines, and how many it may have."""

    name: str
    lines: int
    cap: int


def files(room: str) -> list[Size]:
    """Every Python file below `room`; docstrings, comments and blank lines count."""
    found = sorted((ROOT / room).rglob("*.py"))
    return [Size(_name(path), len(path.read_text("utf-8").splitlines()), FILE_LINES) for path in found]


def functions(room: str) -> list[Size]:
    """Every function and method below `room`, docstring and decorators not counted."""
    return [size for path in sorted((ROOT / room).rglob("*.py")) for size in _functions(path)]


def _functions(path: pathlib.Path) -> Iterator[Size]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            cap = STEP_LINES if node.name.endswith("_step") and _is_kernel(node) else FUNCTION_LINES
            yield Size(f"{_name(path)}:{node.name}", _length(node), cap)


def _name(path: pathlib.Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _is_kernel(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id == "kernel" for mark in node.decorator_list)


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    total = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node) is None:
        return total
    text = node.body[0]
    return total - ((text.end_lineno or text.lineno) - text.lineno + 1)


@pytest.mark.parametrize("room", ["src", "tests"])
def test_no_file_and_no_function_is_larger_than_its_cap(room: str) -> None:
    large = [size for size in files(room) + functions(room) if size.lines > size.cap and size.name not in ALLOWED]
    assert large == []


def test_every_exception_names_something_that_is_still_too_large_and_says_why() -> None:
    large = {size.name for room in ("src", "tests") for size in files(room) + functions(room) if size.lines > size.cap}
    assert set(ALLOWED) <= large
    assert all(why.strip() for why in ALLOWED.values())


@pytest.mark.parametrize(
    ("source", "lines", "cap"),
    [
        ("def f():\n    '''Two\n    lines.'''\n    return 1\n", 2, FUNCTION_LINES),
        ("@kernel\ndef f_step():\n    return 1\n", 2, STEP_LINES),
        ("def f_step():\n    return 1\n", 2, FUNCTION_LINES),
        ("@kernel\ndef f():\n    return (\n        1\n    )\n", 4, FUNCTION_LINES),
    ],
)
def test_a_function_is_measured_without_its_docstring_and_only_kernel_steps_may_be_longer(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, source: str, lines: int, cap: int
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "x.py").write_text(source)
    (size,) = functions("room")
    assert (size.lines, size.cap) == (lines, cap)


def table() -> Iterator[str]:
    """The sizes of sources and tests, line by line."""
    yield f"{'':<16}{'count':>7}{'lines':>8}{'median':>8}{'p95':>6}{'max':>6}  largest"
    for room in ("src", "tests"):
        for what, sizes in (("files", files(room)), ("functions", functions(room))):
            lines = [size.lines for size in sizes]
            p95 = statistics.quantiles(lines, n=20, method="inclusive")[-1]
            largest = max(sizes, key=lambda size: size.lines)
            yield (
                f"{room + ' ' + what:<16}{len(lines):>7}{sum(lines):>8}{statistics.median(lines):>8g}"
                f"{p95:>6.0f}{largest.lines:>6}  {largest.name}"
            )
    src, tests = (sum(size.lines for size in files(room)) for room in ("src", "tests"))
    yield f"tests over sources: {tests / src:.2f}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(table()) + "\n")
