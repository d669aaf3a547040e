"""The twin of the hidden order blocks on charts drawn by hand: a twin that is wrong proves nothing."""

import dataclasses
import json
import pathlib
from typing import Any

import pytest
from tests.oracle import hob_twin as twin
from tests.oracle.features_twin import Candle, relative_volumes
from tests.oracle.hob_twin_evidence import SmcEvent, best_sweep
from tests.oracle.hob_twin_zones import Rules, Told, climb, upside_down

CHARTS = {
    chart["id"]: chart
    for chart in json.loads((pathlib.Path(__file__).parents[1] / "scenarios" / "scenarios.json").read_text())
    if chart["engine"] == "hob"
}
NAMES = dict(
    enumerate(("HOB", "PHOB", "HOB_MITIGATED", "WICK_ABSORB", "VOL_SPIKE", "HOB_REACTION", "REACTION_FAIL", "HOB_END"))
)
WHY = {0: "", 1: "replaced", 2: "age", 3: "capacity", 6: "target", 7: "entered", 8: "gap_closed"}
WARM = 24
FLAT = Candle(100, 100.5, 99.5, 100, 100)

Z = Candle(102, 102.25, 100.75, 101, 100)  #: the body [101, 102]
ENGULFS = Candle(101, 103.5, 100.75, 103.25, 100)
ABOVE = Candle(103.25, 104, 102.5, 103.5, 100)
SKIPS = Candle(103.5, 103.5, 99.5, 99.75, 100)
BELOW = Candle(99.75, 100.5, 99, 99.5, 100)
HIDDEN = [Z, ENGULFS, ABOVE, SKIPS, BELOW]
SKIPS_UP = Candle(99.5, 103, 99.5, 102.75, 100)
STAYS_UP = Candle(102.75, 103.5, 102.25, 103, 100)
COMES_BACK = Candle(99.5, 101.5, 99.25, 100, 100)
QUIET = Candle(100, 100.25, 99.75, 100, 100)
SENSITIVE = Rules(min_score=0.2)


def told(bars: list[Candle], rules: Rules, *, smc: tuple[SmcEvent, ...] = ()) -> list[tuple[str, int, int, int, str]]:
    """(kind, dir, ref, known, why) of zones and claims, bars counted from the end of the warm-up."""
    _, events = twin.run([FLAT] * WARM + bars, smc, rules)
    return [
        (NAMES[e.kind - 400], e.dir, e.ref - WARM, e.known - WARM, WHY[e.reason])
        for e in events
        if NAMES[e.kind - 400] not in {"WICK_ABSORB", "VOL_SPIKE"}
    ]


def only(kind: str, bars: list[Candle], rules: Rules, *, smc: tuple[SmcEvent, ...] = ()) -> list[Told]:
    _, events = twin.run([FLAT] * WARM + bars, smc, rules)
    return [e for e in events if NAMES[e.kind - 400] == kind]


def candles(chart: dict[str, Any]) -> list[Candle]:
    return [Candle(*bar) for bar in chart["bars"]]


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_the_twin_finds_what_the_chart_has_and_its_mirror_image_upside_down(name: str) -> None:
    chart = CHARTS[name]
    expected = [(e["kind"], e["dir"], e["ref"], e["known"], e.get("why", "")) for e in chart["expect"]]
    assert [e for e in told(candles(chart), Rules()) if e[0] != "HOB_REACTION"] == expected
    bars = [FLAT] * WARM + candles(chart)
    _, straight = twin.run(bars, (), SENSITIVE)
    _, turned = twin.run(upside_down(bars), (), SENSITIVE)
    flipped = [dataclasses.replace(e, dir=-e.dir, price=-e.price, lo=-e.hi, hi=-e.lo, ev=()) for e in turned]
    assert [dataclasses.replace(e, score=0.0, ev=()) for e in straight] == [
        dataclasses.replace(e, score=0.0) for e in flipped
    ]
    assert [e.score for e in straight] == pytest.approx([e.score for e in flipped])


