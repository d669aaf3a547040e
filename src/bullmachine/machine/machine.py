"""The machine: both stages behind one face, for any number of bars at a time.

`advance` takes rows in pieces and yields what each piece made known. How the rows are cut changes no
byte of any output or of the state: a backtest, a replay and a live feed are this one method.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from bullmachine.core.bars import Bar, refusal_counts
from bullmachine.core.errors import BarRejectedError, SnapshotError
from bullmachine.core.record import dtype_of, to_array
from bullmachine.core.snapshot import pack, restore_into, value_hash
from bullmachine.core.version import __version__
from bullmachine.fusion.readings import Readings
from bullmachine.machine.feed import Feed, Feeder, Outside
from bullmachine.machine.firing import SetupStage
from bullmachine.machine.records import SenseParams
from bullmachine.machine.stages import CHUNK, DecideStage, Money, SenseStage, Taken, instrument_of
from bullmachine.macro.context import MacroRules
from bullmachine.setups.records import SetupTable
from bullmachine.trading.params import DecideParams
from bullmachine.trading.records import Instrument

__all__ = ["BEFORE_ALL", "Chunk", "Machine", "Piece", "Timing"]

BEFORE_ALL: Final = -(2**62)  #: a time before every bar
_SCHEMA: Final = 3

_Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class Timing:
    """CPU nanoseconds spent inside each fused kernel, and bars taken and decided, all symbols together.

    Of the pieces given to `advance`: single rows are not timed. What setups cost counts as decide's.
    """

    sense_ns: int = 0
    decide_ns: int = 0
    bars: int = 0
    decided: int = 0


class Piece(NamedTuple):
    """What one piece of one symbol's bars made known; arrays are views that the next piece overwrites.

    `decisions` belong to the last `len(decisions)` of `bars`: earlier ones are warm-up.
    """

    bars: _Array
    readings: _Array
    decisions: _Array
    events: _Array
    slow_bars: _Array


class Chunk(NamedTuple):
    """What one piece made known: one `Piece` per symbol, and what it did to their account.

    `feed` is what the decide stage was given: another decide stage can be given it too.
    """

    pieces: tuple[Piece, ...]
    money: Money
    feed: Feed


class Machine:
    """The machine of one symbol, or of several on one account.

    Args:
        sense: timeframes, calendar and engine parameters.
        decide: score, guards, size, costs, exits.
        trade_from: open time (UTC ms) of the first bar that is decided; earlier bars are warm-up.
        instruments: each symbol's steps; one common instrument when omitted.
        outside: each symbol's funding, signals, lower bars and macro series; nothing when omitted.
        macro: the rules that read those series; none when omitted.
        macro_digest: what those series are, for snapshots: bits of one series must not go on with another.
        setups: the setups that ask; none when omitted.
    """

    def __init__(
        self,
        sense: SenseParams,
        decide: DecideParams,
        *,
        trade_from: int = BEFORE_ALL,
        instruments: Sequence[Instrument] = (),
        outside: Sequence[Outside] = (),
        macro: MacroRules | None = None,
        macro_digest: str = "",
        setups: SetupTable | None = None,
    ) -> None:
        made = [instrument_of(decide, i) for i in instruments] or [instrument_of(decide)]
        n = len(made)
        self.trade_from = trade_from
        self._bars = np.zeros(n * CHUNK, dtype_of(Bar))
        self._readings = np.repeat(to_array(Readings), n * CHUNK)
        places = [slice(k * CHUNK, (k + 1) * CHUNK) for k in range(n)]
        self.senses = [SenseStage(sense, self._bars[place], self._readings[place], trade_from) for place in places]
        self.decide = DecideStage(decide, made)
        self._decisions = [self.decide.decisions[place] for place in places]
        self._rules, self._macro_digest = macro or MacroRules(), macro_digest
        self._feeder = Feeder(list(outside) or [Outside()] * n, CHUNK, self._rules)
        self._setups = None if setups is None or setups.n == 0 else SetupStage(setups, n, CHUNK)
        self._counts = [0, 0]  # bars taken, bars decided
        self._busy = False

    @property
    def timing(self) -> Timing:
        """Time spent so far."""
        setups = 0 if self._setups is None else self._setups.ns
        return Timing(sum(s.ns for s in self.senses), self.decide.ns + setups, *self._counts)

    def rejected(self, symbol: int = 0) -> dict[str, int]:
        """Rows that admission refused or dropped so far, by reason."""
        return refusal_counts(self.senses[symbol].gate)

    def note_rejected(self, rows: int, symbol: int = 0) -> None:
        """Count rows refused before they got here (`policy = drop`) as rejected before the next good bar."""
        self.senses[symbol].gate["rejected_before"][0] += rows

    def advance(self, *rows: _Array) -> Iterator[Chunk]:
        """Take rows (see `rows_from_columns`), one array per symbol, in pieces; yield what each made known.

        Refused rows are counted and skipped. Several symbols' rows must be in order of time, and all of them
        must be given up to the same time.

        Raises:
            SnapshotError: an earlier piece was interrupted half-way; restore a snapshot first.
        """
        for cuts in _cuts(rows):
            self._check_whole()
            self._busy = True
            taken = [s.take(r[a:b]) for s, r, (a, b) in zip(self.senses, rows, cuts, strict=True)]
            chunk = self._decide(taken, self.decide.take)
            self._counts[0] += sum(len(piece.bars) for piece in chunk.pieces)
            self._counts[1] += sum(len(piece.decisions) for piece in chunk.pieces)
            yield chunk

    def take_one(self, row: _Array) -> Chunk:
        """Take a single row ((1,)-array) of the one symbol and return what it made known.

        Raises:
            BarRejectedError: the row is impossible, off the grid or not later; no state changed.
            SnapshotError: the last piece was interrupted half-way.
        """
        self._check_whole()
        self._busy = True
        try:
            taken = self.senses[0].take_one(row)
        except BarRejectedError:
            self._busy = False
            raise
        return self._decide([taken], self.decide.take_one)

    def ends(self) -> tuple[list[float], int]:
        """Each symbol's last close, and the last close time of all."""
        gates = [s.gate[0] for s in self.senses]
        return [float(g.close) for g in gates], max(int(g.last_ts + g.tf) for g in gates)

    def close_out(self) -> Money:
        """What ending the data here would do. The state stays."""
        return self.decide.close_out(*self.ends())

    def snapshot(self) -> bytes:
        """Everything that shapes later output, as portable bytes.

        Raises:
            SnapshotError: a piece was interrupted half-way; restore an earlier snapshot.
        """
        self._check_whole()
        return pack(self._identity(), self._parts())

    def restore(self, blob: bytes) -> None:
        """Go on from a `snapshot` of a machine with equal parameters.

        Raises:
            SnapshotError: the blob is damaged or another machine's; nothing changed.
        """
        restore_into(blob, self._identity(), self._parts())
        self._busy = False

    def _check_whole(self) -> None:
        if self._busy:
            raise SnapshotError("the last piece was interrupted half-way: restore an earlier snapshot")

    def _parts(self) -> list[_Array]:
        setups = [] if self._setups is None else [self._setups.state]
        return [*(part for s in self.senses for part in s.parts()), *self.decide.parts(), self._feeder.macro, *setups]

    def _identity(self) -> dict[str, Any]:
        made = [self.senses[0].params, self.decide.params, self.decide.instruments, to_array(self._rules)]
        params = value_hash(*made, *([] if self._setups is None else [self._setups.params])) + self._macro_digest
        return {"machine": _SCHEMA, "version": __version__, "params": params, "trade_from": self.trade_from}

    def _decide(self, taken: Sequence[Taken], decide: Callable[[Feed], Money]) -> Chunk:
        before, firsts, counts, events, _ = zip(*taken, strict=True)
        feed = self._feeder.feed(self._bars, self._readings, counts, firsts, before)
        if self._setups is not None:
            self._setups.take(feed, counts, events)
        money = decide(feed)
        pieces = [
            Piece(s.bars[:n], s.readings[:n], rows[first:n], found, slow)
            for s, rows, (_, first, n, found, slow) in zip(self.senses, self._decisions, taken, strict=True)
        ]
        self._busy = False
        return Chunk(tuple(pieces), money, feed)


def _cuts(rows: Sequence[_Array]) -> Iterator[list[tuple[int, int]]]:
    """Where to cut each symbol's rows: at common times, at most `CHUNK` rows each."""
    if len(rows) == 1:
        yield from ([(a, min(a + CHUNK, len(rows[0])))] for a in range(0, len(rows[0]), CHUNK))
        return
    at = [0] * len(rows)
    while any(a < len(r) for a, r in zip(at, rows, strict=True)):
        ends = [int(r["ts"][a + CHUNK]) for a, r in zip(at, rows, strict=True) if a + CHUNK < len(r)]
        until = min(ends, default=2**62)
        cut = [(a, int(r["ts"].searchsorted(until))) for a, r in zip(at, rows, strict=True)]
        at = [b for _, b in cut]
        yield cut
