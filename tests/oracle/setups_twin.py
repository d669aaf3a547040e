"""The setup language, read a second time: slow, plain, and without a line of the package.

At every close everything known by then is looked through again. An event is a mapping with the columns of
engine_events.parquet; a reading says trend, phases and location by timeframe.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Event = Mapping[str, Any]

PAIRS = (
    "PS PSY, SC BC, UNDERCUT UT, SPRING UTAD, TEST UTAD_TEST, SOS SOW, LPS LPSY, LPS_C LPSY_C, BU LPSY_ICE, "
    "JAC BREAK_ICE, MARKUP MARKDOWN, UA MSOW, ACC_FAIL DIST_FAIL, FAILED_SOS FAILED_SOW, CLIMAX_DOWN CLIMAX_UP, "
    "STOPPING_VOLUME SUPPLY_SWAMP, NO_SUPPLY NO_DEMAND, REV_UPTHRUST_BAR UPTHRUST_BAR, EQH EQL"
)
MIRROR = {a: b for pair in PAIRS.split(", ") for one, two in [pair.split()] for a, b in ((one, two), (two, one))}
PHASES = {"A": (1, 2), "B": (3,), "C": (4,), "D": (5,), "E": (6,)}


class View(NamedTuple):
    """What is read at a close: prices, and by timeframe the last closed bar's number, trend, phases, location."""

    high: float
    low: float
    closed: dict[str, int]
    trend: dict[str, float | None]
    phases: dict[str, tuple[int, int]]
    location: dict[str, float | None]


class Stood(NamedTuple):
    """What a condition stands on: ids of events and zones, and a zone (lo, hi), where it has one."""

    ids: list[int]
    zone: tuple[float, float] | None = None


class Zone:
    """A zone that lives."""

    def __init__(self, e: Event, kind: str, made: int, id_: int) -> None:
        self.kind, self.tf, self.dir, self.lo, self.hi = kind, e["tf"], e["dir"], e["lo"], e["hi"]
        self.made, self.id, self.said = made, id_, e["id"]
        self.touched: int | None = None


