"""The pages of SMC, HOB and Wyckoff: their drawings, their tables, and what was counted on real bars."""

from __future__ import annotations

import dataclasses
import importlib.util
import pathlib
import re
import sys
import typing
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numba
import pytest
from tests.unit.docs import pages

from bullmachine.engines.hob import Hob
from bullmachine.engines.smc import Smc
from bullmachine.engines.wyckoff import Wyckoff

compiled_only = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="six years of bars take minutes without the JIT"
)


def script(name: str) -> ModuleType:
    """A script that stands beside the pages."""
    spec = importlib.util.spec_from_file_location(name, pages.METHOD / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


DRAW = script("draw_structure")
ENGINES: tuple[Any, ...] = (Smc, Hob, Wyckoff)
every_engine = pytest.mark.parametrize("engine", ENGINES, ids=[engine.name for engine in ENGINES])


@pytest.mark.parametrize("figure", DRAW.FIGURES, ids=[figure.name for figure in DRAW.FIGURES])
def test_a_drawing_beside_the_pages_is_what_the_engines_say_today(figure: Any) -> None:
    assert (pages.METHOD / f"{figure.name}.svg").read_text("utf-8") == DRAW.draw(figure)


def test_every_drawing_stands_on_its_page_and_no_other_does() -> None:
    drawn = {f"{figure.name}.svg" for figure in DRAW.FIGURES}
    assert {path.name for path in pages.METHOD.glob("*.svg")} == drawn
    for engine in ENGINES:
        page = pages.text(f"docs/method/{engine.name}.md")
        shown = re.findall(r"!\[[^\]]+\]\((\S+\.svg)\)", page)
        assert sorted(shown) == sorted(name for name in drawn if name.startswith(engine.name))


@every_engine
def test_every_kind_has_a_row_among_the_events_and_is_explained_above_it(engine: Any) -> None:
    page = pages.text(f"docs/method/{engine.name}.md")
    names = [kind.name for kind in engine.kinds]
    assert pages.first_names(pages.section(page, "## Events")) == names
    above = pages.code(page.split("## Events")[0])
    assert set(names) - set(above) <= {f"{engine.name.upper()}_END"}  # which has a section of its own


def settings(params: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """Path, default and range of every parameter, as a page shows them."""
    hints = typing.get_type_hints(params)
    for field in dataclasses.fields(params):
        key, hint = f"{path}.{field.name}", hints[field.name]
        if dataclasses.is_dataclass(hint):
            yield from settings(hint, key)
        elif hasattr(hint, "__members__"):
            yield key, field.default.name.lower(), ", ".join(name.lower() for name in hint.__members__)
        else:
            low, high = field.metadata["ge"], field.metadata["le"]
            yield key, str(field.default), f"{low:g} to {high:g}"


@every_engine
def test_every_parameter_has_a_row_with_its_default_its_range_and_what_it_changes(engine: Any) -> None:
    table = list(pages.rows(pages.section(pages.text(f"docs/method/{engine.name}.md"), "## Settings")))
    told = [tuple(row[:3]) for row in table[2:]]
    expected = [(f"`{key}`", *rest) for key, *rest in settings(engine.Params, f"engines.{engine.name}")]
    assert told == expected
    assert all(row[3] for row in table[2:] if ".weights." not in row[0])


@compiled_only
def test_the_tables_of_what_was_measured_are_what_the_script_counts(
    real_data: Callable[[str], pathlib.Path],
) -> None:
    count = script("count_structure")
    file = real_data("ohlcv/ETHUSDT_binance_1h.parquet")
    structure, ranges = count.measure(file), count.measure_ranges(file)
    more = {
        Smc: count.ends(Smc.kinds, structure),
        Hob: count.ends(Hob.kinds, structure) + count.met(structure),
        Wyckoff: [
            row for table in (count.left, count.signs, count.fates, count.born, count.unseen) for row in table(ranges)
        ],
    }
    for engine in ENGINES:
        page = pages.section(pages.text(f"docs/method/{engine.name}.md"), "## Measured")
        measured = ranges if engine is Wyckoff else structure
        found = count.kinds(engine.kinds, measured) + more[engine]
        assert [row for row in pages.rows(page) if "1h" not in row and "---" not in row] == found  # but for heads
        assert all(f"{bars:,} bars of {timeframe}" in page for timeframe, (bars, _) in measured.items())
