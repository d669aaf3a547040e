"""The strip of phases on runs of the machine: bar for bar what its readings say, and what its events explain."""

from __future__ import annotations

import bisect
import pathlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numba
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.api.test_live_structure import framed
from tests.unit.report.reading import Page, write_and_read
from tests.unit.report.test_evidence import rows

import bullmachine as bm
from bullmachine.core.time import from_ms
from bullmachine.engines.wyckoff import Phase
from bullmachine.machine.machine import Machine
from bullmachine.market.sample import sample_rows

Array = np.ndarray[Any, Any]
Lane = tuple[str, int]
pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="months of bars take minutes without the JIT")

STREAMS: Final = {"1h": "base", "4h": "middle", "1d": "slow"}
SIDES: Final = {1: "phase_long", -1: "phase_short"}
LANES: Final[list[Lane]] = [(tf, way) for tf in STREAMS for way in SIDES]
HISTORY: Final = 1900  #: bars before the window, which begins inside a piece
BARS: Final = 4000
SPRING_BARS: Final = 40  #: of `engines.wyckoff.spring.max_bars`
#: which phase begins with an event of that kind, if a new one does
BEGINS: Final = {
    **dict.fromkeys(("SC", "BC"), "A1"),
    "AR": "A2",
    **dict.fromkeys(("ST", "RANGE", "FAILED_SOS", "FAILED_SOW"), "B"),
    **dict.fromkeys(("SPRING", "UTAD"), "C"),
    **dict.fromkeys(("SOS", "SOW"), "D"),
    **dict.fromkeys(("MARKUP", "MARKDOWN"), "E"),
}


class Made(NamedTuple):
    """A run by its market's name, its page, and of every lane the phase the readings have at each of its closes."""

    name: str
    folder: pathlib.Path
    page: Page
    closes: list[int]
    read: dict[Lane, list[str]]


def as_read(bars: Array) -> tuple[list[int], dict[Lane, list[str]]]:
    config = bm.load_config()
    machine, closes = Machine(config.sense, config.decide), list[int]()
    found: dict[Lane, list[str]] = {lane: [] for lane in LANES}
    for chunk in machine.advance(bars):
        piece = chunk.pieces[0]
        closes += piece.bars["known"].tolist()
        for tf, way in LANES:
            phases = piece.readings[STREAMS[tf]]["wyckoff"][SIDES[way]]
            found[tf, way] += [Phase(p).name for p in phases.tolist()]
    return closes[HISTORY:], {lane: phases[HISTORY:] for lane, phases in found.items()}


@pytest.fixture(scope="module", params=["sample", "ETH"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    find: Callable[[str], pathlib.Path] = request.getfixturevalue("real_data")
    bars = bm.sample() if request.param == "sample" else bm.read_bars(find("ohlcv/ETHUSDT_binance_1h.parquet"))
    first = 3000
    start, end = (int(bars.rows["ts"][first + k]) for k in (HISTORY, HISTORY + BARS))
    out = tmp_path_factory.mktemp("strip") / "run"
    bm.backtest(
        bars,
        start=from_ms(start).isoformat(),
        end=from_ms(end).isoformat(),
        warm_up=HISTORY,
        out=out,
        baseline=False,
    )
    return Made(request.param, out, write_and_read(out), *as_read(bars.rows[first : first + HISTORY + BARS]))


def as_drawn(made: Made, lane: Lane) -> Iterator[str]:
    """The phase that the strip shows of a lane from each close on; the last stretch holds at the run's last close."""
    mine = [row for row in rows(made.page, "phases") if (row["tf"], row["dir"]) == lane]
    begins = [row["known"] for row in mine]
    for close in made.closes:
        k = bisect.bisect_right(begins, close) - 1
        lives = k >= 0 and (close < mine[k]["end"] or close == made.closes[-1] == mine[k]["end"])
        yield mine[k]["phase"] if lives else "N"


def test_the_strip_is_bar_for_bar_what_the_readings_say(made: Made) -> None:
    seen = Counter[str]()
    for lane in LANES:
        assert list(as_drawn(made, lane)) == made.read[lane], lane
        seen.update(made.read[lane])
    assert set(seen) == {phase.name for phase in Phase}


def test_every_phase_begins_with_the_event_that_makes_it_or_after_a_silent_c(made: Made) -> None:
    events = pl.read_parquet(made.folder / "engine_events.parquet").filter(pl.col("engine") == "wyckoff")
    told: dict[tuple[str, int], set[str]] = {}
    for tf, kind, known in events.select("tf", "kind", pl.col("t_known").dt.epoch("ms")).iter_rows():
        told.setdefault((tf, known), set()).add(BEGINS.get(kind, ""))
    bars = pl.read_parquet(made.folder / "bars.parquet").select("tf", pl.col("known").dt.epoch("ms"))
    silent = 0
    for lane in LANES:
        mine = [row for row in rows(made.page, "phases") if (row["tf"], row["dir"]) == lane and row["begun"]]
        for k, row in enumerate(mine):
            if row["phase"] in told.get((row["tf"], row["known"]), set()):
                continue
            assert (row["phase"], mine[k - 1]["phase"], mine[k - 1]["end"]) == ("B", "C", row["known"])
            span = (pl.col("known") > mine[k - 1]["known"]) & (pl.col("known") <= row["known"])
            assert len(bars.filter(pl.col("tf") == row["tf"], span)) == SPRING_BARS + 1
            silent += 1
    assert made.name == "sample" or silent > 0


def test_a_range_stands_while_its_side_has_a_phase_with_edges(made: Made) -> None:
    boxes = rows(made.page, "ranges")
    assert len(boxes) > 30
    for lane in LANES:
        mine = [(row["known"], row["end"]) for row in boxes if (row["tf"], row["dir"]) == lane]
        first = min((known for known, _ in mine), default=made.closes[-1])
        for close, phase in zip(made.closes, made.read[lane], strict=True):
            inside = any(known <= close < end for known, end in mine)
            if first <= close < made.closes[-1]:
                assert inside == (phase not in {"N", "A1"}), (lane, close, phase)


def test_of_several_symbols_each_has_its_own_phases() -> None:
    markets = {"ONE": sample_rows(2_400, seed=3), "TWO": sample_rows(2_400, seed=4)}
    frames = {name: framed(rows) for name, rows in markets.items()}
    both = bm.backtest(frames, start="2022-03-01", baseline=False).decisions
    columns = [name for name in both.columns if name.startswith("phase_")]
    assert len(columns) == 6
    for name, frame in frames.items():
        alone = bm.backtest({name: frame}, start="2022-03-01", baseline=False).decisions
        assert_frame_equal(
            both.filter(pl.col("symbol") == name).select("time", *columns), alone.select("time", *columns)
        )
        assert alone["phase_long.base"].n_unique() > 3
