"""The Wyckoff twin by itself: the mini charts, charts drawn by hand for every transition, scores worked out by hand."""

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from tests.oracle import wyckoff_twin_base as says
from tests.oracle.resampling import resample
from tests.oracle.smc_cases import raws as of_rows
from tests.oracle.smc_cases import walk as nasty
from tests.oracle.wyckoff_cases import (
    CASES,
    FLAT,
    LOCKED,
    MC08,
    MINI,
    MINUTE,
    NOON,
    START,
    TO_24,
    TO_SPRING,
    Ohlcv,
    mini,
    raws,
    rest,
)
from tests.oracle.wyckoff_twin import Event, Raw, Reading, Rules, Told, tell

HOUR = 3_600_000
KINDS = {value: key for key, value in vars(says).items() if isinstance(value, int) and value >= 300}
NUMBERS = {key: value for value, key in KINDS.items()} | {"AR_D": says.AR, "ST_D": says.ST}
REASONS = {
    getattr(says, name): name
    for name in (
        "REPLACED", "AGE", "SUPERSEDED", "NO_RECLAIM", "DEPTH", "TIMEOUT", "NO_TR", "BELOW_SPRING", "NOVOL",
        "BREAKDOWN", "REFUTED", "DECIDED", "BELOW_MID",
    )
}  # fmt: skip
#: thresholds in the charts' own units; what scales a score is none
SCORING = {"weights", "worth", "c_bonus", "coil_max"}
THRESHOLDS = [f.name for f in dataclasses.fields(Rules) if isinstance(f.default, float) and f.name not in SCORING]
every_case = pytest.mark.parametrize("name", CASES)


def scaled(by: float) -> Rules:
    return Rules(**{name: by * getattr(Rules(), name) for name in THRESHOLDS})


def read(bars: Sequence[Ohlcv], rules: Rules | None = None, *, upside_down: bool = False) -> Told:
    return tell(raws(bars, upside_down=upside_down), rules or Rules(), tf=MINUTE)


@functools.cache
def drawn(name: str, *, upside_down: bool = False) -> Told:
    case = CASES[name]
    return read(case.drawn, Rules(**case.rules or {}), upside_down=upside_down)


def words(event: Event) -> str:
    """As the cases write it."""
    sign, reason = "" if event.dir > 0 else "-", REASONS.get(event.reason, "")
    return f"{KINDS[event.kind]}{sign} {event.ref - START} {event.known - START} {reason}".strip()


def of_ranges(told: Told) -> list[Event]:
    return [e for e in told.events if e.kind <= says.RANGE_END]


def asked(event: Event, want: dict[str, Any], start: int) -> dict[str, Any]:
    """The event in the mini chart's words, as far as the chart asks."""
    have = {
        "kind": want["kind"], "dir": event.dir, "ref": event.ref - start, "known": event.known - start,
        "level": event.price, "lo": event.lo, "hi": event.hi, "depth": event.ev[0] if event.ev else math.nan,
        "schematic": event.ev[0] if event.ev else math.nan,
        "why": REASONS.get(event.reason, "").lower().replace("_", " "),
    }  # fmt: skip
    return {key: have[key] for key in want}


@pytest.mark.parametrize("by", [0.97, 1.0, 1.03])
@pytest.mark.parametrize("name", MINI)
def test_the_twin_reads_the_mini_chart_also_when_every_threshold_is_a_little_off(name: str, by: float) -> None:
    chart, bars = MINI[name], mini(name)
    start = len(bars) - len(chart["bars"])
    told = read(bars, scaled(by))
    kinds = {NUMBERS[kind] for kind in chart["kinds"]}
    found = sorted((e for e in told.events if e.kind in kinds), key=lambda e: (e.known, e.ref, e.kind))
    wants = sorted(chart["expect"], key=lambda want: (want["known"], want["ref"], NUMBERS[want["kind"]]))
    assert [e.kind for e in found] == [NUMBERS[want["kind"]] for want in wants]
    for event, want in zip(found, wants, strict=True):
        words_of_chart = {key: value for key, value in want.items() if key != "phase"}
        assert asked(event, words_of_chart, start) == pytest.approx(words_of_chart, abs=6e-4)


