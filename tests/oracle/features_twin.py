"""The yardsticks and oscillators as lists over the whole past, written from their definitions alone.

Slow and obvious on purpose. Index i of every list belongs to bar i; None is "not defined yet".
"""

import dataclasses
import itertools
import statistics
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Candle:
    """One bar; a volume of None is missing."""

    open: float
    high: float
    low: float
    close: float
    volume: float | None


@dataclasses.dataclass(frozen=True)
class Yardsticks:
    """What `features` says of one bar."""

    atr: float | None
    atr_prev: float | None
    sma_fast: float | None
    sma_fast_prev: float | None
    sma_slow: float | None
    trend: float
    rv: float | None
    ready: int


def wilder(values: Sequence[float], n: int) -> list[float | None]:
    """The mean of the first `n` values, then every value moves it by 1 / n of the distance."""
    out: list[float | None] = [None] * min(n - 1, len(values))
    for i in range(n - 1, len(values)):
        before = out[-1] if i > n - 1 else None
        out.append(statistics.fmean(values[:n]) if before is None else before + (values[i] - before) / n)
    return out


def exponential(values: Sequence[float], n: int) -> list[float | None]:
    """The mean of the first `n` values, then k x + (1 - k) before with k = 2 / (n + 1)."""
    k = 2 / (n + 1)
    out: list[float | None] = [None] * min(n - 1, len(values))
    for i in range(n - 1, len(values)):
        before = out[-1] if i > n - 1 else None
        out.append(statistics.fmean(values[:n]) if before is None else k * values[i] + (1 - k) * before)
    return out


def simple(values: Sequence[float], n: int) -> list[float | None]:
    return [statistics.fmean(values[i - n + 1 : i + 1]) if i >= n - 1 else None for i in range(len(values))]


def true_ranges(bars: Sequence[Candle]) -> list[float]:
    """From the second bar on."""
    return [max(b.high - b.low, abs(b.high - a.close), abs(b.low - a.close)) for a, b in itertools.pairwise(bars)]


def atrs(bars: Sequence[Candle], n: int) -> list[float | None]:
    return [None, *wilder(true_ranges(bars), n)]


def signed_rsi(closes: Sequence[float], n: int) -> list[float | None]:
    """RSI - 50; a market that never moved is at 0."""
    changes = [b - a for a, b in itertools.pairwise(closes)]
    gains, losses = wilder([max(c, 0.0) for c in changes], n), wilder([max(-c, 0.0) for c in changes], n)
    out: list[float | None] = [None]
    for gain, loss in zip(gains, losses, strict=True):
        if gain is None or loss is None:
            out.append(None)
        else:
            out.append(100 * gain / (gain + loss) - 50 if gain + loss > 0 else 0.0)
    return out


def macd_histogram(closes: Sequence[float], fast: int, slow: int, signal: int) -> list[float | None]:
    """Both averages end their seeds on the same close, number `slow`."""
    skipped = slow - fast
    quick, calm = [None] * skipped + exponential(closes[skipped:], fast), exponential(closes, slow)
    lines = [a - b for a, b in zip(quick, calm, strict=True) if a is not None and b is not None]
    signals = exponential(lines, signal)
    late = [None if b is None else a - b for a, b in zip(lines, signals, strict=True)]
    return [None] * (len(closes) - len(late)) + late


def directional(bars: Sequence[Candle], n: int) -> list[tuple[float, float, float] | None]:
    """(ADX, +DI, -DI); ADX is None-free only from index 2 n - 1, and so is this list."""
    plus, minus = [], []
    for a, b in itertools.pairwise(bars):
        up, down = b.high - a.high, a.low - b.low
        plus.append(up if up > down and up > 0 else 0.0)
        minus.append(down if down > up and down > 0 else 0.0)
    sums = [_wilder_sum(values, n) for values in (plus, minus, true_ranges(bars))]
    out: list[tuple[float, float, float] | None] = [None] * min(n, len(bars))
    spreads: list[float] = []
    adx = 0.0
    for i, (p, m, r) in enumerate(zip(*sums, strict=True), start=n):
        di, other = (100 * p / r, 100 * m / r) if r > 0 else (0.0, 0.0)
        if di + other > 0:
            spread = 100 * abs(di - other) / (di + other)
            spreads.append(spread)
            adx += (spread - adx) / n if i >= 2 * n else spread / n
        out.append((adx, di, other) if i >= 2 * n - 1 else None)
    return out


def _wilder_sum(values: Sequence[float], n: int) -> list[float]:
    """From bar `n` on: the sum of the first n - 1 values, less an n-th of itself, plus the value, and so on."""
    total, out = sum(values[: n - 1]), []
    for value in values[n - 1 :]:
        total = total * (n - 1) / n + value
        out.append(total)
    return out


def relative_volumes(volumes: Sequence[float | None], n: int) -> list[float | None]:
    """Volume over the mean of the `n` volumes before it that are not missing; 1 where that mean is 0."""
    out: list[float | None] = []
    counted: list[float] = []
    for volume in volumes:
        mean = statistics.fmean(counted[-n:]) if len(counted) >= n else None
        out.append(None if volume is None or mean is None else volume / mean if mean > 0 else 1.0)
        counted += [] if volume is None else [volume]
    return out


def yardsticks(
    bars: Sequence[Candle], *, atr: int = 14, fast: int = 20, slow: int = 50, volume: int = 20
) -> list[Yardsticks]:
    """`features`, bar by bar."""
    closes = [b.close for b in bars]
    ranges, quick, calm = atrs(bars, atr), simple(closes, fast), simple(closes, slow)
    rvs = relative_volumes([b.volume for b in bars], volume)
    out = []
    for i, (a, f, s) in enumerate(zip(ranges, quick, calm, strict=True)):
        trend = 0.0 if not a or f is None else (closes[i] - f) / a
        before, fast_before = (ranges[i - 1], quick[i - 1]) if i else (None, None)
        out.append(Yardsticks(a, before, f, fast_before, s, trend, rvs[i], int(a is not None and s is not None)))
    return out
