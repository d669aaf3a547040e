"""Calibration: the scales and thresholds of F from the distribution of scores, never from results.

1. S of every engine and book over the bars of all files up to `until`, once the engines are ready.
   Its scale s is the chosen quantile of |S|, at least 0.05. S is the same in every mode of F.
2. F with these scales over the same bars, in the mode of the settings. `on` is the same quantile of |F|, rounded to
   0.01, or the threshold with which F asks for so many trades a year; `off` is half.
3. What a weight comes to: the share of an engine's variance in the sum of those of its book.
4. How often F asks, and with what interval; behind `until` too, for one number that nothing else is made of.

No fill and no profit is computed anywhere in here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import tomli_w

from bullmachine.config import Config, differences, load_config, presets
from bullmachine.config.resolved import nest
from bullmachine.config.sources import DEFAULT_PRESET, flatten
from bullmachine.core.errors import WindowError
from bullmachine.core.record import dtype_of, to_array
from bullmachine.core.time import from_ms
from bullmachine.fusion.params import FusionParams, Mode
from bullmachine.fusion.score import EVIDENCE, FEEDS, PART_NAMES, STREAMS, Score, score_run
from bullmachine.machine.engines import engine_versions
from bullmachine.machine.machine import Machine
from bullmachine.market.report import Bars
from bullmachine.runs.asking import Asking, Track, asking, f_interval, on_for_rate
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

    `on` is the quantile `share` of |F|, whose 90 % interval is `on_interval`. `asking` says how often F asks with it,
    `after` how often a year it does behind the slice (None without bars there): nothing else is made of those bars.
    """

    scales: dict[str, float]
    on: float
    off: float
    effective: dict[str, float]
    quantile: float
    trades_per_year: float
    share: float
    on_interval: tuple[float, float] | None
    asking: Asking
    slice: str
    engines: str
    bars: int
    sparse: tuple[str, ...]
    quantiles: dict[str, list[float]]
    after: float | None = field(compare=False)

    def to_toml(self, config: Config) -> str:
        """A settings file: a preset, then what `config` and this calibration change in it."""
        preset = config.name if config.name in presets() else DEFAULT_PRESET
        calibration = {
            "slice": self.slice,
            "quantile": self.quantile,
            "trades_per_year": self.trades_per_year,
            "engines": self.engines,
        }
        found = {"fusion.on": self.on, "fusion.off": self.off, **self.scales, **flatten({"calibration": calibration})}
        told = differences(load_config(preset), config)
        changed = {key: value for key, _, value in told if value is not None}  # None: a row that a choice took away
        return tomli_w.dumps({"preset": preset, **nest({**changed, **found})})


def engine_digest(config: Config) -> str:
    """12 hex digits of the engines' versions and parameters: what a calibration depends on."""
    told = repr(sorted(engine_versions().items())).encode() + repr(config.sense).encode()
    return hashlib.sha256(told).hexdigest()[:12]


def calibrate(
    files: Sequence[Bars], config: Config, until: str, quantile: float = 0.97, trades_per_year: float = 0.0
) -> Calibration:
    """Scales and thresholds from `files` up to and including the day `until`.

    Args:
        files: bars; all feed one distribution.
        config: settings; scales and thresholds in it are not read.
        until: the last day used.
        quantile: of |S|, and of |F| unless `trades_per_year` is given.
        trades_per_year: entries a year and file that `on` is chosen for; 0: it is the quantile.

    Raises:
        WindowError: no file has a bar of ready engines up to `until`.
    """
    end = parse_moment(until, end=True)
    fusion = config.decide.fusion
    raw = _pooled(_Scored(bars, config, _unscaled(fusion)).upto(end)[1] for bars in files)
    if not len(raw):
        raise WindowError(f"no bar with ready engines up to {until}: choose a later --until or longer files")
    sizes = {pair: np.abs(_said(raw, *pair, clipped=False)) for pair in _PAIRS}
    found = {pair: float(np.quantile(size, quantile)) for pair, size in sizes.items()}
    s = {pair: round(max(value, _LEAST_SCALE), 4) for pair, value in found.items()}
    fusion = _set(fusion, "s", s)
    machines = [_Scored(bars, config, fusion) for bars in files]
    early = [machine.upto(end) for machine in machines]
    scaled, tracks = _pooled(scores for _, scores in early), _tracks(files, config, early)
    on, share = _threshold(fusion, tracks, quantile, trades_per_year)
    fusion = replace(fusion, on=on, off=round(on / 2, 4))
    return Calibration(
        scales={f"fusion.{engine}.s_{book}": value for (book, engine), value in s.items()},
        on=on,
        off=fusion.off,
        effective=_effective(scaled),
        quantile=quantile,
        trades_per_year=trades_per_year,
        share=share,
        on_interval=f_interval(tracks, share),
        asking=asking(fusion, tracks),
        slice=f"{' + '.join(_name(bars) for bars in files)} to {from_ms(end - 1):%Y-%m-%d}",
        engines=engine_digest(config),
        bars=len(raw),
        sparse=tuple(f"{engine} {book}" for (book, engine), value in found.items() if value < _LEAST_SCALE),
        quantiles=_shown(sizes, scaled),
        after=_after(fusion, _tracks(files, config, [machine.upto(1 << 62) for machine in machines])),
    )


