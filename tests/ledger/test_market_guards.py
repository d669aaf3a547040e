"""Guards that judge the market: each at its boundary, on both sides, and all masks against an independent twin."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any, Final

import numpy as np
import pytest
from tests.ledger import markets, twin_guards
from tests.ledger import table as t
from tests.modes import compiled_only
from tests.parity.machine_trace import BUSY, Finder, follow, fresh, market
from tests.quiet import QUIET

from bullmachine.machine.feed import Outside
from bullmachine.trading import guards
from bullmachine.trading.exit_params import StopAt
from bullmachine.trading.params import DecideParams, EntryAt, GuardParams, Switch, TradeParams

ASK: Final = "100 101 99 100 L"
N: Final = 400
SWAPPED: Final = {"long": "short", "short": "long"}

#: what is set, what is read for a long ("mine" and "other" are its side and the opposite one), and who blocks
Read = dict[str, float]
TABLE: Final[list[tuple[dict[str, Any], Read, str]]] = [
    ({"volatility_low": 0.25}, {"atr_rank": 0.25}, ""),
    ({"volatility_low": 0.25}, {"atr_rank": 0.2499}, "volatility"),
    ({"volatility_high": 0.75}, {"atr_rank": 0.75}, ""),
    ({"volatility_high": 0.75}, {"atr_rank": 0.7501}, "volatility"),
    ({"volatility_high": 0.75}, {"atr_rank": np.nan}, "warmup"),
    ({"volatility_low": 0.25}, {"atr_rank": np.nan}, "warmup"),
    ({}, {"atr_rank": np.nan}, ""),
    ({"throttle_low": 0.25}, {"atr_rank_short": 0.25}, ""),
    ({"throttle_low": 0.25}, {"atr_rank_short": 0.2499}, "atr_throttle"),
    ({"throttle_high": 0.75}, {"atr_rank_short": 0.75}, ""),
    ({"throttle_high": 0.75}, {"atr_rank_short": 0.7501}, "atr_throttle"),
    ({"throttle_high": 0.75}, {"atr_rank_short": np.nan}, "warmup"),
    ({}, {"atr_rank_short": np.nan}, ""),
    ({"htf_strength": 0.5}, {"middle.features.trend": -1.5, "slow.features.trend": -1.5}, "htf_opposed"),
    ({"htf_strength": 0.5}, {"middle.features.trend": -1.499, "slow.features.trend": -1.5}, ""),
    ({"htf_strength": 0.5}, {"middle.features.trend": -1.5, "slow.features.trend": -1.499}, ""),
    ({"htf_strength": 0.5}, {"middle.features.trend": -3.0, "slow.features.trend": 3.0}, ""),
    ({"htf_strength": 1e-6}, {"middle.features.trend": -0.5, "slow.features.trend": -3.0}, ""),
    ({}, {"middle.features.trend": -3.0, "slow.features.trend": -3.0}, ""),
    ({"htf_strength": 0.5}, {"middle.features.sma_fast": np.nan}, "warmup"),
    ({"htf_strength": 0.5}, {"slow.features.atr": 0.0}, "warmup"),
    ({"require_alignment": Switch.ON}, {"slow.features.atr": 0.0}, "warmup"),
    ({}, {"slow.features.atr": 0.0}, ""),
    *[
        ({"opposed_quality": 0.5}, {f"{tf}.wyckoff.active": -1, f"{tf}.wyckoff.phase_other": phase,
                                    f"{tf}.wyckoff.quality_other": quality}, who)
        for tf in ("base", "middle", "slow")
        for phase, quality, who in ((4, 0.5, "wyckoff_opposed"), (6, 0.5, "wyckoff_opposed"), (3, 0.9, ""),
                                    (4, 0.499, ""))
    ],
    ({"opposed_quality": 0.5}, {"base.wyckoff.active": 0, "base.wyckoff.phase_other": 5,
                                "base.wyckoff.quality_other": 0.9}, ""),
    ({"opposed_quality": 0.5}, {"base.wyckoff.active": 1, "base.wyckoff.phase_mine": 5,
                                "base.wyckoff.quality_mine": 0.9}, ""),
    ({}, {"base.wyckoff.active": -1, "base.wyckoff.phase_other": 5, "base.wyckoff.quality_other": 0.9}, ""),
    ({"opposed_quality": 0.5}, {"slow.wyckoff.ready": 0}, "warmup"),
    ({"both_sides": Switch.ON}, {"middle.wyckoff.both_sides": 1}, "both_sides"),
    ({"both_sides": Switch.ON}, {"slow.wyckoff.both_sides": 1}, "both_sides"),
    ({"both_sides": Switch.ON}, {"base.wyckoff.both_sides": 1}, "both_sides"),
    ({}, {"base.wyckoff.both_sides": 1}, ""),
    ({"fresh_shift_bars": 3}, {"other.choch_age": 2}, "against_fresh_shift"),
    ({"fresh_shift_bars": 3}, {"other.choch_age": 0}, "against_fresh_shift"),
    ({"fresh_shift_bars": 3}, {"other.choch_age": 3}, ""),
    ({"fresh_shift_bars": 3}, {"other.choch_age": -1}, ""),
    ({"fresh_shift_bars": 3}, {"mine.choch_age": 0}, ""),
    ({}, {"other.choch_age": 0}, ""),
    ({"room_r": 1.0}, {"mine.edge.distance": 2.0}, ""),  # the stop is 2 ATR away
    ({"room_r": 1.0}, {"mine.edge.distance": 1.999}, "no_room"),
    ({"room_r": 2.5}, {"mine.edge.distance": 4.999}, "no_room"),
    ({"room_r": 1.0}, {"other.edge.distance": 0.0}, ""),
    ({}, {"mine.edge.distance": 0.0}, ""),
    ({"require_alignment": Switch.ON}, {"middle.features.trend": -0.51}, "mtf_unaligned"),
    ({"require_alignment": Switch.ON}, {"slow.features.trend": -0.51}, "mtf_unaligned"),
    ({"require_alignment": Switch.ON}, {"slow.features.trend": -0.5}, ""),
    ({"require_alignment": Switch.ON}, {"slow.features.trend": -0.51, "middle.features.trend": 0.51}, ""),
    ({}, {"slow.features.trend": -3.0}, ""),
]  # fmt: skip
OPPOSED: Final = {
    "htf_opposed": ({"htf_strength": 0.5}, {"middle.features.trend": -3.0, "slow.features.trend": -3.0}),
    "wyckoff_opposed": (
        {"opposed_quality": 0.5},
        {"base.wyckoff.active": -1, "base.wyckoff.phase_other": 5, "base.wyckoff.quality_other": 0.9},
    ),
}


def _limits(**given: Any) -> GuardParams:
    plain: dict[str, Any] = {
        **QUIET, "losses": 0, "cooldown_bars": 0, "max_daily_loss": 1.0, "max_drawdown": 1.0, "max_open_risk": 10.0,
        "max_cost_r": 100.0,
    }  # fmt: skip
    return GuardParams(**{**plain, **given})


def _write(row: Any, path: str, value: float, side: str) -> None:
    """Write what is said for a long; for a short the mirror image."""
    other = SWAPPED[side]
    path = path.replace("mine.", f"structure.{side}.").replace("other.", f"structure.{other}.")
    path = path.replace("_mine", f"_{side}").replace("_other", f"_{other}")
    *parts, last = path.split(".")
    for part in parts:
        row = row[part]
    row[last] = -value if side == "short" and last in ("trend", "active") else value


def _blocked(limits: GuardParams, said: Read, side: str, **parts: Any) -> str:
    bars, readings = t.market(ASK, mirror=side == "short")
    for path, value in said.items():
        _write(readings, path, value, side)
    played = t.play(bars, readings, t.settings(guards=limits, **parts))
    return "+".join(guards.names(int(played.decisions["blocked"][0])))


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize(("given", "said", "who"), TABLE)
def test_a_guard_blocks_from_its_limit_on(given: dict[str, Any], said: Read, who: str, side: str) -> None:
    assert _blocked(_limits(**given), said, side) == who


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("turn", ["spring_age", "smr_age"])
@pytest.mark.parametrize("who", OPPOSED)
def test_a_young_turn_to_the_side_excuses_what_opposes(who: str, turn: str, side: str) -> None:
    given, said = OPPOSED[who]
    for bars, age, blocked in ((12, 11, ""), (12, 12, who), (12, -1, who), (0, 0, who)):
        assert _blocked(_limits(**given, turn_bars=bars), {**said, f"mine.{turn}": age}, side) == blocked
    assert _blocked(_limits(**given), {**said, f"other.{turn}": 0}, side) == who


@pytest.mark.parametrize("side", ["long", "short"])
def test_room_is_measured_from_where_a_limit_would_fill(side: str) -> None:
    """The close is 1 ahead of the zone's near edge: what lies 1 beyond the close is 2 beyond the entry."""
    low, high = (98.0, 99.0) if side == "long" else (101.0, 102.0)
    zone = {f"structure.{side}.zone_lo": low, f"structure.{side}.zone_hi": high}
    limit = {"trade": TradeParams(entry=EntryAt.EDGE)}
    for room, who in ((1.0, ""), (0.999, "no_room")):
        said = {**zone, "mine.edge.distance": room}
        assert _blocked(_limits(room_r=1.0), said, side, **limit) == who


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize(("bars", "stances"), [(3, [1, 1, 0, 0]), (0, [1, 1, 1, 1])])
def test_a_fresh_shift_against_it_ends_a_state_and_not_its_position(bars: int, stances: list[int], side: str) -> None:
    rows, readings = t.market(f"{ASK} | 100 101 99 100 l | 100 101 99 100 l | 100 101 99 100 l", mirror=side == "short")
    readings["structure"][SWAPPED[side]]["choch_age"][2:] = [0, 1]
    played = t.play(rows, readings, t.settings(guards=_limits(fresh_shift_bars=bars)))
    sign = 1 if side == "long" else -1
    assert played.decisions["stance"].tolist() == [sign * stance for stance in stances]
    assert played.fills == "1 entry 100"


