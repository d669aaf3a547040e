"""Charts and rules on which the SMC engine is held against its twin, and everything that has to happen on them."""

import math
from typing import Any

import numpy as np
from tests.oracle import smc_twin_base as says
from tests.oracle.smc_twin import Raw, Rules

from bullmachine.core.bars import rows_from_columns

Array = np.ndarray[Any, Any]
HOUR = 3_600_000
MONDAY = 1_577_836_800_000 + 5 * 24 * HOUR

DEFAULTS = Rules()
#: every option of every choice, and ages and windows short enough to run out within a walk
RULES = {
    "defaults": DEFAULTS,
    "k1_short": Rules(
        k=1, fvg_max_age=50, ob_max_age=50, pool_max_age=50, smr_window=30, smr_life=5, sweep_bars=5, fvg_min_size=0.0
    ),
    "k2_wicks": Rules(k=2, break_by="wick", fvg_invert_by="wick", ob_break_by="wick", eq_tol=0.25, sweep_bars=1),
    "k1_join": Rules(k=1, fvg_join=1, fvg_min_size=0.0, ob_zone="body", ob_candidate="last_opposing", smc4="on"),
    "k2_strict": Rules(
        k=2, min_break=0.3, fvg_mid_dir=1, fvg_min_size=0.5, ob_max_range=1.5, body=0.8, share=0.5, window=5
    ),
    "k3_golden": Rules(k=3, smc4="golden", pivot_rule="smc", fvg_mid_dir=1, fvg_min_size=0.0, fvg_join=1),
    "crowd": Rules(k=1, fvg_max_age=2000, ob_max_age=2000, pool_max_age=2000, fvg_min_size=0.0),
    "figures": Rules(k=3, fvg_join=1, fvg_min_size=0.0),
    "k1_quick": Rules(
        k=1, body=0.8, window=1, smr_window=5, smr_life=100, eq_tol=0.05, eq_band=0.1, ob_zone="body",
        weights=(0.1, 0.3, 0.2, 0.15, 0.25), ob_break_by="wick", smc4="on",
    ),
}  # fmt: skip


