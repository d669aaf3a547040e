"""The twin's inside of a bar: prices are walked along, and what they reach is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.ledger.twin import Bar, Position


def fraction_of_targets(
    mode: str, pos: Position, level: float, need: float, bar: Bar, lower: list[Bar]
) -> tuple[bool, int]:
    """Whether the bar stops the position, and how many of its rungs are done before (or without) that."""
    walker = Walker(pos, level, need)
    worst, best = (bar.low, bar.high) if pos.side > 0 else (bar.high, bar.low)
    stopped, reached = walker.stops(worst), walker.rungs(best)
    certain = walker.rungs(bar.close) if pos.inside and not stopped else pos.done
    if reached == certain or not (stopped or pos.inside):
        return stopped, reached
    if mode == "optimistic":
        return stopped, reached
    if mode == "ohlc":
        near_is_best = abs(best - bar.open) < abs(worst - bar.open)
        path = [bar.open, best, worst, bar.close] if near_is_best else [bar.open, worst, best, bar.close]
        return stopped, max(certain, walker.along(path))
    if mode == "data":
        return stopped, min(reached, max(certain, walker.through(lower)))
    return stopped, certain


class Walker:
    """Goes along prices until the stop, counting rungs; a limit filled inside the bar fills on the way."""

    def __init__(self, pos: Position, level: float, need: float) -> None:
        self.pos, self.level, self.need, self.filled = pos, level, need, not pos.inside

    def stops(self, price: float) -> bool:
        """Whether a price so far against the position stops it."""
        return price <= self.level if self.pos.side > 0 else price >= self.level

    def fills(self, price: float) -> bool:
        """Whether a price so far against the position fills the limit it entered by."""
        if self.pos.side > 0:
            return price <= self.pos.price - self.need
        return price >= self.pos.price + self.need

    def rungs(self, price: float) -> int:
        """How many rungs are done once a price so far in favour has traded."""
        n = self.pos.done
        for target, _ in self.pos.rungs[n:]:
            if not (price >= target + self.need if self.pos.side > 0 else price <= target - self.need):
                break
            n += 1
        return n

    def along(self, path: list[float]) -> int:
        """Rungs done along straight legs, until the stop."""
        done = self.pos.done
        for end in path[1:]:
            self.filled = self.filled or self.fills(end)
            if not self.filled:
                continue
            if self.stops(end):
                return done
            done = max(done, self.rungs(end))
        return done

    def through(self, bars: list[Bar]) -> int:
        """Rungs done through lower bars, until the stop; what one of them leaves open is taken as the worst."""
        done = self.pos.done
        for bar in bars:
            worst, best = (bar.low, bar.high) if self.pos.side > 0 else (bar.high, bar.low)
            fresh = not self.filled and self.fills(worst)
            self.filled = self.filled or fresh
            if not self.filled:
                continue
            if self.stops(worst):
                return done if fresh or self.stops(bar.open) else max(done, self._opened_beyond(bar.open))
            done = max(done, self.rungs(bar.close if fresh else best))
        return done

    def _opened_beyond(self, first: float) -> int:
        n = self.pos.done
        for target, _ in self.pos.rungs[n:]:
            if not (first > target if self.pos.side > 0 else first < target):
                break
            n += 1
        return n
