"""Structure where there is little to read: no volume, no movement, holes, sessions, a single bar, extreme prices.

The contract has zero-range bars, missing volume and extreme prices in outputs and state; here it is what is said.
"""

import pathlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from tests.modes import compiled_only
from tests.parity.machine_trace import real_rows

from bullmachine.core.engine import StepEngine
from bullmachine.core.time import DAY, HOUR
from bullmachine.engines.hob import Hob
from bullmachine.engines.hob import Kind as HobKind
from bullmachine.engines.smc import Kind, Smc
from bullmachine.testing.markets import flat_market, good_market, random_market, scaled
from bullmachine.testing.trace import leaves, state_of

pytestmark = compiled_only

Rows = np.ndarray[Any, Any]
Finder = Callable[[str], pathlib.Path]
FILES: Final = {"EURUSD": "EURUSD_oanda_1h", "SPY": "SPY_1h", "Kraken ETH": "ETHUSD_kraken_1h"}
ENGINES: Final = [Smc, Hob]
every_engine = pytest.mark.parametrize("cls", ENGINES, ids=["smc", "hob"])
#: evidence that comes from volume, by kind and place
RV: Final = [(Kind.DISPL, 2), (Kind.BOS, 2), (Kind.FVG, 1), (Kind.OB, 2), (Kind.SWEEP, 3), (Kind.POOL_RUN, 3)]


def with_holes(rows: Rows) -> Rows:
    """Every fortieth bar comes days late, one of them after four months."""
    made = rows.copy()
    late = np.where(np.arange(len(rows)) % 40 == 39, (1 + np.arange(len(rows)) % 9) * DAY, 0)
    late[len(rows) // 2] = 120 * DAY
    made["ts"] += np.cumsum(late)
    return made


MARKETS: Final[dict[str, Rows]] = {
    "holes of days": with_holes(good_market(7, 3_000)),
    "prices of 1e8": scaled(random_market(8, 3_000), 1e6),
    "prices of 1e-8": scaled(random_market(8, 3_000), 1e-10),
    "one bar": random_market(9, 1),
    "constant": flat_market(600),
    "constant, then a market": np.concatenate([flat_market(300, price=120.0), random_market(3, 900)]),
}


def later(rows: Rows) -> Rows:
    """Times that only go forward, where two markets were put together."""
    made = rows.copy()
    steps = np.diff(rows["ts"], prepend=rows["ts"][:1] - HOUR)
    made["ts"] = rows["ts"][0] + np.cumsum(np.where(steps > 0, steps, HOUR)) - HOUR
    return made


def run(cls: type[StepEngine], rows: Rows) -> tuple[Rows, Rows]:
    engine = cls()
    out = engine.run(later(rows))
    assert len(out) == len(rows)
    assert engine.rejected == {}
    return out, engine.event_array()


def check(cls: type[StepEngine], rows: Rows) -> tuple[Rows, Rows]:
    """Scores and parts are finite, 0 until ready and bounded; every event has numbers in it."""
    out, events = run(cls, rows)
    weight = {name: column for (name,), column in leaves(out) if name.endswith("_part")}
    for column in (*weight.values(), out["reversal"]):
        assert np.isfinite(column).all()
        assert (np.abs(column) <= 1.0).all()
        assert not column[out["ready"] == 0].any()
    assert ((events["score"] >= 0.0) & (events["score"] <= 1.0)).all()
    assert all(np.isfinite(events[name]).all() for name in ("price", "lo", "hi"))
    assert np.isfinite(events["ev"]).all()
    assert (events["lo"] <= events["hi"]).all()
    return out, events


def spoken(events: Rows) -> set[float]:
    """What is said of volume."""
    return {x for kind, place in RV for x in events["ev"][events["kind"] == kind][:, place].tolist()}


@pytest.mark.parametrize("market", MARKETS)
@every_engine
def test_odd_markets_leave_finite_scores(cls: type[StepEngine], market: str) -> None:
    check(cls, MARKETS[market])


@pytest.mark.parametrize("market", FILES)
@every_engine
def test_real_markets_with_something_missing_leave_finite_scores(
    cls: type[StepEngine], market: str, real_data: Finder
) -> None:
    out, events = check(cls, real_rows(real_data(f"ohlcv/{FILES[market]}.parquet"))[:20_000])
    assert out["ready"][cls().warm_up :].all()
    assert {int(kind) for kind in (Kind.OB, Kind.FVG, Kind.SWEEP, Kind.SMR)} <= set(events["kind"].tolist())


@pytest.mark.parametrize(("volume", "said"), [(np.nan, {0.0}), (0.0, {0.0, 1.0})], ids=["missing", "zero"])
@every_engine
def test_without_volume_no_spike_is_seen_and_the_rest_still_speaks(
    cls: type[StepEngine], volume: float, said: set[float], real_data: Finder
) -> None:
    """The file has zeros: a volume that is always 0 is as usual (1) once there are twenty bars to compare with."""
    rows = real_rows(real_data("ohlcv/EURUSD_oanda_1h.parquet"))[:20_000]
    rows["volume"] = volume
    events = check(cls, rows)[1]
    assert not (events["kind"] == HobKind.VOL_SPIKE).any()
    assert spoken(events) == said
    assert len(events) > 20_000


@pytest.mark.parametrize(("price", "factor"), [("prices of 1e8", 1e6), ("prices of 1e-8", 1e-10)])
def test_extreme_prices_say_what_usual_ones_say(price: str, factor: float) -> None:
    """Ten to the sixth is no power of two: comparisons of almost equal numbers may turn, hardly any does."""
    usual, extreme = run(Hob, random_market(8, 3_000))[1], run(Hob, MARKETS[price])[1]
    names = ["kind", "dir", "i_ref", "i_known", "state", "reason"]
    left, right = ({tuple(e) for e in events[names].tolist()} for events in (usual, extreme))
    assert len(left ^ right) <= 0.02 * len(left)
    assert extreme["price"].max() / usual["price"].max() == pytest.approx(factor, rel=1e-9)


@every_engine
def test_a_constant_price_is_warm_and_says_nothing_at_all(cls: type[StepEngine]) -> None:
    out, events = check(cls, flat_market(600))
    assert out["ready"][-1] == 1
    assert not any(column.any() for (name,), column in leaves(out) if name.endswith("_part"))
    kinds = {int(kind) for kind in cls.kinds or ()}
    assert set(events["kind"].tolist()) & kinds <= {int(Kind.POOL), int(Kind.SMC_END)}


@every_engine
def test_one_bar_says_nothing_and_is_not_ready(cls: type[StepEngine]) -> None:
    out, events = check(cls, random_market(9, 1))
    assert (len(events), out["ready"].tolist()) == (0, [0])


@every_engine
def test_ages_count_bars_of_the_stream_so_a_hole_ends_nothing(cls: type[StepEngine]) -> None:
    """Four months without a bar are one bar: the same zones live, the same events but for their times and levels."""
    whole, holed = good_market(7, 3_000), with_holes(good_market(7, 3_000))
    engines = [cls(), cls()]
    said = []
    for engine, rows in zip(engines, (whole, holed), strict=True):
        engine.run(rows)
        events = engine.event_array()
        gaps = events[(events["kind"] >= Kind.FVG) & (events["kind"] <= Kind.BREAKER_INVALID)]
        said.append(gaps[["kind", "dir", "i_ref", "i_known", "lo", "hi", "state", "reason"]].tolist())
    assert said[0] == said[1]
    own = [state_of(engine)["smc" if cls is Hob else "own"][0] for engine in engines]
    assert own[0].board.n.tolist() == own[1].board.n.tolist()
