"""Charts drawn by hand on which every transition of the Wyckoff machines is taken, and what has to be said of them.

All begin with flat bars. Most go on as the mini chart MC08, which has support 100.5, top 105.6, middle 103.05 and
a unit of 1.105, up to some bar and then otherwise. Bars are (open, high, low, close, volume), None where missing.
"""

import json
import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from tests.oracle.smc_twin_chart import Raw

Ohlcv = tuple[float, float, float, float, float | None]
NOON, MINUTE = 1_577_836_800_000 + 12 * 3_600_000, 60_000
MINI: dict[str, dict[str, Any]] = {
    chart["id"]: chart
    for chart in json.loads((pathlib.Path(__file__).parents[1] / "scenarios" / "scenarios.json").read_text())
    if chart["id"][:4] in {"MC06", "MC08", "MC09", "MC10", "MC11", "MC12"}
}
MC08: list[Ohlcv] = [(o, h, low, c, v) for o, h, low, c, v in MINI["MC08"]["bars"]]
FLAT: list[Ohlcv] = [(110.0, 110.5, 109.5, 110.0, 100.0)] * 24
START = len(FLAT)


def raws(bars: Sequence[Ohlcv], *, upside_down: bool = False, step: int = MINUTE) -> list[Raw]:
    """As the twin reads them, a bar a minute from noon on."""
    turned = [(-o, -low, -h, -c, v) if upside_down else (o, h, low, c, v) for o, h, low, c, v in bars]
    return [Raw(NOON + step * i, *bar) for i, bar in enumerate(turned)]


def mini(name: str) -> list[Ohlcv]:
    """A mini chart with its warm-up."""
    chart = MINI[name]
    flat = [part["bar"] for part in chart["warm"] for _ in range(part["repeat"])]
    return [(o, h, low, c, v) for o, h, low, c, v in flat + chart["bars"]]


def rest(n: int, close: float, *, half: float = 0.3, volume: float | None = 90.0) -> list[Ohlcv]:
    """Bars on which nothing happens."""
    return [(close, close + half, close - half, close, volume)] * n


def walk(start: float, steps: Sequence[float], *, wick: float = 0.1, volume: float | None = 80.0) -> list[Ohlcv]:
    """Bars from close to close."""
    bars: list[Ohlcv] = []
    for step in steps:
        end = start + step
        bars.append((start, max(start, end) + wick, min(start, end) - wick, end, volume))
        start = end
    return bars


class Case(NamedTuple):
    """What is said of ranges, as (kind, ref, known, reason), bars counted from the end of the flat ones."""

    bars: list[Ohlcv]
    said: str
    rules: dict[str, Any] | None = None

    @property
    def drawn(self) -> list[Ohlcv]:
        return [*FLAT, *self.bars]


TO_SC, TO_AR, TO_ST, TO_24, TO_SPRING, TO_SOS, TO_JAC = (MC08[:n] for n in (8, 12, 16, 25, 26, 30, 31))
HEAVY = (101.4, 101.6, 99.2, 101.1, 200.0)  #: a spring on heavy volume, deeper than one unit


def locked(*, volume: float | None = 100.0, turns: int = 5) -> list[Ohlcv]:
    """An advance and then, without a climax, a range from 114.1 to 118.4."""
    up = walk(110.0, [0.25] * 32, wick=0.4, volume=volume)
    wave = ([-0.7] * 5 + [0.7] * 5) * turns
    return up + walk(118.0, wave, wick=0.4, volume=volume)


WAVES = ([-0.7] * 5 + [0.7] * 5) * 5
LOCKED = locked()
DOWN = walk(118.0, [-0.7] * 5, wick=0.4, volume=100.0)
#: two turns at a top, two at a bottom: no range until the top is reached again
STEPS = [-0.7] * 5 + [0.7] * 5 + [-0.7] * 5 + [0.7] * 5 + [-0.7] * 12 + [0.7] * 5 + [-0.7] * 5 + [0.7] * 12 + [-0.7] * 5
_TOP: list[Ohlcv] = [(220 - o, 220 - low, 220 - h, 220 - c, v) for o, h, low, c, v in MC08[:29]]
#: an upthrust after distribution, a quiet fall, and a range of the other side that springs meanwhile
REFUTED: list[Ohlcv] = [
    *_TOP, *walk(117.5, [-0.9, -1, -1, -1, -1], volume=90), (112.6, 112.7, 108.5, 110.6, 350),
    (110.6, 112, 110.4, 111.8, 150), (111.8, 113, 111.6, 112.6, 120), (112.6, 112.7, 111.2, 111.4, 100),
    (111.4, 111.5, 109.8, 110.1, 90), (110.1, 111.2, 110, 111.1, 80), *rest(8, 111.2, volume=85),
    (111.2, 111.3, 107.9, 109.2, 120),
]  # fmt: skip

