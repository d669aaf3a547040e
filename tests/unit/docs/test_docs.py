"""The pages say what the code does: names, numbers, commands, links and examples."""

from __future__ import annotations

import doctest
import io
import pathlib
import re
from collections.abc import Callable
from typing import Any

import numba
import pytest
import rich.console
import typer.testing
from tests.unit.docs import pages

import bullmachine as bm
from bullmachine.cli import show
from bullmachine.cli.main import app
from bullmachine.config import describe, describe_rows, load_config
from bullmachine.config.bundles import exit_bundle
from bullmachine.config.messages import allowed, number
from bullmachine.core.bars import REFUSALS
from bullmachine.engines.levels import Sentinel
from bullmachine.fusion.score import PART_NAMES, STEPS
from bullmachine.machine.engines import ENGINES, kind_names
from bullmachine.market.calendars import CALENDARS
from bullmachine.runs.base import read_base
from bullmachine.runs.calibrate import calibrate
from bullmachine.runs.result import Result
from bullmachine.runs.summary import DAYS_PER_YEAR
from bullmachine.testing import CHECKS, check_name
from bullmachine.trading.codes import FillReason, OrderKind, OrderState
from bullmachine.trading.guards import Guard
from bullmachine.trading.params import Intrabar

compiled_only = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="a year of bars takes minutes without the JIT"
)
every_page = pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.relative_to(pages.ROOT).as_posix())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Result:
    out = tmp_path_factory.mktemp("docs") / "run"
    return bm.backtest(bm.sample(), start="2023-06-01", end="2023-07-31", warm_up=400, out=out)


def test_every_event_kind_has_its_row() -> None:
    kinds = [row for row in pages.rows(pages.method()) if row[0].strip("`") in kind_names().values()]
    assert sorted(row[0].strip("`") for row in kinds) == sorted(kind_names().values())
    assert all(row[1:] != [""] * 7 for row in kinds)


def test_engines_with_events_have_a_page_of_their_own() -> None:
    for engine in ENGINES:
        if engine.kinds is not None:
            page = pages.text(f"docs/method/{engine.name}.md")
            assert {kind.name for kind in engine.kinds} <= set(pages.first_names(page)), engine.name


@pytest.mark.parametrize("page", sorted(pages.METHOD.glob("*.md")), ids=lambda page: page.stem)
def test_a_method_page_begins_with_its_definition(page: pathlib.Path) -> None:
    assert re.search(r"\A# .*\n\n## Definition\n", page.read_text("utf-8"))


def test_every_setting_stands_once_with_the_presets_value_and_what_it_allows() -> None:
    leaves = {leaf.key: leaf for leaf in describe()}
    values = dict(load_config().settings)
    told = [row for row in pages.rows(pages.method()) if row[0].strip("`") in leaves]
    assert sorted(row[0].strip("`") for row in told) == sorted(leaves)
    for key, value, limits, *_ in told:
        name = key.strip("`")
        assert value == _shown(values[name]), name
        assert limits == allowed(leaves[name]), name


def test_every_setting_of_a_row_stands_once_with_its_default_and_what_it_allows() -> None:
    leaves = {leaf.key: leaf for leaf in describe_rows()}
    told = [row for row in pages.rows(pages.method()) if row[0].strip("`") in leaves]
    assert sorted(row[0].strip("`") for row in told) == sorted(leaves)
    for key, value, limits, *_ in told:
        leaf = leaves[key.strip("`")]
        default = number(leaf.default) if isinstance(leaf.default, float) else _shown(leaf.default)
        assert (value, limits) == (default, allowed(leaf)), leaf.key


