"""Random markets and random settings for the decide stage; prices lie on a coarse grid, so that levels are hit
exactly all the time.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from tests.ledger.table import warm
from tests.quiet import QUIET

from bullmachine.core.bars import Bar
from bullmachine.core.record import dtype_of, to_array
from bullmachine.core.time import HOUR
from bullmachine.fusion.readings import Readings
from bullmachine.trading import exit_params as x
from bullmachine.trading import params as m
from bullmachine.trading.records import Signal

TICK = 0.125
Lower = list[list[tuple[float, float, float, float]]]
Array = np.ndarray[Any, Any]


class Market(NamedTuple):
    """Bars, readings, funding rates due at each open, lower bars of each bar, and signals of one's own."""

    bars: Array
    readings: Array
    funding: Array
    lower: Lower
    signals: Array


def market_of(seed: int, n: int) -> Market:
    """Everything a symbol needs."""
    bars = bars_of(seed, n)
    rng = np.random.default_rng(seed + 2)
    funding = np.where(rng.random(n) < 0.15, rng.integers(-4, 9, n) / 4096.0, 0.0)
    return Market(bars, readings_of(seed, bars), funding, _lower_of(rng, bars), _signals_of(rng, bars["close"]))


def bars_of(seed: int, n: int) -> Array:
    """Bars around 100 in eighths, with gaps at opens, dead bars and holes in time."""
    rng = np.random.default_rng(seed)
    bars = np.zeros(n, dtype_of(Bar))
    move = rng.choice([0.0, 4.0, 8.0, 30.0], n, p=[0.1, 0.5, 0.3, 0.1])
    close = np.rint(800 + np.cumsum(rng.normal(size=n) * move) * 0.5)
    first = np.concatenate([[800.0], close[:-1]]) + np.where(rng.random(n) < 0.1, rng.integers(-30, 31, n), 0)
    low = np.minimum(first, close) - np.rint(np.abs(rng.normal(size=n)) * move)
    floor = 80.0 - min(low.min(), 0.0)  # a market far down is lifted as a whole: sizes need a price above 0
    bars["open"], bars["close"] = (first + floor) * TICK, (close + floor) * TICK
    bars["low"] = (low + floor) * TICK
    bars["high"] = (np.maximum(first, close) + np.rint(np.abs(rng.normal(size=n)) * move) + floor) * TICK
    bars["ts"] = HOUR * (np.arange(n) + np.cumsum(rng.random(n) < 0.02))
    bars["known"] = bars["ts"] + HOUR
    return bars


def readings_of(seed: int, bars: Array) -> Array:
    """Readings whose `rsi_part` is F: it jumps to either side, fades and is off; warm-up and bad data as well."""
    rng, n = np.random.default_rng(seed + 1), len(bars)
    readings = np.repeat(to_array(Readings), n)
    lengths = rng.integers(1, 9, n)
    f = np.repeat(rng.choice([-1.0, -0.95, -0.7, -0.2, 0.0, 0.2, 0.7, 0.95, 1.0], n), lengths)[:n]
    readings["base"]["momentum"]["rsi_part"] = f
    warm(readings)
    readings["base"]["momentum"]["ready"] = np.arange(n) >= rng.integers(0, 10)
    readings["middle"]["momentum"]["adx"] = rng.integers(10, 40, n)
    readings["base"]["features"]["atr"] = rng.choice([0.5, 1.0, 2.0, 3.125], n)
    readings["volume_z"] = rng.normal(size=n) * 2.0
    readings["since_gap"] = np.arange(n) - np.maximum.accumulate(np.where(rng.random(n) < 0.03, np.arange(n), -100))
    _structure(rng, readings, bars["close"])
    _against(np.random.default_rng(seed + 3), readings)
    return readings


