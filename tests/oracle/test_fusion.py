"""The fusion score against its definition in plain arithmetic, and the laws every score keeps.

The twin shares no code with the score: per engine and book the timeframes' scores are mixed, scaled and
clipped; the book that is larger in absolute value wins and pays half of an opposing other book.
"""

import pathlib
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numba
import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given, settings

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.record import to_array
from bullmachine.fusion.readings import Readings
from bullmachine.fusion.score import PART_NAMES, PARTS, Book, Books, FusionParams, MomentumMix, Score, score_run

Array = np.ndarray[Any, Any]
Finder = Callable[[str], pathlib.Path]

TREND = ("rsi_part", "macd_part", "dmi_part")
REVERSAL = ("divergence_part",)
ALL = TREND + REVERSAL
STREAMS = ("base", "middle")


def made(cls: Any, **values: Any) -> Any:
    """Params or a record; mypy takes the fields made with `nested` for required ones."""
    return cls(**values)


MIXES = {
    "defaults": MomentumMix(),
    "preset": MomentumMix(s_trend=0.6, s_reversal=0.06),
    "narrow": MomentumMix(s_trend=0.05, s_reversal=0.05),
    "weighted": MomentumMix(mix_base=0.4, mix_middle=0.6, w_trend=0.3, w_reversal=0.15),
}


def readings_of(parts: dict[tuple[str, str], npt.ArrayLike], n: int) -> Array:
    """`n` readings whose momentum parts are given by (stream, part); all else is what an empty record holds."""
    made_ = np.repeat(to_array(Readings), n)
    for (stream, part), values in parts.items():
        made_[stream]["momentum"][part] = values
    return made_


def random_readings(seed: int, n: int, size: float = 0.25) -> Array:
    rng = np.random.default_rng(seed)
    return readings_of({(s, p): rng.uniform(-size, size, n) * (rng.random(n) < 0.8) for s in STREAMS for p in ALL}, n)


def scored(p: Any, readings: Array) -> Array:
    scores = np.repeat(to_array(Score), len(readings))
    scores["parts"] = np.nan
    score_run(to_array(p), readings, scores)
    return scores


def clip(x: float) -> float:
    return 1.0 if x > 1.0 else max(x, -1.0)


def twin(p: Any, row: Any) -> tuple[float, float, float, str]:
    """F, both books and the winner's name, from the definition."""
    m = p.momentum
    both = []
    for parts, scale, weight in ((TREND, m.s_trend, m.w_trend), (REVERSAL, m.s_reversal, m.w_reversal)):
        base, middle = (sum(float(row[stream]["momentum"][part]) for part in parts) for stream in STREAMS)
        both.append(weight * clip((m.mix_base * base + m.mix_middle * middle) / scale))
    trend, reversal = both
    if p.books is Books.TREND:
        return trend, trend, reversal, "trend"
    if p.books is Books.REVERSAL:
        return reversal, trend, reversal, "reversal"
    winner, loser, name = (trend, reversal, "trend") if abs(trend) >= abs(reversal) else (reversal, trend, "reversal")
    against = winner > 0 > loser or winner < 0 < loser
    return winner + (loser / 2 if against else 0.0), trend, reversal, name if winner else "none"


def assert_as_the_twin(p: Any, readings: Array) -> None:
    scores = scored(p, readings)
    for score, row in zip(scores, readings, strict=True):
        f, trend, reversal, name = twin(p, row)
        assert abs(score["f"] - f) <= 1e-12
        assert abs(score["trend"] - trend) <= 1e-12
        assert abs(score["reversal"] - reversal) <= 1e-12
        assert Book(int(score["book"])).name.lower() == name


def belongs(name: str) -> str:
    """The book a contribution belongs to, by its name."""
    return "reversal" if "divergence" in name or name == "clip.reversal" else "trend"


def assert_lawful(p: Any, scores: Array) -> None:
    """Bounded, and explained: contributions of the winning book and the conflict sum to F."""
    assert (np.abs(scores["f"]) <= 1.0).all()
    assert not np.isnan(scores["parts"]).any()
    for name, book in (("trend", Book.TREND), ("reversal", Book.REVERSAL)):
        own = scores["parts"][:, [k for k, part in enumerate(PART_NAMES) if belongs(part) == name]].sum(axis=1)
        assert np.abs(own - scores[name]).max() <= 1e-12
        won = scores["book"] == book
        assert np.abs((own + scores["conflict"] - scores["f"])[won]).max(initial=0.0) <= 1e-12
    assert (scores["f"][scores["book"] == Book.NONE] == 0.0).all()
    if p.books is not Books.BOTH:
        assert (scores["conflict"] == 0.0).all()


