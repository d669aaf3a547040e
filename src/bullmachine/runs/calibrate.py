"""Calibration: the scales and thresholds of F from the distribution of scores, never from results.

1. S of every engine and book over the bars of all files up to `until`, once the engines are ready.
   Its scale s is the chosen quantile of |S|, at least 0.05.
2. F with these scales over the same bars. `on` is the same quantile of |F|, rounded to 0.01; `off` is half.
3. What a weight comes to: the share of an engine's variance in the sum of those of its book.

No fill and no profit is computed anywhere in here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import tomli_w

from bullmachine.config import Config, differences, load_config, presets
from bullmachine.config.resolved import nest
from bullmachine.config.sources import DEFAULT_PRESET, flatten
from bullmachine.core.errors import WindowError
from bullmachine.core.record import dtype_of, to_array
from bullmachine.core.time import from_ms
from bullmachine.fusion.score import EVIDENCE, FEEDS, PART_NAMES, STREAMS, FusionParams, Score, score_run
from bullmachine.machine.engines import engine_versions
from bullmachine.machine.machine import Machine
from bullmachine.market.report import Bars
from bullmachine.runs.window import parse_moment

__all__ = ["Calibration", "calibrate", "engine_digest"]

_Array = np.ndarray[Any, Any]
_LEAST_SCALE: Final = 0.05  #: below this an engine is sparse, and its scale stays here
_LEAST_ON: Final = 0.01  #: a threshold of 0 would ask on every bar
_SHOWN: Final = (0.5, 0.9, 0.95, 0.97, 0.99)
_PAIRS: Final = tuple((book, engine) for book, engines in EVIDENCE.items() for engine in engines)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration found.

    `scales` are settings (`fusion.<engine>.s_<book>`); `effective` is each weight's share of its book's
    variance by setting (`fusion.<engine>.w_<book>`); `sparse` names engines and books whose quantile fell
    below the least scale; `quantiles` are those of |S|, of each book, and of |F|.
    """

    scales: dict[str, float]
    on: float
    off: float
    effective: dict[str, float]
    quantile: float
    slice: str
    engines: str
    bars: int
    sparse: tuple[str, ...]
    quantiles: dict[str, list[float]]

    def to_toml(self, config: Config) -> str:
        """A settings file: a preset, then what `config` and this calibration change in it."""
        preset = config.name if config.name in presets() else DEFAULT_PRESET
        calibration = {
            "slice": self.slice,
            "quantile": self.quantile,
            "engines": self.engines,
            "provisional": True,
        }
        found = {"fusion.on": self.on, "fusion.off": self.off, **self.scales, **flatten({"calibration": calibration})}
        changed = {key: value for key, _, value in differences(load_config(preset), config)}
        return tomli_w.dumps({"preset": preset, **nest({**changed, **found})})


def engine_digest(config: Config) -> str:
    """12 hex digits of the engines' versions and parameters: what a calibration depends on."""
    told = repr(sorted(engine_versions().items())).encode() + repr(config.sense).encode()
    return hashlib.sha256(told).hexdigest()[:12]


def calibrate(files: Sequence[Bars], config: Config, until: str, quantile: float = 0.97) -> Calibration:
    """Scales and thresholds from `files` up to and including the day `until`.

    Raises:
        WindowError: no file has a bar of ready engines up to `until`.
    """
    end = parse_moment(until, end=True)
    early = [bars.rows[bars.rows["ts"] < end] for bars in files]
    fusion = config.decide.fusion
    raw = _scores(early, config, _unscaled(fusion))
    if not len(raw):
        raise WindowError(f"no bar with ready engines up to {until}: choose a later --until or longer files")
    sizes = {pair: np.abs(_said(raw, *pair, clipped=False)) for pair in _PAIRS}
    found = {pair: float(np.quantile(size, quantile)) for pair, size in sizes.items()}
    s = {pair: round(max(value, _LEAST_SCALE), 4) for pair, value in found.items()}
    scaled = _scores(early, config, _scaled(fusion, s))
    f = np.abs(scaled["f"])
    on = max(round(float(np.quantile(f, quantile)), 2), _LEAST_ON)
    return Calibration(
        scales={f"fusion.{engine}.s_{book}": value for (book, engine), value in s.items()},
        on=on,
        off=round(on / 2, 4),
        effective=_effective(scaled),
        quantile=quantile,
        slice=f"{' + '.join(b.report.symbol or b.report.name for b in files)} to {from_ms(end - 1):%Y-%m-%d}",
        engines=engine_digest(config),
        bars=len(raw),
        sparse=tuple(f"{engine} {book}" for (book, engine), value in found.items() if value < _LEAST_SCALE),
        quantiles={
            "quantile": list(_SHOWN),
            **{f"|S {book} {engine}|": np.quantile(size, _SHOWN).tolist() for (book, engine), size in sizes.items()},
            **{f"|F {book}|": np.quantile(np.abs(scaled[book]), _SHOWN).tolist() for book in EVIDENCE},
            "|F|": np.quantile(f, _SHOWN).tolist(),
        },
    )


def _unscaled(p: FusionParams) -> FusionParams:
    """With scales and weights of 1 an engine's contributions are its mixed score."""
    ones = dict.fromkeys(_PAIRS, 1.0)
    return _set(_set(p, "s", ones), "w", ones)


def _scaled(p: FusionParams, s: dict[tuple[str, str], float]) -> FusionParams:
    return _set(p, "s", s)


def _set(p: FusionParams, name: str, values: dict[tuple[str, str], float]) -> FusionParams:
    """`p` with the settings `<name>_<book>` of the engines."""
    mixes = {engine: getattr(p, engine) for engine in FEEDS}
    for (book, engine), value in values.items():
        mixes[engine] = replace(mixes[engine], **{f"{name}_{book}": value})
    return replace(p, **mixes)


def _said(scores: _Array, book: str, engine: str, *, clipped: bool) -> _Array:
    """What an engine says in a book, with or without its clip."""
    names = [f"{engine}.{part}.{stream}" for part in EVIDENCE[book][engine] for stream in STREAMS[engine]]
    names += [f"clip.{book}.{engine}"] if clipped else []
    said: _Array = scores["parts"][:, [PART_NAMES.index(name) for name in names]].sum(axis=1)
    return said


def _effective(scores: _Array) -> dict[str, float]:
    """The share of each weight's variance in its book: what it comes to on these bars."""
    spread = {pair: float(np.var(_said(scores, *pair, clipped=True))) for pair in _PAIRS}
    whole = {book: sum(spread[book, engine] for engine in EVIDENCE[book]) for book in EVIDENCE}
    return {
        f"fusion.{engine}.w_{book}": round(value / whole[book], 4) if whole[book] > 0.0 else 0.0
        for (book, engine), value in spread.items()
    }


def _scores(files: Iterable[_Array], config: Config, fusion: FusionParams) -> _Array:
    """The scores of every bar with ready engines, file after file."""
    p, made = to_array(fusion), [np.zeros(0, dtype_of(Score))]
    for rows in files:
        machine = Machine(config.sense, config.decide, trade_from=1 << 62)
        for chunk in machine.advance(rows):
            readings = _ready(chunk.pieces[0].readings)
            scores = np.zeros(len(readings), dtype_of(Score))
            score_run(p, readings, scores)
            made.append(scores)
    return np.concatenate(made)


def _ready(readings: _Array) -> _Array:
    flags = [readings[stream][engine]["ready"] == 1 for engine in FEEDS for stream in STREAMS[engine]]
    return readings[np.logical_and.reduce(flags)]