def _structure(rng: np.random.Generator, readings: Array, close: Array) -> None:
    """Zones, pools, invalidations and swings within some ATR of the close; each is missing at times."""
    n, view = len(close), readings["structure"]

    def away(least: int, most: int) -> Array:
        return np.where(rng.random(n) < 0.1, np.nan, rng.integers(least, most, n) * TICK)

    view["range_low"], view["range_high"] = close - away(-8, 60), close + away(-8, 60)
    for name, side in (("long", 1.0), ("short", -1.0)):
        near, wide = away(-4, 16), away(1, 16)
        zone = np.sort(np.stack([close - side * near, close - side * (near + wide)]), axis=0)
        view[name]["zone_lo"], view[name]["zone_hi"] = zone
        view[name]["invalidation"] = close - side * away(-4, 40)
        view[name]["opposite_swing"] = close - side * away(-4, 40)
        for k in range(4):
            view[name]["pools"]["price"][:, k] = close + side * away(0, 80)


def _against(rng: np.random.Generator, readings: Array) -> None:
    """What guards look at: ranks and trends on a coarse grid that holds their limits, at times unknown."""
    n = len(readings)
    for name in ("atr_rank", "atr_rank_short"):
        readings[name] = np.where(rng.random(n) < 0.03, np.nan, rng.choice([0.0, 0.05, 0.2, 0.5, 0.6, 0.95, 1.0], n))
    for stream in ("middle", "slow"):
        features = readings[stream]["features"]
        features["trend"] = rng.choice([-3.0, -1.5, -0.625, -0.5, 0.0, 0.5, 0.625, 1.5, 3.0], n)
        cold = rng.random(n) < 0.02
        features["sma_fast"][cold], features["trend"][cold] = np.nan, 0.0
    for stream in ("base", "middle", "slow"):
        w = readings[stream]["wyckoff"]
        w["active"] = rng.integers(-1, 2, n)
        for name in ("long", "short"):
            w[f"phase_{name}"] = rng.integers(0, 7, n)
            w[f"quality_{name}"] = rng.choice([0.0, 0.25, 0.5, 0.75], n)
        w["both_sides"] = (w["phase_long"] >= 4) & (w["phase_short"] >= 4)
        w["ready"][rng.random(n) < 0.02] = 0
    for name in ("long", "short"):
        view = readings["structure"][name]
        for age in ("spring_age", "smr_age", "choch_age"):
            view[age] = rng.integers(-1, 15, n)
        view["edge"]["distance"] = np.where(rng.random(n) < 0.3, np.nan, rng.integers(0, 40, n) * TICK)


def _lower_of(rng: np.random.Generator, bars: Array) -> Lower:
    """Up to four lower bars that make each bar; at times none."""
    made: Lower = []
    for bar in bars:
        o, h, low, c = (float(bar[name]) for name in ("open", "high", "low", "close"))
        inner = [low + TICK * int(k) for k in rng.integers(0, round((h - low) / TICK) + 1, 6)]
        turns = [h, low] if rng.random() < 0.5 else [low, h]
        cut = int(rng.integers(0, 3))
        path = [o, *inner[:cut], turns[0], *inner[cut:4], turns[1], *inner[4:], c]
        cuts = [
            0,
            *sorted(rng.choice(np.arange(1, len(path) - 1), int(rng.integers(0, 4)), replace=False)),
            len(path) - 1,
        ]
        parts = [path[a : b + 1] for a, b in itertools.pairwise(cuts)]
        made.append([] if rng.random() < 0.1 else [(p[0], max(p), min(p), p[-1]) for p in parts])
    return made


def _signals_of(rng: np.random.Generator, close: Array) -> Array:
    """A signal on every sixth bar, with or without a limit, a stop, a target and a size; at times it says flat."""
    n = len(close)
    signals = np.repeat(to_array(Signal), n)
    side = np.where(rng.random(n) < 0.17, rng.choice([1, -1], n), 0)
    signals["side"], signals["flat"] = side, (side == 0) & (rng.random(n) < 0.05)

    def some(share: float, values: Array) -> Array:
        return np.where((side != 0) & (rng.random(n) < share), values, np.nan)

    signals["limit"] = some(0.4, close - side * rng.integers(-4, 16, n) * TICK)
    signals["stop"] = some(0.5, close - side * rng.integers(4, 40, n) * TICK)
    signals["target"] = some(0.5, close + side * rng.integers(1, 60, n) * TICK)
    signals["size"] = some(0.3, rng.integers(1, 40, n) * 1.0)
    signals["expiry"], signals["tag"] = rng.integers(0, 5, n), rng.integers(0, 9, n)
    return signals


