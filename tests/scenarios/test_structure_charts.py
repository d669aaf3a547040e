"""Mini charts of the SMC and HOB engines: every event of a chart's kinds, nothing else of these kinds.

The bars are minutes from midnight on, so that no session and no day ends on a chart: the levels of those
would be pools too. Each chart is also drawn upside down, and with every real-valued threshold 3 % lower and
higher; the weights of the score are left out, being no thresholds, and a threshold of 0 stays 0.
"""

import dataclasses
import json
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.engine import StepEngine
from bullmachine.core.events import Event, Reason
from bullmachine.engines.hob import Hob, HobParams
from bullmachine.engines.hob import Kind as HobKind
from bullmachine.engines.levels import Kind as LevelsKind
from bullmachine.engines.levels import LevelsParams, PivotParams
from bullmachine.engines.smc import Kind as SmcKind
from bullmachine.engines.smc import Smc, SmcParams
from bullmachine.testing.markets import mirrored

Rows = np.ndarray[Any, Any]
Chart = dict[str, Any]
Told = dict[str, Any]
MINUTE = 60_000
LEVELS: Any = LevelsParams  # a nested field has a default that the type checker cannot see
CHARTS: list[Chart] = [
    chart
    for chart in json.loads((pathlib.Path(__file__).parent / "scenarios.json").read_text())
    if chart["engine"] in ("smc", "hob")
]
KINDS = {kind.name: int(kind) for kinds in (LevelsKind, SmcKind, HobKind) for kind in kinds}
NAMES = {number: name for name, number in KINDS.items()}
TWINS = {"EQH": "EQL", "EQL": "EQH"}

#: a chart's parameter -> where it is in the engine's parameters; k belongs to the pivots
SMC_PATHS = {
    "eq_tol": "pools.eq_tol",
    "sweep_max_bars": "pools.sweep_bars",
    "smr_win": "smr.window",
    "d_body": "displacement.body",
}
HOB_PATHS = {"min_body": "min_body", "buf": "buf"}

#: a field of an expectation, read from an event
FIELDS: dict[str, Callable[[Event], Any]] = {
    "kind": lambda e: NAMES[e.kind],
    "dir": lambda e: e.dir,
    "ref": lambda e: e.i_ref,
    "known": lambda e: e.i_known,
    "level": lambda e: e.price,
    "lo": lambda e: e.lo,
    "hi": lambda e: e.hi,
    "ext": lambda e: e.hi if e.dir < 0 else e.lo,
    "fill": lambda e: e.ev[0],
    "n": lambda e: e.ev[0],
    "swing": lambda e: e.ev[0],
    "initial": lambda e: e.ev[4],
    "why": lambda e: Reason(e.reason).name.lower(),
}
HEAD = ("known", "kind", "ref", "dir")
BAR_INDICES = ("ref", "known", "swing")

every_chart = pytest.mark.parametrize("chart", CHARTS, ids=[chart["id"] for chart in CHARTS])


def put(params: Any, path: str, value: float) -> Any:
    """`params` with the value at `path` (`group.name` or `name`) replaced."""
    group, _, name = path.rpartition(".")
    if group:
        return dataclasses.replace(params, **{group: put(getattr(params, group), name, value)})
    return dataclasses.replace(params, **{name: value})


def scaled(params: Any, factor: float) -> Any:
    """`params` with every real number in it times `factor`, except the weights.

    None has to be clamped: a value outside its range would be refused here.
    """
    made = {}
    for field in dataclasses.fields(params):
        value = getattr(params, field.name)
        if isinstance(value, float):
            made[field.name] = value * factor
        elif dataclasses.is_dataclass(value) and field.name != "weights":
            made[field.name] = scaled(value, factor)
    return dataclasses.replace(params, **made)


def smc_params(given: dict[str, float], factor: float) -> Any:
    """The charts' gaps have no least size."""
    params = put(SmcParams(), "fvg.min_size", 0.0)
    for name in given.keys() & SMC_PATHS.keys():
        params = put(params, SMC_PATHS[name], given[name])
    return scaled(params, factor)


