"""Momentum over the whole past at once: brute-force pivots, every divergence, every slot replayed for every bar.

Shares no code with the machine. A divergence's slot is not kept from bar to bar: who holds it at a bar is
found by replaying all divergences of its kind and direction known by then.
"""

import dataclasses
from collections.abc import Sequence

from tests.oracle.features_twin import Candle, Yardsticks, directional, macd_histogram, signed_rsi, yardsticks

REGULAR, HIDDEN = 500, 501
NONE = -1


@dataclasses.dataclass(frozen=True)
class Rules:
    """The engine's parameters, flat."""

    rsi: int = 14
    fast: int = 12
    slow: int = 26
    signal: int = 9
    dmi: int = 14
    atr: int = 14
    k: int = 3
    min_sep: int = 5
    max_sep: int = 60
    min_osc: float = 2.0
    min_price: float = 0.1
    life: int = 12
    weights: tuple[float, float, float, float] = (0.25, 0.25, 0.25, 0.25)


@dataclasses.dataclass(frozen=True)
class Divergence:
    """One event; `osc` and `osc_prev` are RSI - 50."""

    id: int
    kind: int
    dir: int
    ref: int
    known: int
    level: float
    level_prev: float
    osc: float
    osc_prev: float
    move: float
    separation: int
    score: float

    @property
    def strength(self) -> float:
        return self.score if self.kind == REGULAR else 0.7 * self.score


@dataclasses.dataclass(frozen=True)
class Reading:
    """What `momentum` says of one bar."""

    parts: tuple[float, float, float, float]
    id: int
    ready: int
    rsi: float | None
    adx: float | None


def climb(x: float, start: float, end: float) -> float:
    return min(max((x - start) / (end - start), 0.0), 1.0)


def pivot_sides(bars: Sequence[Candle], i: int, k: int) -> tuple[bool, bool]:
    """Whether bar `i` is a pivot low and a pivot high, given the `k` bars after it."""
    if i < k:
        return False, False
    left, right, bar = bars[i - k : i], bars[i + 1 : i + k + 1], bars[i]
    low = all(bar.low < b.low for b in left) and all(bar.low <= b.low for b in right)
    high = all(bar.high > b.high for b in left) and all(bar.high >= b.high for b in right)
    return low, high


def turning_points(bars: Sequence[Candle], k: int) -> list[tuple[int, int]]:
    """(bar, side) with side +1 for a low, -1 for a high, in the order they are taken note of.

    A bar that is both is first what the last turning point was not; if it would be the very first, it is nothing.
    """
    points: list[tuple[int, int]] = []
    for i in range(len(bars) - k):
        low, high = pivot_sides(bars, i, k)
        if low and high:
            if points:
                last = points[-1][1]
                points += [(i, -last), (i, last)]
        elif low or high:
            points.append((i, 1 if low else -1))
    return points


def divergences(bars: Sequence[Candle], rules: Rules) -> list[Divergence]:
    """Each turning point against the one before it on its side."""
    oscillator = signed_rsi([b.close for b in bars], rules.rsi)
    measured = yardsticks(bars, atr=rules.atr)
    points = turning_points(bars, rules.k)
    found: list[Divergence] = []
    for n, (i, side) in enumerate(points):
        earlier = [j for j, s in points[:n] if s == side]
        if not earlier:
            continue
        osc, osc_prev = oscillator[i], oscillator[earlier[-1]]
        if osc is None or osc_prev is None:
            continue
        known = i + rules.k
        one = _compared(bars, rules, (earlier[-1], osc_prev), (i, osc), side, measured[known])
        if one is not None:
            found.append(dataclasses.replace(one, id=len(found)))
    return found


def _compared(
    bars: Sequence[Candle],
    rules: Rules,
    before: tuple[int, float],
    now: tuple[int, float],
    side: int,
    yard: Yardsticks,
) -> Divergence | None:
    (j, osc_prev), (i, osc) = before, now
    level, level_prev = (bars[i].low, bars[j].low) if side == 1 else (bars[i].high, bars[j].high)
    price_up, osc_up = (level > level_prev) - (level < level_prev), (osc > osc_prev) - (osc < osc_prev)
    if price_up * osc_up != -1 or not rules.min_sep <= i - j <= rules.max_sep or abs(osc - osc_prev) < rules.min_osc:
        return None
    yardstick, moved = yard.atr_prev, abs(level - level_prev)
    if rules.min_price > 0 and (not yardstick or moved < rules.min_price * yardstick):
        return None
    kind = REGULAR if price_up == -side else HIDDEN
    score = 0.5 * climb(abs(osc - osc_prev), 2, 15)
    if yardstick:
        score += 0.3 * climb(moved / yardstick, 0.1, 1.5)
    spent = osc_prev < -20 if side == 1 else osc_prev > 20
    along = side * yard.trend > 0.5
    score += 0.2 * (spent if kind == REGULAR else along)
    move = (level - level_prev) / yardstick if yardstick else 0.0
    return Divergence(NONE, kind, side, i, i + rules.k, level, level_prev, osc, osc_prev, move, i - j, score)