def test_the_phases_of_mc08_change_where_the_chart_says() -> None:
    phases = [r.phase_long for r in read(mini("MC08")).readings[START:]]
    changes = [(phase, i) for i, phase in enumerate(phases) if i and phase != phases[i - 1]]
    assert changes == [(1, 7), (2, 11), (3, 15), (4, 25), (5, 29), (6, 33)]
    assert not any(r.phase_short for r in read(mini("MC08")).readings)


@every_case
def test_what_is_said_of_ranges_is_what_was_drawn(name: str) -> None:
    assert [words(e) for e in of_ranges(drawn(name))] == CASES[name].said.split(", ")


def mirrored(event: Event) -> tuple[Any, ...]:
    ev = event.ev
    if event.kind == says.RANGE:
        ev = (*ev[:2], ev[3], ev[2], ev[4])
    kind = says.TWINS.get(event.kind, event.kind)
    return (event.known, kind, -event.dir, event.ref, event.state, event.reason, -event.price, -event.hi, -event.lo, ev)


def plain(event: Event) -> tuple[Any, ...]:
    return (
        event.known, event.kind, event.dir, event.ref, event.state, event.reason, event.price, event.lo, event.hi,
        event.ev,
    )  # fmt: skip


def assert_mirrored(here: Told, there: Told) -> None:
    first, second = sorted(map(plain, here.events)), sorted(map(mirrored, there.events))
    assert [x[:6] for x in first] == [x[:6] for x in second]
    for a, b in zip(first, second, strict=True):
        assert a[6:9] == b[6:9]
        assert a[9] == pytest.approx(b[9], nan_ok=True)
    swap = {"long": "short", "short": "long", "spring_age": "utad_age", "utad_age": "spring_age"}
    for was, now in zip(here.readings, there.readings, strict=True):
        for name in (f.name for f in dataclasses.fields(Reading)):
            group, _, side = name.rpartition("_")
            other = swap.get(name) or (f"{group}_{swap[side]}" if side in swap else name)
            value = getattr(now, other)
            if name in {"range_low", "range_high"}:
                value = -(now.range_high if name == "range_low" else now.range_low)
            elif name.endswith("_part") or name in {"trend", "reversal", "score", "active"}:
                value = -value
            assert getattr(was, name) == pytest.approx(value, nan_ok=True, abs=1e-12), name


@every_case
def test_a_chart_upside_down_is_read_the_other_way_round(name: str) -> None:
    assert_mirrored(drawn(name), drawn(name, upside_down=True))


@pytest.mark.parametrize("seed", range(12))
def test_a_walk_upside_down_is_read_the_other_way_round(seed: int) -> None:
    here = of_rows(nasty(seed, 400))
    there = [Raw(r.ts, -r.open, -r.low, -r.high, -r.close, r.volume) for r in here]
    assert_mirrored(tell(here, Rules(k=2), sessions=False), tell(there, Rules(k=2), sessions=False))


@pytest.mark.parametrize("name", ["last_point", "lock_spring", "refuted", "markup_to_range"])
def test_what_was_said_is_never_taken_back(name: str) -> None:
    case, whole = CASES[name], drawn(name)
    for n in range(START, len(case.drawn), 7):
        part = tell(raws(case.drawn[:n]), Rules(**case.rules or {}), tf=MINUTE)
        assert part.events == whole.events[: len(part.events)]
        assert all(e.known >= n for e in whole.events[len(part.events) :])


