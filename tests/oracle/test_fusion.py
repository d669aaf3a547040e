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
from bullmachine.fusion.score import (
    PART_NAMES,
    PARTS,
    TREND_PARTS,
    Book,
    Books,
    FusionParams,
    Mix,
    ReversalMix,
    Score,
    SlowMix,
    score_run,
)

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
#: only Wyckoff speaks from the slow timeframe
STREAMS = {"wyckoff": ("base", "middle", "slow")} | dict.fromkeys(("smc", "hob", "momentum"), ("base", "middle"))
#: every part of every stream: (stream, engine, part)
KEYS: list[Key] = [
    (s, e, part) for book in BOOKS.values() for e, parts in book.items() for s in STREAMS[e] for part in parts
]
OF_BOOK = {
    book: {(s, e, p) for e, ps in engines.items() for s in STREAMS[e] for p in ps} for book, engines in BOOKS.items()
}


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
    rng = np.random.default_rng(seed)
    return readings_of({key: rng.uniform(-size, size, n) * (rng.random(n) < 0.8) for key in KEYS}, n)


def scored(p: Any, readings: Array) -> Array:
    scores = np.repeat(to_array(Score), len(readings))
    scores["parts"] = np.nan
    score_run(to_array(p), readings, scores)
    return scores


def clip(x: float) -> float:
    return 1.0 if x > 1.0 else max(x, -1.0)


def activations(p: Any, row: Any, book: str) -> dict[str, float]:
    """u of every engine of a book, from the definition."""
    us = {}
    for engine, parts in BOOKS[book].items():
        mix = getattr(p, engine)
        said = {s: sum(float(row[s][engine][f"{part}_part"]) for part in parts) for s in STREAMS[engine]}
        mixed = sum(getattr(mix, f"mix_{stream}") * value for stream, value in said.items())
        us[engine] = clip(mixed / getattr(mix, f"s_{book}"))
    return us


def twin(p: Any, row: Any) -> tuple[float, float, float, str]:
    """F, both books and the winner's name, from the definition."""
    trend, reversal = (
        sum(getattr(getattr(p, engine), f"w_{book}") * u for engine, u in activations(p, row, book).items())
        for book in ("trend", "reversal")
    )
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
    if name.startswith("clip."):
        return name.split(".")[1]
    engine, part, _ = name.split(".")
    return next(book for book, engines in BOOKS.items() if part in engines.get(engine, []))


def assert_lawful(p: Any, scores: Array) -> None:
    """Bounded, and explained: contributions of the winning book and the conflict sum to F."""
    for name in ("f", "trend", "reversal"):
        assert (np.abs(scores[name]) <= 1.0).all()
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
def test_the_score_is_its_definition_on_random_readings(mix: dict[str, Any], books: Books, size: float) -> None:
    p, readings = made(FusionParams, books=books, **mix), random_readings(1, 400, size)
    assert_as_the_twin(p, readings)
    assert_lawful(p, scored(p, readings))


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="the machine on arrays takes minutes without the JIT")
@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES.keys())
def test_the_score_is_its_definition_on_real_bars(mix: dict[str, Any], real_data: Finder) -> None:
    p, readings = made(FusionParams, **mix), real_readings(real_data)
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
def test_mirrored_readings_give_the_negated_score_exactly(mix: dict[str, Any], books: Books) -> None:
    p, readings = made(FusionParams, books=books, **mix), random_readings(2, 500)
    other = readings_of({(s, e, q): -readings[s][e][f"{q}_part"] for s, e, q in KEYS}, len(readings))
    seen, found = scored(p, readings), scored(p, other)
    for field in ("f", "trend", "reversal", "conflict", "parts"):
        assert np.array_equal(-seen[field], found[field]), field
    assert (seen["book"] == found["book"]).all()


@pytest.mark.parametrize("books", list(Books))
@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES.keys())
def test_more_evidence_for_a_side_never_lowers_its_score(mix: dict[str, Any], books: Books) -> None:
    """Every part of every engine and timeframe: neither F nor its own book falls, and the other book stays."""
    p, readings = made(FusionParams, books=books, **mix), random_readings(3, 40)
    before = scored(p, readings)
    for stream, engine, name in KEYS:
        mine, other = ("trend", "reversal") if (stream, engine, name) in OF_BOOK["trend"] else ("reversal", "trend")
        for step in (1e-15, 0.01, 0.5):
            for d in (1, -1):
                more = readings.copy()
                more[stream][engine][f"{name}_part"] += d * step
                after = scored(p, more)
                for field in ("f", mine):
                    assert (d * after[field] >= d * before[field]).all(), (stream, engine, name)
                assert (after[other] == before[other]).all(), (stream, engine, name)


def test_the_other_book_is_not_read_when_one_book_is_chosen() -> None:
    readings = random_readings(4, 300)
    for books, other in ((Books.TREND, "reversal"), (Books.REVERSAL, "trend")):
        p, changed = made(FusionParams, books=books), readings.copy()
        for stream, engine, name in OF_BOOK[other]:
            changed[stream][engine][f"{name}_part"] *= -3.0
        assert np.array_equal(scored(p, readings)["f"], scored(p, changed)["f"])