def _threshold(
    p: FusionParams, tracks: Sequence[Track], quantile: float, trades_per_year: float
) -> tuple[float, float]:
    """`on`, and the quantile of |F| that it is."""
    f = np.abs(np.concatenate([track.f for track in tracks]))
    if trades_per_year > 0.0:
        on = on_for_rate(p, tracks, trades_per_year)
        return on, float(np.mean(f < on))
    return max(round(float(np.quantile(f, quantile)), 2), _LEAST_ON), quantile


def _shown(sizes: dict[tuple[str, str], _Array], scaled: _Array) -> dict[str, list[float]]:
    """The quantiles of |S| by book and engine, of each book and of |F|."""
    told = {f"|S {book} {engine}|": size for (book, engine), size in sizes.items()}
    told |= {f"|F {book}|": np.abs(scaled[book]) for book in EVIDENCE} | {"|F|": np.abs(scaled["f"])}
    return {"quantile": list(_SHOWN), **{name: np.quantile(x, _SHOWN).tolist() for name, x in told.items()}}


def _name(bars: Bars) -> str:
    return bars.report.symbol or bars.report.name


def _tracks(files: Sequence[Bars], config: Config, told: Iterable[tuple[_Array, _Array]]) -> list[Track]:
    return [
        Track(_name(bars), config.sense.base, known, np.ascontiguousarray(scores["f"]))
        for bars, (known, scores) in zip(files, told, strict=True)
    ]


def _after(p: FusionParams, tracks: Sequence[Track]) -> float | None:
    """The rate on bars behind the slice, the state being FLAT where they begin."""
    return asking(p, tracks).rate if any(len(track.f) for track in tracks) else None


def _unscaled(p: FusionParams) -> FusionParams:
    """With scales and weights of 1 an engine's contributions are its mixed score, where all engines speak."""
    ones = dict.fromkeys(_PAIRS, 1.0)
    return replace(_set(_set(p, "s", ones), "w", ones), mode=Mode.WEIGHTED)


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


class _Scored:
    """The scores of a file's bars with ready engines, piece by piece of time."""

    def __init__(self, bars: Bars, config: Config, fusion: FusionParams) -> None:
        self._rows, self._at, self._p = bars.rows, 0, to_array(fusion)
        self._machine = Machine(config.sense, config.decide, trade_from=1 << 62)

    def upto(self, end: int) -> tuple[_Array, _Array]:
        """The closes and scores of the bars that open before `end` and were not told yet."""
        begin, self._at = self._at, int(np.searchsorted(self._rows["ts"], end))
        known, made = [np.zeros(0, np.int64)], [np.zeros(0, dtype_of(Score))]
        for chunk in self._machine.advance(self._rows[begin : self._at]):
            piece = chunk.pieces[0]
            ready = _ready(piece.readings)
            scores = np.zeros(int(ready.sum()), dtype_of(Score))
            score_run(self._p, piece.readings[ready], scores)
            known.append(piece.bars["known"][ready])
            made.append(scores)
        return np.concatenate(known), np.concatenate(made)


def _pooled(scores: Iterable[_Array]) -> _Array:
    return np.concatenate(list(scores))


def _ready(readings: _Array) -> _Array:
    """Which bars have ready engines."""
    flags = [readings[stream][engine]["ready"] == 1 for engine in FEEDS for stream in STREAMS[engine]]
    ready: _Array = np.logical_and.reduce(flags)
    return ready