def prices(seed: int, n: int) -> tuple[Array, Array, Array, Array]:
    """Open, high, low, close on a grid of a half: stretches that drift, rest or jump, ties, gaps, dead bars."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(8, 50, n // 8 + 1)
    drift, noise, wick = (
        np.repeat(rng.choice(options, len(lengths)), lengths)[:n]
        for options in ([-3, -1, 0, 0, 0, 1, 3], [0, 1, 2, 4], [0, 1, 3])
    )
    quiet = rng.random(n) < 0.1
    step = np.where(quiet, 0, drift + rng.integers(-1, 2, n) * noise)
    step = step + np.where(rng.random(n) < 0.04, rng.integers(-14, 15, n), 0)
    jump = np.where(rng.random(n) < 0.08, rng.integers(-6, 7, n), 0)
    if seed % 7 == 0:
        step[:20] = jump[:20] = wick[:20] = 0  # no range at all: a yardstick of 0 that is warm
    close = 4000 + np.cumsum(step + jump)
    first = close - step
    high, low = (np.maximum(first, close), np.minimum(first, close))
    high, low = high + rng.integers(0, 2, n) * wick * ~quiet, low - rng.integers(0, 2, n) * wick * ~quiet
    return first / 2, high / 2, low / 2, close / 2


def walk(seed: int, n: int = 300) -> Array:
    """Hourly rows with outages; some volumes 0, some missing, now and then for long."""
    rng = np.random.default_rng(10_000 + seed)
    missing = np.where(rng.random(n) < 0.02, rng.integers(1, 80, n), 0)
    volume = rng.integers(1, 9, n) * np.where(rng.random(n) < 0.1, 5.0, 1.0) * (rng.random(n) > 0.05)
    fate = np.repeat(rng.random(n // 15 + 1), 15)[:n]
    volume[fate < 0.08] = 0.0
    volume[(fate > 0.92) | (rng.random(n) < 0.02)] = np.nan
    stamps = MONDAY + HOUR * (np.arange(n) + np.cumsum(missing) + int(rng.integers(0, 200)))
    return rows_from_columns(stamps, *prices(seed, n), volume)


def crowd(*, upside_down: bool = False) -> Array:
    """More of everything than there is room for: gaps and blocks of a long climb, then a fall, then both again."""
    climb = [4, 4, 4, -1, -2, -1] * 60
    fall = [-3, 1, -4] * 100
    step = np.array([*climb, -900, *climb, *fall, *climb, -900, *climb, *fall, -400, *climb, *climb])
    close = 10_000 + np.cumsum(step)
    first = close - np.where(np.abs(step) > 100, 0, np.sign(step) * (np.abs(step) - 1))
    high, low = np.maximum(first, close) + 0.25, np.minimum(first, close) - 0.25
    if upside_down:
        first, high, low, close = 20_000 - first, 20_000 - low, 20_000 - high, 20_000 - close
    n = len(step)
    return rows_from_columns(MONDAY + HOUR * np.arange(n), first, high, low, close, 50.0 + np.arange(n) % 7)


#: a dip after which two highs are broken one after the other: the same block twice (k = 3)
AGAIN = [
    (11.5, 14, 11.4, 13), (13, 13.5, 12.5, 13), (13, 13.6, 12.4, 13), (13, 13.4, 12.3, 13.2), (13.2, 15, 12.4, 13.5),
    (13.5, 13.6, 11, 12.5), (12.5, 14.8, 12.4, 14.5), (14.5, 14.9, 14, 14.2), (14.2, 15.5, 14, 15.4),
]  # fmt: skip
#: a gap that the very next bar inverts and joins
UNDONE = [(10, 10.5, 9.5, 10.2), (10.2, 10.3, 9.8, 10.1), (12.5, 13, 12, 12.8), (12, 12.2, 10.375, 10.4)]
REST = [(10.2, 10.8, 10.0, 10.6), (10.6, 10.7, 10.0, 10.2)] * 10


def figures(*, upside_down: bool = False) -> Array:
    """What walks hardly ever draw, drawn by hand."""
    bars = np.array(REST + AGAIN + REST + UNDONE + REST)
    if upside_down:
        bars = 30 - bars[:, [0, 2, 1, 3]]
    columns = [MONDAY + HOUR * np.arange(len(bars)), *bars.T, np.full(len(bars), 5.0)]
    return rows_from_columns(*columns)


def case(name: str, seed: int) -> Array:
    """A chart for the rules of that name."""
    drawn = {"crowd": crowd, "figures": figures}.get(name)
    return walk(seed) if drawn is None else drawn(upside_down=bool(seed))


def raws(rows: Array) -> list[Raw]:
    """The rows as the twin reads them."""
    volumes = [None if math.isnan(v) else v for v in rows["volume"].tolist()]
    columns = (rows[name].tolist() for name in ("ts", "open", "high", "low", "close"))
    return [Raw(ts, o, h, low, c, v) for ts, o, h, low, c, v in zip(*columns, volumes, strict=True)]


NEW = {
    says.BOS,
    says.CHOCH,
    says.MSS,
    says.DISPL,
    says.SMC4_BOS,
    says.SMC4_CHOCH,
    says.FVG,
    says.OB,
    says.POOL,
    says.SMR,
}
UPDATE = {
    says.FVG, says.FVG_TOUCH, says.FVG_CE, says.FVG_FILLED, says.IFVG,
    says.OB, says.OB_TOUCH, says.OB_MITIGATED, says.BREAKER, says.EQH, says.EQL,
}  # fmt: skip
END = {says.IFVG_INVALID, says.BREAKER_INVALID, says.SWEEP, says.POOL_RUN, says.SMR_INVALID}
ENDED = {
    says.REPLACED: (says.POOL, says.SMR),
    says.AGE: (says.FVG, says.IFVG, says.OB, says.BREAKER, says.POOL, says.SMR),
    says.CAPACITY: (says.FVG, says.IFVG, says.OB, says.BREAKER, says.POOL),
    says.FILLED: (says.FVG,),
    says.SUPERSEDED: (says.FVG, says.IFVG),
}
#: (kind, state, reason, kind of what ended): all that can be told at all
REACHABLE = {(kind, state, 0, 0) for state, kinds in enumerate((NEW, UPDATE, END)) for kind in kinds}
REACHABLE |= {(says.SMC_END, says.END, reason, kind) for reason, kinds in ENDED.items() for kind in kinds}