def test_raw_readings_and_the_engines_own_totals_leave_the_score_alone() -> None:
    readings = random_readings(5, 100)
    changed = readings.copy()
    changed["slow"]["features"]["trend"] = 0.25
    changed["slow"]["wyckoff"]["trend"] = 0.7
    changed["base"]["wyckoff"]["score"] = 0.7
    changed["base"]["momentum"]["trend"] = 0.7
    changed["middle"]["smc"]["reversal"] = -0.7
    changed["base"]["smc"]["direction"] = 1
    changed["base"]["hob"]["reversal"] = 0.7
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
    unit = alone(mix_base=1.0, mix_middle=0.0, s_trend=1.0, s_reversal=1.0)
    readings = readings_of({("base", "momentum", "rsi"): rsi, ("base", "momentum", "divergence"): divergence}, 1)
    score = scored(made(FusionParams, **unit), readings)[0]
    assert (score["f"], score["book"], score["conflict"]) == (f, book, conflict)
    assert score["parts"][PART_NAMES.index("clip.trend.momentum")] == clip(rsi) - rsi


def test_an_engine_at_its_clip_leaves_the_rest_of_its_book_to_the_others() -> None:
    """Each engine alone reaches its own weight and no more, and all of them together exactly 1."""
    p = made(FusionParams)
    for book, engines in BOOKS.items():
        loud: dict[Key, npt.ArrayLike] = {}
        for engine, parts in engines.items():
            own: dict[Key, npt.ArrayLike] = {("base", engine, name): 7.0 for name in parts}
            loud |= own
            weight = getattr(getattr(p, engine), f"w_{book}")
            assert scored(p, readings_of(own, 1))[0]["f"] == weight
            assert scored(p, readings_of(dict.fromkeys(own, -7.0), 1))[0][book] == -weight
        assert scored(p, readings_of(loud, 1))[0]["f"] == 1.0


part = st.floats(-0.25, 0.25, allow_subnormal=False)
share = st.floats(0.0, 1.0)


def any_mixes(shares: list[float]) -> dict[str, Any]:
    """Mixes whose weights sum to 1 in each book, from any shares."""
    engines = sorted({engine for book in BOOKS.values() for engine in book})
    mixes: dict[str, dict[str, float]] = {
        e: {"mix_base": shares[k], "mix_middle": 1.0 - shares[k]} for k, e in enumerate(engines)
    }
    mixes["wyckoff"] = {name: share / 2 for name, share in mixes["wyckoff"].items()} | {"mix_slow": 0.5}
    for book, speaking in BOOKS.items():
        parts = [shares[len(engines) + k] + 1e-9 for k in range(len(speaking))]
        for k, engine in enumerate(speaking):
            mixes[engine] |= {f"w_{book}": parts[k] / sum(parts), f"s_{book}": 0.05 + 0.95 * shares[-1 - k]}
    return {engine: made(type(getattr(made(FusionParams), engine)), **mix) for engine, mix in mixes.items()}


@settings(deadline=None, max_examples=300)
@given(
    values=st.lists(part, min_size=len(KEYS), max_size=len(KEYS)),
    shares=st.lists(share, min_size=11, max_size=11),
    books=st.sampled_from(list(Books)),
)
def test_any_parameters_give_a_bounded_explained_score(values: list[float], shares: list[float], books: Books) -> None:
    p = made(FusionParams, books=books, **any_mixes(shares))
    readings = readings_of(dict(zip(KEYS, values, strict=True)), 1)
    score, (f, trend, reversal, _) = scored(p, readings)[0], twin(p, readings[0])
    assert_lawful(p, scored(p, readings))
    assert abs(score["trend"] - trend) <= 1e-12
    assert abs(score["reversal"] - reversal) <= 1e-12
    clear = abs(abs(trend) - abs(reversal)) > 1e-12  # closer than that, rounding may pick the other winner
    assert not clear or abs(score["f"] - f) <= 1e-12


def test_every_contribution_has_its_name() -> None:
    """One part at a time: it appears under its own engine, name and stream, and nowhere else."""
    for stream, engine, name in KEYS:
        parts = scored(made(FusionParams), readings_of({(stream, engine, name): 1e-3}, 1))[0]["parts"]
        named = [n for n, value in zip(PART_NAMES, parts.tolist(), strict=True) if value != 0.0]
        assert named == [f"{engine}.{name}.{stream}"]


def test_the_trend_books_contributions_come_first() -> None:
    assert [belongs(name) for name in PART_NAMES] == ["trend"] * TREND_PARTS + ["reversal"] * (PARTS - TREND_PARTS)
    assert len(PART_NAMES) == len(KEYS) + sum(len(engines) for engines in BOOKS.values())


def test_a_score_is_a_function_of_readings_and_parameters_alone() -> None:
    readings, p = random_readings(6, 50), made(FusionParams)
    assert scored(p, readings[::-1]).tobytes() == scored(p, readings)[::-1].tobytes()
    kept = readings.copy()
    scored(p, readings)
    assert kept.tobytes() == readings.tobytes()
