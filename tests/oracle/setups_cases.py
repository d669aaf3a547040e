"""Setups to compare: at random, and what a machine and its plain twin say of them on the same bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from tests.oracle.setups_twin import View

from bullmachine.config import Config, load_config
from bullmachine.core.events import State
from bullmachine.machine.engines import kind_names
from bullmachine.machine.machine import Machine
from bullmachine.setups.kinds import KIND_OF, UNSCORED, absent, long_of

Array = np.ndarray[Any, Any]
TIMEFRAMES = ("base", "middle", "slow")
HOURS = tuple(hours * 3_600_000 for hours in (1, 4, 24))
Setups = Mapping[str, Mapping[str, Any]]


def random_setups(seed: int, n: int) -> dict[str, dict[str, Any]]:
    """`n` setups of one to three conditions, every form of the language among them."""
    rng = np.random.default_rng(seed)
    return {f"s{k:02d}": _setup(rng) for k in range(n)}


def _setup(rng: np.random.Generator) -> dict[str, Any]:
    forms = (_event, _event, _zone, _state)
    when = [forms[k](rng) for k in rng.integers(0, len(forms), int(rng.integers(1, 4)))]
    limits = any(text.startswith(("event", "zone")) for text in when)
    return {
        "when": when,
        "entry": str(rng.choice(["market", "edge", "ce"])) if limits else "market",
        "sides": str(rng.choice(["both", "both", "long", "short"])),
    }


def _kinds(rng: np.random.Generator, tf: int) -> list[str]:
    known = [name for name, kind in KIND_OF.items() if long_of(kind) is None and not absent(kind, tf, HOURS)]
    return [str(name) for name in rng.choice(known, int(rng.integers(1, 4)), replace=False)]


def _score(rng: np.random.Generator, kinds: list[str]) -> str:
    scored = any(KIND_OF[kind] not in UNSCORED for kind in kinds)
    return f" score >= {rng.uniform(0.1, 0.6):.2f}" if scored and rng.random() < 0.3 else ""


def _event(rng: np.random.Generator) -> str:
    tf = int(rng.choice([0, 0, 0, 1, 2]))
    kinds = _kinds(rng, tf)
    text = f"event {'|'.join(kinds)} on {TIMEFRAMES[tf]} within {rng.integers(0, 20)}{_score(rng, kinds)}"
    before = [kind for kind in _kinds(rng, tf) if kind not in kinds]
    if before and rng.random() < 0.4:
        text += f" after {'|'.join(before)} within {rng.integers(1, 40)}{_score(rng, before)}"
    return text


def _zone(rng: np.random.Generator) -> str:
    kind, tf = rng.choice(["FVG", "IFVG", "OB", "BREAKER"]), rng.choice(["base", "base", "middle"])
    return f"zone {kind} on {tf} touched within {rng.integers(0, 5)}"


def _state(rng: np.random.Generator) -> str:
    op = rng.choice([">=", "<="])
    tf = rng.choice(TIMEFRAMES)
    return str(
        rng.choice(
            [
                f"state trend {tf} {op} {rng.uniform(-2, 2):.2f}",
                f"state phase {tf} {rng.choice(['=', '>=', '<='])} {rng.choice(list('ABCDE'))}",
                f"state location {rng.choice(TIMEFRAMES[:2])} {op} {rng.uniform(0.2, 0.8):.2f}",
                f"state location {rng.choice(TIMEFRAMES[:2])} {rng.choice(['discount', 'premium'])}",
                f"state align {rng.choice(TIMEFRAMES[:2])} {op} {rng.choice([-0.5, 0.0, 0.5])}",
            ]
        )
    )


def config_of(setups: Setups) -> Config:
    """The settings of a run that these setups ask for."""
    return load_config(overrides={"fusion.mode": "setups", "fusion.setups": "none", "setups": dict(setups)})


def machine_of(config: Config) -> Machine:
    return Machine(config.sense, config.decide, setups=config.asking)


class Heard:
    """What a machine read and which setups fired, bar by bar."""

    def __init__(self, config: Config, rows: Array) -> None:
        self.names = list(config.setups.live)
        bars, readings, events, fired, asked = [], [], [], [], []
        for chunk in machine_of(config).advance(rows):
            (piece,) = chunk.pieces
            n = len(piece.bars)
            bars.append(piece.bars.copy())
            readings.append(piece.readings.copy())
            events.append(piece.events)
            fired.append(chunk.feed.given["fired"][:n].copy())
            asked.append(chunk.feed.signals[:n].copy())
        self.bars, self.readings, self.events = map(np.concatenate, (bars, readings, events))
        self.fired, self.asked = np.concatenate(fired), np.concatenate(asked)

    def views(self) -> list[View]:
        """What the twin reads."""
        return [_view(bar, r) for bar, r in zip(self.bars, self.readings, strict=True)]

    def told(self) -> list[dict[str, Any]]:
        """The events as the twin reads them."""
        names, tfs = kind_names(), dict(zip(HOURS, TIMEFRAMES, strict=True))
        fields = ("id", "parent", "dir", "lo", "hi", "score", "i_known", "t_known")
        columns = {name: self.events[name].tolist() for name in (*fields, "kind", "tf", "state")}
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        return [
            {**row, "kind": names[row["kind"]], "tf": tfs[row["tf"]], "state": State(row["state"]).name.lower()}
            for row in rows
        ]

    def said(self, bar: int) -> tuple[set[str], set[str], tuple[str, int, list[int], float | None] | None]:
        """As the twin says it."""
        fired, signal = self.fired[bar], self.asked[bar]
        sides = [{name for k, name in enumerate(self.names) if int(fired[s]) >> k & 1} for s in ("long", "short")]
        asks = None
        if fired["setup"]:
            limit = float(signal["limit"])
            ids = fired["ids"][: fired["n"]].tolist()
            asks = (self.names[fired["setup"] - 1], int(signal["side"]), ids, None if np.isnan(limit) else limit)
        return sides[0], sides[1], asks


def _view(bar: Any, r: Any) -> View:
    def trend(name: str) -> float | None:
        f = r[name]["features"]
        return float(f["trend"]) if f["atr"] > 0 and not np.isnan(f["sma_fast"]) else None

    def location(name: str) -> float | None:
        x = float(r[name]["smc"]["range_pos"])
        return None if np.isnan(x) else x

    return View(
        high=float(bar["high"]),
        low=float(bar["low"]),
        closed={tf: int(r[tf]["i"]) for tf in TIMEFRAMES},
        trend={tf: trend(tf) for tf in TIMEFRAMES},
        phases={tf: (int(r[tf]["wyckoff"]["phase_long"]), int(r[tf]["wyckoff"]["phase_short"])) for tf in TIMEFRAMES},
        location={tf: location(tf) for tf in TIMEFRAMES[:2]},
    )
