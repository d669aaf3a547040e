"""The interval: what the unknown order of prices inside bars leaves open.

Position by position, on the run as made: entries and quantities stay, and every order of the levels that an
ambiguous bar touched is tried. A bar that holds stop and target ends the position in every order; only the bar
of a limit fill can leave it open, so that a position has at most sixteen orders, and all are tried.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from bullmachine.machine.feed import Feed
from bullmachine.machine.machine import Chunk
from bullmachine.machine.stages import CHUNK, DecideStage
from bullmachine.trading.params import DecideParams, FillParams, GateParams, Intrabar
from bullmachine.trading.records import Instrument

__all__ = ["Orders", "net_of"]

_Array = np.ndarray[Any, Any]


def net_of(closed: _Array) -> _Array:
    """Money made by positions after all costs."""
    made: _Array = closed["pnl"] - closed["fee"] - closed["funding"]
    return made


class _Branch:
    """A position made again with one set of answers; `fixed` are those given so far."""

    def __init__(self, stage: DecideStage, fixed: int) -> None:
        self.stage, self.fixed = stage, fixed
        self.net: float | None = None

    @property
    def replay(self) -> Any:
        return self.stage.symbols[0].replay

    def take(self, feed: Feed) -> list[_Branch]:
        """Trade a piece; the branches that its new questions open, to trade the same piece."""
        before = [part.copy() for part in self.stage.parts()]
        closed = self.stage.take(feed).closed
        if len(closed):
            self.net = float(net_of(closed)[0])
        asked, self.fixed = range(self.fixed, int(self.replay.n)), int(self.replay.n)
        return [
            self._fork(before, question, answer)
            for question in asked
            for answer in range(1, (int(self.replay.most) >> 2 * question & 3) + 1)
        ]

    def _fork(self, before: list[_Array], question: int, answer: int) -> _Branch:
        stage = copy.copy(self.stage)
        stage.account, stage.symbols = (part.copy() for part in before)
        replay = stage.symbols[0].replay
        kept = int(replay.script) & ((1 << 2 * question) - 1)
        replay.script = kept | answer << 2 * question
        return _Branch(stage, question + 1)


class Orders:
    """All orders of one ambiguous position.

    Args:
        decide: the run's parameters.
        instrument: the symbol's steps.
        position: its row of `Closed`.
        symbols: how many symbols the run has.
        room: a stage for all symbols' bars, whose outputs' room is used.
        data: also made again with lower bars deciding.
    """

    def __init__(
        self,
        decide: DecideParams,
        instrument: Instrument,
        position: Any,
        symbols: int,
        room: DecideStage,
        *,
        data: bool,
    ) -> None:
        self._room = room
        self.symbol, self._at = int(position["symbol"]), int(position["decided_at"])
        self.taken = float(net_of(position))
        self._started = False
        self._live = [_Branch(self._stage(decide, instrument, position, symbols, scripted=1), 0)]
        self._done: list[_Branch] = []
        self._data: _Branch | None = None
        if data:
            by_data = dataclasses.replace(
                decide, fills=FillParams(intrabar=Intrabar.DATA, limit_fill=decide.fills.limit_fill)
            )
            self._data = _Branch(self._stage(by_data, instrument, position, symbols, scripted=0), 0)

    def _stage(
        self, decide: DecideParams, instrument: Instrument, position: Any, symbols: int, *, scripted: int
    ) -> DecideStage:
        # every bar is looked at: what opened the gate at the decision may have been what the run held then
        decide = dataclasses.replace(decide, gate=GateParams())
        stage = DecideStage(decide, [instrument], symbols * CHUNK, room=self._room)
        replay = stage.symbols[0].replay
        replay.at, replay.lots, replay.scripted = self._at, int(position["lots"]), scripted
        stage.symbols[0].stance = position["stance"]
        return stage

    def take(self, chunk: Chunk) -> None:
        """Trade one piece of the run."""
        if self._started and not self._live and (self._data is None or self._data.net is not None):
            return
        feed = self._own(chunk.feed)
        if feed is None:
            return
        todo, self._live = self._live, []
        while todo:
            branch = todo.pop()
            todo += branch.take(feed)
            (self._live if branch.net is None else self._done).append(branch)
        if self._data is not None and self._data.net is None:
            self._data.take(feed)

    def end(self, closes: Sequence[float], known: int) -> None:
        """The data end: what is open closes there."""
        still_open = [self._data] if self._data is not None and self._data.net is None else []
        for branch in [*self._live, *still_open]:
            closed = branch.stage.close_out([closes[self.symbol]], known).closed
            branch.net = float(net_of(closed)[0])
        self._done += self._live
        self._live = []

    def result(self) -> dict[str, Any]:
        """Net money as taken, at worst, at best, by lower bars (None without), and how many orders there are."""
        nets = [branch.net for branch in self._done if branch.net is not None]
        return {
            "taken": self.taken,
            "worst": min(nets),
            "best": max(nets),
            "pessimistic": next(b.net for b in self._done if int(b.replay.script) == 0),
            "data": None if self._data is None else self._data.net,
            "branches": len(nets),
        }

    def _own(self, feed: Feed) -> Feed | None:
        """The part of a feed that begins with the deciding bar, of this symbol alone; None before it."""
        if not len(feed.times):  # warm-up alone
            return None
        n = len(feed.places) // len(feed.times)
        places = feed.places.reshape(-1, n)[:, self.symbol]
        first = 0 if self._started else int(np.searchsorted(feed.times, self._at))
        if first >= len(places) or (not self._started and feed.times[first] != self._at):
            return None
        self._started = True
        has = places[first:] >= 0
        return feed._replace(
            places=np.ascontiguousarray(places[first:][has]),
            times=np.ascontiguousarray(feed.times[first:][has]),
        )
