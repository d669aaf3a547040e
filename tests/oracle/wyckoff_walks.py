"""Walks and rules on which the Wyckoff engine is held against its twin, and everything that has to happen on them.

A walk is a string of half-told stories: a fall, a climax, a rally, waves between two edges that are pierced now and
then, strength or a collapse. Everything lies on a grid of a half, so that ties are common.
"""

from typing import Any

import numpy as np
from tests.oracle import wyckoff_twin_base as says
from tests.oracle.smc_cases import HOUR, MONDAY
from tests.oracle.wyckoff_twin import Rules

from bullmachine.core.bars import rows_from_columns

Array = np.ndarray[Any, Any]
Chooser = np.random.Generator

#: the engine's groups of parameters: its own name of each of the twin's rules
GROUPS = {
    "climax": {
        "n_low": "n_low", "n_high": "n_high", "sp": "sc_sp", "rv": "sc_rv", "drop": "drop", "ps_sp": "ps_sp",
        "ps_rv": "ps_rv", "ps_drop": "ps_drop", "again_sp": "again_sp", "again_rv": "again_rv",
    },
    "rally": {"least": "ar_least", "pull": "ar_pull", "max_bars": "ar_max", "max_height": "max_height"},
    "st": {
        "area": "area", "volume": "st_volume", "spread": "st_spread", "confirm": "st_confirm",
        "undercut": "undercut", "max_bars": "st_max",
    },
    "range": {"fail": "fail", "leave": "leave", "max_bars": "b_max"},
    "spring": {
        "min_b": "min_b", "bars": "spring_bars", "depth_atr": "depth_atr", "depth_height": "depth_height",
        "eps": "eps", "quiet_rv": "quiet_rv", "heavy_rv": "heavy_rv", "max_bars": "c_max",
    },
    "test": {"volume": "test_volume", "spread": "test_spread", "ok_bars": "ok_bars"},
    "sos": {
        "sp": "sos_sp", "rv": "sos_rv", "clv": "sos_clv", "jac": "jac", "novol_sp": "novol_sp", "leg": "leg",
        "leg_ratio": "leg_ratio",
    },
    "lps": {
        "confirm": "lps_confirm", "volume": "lps_volume", "bu": "bu", "c_area": "c_area", "c_volume": "c_volume",
        "c_bonus": "c_bonus",
    },
    "markup": {"closes": "e_closes", "e_max": "e_max"},
    "legs": {"retrace": "retrace"},
    "lock": {
        "n": "lock_n", "max_height": "lock_height", "efficiency": "efficiency", "touch": "lock_touch",
        "touches": "touches", "drift": "drift", "worth": "worth",
    },
    "vsa": {
        "n": "vsa_n", "climax_rv": "climax_rv", "climax_sp": "climax_sp", "stop_rv": "stop_rv",
        "stop_clv": "stop_clv", "quiet_sp": "quiet_sp", "thrust_rv": "thrust_rv", "thrust_sp": "thrust_sp",
        "thrust_clv": "thrust_clv", "effort_rv": "effort_rv", "effort_sp": "effort_sp",
    },
    "crt": {"min_range": "crt_range", "inside": "crt_inside", "confirm": "crt_confirm", "window": "crt_window"},
    "coil": {"max": "coil_max"},
}  # fmt: skip
WEIGHTS = ("phase", "key_event", "test", "volume_law", "vsa", "crt_smr")