def hob_params(given: dict[str, float], factor: float) -> Any:
    params: Any = HobParams()
    for name in given.keys() & HOB_PATHS.keys():
        params = put(params, HOB_PATHS[name], given[name])
    return scaled(params, factor)


def engine_for(chart: Chart, factor: float) -> StepEngine:
    given = chart["params"]
    assert given.keys() <= {"k", *SMC_PATHS, *HOB_PATHS}
    smc = smc_params(given, factor)
    levels = LEVELS(pivot=PivotParams(k=given.get("k", 5)))
    if chart["engine"] == "smc":
        return Smc(smc, timeframe="1m", levels=levels)
    return Hob(hob_params(given, factor), timeframe="1m", levels=levels, smc=smc)


def rows_of(chart: Chart) -> tuple[Rows, int]:
    """The chart's rows, and how many of them come before its bar 0."""
    warm = [run["bar"] for run in chart["warm"] for _ in range(run["repeat"])]
    bars = np.array(warm + chart["bars"], np.float64)
    return rows_from_columns(MINUTE * np.arange(len(bars)), *bars.T), len(warm)


def events_of(chart: Chart, rows: Rows, factor: float) -> list[Event]:
    """The engine's events of the chart's kinds, those of the mirrored kinds included."""
    kinds = {KINDS[name] for kind in chart["kinds"] for name in (kind, TWINS.get(kind, kind))}
    engine = engine_for(chart, factor)
    engine.run(rows)
    return [e for e in engine.events() if e.kind in kinds]


def read(e: Event, name: str, warm: int) -> Any:
    """A field as the chart has it; a share filled is a quotient, so numbers are rounded far below a tick."""
    value = FIELDS[name](e)
    if name in BAR_INDICES:
        return value - warm
    return round(value, 9) if isinstance(value, float) else value


def head(told: Told) -> tuple[Any, ...]:
    """What orders events here: on one bar several zones may speak in any order."""
    return tuple(told[name] for name in HEAD)


def upside_down(told: Told) -> Told:
    """The expectation on the mirrored chart."""
    made = dict(told, kind=TWINS.get(told["kind"], told["kind"]), dir=-told["dir"])
    for name, source in (("level", "level"), ("ext", "ext"), ("lo", "hi"), ("hi", "lo")):
        if source in told:
            made[name] = -told[source]
    return made


def check(events: list[Event], expected: list[Told], warm: int) -> None:
    """Exactly these events, each with the fields its expectation names."""
    events = sorted(events, key=lambda e: tuple(read(e, name, warm) for name in HEAD))
    expected = sorted(expected, key=head)
    assert [tuple(read(e, name, warm) for name in HEAD) for e in events] == [head(told) for told in expected]
    for e, told in zip(events, expected, strict=True):
        assert {name: read(e, name, warm) for name in told} == told


def test_no_chart_of_structure_is_left_out() -> None:
    names = [chart["id"] for chart in CHARTS]
    assert names == ["MC01", "MC02", "MC03", "MC04", "MC05a", "MC05b", "MC05c", "MC07", "MC13a", "MC13b"]


@every_chart
@pytest.mark.parametrize("factor", [0.97, 1.0, 1.03])
def test_a_chart_has_its_events_and_no_others_and_none_hangs_on_a_hair(chart: Chart, factor: float) -> None:
    rows, warm = rows_of(chart)
    check(events_of(chart, rows, factor), chart["expect"], warm)


@every_chart
@pytest.mark.parametrize("factor", [0.97, 1.0, 1.03])
def test_a_chart_upside_down_has_its_events_upside_down(chart: Chart, factor: float) -> None:
    rows, warm = rows_of(chart)
    check(events_of(chart, mirrored(rows), factor), [upside_down(told) for told in chart["expect"]], warm)