def alive(one: Divergence, closes: Sequence[float], t: int, rules: Rules) -> bool:
    """Not older than its life, and no close since it was known went beyond the newer turning point."""
    since = closes[one.known + 1 : t + 1]
    kept = all(c >= one.level if one.dir == 1 else c <= one.level for c in since)
    return kept and t - one.known < rules.life


def activation(one: Divergence, t: int, rules: Rules) -> float:
    return one.strength * max(0.0, 1 - (t - one.known) / rules.life)


def holder(told: Sequence[Divergence], closes: Sequence[float], t: int, rules: Rules) -> Divergence | None:
    """Who holds the slot of one kind and direction at bar `t`, by replaying all that was told by then."""
    held: Divergence | None = None
    for one in told:
        if one.known > t:
            break
        rival = held if held is not None and alive(held, closes, one.known, rules) else None
        held = one if rival is None or one.strength >= activation(rival, one.known, rules) else rival
    return held if held is not None and alive(held, closes, t, rules) else None


def strongest(told: Sequence[Divergence], closes: Sequence[float], t: int, rules: Rules) -> tuple[float, int]:
    """The best bullish activation less the best bearish one, and the id of the larger."""
    best = {1: (0.0, NONE), -1: (0.0, NONE)}
    for kind in (REGULAR, HIDDEN):
        for side in (1, -1):
            one = holder([d for d in told if (d.kind, d.dir) == (kind, side)], closes, t, rules)
            if one is not None and activation(one, t, rules) > best[side][0]:
                best[side] = activation(one, t, rules), one.id
    (bull, bull_id), (bear, bear_id) = best[1], best[-1]
    return bull - bear, NONE if bull == bear else bull_id if bull > bear else bear_id


def grown(bars_seen: int, length: int) -> float:
    """How far an average of `length` has forgotten its seed."""
    return climb(bars_seen, 2 * length, 10 * length)


def readings(bars: Sequence[Candle], rules: Rules) -> tuple[list[Reading], list[Divergence]]:
    """`momentum`, bar by bar, and all its divergences."""
    closes = [b.close for b in bars]
    measured = yardsticks(bars, atr=rules.atr)
    oscillator = signed_rsi(closes, rules.rsi)
    histogram = macd_histogram(closes, rules.fast, rules.slow, rules.signal)
    movement = directional(bars, rules.dmi)
    told = divergences(bars, rules)
    out = []
    for t in range(len(bars)):
        osc, hist, move, yardstick = oscillator[t], histogram[t], movement[t], measured[t].atr_prev
        adx = None if move is None else move[0]
        rsi = None if osc is None else 50 + osc
        if osc is None or hist is None or move is None or yardstick is None:
            out.append(Reading((0.0, 0.0, 0.0, 0.0), NONE, 0, rsi, adx))
            continue
        sign = (osc > 0) - (osc < 0), (hist > 0) - (hist < 0)
        balance = (move[1] - move[2]) / (move[1] + move[2]) if move[1] + move[2] > 0 else 0.0
        net, number = strongest(told, closes, t, rules)
        activations = (
            sign[0] * climb(abs(osc), 2, 20) * grown(t + 1, rules.rsi),
            sign[1] * climb(abs(hist) / yardstick, 0.02, 0.3) * grown(t + 1, rules.slow) if yardstick else 0.0,
            climb(move[0], 15, 35) * balance * grown(t + 1, rules.dmi),
            net * grown(t + 1, rules.rsi),
        )
        w = rules.weights
        parts = (w[0] * activations[0], w[1] * activations[1], w[2] * activations[2], w[3] * activations[3])
        out.append(Reading(parts, number, 1, rsi, adx))
    return out, told
