"""The forming slower bars of a machine fed by hand: what they say, and that looking at them changes nothing."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Final

import numpy as np
import pytest
from tests.modes import compiled_only
from tests.oracle.resampling import start_of

import bullmachine as bm
from bullmachine.market.sample import sample_rows
from bullmachine.testing.markets import random_market

pytestmark = compiled_only

HOUR: Final = 3_600_000
LENGTHS: Final = {"4h": 4 * HOUR, "1d": 24 * HOUR}
SETTINGS: Final = {"fusion.on": 0.4, "fusion.off": 0.3, "exits.stop_atr": 1.0}
Rows = np.ndarray[Any, Any]


def with_holes() -> Rows:
    """Hours with holes, some over whole slower bars, and two without a volume."""
    rows = random_market(7, 600)
    rows["volume"][100] = rows["volume"][101] = math.nan
    return rows


def so_far(rows: Rows, tf: str) -> bm.FormingBar | None:
    """The forming bar after the last of `rows`, from those of them that opened in it."""
    length = LENGTHS[tf]
    start = start_of(int(rows["ts"][-1]), length)
    if int(rows["ts"][-1]) + HOUR == start + length:
        return None
    own, volume = rows[rows["ts"] >= start], 0.0
    for one in own["volume"]:
        volume += float(one)
    return bm.FormingBar(
        timeframe=tf, time=start, closes_at=start + length, open=float(own["open"][0]), high=float(own["high"].max()),
        low=float(own["low"].min()), close=float(own["close"][-1]), volume=volume, n_base=len(own),
    )  # fmt: skip


def told(bars: Any) -> list[str]:
    """As texts, in which NaN equals NaN."""
    return [repr(bar) for bar in bars]


@pytest.mark.parametrize("rows", [sample_rows(200), with_holes()], ids=["sample", "holes"])
def test_they_are_what_the_closed_base_bars_have_made_so_far(rows: Rows) -> None:
    machine, seen = bm.Machine(), 0
    assert machine.forming() == ()
    for k, row in enumerate(rows):
        machine.update(row.item())
        expected = [bar for bar in (so_far(rows[: k + 1], tf) for tf in LENGTHS) if bar is not None]
        assert told(machine.forming()) == told(expected)
        seen += len(expected)
    assert seen > len(rows)


def test_the_look_before_the_last_base_bar_and_that_bar_make_the_closed_one() -> None:
    machine, closed = bm.Machine(), 0
    for row in sample_rows(120):
        before = {bar.timeframe: bar for bar in machine.forming()}
        machine.update(row.item())
        for bar in machine._chunk.pieces[0].slow_bars:  # type: ignore[union-attr]
            look = before["4h" if bar["tf"] == 4 * HOUR else "1d"]
            high, low = max(look.high, row["high"]), min(look.low, row["low"])
            assert (look.open, high, low, row["close"]) == tuple(bar[n] for n in ("open", "high", "low", "close"))
            assert (look.volume + row["volume"], look.n_base + 1) == (bar["volume"], bar["n_base"])
            assert look.closes_at == bar["known"]
            closed += 1
    assert closed == 35


def test_looking_changes_no_byte_and_no_decision() -> None:
    rows = with_holes()
    looked, left = bm.Machine(overrides=SETTINGS), bm.Machine(overrides=SETTINGS)
    traded = 0
    for row in rows:
        a, b = looked.update(row.item()), left.update(row.item())
        before = looked.snapshot()
        looked.forming()
        assert looked.snapshot() == before
        assert a == b
        traded += len(left.fills)
    assert looked.snapshot() == left.snapshot()
    assert looked.equity == left.equity
    assert traded > 0


def test_it_is_flagged_cannot_be_changed_and_survives_a_snapshot() -> None:
    machine = bm.Machine()
    for row in sample_rows(30):
        machine.update(row.item())
    look = machine.forming()
    assert [bar.provisional for bar in look] == [True, True]
    with pytest.raises(dataclasses.FrozenInstanceError):
        look[0].close = 1.0  # type: ignore[misc]
    with pytest.raises((TypeError, ValueError), match="provisional"):
        dataclasses.replace(look[0], provisional=False)
    again = bm.Machine()
    again.restore(machine.snapshot())
    assert again.forming() == look


def test_another_ladder_has_its_own_rungs() -> None:
    machine = bm.Machine(overrides={"data.timeframes": ["15m", "1h", "4h"]})
    for k in range(6):
        machine.update((k * HOUR // 4, 10.0, 11.0, 9.0, 10.5, 1.0))
    assert [(bar.timeframe, bar.n_base, bar.closes_at) for bar in machine.forming()] == [
        ("1h", 2, 2 * HOUR),
        ("4h", 6, 4 * HOUR),
    ]