class Memory:
    """Everything known so far."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str], list[Event]] = {}
        self.zones: list[Zone] = []

    def take(self, e: Event, bar: int) -> None:
        self.events.setdefault((e["kind"], e["tf"]), []).append(e)
        ended = {"FVG_FILLED": "FVG", "IFVG": "FVG", "BREAKER": "OB", "IFVG_INVALID": "IFVG",
                 "BREAKER_INVALID": "BREAKER"}.get(e["kind"])  # fmt: skip
        if ended or e["kind"] == "SMC_END":
            gone = [z for z in self.zones if z.id == e["parent"] and z.kind == (ended or z.kind)]
            self.zones = [z for z in self.zones if z not in gone]
        if e["kind"] == "FVG" or (e["kind"] == "OB" and e["state"] == "new"):
            self.zones.append(Zone(e, e["kind"], bar, e["id"]))
        if e["kind"] in ("IFVG", "BREAKER"):
            self.zones.append(Zone(e, e["kind"], bar, e["parent"]))

    def touch(self, bar: int, view: View) -> None:
        for z in self.zones:
            if z.made < bar and (view.low <= z.hi if z.dir > 0 else view.high >= z.lo):
                z.touched = view.closed[z.tf]


def _last(m: Memory, kinds: str, tf: str, side: int, score: float, until: int) -> Event | None:
    """The newest of the last events of the kinds that scores enough, not after bar `until`."""
    found = []
    for name in kinds.upper().split("|"):
        names = {name, MIRROR.get(name, name)}
        lists = [reversed(m.events.get((kind, tf), [])) for kind in names]
        own = [e for events in lists if (e := next((e for e in events if e["dir"] in (side, 0)), None)) is not None]
        if own:
            last = max(own, key=lambda e: e["id"])
            if last["score"] >= score and last["i_known"] <= until:
                found.append(last)
    return max(found, key=lambda e: e["id"]) if found else None


def _clauses(words: list[str]) -> dict[str, str]:
    """Words of an event after its kind: `on TF within N score >= X` by its first words."""
    plain = [w for w in words if w != ">="]
    return {plain[k]: plain[k + 1] for k in range(0, len(plain), 2)}


def _event(m: Memory, words: list[str], side: int, view: View) -> Stood | None:
    at = words.index("after") if "after" in words else len(words)
    said = _clauses(words[2:at])
    tf = said["on"]
    now = view.closed[tf]
    first = _last(m, words[1], tf, side, float(said.get("score", 0)), now)
    if first is None or now - first["i_known"] > int(said["within"]):
        return None
    zone = (first["lo"], first["hi"])
    if at == len(words):
        return Stood([first["id"]], zone)
    earlier = _clauses(words[at + 2 :])
    second = _last(m, words[at + 1], tf, side, float(earlier.get("score", 0)), first["i_known"])
    if second is None or first["i_known"] - second["i_known"] > int(earlier["within"]):
        return None
    return Stood([first["id"], second["id"]], zone)


def _zone(m: Memory, words: list[str], side: int, view: View) -> Stood | None:
    tf, within = words[3], int(words[6])
    touched = [z for z in m.zones if (z.kind, z.tf, z.dir) == (words[1].upper(), tf, side) and z.touched is not None]
    if not touched:
        return None
    best = max(touched, key=lambda z: (z.touched, z.hi if side > 0 else -z.lo, -z.id))
    assert best.touched is not None
    return Stood([best.said], (best.lo, best.hi)) if view.closed[tf] - best.touched <= within else None


def _sign(trend: float | None) -> float:
    if trend is None:
        return math.nan
    return 1.0 if trend > 0.5 else -1.0 if trend < -0.5 else 0.0


def _value(name: str, tf: str, side: int, view: View) -> float:
    if name == "trend":
        trend = view.trend[tf]
        return math.nan if trend is None else side * trend
    if name == "align":
        slower = [_sign(view.trend[t]) for t in ("base", "middle", "slow")[("base", "middle").index(tf) + 1 :]]
        return side * sum(slower) / len(slower)
    location = view.location[tf]
    if location is None:
        return math.nan
    return location if side > 0 else 1.0 - location


def _state(words: list[str], side: int, view: View) -> Stood | None:
    name, tf, last = words[1], words[2], words[-1]
    if name == "phase":
        phase = view.phases[tf][0 if side > 0 else 1]
        letters = sorted(PHASES)
        at = letters.index(last.upper())
        allowed = {"=": letters[at : at + 1], ">=": letters[at:], "<=": letters[: at + 1]}[words[3]]
        holds = any(phase in PHASES[letter] for letter in allowed)
    elif last in ("discount", "premium"):
        x = _value(name, tf, side, view)
        holds = x <= 0.5 if last == "discount" else x >= 0.5
    else:
        x = _value(name, tf, side, view)
        holds = x >= float(last) if words[3] == ">=" else x <= float(last)
    return Stood([]) if holds else None


def _stands(m: Memory, when: Sequence[str], side: int, view: View) -> tuple[list[int], list[tuple[str, Stood]]] | None:
    """What a setup stands on, if all its conditions hold: ids in order, and each condition's first word."""
    ids: list[int] = []
    found = []
    for text in when:
        words = text.split()
        one = _state(words, side, view) if words[0] == "state" else (
            _zone(m, words, side, view) if words[0] == "zone" else _event(m, words, side, view)
        )  # fmt: skip
        if one is None:
            return None
        ids += one.ids
        found.append((words[0], one))
    return ids, found


def _edge(found: list[tuple[str, Stood]], entry: str, side: int) -> float | None:
    """The limit of a setup; None for a market order."""
    if entry == "market":
        return None
    zones = [one.zone for word in ("zone", "event") for first, one in found if first == word and one.zone]
    lo, hi = zones[0]
    return (lo + hi) / 2 if entry == "ce" else (hi if side > 0 else lo)


def firings(
    setups: Mapping[str, Mapping[str, Any]], views: Sequence[View], known: Sequence[int], events: Sequence[Event]
) -> Iterator[tuple[set[str], set[str], tuple[str, int, list[int], float | None] | None]]:
    """Per bar the names that fire long and short, and who asks: name, side, ids, limit."""
    memory, held, n = Memory(), {1: set[str](), -1: set[str]()}, 0
    for bar, view in enumerate(views):
        while n < len(events) and events[n]["t_known"] <= known[bar]:
            memory.take(events[n], bar)
            n += 1
        memory.touch(bar, view)
        fired, stood = {}, {}
        for side in (1, -1):
            allowed = [
                name for name in setups if setups[name].get("sides", "both") in ("both", {1: "long", -1: "short"}[side])
            ]
            found = {name: _stands(memory, setups[name]["when"], side, view) for name in allowed}
            stood[side] = {name: one for name, one in found.items() if one is not None}
            fired[side] = set(stood[side]) - held[side]
            held[side] = set(stood[side])
        alone = sorted(fired[1] ^ fired[-1])
        asks = None
        if alone:
            side = 1 if alone[0] in fired[1] else -1
            ids, parts = stood[side][alone[0]]
            asks = (alone[0], side, ids, _edge(parts, setups[alone[0]].get("entry", "market"), side))
        yield fired[1], fired[-1], asks