@pytest.mark.parametrize("books", list(Books))
@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES.keys())
@pytest.mark.parametrize("size", [0.01, 0.08, 0.25])
def test_the_score_is_its_definition_on_random_readings(mix: MomentumMix, books: Books, size: float) -> None:
    p, readings = made(FusionParams, books=books, momentum=mix), random_readings(1, 400, size)
    assert_as_the_twin(p, readings)
    assert_lawful(p, scored(p, readings))


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="the machine on arrays takes minutes without the JIT")
@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES.keys())
def test_the_score_is_its_definition_on_real_bars(mix: MomentumMix, real_data: Finder) -> None:
    p, readings = made(FusionParams, momentum=mix), real_readings(real_data)
    assert_as_the_twin(p, readings)
    scores = scored(p, readings)
    assert_lawful(p, scores)
    assert set(scores["book"].tolist()) >= {Book.TREND, Book.REVERSAL}
    assert (scores["conflict"] != 0.0).sum() > 5


def real_readings(real_data: Finder) -> Array:
    """What sense reads on 1,000 hours of ETH, after 1,000 hours of warm-up."""
    from bullmachine.machine.machine import Machine  # noqa: PLC0415  (the other tests need no machine)
    from bullmachine.machine.records import SenseParams  # noqa: PLC0415
    from bullmachine.trading.params import DecideParams  # noqa: PLC0415

    frame = pl.read_parquet(real_data("ohlcv/ETHUSDT_binance_1h.parquet"))[20_000:22_000]
    columns = [frame[name].to_numpy() for name in ("open", "high", "low", "close", "volume")]
    rows = rows_from_columns(frame["timestamp"].dt.epoch("ms").to_numpy(), *columns)
    pieces = [
        c.pieces[0].readings.copy()
        for c in made(Machine, sense=made(SenseParams), decide=made(DecideParams)).advance(rows)
    ]
    return np.concatenate(pieces)[1000:]


def test_nothing_read_is_a_score_of_nothing() -> None:
    score = scored(made(FusionParams), readings_of({}, 1))[0]
    assert score["f"] == score["trend"] == score["reversal"] == score["conflict"] == 0.0
    assert score["book"] == Book.NONE
    assert score["parts"].tolist() == [0.0] * PARTS


@pytest.mark.parametrize("books", list(Books))
@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES.keys())
def test_mirrored_readings_give_the_negated_score_exactly(mix: MomentumMix, books: Books) -> None:
    p, readings = made(FusionParams, books=books, momentum=mix), random_readings(2, 500)
    other = readings_of({(s, q): -readings[s]["momentum"][q] for s in STREAMS for q in ALL}, len(readings))
    seen, found = scored(p, readings), scored(p, other)
    for field in ("f", "trend", "reversal", "conflict", "parts"):
        assert np.array_equal(-seen[field], found[field]), field
    assert (seen["book"] == found["book"]).all()


@pytest.mark.parametrize("books", list(Books))
@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES.keys())
@pytest.mark.parametrize("part", ALL)
@pytest.mark.parametrize("stream", STREAMS)
def test_more_evidence_for_a_side_never_lowers_its_score(
    stream: str, part: str, mix: MomentumMix, books: Books
) -> None:
    p, readings = made(FusionParams, books=books, momentum=mix), random_readings(3, 200)
    before = scored(p, readings)["f"]
    for step in (1e-15, 1e-6, 0.01, 0.1, 0.5):
        for d in (1, -1):
            more = readings.copy()
            more[stream]["momentum"][part] += d * step
            assert (d * scored(p, more)["f"] >= d * before).all()


def test_the_other_book_is_not_read_when_one_book_is_chosen() -> None:
    readings = random_readings(4, 300)
    for books, others in ((Books.TREND, REVERSAL), (Books.REVERSAL, TREND)):
        p, changed = made(FusionParams, books=books), readings.copy()
        for stream in STREAMS:
            for part in others:
                changed[stream]["momentum"][part] *= -3.0
        assert np.array_equal(scored(p, readings)["f"], scored(p, changed)["f"])


