"""The foot of the page: what was assumed, how the settings differ from the preset, and what names the run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bullmachine.config import load_config, presets
from bullmachine.config.sources import flatten
from bullmachine.report.markup import Html, rows, tag, time_tag
from bullmachine.report.read import Run

__all__ = ["changed", "foot", "funnel", "notes"]


def funnel(run: Run) -> Html:
    """How signals became positions; steps that stopped nothing are left out."""
    steps: list[str] = []
    before = None
    for name, left in run.manifest["funnel"].items():
        if before is None or left != before or name in {"orders", "fills", "positions"}:
            steps.append(f"{name.replace('_', ' ')} {left:,}")
        before = left
    return tag("p", " \N{RIGHTWARDS ARROW} ".join(steps), class_="funnel")


def notes(run: Run) -> Html:
    """What the run itself noted, and what no run here models."""
    own = list(run.manifest["notes"])
    if not run.summary["funding"]:
        own.append("no funding was paid in this run")
    own.append("every order is filled whole at one price: there is no order book, no queue and no partial fill")
    return tag("ul", *(tag("li", text) for text in own))


def changed(run: Run) -> list[tuple[str, str, str]]:
    """Settings that differ from the preset of the run's name, else from the default one: key, preset, run."""
    config = run.manifest["config"]
    preset = flatten(load_config(config["name"] if config["name"] in presets() else None).to_dict())
    used = flatten(config["resolved"])
    keys = [*used, *(key for key in preset if key not in used)]
    return [(k, _shown(preset, k), _shown(used, k)) for k in keys if preset.get(k) != used.get(k)]


def _shown(tree: Mapping[str, object], key: str) -> str:
    return json.dumps(tree[key]) if key in tree else "\N{EN DASH}"


def _settings(run: Run) -> Html:
    found = changed(run)
    title = f"Settings: {len(found)} differ from the preset" if found else "Settings: those of the preset"
    body = rows(found, ("setting", "preset", "this run")) if found else tag("p", "Nothing was changed.")
    return tag("details", tag("summary", title), body)


def _every_number(summary: Mapping[str, Any]) -> Html:
    """All of summary.json, so that no number of the run is only in a file."""
    lines = [(key, json.dumps(value)) for key, value in flatten(summary).items()]
    return tag("details", tag("summary", "All numbers of summary.json"), rows(lines, ("key", "value")))


def _names(run: Run) -> Iterator[tuple[str, Any]]:
    m = run.manifest
    yield "run", run.path.name
    yield "made", time_tag(m["made_at"])
    yield "version", f"{m['version']}, folder layout {m['schema']}, kernels {m['kernels']}"
    yield "engines", ", ".join(f"{name} {version}" for name, version in m["engines"].items())
    yield "settings", f"{m['config']['name']} {m['config']['sha256']}"
    for data in m["data"]:
        yield (
            data["name"],
            f"{data['rows']:,} rows, {data['first'][:10]} to {data['last'][:10]}, sha256 {data['sha256']}",
        )
        if data.get("resampled"):  # absent in folders of earlier versions
            made = data["resampled"]
            yield (
                "resampled",
                f"{data['timeframe']} to {made['timeframe']}: {made['rows']:,} bars, {made['partial']:,} partial",
            )
        yield "holes", f"{data['holes']:,} with {data['missing_bars']:,} bars missing; rejected {data['rejected']}"
    yield "window", f"{m['window']['decided_bars']:,} bars decided after {m['window']['warm_up_bars']:,} of warm-up"
    for name, digest in m["fingerprints"].items():
        yield f"fingerprint of {name}", digest


def foot(run: Run) -> Html:
    """Settings, all numbers, and the hashes that name this run."""
    prints = tag("details", tag("summary", "Data, versions and fingerprints"), rows(_names(run)), open="")
    return Html(_settings(run) + _every_number(run.summary) + prints)