FAILURES = {
    (says.A1, "BREAKDOWN"), (says.A1, "TIMEOUT"), (says.A1, "NO_TR"), (says.A2, "BREAKDOWN"), (says.A2, "NO_TR"),
    (says.A2, "TIMEOUT"), (says.B, "DEPTH"), (says.B, "NO_RECLAIM"), (says.B, "NO_TR"), (says.B, "AGE"),
    (says.C, "BELOW_SPRING"), (says.D, "BREAKDOWN"),
}  # fmt: skip
ENDS = {
    (says.B, "DECIDED"), (says.C, "DECIDED"), (says.C, "REFUTED"), (says.E, "AGE"), (says.E, "BELOW_MID"),
    (says.E, "SUPERSEDED"),
}  # fmt: skip


def test_the_cases_take_every_transition_on_both_sides() -> None:
    events = [e for name in CASES for down in (False, True) for e in of_ranges(drawn(name, upside_down=down))]
    assert {e.kind for e in events} == {kind for kind in KINDS if kind <= says.RANGE_END}
    failed = {(int(e.ev[0]), REASONS[e.reason]) for e in events if e.kind == says.ACC_FAIL}
    assert failed == FAILURES == {(int(e.ev[0]), REASONS[e.reason]) for e in events if e.kind == says.DIST_FAIL}
    for side in (1, -1):
        ended = {(int(e.ev[0]), REASONS[e.reason]) for e in events if e.kind == says.RANGE_END and e.dir == side}
        assert ended == ENDS
    strong = {(e.ev[0], e.ev[5], e.reason) for e in events if e.kind == says.SOS}
    assert strong == {(1, 0, 0), (1, 1, 0), (2, 0, 0), (1, 0, says.NOVOL)}
    assert {e.ev[4] for e in events if e.kind == says.SPRING} == {0, 1, 2, 3}
    assert {e.state for e in events if e.kind in {says.SC, says.SPRING}} == {says.NEW, says.UPDATE}


def one(name: str, kind: int) -> Event:
    """The last event of a kind."""
    return [e for e in drawn(name).events if e.kind == kind][-1]


def test_a_shakeout_on_heavy_volume_is_worth_more_once_it_was_tested_quietly() -> None:
    first, raised = (e for e in drawn("shakeout").events if e.kind == says.SPRING)
    assert (first.ev[4], first.ev[5]) == (1, 1)
    assert raised.score - first.score == pytest.approx(0.25 * (0.8 - 0.3))
    assert drawn("shakeout").events[raised.parent] is first


def test_a_range_without_a_climax_counts_less_and_needs_no_volume() -> None:
    spring = one("lock_spring", says.SPRING)
    depth, bars, rv, clv = spring.ev[:4]
    by_hand = 0.3 * (1.5 - depth) / 1.3 + 0.25 * (3 - bars) / 2 + 0.25 + 0.2 * min(1, (clv - 0.4) / 0.5)
    assert rv <= 0.8
    assert spring.score == pytest.approx(0.7 * by_hand)
    quiet = one("lock_without_volume", says.SOS)
    assert quiet.score == pytest.approx(
        0.7 * 0.6 * (0.25 * (quiet.ev[2] - 1.2) / 1.3 + 0.2 * (quiet.ev[3] - 0.6) / 0.35 + 0.25)
    )
    readings = drawn("lock_without_volume").readings
    assert {r.silent for r in readings[-50:]} == {says.NOVOL}
    assert {r.silent for r in drawn("lock_spring").readings} == {0}


def test_a_shared_range_belongs_to_nobody_until_one_side_wins_it() -> None:
    readings = drawn("lock_spring").readings
    shared, sprung, won = (readings[START + i] for i in (70, 87, 91))
    assert (shared.active, shared.phase_long, shared.phase_short) == (0, says.B, says.B)
    assert [shared.range_low, shared.range_high] == pytest.approx([114.1, 118.4])
    assert (sprung.active, sprung.phase_long, sprung.phase_short, sprung.spring_age) == (1, says.C, says.B, 0)
    assert (won.active, won.phase_long, won.phase_short, won.spring_age) == (1, says.D, says.N, 4)


