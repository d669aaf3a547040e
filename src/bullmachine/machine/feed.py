"""What reaches the decide stage with each piece of bars: steps in time, and what comes from outside.

With several symbols a step is a close time at which any of them has a bar. What comes from outside (funding,
signals of one's own, lower bars) is aligned by pure functions of a table and the bars' times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from bullmachine.core.bars import Row
from bullmachine.core.record import dtype_of, to_array
from bullmachine.macro.context import MacroRules, MacroState, macro_run
from bullmachine.macro.timeline import Timeline
from bullmachine.market.funding import Settlements, due
from bullmachine.trading.records import Given, Signal

__all__ = ["Feed", "Feeder", "Outside", "with_signals"]

_Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class Outside:
    """What one symbol is given besides bars; each part may be absent.

    Attributes:
        funding: the venue's settlements.
        signals: close times (UTC ms, rising) and rows of `Signal`.
        lower: lower bars (rows of `Row`, rising), and their length in ms.
        macro: what macro tables say, and from when on.
    """

    funding: Settlements | None = None
    signals: tuple[_Array, _Array] | None = None
    lower: tuple[_Array, int] | None = None
    macro: Timeline | None = None


_NOTHING: Final = Outside()


class Feed(NamedTuple):
    """One piece for the decide stage; see `decide_run` for the shapes.

    A tuple, as are the machine's other outputs: making frozen dataclasses took a fifth of a live update.
    """

    places: _Array
    times: _Array
    bars: _Array
    readings: _Array
    given: _Array
    signals: _Array
    lower: _Array


class Feeder:
    """Makes feeds for `len(outside)` symbols, whose bars lie one symbol after the other, `size` places each.

    Macro steps here, on warm-up bars too and once for every account that trades the piece; `macro` is its state.
    """

    def __init__(self, outside: Sequence[Outside], size: int, rules: MacroRules) -> None:
        n = len(outside)
        self._rules, self.macro = to_array(rules), np.repeat(to_array(MacroState), n)
        self._outside, self._size = outside, size
        self._line = np.arange(size, dtype=np.int64)
        self._given = np.repeat(to_array(Given), n * size)
        self._silent = np.repeat(to_array(Signal), n * size)
        self._no_lower = np.zeros(0, dtype_of(Row))

    def feed(
        self, bars: _Array, readings: _Array, counts: Sequence[int], firsts: Sequence[int], before: Sequence[int]
    ) -> Feed:
        """The feed of `counts` bars per symbol, decided from `firsts` on; `before` = each last earlier open."""
        places, times = self._steps(bars, counts, firsts)
        feed = Feed(places, times, bars, readings, self._given, self._silent, self._no_lower)
        if all(o == _NOTHING for o in self._outside):
            return feed
        own = [bars[k * self._size : k * self._size + n] for k, n in enumerate(counts)]
        for k, o in enumerate(self._outside):
            room = self._given[k * self._size : k * self._size + counts[k]]
            if o.funding is not None:
                room["funding_due"] = due(o.funding, own[k]["ts"], before[k])
            if o.macro is not None:
                at = o.macro.at(own[k]["known"])
                macro_run(self._rules, self.macro[k : k + 1], own[k], o.macro.contexts, at, room)
        feed = feed._replace(lower=self._lower(own))
        given = [o.signals for o in self._outside]
        return feed if all(one is None for one in given) else with_signals(feed, given)

    def _steps(self, bars: _Array, counts: Sequence[int], firsts: Sequence[int]) -> tuple[_Array, _Array]:
        if len(counts) == 1:
            first, n = firsts[0], counts[0]
            return self._line[first:n], np.ascontiguousarray(bars["known"][first:n])
        starts = [k * self._size for k in range(len(counts))]
        spans = [(s + a, s + n) for s, a, n in zip(starts, firsts, counts, strict=True)]
        known = [bars["known"][a:b] for a, b in spans]
        times = np.unique(np.concatenate(known))
        places = np.full((len(times), len(counts)), -1, np.int64)
        for k, (a, b) in enumerate(spans):
            places[np.searchsorted(times, known[k]), k] = np.arange(a, b)
        return places.reshape(-1), times

    def _lower(self, own: list[_Array]) -> _Array:
        """The lower bars of all bars; where each bar's begin and end goes into what it is given."""
        parts, taken = [self._no_lower], 0
        for k, (o, bars) in enumerate(zip(self._outside, own, strict=True)):
            if o.lower is None or len(bars) == 0:
                continue
            rows, length = o.lower
            first = np.searchsorted(rows["ts"], bars["ts"])
            last = np.searchsorted(rows["ts"], bars["ts"] + bars["tf"] - length, side="right")
            place = slice(k * self._size, k * self._size + len(bars))
            self._given["begin"][place] = first - first[0] + taken
            self._given["end"][place] = last - first[0] + taken
            parts.append(rows[first[0] : last[-1]])
            taken += int(last[-1] - first[0])
        return np.concatenate(parts)


def with_signals(feed: Feed, given: Sequence[tuple[_Array, _Array] | None]) -> Feed:
    """A feed with these signals and no others: close times (rising) and rows of `Signal` per symbol."""
    made, times = np.repeat(to_array(Signal), len(feed.signals)), feed.times
    places = feed.places.reshape(-1, len(given))
    for k, one in enumerate(given):
        if one is None or not len(times):
            continue
        first, last = np.searchsorted(one[0], [times[0], times[-1] + 1])
        stamps, rows = one[0][first:last], one[1][first:last]
        step = np.searchsorted(times, stamps)
        there = (times[step] == stamps) & (places[step, k] >= 0)
        made[places[step[there], k]] = rows[there]
    return feed._replace(signals=made)
