"""Wyckoff where there is little to read: no volume, no movement, a single bar, extreme prices, refused settings."""

import pathlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from tests.modes import compiled_only
from tests.parity.machine_trace import real_rows

from bullmachine.core.errors import ConfigError
from bullmachine.core.events import Reason
from bullmachine.engines.wyckoff import EVENTS_PER_BAR as MOST
from bullmachine.engines.wyckoff import ClimaxParams, Inside, Kind, LockParams, VsaParams, Wyckoff
from bullmachine.engines.wyckoff.params import CrtParams
from bullmachine.engines.wyckoff.records import LEGS, PIVOTS
from bullmachine.testing.markets import flat_market, good_market, random_market, scaled
from bullmachine.testing.trace import leaves, state_of

pytestmark = compiled_only

Rows = np.ndarray[Any, Any]
Finder = Callable[[str], pathlib.Path]
MARKETS: Final[dict[str, Rows]] = {
    "prices of 1e8": scaled(random_market(8, 3_000), 1e6),
    "prices of 1e-8": scaled(random_market(8, 3_000), 1e-10),
    "one bar": random_market(9, 1),
    "constant": flat_market(600),
}
#: what cannot be seen without volume
HEAVY: Final = {
    Kind.PS, Kind.PSY, Kind.SC, Kind.BC, Kind.AR, Kind.TEST, Kind.UTAD_TEST, Kind.LPS_C, Kind.LPSY_C,
    *(kind for kind in Kind if Kind.CLIMAX_DOWN <= kind <= Kind.EFFORT_NO_RESULT),
}  # fmt: skip


def check(rows: Rows) -> tuple[Rows, Rows]:
    """Parts are finite and bounded, the books are their sums, every event has numbers in it."""
    engine = Wyckoff()
    out = engine.run(rows)
    events = engine.event_array()
    events = events[events["kind"] >= Kind.PS]
    parts = {name: column for (name,), column in leaves(out) if name.endswith("_part")}
    for column in (*parts.values(), out["trend"], out["reversal"], out["score"]):
        assert np.isfinite(column).all()
        assert (np.abs(column) <= 1.0).all()
    assert np.allclose(sum(parts.values()), out["trend"] + out["reversal"], atol=1e-12)
    assert ((events["score"] >= 0.0) & (events["score"] <= 1.0)).all()
    assert all(np.isfinite(events[name]).all() for name in ("price", "lo", "hi"))
    assert np.isfinite(events["ev"]).all()
    return out, events


@pytest.mark.parametrize("market", MARKETS)
def test_odd_markets_leave_finite_scores(market: str) -> None:
    out, events = check(MARKETS[market])
    if market in ("one bar", "constant"):
        assert len(events) == 0
        assert not out["score"].any()


def test_without_volume_the_climax_path_is_silent_for_a_reason_and_ranges_still_work(real_data: Finder) -> None:
    rows = real_rows(real_data("ohlcv/ETHUSDT_binance_1h.parquet"))[:30_000]
    rows["volume"] = np.nan
    out, events = check(rows)
    assert (out["silent"][Wyckoff().warm_up :] == Reason.NOVOL).all()
    told = {Kind(int(kind)) for kind in events["kind"]}
    assert told & HEAVY == set()
    assert told >= {Kind.RANGE, Kind.SPRING, Kind.UTAD, Kind.ST, Kind.SOS, Kind.SOW, Kind.MARKUP, Kind.CRT}
    strength = events[np.isin(events["kind"], (Kind.SOS, Kind.SOW))]
    assert (strength["reason"] == Reason.NOVOL).all()
    assert (strength["score"] <= 0.6).all()
    assert np.isnan(out["evr"]).all()
    assert not out["volume_law_part"].any()


def test_with_volume_nothing_is_silent() -> None:
    assert not check(good_market(1, 600))[0]["silent"].any()


def test_rings_stay_within_their_size_with_the_longest_windows(real_data: Finder) -> None:
    """Wherever a count could leave its ring, it would be here: the longest lock and the longest window of lows."""
    largest: Any = Wyckoff.Params
    settings = largest(climax=ClimaxParams(n_low=50, n_high=120), lock=LockParams(n=120), vsa=VsaParams(n=20))
    engine = Wyckoff(settings)
    out = engine.run(real_rows(real_data("ohlcv/ETHUSDT_binance_1h.parquet"))[:20_000])
    own = state_of(engine)["own"][0]
    assert (int(out["ready"].argmax()), engine.warm_up) == (50, 50)
    assert max(int(pivots.head) for pivots in own.pivots) < PIVOTS
    assert int(own.legs.head) < LEGS
    assert {int(Kind.RANGE)} <= set(engine.event_array()["kind"].tolist())


def test_a_bar_says_at_most_what_is_promised(real_data: Finder) -> None:
    events = check(real_rows(real_data("ohlcv/ETHUSDT_binance_1h.parquet")))[1]
    most = int(np.bincount(events["i_known"]).max())
    print(f"{most} events on one bar at most, {MOST} promised")  # noqa: T201
    assert 4 <= most <= MOST


def test_the_work_of_a_bar_is_flat() -> None:
    """Whole histories are gone through once: what the tenth of them costs, the second did."""
    rows, engine, done = random_market(1, 20_000), Wyckoff(), []
    span = int(rows["ts"][-1] - rows["ts"][0]) // 604_800_000 * 604_800_000 + 604_800_000
    for _ in range(10):
        before = int(state_of(engine)["own"][0].work)
        engine.run(rows)
        engine.event_array()
        rows["ts"] += span
        done.append((int(state_of(engine)["own"][0].work) - before) / len(rows))
    print(f"{', '.join(f'{x:.3f}' for x in done)} bars gone through a bar")  # noqa: T201
    assert 0.0 < max(done) <= 20.0
    assert abs(done[-1] / done[1] - 1.0) <= 0.01


def test_a_sweep_can_be_asked_to_close_within_the_body() -> None:
    """Fewer do, and each of them closes within its candle's body."""
    rows = random_market(5, 4_000)
    counts = []
    for inside in Inside:
        params: Any = Wyckoff.Params
        engine = Wyckoff(params(crt=CrtParams(inside=inside)))
        engine.run(rows)
        sweeps = [e for e in engine.events() if e.kind == Kind.CRT]
        counts.append(len(sweeps))
    for e in sweeps:
        body = sorted((rows["open"][e.i_ref], rows["close"][e.i_ref]))
        assert body[0] <= rows["close"][e.i_known] <= body[1]
    assert 0 < counts[Inside.BODY] < counts[Inside.RANGE]


def test_an_older_candle_is_swept_only_if_its_range_held_until_then() -> None:
    params: Any = Wyckoff.Params
    engine = Wyckoff(params(crt=CrtParams(window=5)))
    rows = random_market(6, 4_000)
    engine.run(rows)
    sweeps = [e for e in engine.events() if e.kind == Kind.CRT]
    assert {int(e.ev[4]) for e in sweeps} == {1, 2, 3, 4, 5}
    for e in sweeps:
        between = rows[e.i_ref + 1 : e.i_known]
        assert ((between["high"] <= e.hi) & (between["low"] >= e.lo)).all()


@pytest.mark.parametrize(
    ("params", "what"), [(ClimaxParams, {"rv": 1.0}), (LockParams, {"n": 400}), (VsaParams, {"n": 10.5})]
)
def test_a_threshold_out_of_its_range_is_refused(params: Any, what: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        params(**what)
