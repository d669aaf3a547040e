"""Seeded markets, nasty on purpose and valid on purpose.

Prices lie on a coarse tick grid, so that equal highs, plateaus and exact ties happen all the time; the
grid is a power of two, so that the mirror and scale laws hold without rounding. Each stretch of a few
bars has a character of its own: walk, trend, dead flat, quiet, climax. Price gaps, bars missing in time,
zero volume, volume that is missing and volume climaxes come on top.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from bullmachine.core.bars import Row, rows_from_columns
from bullmachine.core.record import dtype_of
from bullmachine.core.time import HOUR

__all__ = [
    "PRICES",
    "SPOILS",
    "flat_market",
    "good_market",
    "mirrored",
    "poisoned",
    "pressure_markets",
    "random_market",
    "scaled",
    "spoiled",
    "spoiled_row",
]

_Rows = np.ndarray[Any, Any]

PRICES: Final = ("open", "high", "low", "close")
_MONDAY: Final = 1_577_836_800_000 + 5 * 24 * HOUR  # 2020-01-06 00:00 UTC
_LOW, _SPAN = 300, 1200  # ticks: prices fold back into this band and stay positive

#: per character: how far a close moves, its drift, how long the wicks are (all in ticks), volume factor
_CHARACTERS: Final = np.array(
    [
        [4.0, 0.0, 3.0, 1.0],  # walk
        [3.0, 2.5, 2.0, 1.2],  # trend up
        [3.0, -2.5, 2.0, 1.2],  # trend down
        [0.0, 0.0, 0.0, 0.3],  # dead flat: zero-range bars
        [0.6, 0.0, 0.7, 0.5],  # quiet: ties everywhere
        [18.0, 0.0, 14.0, 8.0],  # climax
    ]
)


def random_market(seed: int, n: int, *, tick: float = 0.125) -> _Rows:
    """`n` hourly rows of `Row` from `seed`; every one passes admission.

    >>> rows = random_market(1, 500)
    >>> len(rows), bool((rows["high"] == rows["low"]).any()), bool(np.isnan(rows["volume"]).any())
    (500, True, True)
    """
    rng = np.random.default_rng(seed)
    move, drift, wick, loud = _stretches(rng, n)
    body = np.rint(rng.normal(size=n) * move + drift)
    jump = np.where((rng.random(n) < 0.03) & (move > 0), rng.integers(-25, 26, n), 0)  # noqa: PLR2004
    path = 600 + np.cumsum(body + jump)
    first, last = _folded(path - body), _folded(path)
    above, below = (np.rint(np.abs(rng.normal(size=n)) * wick) for _ in range(2))
    high, low = np.maximum(first, last) + above, np.minimum(first, last) - below
    return rows_from_columns(
        _stamps(rng, n), first * tick, high * tick, low * tick, last * tick, _volumes(rng, n) * loud
    )


def good_market(seed: int, n: int) -> _Rows:
    """`n` rows without a gap, a tie or a missing volume: what warm-up is measured on."""
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(scale=0.01, size=n)))
    first = np.concatenate([[100.0], close[:-1]])[:n]
    above, below = (1.0 + np.abs(rng.normal(scale=0.005, size=n)) for _ in range(2))
    stamps = _MONDAY + HOUR * np.arange(n)
    volume = rng.lognormal(4.0, 0.5, n)
    return rows_from_columns(
        stamps, first, np.maximum(first, close) * above, np.minimum(first, close) / below, close, volume
    )


def flat_market(n: int, *, price: float = 100.0, volume: float = 100.0) -> _Rows:
    """`n` identical zero-range bars."""
    same = np.full(n, price)
    return rows_from_columns(_MONDAY + HOUR * np.arange(n), same, same, same, same, np.full(n, volume))


def pressure_markets(n: int) -> Iterator[tuple[str, _Rows]]:
    """Markets that leave structure behind faster than it dies, so that containers fill up.

    A staircase of gaps that are never revisited, legs whose turning points are never taken out, and a
    coil whose swings shrink; each also upside down.
    """
    k = np.arange(n)
    legs = 2.0 * k + 6.0 * np.abs(k % 12 - 6)
    coil = 20_000.0 + (np.abs(k % 8 - 4) - 2) * (4.0 * n - 3.0 * k)
    for name, path in (("staircase", 4.0 * k), ("legs", legs), ("coil", coil)):
        for way, signed in ((name, path), (f"{name} upside down", -path)):
            yield way, _from_path(50_000.0 + signed)


def mirrored(rows: _Rows) -> _Rows:
    """The market seen upside down: (o, h, l, c) -> (-o, -l, -h, -c)."""
    made = rows.copy()
    made["open"], made["close"] = -rows["open"], -rows["close"]
    made["high"], made["low"] = -rows["low"], -rows["high"]
    return made


def scaled(rows: _Rows, factor: float) -> _Rows:
    """All prices times `factor`; volumes and times stay."""
    made = rows.copy()
    for name in PRICES:
        made[name] *= factor
    return made


def poisoned(rows: _Rows, t: int, how: str) -> _Rows:
    """`rows` with everything after index `t` replaced: `noise`, `constant`, `huge`, `tiny` or `nan`."""
    made = rows.copy()
    after = made[t + 1 :]
    if how == "noise":
        other = random_market(t + 10_007, len(after), tick=0.5)
        for name in (*PRICES, "volume"):
            after[name] = other[name]
        return made
    for name in PRICES:
        if how == "constant":
            after[name] = rows["close"][t]
        else:
            after[name] *= {"huge": 1e15, "tiny": 1e-15, "nan": np.nan}[how]
    return made


#: ways to spoil a row, and the reason admission gives for each
SPOILS: Final = {
    "a NaN close": "not_finite",
    "an infinite high": "not_finite",
    "a high below the low": "impossible",
    "a close above the high": "impossible",
    "an open time off the grid": "off_grid",
    "an open time repeated with other prices": "not_later",
    "an open time before the last": "not_later",
    "an exact repetition": "duplicate",
}


def spoiled_row(row: Any, how: str) -> tuple[int, float, float, float, float, float]:
    """A row no engine may see right after `row` (a `Row`), spoiled in one of the ways of `SPOILS`."""
    ts, first, high, low, last, volume = row.item()
    later = ts + HOUR
    made: dict[str, tuple[int, float, float, float, float, float]] = {
        "a NaN close": (later, first, high, low, np.nan, volume),
        "an infinite high": (later, first, np.inf, low, last, volume),
        "a high below the low": (later, first, low - 1.0, high, last, volume),
        "a close above the high": (later, first, high, low, high + 1.0, volume),
        "an open time off the grid": (later + 1, first, high, low, last, volume),
        "an open time repeated with other prices": (ts, first, high + 1.0, low, last, volume),
        "an open time before the last": (ts - HOUR, first, high, low, last, volume),
        "an exact repetition": (ts, first, high, low, last, volume),
    }
    return made[how]


def spoiled(rows: _Rows, seed: int) -> tuple[_Rows, dict[str, int]]:
    """`rows` with a bad one after about every tenth, and how many of each reason there are."""
    rng = np.random.default_rng(seed)
    ways, made, counts = list(SPOILS), [], dict.fromkeys(SPOILS.values(), 0)
    for row in rows:
        made.append(row.item())
        if rng.random() < 0.1:  # noqa: PLR2004
            how = ways[int(rng.integers(len(ways)))]
            made.append(spoiled_row(row, how))
            counts[SPOILS[how]] += 1
    return np.array(made, dtype_of(Row)), {reason: n for reason, n in counts.items() if n}


def _stretches(rng: np.random.Generator, n: int) -> np.ndarray[Any, Any]:
    """Four rows of `n`: the character of every bar, in stretches of 3 to 39 bars."""
    lengths = rng.integers(3, 40, n // 3 + 1)
    kinds = np.repeat(rng.integers(0, len(_CHARACTERS), len(lengths)), lengths)[:n]
    found: np.ndarray[Any, Any] = _CHARACTERS[kinds].T
    return found


def _folded(path: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A path reflected into the band of allowed prices, in ticks."""
    found: np.ndarray[Any, Any] = _LOW + np.abs((path - _LOW) % (2 * _SPAN) - _SPAN)
    return found