#: what is said up to there
_SC = "PS 3 7, SC 7 7"
_AR = _SC + ", AR 10 11"
_ST = _AR + ", ST 13 15"
_SPRING = _ST + ", SPRING 25 25"
_SOS = _SPRING + ", TEST 27 27, TEST_OK 27 28, SOS 29 29"
_JAC = _SOS + ", JAC 30 30"
_MARKUP = _JAC + ", BU 32 33, MARKUP 33 33"
_RANGE = "RANGE 25 64, ST- 71 73, ST 76 78"
_DOWN = _RANGE + ", ST- 81 83"

CASES: dict[str, Case] = {
    "climax_again": Case(
        [
            *TO_SC,
            (102, 102.2, 99, 99.8, 300),
            (99.8, 101.5, 99.6, 101.4, 150),
            (101.4, 102.4, 101.2, 102.2, 130),
            (102.2, 102.3, 101.0, 101.1, 110),
        ],
        _SC + ", SC 8 8 REPLACED, AR 10 11",
    ),
    "lower_low": Case(
        [
            *TO_SC,
            (102, 102.1, 100.2, 101, 100),
            (101, 102.2, 100.9, 102.1, 120),
            (102.1, 103.2, 102, 103, 110),
            (103, 103.1, 101.7, 101.8, 100),
        ],
        _AR,
    ),
    "falls_through": Case([*TO_SC, (102, 102, 99, 99.2, 120)], _SC + ", ACC_FAIL- 8 8 BREAKDOWN"),
    "no_rally": Case([*TO_SC, *rest(21, 102)], _SC + ", ACC_FAIL- 28 28 TIMEOUT"),
    "too_high": Case(
        [*TO_SC, *walk(102, [1.4] * 6 + [-1.4], volume=150)], _SC + ", ACC_FAIL- 14 14 NO_TR", {"max_height": 8.0}
    ),
    "breaks_before_test": Case([*TO_AR, (104, 104.1, 99, 99.2, 120)], _AR + ", ACC_FAIL- 12 12 BREAKDOWN"),
    "runs_away": Case([*TO_AR, (104, 108.5, 103.9, 108.4, 150)], _AR + ", ACC_FAIL- 12 12 NO_TR"),
    "no_test": Case([*TO_AR, *rest(61, 104)], _AR + ", ACC_FAIL- 72 72 TIMEOUT"),
    "loud_test": Case(
        [
            *TO_AR,
            (104, 104.2, 102.6, 102.8, 100),
            (102.8, 103, 101.4, 101.7, 300),
            (101.7, 102.4, 101.5, 102.3, 80),
            MC08[15],
        ],
        _AR,
    ),
    "undercut": Case([*TO_ST, (103.5, 103.6, 100, 101, 100)], _ST + ", UNDERCUT 16 16"),
    "drifts_off": Case([*TO_ST, *walk(103.5, [0.6] * 8, volume=60)], _ST + ", ACC_FAIL- 23 23 NO_TR"),
    "too_old": Case([*TO_ST, *rest(101, 103.2)], _ST + ", ACC_FAIL- 116 116 AGE", {"b_max": 100}),
    "upthrust": Case([*TO_ST, (103.5, 106, 103.4, 104.5, 90)], _ST + ", UA- 16 16"),
    "upthrust_again": Case(
        [
            *TO_ST,
            (103.5, 106, 103.4, 104.5, 90),
            (104.5, 105.9, 104.4, 105.4, 90),
            (105.4, 105.5, 104.5, 104.6, 90),
            (104.6, 105.9, 104.5, 105.2, 90),
            (105.2, 105.3, 104.2, 104.4, 90),
            (104.4, 105.9, 104.2, 105.2, 90),
        ],
        _ST + ", UA- 16 16, UA- 21 21",
    ),
    "last_point": Case(
        [
            *TO_24,
            *walk(101.4, [0.9] * 4),
            *walk(105, [-0.9, -0.9, -0.6], volume=40),
            *walk(102.6, [0.9] * 3),
            (105.3, 107, 105.2, 106.8, 220),
        ],
        _ST + ", ST 24 26, LPS_C 31 34, SOS 35 35, JAC 35 35, BC- 35 35",
    ),
    "no_reclaim": Case(mini("MC10a")[START:], _ST + ", ACC_FAIL- 27 27 NO_RECLAIM"),
    "too_deep": Case(mini("MC10c")[START:], _ST + ", ACC_FAIL- 25 25 DEPTH"),
    "no_spring": Case(mini("MC11")[START:], _ST + ", SOS 25 25, JAC 25 25, BU 27 28, MARKUP 28 28"),
    "below_spring": Case([*TO_SPRING, (101.1, 101.2, 99, 99.5, 120)], _SPRING + ", ACC_FAIL- 26 26 BELOW_SPRING"),
    "spring_again": Case(
        [*TO_SPRING, *rest(11, 102), (102, 102.1, 99.8, 101, 120)], _SPRING + ", SPRING 37 37", {"c_max": 10}
    ),
    "failed_test": Case(
        [*TO_SPRING, (101.1, 101.4, 100.8, 101, 60), (101, 101.2, 99.8, 100.6, 90)],
        _SPRING + ", TEST 26 26, TEST_FAIL- 26 27",
    ),
    "slow_test": Case(
        [*TO_SPRING, (101.1, 101.4, 100.8, 101, 60), *rest(5, 101.1, half=0.25), (101.1, 102, 101, 101.9, 90)],
        _SPRING + ", TEST 26 26",
    ),
    "shakeout": Case(
        [*TO_24, HEAVY, (101.1, 102.3, 101, 102.2, 150), (102.2, 102.3, 101.3, 101.5, 90)],
        _SPRING + ", TEST 27 27, SPRING 25 27",
    ),
    "quiet_spring": Case([*TO_24, (101.4, 101.6, 99.9, 101.1, 70)], _SPRING),
    "advance": Case(
        [*TO_SPRING, (101.1, 102.7, 101, 102.6, 115), (102.6, 104.2, 102.4, 104.1, 115)], _SPRING + ", SOS 27 27"
    ),
    "last_support": Case(
        [*TO_SOS, (104.6, 104.8, 103.7, 104.1, 80), (104.1, 104.9, 104, 104.8, 90)], _SOS + ", LPS 30 31"
    ),
    "support_then_jump": Case(
        [*TO_SOS, (104.6, 104.8, 103.7, 104.1, 80), (104.1, 106, 104, 105.9, 150)], _SOS + ", LPS 30 31, JAC 31 31"
    ),
    "loud_pullback": Case([*TO_JAC, (106.2, 106.5, 105.4, 105.6, 160), (105.6, 106.6, 105.5, 106.5, 100)], _JAC),
    "high_pullback": Case(
        [
            *TO_JAC,
            (106.2, 108.4, 106.1, 108.3, 160),
            (108.3, 108.4, 107.2, 107.3, 100),
            (107.3, 108.5, 107.3, 108.4, 100),
        ],
        _JAC + ", LPS 32 33, MARKUP 33 33",
    ),
    "fails": Case(
        [
            *TO_SOS,
            (104.6, 104.7, 102.5, 102.8, 120),
            (102.8, 104.5, 102.7, 104.4, 60),
            (104.4, 106.4, 104.3, 106.3, 200),
        ],
        _SOS + ", FAILED_SOS- 30 30, SOS 32 32, JAC 32 32",
    ),
    "breaks_down": Case([*TO_SOS, (104.6, 104.7, 99.8, 100.2, 200)], _SOS + ", ACC_FAIL- 30 30 BREAKDOWN"),
    "five_closes": Case([*TO_JAC, *walk(106.2, [0.3] * 5, volume=100)], _JAC + ", MARKUP 35 35"),
    "markup_ends_below": Case([*MC08, (107.5, 107.6, 102.5, 102.9, 150)], _MARKUP + ", RANGE_END 35 35 BELOW_MID"),
    "markup_ends_old": Case([*MC08, *rest(20, 107.5)], _MARKUP + ", RANGE_END 54 54 AGE", {"e_max": 20}),
    "markup_ends_in_climax": Case(
        [*MC08, (107.5, 107.6, 99.5, 101, 400)], _MARKUP + ", RANGE_END 35 35 SUPERSEDED, SC 35 35"
    ),
    "markup_to_range": Case(
        [*MC08, *walk(107.5, [0.35] * 34, wick=0.4, volume=100), *walk(119.4, WAVES, wick=0.4, volume=100)],
        _MARKUP + ", RANGE_END 96 96 SUPERSEDED, RANGE 57 96, ST 103 105, ST- 108 110, ST 113 115",
        {"k": 3},
    ),
    "lock_spring": Case(
        [
            *LOCKED,
            *DOWN,
            (114.5, 114.8, 113.6, 114.6, 60),
            (114.6, 114.9, 114.2, 114.5, 40),
            *walk(114.5, [0.5, 0.5], volume=90),
            (115.5, 117.6, 115.4, 117.5, 180),
            (117.5, 119.2, 117.4, 119.1, 200),
        ],
        _DOWN + ", SPRING 87 87, MSOW 87 87, TEST 88 88, TEST_OK 88 89, SOS 91 91, RANGE_END- 91 91 DECIDED, JAC 92 92",
        {"k": 3},
    ),
    "lock_spring_fails": Case(
        [*LOCKED, *DOWN, (114.5, 114.8, 113.6, 114.6, 60), (114.6, 114.7, 112.4, 112.6, 220)],
        _DOWN + ", SPRING 87 87, MSOW 87 87, ACC_FAIL- 88 88 BELOW_SPRING, SOW- 88 88, BREAK_ICE- 88 88",
        {"k": 3},
    ),
    "lock_refuted": Case(
        [
            *LOCKED,
            (118, 118.8, 117.6, 117.9, 60),
            (117.9, 118, 116.4, 116.5, 90),
            (116.5, 116.6, 114.6, 114.7, 80),
            (114.7, 114.9, 113.7, 114.5, 60),
        ],
        _RANGE + ", UA- 82 82, UTAD- 82 82, SPRING 85 85, RANGE_END- 85 85 REFUTED",
        {"k": 3},
    ),
    "steps_then_range": Case(
        [*walk(110.0, [0.5] * 32, wick=0.4, volume=100.0), *walk(126.0, STEPS, wick=0.4, volume=100.0)],
        "RANGE 49 88",
        {"k": 3},
    ),
    "lock_utad": Case(
        [
            *LOCKED,
            (118, 118.8, 117.6, 117.9, 60),
            (117.9, 118, 116.4, 116.5, 90),
            (116.5, 116.6, 114.6, 114.7, 180),
            (114.7, 114.8, 113.2, 113.3, 200),
        ],
        _RANGE + ", UA- 82 82, UTAD- 82 82, SOW- 84 84, RANGE_END 84 84 DECIDED, BREAK_ICE- 85 85",
        {"k": 3},
    ),
    "lock_sos": Case(
        [*LOCKED, (118, 120, 117.9, 119.8, 220)], _RANGE + ", SOS 82 82, JAC 82 82, RANGE_END- 82 82 DECIDED", {"k": 3}
    ),
    "lock_sow": Case(
        [*LOCKED, *DOWN, (114.5, 114.6, 112.4, 112.6, 220)],
        _DOWN + ", SOW- 87 87, BREAK_ICE- 87 87, RANGE_END 87 87 DECIDED",
        {"k": 3},
    ),
    "lock_both": Case(
        [*LOCKED, (118, 118.8, 113.7, 117.5, 150), (117.5, 119.6, 117.4, 119.5, 220)],
        _RANGE + ", SPRING 82 82, UTAD- 82 82, SOS 83 83, JAC 83 83, DIST_FAIL 83 83 BELOW_SPRING",
        {"k": 3},
    ),
    "lock_both_then_one": Case(
        [*LOCKED, (118, 118.8, 113.7, 116.5, 150), (116.5, 118.75, 116.3, 118.6, 220)],
        _RANGE + ", SPRING 82 82, UTAD- 82 82, SOS 83 83, JAC 83 83, RANGE_END- 83 83 DECIDED",
        {"k": 3},
    ),
    "lock_one_gone": Case(
        [*LOCKED, *DOWN, (114.5, 114.6, 111.8, 112.3, 100), (112.3, 112.4, 110, 110.1, 220)],
        _DOWN + ", ACC_FAIL- 87 87 DEPTH, SC 88 88, SOW- 88 88, BREAK_ICE- 88 88",
        {"k": 3},
    ),
    "lock_without_volume": Case(
        [
            *locked(volume=None),
            *walk(118, [-0.7] * 5, wick=0.4, volume=None),
            (114.5, 114.8, 113.6, 114.6, None),
            *walk(114.6, [0.7] * 3, volume=None),
            (116.7, 119.3, 116.6, 119.1, None),
            (119.1, 119.2, 118, 118.2, None),
            (118.2, 119.6, 118.1, 119.5, None),
        ],
        _DOWN
        + ", SPRING 87 87, MSOW 87 87, SOS 91 91 NOVOL, JAC 91 91, RANGE_END- 91 91 DECIDED, BU 92 93, MARKUP 93 93",
        {"k": 3},
    ),
    "refuted": Case(
        REFUTED,
        (
            "PSY- 3 7, BC- 7 7, AR- 10 11, ST- 13 15, UTAD- 25 25, UTAD_TEST- 27 27, TEST_OK- 27 28, SC 34 "
            "34, AR 36 37, ST 38 39, SPRING 48 48, RANGE_END- 48 48 REFUTED"
        ),
        {"leg": 0},
    ),
}