def test_a_zone_skipped_again_is_hidden_twice_as_one_zone() -> None:
    first, second = only("HOB", [*HIDDEN, SKIPS_UP, STAYS_UP], Rules())
    assert (first.state, first.parent, first.ev[0], first.known - WARM) == (0, None, 1, 4)
    assert (second.state, second.parent, second.ev[0], second.known - WARM) == (1, first.name, 2, 6)
    assert (second.dir, second.price, second.lo, second.hi) == (-1, 101, 101, 102)
    a = second.ev[3]
    assert a > 0
    assert second.score == pytest.approx(0.4 * 2 / 3 + 0.3 + 0.2 * climb(a, 0.5, 2) + 0.1)
    back = Candle(103, 103, 99, 99.25, 100), Candle(99.25, 100, 99, 99.5, 100)
    assert [e.ev[0] for e in only("HOB", [*HIDDEN, SKIPS_UP, STAYS_UP, *back], Rules())] == [1, 2, 3]


def test_a_gap_closed_by_the_next_bar_ends_a_zone_that_was_hidden_before() -> None:
    closes = Candle(102.75, 103, 101.5, 102, 100)
    expected = [("HOB", -1, 0, 4, ""), ("HOB_MITIGATED", -1, 0, 6, "gap_closed")]
    assert told([*HIDDEN, SKIPS_UP, closes], Rules()) == expected
    assert told([*HIDDEN[:-1], Candle(99.75, 101.25, 99, 99.5, 100)], Rules()) == []


@pytest.mark.parametrize(
    ("bar", "why"),
    [
        (Candle(99.5, 101, 99.25, 100, 100), None),  # the edge alone
        (Candle(99.5, 101.03125, 99.25, 100, 100), None),  # within the buffer
        (Candle(99.5, 101.0625, 99.25, 100, 100), "entered"),
        (Candle(99.5, 102.5, 99.25, 101.9375, 100), "entered"),  # closes a bit short of the other side
        (Candle(99.5, 102.5, 99.25, 102, 100), None),  # passes; no bar has closed the gap yet
    ],
)
def test_a_zone_below_which_price_is_ends_when_it_is_entered_and_not_passed(bar: Candle, why: str | None) -> None:
    ends = [] if why is None else [("HOB_MITIGATED", -1, 0, 5, why)]
    assert told([*HIDDEN, bar], Rules()) == [("HOB", -1, 0, 4, ""), *ends]


def test_the_buffer_counts_in_both_edges_and_leaves_a_mark() -> None:
    touches = Candle(103.25, 104, 101.96875, 103.5, 100)
    (zone,) = only("HOB", [Z, ENGULFS, touches, SKIPS, Candle(99.75, 101.03125, 99, 99.5, 100)], Rules())
    assert zone.ev[4] == 1
    assert zone.score < 0.4 / 3 + 0.3 + 0.2
    assert not only("HOB", [Z, ENGULFS, touches, SKIPS, Candle(99.75, 101.03125, 99, 99.5, 100)], Rules(buf=0.0))


@pytest.mark.parametrize(
    "second",
    [
        Candle(101, 103.5, 100.75, 102, 100),  # closes at the open, not beyond
        Candle(101.25, 103.5, 100.75, 101.75, 100),
    ],
)
def test_a_candle_that_the_next_does_not_engulf_is_no_candidate_for_long(second: Candle) -> None:
    assert told([Z, second, ABOVE, SKIPS, BELOW], Rules()) == []


