"""The zones, pools and trading ranges that are live now, as plain rows read from the sense state.

Nothing is computed here that a kernel does not hold; a zone's quality is what the score would take.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from bullmachine.core.time import timeframe_name
from bullmachine.engines.smc.zones import quality, zone_kind
from bullmachine.engines.wyckoff import Phase
from bullmachine.machine.engines import kind_names

__all__ = ["LiveZone", "live_ranges", "live_zones"]

_Array = np.ndarray[Any, Any]


class LiveZone(NamedTuple):
    """One live zone: its present kind and direction, its edges (equal for a pool), the open time of its candle.

    `age` counts bars of its timeframe since it was known, `n` breaks, members or skips, `fill` the share of a
    gap that was filled; `id` is the event that made it.

    A trading range is an `ACCUMULATION` (+1: `lo` its support, `hi` its creek) or a `DISTRIBUTION` (-1: `lo` its ice)
    in a Wyckoff `phase`, A2 to E; `age` counts since that phase was known, `n` tests. It has no candle (`ref` None)
    and, here, neither score nor quality.
    """

    timeframe: str
    kind: str
    dir: int
    lo: float
    hi: float
    ref: int | None
    age: int
    n: int
    fill: float
    score: float
    quality: float
    id: int
    phase: str = ""


def live_zones(params: _Array, state: _Array) -> list[LiveZone]:
    """Every live zone of both streams of a sense stage, by timeframe and nearest to the price first on each side."""
    p, s = params[0], state[0]
    streams = ((p.base, s.base.stream), (p.middle, s.middle.stream))
    return [zone for tf, stream in streams for zone in _of_stream(timeframe_name(int(tf)), stream)]


def live_ranges(params: _Array, state: _Array) -> list[LiveZone]:
    """Every trading range of the three streams of a sense stage, by timeframe, accumulation first.

    While both sides claim a range without a climax there are two of it.
    """
    p, s = params[0], state[0]
    streams = (
        (p.base, s.base.stream, int(s.base.stream.smc.n) - 1),
        (p.middle, s.middle.stream, int(s.middle.reading.i)),
        (p.slow, s.slow.stream, int(s.slow.reading.i)),
    )
    return [
        _range(timeframe_name(int(tf)), stream.wyckoff.machines[side], side, now)
        for tf, stream, now in streams
        for side in range(2)
        if stream.wyckoff.machines[side].phase >= Phase.A2
    ]


def _range(tf: str, m: Any, side: int, now: int) -> LiveZone:
    """The range of one machine; a distribution's own prices are upside down."""
    way = 1 - 2 * side
    lo, hi = sorted((way * float(m.support), way * float(m.creek)))
    return LiveZone(tf, ("ACCUMULATION", "DISTRIBUTION")[side], way, lo, hi, None, now - int(m.phase_i), int(m.n_st),
                    0.0, 0.0, 0.0, int(m.base), Phase(int(m.phase)).name)  # fmt: skip


def _of_stream(tf: str, stream: Any) -> Iterator[LiveZone]:
    names, now = kind_names(), int(stream.smc.n) - 1
    for place in _places(stream.smc.board):
        z = stream.smc.zones[place]
        kind, worth = names[int(zone_kind(z))], float(quality(z, now))
        yield LiveZone(tf, kind, int(z.dir), float(z.lo), float(z.hi), int(z.ref_ts), now - int(z.born), int(z.n),
                       float(z.fill), float(z.score), worth, int(z.id))  # fmt: skip
    for place in _places(stream.smc.pools):
        q = stream.smc.pool[place]
        level = float(q.level)
        yield LiveZone(tf, "POOL", -int(q.dir), level, level, int(q.ref_ts), now - int(q.born), int(q.n), 0.0, 0.0, 0.0,
                       int(q.id))  # fmt: skip
    for place in _places(stream.hob.hidden.board):
        z = stream.hob.hidden.bodies[place]
        kind = "PHOB" if z.partial else "HOB"
        yield LiveZone(tf, kind, int(z.dir), float(z.lo), float(z.hi), int(z.ref_ts), now - int(z.hidden), int(z.n),
                       0.0, float(z.score), float(z.score), int(z.id))  # fmt: skip


def _places(board: Any) -> list[int]:
    """The places taken, supports and then resistances, nearest first."""
    return [int(place) for line in board.lines for place in line.place[: line.n][::-1]]
