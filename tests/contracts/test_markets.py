"""The markets are as nasty as they say, and valid."""

from typing import Any

import numpy as np
import pytest

from bullmachine.core.time import HOUR
from bullmachine.indicators.atr import Atr
from bullmachine.testing import markets


@pytest.mark.parametrize("seed", [1, 2, 3, 11])
def test_no_bar_of_a_random_market_is_refused(seed: int) -> None:
    atr = Atr()
    assert len(atr.run(markets.random_market(seed, 3000))) == 3000
    assert atr.rejected == {}


def test_a_random_market_has_everything_nasty() -> None:
    rows = markets.random_market(1, 3000)
    volume = rows["volume"]
    assert (rows["high"] == rows["low"]).sum() > 100
    assert (np.diff(rows["high"]) == 0).sum() > 300
    assert (np.diff(rows["ts"]) > HOUR).sum() > 10
    assert (rows["open"][1:] != rows["close"][:-1]).sum() > 20
    assert np.isnan(volume).sum() > 50
    assert (volume == 0).sum() > 50
    assert np.nanmax(volume) > 20 * np.nanmedian(volume)
    assert rows["low"].min() > 0


def test_prices_lie_on_the_tick_grid() -> None:
    rows = markets.random_market(2, 1000, tick=0.25)
    assert all((rows[name] % 0.25 == 0).all() for name in markets.PRICES)


def test_the_same_seed_gives_the_same_market() -> None:
    assert markets.random_market(5, 400).tobytes() == markets.random_market(5, 400).tobytes()
    assert markets.random_market(5, 400).tobytes() != markets.random_market(6, 400).tobytes()


def test_a_good_market_has_no_ties_or_holes() -> None:
    rows = markets.good_market(1, 500)
    assert len(np.unique(rows["high"])) == len(np.unique(rows["low"])) == 500
    assert (np.diff(rows["ts"]) == HOUR).all()
    assert (rows["volume"] > 0).all()
    assert len(Atr().run(rows)) == 500


@pytest.mark.parametrize(("name", "rows"), list(markets.pressure_markets(1500)))
def test_pressure_markets_pass_admission_and_stay_positive(name: str, rows: Any) -> None:
    assert len(Atr().run(rows)) == 1500, name
    assert rows["low"].min() > 0


def test_mirroring_twice_gives_the_market_back() -> None:
    rows = markets.random_market(3, 200)
    once = markets.mirrored(rows)
    assert len(Atr().run(once)) == 200
    assert once["high"].tolist() == (-rows["low"]).tolist()
    assert markets.mirrored(once).tobytes() == rows.tobytes()


@pytest.mark.parametrize("how", ["noise", "constant", "huge", "tiny", "nan"])
def test_poison_starts_right_after_its_bar(how: str) -> None:
    rows = markets.random_market(4, 300)
    found = markets.poisoned(rows, 99, how)
    assert found[:100].tobytes() == rows[:100].tobytes()
    assert all((found[name][100:] != rows[name][100:]).mean() > 0.9 for name in markets.PRICES)


def test_spoiled_markets_hold_every_reason() -> None:
    dirty, counts = markets.spoiled(markets.random_market(1, 1500), 1)
    assert set(counts) == set(markets.SPOILS.values())
    assert len(dirty) == 1500 + sum(counts.values())
