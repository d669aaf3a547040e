"""What an event's evidence numbers are called, kind by kind, in the order of `ev`."""

from __future__ import annotations

from typing import Final

from bullmachine.engines.hob import Kind as Hob
from bullmachine.engines.levels import Kind as Levels
from bullmachine.engines.momentum.records import Kind as Momentum
from bullmachine.engines.smc import Kind as Smc

__all__ = ["EVIDENCE", "evidence"]

_BREAK: Final = ("swing", "distance_atr", "rv", "body_atr", "initial", "swing_age")
_SWEPT: Final = ("n", "depth_atr", "bars", "rv", "wick", "source")
_DIVERGENCE: Final = ("osc_before", "osc", "move_atr", "separation")
_HIDDEN: Final = ("n", "eq", "body_share", "gap_atr", "touched")

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
