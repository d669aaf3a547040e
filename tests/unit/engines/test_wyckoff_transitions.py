"""Every way in the table of transitions is gone on some market, and no phase ends without a word."""

import pathlib
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from tests.modes import compiled_only
from tests.parity.machine_trace import made, real_rows

from bullmachine.core.events import Reason
from bullmachine.engines.wyckoff import (
    ClimaxParams,
    Kind,
    Phase,
    RangeParams,
    SosParams,
    SpringParams,
    StParams,
    Wyckoff,
    WyckoffParams,
)
from bullmachine.testing.markets import good_market, random_market

pytestmark = compiled_only

Rows = np.ndarray[Any, Any]
DEFAULT: Final = made(WyckoffParams)
#: structures begin and last so easily that one side springs while the other still advances
EASY: Final = made(
    WyckoffParams,
    climax=ClimaxParams(n_low=10, n_high=20, drop=3.0, sp=1.2, rv=1.5),
    spring=SpringParams(min_b=5, depth_atr=2.5, depth_height=0.5, bars=5, max_bars=100),
    st=StParams(volume=0.9, spread=1.0, confirm=0.5, undercut=1.0),
    sos=SosParams(sp=1.0, rv=1.1, clv=0.5, leg_ratio=1.0),
    range=RangeParams(fail=2.0, leave=1.0),
)
#: the phase a structure was in and why it failed or ended
FAILURES: Final = {
    (Phase.A1, Reason.BREAKDOWN), (Phase.A1, Reason.NO_TR), (Phase.A1, Reason.TIMEOUT),
    (Phase.A2, Reason.BREAKDOWN), (Phase.A2, Reason.NO_TR), (Phase.A2, Reason.TIMEOUT),
    (Phase.B, Reason.DEPTH), (Phase.B, Reason.NO_RECLAIM), (Phase.B, Reason.NO_TR), (Phase.B, Reason.AGE),
    (Phase.C, Reason.BELOW_SPRING), (Phase.D, Reason.BREAKDOWN),
}  # fmt: skip
ENDS: Final = {
    (Phase.E, Reason.SUPERSEDED), (Phase.E, Reason.BELOW_MID), (Phase.E, Reason.AGE), (Phase.B, Reason.DECIDED),
    (Phase.C, Reason.DECIDED), (Phase.C, Reason.REFUTED),
}  # fmt: skip
#: where a structure may go from each phase, besides ending
WAYS: Final = {
    (Phase.N, Phase.A1), (Phase.N, Phase.B), (Phase.A1, Phase.A2), (Phase.A2, Phase.B), (Phase.B, Phase.C),
    (Phase.B, Phase.D), (Phase.C, Phase.D), (Phase.C, Phase.B), (Phase.D, Phase.B), (Phase.D, Phase.E),
    (Phase.E, Phase.A1), (Phase.E, Phase.B),
}  # fmt: skip
FAIL_KINDS: Final = (Kind.ACC_FAIL, Kind.DIST_FAIL)
Counts = Counter[tuple[Phase, Reason]]


def run(params: Any, rows: Rows) -> tuple[Rows, Rows]:
    engine = Wyckoff(params)
    out = engine.run(rows)
    events = engine.event_array()
    return out, events[events["kind"] >= Kind.PS]


def reasons(events: Rows, *kinds: Kind) -> Counts:
    """How often a structure of which phase ended for which reason."""
    chosen = events[np.isin(events["kind"], kinds)]
    return Counter((Phase(int(e["ev"][0])), Reason(int(e["reason"]))) for e in chosen)


def ways(out: Rows) -> Counter[tuple[Phase, Phase]]:
    """How often a machine went from one phase to which other."""
    found: Counter[tuple[Phase, Phase]] = Counter()
    for name in ("phase_long", "phase_short"):
        phases = out[name]
        at = np.flatnonzero(phases[1:] != phases[:-1])
        found.update((Phase(int(phases[k])), Phase(int(phases[k + 1]))) for k in at)
    return found


@pytest.fixture(scope="module")
def eth(real_data: Callable[[str], pathlib.Path]) -> tuple[Rows, Rows]:
    return run(DEFAULT, real_rows(real_data("ohlcv/ETHUSDT_binance_1h.parquet")))


def test_every_kind_happens_on_hourly_eth(eth: tuple[Rows, Rows]) -> None:
    counts = Counter(eth[1]["kind"].tolist())
    print("\n" + "\n".join(f"{kind.name:<20}{counts[kind]:>8}" for kind in Kind))  # noqa: T201
    assert [kind.name for kind in Kind if counts[kind] == 0] == []


def test_structures_fail_end_and_move_in_every_way_there_is_and_in_no_other(eth: tuple[Rows, Rows]) -> None:
    failed, ended, gone = Counts(), Counts(), Counter[tuple[Phase, Phase]]()
    for out, events in (eth, run(DEFAULT, random_market(1, 50_000)), run(DEFAULT, good_market(1, 50_000))):
        failed += reasons(events, *FAIL_KINDS)
        ended += reasons(events, Kind.RANGE_END)
        gone += ways(out)
    for what in (failed, ended, gone):
        print({" ".join(part.name for part in key): n for key, n in sorted(what.items())})  # noqa: T201
    assert set(failed) == FAILURES
    assert set(ended) == ENDS
    assert {way for way in gone if way[1] != Phase.N} == WAYS


def test_a_spring_refutes_the_other_sides_advance() -> None:
    events = run(EASY, good_market(3, 50_000))[1]
    refuted = events[(events["kind"] == Kind.RANGE_END) & (events["reason"] == Reason.REFUTED)]
    assert len(refuted) > 0
    for end in refuted:
        spring = Kind.SPRING if end["dir"] < 0 else Kind.UTAD
        same = events[(events["i_known"] == end["i_known"]) & (events["kind"] == spring) & (events["state"] == 0)]
        assert len(same) == 1
        assert end["ev"][0] in (Phase.C, Phase.D)


def spoken(events: Rows, side: int) -> set[int]:
    """The bars on which the machine of `side` (0 accumulation) said something."""
    kinds, dirs = events["kind"], events["dir"]
    paired = np.isin(kinds, [k for pair in Wyckoff.mirror_kinds.items() for k in pair])
    whose = np.where(paired, kinds % 2, np.where(dirs > 0, 0, 1))
    own = (kinds == Kind.RANGE) | ((kinds < Kind.CLIMAX_DOWN) & (whose == side))
    return set(events["i_known"][own].tolist())


def test_no_phase_ends_without_a_word(eth: tuple[Rows, Rows]) -> None:
    """Only a spring that nothing comes of goes back to B silently."""
    out, events = eth
    for side, name in enumerate(("phase_long", "phase_short")):
        before, after = out[name][:-1], out[name][1:]
        told = (before != after) & ~((before == Phase.C) & (after == Phase.B))
        assert set((1 + np.flatnonzero(told)).tolist()) <= spoken(events, side)


def test_a_range_without_a_climax_can_spring(eth: tuple[Rows, Rows]) -> None:
    """Springs do not need a climax: some of them have a RANGE as their parent."""
    events = eth[1]
    locks = set(events["id"][events["kind"] == Kind.RANGE].tolist())
    springs = events[np.isin(events["kind"], (Kind.SPRING, Kind.UTAD)) & (events["state"] == 0)]
    sprung = [int(parent) for parent in springs["parent"] if int(parent) in locks]
    print(f"{len(sprung)} of {len(springs)} springs in {len(locks)} ranges without a climax")  # noqa: T201
    assert len(sprung) > len(springs) / 5
