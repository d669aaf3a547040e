"""The SMC twin by itself: the charts drawn by hand, and scores worked out by hand."""

import itertools
import json
import pathlib
from typing import Any

import pytest
from tests.oracle import smc_twin_base as says
from tests.oracle.smc_twin import Event, Raw, Rules, Told, tell

CHARTS = {
    chart["id"]: chart
    for chart in json.loads((pathlib.Path(__file__).parents[1] / "scenarios" / "scenarios.json").read_text())
    if chart["engine"] == "smc" and chart["id"] != "MC01"  # which is about pivots alone
}
NOON = 1_577_836_800_000 + 12 * 3_600_000
NAMES = {"k": "k", "eq_tol": "eq_tol", "sweep_max_bars": "sweep_bars", "smr_win": "smr_window", "d_body": "body"}

every_chart = pytest.mark.parametrize("name", CHARTS)


def warm(chart: dict[str, Any]) -> list[Any]:
    return [part["bar"] for part in chart["warm"] for _ in range(part["repeat"])]


def read(name: str, *, upside_down: bool = False) -> Told:
    """The twin's word on a chart; a bar a minute from noon on, so that no session or day level is in the way."""
    chart = CHARTS[name]
    bars = [(o, h, low, c, v) for o, h, low, c, v in warm(chart) + chart["bars"]]
    if upside_down:
        bars = [(-o, -low, -h, -c, v) for o, h, low, c, v in bars]
    rules = Rules(fvg_min_size=0.0, **{NAMES[key]: value for key, value in chart["params"].items()})
    return tell([Raw(NOON + 60_000 * i, *bar) for i, bar in enumerate(bars)], rules)


def seen(event: Event, start: int, asked: dict[str, Any]) -> dict[str, Any]:
    """The event in the chart's words, as far as the chart asks."""
    kinds = {value: key for key, value in vars(says).items() if isinstance(value, int) and value >= 200}
    words = {"kind": kinds[event.kind], "dir": event.dir, "ref": event.ref - start, "known": event.known - start}
    words |= {"level": event.price, "lo": event.lo, "hi": event.hi}
    words |= (
        {"swing": event.ev[0] - start, "initial": bool(event.ev[4])} if event.kind in (says.BOS, says.CHOCH) else {}
    )
    words |= {"n": event.ev[0], "fill": event.ev[0]} if event.ev else {}
    words["ext"] = event.hi if event.dir < 0 else event.lo
    return {key: words[key] for key in asked}


@every_chart
def test_the_twin_reads_the_chart_as_it_was_drawn(name: str) -> None:
    chart, start = CHARTS[name], len(warm(CHARTS[name]))
    kinds = {getattr(says, kind) for kind in chart["kinds"] if kind != "PIVOT"}
    expected = [e for e in chart["expect"] if e["kind"] != "PIVOT"]
    found = [e for e in read(name).events if e.kind in kinds]
    assert len(found) == len(expected)
    order = {kind: place for place, kind in enumerate(sorted(kinds))}
    found.sort(key=lambda e: (e.known, e.ref, order[e.kind]))
    expected.sort(key=lambda e: (e["known"], e["ref"], order[getattr(says, e["kind"])]))
    for event, asked in zip(found, expected, strict=True):
        assert seen(event, start, asked) == pytest.approx(asked)


@every_chart
def test_the_twin_reads_the_chart_upside_down_the_other_way_round(name: str) -> None:
    mirrored = {says.EQH: says.EQL, says.EQL: says.EQH}
    plain, turned = read(name), read(name, upside_down=True)
    first = [(e.known, e.kind, e.dir, e.ref, e.lo, e.hi, e.score, e.parent >= 0, e.ev) for e in plain.events]
    second = [
        (e.known, mirrored.get(e.kind, e.kind), -e.dir, e.ref, -e.hi, -e.lo, e.score, e.parent >= 0, e.ev)
        for e in turned.events
    ]
    assert sorted(first) == sorted(second)
    for before, after in zip(plain.readings, turned.readings, strict=True):
        assert (before.trend, before.reversal) == pytest.approx((-after.trend, -after.reversal), abs=1e-12)


def one(told: Told, kind: int) -> Event:
    """The last event of a kind."""
    return [e for e in told.events if e.kind == kind][-1]


def test_the_scores_of_mc07_by_hand() -> None:
    """Bar 11 against the ATR as of bar 10; the mean volume is of 10 flat bars and bars 0 to 9, and so on."""
    chart = CHARTS["MC07"]
    bars, told, yard = warm(chart) + chart["bars"], read("MC07"), 1.0
    for before, bar in itertools.pairwise(bars[14:35]):
        yard = yard * 13 / 14 + (max(bar[1], before[3]) - min(bar[2], before[3])) / 14
    volume = 240 / (sum(b[4] for b in bars[15:35]) / 20)
    body, share = 1.8 / yard, 1.8 / 2.0
    displ = 0.5 * (body - 1.2) / 1.8 + 0.3 * (share - 0.6) / 0.35 + 0.2 * min(1.0, (volume - 1) / 1.5)
    assert one(told, says.DISPL).score == pytest.approx(displ)
    choch = 0.4 * min(1.0, 1.4 / yard) + 0.2 * min(1.0, volume - 1) + 0.2 * min(1.0, body - 0.5) + 0.2 * 2 / 9
    assert one(told, says.CHOCH).score == pytest.approx(choch)
    assert one(told, says.MSS).score == pytest.approx(0.5 * choch + 0.5 * displ)
    sweep = [e for e in told.events if e.kind == says.SWEEP][-1]
    assert one(told, says.SMR).score == pytest.approx(0.4 * sweep.score + 0.3 * choch + 0.3 * displ)
    reading = told.readings[-1]
    assert reading.structure_part == pytest.approx(0.25)
    bearish = one(Told([e for e in told.events if e.dir < 0], [], 0), says.BOS).score
    assert reading.shift_part == pytest.approx(0.2 * (0.5 * choch + 0.5 * displ - 0.5 * bearish * (1 - 6 / 12)))
