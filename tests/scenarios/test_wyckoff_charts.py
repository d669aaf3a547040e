"""Mini charts of the Wyckoff engine: every event of a chart's kinds, nothing else of these kinds.

The bars are minutes from midnight on. Each chart is also drawn upside down, and with every real-valued threshold 3 %
lower and higher; the weights of the score are left out, being no thresholds, and a threshold of 0 stays 0.
"""

import dataclasses
import json
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.events import Event, Reason
from bullmachine.engines.wyckoff import Kind, Phase, Wyckoff, WyckoffParams
from bullmachine.testing.markets import mirrored

Rows = np.ndarray[Any, Any]
Chart = dict[str, Any]
Told = dict[str, Any]
MINUTE = 60_000
CHARTS: list[Chart] = [
    chart
    for chart in json.loads((pathlib.Path(__file__).parent / "scenarios.json").read_text())
    if chart["engine"] in ("crt", "vsa", "wyckoff+1", "wyckoff-1")
]
#: a pair's twins, whichever is named first
TWINS = {Kind(k).name: Kind(k ^ 1).name for k in Wyckoff.mirror_kinds if k in set(Kind)}
TWINS |= {twin: name for name, twin in TWINS.items()}
#: what a chart calls the events of one kind on the side of distribution
DISTRIBUTION = {"AR_D": "AR", "ST_D": "ST"}

#: a chart's parameter -> where it is in the engine's parameters; N means another thing for every engine
PATHS = {
    "N_low": ["climax.n_low"],
    "N_hh": ["climax.n_high"],
    "drop": ["climax.drop"],
    "sc_sp": ["climax.sp"],
    "sc_rv": ["climax.rv"],
    "ps_sp": ["climax.ps_sp"],
    "ps_rv": ["climax.ps_rv"],
    "ps_drop": ["climax.ps_drop"],
    "ar_min": ["rally.least"],
    "ar_pull": ["rally.pull"],
    "ar_max": ["rally.max_bars"],
    "area": ["st.area"],
    "st_vol": ["st.volume"],
    "st_sp": ["st.spread", "test.spread"],
    "conf": ["st.confirm"],
    "undercut": ["st.undercut"],
    "minB": ["spring.min_b"],
    "spr_bars": ["spring.bars"],
    "spr_depth_atr": ["spring.depth_atr"],
    "spr_depth_h": ["spring.depth_height"],
    "eps": ["spring.eps"],
    "c_max": ["spring.max_bars"],
    "test_vol": ["test.volume"],
    "sos_sp": ["sos.sp"],
    "sos_rv": ["sos.rv"],
    "sos_clv": ["sos.clv"],
    "jac": ["sos.jac"],
    "lps_conf": ["lps.confirm"],
    "e_closes": ["markup.closes"],
    "b_max": ["range.max_bars"],
    "fail": ["range.fail"],
    "min_rng": ["crt.min_range"],
    "confirm": ["crt.confirm"],
    "N": ["vsa.n"],
}

#: a field of an expectation, read from an event
FIELDS: dict[str, Callable[[Event], Any]] = {
    "kind": lambda e: Kind(e.kind).name,
    "dir": lambda e: e.dir,
    "ref": lambda e: e.i_ref,
    "known": lambda e: e.i_known,
    "level": lambda e: e.price,
    "lo": lambda e: e.lo,
    "hi": lambda e: e.hi,
    "depth": lambda e: round(e.ev[0], 3),
    "schematic": lambda e: e.ev[0],
    "why": lambda e: Reason(e.reason).name.lower().replace("_", " "),
}
HEAD = ("known", "kind", "ref", "dir")
BAR_INDICES = ("ref", "known")

every_chart = pytest.mark.parametrize("chart", CHARTS, ids=[chart["id"] for chart in CHARTS])
every_factor = pytest.mark.parametrize("factor", [0.97, 1.0, 1.03])


def put(params: Any, path: str, value: float) -> Any:
    """`params` with the value at `path` (`group.name`) replaced."""
    group, _, name = path.partition(".")
    return dataclasses.replace(params, **{group: dataclasses.replace(getattr(params, group), **{name: value})})


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