def test_the_slow_stream_and_all_raw_readings_leave_the_score_alone() -> None:
    readings = random_readings(5, 100)
    changed = readings.copy()
    changed["slow"]["features"]["trend"] = 0.25
    changed["base"]["momentum"]["trend"] = 0.7
    changed["base"]["momentum"]["rsi"] = 99.0
    changed["base"]["features"]["atr"] = 5.0
    assert scored(made(FusionParams), readings).tobytes() == scored(made(FusionParams), changed).tobytes()


CASES = {
    # rsi base, divergence base -> F, book, conflict; unit mix and scales
    "both for the long side": (0.5, 0.25, 0.5, Book.TREND, 0.0),
    "reversal larger": (0.25, 0.5, 0.5, Book.REVERSAL, 0.0),
    "against each other, trend larger": (0.75, -0.5, 0.5, Book.TREND, -0.25),
    "against each other, reversal larger": (0.5, -0.75, -0.5, Book.REVERSAL, 0.25),
    "a tie goes to the trend": (0.5, -0.5, 0.25, Book.TREND, -0.25),
    "a tie of one sign": (-0.5, -0.5, -0.5, Book.TREND, 0.0),
    "beyond the scale": (3.0, -3.0, 0.5, Book.TREND, -0.5),
    "far beyond it": (-9.0, -0.5, -1.0, Book.TREND, 0.0),
    "only reversal": (0.0, -0.25, -0.25, Book.REVERSAL, 0.0),
}


@pytest.mark.parametrize(("rsi", "divergence", "f", "book", "conflict"), CASES.values(), ids=CASES.keys())
def test_two_books_by_hand(rsi: float, divergence: float, f: float, book: Book, conflict: float) -> None:
    unit = MomentumMix(mix_base=1.0, mix_middle=0.0, s_trend=1.0, s_reversal=1.0)
    readings = readings_of({("base", "rsi_part"): rsi, ("base", "divergence_part"): divergence}, 1)
    score = scored(made(FusionParams, momentum=unit), readings)[0]
    assert (score["f"], score["book"], score["conflict"]) == (f, book, conflict)
    assert score["parts"][PART_NAMES.index("clip.trend")] == clip(rsi) - rsi


part = st.floats(-0.25, 0.25, allow_subnormal=False)


@settings(deadline=None, max_examples=300)
@given(
    values=st.lists(part, min_size=8, max_size=8),
    mix_base=st.floats(0.0, 1.0),
    scales=st.tuples(st.floats(0.05, 1.0), st.floats(0.05, 1.0)),
    weights=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)),
    books=st.sampled_from(list(Books)),
)
def test_any_parameters_give_a_bounded_explained_score(
    values: list[float], mix_base: float, scales: tuple[float, float], weights: tuple[float, float], books: Books
) -> None:
    mix = MomentumMix(
        mix_base=mix_base, mix_middle=1.0 - mix_base, s_trend=scales[0], s_reversal=scales[1],
        w_trend=weights[0], w_reversal=weights[1],
    )  # fmt: skip
    p = made(FusionParams, books=books, momentum=mix)
    keys = [(s, q) for s in STREAMS for q in ALL]
    readings = readings_of(dict(zip(keys, values, strict=True)), 1)
    score, (f, trend, reversal, _) = scored(p, readings)[0], twin(p, readings[0])
    assert_lawful(p, scored(p, readings))
    assert abs(score["trend"] - trend) <= 1e-12
    assert abs(score["reversal"] - reversal) <= 1e-12
    clear = abs(abs(trend) - abs(reversal)) > 1e-12  # closer than that, rounding may pick the other winner
    assert not clear or abs(score["f"] - f) <= 1e-12


def test_every_contribution_has_its_name() -> None:
    """One part at a time: it appears under its own stream and indicator, and nowhere else."""
    for stream in STREAMS:
        for name in ALL:
            readings = readings_of({(stream, name): 1e-3}, 1)
            parts = scored(made(FusionParams), readings)[0]["parts"]
            named = [n for n, value in zip(PART_NAMES, parts.tolist(), strict=True) if value != 0.0]
            assert named == [f"momentum.{name.removesuffix('_part')}.{stream}"]


def test_a_score_is_a_function_of_readings_and_parameters_alone() -> None:
    readings, p = random_readings(6, 50), made(FusionParams)
    assert scored(p, readings[::-1]).tobytes() == scored(p, readings)[::-1].tobytes()
    kept = readings.copy()
    scored(p, readings)
    assert kept.tobytes() == readings.tobytes()
