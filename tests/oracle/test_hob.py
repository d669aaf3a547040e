"""Hidden order blocks against their plain twin: every event and every reading of every bar.

The twin takes the smart-money events from the machine, which has a twin of its own.
"""

import dataclasses
import math
import pathlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.oracle import hob_twin as twin
from tests.oracle.features_twin import Candle
from tests.oracle.hob_cases import REACHABLE, RULES, happened, homecoming, jumpy, spans, staircase
from tests.oracle.hob_twin_evidence import SmcEvent
from tests.oracle.hob_twin_zones import CAPACITY, HOB, HOB_REACTION, PHOB, Name, Rules, Told

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.events import EV_LEN
from bullmachine.engines.features import FeaturesParams
from bullmachine.engines.hob import Hob, HobParams
from bullmachine.engines.levels import LevelsParams
from bullmachine.engines.levels.pivot import PivotParams
from bullmachine.engines.smc import SmcParams
from bullmachine.indicators import AtrParams
from bullmachine.testing import random_market

Rows = np.ndarray[Any, Any]
Finder = Callable[[str], pathlib.Path]
#: nested fields have defaults that the type checker cannot see
HOBS: Any = HobParams
SMC: Any = SmcParams
FEATURES: Any = FeaturesParams
LEVELS: Any = LevelsParams

OWN = ("min_body", "min_body_atr", "buf", "max_age", "wick", "wick_body", "min_sp", "spike_rv")
PARTS = ("zone_part", "absorb_part", "spike_part", "reaction_part")
FILES = ("ETHUSDT_binance_1h", "ETHUSD_kraken_1h", "SPY_1h", "EURUSD_oanda_1h")
WINDOWS = [
    ("ETHUSDT_binance_1h", 8_000),  # across 2020-03-12
    ("ETHUSDT_binance_1h", 40_000),
    ("ETHUSD_kraken_1h", 0),  # bars exist only where trades did
    ("ETHUSD_kraken_1h", 30_000),
    ("SPY_1h", 20_000),
    ("EURUSD_oanda_1h", 50_000),  # no volume
]


def machine(rules: Rules, k: int = 3) -> Hob:
    zone, absorb, spike, reaction = rules.weights
    given, smc = HOBS(), SMC()
    own = HOBS(
        **{name: getattr(rules, name) for name in OWN},
        reaction=dataclasses.replace(given.reaction, min_score=rules.min_score, life=rules.life),
        weights=dataclasses.replace(given.weights, zone=zone, absorb=absorb, spike=spike, reaction=reaction),
    )
    return Hob(
        own,
        levels=LEVELS(pivot=PivotParams(k=k)),
        features=FEATURES(atr=AtrParams(length=rules.atr)),
        smc=SMC(
            fvg=dataclasses.replace(smc.fvg, max_age=rules.fvg_max_age),
            ob=dataclasses.replace(smc.ob, max_age=rules.ob_max_age),
        ),
    )


def candles(rows: Rows) -> list[Candle]:
    """Missing volume is None."""
    prices = (rows[name].tolist() for name in ("open", "high", "low", "close"))
    volumes = (None if math.isnan(v) else v for v in rows["volume"].tolist())
    return [Candle(*bar) for bar in zip(*prices, volumes, strict=True)]


def window(path: pathlib.Path, start: int, n: int = 1000) -> Rows:
    frame = pl.read_parquet(path).slice(start, n)
    columns = (frame[name].to_numpy() for name in ("open", "high", "low", "close", "volume"))
    return rows_from_columns(frame["timestamp"].dt.epoch("ms").to_numpy(), *columns)


def smc_events(events: Rows) -> list[SmcEvent]:
    """Those of the smart-money engine."""
    mine = events[(events["kind"] >= 200) & (events["kind"] < 300)]
    fields = ("id", "kind", "dir", "i_ref", "i_known", "price", "lo", "hi", "score", "state", "reason", "parent")
    return [SmcEvent(*row) for row in zip(*(mine[name].tolist() for name in fields), strict=True)]


def own_events(events: Rows) -> list[Told]:
    """Those of the engine under test, their parents by name."""
    names = {e: (kind, ref, known) for e, kind, ref, known in events[["id", "kind", "i_ref", "i_known"]].tolist()}
    mine = events[(events["kind"] >= 400) & (events["kind"] < 500)]
    fields = ("kind", "dir", "i_ref", "i_known", "price", "lo", "hi", "score", "state", "reason")
    told = [Told(*row) for row in zip(*(mine[name].tolist() for name in fields), strict=True)]
    parents = [None if number == -1 else names[number] for number in mine["parent"].tolist()]
    rest = zip(told, parents, mine["ev"].tolist(), strict=True)
    return [dataclasses.replace(one, parent=parent, ev=tuple(ev)) for one, parent, ev in rest]


