"""The fusion score against its definition in plain arithmetic, and the laws every score keeps."""

import dataclasses
from typing import Any

import hypothesis.strategies as st
import numba
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from tests.oracle.fusion_twin import (
    BOOKS,
    KEYS,
    MIXES,
    OF_BOOK,
    STEPS,
    Array,
    Finder,
    Key,
    activations,
    alone,
    clip,
    made,
    plain,
    random_readings,
    readings_of,
    real_readings,
    scored,
    told,
)

from bullmachine.config import load_config
from bullmachine.fusion.params import (
    AgreementParams,
    Books,
    EnginesParams,
    ExhaustedParams,
    FusionParams,
    Mode,
    MtfParams,
)
from bullmachine.fusion.score import PART_NAMES, PARTS, TREND_PARTS, Book
from bullmachine.machine.records import SenseParams
from bullmachine.market.calendars import Calendar

#: what is added to the books and taken from them, switched off
PLAIN: dict[str, Any] = {"agreement": AgreementParams(per_engine=0.0), "mtf": MtfParams(bonus=0.0, penalty=0.0)}
PLAIN |= {"exhausted": ExhaustedParams(share=0.0)}
#: every rule of theirs moved
OTHERWISE: dict[str, Any] = {
    "mode": Mode.ENGINES,
    "engines": EnginesParams(need=2, least=0.2),
    "agreement": AgreementParams(per_engine=0.2, most=0.3, least=0.1),
    "mtf": MtfParams(bonus=0.9, penalty=1.0, dead_band=0.2, nested=0.6, nested_within=1.5),
    "exhausted": ExhaustedParams(share=0.6, rsi=60.0),
}


def assert_as_the_twin(p: Any, readings: Array) -> None:
    """F and its books within 1e-12, every contribution within 1e-9, and F within 1e-12 of its contributions."""
    scores = scored(p, readings)
    for score, row in zip(scores, plain(readings), strict=True):
        said = told(p, row)
        assert Book(int(score["book"])).name.lower() == said["book"]
        for name in ("f", "trend", "reversal"):
            assert abs(score[name] - said[name]) <= 1e-12, name
        for name in (*STEPS, "align"):
            assert abs(score[name] - said[name]) <= 1e-9, name
        for name, part in zip(PART_NAMES, score["parts"].tolist(), strict=True):
            assert abs(part - said[name]) <= 1e-9, name


def belongs(name: str) -> str:
    """The book a contribution belongs to, by its name."""
    if name.startswith("clip."):
        return name.split(".")[1]
    engine, part, _ = name.split(".")
    return next(book for book, engines in BOOKS.items() if part in engines.get(engine, []))


def assert_lawful(p: Any, scores: Array) -> None:
    """Bounded, and explained: contributions of the winning book and the steps behind it sum to F."""
    for name in ("f", "trend", "reversal", "align"):
        assert (np.abs(scores[name]) <= 1.0).all()
    assert not np.isnan(scores["parts"]).any()
    steps = sum(scores[name] for name in STEPS)
    for name, book in (("trend", Book.TREND), ("reversal", Book.REVERSAL)):
        own = scores["parts"][:, [k for k, part in enumerate(PART_NAMES) if belongs(part) == name]].sum(axis=1)
        assert np.abs(own - scores[name]).max() <= 1e-12
        won = scores["book"] == book
        assert np.abs((own + steps - scores["f"])[won]).max(initial=0.0) <= 1e-12
        assert (scores["f"] * own >= 0.0)[won].all()
    assert (scores["f"][scores["book"] == Book.NONE] == 0.0).all()
    if p.books is not Books.BOTH:
        assert (scores["conflict"] == 0.0).all()
    if p.mode is not Mode.ENGINES:
        assert (scores["engines"] == 0.0).all()


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("books", list(Books))
@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES.keys())
def test_the_score_is_its_definition_on_random_readings(mix: dict[str, Any], books: Books, mode: Mode) -> None:
    """Faint readings and loud ones; 1,530 in each mode."""
    p = made(FusionParams, books=books, mode=mode, **mix)
    readings = np.concatenate([random_readings(int(100 * size), 34, size) for size in (0.01, 0.08, 0.25)])
    assert_as_the_twin(p, readings)
    assert_lawful(p, scored(p, readings))