def params_of(chart: Chart, factor: float) -> Any:
    """A parameter without a place here fails."""
    params: Any = WyckoffParams
    params = params()
    for name, value in chart["params"].items():
        for path in PATHS[name]:
            params = put(params, path, value)
    return scaled(params, factor)


def rows_of(chart: Chart) -> tuple[Rows, int]:
    """The chart's rows, and how many of them come before its bar 0."""
    warm = [run["bar"] for run in chart["warm"] for _ in range(run["repeat"])]
    bars = np.array(warm + chart["bars"], np.float64)
    return rows_from_columns(MINUTE * np.arange(len(bars)), *bars.T), len(warm)


def kinds_of(chart: Chart) -> set[int]:
    """The chart's kinds and their mirrors."""
    names = {DISTRIBUTION.get(name, name) for name in chart["kinds"]}
    return {int(Kind[twin]) for name in names for twin in (name, TWINS.get(name, name))}


def run(chart: Chart, rows: Rows, factor: float) -> tuple[list[Event], Rows]:
    """The engine's events of the chart's kinds, and its outputs."""
    engine = Wyckoff(params_of(chart, factor), timeframe="1m")
    out = engine.run(rows)
    return [e for e in engine.events() if e.kind in kinds_of(chart)], out


def read(e: Event, name: str, warm: int) -> Any:
    """A field as the chart has it."""
    value = FIELDS[name](e)
    return value - warm if name in BAR_INDICES else value


def plain(told: Told) -> Told:
    """The expectation in the engine's kinds; its `phase` is not an event's (see `phases_before`)."""
    return {
        name: DISTRIBUTION.get(value, value) if name == "kind" else value
        for name, value in told.items()
        if name != "phase"
    }


def upside_down(told: Told) -> Told:
    """The expectation on the mirrored chart."""
    made = dict(told, kind=TWINS.get(told["kind"], told["kind"]), dir=-told["dir"])
    for name, source in (("level", "level"), ("lo", "hi"), ("hi", "lo")):
        if source in told:
            made[name] = -told[source]
    return made


def head(told: Told) -> tuple[Any, ...]:
    """What orders events here: a bar's kinds may come in any order."""
    return tuple(told[name] for name in HEAD)


def check(events: list[Event], expected: list[Told], warm: int) -> None:
    """Exactly these events, each with the fields its expectation names."""
    events = sorted(events, key=lambda e: tuple(read(e, name, warm) for name in HEAD))
    expected = sorted(expected, key=head)
    assert [tuple(read(e, name, warm) for name in HEAD) for e in events] == [head(told) for told in expected]
    for e, told in zip(events, expected, strict=True):
        assert {name: read(e, name, warm) for name in told} == told


def check_phases(told: list[Told], phases: Rows, warm: int) -> None:
    """A chart names the phase an event belongs to: the one it was said in, or the one it led to."""
    for expected in told:
        if "phase" in expected:
            at = expected["known"] + warm
            assert expected["phase"] in {Phase(int(phases[k])).name for k in (at - 1, at)}, expected


def test_no_chart_is_left_out() -> None:
    names = [chart["id"] for chart in CHARTS]
    ours = ["MC08", "MC09", "MC10a", "MC10b", "MC10c", "MC11", "MC12a", "MC12b", "MC12c", "MC12d", "MC12e"]
    assert sorted(names) == ["MC06a", "MC06b", "MC06c", *ours]


@every_chart
@every_factor
def test_a_chart_has_its_events_and_no_others_and_none_hangs_on_a_hair(chart: Chart, factor: float) -> None:
    rows, warm = rows_of(chart)
    events, out = run(chart, rows, factor)
    check(events, [plain(told) for told in chart["expect"]], warm)
    side, other = ("short", "long") if chart["engine"] == "wyckoff-1" else ("long", "short")
    check_phases(chart["expect"], out[f"phase_{side}"], warm)
    assert not out[f"phase_{other}"].any()


@every_chart
@every_factor
def test_a_chart_upside_down_has_its_events_upside_down(chart: Chart, factor: float) -> None:
    rows, warm = rows_of(chart)
    events, out = run(chart, mirrored(rows), factor)
    check(events, [upside_down(plain(told)) for told in chart["expect"]], warm)
    side = "long" if chart["engine"] == "wyckoff-1" else "short"
    check_phases(chart["expect"], out[f"phase_{side}"], warm)
