"""The machine for one's own loop: one closed bar in, one `Decision` out.

The same machine as in a backtest, fed by hand; what it decides on a bar, a backtest over the same bars
with the same settings and the same first decided bar decides too.
"""

from __future__ import annotations

import functools
import math
import pathlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from bullmachine.config import Config, changed, load_config
from bullmachine.core.bars import Row
from bullmachine.core.errors import BarRejectedError
from bullmachine.core.events import Event, Reason, State
from bullmachine.core.record import dtype_of, to_array, to_twin
from bullmachine.core.time import timeframe_name
from bullmachine.fusion.score import PART_NAMES, STEPS, Book
from bullmachine.fusion.state import Stance, Transition
from bullmachine.machine.engines import kind_names
from bullmachine.machine.evidence import evidence
from bullmachine.machine.feed import Outside
from bullmachine.machine.forming import FormingBar, forming_bars
from bullmachine.machine.machine import BEFORE_ALL, Chunk
from bullmachine.machine.machine import Machine as _Machine
from bullmachine.machine.zones import LiveZone, live_ranges, live_zones
from bullmachine.runs.macro import bring_macro
from bullmachine.runs.symbols import instrument_for
from bullmachine.runs.window import Moment, parse_moment
from bullmachine.trading import guards
from bullmachine.trading.rows import Decision as _Row

__all__ = ["Decision", "Machine"]

_Array = np.ndarray[Any, Any]
_BOOKS = {int(b): b.name.lower() for b in Book}
_STANCES = {int(s): s.name.lower() for s in Stance}
_TRANSITIONS = {int(t): t.name.lower() for t in Transition}
_READ: Final = (
    *("time", "f", "book", *STEPS, "align", "parts"),
    *("stance", "transition", "asked", "blocked", "lots", "distance", "limit", "evaluated"),
)  # in the order of the row


def _codes(dtype: np.dtype[Any]) -> str:
    """A row as `struct` codes: `_READ` as plain values, `parts` as the bytes they are, the rest skipped."""
    found = ""
    for name, (item, *_) in (dtype.fields or {}).items():
        code = _codes(item) if item.names else f"{item.itemsize}s" if item.subdtype else {"i": "q", "f": "d"}[item.kind]
        found += code if item.names or name in _READ else f"{item.itemsize}x"
    return found


_ROW: Final = struct.Struct(f"={_codes(dtype_of(_Row))}")
_PARTS: Final = struct.Struct(f"={len(PART_NAMES)}d")


class _Contributions:
    """`Decision.contributions` from the row's bytes, when first asked for: as a dict they were a fifth of an update."""

    def __get__(self, made: Decision | None, _of: type[Decision]) -> dict[str, float]:
        if made is None:
            raise AttributeError("contributions")  # of a decision only, as any field without a default
        held = vars(made)
        held["contributions"] = dict(zip(PART_NAMES, _PARTS.unpack(held["_parts"]), strict=True))
        return made.contributions


@dataclass(frozen=True)
class Decision:
    """What the machine decided at one close, also when the answer is no.

    `asked` is the side F asks for (+1, -1, 0), `blocked_by` the guards that stopped it, `lots` the order's
    size (0: no order), `distance` its stop in price units and `limit` its price (None: a market order).
    `contributions` of the winning book and the six numbers from `conflict` to `clip` sum to `f`; `align` is how
    far the slower timeframes stand with its side. With `warm_up` the bar was read and nothing decided: it lies
    before the start. It is not `evaluated` where the gate was closed: nothing was looked at.
    """

    time: int
    f: float
    book: str
    contributions: dict[str, float]
    conflict: float
    engines: float
    agreement: float
    mtf: float
    exhausted: float
    clip: float
    align: float
    stance: str
    transition: str
    asked: int
    blocked_by: tuple[str, ...]
    lots: int
    distance: float
    limit: float | None = None
    warm_up: bool = False
    evaluated: bool = True


