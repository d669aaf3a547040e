"""The synthetic market is the same everywhere and has what engines look for."""

import hashlib
import time

import numpy as np
import pytest

from bullmachine.core.time import HOUR
from bullmachine.market.sample import SAMPLE_NAME, SAMPLE_START, sample_rows
from bullmachine.market.validate import judge

PINNED_HEAD = "0e5a530bc0e623f3ca1d404525e805acc177c0faa2f990264ccd482965aa5da3"
PINNED = "42125029ac9b76c199026a823c5e77e40de262222b5dc173ad1bfc0f0c610a6e"
ROWS = sample_rows()


def test_its_bytes_are_pinned() -> None:
    assert hashlib.sha256(ROWS[:1000].tobytes()).hexdigest() == PINNED_HEAD
    assert hashlib.sha256(ROWS.tobytes()).hexdigest() == PINNED


def test_a_shorter_sample_is_the_beginning_of_a_longer_one() -> None:
    assert sample_rows(777).tobytes() == ROWS[:777].tobytes()
    assert len(sample_rows(0)) == 0


def test_another_seed_is_another_market() -> None:
    assert not np.array_equal(sample_rows(50, seed=8)["close"], ROWS["close"][:50])


def test_it_says_that_it_is_synthetic() -> None:
    assert SAMPLE_NAME == "SYNTHETIC"


def test_it_is_two_whole_years_of_admissible_hours() -> None:
    assert np.array_equal(ROWS["ts"], SAMPLE_START + HOUR * np.arange(2 * 365 * 24))
    assert not judge(ROWS, HOUR)[0].any()
    assert np.array_equal(ROWS["open"][1:], ROWS["close"][:-1])


@pytest.mark.parametrize("seed", range(1, 13))
def test_prices_stay_on_their_grid_and_within_reason(seed: int) -> None:
    rows = sample_rows(seed=seed)
    for name in ("open", "high", "low", "close"):
        assert np.array_equal(rows[name], np.round(rows[name] * 100) / 100)
    assert rows["low"].min() > 300
    assert rows["high"].max() < 8000
    assert (rows["high"] > rows["low"]).mean() > 0.999


def test_volume_follows_the_spread_and_swells_at_climaxes() -> None:
    spread = (ROWS["high"] - ROWS["low"]) / ROWS["close"]
    assert 0.6 < np.corrcoef(spread, ROWS["volume"])[0, 1] < 0.95
    quiet, usual, climax = np.quantile(ROWS["volume"], [0.05, 0.5, 0.999])
    assert quiet < 0.5 * usual
    assert climax > 6 * usual


def test_it_trends_both_ways_and_ranges() -> None:
    close = ROWS["close"]
    moves = close[200:] / close[:-200] - 1
    assert (moves > 0.08).mean() > 0.05
    assert (moves < -0.08).mean() > 0.05
    assert (np.abs(moves) < 0.04).mean() > 0.2


def test_ranges_have_springs_and_upthrusts() -> None:
    """Bars that pierce the extreme of the last 120 and close well back inside."""
    springs = upthrusts = 0
    for k in range(120, len(ROWS)):
        past = ROWS[k - 120 : k]
        top, bottom = past["high"].max(), past["low"].min()
        back = (top - bottom) / 20
        springs += ROWS["low"][k] < bottom and ROWS["close"][k] > bottom + back
        upthrusts += ROWS["high"][k] > top and ROWS["close"][k] < top - back
    assert springs >= 5
    assert upthrusts >= 5


def test_it_is_drawn_quickly() -> None:
    start = time.process_time()
    sample_rows()
    assert time.process_time() - start < 1.0  # measured 0.07 s; a busy machine may be slower
