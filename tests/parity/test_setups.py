"""Setups keep the machine's laws: any cut, resume, no hindsight, the mirror, plain Python, silence where off."""

import os
import pathlib
import subprocess
import sys
from typing import Any, Final

import numpy as np
import pytest
from tests.oracle.setups_cases import Heard, config_of, machine_of, random_setups
from tests.parity.machine_trace import MARKETS, Finder, bar_by_bar, compare, compiled_only, follow, market

import bullmachine
from bullmachine.config import Config, load_config
from bullmachine.core.record import to_array
from bullmachine.machine.machine import Machine
from bullmachine.setups.book import setup_sets
from bullmachine.setups.kernels import setups_run
from bullmachine.setups.records import SetupState
from bullmachine.testing.markets import mirrored, poisoned, random_market
from bullmachine.testing.trace import partition
from bullmachine.trading.records import Given, Signal

pytestmark = compiled_only

#: twelve at random and some of the shipped, so that limits, zones and exits of their own take part
SETUPS: Final = {**random_setups(3, 12), **{k: setup_sets()["shipped"][k] for k in ("fvg_continuation", "ob_retest")}}
LOOSE: Final = {"guards.max_cost_r": 100.0, "guards.cooldown_bars": 0, "guards.losses": 0, "guards.max_drawdown": 1.0}


def config(**settings: Any) -> Config:
    loose = {**LOOSE, "guards.max_daily_loss": 1.0, "exits.max_stop_atr": 100.0}
    return load_config(
        overrides={"fusion.mode": "setups", "fusion.setups": "none", "setups": SETUPS, **loose, **settings}
    )


CONFIG: Final = config()


@pytest.mark.parametrize("name", MARKETS)
def test_any_cut_says_the_same_and_leaves_the_same_state(name: str, real_data: Finder) -> None:
    rows = market(name, real_data, 3000)
    whole = follow(machine_of(CONFIG), rows)
    assert (whole.said["decisions"]["fired_long"] != 0).sum() > 20
    cuts = {
        "pieces of 499": list(range(499, len(rows), 499)),
        "at random": partition(np.random.default_rng(1), len(rows)),
    }
    for how, at in cuts.items():
        assert compare(whole, follow(machine_of(CONFIG), rows, at)) == [], how
    head = rows[:600]
    assert compare(follow(machine_of(CONFIG), head), bar_by_bar(machine_of(CONFIG), head)) == []


def test_a_restored_machine_goes_on_as_if_never_stopped(real_data: Finder) -> None:
    rows = market("ETH", real_data, 3000)
    for cut in (1, 500, 1777, 2600):
        first = machine_of(CONFIG)
        follow(first, rows[:cut])
        blob = first.snapshot()
        rest, other = follow(first, rows[cut:]), machine_of(CONFIG)
        other.restore(blob)
        assert compare(rest, follow(other, rows[cut:])) == [], cut
        assert rest.said["decisions"]["fired_long"].any()


def test_later_bars_change_nothing_that_fired_before(real_data: Finder) -> None:
    rows = market("ETH", real_data, 2500)
    seen = Heard(CONFIG, rows)
    for at, how in ((1501, "noise"), (2000, "nan"), (2400, "huge")):
        found, upto = Heard(CONFIG, poisoned(rows, at, how)), at + 1
        for name in ("long", "short", "setup", "n"):
            assert np.array_equal(seen.fired[name][:upto], found.fired[name][:upto]), (name, how)
        assert seen.asked["setup"][:upto].any()
        for bar in np.flatnonzero(seen.fired["setup"][:upto]):
            assert seen.said(int(bar)) == found.said(int(bar)), (bar, how)


@pytest.mark.parametrize("name", ["nasty", "Kraken", "ETH"])
def test_setups_fire_in_the_mirror_on_the_mirrored_market(name: str, real_data: Finder) -> None:
    rows = market(name, real_data, 4000)
    kept = {k: row for k, row in SETUPS.items() if not any("location" in text for text in row["when"])}
    turned = {**kept, **{k: {**row, "sides": _other(row.get("sides", "both"))} for k, row in kept.items()}}
    seen, found = Heard(config_of(kept), rows), Heard(config_of(turned), mirrored(rows))
    assert np.array_equal(seen.fired["long"], found.fired["short"])
    assert np.array_equal(seen.fired["short"], found.fired["long"])
    assert np.array_equal(seen.asked["side"], -found.asked["side"])
    asks = seen.asked["side"] != 0
    assert asks.sum() > 20
    assert np.array_equal(seen.asked["limit"][asks], -found.asked["limit"][asks], equal_nan=True)


def _other(sides: str) -> str:
    return {"long": "short", "short": "long"}.get(sides, sides)


def test_as_plain_python_the_same_bytes(tmp_path: pathlib.Path, real_data: Finder) -> None:
    """The table with every form, over 700 bars of ETH from an empty memory."""
    heard = Heard(CONFIG, market("ETH", real_data, 3000))
    last = slice(2300, 3000)
    bars, readings = heard.bars[last].copy(), heard.readings[last].copy()
    events = heard.events[heard.events["t_known"] >= bars["known"][0]].copy()
    asking = CONFIG.asking
    assert asking is not None
    table, state = to_array(asking), to_array(SetupState)
    given, signals = np.repeat(to_array(Given), len(bars)), np.repeat(to_array(Signal), len(bars))
    told = events.view()
    told.flags.writeable = False
    setups_run(table, state, bars, readings, told, given, signals)
    assert (given["fired"]["setup"] > 0).sum() > 20
    for name, part in (("table", table), ("bars", bars), ("readings", readings), ("events", events)):
        (tmp_path / name).write_bytes(part.tobytes())
    roots = [pathlib.Path(bullmachine.__file__).parents[1], pathlib.Path(__file__).parents[2]]
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join([*map(str, roots), *sys.path])}
    command = [sys.executable, "-m", "tests.parity.setups_elsewhere", str(tmp_path)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    parts = (("fired", np.ascontiguousarray(given["fired"])), ("asked", signals), ("state", state))
    assert [name for name, part in parts if (tmp_path / name).read_bytes() != part.tobytes()] == []


def test_another_mode_neither_runs_nor_remembers_setups() -> None:
    rows = random_market(5, 600)
    off = load_config(overrides={"fusion.setups": "none", "setups": SETUPS})
    without = load_config(overrides={"fusion.setups": "none"})
    assert Machine(off.sense, off.decide, setups=off.asking).snapshot() == machine_of(without).snapshot()
    assert not follow(machine_of(off), rows).said["decisions"]["fired_long"].any()


def test_what_asks_is_the_first_by_name_and_no_decision_reads_the_score(real_data: Finder) -> None:
    rows = market("ETH", real_data, 3000)
    seen = follow(machine_of(CONFIG), rows).said
    moved = follow(machine_of(config(**{"fusion.on": 0.05, "fusion.off": 0.01})), rows).said
    assert seen["legs"].tobytes() == moved["legs"].tobytes()
    assert len(seen["legs"]) > 50
    decisions = seen["decisions"]
    long, short = decisions["fired_long"], decisions["fired_short"]
    alone = long ^ short
    first = alone & -alone
    expected = np.where(first & long, 1, np.where(first & short, -1, 0))
    assert np.array_equal(decisions["asked"], expected)
    number = np.where(first > 0, np.log2(np.maximum(first, 1)).astype(int) + 1, 0)
    assert np.array_equal(decisions["source"], np.where(number > 0, 10 + number, 0))