Decision.contributions = _Contributions()  # type: ignore[assignment]  # the field stays: `repr`, `==`, `replace`


class Machine:
    """A machine that takes closed bars one at a time.

    Args:
        config: a preset's name, a TOML file, or a `Config`; the preset `eth_1h` when omitted.
        overrides: settings by dotted key.
        start: first day or time decided, as `backtest`'s; earlier bars warm the engines up and are never
            traded. Without it the first bar is decided (and blocked by `warmup` until engines are ready).
        symbol: what is traded, for its tick and lot at the configured venue; small steps without it.
        macro: a table of macro series, as `backtest`'s; `take_macro` brings a newer one.

    >>> import bullmachine as bm
    >>> machine = bm.Machine(start="1970-01-02")
    >>> machine.update((0, 10.0, 11.0, 9.0, 10.5, 100.0)).warm_up
    True
    >>> decision = machine.update((86_400_000, 10.5, 11.0, 10.0, 10.2, 80.0))
    >>> decision.warm_up, decision.f, decision.stance
    (False, 0.0, 'flat')
    >>> later = bm.Machine(start="1970-01-02")
    >>> later.restore(machine.snapshot())
    """

    def __init__(
        self,
        config: str | pathlib.Path | Config | None = None,
        overrides: Mapping[str, object] | Sequence[str] = (),
        *,
        start: Moment = None,
        symbol: str = "",
        macro: Any = None,
    ) -> None:
        self.config = changed(config, overrides) if isinstance(config, Config) else load_config(config, overrides)
        since = BEFORE_ALL if start is None else parse_moment(start, end=False)
        instrument, _ = instrument_for(self.config, symbol)
        self._symbol, self._outside = symbol, Outside()
        self._machine = _Machine(
            self.config.sense, self.config.decide, trade_from=since, instruments=[instrument],
            outside=[self._outside], macro=self.config.macro.kernel(), macro_digest=self.config.macro.digest,
            setups=self.config.asking,
        )  # fmt: skip
        if macro is not None:
            self.take_macro(macro)
        self._row = to_array(Row)
        self._chunk: Chunk | None = None
        self._told: Any = []

    def update(self, bar: Sequence[float]) -> Decision:
        """Take one closed bar `(open time in UTC ms, open, high, low, close, volume)`.

        Raises:
            BarRejectedError: the bar is impossible, off the grid or not later; no state changed.
        """
        self._row[0] = tuple(bar)  # exchange libraries hand out lists
        chunk = self._machine.take_one(self._row)
        self._chunk = chunk
        piece = chunk.pieces[0]
        self._told = piece.events
        return _view(piece.decisions) if len(piece.decisions) else _warming(int(piece.bars["known"][0]))

    def take_macro(self, macro: Any, *, tz: str | None = None) -> None:
        """Read macro series from a newer table from the next bar on; what was decided stays.

        Raises:
            DataError: the table cannot be used; the old one stays.
        """
        brought = bring_macro(self.config.macro, macro, tz)
        self._outside.macro = brought.timeline(self._symbol, None, self.config.decide.costs.funding_hours or 8)

    @property
    def fills(self) -> _Array:
        """The fills (and funding settlements) of the last bar, as records."""
        return self._last().money.legs

    def events(self) -> list[dict[str, Any]]:
        """The engines' events that the last bar made known, evidence by name; asked again, none.

        Times are UTC milliseconds, `i_ref` and `i_known` bars of the event's own timeframe.
        """
        found, self._told = self._told, []
        return [_event(e) for e in found]

    def zones(self) -> pl.DataFrame:
        """The zones, pools and trading ranges that are live now, one row each.

        Columns: see `machine.zones.LiveZone`.
        """
        stage = self._machine.senses[0]
        rows = live_zones(stage.params, stage.state) + live_ranges(stage.params, stage.state)
        frame = pl.DataFrame(rows, schema=list(LiveZone._fields), orient="row", infer_schema_length=None)
        return frame.with_columns(pl.col("ref").cast(pl.Datetime("ms", "UTC")))

    def forming(self) -> tuple[FormingBar, ...]:
        """The middle and the slow bar that are forming, of the base bars closed so far: a look, `provisional`.

        Nothing that senses or decides reads them, and to look changes no byte. A timeframe whose bar has just closed
        has none until the next base bar.

        >>> import bullmachine as bm
        >>> machine = bm.Machine()
        >>> for bar in bm.sample().rows[:27].tolist():
        ...     _ = machine.update(bar)
        >>> [(bar.timeframe, bar.n_base, bar.provisional) for bar in machine.forming()]
        [('4h', 3, True), ('1d', 3, True)]
        """
        return forming_bars(self._machine.senses[0].state)

    @property
    def equity(self) -> float:
        """The account's equity at the last close."""
        marks = self._last().money.marks
        return float(marks["equity"][0]) if len(marks) else self.config.decide.account.equity

    def snapshot(self) -> bytes:
        """Everything that shapes later decisions, as portable bytes."""
        return self._machine.snapshot()

    def restore(self, blob: bytes) -> None:
        """Go on from a snapshot of a machine with equal settings.

        Raises:
            SnapshotError: the blob is damaged or another machine's; nothing changed.
        """
        self._machine.restore(blob)
        self._chunk = None  # `fills`, `events` and `equity` are of a bar, and that bar is not in the snapshot
        self._told = []

    def _last(self) -> Chunk:
        if self._chunk is None:
            raise BarRejectedError("no bar was taken yet: call update first")
        return self._chunk