def test_a_last_point_of_support_before_the_jump_adds_to_the_sign_of_strength() -> None:
    plain_score = read(CASES["last_point"].drawn, Rules(c_bonus=0.0))
    bare = next(e for e in plain_score.events if e.kind == says.SOS)
    assert one("last_point", says.SOS).score == pytest.approx(bare.score + 0.1)


def test_the_losing_side_counts_a_quarter_or_nothing() -> None:
    """The accumulation range inside the other's phase C: its key event is nothing, the other's all there is."""
    before = drawn("refuted").readings[START + 47]
    assert (before.phase_long, before.phase_short, before.active, before.both_sides) == (says.B, says.C, -1, 0)
    utad = one("refuted", says.UTAD)
    assert before.key_reversal_part == pytest.approx(-0.25 * utad.score * (1 - 22 / 24))
    assert one("refuted", says.ST).score * (1 - 8 / 24) > 0.3  # of the losing side: it counts nothing
    assert before.test_part == pytest.approx(-0.1 * one("refuted", says.TEST_OK).score * (1 - 19 / 24))
    after = drawn("refuted").readings[START + 48]
    assert (after.phase_long, after.phase_short, after.active) == (says.C, says.N, 1)


def test_the_score_of_mc08_by_hand() -> None:
    told = read(mini("MC08"))
    score = {e.kind: e.score for e in told.events}
    spring = 0.3 * (1.5 - 0.6 / 1.1056) / 1.3 + 0.25 + 0.25 * 0.6 + 0.2 * (1.2 / 1.7 - 0.4) / 0.5
    assert score[says.SPRING] == pytest.approx(spring, abs=1e-3)
    last = told.readings[-1]
    assert last.phase_trend_part == pytest.approx(0.30 * (1 - 1 / 200))
    best = max(score[says.SOS] * (1 - 5 / 24), score[says.JAC] * (1 - 4 / 24), score[says.BU] * (1 - 1 / 24))
    assert last.key_trend_part == pytest.approx(0.25 * best)
    assert last.key_reversal_part == pytest.approx(0.25 * score[says.SPRING] * (1 - 9 / 24))
    rest_of_it = last.test_part + last.volume_law_part + last.vsa_part + last.crt_smr_part
    assert last.score == pytest.approx(last.phase_trend_part + last.key_trend_part + rest_of_it)
    assert last.trend + last.reversal == pytest.approx(last.score + last.key_reversal_part)


MOTHER: list[Ohlcv] = [(110, 112, 108, 111, 100), (111, 111.5, 109, 110, 100), (110, 111, 109.5, 110.5, 100)]


@pytest.mark.parametrize(("window", "expected"), [(1, []), (2, []), (3, [(says.CRT, 24, 27, 3)])])
def test_the_candle_that_was_swept_may_lie_behind_bars_inside_it(window: int, expected: list[Any]) -> None:
    bars = [*FLAT, *MOTHER, (110.5, 110.8, 107.5, 108.5, 100)]
    found = [e for e in read(bars, Rules(crt_window=window)).events if e.kind == says.CRT and e.known == START + 3]
    assert [(e.kind, e.ref, e.known, e.ev[4]) for e in found] == expected


def test_a_swept_candle_is_closed_into_with_its_body_where_that_is_asked() -> None:
    bars = [*FLAT, (110, 112, 108, 111, 100), (111, 111.5, 107.5, 109, 100)]
    by_rule = {rule: [e.kind for e in read(bars, Rules(crt_inside=rule)).events] for rule in ("range", "body")}
    assert says.CRT in by_rule["range"]
    assert says.CRT not in by_rule["body"]