WINDOWS = {
    "ETHUSDT_binance_1h": (20_000, 40_000), "BTCUSDT_binance_1h": (10_000, 55_000), "SPY_1h": (5_000, 30_000),
}  # fmt: skip


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="the machine on arrays takes minutes without the JIT")
@pytest.mark.parametrize("name", WINDOWS)
def test_the_score_is_its_definition_on_real_bars(name: str, real_data: Finder) -> None:
    """Two windows of 1,000 bars of each market, as calibrated, in every mode and with other mixes and rules."""
    calendar = Calendar.SESSIONS if name == "SPY_1h" else Calendar.ALWAYS
    sense, path = made(SenseParams, calendar=calendar), real_data(f"ohlcv/{name}.parquet")
    readings = np.concatenate([real_readings(path, begin, 1_000, sense) for begin in WINDOWS[name]])
    assert len(readings) == 2_000
    preset = load_config().decide.fusion
    for p in (
        *(dataclasses.replace(preset, mode=mode) for mode in Mode),
        *(made(FusionParams, **mix) for mix in MIXES.values()),
        dataclasses.replace(preset, **OTHERWISE),
    ):
        assert_as_the_twin(p, readings)
        assert_lawful(p, scored(p, readings))
    scores = scored(preset, readings)
    assert set(scores["book"].tolist()) >= {Book.TREND, Book.REVERSAL}
    for step in ("conflict", "agreement", "mtf"):
        assert (scores[step] != 0.0).sum() > 5, step


def test_nothing_read_is_a_score_of_nothing() -> None:
    score = scored(made(FusionParams), readings_of({}, 1))[0]
    assert [score[name] for name in ("f", "trend", "reversal", "align", *STEPS)] == [0.0] * (4 + len(STEPS))
    assert score["book"] == Book.NONE
    assert score["parts"].tolist() == [0.0] * PARTS


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("books", list(Books))
@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES.keys())
def test_mirrored_readings_give_the_negated_score_exactly(mix: dict[str, Any], books: Books, mode: Mode) -> None:
    p, readings = made(FusionParams, books=books, mode=mode, **mix), random_readings(2, 300)
    other = readings_of({(s, e, q): -readings[s][e][f"{q}_part"] for s, e, q in KEYS}, len(readings))
    for stream in ("middle", "slow"):
        other[stream]["features"]["trend"] = -readings[stream]["features"]["trend"]
    other["base"]["momentum"]["rsi"] = 100.0 - readings["base"]["momentum"]["rsi"]
    seen, found = scored(p, readings), scored(p, other)
    for field in ("f", "trend", "reversal", *STEPS, "parts"):
        assert np.array_equal(-seen[field], found[field]), field
    assert (seen["book"] == found["book"]).all()
    assert np.array_equal(seen["align"], found["align"])


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("books", list(Books))
@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES.keys())
def test_more_evidence_for_a_side_never_lowers_its_score(mix: dict[str, Any], books: Books, mode: Mode) -> None:
    """Every part of every engine and timeframe: neither F nor its own book falls, and the other book stays.

    F where the same book speaks as before: another one brings its own agreement. With nothing added or taken F
    never falls.
    """
    p, n = made(FusionParams, books=books, mode=mode, **mix), 10
    changes = [(key, d * step) for key in KEYS for step in (1e-15, 0.01, 0.5) for d in (1, -1)]
    readings = np.tile(random_readings(3, n), len(changes))
    more = readings.copy()
    for k, ((stream, engine, name), change) in enumerate(changes):
        more[stream][engine][f"{name}_part"][k * n : (k + 1) * n] += change
    d = np.repeat([np.sign(change) for _, change in changes], n)
    in_trend = np.repeat([key in OF_BOOK["trend"] for key, _ in changes], n)
    before, after = scored(p, readings), scored(p, more)
    same = after["book"] == before["book"]
    assert (d * after["f"] >= d * before["f"] - 1e-15)[same].all()
    for name, mine in (("trend", in_trend), ("reversal", ~in_trend)):
        assert (d * after[name] >= d * before[name])[mine].all()
        assert (after[name] == before[name])[~mine].all()
    bare = dataclasses.replace(p, **PLAIN)
    assert (d * scored(bare, more)["f"] >= d * scored(bare, readings)["f"]).all()