def _event(row: Any) -> dict[str, Any]:
    """An event as plain values with names."""
    e = to_twin(Event, row)
    facts = {name: getattr(e, name) for name in ("id", "parent", "dir", "i_ref", "t_ref", "i_known", "t_known")}
    facts |= {name: getattr(e, name) for name in ("price", "lo", "hi", "score")}
    facts |= {"kind": kind_names()[e.kind], "timeframe": timeframe_name(e.tf)}
    facts |= {"state": State(e.state).name.lower(), "reason": Reason(e.reason).name.lower()}
    return {**facts, "evidence": evidence(e.kind, e.ev)}


def _warming(time: int) -> Decision:
    """A bar before the start: read, not decided."""
    return Decision(
        time=time, f=0.0, book="none", contributions={}, conflict=0.0, engines=0.0, agreement=0.0, mtf=0.0,
        exhausted=0.0, clip=0.0, align=0.0, stance="flat", transition="none", asked=0, blocked_by=(), lots=0,
        distance=0.0, warm_up=True, evaluated=False,
    )  # fmt: skip


@functools.cache
def _guards(mask: int) -> tuple[str, ...]:
    return tuple(guards.names(mask))


def _view(decisions: _Array) -> Decision:
    """The one decision as a frozen object.

    Through bytes (`tolist` and two dicts by name took 4 us), and into the instance at once (a frozen `__init__`
    sets field by field, 2 us).
    """
    (
        time, f, book, conflict, engines, agreement, mtf, exhausted, clip, align, parts,
        stance, transition, asked, blocked, lots, distance, limit, evaluated,
    ) = _ROW.unpack(decisions.tobytes())  # fmt: skip
    made = object.__new__(Decision)
    vars(made).update(
        time=time,
        f=f,
        book=_BOOKS[book],
        _parts=parts,
        conflict=conflict,
        engines=engines,
        agreement=agreement,
        mtf=mtf,
        exhausted=exhausted,
        clip=clip,
        align=align,
        stance=_STANCES[stance],
        transition=_TRANSITIONS[transition],
        asked=asked,
        blocked_by=_guards(blocked),
        lots=lots,
        distance=distance,
        limit=None if math.isnan(limit) else limit,
        warm_up=False,
        evaluated=evaluated == 1,
    )
    return made
