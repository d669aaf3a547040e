"""What an event's evidence numbers are called, kind by kind, in the order of `ev`."""

from __future__ import annotations

from typing import Final

from bullmachine.engines.hob import Kind as Hob
from bullmachine.engines.levels import Kind as Levels
from bullmachine.engines.momentum.records import Kind as Momentum
from bullmachine.engines.smc import Kind as Smc
from bullmachine.engines.wyckoff import Kind as Wyckoff

__all__ = ["EVIDENCE", "evidence"]

_BREAK: Final = ("swing", "distance_atr", "rv", "body_atr", "initial", "swing_age")
_SWEPT: Final = ("n", "depth_atr", "bars", "rv", "wick", "source")
_DIVERGENCE: Final = ("osc_before", "osc", "move_atr", "separation")
_HIDDEN: Final = ("n", "eq", "body_share", "gap_atr", "touched")
_CLIMAX: Final = ("rv", "spread_atr", "clv", "fall_atr")
_SPRING: Final = ("depth_a", "bars", "rv", "clv", "type", "terminal", "age")
_TEST: Final = ("volume", "range", "distance_a")
_STRENGTH: Final = ("schematic", "rv", "spread_atr", "clv", "from_middle_a", "leg", "lps_c")
_PULL_BACK: Final = ("volume", "from_creek_a", "retraced", "jumped")
_HIGHER_LOW: Final = ("volume", "place", "age")
_JUMP: Final = ("distance_a", "rv", "spread_atr", "clv")
_FAIL: Final = ("phase", "beyond_a", "rv")
_EFFORT: Final = ("rv", "spread_atr")

EVIDENCE: Final[dict[int, tuple[str, ...]]] = {
    Levels.PIVOT: ("prominence",),
    Levels.SWING: ("label", "leg"),
    Levels.SWING_REPLACED: ("label", "leg"),
    Levels.SESSION_CLOSE: ("session", "bars"),
    Levels.SESSION_BREAK: ("session",),
    Levels.PD_BREAK: ("age_days",),
    Levels.PW_BREAK: ("age_days",),
    Levels.ATR_BREAK: (),
    Levels.SMA_CROSS: (),
    Levels.CLOSE_X_SMA20: (),
    Levels.CLOSE_X_SMA50: (),
    Smc.BOS: _BREAK,
    Smc.CHOCH: _BREAK,
    Smc.MSS: ("displacement", "displacement_score"),
    Smc.DISPL: ("body_atr", "body_share", "rv"),
    Smc.SMC4_BOS: ("broken", "armed"),
    Smc.SMC4_CHOCH: ("broken", "armed"),
    Smc.FVG: ("size_atr", "rv", "body_atr", "gap_open"),
    Smc.FVG_TOUCH: ("fill",),
    Smc.FVG_CE: ("fill",),
    Smc.FVG_FILLED: ("fill",),
    Smc.IFVG: ("fill",),
    Smc.IFVG_INVALID: ("fill",),
    Smc.OB: ("n", "leg_atr", "rv", "displacement", "gap", "swept"),
    Smc.OB_TOUCH: ("n",),
    Smc.OB_MITIGATED: ("n",),
    Smc.BREAKER: ("n",),
    Smc.BREAKER_INVALID: ("n",),
    Smc.POOL: ("n", "source"),
    Smc.EQH: ("n",),
    Smc.EQL: ("n",),
    Smc.SWEEP: _SWEPT,
    Smc.POOL_RUN: _SWEPT,
    Smc.SMR: ("choch", "bars", "mss"),
    Smc.SMR_INVALID: (),
    Smc.SMC_END: ("ended", "n"),
    Wyckoff.PS: _CLIMAX,
    Wyckoff.PSY: _CLIMAX,
    Wyckoff.SC: _CLIMAX,
    Wyckoff.BC: _CLIMAX,
    Wyckoff.AR: ("height_a", "share_of_fall", "volume", "bars"),
    Wyckoff.ST: ("volume", "range", "distance_a", "n"),
    Wyckoff.UNDERCUT: _SPRING,
    Wyckoff.UT: _SPRING,
    Wyckoff.SPRING: _SPRING,
    Wyckoff.UTAD: _SPRING,
    Wyckoff.TEST: _TEST,
    Wyckoff.UTAD_TEST: _TEST,
    Wyckoff.TEST_OK: (),
    Wyckoff.TEST_FAIL: (),
    Wyckoff.SOS: _STRENGTH,
    Wyckoff.SOW: _STRENGTH,
    Wyckoff.LPS: _PULL_BACK,
    Wyckoff.LPSY: _PULL_BACK,
    Wyckoff.LPS_C: _HIGHER_LOW,
    Wyckoff.LPSY_C: _HIGHER_LOW,
    Wyckoff.BU: _PULL_BACK,
    Wyckoff.LPSY_ICE: _PULL_BACK,
    Wyckoff.JAC: _JUMP,
    Wyckoff.BREAK_ICE: _JUMP,
    Wyckoff.MARKUP: ("bars", "closes"),
    Wyckoff.MARKDOWN: ("bars", "closes"),
    Wyckoff.UA: ("distance_a",),
    Wyckoff.MSOW: ("distance_a",),
    Wyckoff.ACC_FAIL: _FAIL,
    Wyckoff.DIST_FAIL: _FAIL,
    Wyckoff.FAILED_SOS: ("distance_a", "rv"),
    Wyckoff.FAILED_SOW: ("distance_a", "rv"),
    Wyckoff.RANGE: ("height_atr", "efficiency", "touches_high", "touches_low", "way_atr"),
    Wyckoff.RANGE_END: ("phase",),
    Wyckoff.CLIMAX_DOWN: _EFFORT,
    Wyckoff.CLIMAX_UP: _EFFORT,
    Wyckoff.STOPPING_VOLUME: _EFFORT,
    Wyckoff.SUPPLY_SWAMP: _EFFORT,
    Wyckoff.NO_SUPPLY: _EFFORT,
    Wyckoff.NO_DEMAND: _EFFORT,
    Wyckoff.REV_UPTHRUST_BAR: _EFFORT,
    Wyckoff.UPTHRUST_BAR: _EFFORT,
    Wyckoff.EFFORT_NO_RESULT: _EFFORT,
    Wyckoff.CRT: ("depth_atr", "wick", "range_atr", "rv", "back"),
    Wyckoff.CRT_CONFIRM: (),
    Wyckoff.CRT_INVALID: (),
    Hob.HOB: _HIDDEN,
    Hob.PHOB: _HIDDEN,
    Hob.HOB_MITIGATED: ("n",),
    Hob.WICK_ABSORB: ("wick", "range_atr", "close_place"),
    Hob.VOL_SPIKE: ("rv", "close_place"),
    Hob.HOB_REACTION: ("quality", "absorb", "spike", "sweep", "stack"),
    Hob.REACTION_FAIL: (),
    Hob.HOB_END: ("n",),
    Momentum.DIV_REG: _DIVERGENCE,
    Momentum.DIV_HID: _DIVERGENCE,
}


def evidence(kind: int, ev: list[float]) -> dict[str, float]:
    """An event's evidence by name.

    >>> evidence(Smc.DISPL, [1.5, 0.8, 2.0, 0.0])
    {'body_atr': 1.5, 'body_share': 0.8, 'rv': 2.0}
    """
    return dict(zip(EVIDENCE[kind], ev, strict=False))