@pytest.mark.parametrize(
    ("after", "kind", "price"),
    [
        ((108.5, 112, 108.4, 111.8, 100), says.CRT_CONFIRM, 111.5),
        ((108.5, 109, 107, 107.4, 100), says.CRT_INVALID, 107.5),
    ],
)
def test_a_swept_candle_is_confirmed_or_refuted_by_a_close_beyond_the_sweep(
    after: Ohlcv, kind: int, price: float
) -> None:
    bars = [*FLAT, (110, 112, 108, 111, 100), (111, 111.5, 107.5, 109, 100), after]
    (event,) = (e for e in read(bars).events if e.kind in {says.CRT_CONFIRM, says.CRT_INVALID})
    assert (event.kind, event.price, event.dir, event.lo, event.hi) == (kind, price, 1, 108, 112)


def split(bar: Ohlcv, *, wick: float = 0.05) -> list[Ohlcv]:
    """Four bars that make this one: straight from open to close, its extremes on the way."""
    o, h, low, c, v = bar
    way = [o + (c - o) * j / 4 for j in range(5)]
    parts = [(a, max(a, b) + wick, min(a, b) - wick, b, v and v / 4) for a, b in itertools.pairwise(way)]
    first, last = (0, 3) if c >= o else (3, 0)
    parts[first] = (parts[first][0], parts[first][1], low, *parts[first][3:])
    parts[last] = (parts[last][0], h, *parts[last][2:])
    return parts


def test_a_range_of_eight_days_is_seen_on_four_hours_and_not_on_one() -> None:
    tall = [*FLAT, *LOCKED]
    hourly = [part for bar in tall for part in split(bar)]
    fine = [Raw(NOON + HOUR * i, *bar) for i, bar in enumerate(hourly)]
    slow = resample([(r.ts, r.open, r.high, r.low, r.close, r.volume or 0.0) for r in fine], HOUR, 4 * HOUR)
    coarse = [Raw(b.ts, b.open, b.high, b.low, b.close, b.volume) for b in slow]
    seen = [e for e in tell(coarse, Rules(k=3), tf=4 * HOUR, sessions=False).events if e.kind == says.RANGE]
    assert len(seen) == 1
    assert (seen[0].known - seen[0].ref) * 4 / 24 > 6
    assert not [e for e in tell(fine, Rules(k=5)).events if e.kind == says.RANGE]


def test_a_spring_a_few_bars_into_phase_b_only_undercuts() -> None:
    (event,) = (e for e in drawn("undercut").events if e.kind == says.UNDERCUT)
    assert [event.price, event.hi] == pytest.approx([100, 100.5])
    assert drawn("undercut").readings[-1].range_low == 100


def test_an_equal_low_is_no_spring() -> None:
    level = read([*FLAT, *TO_24, (101.4, 101.6, 100.5, 101.1, 110)])
    assert not [e for e in level.events if e.kind == says.SPRING]
    assert [e for e in read([*FLAT, *TO_SPRING]).events if e.kind == says.SPRING]


def test_effort_against_result_and_coil_by_hand() -> None:
    bars = [(100.0, 101.0, 99.0 - 0.01 * (i % 5), 100.0, 100.0 + i % 7) for i in range(90)]
    bars += [(100.0, 100.5, 99.8, 100.2, 400.0)]
    readings = read(bars).readings
    assert readings[-1].evr == 1.0
    assert math.isnan(readings[60].evr)
    assert not math.isnan(readings[70].evr)
    assert readings[-2].coil == 1.0
    assert math.isnan(readings[23].coil)
    assert readings[24].coil == 1.0
    assert readings[-1].coil < 1.0


@pytest.mark.parametrize("make", [lambda: rest(120, 110, half=0), lambda: [*FLAT, *MC08, *rest(30, 107, volume=None)]])
def test_dead_and_volumeless_markets_are_read_without_an_error(make: Callable[[], list[Ohlcv]]) -> None:
    told = read(make())
    assert all(math.isfinite(r.score) for r in told.readings)
    assert all(math.isfinite(x) for e in told.events for x in (e.price, e.lo, e.hi, e.score, *e.ev))