def test_the_other_book_is_not_read_when_one_book_is_chosen() -> None:
    """But for exhaustion, which asks for the divergences of the base timeframe whatever book speaks."""
    readings = random_readings(4, 300)
    for books, other in ((Books.TREND, "reversal"), (Books.REVERSAL, "trend")):
        p, changed = made(FusionParams, books=books, exhausted=PLAIN["exhausted"]), readings.copy()
        for stream, engine, name in OF_BOOK[other]:
            changed[stream][engine][f"{name}_part"] *= -3.0
        assert np.array_equal(scored(p, readings)["f"], scored(p, changed)["f"])


def test_raw_readings_and_the_engines_own_totals_leave_the_score_alone() -> None:
    readings = random_readings(5, 100)
    changed = readings.copy()
    changed["base"]["features"]["trend"] = 2.5
    changed["slow"]["features"]["sma_fast"] = 7.0
    changed["slow"]["wyckoff"]["trend"] = 0.7
    changed["base"]["wyckoff"]["score"] = 0.7
    changed["base"]["momentum"]["trend"] = 0.7
    changed["middle"]["smc"]["reversal"] = -0.7
    changed["base"]["smc"]["direction"] = 1
    changed["base"]["hob"]["reversal"] = 0.7
    changed["middle"]["momentum"]["rsi"] = 99.0
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
    score = scored(made(FusionParams, **unit, **PLAIN), readings)[0]
    assert (score["f"], score["book"], score["conflict"]) == (f, book, conflict)
    assert score["parts"][PART_NAMES.index("clip.trend.momentum")] == clip(rsi) - rsi


def test_an_engine_at_its_clip_leaves_the_rest_of_its_book_to_the_others() -> None:
    """Each engine alone reaches its own weight and no more, and all of them together exactly 1."""
    p = made(FusionParams, **PLAIN)
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


ratio = st.floats(0.0, 1.0)
rules = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(list(Mode)),
        "books": st.sampled_from(list(Books)),
        "engines": st.builds(EnginesParams, need=st.integers(1, 4), least=ratio),
        "agreement": st.builds(AgreementParams, per_engine=ratio, most=ratio, least=ratio),
        "mtf": st.builds(
            MtfParams, bonus=ratio, penalty=ratio, dead_band=ratio, nested=ratio, nested_within=st.floats(0.0, 2.0)
        ),
        "exhausted": st.builds(ExhaustedParams, share=ratio, rsi=st.floats(50.0, 100.0)),
    }
)


@settings(deadline=None, max_examples=300)
@given(
    values=st.lists(part, min_size=len(KEYS), max_size=len(KEYS)),
    shares=st.lists(share, min_size=11, max_size=11),
    given_rules=rules,
    trends=st.tuples(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0)),
    rsi=st.floats(0.0, 100.0),
)
def test_any_parameters_give_a_bounded_explained_score(
    values: list[float], shares: list[float], given_rules: dict[str, Any], trends: tuple[float, float], rsi: float
) -> None:
    p = made(FusionParams, **given_rules, **any_mixes(shares))
    readings = readings_of(dict(zip(KEYS, values, strict=True)), 1)
    readings["middle"]["features"]["trend"], readings["slow"]["features"]["trend"] = trends
    readings["base"]["momentum"]["rsi"] = rsi
    row = plain(readings)[0]
    score, said = scored(p, readings)[0], told(p, row)
    assert_lawful(p, scored(p, readings))
    assert abs(score["trend"] - said["trend"]) <= 1e-12
    assert abs(score["reversal"] - said["reversal"]) <= 1e-12
    assert close_call(p, row, said) or abs(score["f"] - said["f"]) <= 1e-12


def close_call(p: Any, row: dict[str, float], said: dict[str, Any]) -> bool:
    """Whether rounding may take the other way: which book is larger, whether an engine counts, whether F is 0."""
    us = [abs(u) for book in BOOKS for u in activations(p, row, book).values()]
    near = [abs(u - least) for u in us if u not in {0.0, 1.0} for least in (p.agreement.least, p.engines.least)]
    near += [u or 1.0 for u in us] + [abs(a - b) or 1.0 for a in us for b in us]
    books = [abs(said[book]) for book in BOOKS]
    near += [abs(books[0] - books[1]), *(b or 1.0 for b in books)] if any(us) else []
    return any(x <= 1e-12 for x in near)


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