def _stamps(rng: np.random.Generator, n: int) -> np.ndarray[Any, Any]:
    """Hourly stamps with an outage of up to nine days after about every hundredth bar."""
    missing = np.where(rng.random(n) < 0.01, rng.integers(1, 9 * 24, n), 0)  # noqa: PLR2004
    found: np.ndarray[Any, Any] = _MONDAY + HOUR * (np.arange(n) + np.cumsum(missing))
    return found


def _volumes(rng: np.random.Generator, n: int) -> np.ndarray[Any, Any]:
    """Whole volumes, some zero, and stretches of 5 to 44 bars that are missing or all zero."""
    volume = np.rint(rng.lognormal(4.0, 0.7, n))
    volume[rng.random(n) < 0.02] = 0.0  # noqa: PLR2004
    lengths = rng.integers(5, 45, n // 5 + 1)
    fate = np.repeat(rng.integers(0, 12, len(lengths)), lengths)[:n]
    volume[fate == 0] = 0.0
    volume[fate == 1] = np.nan
    return volume


def _from_path(path: np.ndarray[Any, Any]) -> _Rows:
    """Bars that open a tick after the last close, so that a steep path leaves gaps."""
    n = len(path)
    last = np.concatenate([path[:1], path[:-1]])
    first = last + np.sign(path - last) * 0.5 * np.abs(path - last)
    high, low = np.maximum(first, path) + 0.25, np.minimum(first, path) - 0.25
    volume = 100.0 + 50.0 * (np.arange(n) % 3)
    return rows_from_columns(_MONDAY + HOUR * np.arange(n), first, high, low, path, volume)