def negated(market: Market) -> Market:
    """The market with every price below zero, and long for short."""
    bars, readings = market.bars.copy(), market.readings.copy()
    for name, other in (("open", "open"), ("close", "close"), ("high", "low"), ("low", "high")):
        bars[name] = -market.bars[other]
    readings["base"]["momentum"]["rsi_part"] *= -1.0
    was, now = market.readings["structure"], readings["structure"]
    now["range_low"], now["range_high"] = -was["range_high"], -was["range_low"]
    for name, other in (("long", "short"), ("short", "long")):
        now[name]["zone_lo"], now[name]["zone_hi"] = -was[other]["zone_hi"], -was[other]["zone_lo"]
        now[name]["invalidation"] = -was[other]["invalidation"]
        now[name]["opposite_swing"] = -was[other]["opposite_swing"]
        now[name]["pools"]["price"] = -was[other]["pools"]["price"]
        for age in ("spring_age", "smr_age", "choch_age"):
            now[name][age] = was[other][age]
        now[name]["edge"]["distance"] = was[other]["edge"]["distance"]
    for stream in ("middle", "slow"):
        readings[stream]["features"]["trend"] *= -1.0
    for stream in ("base", "middle", "slow"):
        before, w = market.readings[stream]["wyckoff"], readings[stream]["wyckoff"]
        w["active"] = -before["active"]
        for name, other in (("long", "short"), ("short", "long")):
            w[f"phase_{name}"], w[f"quality_{name}"] = before[f"phase_{other}"], before[f"quality_{other}"]
    lower = [[(-o, -lo, -h, -c) for o, h, lo, c in cell] for cell in market.lower]
    signals = market.signals.copy()
    for name in ("side", "limit", "stop", "target"):
        signals[name] = -market.signals[name]
    return Market(bars, readings, market.funding, lower, signals)


def _some(cls: Any, **drawn: Any) -> st.SearchStrategy[Any]:
    """`cls` with every enumeration drawn, and the fields named."""
    hints = {f.name: type(f.default) for f in dataclasses.fields(cls)}
    enums = {name: st.sampled_from(kind) for name, kind in hints.items() if hasattr(kind, "__members__")}
    return st.builds(cls, **{**enums, **drawn})


def _one(*values: float) -> st.SearchStrategy[float]:
    return st.sampled_from(values)


def costs() -> st.SearchStrategy[m.CostParams]:
    """None at all, or any."""
    bps = st.floats(0.0, 60.0)
    free = m.CostParams(taker_bps=0.0, maker_bps=0.0, entry_bps=0.0, stop_bps=0.0, funding_bps=0.0)
    some = _some(m.CostParams, taker_bps=bps, maker_bps=st.floats(-5.0, 60.0), entry_bps=bps, stop_bps=bps,
                 range_share=st.floats(0.0, 0.3))  # fmt: skip
    return st.just(free) | some


@st.composite
def exits(draw: st.DrawFn) -> x.ExitParams:
    """Any ladder, any way of following, any way of ending."""
    sizes = draw(
        st.sampled_from([(0.5, 0.25, 0.25), (0.3, 0.3, 0.4), (0.29, 0.01, 0.5), (0.5, 0.5, 0.0), (1.0, 0.0, 0.0)])
    )
    rungs = [
        draw(_some(x.TargetParams, r=_one(0.5, 1.0, 2.0, 10.0), size=st.just(size)))
        if size
        else x.TargetParams(at=x.TargetAt.OFF)
        for size in sizes
    ]
    made: x.ExitParams = draw(
        _some(
            x.ExitParams, stop_atr=_one(0.5, 1.0, 2.0, 8.0), max_stop_atr=_one(2.0, 4.0, 100.0),
            target_1=st.just(rungs[0]), target_2=st.just(rungs[1]), target_3=st.just(rungs[2]),
            breakeven_r=_one(0.5, 2.0), trail_from_r=_one(0.5, 2.0), trail_atr=_one(0.5, 1.0, 3.0),
            trail_pct=_one(1 / 64, 1 / 16), max_bars=st.sampled_from([0, 1, 3, 20]), spike_z=_one(1.0, 2.5),
            spike_atr=_one(0.5, 1.5), stale_bars=st.sampled_from([0, 1, 5]), stale_r=_one(0.0, 0.5, 3.0),
        )
    )  # fmt: skip
    return made


