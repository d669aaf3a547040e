"""Structure on real bars, alone and inside the machine: no future, no cut, no stop changes a byte of what was said.

ETH has everything, Kraken's ETH has holes, SPY has sessions, EURUSD has no volume.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pytest
from tests.modes import compiled_only
from tests.parity.machine_trace import compare, differences, follow, fresh, made, real_rows
from tests.parity.test_machine_hindsight import closed_at, known_by

from bullmachine.core.engine import StepEngine
from bullmachine.engines.hob import Hob
from bullmachine.engines.smc import Smc
from bullmachine.engines.wyckoff import Wyckoff
from bullmachine.machine.machine import Machine
from bullmachine.machine.records import SenseParams
from bullmachine.market.calendars import Calendar
from bullmachine.testing.markets import poisoned, random_market
from bullmachine.testing.results import Tally
from bullmachine.testing.trace import observe, partition, stream

pytestmark = compiled_only

Rows = np.ndarray[Any, Any]
Finder = Callable[[str], pathlib.Path]
BARS: Final = 1_500
CUTS: Final = 1_000
#: file, first bar, calendar
WINDOWS: Final = {
    "ETH": ("ETHUSDT_binance_1h", 7_500, Calendar.ALWAYS),  # across 2020-03-12
    "Kraken ETH": ("ETHUSD_kraken_1h", 0, Calendar.ALWAYS),
    "SPY": ("SPY_1h", 20_000, Calendar.SESSIONS),
    "EURUSD": ("EURUSD_oanda_1h", 50_000, Calendar.WEEKDAYS),
}
every_window = pytest.mark.parametrize("window", WINDOWS)
every_engine = pytest.mark.parametrize("engine", [Smc, Hob, Wyckoff], ids=["smc", "hob", "wyckoff"])


@functools.cache
def _rows(path: pathlib.Path, first: int) -> Rows:
    return real_rows(path)[first : first + BARS]


@pytest.fixture
def rows(window: str, real_data: Finder) -> Rows:
    file, first, _ = WINDOWS[window]
    return _rows(real_data(f"ohlcv/{file}.parquet"), first)


@pytest.fixture
def machine(window: str) -> Callable[[], Machine]:
    return functools.partial(fresh, sense=made(SenseParams, calendar=WINDOWS[window][2]))


def moments(seed: int, n: int) -> list[int]:
    return sorted({1, 15, *np.random.default_rng(seed).integers(2, BARS - 2, n).tolist()})


def passed(tally: Tally) -> None:
    result = tally.result()
    assert result.passed, str(result)


@every_window
@every_engine
def test_an_engine_says_the_same_bar_by_bar_in_any_pieces_and_after_any_stop(
    engine: type[StepEngine], rows: Rows
) -> None:
    tally, whole, rng = Tally("real window", engine), observe(engine(), rows), np.random.default_rng(1)
    whole.compare(stream(engine(), rows), tally, "bar by bar")
    for _ in range(5):
        whole.compare(observe(engine(), rows, partition(rng, BARS)), tally, "in pieces")
    for cut in moments(2, 5):
        first, second = engine(), engine()
        observe(first, rows[:cut])
        second.restore(first.snapshot())
        observe(first, rows[cut:]).compare(observe(second, rows[cut:]), tally, f"stopped after {cut}")
    passed(tally)


@every_window
@every_engine
def test_no_future_changes_what_an_engine_said(engine: type[StepEngine], rows: Rows) -> None:
    tally, whole = Tally("real window", engine), observe(engine(), rows)
    for t in moments(3, 10):
        futures = [("none", rows[: t + 1])]
        futures += [(how, poisoned(rows, t, how)) for how in ("noise", "constant", "huge", "tiny", "nan")]
        for how, made_up in futures:
            found = observe(engine(), made_up)
            tally.same(whole.outputs[: t + 1], found.outputs[: t + 1], f"outputs, {how} after {t}")
            early = [trace.events[trace.events["i_known"] <= t] for trace in (whole, found)]
            tally.same(early[0], early[1], f"events, {how} after {t}")
    passed(tally)


@every_window
def test_the_machine_says_the_same_in_any_pieces_and_after_any_stop(machine: Callable[[], Machine], rows: Rows) -> None:
    whole, rng = follow(machine(), rows), np.random.default_rng(4)
    for _ in range(3):
        assert compare(whole, follow(machine(), rows, partition(rng, BARS))) == []
    for cut in moments(5, 3):
        first, second = machine(), machine()
        follow(first, rows[:cut])
        second.restore(first.snapshot())
        assert compare(follow(first, rows[cut:]), follow(second, rows[cut:])) == [], cut


@every_window
def test_no_future_changes_what_the_machine_said(machine: Callable[[], Machine], rows: Rows) -> None:
    whole = follow(machine(), rows)
    for t in moments(6, 3):
        at = closed_at(rows, t)
        assert differences(known_by(whole, at), follow(machine(), rows[: t + 1]).said) == [], t
        for how in ("noise", "constant", "huge", "tiny", "nan"):
            found = follow(machine(), poisoned(rows, t, how))
            assert differences(known_by(whole, at), known_by(found, at)) == [], (t, how)


@dataclasses.dataclass(frozen=True)
class Passes:
    """What the whole run said, how many of its events were known by each bar, and what each bar said as it came."""

    readings: Rows
    events: Rows
    known: Rows
    one_by_one: Iterator[tuple[Rows, Rows]]


def of_engine(engine: type[StepEngine], rows: Rows) -> Passes:
    whole, alone = observe(engine(), rows), engine()
    known = np.searchsorted(whole.events["i_known"], np.arange(BARS), side="right")
    one_by_one = ((alone.run(rows[k : k + 1]), alone.event_array()) for k in range(BARS))
    return Passes(whole.outputs, whole.events, known, one_by_one)


def of_machine(machine: Machine, alone: Machine, rows: Rows) -> Passes:
    said = follow(machine, rows).said
    known = np.searchsorted(said["events"]["t_known"], said["bars"]["known"], side="right")
    pieces = (chunk.pieces[0] for k in range(BARS) for chunk in alone.advance(rows[k : k + 1]))
    return Passes(said["readings"], said["events"], known, ((p.readings, p.events) for p in pieces))


def odd(a: Rows, b: Rows) -> int:
    """How many records differ in a byte; those that only one has count too."""
    n = min(len(a), len(b))
    left, right = (np.ascontiguousarray(x[:n]).view(np.int64).reshape(n, x.itemsize // 8) for x in (a, b))
    return abs(len(a) - len(b)) + int((left != right).any(axis=1).sum())


def rewritten(p: Passes) -> tuple[int, int]:
    """Over 1,000 random cuts: records kept by then that the whole run has otherwise, and all that were compared."""
    readings, events = np.zeros(BARS, p.readings.dtype), np.zeros(len(p.events) + 1_000, p.events.dtype)
    cuts = set(np.random.default_rng(7).choice(np.arange(1, BARS + 1), CUTS, replace=False).tolist())
    told, wrong, seen = 0, 0, 0
    for k, (reading, said) in enumerate(p.one_by_one, start=1):
        readings[k - 1 : k] = reading
        events[told : told + len(said)] = said
        told += len(said)
        if k in cuts:
            wrong += odd(readings[:k], p.readings[:k]) + odd(events[:told], p.events[: p.known[k - 1]])
            seen += k + told
    return wrong, seen


@every_window
@every_engine
def test_nothing_an_engine_said_by_a_thousand_cuts_is_rewritten(engine: type[StepEngine], rows: Rows) -> None:
    wrong, seen = rewritten(of_engine(engine, rows))
    print(f"{engine.name}: {wrong} of {seen} records rewritten at {CUTS} cuts")  # noqa: T201
    assert (wrong, seen > CUTS * BARS / 2) == (0, True)


@every_window
def test_nothing_the_machine_said_by_a_thousand_cuts_is_rewritten(machine: Callable[[], Machine], rows: Rows) -> None:
    wrong, seen = rewritten(of_machine(machine(), machine(), rows))
    print(f"machine: {wrong} of {seen} records rewritten at {CUTS} cuts")  # noqa: T201
    assert (wrong, seen > CUTS * BARS / 2) == (0, True)


@pytest.mark.parametrize("of", ["readings", "events"])
def test_one_record_touched_afterwards_is_found(of: str) -> None:
    rows = random_market(1, BARS)
    passes = of_engine(Hob, rows)
    record = getattr(passes, of)[200:201]
    record[record.dtype.names[-2]] += 1
    wrong, _ = rewritten(passes)
    assert wrong > 100
