"""A synthetic market: two years of hours for demonstrations, tests and benches, the same everywhere.

No real prices and no evidence of any edge: it is drawn so that every engine finds something to read.
Phases follow each other: a trend with impulses and pullbacks, a climax (spread and volume swell, the
last bar closes far from its extreme), a range (swings between its edges, drying up, now and then with
a spring or an upthrust before it is left), and again a trend.

Reproducible to the byte on any platform and NumPy: only integer arithmetic on PCG64's raw stream (the
streams of `Generator` methods may change between versions). Prices are whole ticks of 0.01; rates are
parts per million (ppm) an hour.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.time import HOUR

__all__ = ["SAMPLE_NAME", "SAMPLE_START", "sample_rows"]

SAMPLE_NAME: Final = "SYNTHETIC"  #: its symbol, so that it is called synthetic wherever it is shown
SAMPLE_START: Final = 1_640_995_200_000  #: 2022-01-01 00:00 UTC

_PPM: Final = 1_000_000
_TICKS: Final = 100  # a unit of price
_START: Final = 1500 * _TICKS
_FLOOR, _CEILING = 900 * _TICKS, 3600 * _TICKS  # beyond these the next trend turns back
_SIGMA: Final = 4_000  # ppm, an hour's usual move
_SD: Final = 37_837  # standard deviation of four 16-bit draws added up
_U16: Final = 0xFFFF
#: volume by hour of the day, permille: Asia quiet, London and New York busy
_CLOCK: Final = (
    *(780, 760, 740, 720, 720, 740, 800, 920, 1050, 1100, 1080, 1050),
    *(1120, 1300, 1450, 1420, 1340, 1250, 1150, 1050, 1000, 940, 880, 820),
)


class _Dice:
    """Whole-number draws from PCG64's raw stream."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)
        self._ready: Iterator[int] = iter(())

    def raw(self) -> int:
        value = next(self._ready, None)
        if value is None:
            self._ready = iter(self._bits.random_raw(4096).tolist())
            value = next(self._ready)
        return value

    def between(self, low: int, high: int) -> int:
        """`low` to `high`, both included."""
        return low + self.raw() % (high - low + 1)

    def bell(self) -> int:
        """Nearly normal with mean 0 and standard deviation `_SD`: four 16-bit draws added up."""
        bits = self.raw()
        return (bits & _U16) + (bits >> 16 & _U16) + (bits >> 32 & _U16) + (bits >> 48) - 2 * _U16


@dataclasses.dataclass(slots=True)
class _Hour:
    """What a phase asks of one bar: drift (ppm), spread and volume (permille of usual), and marks.

    `reject` (permille of the bar's range) closes it that far from its extreme; a `pierce` is a price it
    must trade at before it closes at `settle`.
    """

    drift: int
    spread: int = 1000
    volume: int = 1000
    reject: int = 0
    pierce: int = 0
    settle: int = 0


