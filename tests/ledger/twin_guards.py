"""The guards that remember nothing, written down a second time: without a line of the package.

Settings come as a dict of their last names, choices as their names; what is read at a close as `Said`.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

__all__ = ["Asked", "Range", "Said", "blocking", "said_of", "shifted"]

TIMEFRAMES: Final = ("base", "middle", "slow")
ENGINES: Final = ("wyckoff", "smc", "hob", "momentum")
SIDES: Final = ((1, "long"), (-1, "short"))


class Range(NamedTuple):
    """Wyckoff on a timeframe: the side that counts, and by side the letter of the phase and the quality."""

    ready: bool
    active: int
    phase: dict[int, str]
    quality: dict[int, float]


class Said(NamedTuple):
    """What is read at a close; `trend` is None where it is not known, ages are None where nothing happened."""

    rank: float
    rank_short: float
    trend: dict[str, float | None]
    ranges: dict[str, Range]
    shown: bool
    fed: bool
    atr: float
    quiet: tuple[int, int]
    ages: dict[int, dict[str, int | None]]
    edge: dict[int, float]


class Asked(NamedTuple):
    """An entry asked about: side, price, stop distance, the close, whether it is in hours, the round trip's cost."""

    side: int
    basis: float
    distance: float
    close: float
    in_session: bool
    cost: float


def said_of(row: Any) -> Said:
    """From a row of the readings."""
    whole = row["structure"]
    return Said(
        rank=float(row["atr_rank"]), rank_short=float(row["atr_rank_short"]),
        trend={tf: _trend(row[tf]["features"]) for tf in ("middle", "slow")},
        ranges={tf: _range(row[tf]["wyckoff"]) for tf in TIMEFRAMES},
        shown=all(row[tf]["smc"]["ready"] == 1 for tf in ("base", "middle")),
        fed=all(row[tf][e]["ready"] == 1 for tf in ("base", "middle") for e in ENGINES)
        and row["slow"]["wyckoff"]["ready"] == 1,
        atr=float(row["base"]["features"]["atr"]),
        quiet=(int(row["since_rejected"]), int(row["since_gap"])),
        ages={side: {what: _age(whole[name][f"{what}_age"]) for what in ("spring", "smr", "choch")}
              for side, name in SIDES},
        edge={side: float(whole[name]["edge"]["distance"]) for side, name in SIDES},
    )  # fmt: skip


def _trend(features: Any) -> float | None:
    known = features["atr"] > 0 and not math.isnan(features["sma_fast"])
    return float(features["trend"]) if known else None


def _range(w: Any) -> Range:
    return Range(
        bool(w["ready"]), int(w["active"]), {side: "NAABCDE"[int(w[f"phase_{name}"])] for side, name in SIDES},
        {side: float(w[f"quality_{name}"]) for side, name in SIDES},
    )  # fmt: skip


def _age(age: Any) -> int | None:
    return None if age < 0 else int(age)


def shifted(p: dict[str, Any], v: Said, side: int) -> bool:
    """Whether structure shifted against the side lately."""
    age = v.ages[-side]["choch"]
    return age is not None and age < p["fresh_shift_bars"]


def blocking(p: dict[str, Any], v: Said, a: Asked) -> set[str]:
    """The names of the guards that block."""
    tests = {
        "warmup": not v.atr > 0 or not _informed(p, v) or (p["source"] == "fusion" and not v.fed),
        "bad_data": v.quiet[0] < p["rejected_bars"] or v.quiet[1] < p["gap_bars"],
        "side": p["side"] not in ("both", "long" if a.side > 0 else "short") or (a.side < 0 and p["market"] == "spot"),
        "session": not a.in_session,
        "volatility": v.rank < p["volatility_low"] or v.rank > p["volatility_high"],
        "atr_throttle": v.rank_short < p["throttle_low"] or v.rank_short > p["throttle_high"],
        "htf_opposed": p["htf_strength"] > 0 and _against(p, v, a.side) and not _turned(p, v, a.side),
        "wyckoff_opposed": p["opposed_quality"] > 0 and _built(p, v, a.side) and not _turned(p, v, a.side),
        "both_sides": p["both_sides"] == "on" and any(_late(r, 1) and _late(r, -1) for r in v.ranges.values()),
        "against_fresh_shift": shifted(p, v, a.side),
        "mtf_unaligned": p["require_alignment"] == "on" and a.side * sum(map(_direction, v.trend.values())) < 0,
        **_of_levels(p, v, a),
    }  # fmt: skip
    return {name for name, blocks in tests.items() if blocks}


def _of_levels(p: dict[str, Any], v: Said, a: Asked) -> dict[str, bool]:
    if math.isnan(a.basis):
        return {"no_level": True}
    room = v.edge[a.side] + a.side * (a.close - a.basis)
    found = {"no_room": p["room_r"] > 0 and room < p["room_r"] * a.distance}
    if not v.atr > 0:
        return found
    if not a.distance > 0:
        return {**found, "stop_too_far": True}
    found["stop_too_far"] = p["stop"] == "structure" and a.distance > p["max_stop_atr"] * v.atr
    return {**found, "cost_too_high": a.cost > p["max_cost_r"] * a.distance}


def _informed(p: dict[str, Any], v: Said) -> bool:
    """Whether everything that guards which are on want to know is known."""
    unknown = [
        (p["volatility_low"], 1 - p["volatility_high"], math.isnan(v.rank)),
        (p["throttle_low"], 1 - p["throttle_high"], math.isnan(v.rank_short)),
        (p["htf_strength"], p["require_alignment"] == "on", None in v.trend.values()),
        (p["opposed_quality"], p["both_sides"] == "on", not all(r.ready for r in v.ranges.values())),
        (p["room_r"], p["fresh_shift_bars"], not v.shown),
    ]
    return not any((one or other) and lacks for one, other, lacks in unknown)


def _direction(x: float | None) -> int:
    return 0 if x is None or abs(x) <= 0.5 else 1 if x > 0 else -1


def _against(p: dict[str, Any], v: Said, side: int) -> bool:
    """Both trends point the other way, and each is strong: 0 at half an ATR from the mean, 1 at two and a half."""
    return all(
        x is not None and _direction(x) == -side and min(1.0, (abs(x) - 0.5) / 2) >= p["htf_strength"]
        for x in v.trend.values()
    )


def _late(r: Range, side: int) -> bool:
    return r.phase[side] in "CDE"


def _built(p: dict[str, Any], v: Said, side: int) -> bool:
    found = [r for r in v.ranges.values() if r.active == -side and _late(r, -side)]
    return any(r.quality[-side] >= p["opposed_quality"] for r in found)


def _turned(p: dict[str, Any], v: Said, side: int) -> bool:
    ages = [v.ages[side][what] for what in ("spring", "smr")]
    return any(age is not None and age < p["turn_bars"] for age in ages)