def test_only_the_middle_of_the_body_needs_to_be_skipped_for_a_partial_block() -> None:
    dips = Candle(103.25, 103.25, 101.75, 103, 100)
    partial = [Z, ENGULFS, dips, Candle(103, 103, 100.25, 100.5, 100), Candle(100.5, 101.25, 100, 100.25, 100)]
    (zone,) = only("PHOB", partial, Rules())
    a = 0.5 / zone.ev[3]
    assert (zone.ref - WARM, zone.known - WARM, zone.ev[:3]) == (0, 4, (1, 101.5, 1 / 1.5))
    assert a > 1
    assert zone.score == pytest.approx(0.6 * (0.4 / 3 + 0.3 + 0.1))
    quiet = Candle(100.25, 101.25, 100, 100.5, 100)
    ends = Candle(100.25, 101.5, 100, 100.5, 100)
    assert told([*partial, quiet], Rules()) == [("PHOB", -1, 0, 4, "")]
    assert told([*partial, ends], Rules())[1:] == [("HOB_MITIGATED", -1, 0, 5, "entered")]
    up = Candle(100.25, 102.5, 100, 102.25, 100), Candle(102.25, 102.5, 101.75, 102, 100)
    assert told([*partial, *up], Rules())[1:] == [("PHOB", -1, 0, 6, "")]
    assert told([*partial[:-1], Candle(100.5, 101.5, 100, 100.25, 100)], Rules()) == []


def test_the_first_skip_has_the_colour_of_the_candle() -> None:
    green = Candle(99.625, 103.5, 99.5, 99.75, 100)
    assert told([Z, ENGULFS, ABOVE, green, BELOW], Rules()) == []


def test_a_zone_ends_by_age_on_the_bar_that_is_that_old() -> None:
    bars = [*HIDDEN, *[Candle(99.5, 100, 99, 99.5, 100)] * 60]
    assert told(bars, Rules(max_age=50)) == [("HOB", -1, 0, 4, ""), ("HOB_END", -1, 0, 50, "age")]


def staircase(steps: int) -> list[Candle]:
    """Bearish bodies, each engulfed at once and left behind below; then a gap down past them all.

    The bar that gaps has a body too small to be a candidate, the one after it is one.
    """
    bars = []
    for k in range(steps):
        foot = 100 + 2.0 * k
        bars += [Candle(foot + 1, foot + 1, foot, foot, 100), Candle(foot, foot + 2, foot, foot + 2, 100)]
    top = bars[-1].close
    bars.append(Candle(top, top + 1, top, top, 100))
    return [*bars, Candle(91, 91, 85, 90.75, 100), Candle(90.75, 91, 86, 87, 100), QUIET]


def test_a_full_house_loses_the_oldest_never_hidden_and_then_the_oldest_hidden() -> None:
    found = told(staircase(70), Rules())
    assert [ref for kind, _, ref, _, _ in found if kind == "HOB"] == [2 * k for k in range(6, 70)]
    assert [e for e in found if e[0] == "HOB_END"] == [("HOB_END", -1, 12, 142, "capacity")]
    assert not [e for e in told(staircase(63), Rules()) if e[0] == "HOB_END"]


REACTS = [*HIDDEN, COMES_BACK]


def test_a_reaction_weighs_the_zone_and_what_the_bar_shows() -> None:
    (reaction,) = only("HOB_REACTION", REACTS, SENSITIVE)
    (zone,) = only("HOB", REACTS, SENSITIVE)
    (absorb,) = (e for e in only("WICK_ABSORB", REACTS, SENSITIVE) if e.known == reaction.known)
    assert (reaction.parent, reaction.ref, reaction.price) == (zone.name, WARM, 101.5)
    assert reaction.ev == (zone.score, absorb.score, 0, 0, 1)
    assert reaction.score == pytest.approx(0.3 * zone.score + 0.25 * absorb.score)
    assert not only("HOB_REACTION", REACTS, Rules(min_score=reaction.score + 1e-6))
    assert only("HOB_REACTION", REACTS, Rules(min_score=reaction.score))


