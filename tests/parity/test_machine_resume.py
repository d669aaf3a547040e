"""Stop at any bar, go on in another machine or another process: as if it had never stopped."""

import dataclasses
import itertools
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.parity.elsewhere import STATE, array_run, run_elsewhere
from tests.parity.machine_trace import BUSY, MARKETS, Finder, Trace, compare, compiled_only, follow, fresh, made, market

from bullmachine.core.errors import ConfigError, SnapshotError
from bullmachine.engines.momentum import Momentum
from bullmachine.machine.feed import Outside
from bullmachine.machine.machine import Machine
from bullmachine.machine.records import SenseParams
from bullmachine.testing.markets import random_market
from bullmachine.testing.variants import variants

pytestmark = compiled_only

NASTY = random_market(8, 900)


@pytest.mark.parametrize("name", MARKETS)
def test_a_restored_machine_goes_on_as_if_never_stopped(name: str, real_data: Finder) -> None:
    rows = market(name, real_data)
    used = fresh()
    follow(used, NASTY)
    cuts = np.random.default_rng(3).integers(2, len(rows), 8).tolist()
    for cut in sorted({0, 1, 499, 500, 501, *cuts}):
        first = fresh()
        if cut:
            follow(first, rows[:cut])
        blob = first.snapshot()
        rest = follow(first, rows[cut:])
        for target in (fresh(), used):
            target.restore(blob)
            assert compare(rest, follow(target, rows[cut:])) == [], cut


def test_a_machine_killed_at_many_bars_equals_one_that_lived(real_data: Finder) -> None:
    rows = market("Kraken", real_data)
    blob = fresh().snapshot()
    for start, end in itertools.pairwise(range(0, len(rows) + 1, 50)):
        machine = fresh()
        machine.restore(blob)
        follow(machine, rows[start:end])
        blob = machine.snapshot()
    whole = fresh()
    assert follow(whole, rows).snapshot == blob


def test_a_snapshot_restores_in_a_fresh_process(tmp_path: pathlib.Path) -> None:
    first = fresh(outside=[Outside()])
    follow(first, NASTY[:613])
    blob = first.snapshot()
    there = run_elsewhere(tmp_path, [NASTY[613:]], blob)
    here = array_run([NASTY[613:]], blob)
    assert [part for part in here if here[part] != there[part]] == []
    assert here[STATE] == there[STATE]
    assert follow(first, NASTY[613:]).said["decisions"].tobytes() == there["decisions"]


def changed(params: Any) -> Iterator[Any]:
    """`params` with one setting moved, through nested sections, in every way its bounds allow."""
    yield from variants(params)
    for field in dataclasses.fields(params):
        part = getattr(params, field.name)
        if dataclasses.is_dataclass(part):
            yield from (made_ for other in changed(part) if (made_ := _replaced(params, field.name, other)) is not None)


def _replaced(params: Any, name: str, part: Any) -> Any:
    """None where a rule between fields forbids it."""
    try:
        return dataclasses.replace(params, **{name: part})
    except ConfigError:
        return None


def foreign() -> Iterator[Machine]:
    yield from (fresh(other) for other in changed(BUSY))
    yield from (fresh(BUSY, other) for other in changed(made(SenseParams)))
    yield fresh(trade_from=0)


def damaged(blob: bytes) -> Iterator[tuple[str, bytes]]:
    for n in (0, 7, 8, 11, 12, 40, 300, len(blob) // 2, len(blob) - 33, len(blob) - 32, len(blob) - 1):
        yield f"cut to {n} bytes", blob[:n]
    for at in np.linspace(0, len(blob) - 1, 60).astype(int).tolist():
        yield f"bit flipped in byte {at}", blob[:at] + bytes([blob[at] ^ 0x10]) + blob[at + 1 :]
    yield "longer by a byte", blob + b"\0"
    yield "another engine's", Momentum().snapshot()


def test_a_snapshot_of_any_other_parameter_set_is_refused_and_changes_nothing() -> None:
    target = fresh()
    follow(target, NASTY)
    before, kinds = target.snapshot(), 0
    for other in foreign():
        with pytest.raises(SnapshotError):
            target.restore(other.snapshot())
        kinds += 1
    assert target.snapshot() == before
    assert kinds > 50


def test_a_damaged_snapshot_is_refused_and_changes_nothing() -> None:
    donor, target = fresh(), fresh()
    follow(donor, NASTY[:500])
    follow(target, NASTY)
    before = target.snapshot()
    for how, blob in damaged(donor.snapshot()):
        with pytest.raises(SnapshotError):
            target.restore(blob)
        assert target.snapshot() == before, how


def test_a_snapshot_shares_nothing_with_its_machine() -> None:
    machine = fresh()
    follow(machine, NASTY[:400])
    blob = machine.snapshot()
    kept = bytes(bytearray(blob))
    follow(machine, NASTY[400:])
    assert blob == kept
    assert machine.snapshot() != kept


def test_ending_the_data_is_no_act_of_the_machine() -> None:
    held = int(np.flatnonzero(follow(fresh(), NASTY).said["holdings"])[0]) + 1
    machine = fresh()
    trace = follow(machine, NASTY[:held])
    last = machine.close_out()
    assert [len(last.legs), len(last.closed), len(last.marks)] == [1, 1, 1]
    assert last.holdings.tolist() == [[0.0]]
    assert machine.snapshot() == trace.snapshot
    assert compare(follow(machine, NASTY[held:]), _rest_after(held)) == []


def _rest_after(cut: int) -> Trace:
    machine = fresh()
    follow(machine, NASTY[:cut])
    return follow(machine, NASTY[cut:])


def test_a_piece_that_was_interrupted_half_way_is_not_gone_on_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sense is ahead of decide there: what lies between them would be lost."""
    machine = fresh()
    follow(machine, NASTY[:20])
    kept = machine.snapshot()
    with monkeypatch.context() as m:
        m.setattr(machine.decide, "take", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            follow(machine, NASTY[20:40])
    with pytest.raises(SnapshotError, match="interrupted half-way: restore an earlier snapshot"):
        machine.snapshot()
    for go_on in (lambda: follow(machine, NASTY[40:]), lambda: machine.take_one(NASTY[40:41])):
        with pytest.raises(SnapshotError, match="interrupted half-way: restore an earlier snapshot"):
            go_on()
    machine.restore(kept)
    assert compare(follow(machine, NASTY[20:]), _rest_after(20)) == []


def test_an_interruption_while_one_row_is_read_is_noticed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = fresh()
    monkeypatch.setattr(machine.senses[0], "_read", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        machine.take_one(NASTY[:1])
    with pytest.raises(SnapshotError, match="interrupted"):
        machine.snapshot()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