def exact(told: Told) -> tuple[int, int, int, int, int, int, Name]:
    return told.known, told.kind, told.dir, told.ref, told.state, told.reason, told.parent or (-1, -1, -1)


def numbers(told: Told) -> list[float]:
    ev = [*told.ev, *[0.0] * (EV_LEN - len(told.ev))]
    return [told.price, told.lo, told.hi, told.score, *ev]


def close_to(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def compare(rows: Rows, rules: Rules, k: int = 3) -> list[Told]:
    """Run both; what the twin told, so that a test can say that something was told at all."""
    engine = machine(rules, k)
    out, events = engine.run(rows), engine.event_array()
    found = own_events(events)
    choices = {(e.known, e.dir): e.parent for e in found if e.kind == HOB_REACTION and e.parent is not None}
    readings, told = twin.run(candles(rows), smc_events(events), rules, choices)
    compare_events(found, told)
    compare_readings(out, readings)
    return told


def compare_events(found: Sequence[Told], told: Sequence[Told]) -> None:
    """Their order within a bar does not matter."""
    missing, extra = (
        Counter(map(exact, one)) - Counter(map(exact, other)) for one, other in ((told, found), (found, told))
    )
    assert (sorted(missing), sorted(extra)) == ([], [])
    left, right = (sorted(events, key=lambda e: (exact(e), e.price, e.lo, e.hi)) for events in (found, told))
    close_to([numbers(e) for e in left], [numbers(e) for e in right])


def compare_readings(out: Rows, readings: Sequence[twin.Reading]) -> None:
    expected = np.array([[getattr(r, name) for name in PARTS] for r in readings])
    for column, name in enumerate(PARTS):
        close_to(out[name], expected[:, column])
    close_to(out["reversal"], expected.sum(axis=1))


@pytest.mark.parametrize("block", range(10))
def test_hidden_blocks_equal_their_twin_on_200_walks(block: int) -> None:
    for seed in range(10 * block, 10 * block + 10):
        compare(jumpy(seed), RULES["defaults"])
        compare(random_market(seed, 300), RULES["defaults"], k=2)


@pytest.mark.parametrize("name", [name for name in RULES if name != "defaults"])
def test_hidden_blocks_equal_their_twin_with_other_parameters(name: str) -> None:
    for seed in range(16):
        compare(jumpy(100 + seed), RULES[name], k=1 + seed % 3)
        compare(random_market(100 + seed, 300), RULES[name], k=1 + seed % 3)


@pytest.mark.parametrize("name", RULES)
def test_hidden_blocks_equal_their_twin_where_shares_are_exact(name: str) -> None:
    for seed in range(6):
        assert compare(spans(seed), RULES[name])


@pytest.mark.parametrize("upside_down", [False, True])
@pytest.mark.parametrize("after", [48, 49, 50])
def test_a_zone_too_old_on_the_bar_that_meets_it_is_no_reason_to_react(after: int, upside_down: bool) -> None:  # noqa: FBT001
    told = compare(homecoming(after, upside_down=upside_down), RULES["short"])
    own = [e for e in told if e.kind == HOB_REACTION and e.parent == (HOB, 24, 28)]
    assert len(own) == (after < 50)


@pytest.mark.parametrize("upside_down", [False, True])
def test_a_full_house_loses_the_oldest_never_hidden_and_then_the_oldest_hidden(upside_down: bool) -> None:  # noqa: FBT001
    told = compare(staircase(upside_down=upside_down), RULES["defaults"])
    assert [(e.ref, e.ev[0]) for e in told if e.reason == CAPACITY] == [(24, 3)]


def test_everything_that_can_happen_happens_on_the_charts() -> None:
    """Zones hidden once, twice and three times; claims against zones of every family."""
    told = [
        one for name in RULES for seed in range(100, 116) for one in compare(jumpy(seed), RULES[name], k=1 + seed % 3)
    ]
    for upside_down in (False, True):
        told += compare(staircase(upside_down=upside_down), RULES["defaults"])
    assert happened(told) == REACHABLE
    assert {(e.kind, e.ev[0]) for e in told if e.kind in {HOB, PHOB}} >= {
        (k, n) for k in (HOB, PHOB) for n in (1, 2, 3)
    }


@pytest.mark.parametrize(("name", "start"), WINDOWS)
@pytest.mark.parametrize("rules", ["defaults", "eager"])
def test_hidden_blocks_equal_their_twin_on_real_bars(rules: str, name: str, start: int, real_data: Finder) -> None:
    assert compare(window(real_data(f"ohlcv/{name}.parquet"), start), RULES[rules])


@pytest.mark.deep
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("rules", ["defaults", "short"])
def test_hidden_blocks_equal_their_twin_on_20_000_real_bars(rules: str, name: str, real_data: Finder) -> None:
    told = compare(window(real_data(f"ohlcv/{name}.parquet"), 0, 20_000), RULES[rules])
    assert {e.ev[0] for e in told if e.kind == HOB} >= {1, 2}