def test_the_table_of_macro_rules_and_of_releases_is_what_is_shipped() -> None:
    page, macro = pages.text("docs/method/macro.md"), load_config().macro
    rows = [row for row in pages.rows(pages.section(page, "## Rules")) if len(row) == 6]
    told = {row[0]: row[1:] for row in rows if row[0] in macro.rules}
    assert list(told) == list(macro.rules)
    for name, rule in macro.rules.items():
        series, looks, levels, blocks, weight = told[name][:5]
        assert (series, looks.split(",")[0]) == (rule.series, rule.transform)
        assert (levels, float(weight)) == (f"{rule.on:g}, {rule.off:g}", rule.weight)
        assert blocks == rule.blocks.name.lower() + (", alts only" if rule.only else "")
    rows = [row for row in pages.rows(pages.section(page, "## Release rules")) if "`" not in row[0]]
    told_ = {name.split(" (")[0]: row[1] for row in rows for name in row[0].split(", ")}
    releases = {name: rule for name, rule in told_.items() if name not in ("rule", "series", "---")}
    assert releases == {name: series.release for name, series in macro.series.items()}


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_the_presets_thresholds_in_the_text_are_the_presets() -> None:
    (line,) = re.findall(r"The preset `eth_1h` holds (.*?)\.\s", pages.text("docs/method/fusion.md"), re.DOTALL)
    told = {name: float(value) for name, value in re.findall(r"`(\w+)` ([\d.]+\d)", line)}
    config = load_config()
    assert told == {name: config.get(f"fusion.{name}") for name in ("on", "off")}
    scales = {key: (value, config.get(key.replace(".s_", ".w_"))) for key, value in config.settings if ".s_" in key}
    assert {key: (float(s), float(w)) for key, (s, w, _) in _told_scales().items()} == scales


def _told_scales() -> dict[str, list[str]]:
    """Scale, weight and what it comes to as the page says, by the scale's setting."""
    page = pages.section(pages.text("docs/method/fusion.md"), "## Calibration")
    rows = [(row[0].split(), row[1:]) for row in pages.rows(page) if row[0].startswith(("trend ", "reversal "))]
    return {f"fusion.{engine}.s_{book}": cells for (book, engine), cells in rows}


@compiled_only
def test_the_preset_and_the_pages_figures_are_what_calibration_finds(real_data: Callable[[str], pathlib.Path]) -> None:
    config = load_config()
    files = [read_base(real_data(f"ohlcv/{name}_binance_1h.parquet"), config) for name in ("ETHUSDT", "BTCUSDT")]
    found = calibrate(files, config, "2022-12-31")
    page = pages.section(pages.text("docs/method/fusion.md"), "## Calibration")
    table = [row for row in pages.rows(page) if row[0].startswith(("abs(", "quantile"))]
    told = {row[0]: [float(cell) for cell in row[1:]] for row in table}
    for name, values in found.quantiles.items():
        assert told[re.sub(r"\|(.*)\|", r"abs(\1)", name)] == [round(value, 4) for value in values], name
    assert f"({found.bars:,} bars with ready engines)" in page
    fusion, calibration = config.decide.fusion, config.calibration
    assert (found.on, found.off) == (fusion.on, fusion.off)
    assert found.scales == {key: config.get(key) for key in found.scales}
    comes_to = {key.replace(".s_", ".w_"): share for key, (_, _, share) in _told_scales().items()}
    assert comes_to == {key: f"{100 * share:.0f} %" for key, share in found.effective.items()}
    interval = f"{found.asking.interval[0]:.1f} to {found.asking.interval[1]:.1f}" if found.asking.interval else ""
    assert f"F asks {found.asking.rate:.1f} times a year and file (90 % interval {interval})" in page
    assert f"and {found.after:.1f} times\nafter it" in page
    asks = {row[0]: [cell for cell in row[1:] if cell] for row in pages.rows(page) if row[0].endswith(": F asks")}
    for name, years in found.asking.by_year.items():
        assert asks[f"{name[:3]}: F asks"] == [str(n) for year, n in years.items() if year > 2017], name
    between = found.on_interval or (0.0, 0.0)
    assert f"The 90 % interval of that quantile is {between[0]:.3f} to {between[1]:.3f}" in page
    assert (found.slice, found.quantile, found.engines) == (
        calibration.slice,
        calibration.quantile,
        calibration.engines,
    )


def test_codes_that_people_meet_are_explained_where_they_belong() -> None:
    trading, data = pages.text("docs/method/trading.md"), pages.text("docs/method/data.md")
    guards = [row[0].strip("`") for row in pages.rows(pages.section(trading, "## Guards"))][2:]
    assert guards == [guard.name.lower() for guard in Guard]
    fills = pages.first_names(pages.section(trading, "## Fills"))
    assert sorted(fills) == sorted(reason.name.lower() for reason in FillReason)
    refused = set(pages.first_names(pages.section(data, "## What is refused")))
    assert refused == {r.name.lower() for r in REFUSALS} - {"duplicate"} | {"unreadable_time", "text_in_number"}
    assert pages.first_names(pages.section(data, "## Calendars and holes")) == list(CALENDARS)