@dataclasses.dataclass(slots=True)
class _Market:
    """The bars so far, in ticks and thousandths of volume."""

    dice: _Dice
    n: int
    close: int = _START
    bars: list[tuple[int, int, int, int, int]] = dataclasses.field(default_factory=list)

    @property
    def full(self) -> bool:
        return len(self.bars) >= self.n

    def take(self, hour: _Hour) -> None:
        """Draw one bar around what the phase asks."""
        dice, o = self.dice, self.close
        sigma = _SIGMA * hour.spread // 1000
        c = o + o * (hour.drift + sigma * dice.bell() // _SD) // _PPM
        wick = o * sigma // _PPM
        h = max(o, c) + wick * abs(dice.bell()) // (2 * _SD)
        l = min(o, c) - wick * abs(dice.bell()) // (2 * _SD)  # noqa: E741  (the field's letter)
        if hour.pierce:
            c = hour.settle
            h, l = max(o, c, hour.pierce), min(o, c, hour.pierce)  # noqa: E741
        if hour.reject:
            back = (h - l) * hour.reject // 1000
            c = l + back if hour.drift < 0 else h - back
        self.bars.append((o, h, l, c, self._volume(hour, o, h - l)))
        self.close = c

    def _volume(self, hour: _Hour, price: int, spread: int) -> int:
        """Volume follows the spread, the clock and the phase, with noise of -35 to +35 %."""
        usual = max(price * _SIGMA // _PPM, 1)
        effort = 250 + 450 * spread // usual
        noise = self.dice.between(650, 1350)
        volume = effort * hour.volume // 1000 * _CLOCK[len(self.bars) % 24] // 1000 * noise // 1000
        return 1000 * max(volume, 1)


def _trend(side: int, dice: _Dice) -> Iterator[_Hour]:
    """Impulses with volume and pullbacks without."""
    for _ in range(dice.between(5, 10)):
        for _ in range(dice.between(18, 48)):
            yield _Hour(side * 1_000, 1100, 1250)
        for _ in range(dice.between(8, 22)):
            yield _Hour(-side * 900, 800, 650)


def _climax(side: int, dice: _Dice) -> Iterator[_Hour]:
    """The trend runs away with itself; the last bar is the widest and is thrown back."""
    hours = dice.between(4, 8)
    for k in range(hours):
        yield _Hour(side * (3_000 + 1_200 * k), 1200 + 120 * k, 1500 + 250 * k)
    yield _Hour(side * 24_000, 2200, 2600, reject=dice.between(450, 700))


def _range(market: _Market, side: int, leave: int) -> Iterator[_Hour]:
    """Swings in a band that begins where the trend or its climax closed, drier and drier.

    `side` is the trend before, `leave` the one after; they tell which edge a shake-out pierces.
    """
    dice = market.dice
    width = market.close * dice.between(45_000, 80_000) // _PPM
    low = market.close if side < 0 else market.close - width
    high, near = low + width, width // 8
    hours = dice.between(160, 380)
    shake = hours - 40 if dice.between(0, 3) else hours
    goal = -side
    for k in range(hours):
        edge = low if leave > 0 else high
        if k == shake:
            goal = -leave
        if k >= shake and goal == -leave and abs(market.close - edge) < near:
            depth = width * dice.between(50, 130) // 1000
            yield _Hour(0, 1000, 1700, pierce=edge - leave * depth, settle=edge + leave * near)
            goal = leave
            continue
        if k < shake and (market.close - low < near if goal < 0 else high - market.close < near):
            goal = -goal
        dry = 1000 - 450 * k // hours
        yield _Hour(goal * 1_300, 150 + 850 * dry // 1000, dry)


def _phases(market: _Market) -> Iterator[_Hour]:
    dice, side = market.dice, 1
    while True:
        yield from _trend(side, dice)
        if dice.between(0, 3):
            yield from _climax(side, dice)
        leave = 1 if dice.between(0, 1) else -1
        if not _FLOOR < market.close < _CEILING:
            leave = 1 if market.close <= _FLOOR else -1
        yield from _range(market, side, leave)
        side = leave


def sample_rows(n: int = 17_520, seed: int = 7) -> np.ndarray[Any, Any]:
    """The first `n` hours of the synthetic market of a seed, as an array of `core.bars.Row`.

    >>> rows = sample_rows(3)
    >>> int(rows["ts"][0]) == SAMPLE_START, len(rows)
    (True, 3)
    """
    market = _Market(_Dice(seed), n)
    hours = _phases(market)
    while not market.full:
        market.take(next(hours))
    o, h, l, c, v = np.array(market.bars, np.int64).reshape(-1, 5).T  # noqa: E741  (the field's letters)
    ts = SAMPLE_START + HOUR * np.arange(n)
    return rows_from_columns(ts, o / _TICKS, h / _TICKS, l / _TICKS, c / _TICKS, v / 1000)
