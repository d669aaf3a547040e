"""Calibration: the scales and thresholds of F from the distribution of scores, never from results.

1. S of every engine and book over the bars of all files up to `until`, once the engines are ready.
   Its scale s is the chosen quantile of |S|, at least 0.05.
2. F with these scales over the same bars. `on` is the same quantile of |F|, rounded to 0.01; `off` is half.

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
from bullmachine.fusion.score import FusionParams, MomentumMix, Score, score_run
from bullmachine.machine.engines import engine_versions
from bullmachine.machine.machine import Machine
from bullmachine.market.report import Bars
from bullmachine.runs.window import parse_moment

__all__ = ["Calibration", "calibrate", "engine_digest"]

_Array = np.ndarray[Any, Any]
_LEAST_SCALE: Final = 0.05  #: below this an engine is sparse, and its scale stays here
_LEAST_ON: Final = 0.01  #: a threshold of 0 would ask on every bar
_SHOWN: Final = (0.5, 0.9, 0.95, 0.97, 0.99)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration found. `sparse` names the books whose quantile fell below the least scale."""

    s_trend: float
    s_reversal: float
    on: float
    off: float
    quantile: float
    slice: str
    engines: str
    bars: int
    sparse: tuple[str, ...]
    quantiles: dict[str, list[float]]

    def to_toml(self, config: Config) -> str:
        """A settings file: a preset, then what `config` and this calibration change in it."""
        preset = config.name if config.name in presets() else DEFAULT_PRESET
        found = {
            "fusion": {
                "on": self.on,
                "off": self.off,
                "momentum": {"s_trend": self.s_trend, "s_reversal": self.s_reversal},
            },
            "calibration": {
                "slice": self.slice,
                "quantile": self.quantile,
                "engines": self.engines,
                "provisional": True,
            },
        }
        changed = {key: value for key, _, value in differences(load_config(preset), config)}
        return tomli_w.dumps({"preset": preset, **nest({**changed, **flatten(found)})})


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
    raw = _scores(early, config, _unscaled(config.decide.fusion))
    if not len(raw):
        raise WindowError(f"no bar with ready engines up to {until}: choose a later --until or longer files")
    found = {book: float(np.quantile(np.abs(raw[book]), quantile)) for book in ("trend", "reversal")}
    s = {book: round(max(value, _LEAST_SCALE), 4) for book, value in found.items()}
    mix = replace(config.decide.fusion.momentum, s_trend=s["trend"], s_reversal=s["reversal"])
    f = np.abs(_scores(early, config, replace(config.decide.fusion, momentum=mix))["f"])
    on = max(round(float(np.quantile(f, quantile)), 2), _LEAST_ON)
    return Calibration(
        s_trend=s["trend"],
        s_reversal=s["reversal"],
        on=on,
        off=round(on / 2, 4),
        quantile=quantile,
        slice=f"{' + '.join(b.report.symbol or b.report.name for b in files)} to {from_ms(end - 1):%Y-%m-%d}",
        engines=engine_digest(config),
        bars=len(raw),
        sparse=tuple(book for book, value in found.items() if value < _LEAST_SCALE),
        quantiles={
            "quantile": list(_SHOWN),
            "|S trend|": np.quantile(np.abs(raw["trend"]), _SHOWN).tolist(),
            "|S reversal|": np.quantile(np.abs(raw["reversal"]), _SHOWN).tolist(),
            "|F|": np.quantile(f, _SHOWN).tolist(),
        },
    )


def _unscaled(p: FusionParams) -> FusionParams:
    """With scales and weights of 1 a book's value is the mixed score itself (|S| <= 1 is never clipped)."""
    mix: MomentumMix = replace(p.momentum, s_trend=1.0, s_reversal=1.0, w_trend=1.0, w_reversal=1.0)
    return replace(p, momentum=mix)


def _scores(files: Iterable[_Array], config: Config, fusion: FusionParams) -> _Array:
    """The scores of every bar with ready engines, file after file."""
    p, made = to_array(fusion), [np.zeros(0, dtype_of(Score))]
    for rows in files:
        machine = Machine(config.sense, config.decide, trade_from=1 << 62)
        for chunk in machine.advance(rows):
            found = chunk.pieces[0].readings
            ready = (found["base"]["momentum"]["ready"] == 1) & (found["middle"]["momentum"]["ready"] == 1)
            readings = found[ready]
            scores = np.zeros(len(readings), dtype_of(Score))
            score_run(p, readings, scores)
            made.append(scores)
    return np.concatenate(made)
