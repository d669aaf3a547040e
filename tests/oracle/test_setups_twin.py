"""Setups fire exactly where a plain reading of their sentences says, on real windows."""

import collections
import pathlib
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from tests.modes import compiled_only
from tests.oracle.setups_cases import Heard, Setups, config_of, random_setups
from tests.oracle.setups_twin import firings
from tests.parity.machine_trace import real_rows

import bullmachine as bm
from bullmachine.config import load_config
from bullmachine.setups.book import setup_sets

pytestmark = compiled_only

Finder = Callable[[str], pathlib.Path]
BEFORE, BARS = 2500, 1000  #: bars that warm the engines up, and bars compared
WINDOWS = [("ETHUSDT_binance_1h", 9_000), ("ETHUSDT_binance_1h", 40_000), ("BTCUSDT_binance_1h", 20_000),
           ("BTCUSDT_binance_1h", 52_000), ("SPY_1h", 0), ("SPY_1h", 1_500)]  # fmt: skip
SHIPPED: Setups = setup_sets()["shipped"]


def window(find: Finder, name: str, first: int) -> Any:
    return real_rows(find(f"ohlcv/{name}.parquet"))[first : first + BEFORE + BARS]


def compared(setups: Setups, rows: Any) -> collections.Counter[str]:
    """How often each setup fired in the last thousand bars; every bar of them as the twin says."""
    heard = Heard(config_of(setups), rows)
    fired: collections.Counter[str] = collections.Counter()
    for bar, expected in enumerate(firings(setups, heard.views(), heard.bars["known"].tolist(), heard.told())):
        if bar >= len(heard.bars) - BARS:
            assert heard.said(bar) == expected, bar
            fired.update([*expected[0], *expected[1]])
    return fired


@pytest.mark.parametrize(("name", "first"), WINDOWS)
def test_shipped_setups_fire_where_their_sentences_say(name: str, first: int, real_data: Finder) -> None:
    fired = compared(SHIPPED, window(real_data, name, first))
    assert fired.total() > 30


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize(("name", "first"), WINDOWS)
def test_random_setups_fire_where_their_sentences_say(name: str, first: int, part: int, real_data: Finder) -> None:
    setups = random_setups(part, 15)
    fired = compared(setups, window(real_data, name, first))
    assert len(fired) > 3


def test_random_setups_hold_every_form_of_the_language() -> None:
    texts = [text for seed in (0, 1) for row in random_setups(seed, 15).values() for text in row["when"]]
    words = {" ".join(text.split()[: 2 if text.startswith("state") else 1]) for text in texts}
    assert words == {"event", "zone", "state trend", "state phase", "state location", "state align"}
    assert any(" after " in text for text in texts)
    assert any("score" in text for text in texts)


def test_a_runs_folder_says_the_same(real_data: Finder, tmp_path: pathlib.Path) -> None:
    rows = window(real_data, *WINDOWS[0])
    heard = Heard(load_config(overrides={"fusion.mode": "setups"}), rows)
    frame = pl.DataFrame({name: rows[name] for name in ("ts", "open", "high", "low", "close", "volume")}).rename(
        {"ts": "timestamp"}
    )
    run = bm.backtest(frame, overrides={"fusion.mode": "setups"}, out=tmp_path / "run", baseline=False, tz="UTC")
    events = run.events.with_columns(
        pl.col("tf").replace({"1h": "base", "4h": "middle", "1d": "slow"}), pl.col("t_known").dt.epoch("ms")
    )
    told = events.select(heard.told()[0].keys()).to_dicts()
    assert told == heard.told()
    for bar, (long, short) in enumerate(run.decisions.select("fired_long", "fired_short").rows()):
        assert heard.said(bar)[:2] == ({*long.split("|")} - {""}, {*short.split("|")} - {""})
    asked = [(source, side) for source, side in run.signals.select("source", "side").rows()]
    sides = {1: "long", -1: "short"}
    assert asked == [(a[0], sides[a[1]]) for bar in range(len(rows)) if (a := heard.said(bar)[2]) is not None]
    assert run.signals["evidence"].to_list() == [
        a[2] for bar in range(len(rows)) if (a := heard.said(bar)[2]) is not None
    ]