def test_orders_exits_modes_and_sets_are_explained_where_they_belong() -> None:
    folder, trading = pages.text("docs/method/run-folder.md"), pages.text("docs/method/trading.md")
    orders = {row[0].strip("`"): row[1] for row in pages.rows(pages.section(folder, "## orders.parquet"))}
    for column, names in (("kind", OrderKind), ("state", OrderState)):
        words = set(re.findall(r"[a-z_\d]+", orders[column]))
        assert {name.name.lower() for name in names} <= words
    entries = pages.section(trading, "## Entries")
    ended = {s.name.lower() for s in OrderState} - {"placed", "moved", "too_small"}
    assert ended <= set(pages.code(entries))
    exits, believing = pages.text("docs/method/exits.md"), pages.text("docs/method/believing.md")
    at_open = pages.first_names(pages.section(exits, "## Market exits"))
    moved = pages.first_names(pages.section(exits, "## Moving the stop"))
    others = {"entry", "stop", "target_1", "target_2", "target_3", "end_of_data", "liquidation", "funding"}
    assert {*at_open, *moved, *others} == {reason.name.lower() for reason in FillReason}
    modes = pages.first_names(pages.section(believing, "## Inside a bar"))
    assert modes == [mode.name.lower() for mode in Intrabar]


def test_the_table_of_exit_sets_is_the_packaged_file() -> None:
    table = list(pages.rows(pages.section(pages.text("docs/method/exits.md"), "## Sets")))
    names = [name.strip("`") for name in table[0][1:]]
    sets = {name: values for name, values in exit_bundle().items() if values}
    assert names == list(sets)
    told = {name: {f"exits.{row[0]}": row[1 + k] for row in table[2:]} for k, name in enumerate(names)}
    for name, values in sets.items():
        for key, value in told[name].items():
            assert value == str(values.get(key, "")), (name, key)
        untold = {key: value for key, value in values.items() if key not in told[name]}
        assert all(other.get(key) == value for other in sets.values() for key, value in untold.items()), name


@compiled_only
def test_the_intervals_keys_are_listed(run: Result) -> None:
    page = pages.text("docs/method/believing.md")
    assert set(pages.first_names(pages.section(page, "## The interval"))) == set(run.summary["interval"])


def test_contributions_sentinels_and_checks_are_all_listed() -> None:
    fusion = pages.section(pages.text("docs/method/fusion.md"), "## Contributions")
    assert sorted(pages.first_names(fusion)) == sorted((*PART_NAMES, *STEPS))
    sentinels = list(pages.rows(pages.section(pages.text("docs/method/levels.md"), "## Sentinels")))[2:]
    assert [(row[0], row[1].strip("`")) for row in sentinels] == [(str(int(s)), str(s.name).lower()) for s in Sentinel]
    checks = pages.section(pages.text("docs/method/machine.md"), "## Contract checks")
    assert pages.first_names(checks) == [check_name(check) for check in CHECKS]


TABLES = (
    "positions", "legs", "orders", "ambiguity", "decisions", "signals", "equity", "bars", "engine_events",
    "context",
)  # fmt: skip


@compiled_only
@pytest.mark.parametrize("table", TABLES)
def test_every_column_of_the_run_folder_is_listed(run: Result, table: str) -> None:
    page = pages.section(pages.text("docs/method/run-folder.md"), f"## {table}.parquet")
    columns = getattr(run, "events" if table == "engine_events" else table).columns
    assert sorted(pages.first_names(page)) == sorted(columns)


@compiled_only
def test_the_run_folders_files_keys_and_log_events_are_listed(run: Result) -> None:
    page = pages.text("docs/method/run-folder.md")
    readme = pages.section(pages.text("README.md"), "## What a run leaves")
    files = {path.name for path in run.path.iterdir()} | {"report.html"}  # which the command adds
    assert set(pages.first_names(readme)) == files == set(re.findall(r"^## (\S+\.\w+)$", page, re.MULTILINE))
    assert set(pages.first_names(pages.section(page, "## manifest.json"))) == set(run.manifest)
    log = (run.path / "log.jsonl").read_text("utf-8")
    events = set(pages.first_names(pages.section(page, "## log.jsonl"))) - {"timing.every_bars"}
    assert set(re.findall(r'^{"event": "(\w+)"', log, re.MULTILINE)) <= events