def test_a_fresh_shift_to_its_own_side_ends_no_state() -> None:
    rows, readings = t.market(f"{ASK} | 100 101 99 100 l")
    readings["structure"]["long"]["choch_age"][1:] = 0
    played = t.play(rows, readings, t.settings(guards=_limits(fresh_shift_bars=3)))
    assert played.decisions["stance"].tolist() == [1, 1]


# --- all masks against the twin --------------------------------------------------------------------------------------

STRICT: Final = GuardParams(throttle_low=0.2, throttle_high=0.95, require_alignment=Switch.ON)


def _plain(params: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for field in dataclasses.fields(params):
        value = getattr(params, field.name)
        if dataclasses.is_dataclass(value):
            made |= _plain(value)
        else:
            made[field.name] = value.name.lower() if isinstance(value, enum.Enum) else value
    return made


def _expected(p: DecideParams, bar: Any, row: Any, side: int) -> set[str]:
    """Who blocks a market entry on a side; the stop by ATR or structure, costs in bps."""
    name, close, atr = ("long" if side > 0 else "short"), float(bar["close"]), float(row["base"]["features"]["atr"])
    distance = p.exits.stop_atr * atr
    if p.exits.stop == StopAt.STRUCTURE:
        away = side * (close - float(row["structure"][name]["invalidation"]))
        distance = max(away + 0.25 * atr, atr) if away > 0 else np.nan
    cost = abs(close) * (2 * p.costs.taker_bps + p.costs.entry_bps + p.costs.stop_bps) / 10_000
    asked = twin_guards.Asked(side, close, distance, close, in_session=True, cost=cost)
    return twin_guards.blocking(_plain(p), twin_guards.said_of(row), asked)


def _same_masks(p: DecideParams, bars: Any, readings: Any, decisions: Any) -> set[str]:
    """Every bar's masks are the twin's; the guards that blocked somewhere."""
    seen: set[str] = set()
    for bar, row, made in zip(bars, readings, decisions, strict=True):
        for side, field in ((1, "guards_long"), (-1, "guards_short")):
            found = set(guards.names(int(made[field])))
            assert found == _expected(p, bar, row, side), (int(bar["ts"]), field)
            seen |= found
    return seen


MARKET: Final = {
    "warmup", "volatility", "atr_throttle", "htf_opposed", "wyckoff_opposed", "both_sides", "against_fresh_shift",
    "no_room", "mtf_unaligned",
}  # fmt: skip


@pytest.mark.parametrize("stop", [StopAt.ATR, StopAt.STRUCTURE])
def test_every_mask_is_the_twins_on_random_readings(stop: StopAt) -> None:
    given = markets.market_of(11, N)
    p = t.settings(guards=STRICT, exits=t.exits(stop=stop))
    made = t.play(given.bars, given.readings, p).decisions
    seen = _same_masks(p, given.bars, given.readings, made)
    assert seen >= MARKET | {"bad_data"}


@compiled_only
@pytest.mark.parametrize("name", ["ETH", "Kraken", "nasty"])
def test_every_mask_is_the_twins_on_a_market(name: str, real_data: Finder) -> None:
    p = dataclasses.replace(BUSY, guards=STRICT)
    said = follow(fresh(p, outside=[Outside()]), market(name, real_data, 4000)).said
    seen = _same_masks(p, said["bars"], said["readings"], said["decisions"])
    assert seen >= MARKET - {"both_sides", "htf_opposed"}  # rare: the random readings have them


#: a value that differs enough from STRICT's
OTHER: Final[dict[str, Any]] = {
    "volatility_low": 0.3, "volatility_high": 0.9, "throttle_low": 0.0, "throttle_high": 0.6, "htf_strength": 0.0625,
    "opposed_quality": 0.75, "turn_bars": 0, "both_sides": Switch.OFF, "fresh_shift_bars": 1, "room_r": 0.25,
    "require_alignment": Switch.OFF,
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER)
def test_every_setting_changes_a_mask(name: str) -> None:
    given = markets.market_of(12, N)
    masks = []
    for limits in (STRICT, dataclasses.replace(STRICT, **{name: OTHER[name]})):
        made = t.play(given.bars, given.readings, t.settings(guards=limits)).decisions
        masks.append(made[["guards_long", "guards_short"]].tolist())
    assert masks[0] != masks[1]


def test_masks_of_the_mirrored_market_change_sides() -> None:
    given = markets.market_of(13, N)
    p = t.settings(guards=STRICT)
    one, two = (t.play(m.bars, m.readings, p).decisions for m in (given, markets.negated(given)))
    assert one["guards_long"].tolist() == two["guards_short"].tolist()
    assert one["guards_short"].tolist() == two["guards_long"].tolist()