#: every rule is away from its default in one of these at least, ages short enough to run out within a walk
RULES = {
    "defaults": Rules(),
    "easy": Rules(
        k=3, n_low=10, n_high=20, drop=3.0, sc_sp=1.2, sc_rv=1.5, ps_sp=1.0, ps_rv=1.2, ps_drop=2.0, min_b=5,
        depth_atr=2.5, depth_height=0.5, spring_bars=5, c_max=100, st_volume=0.9, st_spread=1.0, st_confirm=0.5,
        undercut=1.0, sos_sp=1.0, sos_rv=1.1, sos_clv=0.5, leg_ratio=1.0, fail=2.0, leave=1.0, ar_least=1.5,
        ar_pull=0.5, area=0.5, test_volume=0.9, test_spread=1.0, crt_window=3,
    ),
    "short": Rules(
        k=2, n_low=15, n_high=25, drop=3.5, sc_rv=1.6, ar_max=10, st_max=20, b_max=100, c_max=10, e_max=20,
        e_closes=3, ok_bars=2, max_height=8.0, min_b=6, crt_confirm=1, again_sp=1.0, again_rv=1.0, eps=0.0, jac=0.0,
        vsa_n=20, crt_range=0.5, st_confirm=0.6,
    ),
    "locks": Rules(
        k=2, lock_n=20, lock_height=12.0, efficiency=0.4, lock_touch=0.4, touches=2, drift=0.5, worth=0.5, retrace=1.0,
        st_volume=0.9, c_area=0.0, c_volume=1.0, c_bonus=0.2, sos_rv=1.1, lps_confirm=0.5, lps_volume=1.0, bu=2.0,
        novol_sp=1.2,
    ),
    "bars": Rules(
        k=2, n_low=12, drop=3.0, sc_rv=1.5, leg=0, crt_inside="body", crt_window=5, crt_confirm=5, climax_rv=1.4,
        climax_sp=1.0, stop_rv=1.2, stop_clv=0.3, quiet_sp=1.2, thrust_rv=0.8, thrust_sp=0.6, thrust_clv=0.5,
        effort_rv=1.0, effort_sp=1.2, quiet_rv=1.0, heavy_rv=1.1, coil_max=0.05, area=0.45,
        weights=(0.1, 0.2, 0.25, 0.15, 0.2, 0.1),
    ),
}  # fmt: skip