@compiled_only
def test_every_key_of_the_summary_stands_on_the_metrics_page(run: Result) -> None:
    page = pages.text("docs/method/metrics.md")
    assert sorted(pages.first_names(page)) == sorted(run.summary)
    positions = pages.first_names(pages.section(page, "## Positions"))
    for group in run.summary["by_side"].values():
        assert list(group) == positions
    assert pages.first_names(pages.section(page, "## Splits")) == [f"by_{name}" for name in show.BY]
    told = {int(n) for n in re.findall(r"`(?:us_equities|24x5)` (\d+)|A year has (\d+)", page) for n in n if n}
    assert told == set(DAYS_PER_YEAR.values())


def test_the_readme_lists_the_commands_that_exist() -> None:
    table = pages.first_names(pages.section(pages.text("README.md"), "## Commands"))
    told = {" ".join(word for word in line.split() if re.fullmatch("[a-z]+", word)) for line in table}
    assert told == set(pages.commands())


@every_page
def test_every_command_line_names_a_command_and_options_that_exist(page: pathlib.Path) -> None:
    known = pages.commands()
    groups = {name.rsplit(" ", 1)[0] for name in known}
    for line in pages.code(page.read_text("utf-8")):
        if not re.match(r"bull(\s|$)", line):
            continue
        words = line.split("#")[0].split()
        command = next((c for c in (" ".join(words[:3]), " ".join(words[:2])) if c in known), None)
        assert command is not None or line.strip() in groups, line
        given = {word for word in words if word.startswith("--")}
        assert command is None or given <= known[command], line


def test_the_readmes_options_of_the_main_job_are_all_of_them() -> None:
    (row,) = (row for row in pages.rows(pages.text("README.md")) if row[0] == "`bull backtest DATA...`")
    told = {word for word in row[1].replace("`", " ").split() if word.startswith("--")}
    assert told == {option for option in pages.commands()["bull backtest"] if option.startswith("--")} - {"--help"}


@every_page
def test_every_relative_link_leads_somewhere(page: pathlib.Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), target
        assert not anchor or anchor in pages.anchors(other.read_text("utf-8")), target


@compiled_only
@every_page
def test_the_examples_of_a_page_run(page: pathlib.Path) -> None:
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, _ = doctest.testfile(str(page), module_relative=False, optionflags=flags, encoding="utf-8")
    assert failed == 0


def test_examples_are_found_where_they_should_be() -> None:
    with_examples = {page.name for page in pages.PAGES if ">>> " in page.read_text("utf-8")}
    assert {"README.md", "machine.md", "run-folder.md"} <= with_examples


@compiled_only
def test_the_readmes_table_is_what_the_demo_prints(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(show, "Console", lambda: rich.console.Console(file=printed, width=100))
    done = typer.testing.CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "demo")])
    assert done.exit_code == 0, done.output
    (told,) = re.findall(r"^```text\n(.*?)^```", pages.text("README.md"), re.MULTILINE | re.DOTALL)
    lines = [line.rstrip() for line in printed.getvalue().splitlines() if not line.startswith("run folder: ")]
    assert [line.rstrip() for line in told.splitlines()] == lines


def test_the_rooms_are_the_folders() -> None:
    table = pages.section(pages.text("CONTRIBUTING.md"), "## Rooms and arrows")
    rooms = {path.parent.name for path in (pages.ROOT / "src" / "bullmachine").glob("*/__init__.py")}
    assert set(pages.first_names(table)) == rooms


def test_the_make_targets_are_the_makefiles() -> None:
    targets = re.findall(r"^\.PHONY: (.*)$", pages.text("Makefile"), re.MULTILINE)[0].split()
    table = pages.first_names(pages.section(pages.text("CONTRIBUTING.md"), "## Set-up"))
    assert sorted(table) == sorted(f"make {target}" for target in targets)


@every_page
def test_files_named_in_the_pages_exist(page: pathlib.Path) -> None:
    below = (pages.ROOT, pages.ROOT / "src" / "bullmachine")
    named = re.compile(r"(?:[\w.]+/)+[\w.]+\.(?:py|md|toml|json)")
    for line in pages.code(page.read_text("utf-8")):
        if named.fullmatch(line) and "/x" not in line:
            assert any((root / line).exists() for root in below), line
