"""The fusion score from its definition in plain arithmetic, and readings to compare on.

The twin shares no code with the score: per engine and book the timeframes' scores are mixed, scaled and clipped; the
book that is larger in absolute value wins and pays half of an opposing other book; then what is added or taken.
"""

from __future__ import annotations

import math
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.record import to_array
from bullmachine.fusion.params import Mix, ReversalMix, SlowMix
from bullmachine.fusion.readings import Readings
from bullmachine.fusion.score import Score, score_run

Array = np.ndarray[Any, Any]
Finder = Callable[[str], pathlib.Path]
Key = tuple[str, str, str]

#: book -> engine -> the parts it brings, from the definition
BOOKS: dict[str, dict[str, list[str]]] = {
    "trend": {
        "wyckoff": ["phase_trend", "key_trend"],
        "smc": ["structure", "shift", "run"],
        "momentum": ["rsi", "macd", "dmi"],
    },
    "reversal": {
        "wyckoff": ["phase_reversal", "key_reversal", "test", "volume_law", "vsa", "crt_smr"],
        "smc": ["zone", "liquidity", "location"],
        "hob": ["zone", "absorb", "spike", "reaction"],
        "momentum": ["divergence"],
    },
}
ENGINES = ("wyckoff", "smc", "hob", "momentum")
#: only Wyckoff speaks from the slow timeframe
STREAMS = {"wyckoff": ("base", "middle", "slow")} | dict.fromkeys(("smc", "hob", "momentum"), ("base", "middle"))
#: every part of every stream: (stream, engine, part)
KEYS: list[Key] = [
    (s, e, part) for book in BOOKS.values() for e, parts in book.items() for s in STREAMS[e] for part in parts
]
OF_BOOK = {
    book: {(s, e, p) for e, ps in engines.items() for s in STREAMS[e] for p in ps} for book, engines in BOOKS.items()
}
#: what follows the books, in order
STEPS = ("conflict", "engines", "agreement", "mtf", "exhausted", "clip")


def made(cls: Any, **values: Any) -> Any:
    """Params or a record; mypy takes the fields made with `nested` for required ones."""
    return cls(**values)


def alone(**mix: float) -> dict[str, Any]:
    """Momentum with all the weight, and the others without any."""
    silent = {
        "wyckoff": SlowMix(w_trend=0.0, w_reversal=0.0),
        "smc": Mix(w_trend=0.0, w_reversal=0.0),
        "hob": ReversalMix(w_reversal=0.0),
    }
    return {"momentum": made(Mix, **mix), **silent}


MIXES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "scaled": {
        "wyckoff": SlowMix(s_trend=0.2, s_reversal=0.15, w_trend=0.2, w_reversal=0.1),
        "smc": Mix(s_trend=0.45, s_reversal=0.25, w_trend=0.4, w_reversal=0.4),
        "hob": ReversalMix(s_reversal=0.15, w_reversal=0.3),
        "momentum": Mix(s_trend=0.6, s_reversal=0.06, w_trend=0.4, w_reversal=0.2),
    },
    "narrow": {
        "wyckoff": SlowMix(s_trend=0.05, s_reversal=0.05, w_trend=0.25, w_reversal=0.25),
        "smc": Mix(s_trend=0.05, s_reversal=0.05, w_trend=0.25, w_reversal=0.25),
        "hob": ReversalMix(s_reversal=0.05, w_reversal=0.25),
        "momentum": Mix(s_trend=0.05, s_reversal=0.05, w_trend=0.5, w_reversal=0.25),
    },
    "mixed": {
        "wyckoff": SlowMix(mix_base=0.5, mix_middle=0.4, mix_slow=0.1, w_trend=0.25, w_reversal=0.25),
        "smc": Mix(mix_base=0.1, mix_middle=0.9, w_trend=0.5, w_reversal=0.25),
        "hob": ReversalMix(mix_base=0.8, mix_middle=0.2, w_reversal=0.25),
        "momentum": Mix(mix_base=0.4, mix_middle=0.6, w_trend=0.25, w_reversal=0.25),
    },
    "momentum alone": alone(s_trend=0.6, s_reversal=0.06),
}


def readings_of(parts: dict[Key, npt.ArrayLike], n: int) -> Array:
    """`n` readings whose parts are given by (stream, engine, part); all else is what an empty record holds."""
    made_ = np.repeat(to_array(Readings), n)
    for (stream, engine, part), values in parts.items():
        made_[stream][engine][f"{part}_part"] = values
    return made_


def random_readings(seed: int, n: int, size: float = 0.25) -> Array:
    """Parts of any kind, one in five of them 0; distances from the mean and an RSI of any kind."""
    rng = np.random.default_rng(seed)
    found = readings_of({key: rng.uniform(-size, size, n) * (rng.random(n) < 0.8) for key in KEYS}, n)
    for stream in ("middle", "slow"):
        found[stream]["features"]["trend"] = rng.uniform(-2.0, 2.0, n) * (rng.random(n) < 0.9)
    found["base"]["momentum"]["rsi"] = rng.uniform(10.0, 90.0, n)
    return found


def real_readings(path: pathlib.Path, begin: int, n: int, sense: Any) -> Array:
    """What sense reads on `n` bars of a file, after 1,000 bars of warm-up."""
    from bullmachine.machine.machine import Machine  # noqa: PLC0415  (most of what reads this needs no machine)
    from bullmachine.trading.params import DecideParams  # noqa: PLC0415

    frame = pl.read_parquet(path)[begin : begin + 1_000 + n]
    columns = [frame[name].to_numpy() for name in ("open", "high", "low", "close", "volume")]
    rows = rows_from_columns(frame["timestamp"].dt.epoch("ms").to_numpy(), *columns)
    machine = made(Machine, sense=sense, decide=made(DecideParams))
    return np.concatenate([c.pieces[0].readings.copy() for c in machine.advance(rows)])[1_000:]