@pytest.mark.parametrize(
    ("after", "end"),
    [
        ([Candle(100, 100, 98, 99, 100)], ("HOB_END", 6, "target")),
        ([QUIET, Candle(100, 102.25, 99.5, 102.0625, 100)], ("REACTION_FAIL", 7, "")),
        ([Candle(100, 102.25, 98, 102.0625, 100)], ("REACTION_FAIL", 6, "")),
        ([Candle(100, 102.25, 99.5, 102, 100), QUIET, QUIET], ("HOB_END", 8, "age")),
        ([QUIET, QUIET, Candle(100, 100, 98, 99, 100)], ("HOB_END", 8, "target")),
    ],
)
def test_a_claim_fails_or_comes_true_or_grows_old(after: list[Candle], end: tuple[str, int, str]) -> None:
    rules = dataclasses.replace(SENSITIVE, life=3)
    kind, known, why = end
    assert told([*REACTS, *after], rules)[-1] == (kind, -1, 0, known, why)
    (reaction,) = only("HOB_REACTION", [*REACTS, *after], rules)
    assert twin.run([FLAT] * WARM + [*REACTS, *after], (), rules)[1][-1].parent is not None
    assert only(kind, [*REACTS, *after], rules)[-1].parent == reaction.name


def smc(number: int, kind: int, d: int, known: int, lo: float, hi: float, score: float, **more: int) -> SmcEvent:
    given = {"state": 0, "reason": 0, "parent": -1, "ref": known, **more}
    return SmcEvent(
        number,
        kind,
        d,
        WARM + given["ref"],
        WARM + known,
        hi,
        lo,
        hi,
        score,
        given["state"],
        given["reason"],
        given["parent"],
    )


HAMMER = Candle(100, 100.25, 98.25, 100, 100)  #: a long wick down
BLOCK = smc(7, 220, 1, 0, 98, 99, 0.8, ref=-3)


def test_a_block_of_the_other_engine_is_met_from_the_bar_after_its_birth_on() -> None:
    bars = [HAMMER, QUIET, HAMMER]
    (reaction,) = only("HOB_REACTION", bars, SENSITIVE, smc=(BLOCK,))
    assert (reaction.known - WARM, reaction.ref, reaction.parent) == (2, WARM - 3, BLOCK.name)
    assert reaction.ev[0] == pytest.approx(0.8 * (1 - 2 / 500))


@pytest.mark.parametrize(
    ("later", "quality"),
    [
        (smc(8, 222, 1, 1, 98, 99, 0.8, parent=7), 0.4 * (1 - 2 / 500)),  # mitigated before
        (smc(8, 222, 1, 2, 98, 99, 0.8, parent=7), 0.8 * (1 - 2 / 500)),  # by this very bar
        (smc(8, 223, -1, 2, 98, 99, 0.8, parent=7), 0.8 * (1 - 2 / 500)),  # broken by this very bar
        (smc(8, 223, -1, 1, 98, 99, 0.8, parent=7), None),  # now a resistance
        (smc(8, 250, 1, 2, 98, 99, 0.8, parent=7, reason=3), 0.8 * (1 - 2 / 500)),  # its room was needed now
        (smc(8, 250, 1, 2, 98, 99, 0.8, parent=7, reason=2), None),  # too old now
        (smc(8, 250, 1, 1, 98, 99, 0.8, parent=7, reason=3), None),
    ],
)
def test_a_zone_is_taken_as_it_was_before_the_bar_except_for_its_age(later: SmcEvent, quality: float | None) -> None:
    found = only("HOB_REACTION", [QUIET, QUIET, HAMMER], SENSITIVE, smc=(BLOCK, later))
    assert [e.ev[0] for e in found] == ([] if quality is None else [pytest.approx(quality)])