class Story:
    """Bars in grid steps; everything is told for accumulation and turned over at the end, or not."""

    def __init__(self, rng: Chooser) -> None:
        self.rng, self.at = rng, 0
        self.bars: list[tuple[int, int, int, int, float]] = []

    def bar(self, step: int, *, over: int = 0, under: int = 0, volume: float = 1.0) -> None:
        gap = int(self.rng.integers(-3, 4)) if self.rng.random() < 0.06 else 0
        first, last = self.at + gap, self.at + gap + step
        heard = volume * float(self.rng.integers(4, 8))
        self.bars.append((first, max(first, last) + over, min(first, last) - under, last, heard))
        self.at = last

    def some(self, least: int, most: int) -> int:
        return int(self.rng.integers(least, most + 1))

    def go(self, bars: int, least: int, most: int, volume: float = 1.0) -> None:
        for _ in range(bars):
            self.bar(self.some(least, most), over=self.some(0, 1), under=self.some(0, 1), volume=volume)

    def to(self, level: int, speed: int, volume: float) -> None:
        """There and not quite there, a few grid steps a bar."""
        for _ in range(12):
            if abs(self.at - level) <= 1:
                break
            way = 1 if level > self.at else -1
            self.bar(way * self.some(max(1, speed - 1), speed + 1), over=self.some(0, 1), under=self.some(0, 1),
                     volume=volume)  # fmt: skip

    def tell(self) -> None:
        """One structure, and how it ends."""
        self.go(self.some(2, 18), -1, 1)
        self.go(self.some(6, 13), -3, 0)
        if self.rng.random() < 0.6:
            self.bar(-self.some(2, 4), under=self.some(0, 3), volume=2.2)
            self.go(self.some(1, 4), -1, 2)
            self.go(self.some(2, 4), -3, -1)
        self.bar(-self.some(3, 7), under=self.some(0, 4), volume=float(self.some(3, 6)))
        if self.rng.random() < 0.25:
            self.bar(-self.some(0, 4), under=self.some(0, 3), volume=float(self.some(1, 4)))
        low = min(b[2] for b in self.bars[-3:])
        self.go(self.some(2, 6), 1, 3, 0.9)
        self.range(low, max(b[1] for b in self.bars[-4:]))

    def range(self, low: int, top: int) -> None:
        for _ in range(self.some(1, 5)):
            self.to(low + self.some(-1, 3), self.some(1, 3), 0.6)
            if self.rng.random() < 0.35:
                self.pierce(low)
            self.to(top - self.some(-1, 3), self.some(1, 3), 0.8)
        if self.rng.random() < 0.7:
            self.to(low + self.some(0, 2), 2, 0.6)
            self.pierce(low)
            self.go(self.some(1, 3), -1, 1, 0.4)
        if self.rng.random() < 0.75:
            self.strength(low, top)
        else:
            self.go(self.some(3, 6), -4, 0, 1.2)

    def pierce(self, low: int) -> None:
        """Below the support, and back within bars, mostly."""
        deep = max(1, self.at - low + self.some(0, 4))
        volume = float(self.rng.choice([0.5, 1.0, 2.5]))
        if self.rng.random() < 0.6:
            self.bar(low - self.at + self.some(0, 2), under=self.some(1, 4), volume=volume)
            return
        self.bar(-deep, under=self.some(0, 2), volume=volume)
        self.go(self.some(0, 3), -1, 1, volume)
        self.bar(low - self.at + self.some(0, 3), volume=volume)

    def strength(self, low: int, top: int) -> None:
        if self.rng.random() < 0.5:
            self.bar(max(2, (low + top) // 2 - self.at + self.some(1, 4)), volume=2.0)
            self.go(self.some(0, 3), -2, 1, 0.5)
        if self.rng.random() < 0.3:
            self.go(self.some(1, 3), -3, 0, 1.0)
        self.bar(max(2, top - self.at + self.some(-1, 4)), over=self.some(0, 1), volume=float(self.some(1, 3)))
        self.go(self.some(1, 3), -2, 0, 0.5)
        self.go(self.some(1, 10), -1, 3, 1.0)


def walk(seed: int, n: int = 300) -> Array:
    """Hourly rows with outages; some bars without a range, some volumes 0 or missing, now and then for long."""
    rng = np.random.default_rng(20_000 + seed)
    story = Story(rng)
    story.go(14, -1, 1)
    while len(story.bars) < n:
        story.tell()
    first, high, low, close, volume = np.array(story.bars[:n], dtype=float).T
    if seed % 2:
        first, high, low, close = -first, -low, -high, -close
    dead = rng.random(n) < 0.03
    for column in (first, high, low):
        column[dead] = close[dead]
    if seed % 9 == 0:  # no range at all: a yardstick of 0 that is warm
        for column in (first, high, low, close):
            column[:18] = close[18]
    fate = np.repeat(rng.random(n // 25 + 1), 25)[:n]
    volume[(fate < 0.03) | (rng.random(n) < 0.02)] = 0.0
    volume[(fate > 0.93) | (rng.random(n) < 0.02)] = np.nan
    missing = np.where(rng.random(n) < 0.02, rng.integers(1, 80, n), 0)
    stamps = MONDAY + HOUR * (np.arange(n) + np.cumsum(missing) + int(rng.integers(0, 200)))
    return rows_from_columns(stamps, (400 + first) / 2, (400 + high) / 2, (400 + low) / 2, (400 + close) / 2, volume)


NEW = {
    says.PS, says.SC, says.AR, says.ST, says.UNDERCUT, says.SPRING, says.TEST, says.SOS, says.LPS, says.LPS_C, says.BU,
    says.JAC, says.MARKUP, says.CLIMAX_DOWN, says.STOPPING_VOLUME, says.NO_SUPPLY, says.REV_UPTHRUST_BAR, says.RANGE,
    says.EFFORT_NO_RESULT, says.CRT,
}  # fmt: skip
FAILED = {
    says.BREAKDOWN, says.NO_TR, says.TIMEOUT, says.DEPTH, says.NO_RECLAIM, says.AGE, says.BELOW_SPRING,
}  # fmt: skip
ENDED = {says.SUPERSEDED, says.BELOW_MID, says.AGE, says.DECIDED, says.REFUTED}
#: (kind, dir, state, reason) of all that accumulation can say
SAYS = {(kind, 1, says.NEW, 0) for kind in NEW} | {(says.ACC_FAIL, -1, says.END, reason) for reason in FAILED}
SAYS |= {(says.RANGE_END, 1, says.END, reason) for reason in ENDED} | {
    (says.SC, 1, says.UPDATE, says.REPLACED), (says.SPRING, 1, says.UPDATE, 0), (says.SOS, 1, says.NEW, says.NOVOL),
    (says.TEST_OK, 1, says.END, 0), (says.TEST_FAIL, -1, says.END, 0), (says.UA, -1, says.NEW, 0),
    (says.FAILED_SOS, -1, says.UPDATE, 0), (says.CRT_CONFIRM, 1, says.END, 0), (says.CRT_INVALID, 1, says.END, 0),
}  # fmt: skip
#: and all that can be said at all: a bar without a move has an effort for neither side
REACHABLE = SAYS | {(says.TWINS.get(kind, kind), -dir_, state, reason) for kind, dir_, state, reason in SAYS}
REACHABLE |= {(says.EFFORT_NO_RESULT, 0, says.NEW, 0)}