def scored(p: Any, readings: Array) -> Array:
    """What the score says; every float was NaN before."""
    scores = np.repeat(to_array(Score), len(readings))
    for name in (*STEPS, "f", "trend", "reversal", "align", "parts"):
        scores[name] = np.nan
    score_run(to_array(p), readings, scores)
    return scores


def plain(readings: Array) -> list[dict[str, float]]:
    """What the twin reads of each reading, as plain numbers by name."""
    columns = {f"{e}.{part}.{s}": readings[s][e][f"{part}_part"].tolist() for s, e, part in KEYS}
    columns |= {stream: readings[stream]["features"]["trend"].tolist() for stream in ("middle", "slow")}
    columns["rsi"] = readings["base"]["momentum"]["rsi"].tolist()
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def clip(x: float) -> float:
    return 1.0 if x > 1.0 else max(x, -1.0)


def weights(p: Any, book: str) -> dict[str, float]:
    """The weight of every engine of a book, in the mode."""
    _, single, only = p.mode.name.lower().partition("single_")
    own = {engine: getattr(getattr(p, engine), f"w_{book}") for engine in BOOKS[book]}
    return {engine: float(engine == only) for engine in own} if single else own


def mixed(p: Any, row: dict[str, float], book: str, engine: str) -> dict[str, float]:
    """S of an engine in a book, piece by piece: by the names of its contributions."""
    mix = getattr(p, engine)
    return {
        name: share * row[name]
        for stream in STREAMS[engine]
        for share in [getattr(mix, f"mix_{stream}")]
        for name in [f"{engine}.{part}.{stream}" for part in BOOKS[book][engine]]
    }


def activations(p: Any, row: dict[str, float], book: str) -> dict[str, float]:
    """u of every engine of a book."""
    return {
        engine: clip(sum(mixed(p, row, book, engine).values()) / getattr(getattr(p, engine), f"s_{book}"))
        for engine in BOOKS[book]
    }


def contributions(p: Any, row: dict[str, float]) -> dict[str, float]:
    """Every contribution to a book by its name."""
    found: dict[str, float] = {}
    for book, engines in BOOKS.items():
        share, u = weights(p, book), activations(p, row, book)
        for engine in engines:
            scale = getattr(getattr(p, engine), f"s_{book}")
            own = {name: share[engine] * value / scale for name, value in mixed(p, row, book, engine).items()}
            found |= own | {f"clip.{book}.{engine}": share[engine] * u[engine] - sum(own.values())}
    return found


def _lean(distance: float, band: float) -> int:
    return 0 if -band <= distance <= band else int(math.copysign(1, distance))


def aligned(p: Any, row: dict[str, float], side: int) -> float:
    """How far the slower timeframes stand with a side."""
    middle, slow = side * row["middle"], side * row["slow"]
    first, second = float(_lean(middle, p.mtf.dead_band)), _lean(slow, p.mtf.dead_band)
    if first == -1 and second == 1 and abs(middle) < p.mtf.nested_within:
        first = p.mtf.nested
    return (first + second) / 2


def stand(us: dict[str, float], side: int, least: float) -> int:
    """How many engines stand on a side."""
    return sum(1 for u in us.values() if side * u >= least and side * u > 0)


def heard(p: Any, row: dict[str, float], book: str) -> dict[str, float]:
    """u of the engines that have a weight in a book."""
    return {engine: u for engine, u in activations(p, row, book).items() if weights(p, book)[engine] > 0}


def told(p: Any, row: dict[str, float]) -> dict[str, Any]:
    """Everything a score says of one reading."""
    u = {book: heard(p, row, book) for book in BOOKS}
    value = {book: sum(weights(p, book)[engine] * x for engine, x in own.items()) for book, own in u.items()}
    winner = "trend" if abs(value["trend"]) >= abs(value["reversal"]) else "reversal"
    winner = winner if value[winner] else "none"
    if p.books.name != "BOTH":
        winner = p.books.name.lower()
    said: dict[str, Any] = {**value, **contributions(p, row), **dict.fromkeys(STEPS, 0.0), "book": winner}
    f = 0.0
    if winner != "none":
        other = value["reversal" if winner == "trend" else "trend"]
        if p.books.name == "BOTH" and value[winner] * other < 0:
            said["conflict"] = other / 2
        f = value[winner] + said["conflict"]
    side = int(np.sign(f))
    if p.mode.name == "ENGINES":
        larger = {e: max((u[b].get(e, 0.0) for b in ("trend", "reversal")), key=abs) for e in ENGINES}
        if stand(larger, side, p.engines.least) < p.engines.need:
            said["engines"], f, side = -f, 0.0, 0
    said["align"] = aligned(p, row, side) if side else 0.0
    if side:
        further = stand(u[winner], side, p.agreement.least) - 1
        said["agreement"] = side * min(p.agreement.most, p.agreement.per_engine * max(0, further))
        said["mtf"] = f * said["align"] * (p.mtf.bonus if said["align"] > 0 else p.mtf.penalty)
        said["exhausted"] = -p.exhausted.share * f if stretched(p, row, side) else 0.0
    raw = f + said["agreement"] + said["mtf"] + said["exhausted"]
    said["f"] = side * min(1.0, max(0.0, side * raw))
    return said | {"clip": said["f"] - raw}


def stretched(p: Any, row: dict[str, float], side: int) -> bool:
    """RSI far out on a side, and the divergences of the base timeframe against it."""
    rsi, divergence = row["rsi"], row["momentum.divergence.base"]
    out = rsi > p.exhausted.rsi if side == 1 else rsi < 100 - p.exhausted.rsi
    return out and side * divergence < 0