def _judging() -> dict[str, Any]:
    """Guards of the market, each off as often as on: all at once nothing would be traded."""
    switch = st.sampled_from([m.Switch.OFF, m.Switch.OFF, m.Switch.ON])
    return {
        "volatility_low": _one(0.0, 0.0, 0.05), "volatility_high": _one(0.95, 1.0, 1.0),
        "throttle_low": _one(0.0, 0.0, 0.2), "throttle_high": _one(0.95, 1.0, 1.0),
        "htf_strength": _one(0.0, 0.0625, 0.5), "opposed_quality": _one(0.0, 0.5, 0.75),
        "turn_bars": st.sampled_from([0, 3, 12]), "both_sides": switch, "require_alignment": switch,
        "fresh_shift_bars": st.sampled_from([0, 0, 1, 3]), "room_r": _one(0.0, 0.25, 1.0),
    }  # fmt: skip


def limits() -> st.SearchStrategy[m.GuardParams]:
    """Guards that never speak, and guards that often do."""
    days = st.sampled_from([1, 2, 30])
    often = st.builds(
        m.GuardParams, losses=st.sampled_from([0, 1, 3]), losses_hours=_one(6.0, 24.0),
        losses_pause_hours=_one(0.0, 5.0), cooldown_bars=st.sampled_from([0, 1, 3]), max_daily_loss=_one(0.01, 0.1),
        max_drawdown=_one(0.02, 0.2), drawdown_days=days, drawdown_pause_days=_one(0.0, 0.5, 2.0),
        max_open_risk=_one(0.02, 0.3), max_cost_r=_one(0.25, 1.0),
        hour_from=st.sampled_from([0, 20]), hour_to=st.sampled_from([15, 24]),
        weekdays=st.sampled_from([1234567, 1234567, 13456]),
        **_judging(),
    )  # fmt: skip
    never = m.GuardParams(**QUIET, losses=0, cooldown_bars=0, max_daily_loss=1.0, max_drawdown=1.0, max_open_risk=10.0,
                          max_cost_r=100.0)  # fmt: skip
    return st.just(never) | often


def params(fusion: Any, *sources: m.Source) -> st.SearchStrategy[m.DecideParams]:
    """Settings over their useful ranges, every choice drawn; who asks is one of `sources`, F if none is named."""
    account = _some(
        m.AccountParams, market=st.sampled_from([m.Market.PERP, m.Market.PERP, m.Market.SPOT]),
        equity=_one(500.0, 1e4, 1e7), leverage=_one(1.0, 5.0, 50.0), max_margin_use=_one(0.25, 1.0),
        maintenance=_one(0.0, 0.005), lot=_one(2.0**-10, 0.125, 1.0), tick=_one(TICK, 0.01, 1.0),
    )  # fmt: skip
    return st.builds(
        m.DecideParams,
        trade=_some(
            m.TradeParams,
            side=st.sampled_from([*m.Side, m.Side.BOTH]),
            source=st.sampled_from(sources or (m.Source.FUSION,)),
            expiry=st.sampled_from([1, 3, 6]),
        ),
        fusion=st.just(fusion),
        account=account,
        risk=_some(m.RiskParams, per_trade=_one(0.001, 0.01, 0.05)),
        costs=costs(),
        fills=_some(m.FillParams),
        exits=exits(),
        guards=limits(),
    )