def test_an_inverted_gap_and_a_breaker_defend_the_side_they_flipped_to() -> None:
    star = Candle(100, 101.75, 99.75, 100, 100)
    gap, flip = smc(3, 210, 1, 0, 101, 102, 0.9, ref=-1), smc(4, 214, -1, 1, 101, 102, 0.9, ref=-1, parent=3)
    assert not only("HOB_REACTION", [QUIET, QUIET, star], SENSITIVE, smc=(gap,))
    (reaction,) = only("HOB_REACTION", [QUIET, QUIET, star], SENSITIVE, smc=(gap, flip))
    assert (reaction.dir, reaction.parent, reaction.ref) == (-1, gap.name, WARM - 1)
    block, broken = smc(5, 220, 1, 0, 101, 102, 0.5, ref=-1), smc(6, 223, -1, 1, 101, 102, 0.5, ref=-1, parent=5)
    both = only("HOB_REACTION", [QUIET, QUIET, star], SENSITIVE, smc=(gap, flip, block, broken))
    assert [(e.parent, e.ev[4]) for e in both] == [(gap.name, 2)]
    assert both[0].ev[0] == pytest.approx(min(1.0, 0.9 * (1 - 2 / 500) + 0.05))


def test_a_sweep_near_a_zone_meets_it_without_a_touch_for_three_bars() -> None:
    block = smc(7, 220, 1, 0, 96, 97, 0.8, ref=-3)
    sweep = smc(9, 233, 1, 1, 97.125, 98, 0.6, parent=8)
    bars = [QUIET] * 6
    rules = Rules(min_score=0.3)
    known = [e.known - WARM for e in only("HOB_REACTION", bars, rules, smc=(block, sweep))]
    assert known == [1, 2, 3]
    assert [e.reason for e in only("HOB_END", bars, rules, smc=(block, sweep))] == [1, 1]
    far = smc(9, 233, 1, 1, 97.5, 98, 0.6, parent=8)
    assert not only("HOB_REACTION", bars, rules, smc=(block, far))


def test_of_sweeps_on_one_bar_the_best_then_the_nearest_then_the_oldest_counts() -> None:
    lows = [smc(k, 233, 1, 1, 90, hi, score, parent=p) for k, hi, score, p in ((1, 98, 0.5, 7), (2, 99, 0.5, 8))]
    assert best_sweep(lows).id == 2
    assert best_sweep([*lows, smc(3, 233, 1, 1, 90, 95, 0.6, parent=9)]).id == 3
    assert best_sweep([*lows, smc(4, 233, 1, 1, 91, 99, 0.5, parent=3)]).id == 4


def test_the_volume_is_relative_to_the_twenty_counted_before() -> None:
    seen = [100.0] * 10 + [None] + [100.0] * 10
    assert relative_volumes([*seen, 250], 20)[-2:] == [None, 2.5]
    assert relative_volumes([*seen[:-1], 250], 20)[-1] is None
    assert relative_volumes([0.0] * 20 + [100.0], 20)[-1] == 1.0


def test_the_readings_of_a_chart_by_hand() -> None:
    """The zone pulls by its distance, the rejection fades over three bars, the reaction over six."""
    far = Candle(99.5, 100, 99.25, 99.75, 100)
    bars = [FLAT] * WARM + [*REACTS[:-1], far]
    (zone,) = only("HOB", bars[WARM:], Rules())
    readings, _ = twin.run(bars, (), Rules())
    a = twin.Chart(bars, (), Rules()).before[-1] or 0.0
    assert readings[-1].zone_part == pytest.approx(-0.3 * zone.score * (1 - 1.25 / a))
    bars = [FLAT] * WARM + [*REACTS, QUIET, QUIET, QUIET]
    (reaction,) = only("HOB_REACTION", bars[WARM:], SENSITIVE)
    absorbed = [e for e in only("WICK_ABSORB", bars[WARM:], SENSITIVE) if e.known == reaction.known]
    readings, _ = twin.run(bars, (), SENSITIVE)
    left = [1, 5 / 6, 4 / 6, 3 / 6]
    assert [r.reaction_part for r in readings[-4:]] == pytest.approx([-0.25 * reaction.score * x for x in left])
    left = [1, 2 / 3, 1 / 3, 0]
    assert [r.absorb_part for r in readings[-4:]] == pytest.approx([-0.25 * absorbed[0].score * x for x in left])
