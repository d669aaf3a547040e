"""How rows are cut into pieces changes no byte of anything the machine says or remembers."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from tests.parity.machine_trace import (
    BUSY,
    MARKETS,
    OF_MONEY,
    OTHER,
    PARTS,
    Array,
    Finder,
    Trace,
    bar_by_bar,
    compare,
    compiled_only,
    differences,
    follow,
    fresh,
    market,
    parts_of,
)

from bullmachine.core.errors import KernelError
from bullmachine.core.events import EVENT_SLOTS
from bullmachine.machine import stages
from bullmachine.machine.machine import Machine
from bullmachine.machine.records import BAR_SLOTS, BARS_PER_BAR
from bullmachine.machine.sense import EVENTS_PER_BAR
from bullmachine.testing.markets import random_market
from bullmachine.testing.trace import partition
from bullmachine.trading.params import DecideParams
from bullmachine.trading.rows import LEG_SLOTS, LEGS_PER_BAR, NOTE_SLOTS, NOTES_PER_BAR

pytestmark = compiled_only

NASTY = random_market(5, 1500)
LONG = random_market(5, 6000)  #: with trades enough to fill a ledger after the slow stream is warm


def partitions(n: int) -> Iterable[tuple[str, list[int]]]:
    for size in (1, 499, 500, 501):
        yield f"pieces of {size}", list(range(size, n, size))
    for seed in range(3):
        yield f"partition {seed}", partition(np.random.default_rng(seed), n)


@pytest.mark.parametrize("name", MARKETS)
def test_any_cut_says_the_same(name: str, real_data: Finder) -> None:
    rows = market(name, real_data)
    whole = follow(fresh(), rows)
    assert min(len(whole.said[part]) for part in PARTS) > 0
    assert {how: compare(whole, follow(fresh(), rows, cuts)) for how, cuts in partitions(len(rows))} == {
        how: [] for how, _ in partitions(len(rows))
    }


@pytest.mark.parametrize("decide", [BUSY, OTHER], ids=["busy", "other"])
@pytest.mark.parametrize("first", [0, 1, 499, 500, 501, 1499, 1500])
def test_any_cut_says_the_same_wherever_deciding_begins(decide: DecideParams, first: int) -> None:
    trade_from = int(NASTY["ts"][first]) if first < len(NASTY) else int(NASTY["ts"][-1]) + 1
    whole = follow(fresh(decide, trade_from=trade_from), NASTY)
    assert len(whole.said["decisions"]) == len(NASTY) - first
    for _, cuts in partitions(len(NASTY)):
        assert compare(whole, follow(fresh(decide, trade_from=trade_from), NASTY, cuts)) == []


def test_warm_up_is_read_as_it_would_be_when_decided() -> None:
    """The window moves decisions, never readings."""
    whole, late = follow(fresh(), NASTY), follow(fresh(trade_from=int(NASTY["ts"][900])), NASTY)
    assert differences(whole.said | {p: late.said[p] for p in ("decisions", *OF_MONEY)}, late.said) == []
    assert late.said["decisions"]["time"][0] == whole.said["bars"]["known"][900]
    assert late.said["legs"]["time"][0] >= whole.said["bars"]["ts"][901]


def test_each_bar_is_in_one_piece() -> None:
    parts = ("bars", "readings", "decisions", "marks", "holdings")
    pieces = [[len(parts_of(chunk)[part]) for part in parts] for chunk in fresh().advance(NASTY)]
    assert pieces == [[500] * 5] * 3


def _without_fillers(trace: Trace, part: str, n: int) -> Trace:
    return Trace({**trace.said, part: trace.said[part][n:]}, trace.counts, trace.snapshot)


def _crowded(machine: Machine, rows: Array, log: Array, count: str, fillers: int, part: str) -> Trace:
    """A run whose first piece finds `fillers` records in a log; they are cut off again."""
    log[0][count] = fillers
    return _without_fillers(follow(machine, rows), part, fillers)


class Calls:
    """A kernel that counts its calls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, kernel: str) -> None:
        self.n, self._kernel = 0, getattr(stages, kernel)
        monkeypatch.setattr(stages, kernel, self)

    def __call__(self, *args: Any) -> Any:
        self.n += 1
        return self._kernel(*args)


@pytest.mark.parametrize("room", [EVENTS_PER_BAR, EVENTS_PER_BAR + 1, EVENTS_PER_BAR + 5])
def test_an_event_log_that_fills_up_mid_piece_changes_nothing(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, machine, calls = follow(fresh(), NASTY), fresh(), Calls(monkeypatch, "sense_run")
    found = _crowded(machine, NASTY, machine.senses[0].log, "n", EVENT_SLOTS - room, "events")
    assert compare(whole, found) == []
    assert calls.n > len(whole.counts)


@pytest.mark.parametrize("room", [BARS_PER_BAR, BARS_PER_BAR + 3])
def test_a_bar_log_that_fills_up_mid_piece_changes_nothing(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, machine, calls = follow(fresh(), NASTY), fresh(), Calls(monkeypatch, "sense_run")
    found = _crowded(machine, NASTY, machine.senses[0]._bar_log, "n", BAR_SLOTS - room, "slow_bars")
    assert compare(whole, found) == []
    assert calls.n > len(whole.counts)


@pytest.mark.parametrize(
    ("count", "part", "fillers", "most"),
    [
        ("n_legs", "legs", LEG_SLOTS - LEGS_PER_BAR, LEGS_PER_BAR),
        ("n_legs", "legs", LEG_SLOTS - LEGS_PER_BAR - 5, LEGS_PER_BAR + 5),
        ("n_notes", "notes", NOTE_SLOTS - NOTES_PER_BAR, NOTES_PER_BAR),
        ("n_notes", "notes", NOTE_SLOTS - NOTES_PER_BAR - 5, NOTES_PER_BAR + 5),
    ],
)
def test_a_ledger_that_fills_up_mid_piece_changes_nothing(
    count: str, part: str, fillers: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, machine, calls = follow(fresh(), LONG), fresh(), Calls(monkeypatch, "decide_run")
    found = _crowded(machine, LONG, machine.decide._ledger, count, fillers, part)
    assert compare(whole, found) == []
    assert whole.until(0)[part].size > most
    assert calls.n > len(whole.counts)


def test_a_log_that_cannot_hold_one_bar_is_a_defect_that_speaks() -> None:
    machine = fresh()
    machine.senses[0].log[0].n = EVENT_SLOTS - EVENTS_PER_BAR + 1
    with pytest.raises(KernelError, match="event log"):
        follow(machine, NASTY)


def test_no_event_is_ever_dropped(real_data: Finder) -> None:
    machine = fresh()
    follow(machine, market("Kraken", real_data, 20_000))
    assert machine.senses[0].log[0].head.dropped == 0


def test_refused_rows_are_counted_and_shift_nothing_else(real_data: Finder) -> None:
    rows = market("with refused rows", real_data)
    machine = fresh()
    trace = bar_by_bar(machine, rows)
    assert len(trace.said["bars"]) == len(rows) - sum(machine.rejected().values())
    assert trace.said["bars"]["i"].tolist() == list(range(len(trace.said["bars"])))
    assert len(machine.rejected()) == 5
