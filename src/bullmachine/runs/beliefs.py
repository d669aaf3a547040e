"""How far a run's numbers can be trusted: interval, coin flip, delay, and the other ways to settle a bar.

Everything here trades the run's bars again in one second pass; what the run itself did does not change.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from bullmachine.core.record import to_array
from bullmachine.machine.machine import Chunk
from bullmachine.machine.stages import DecideStage, Money
from bullmachine.runs.chance import CoinFlips, Other, Signals
from bullmachine.runs.interval import Orders
from bullmachine.runs.plan import Plan
from bullmachine.runs.second import Again, read_again
from bullmachine.trading.params import FillParams, Intrabar
from bullmachine.trading.records import Signal

__all__ = ["Acted", "Beliefs", "believe"]

_Array = np.ndarray[Any, Any]
#: what is kept of each decided bar
_ACTED: Final = np.dtype([("known", "i8"), ("side", "i8"), ("left", "i8"), ("strength", "f8"), ("close", "f8")])


class Acted:
    """What a run acted on, by symbol and decided bar. Grows with each piece."""

    def __init__(self, symbols: int) -> None:
        self._rows: list[list[_Array]] = [[np.zeros(0, _ACTED)] for _ in range(symbols)]
        self._asked: list[list[tuple[_Array, _Array]]] = [[] for _ in range(symbols)]

    def take(self, chunk: Chunk) -> None:
        """Note one piece."""
        for k, piece in enumerate(chunk.pieces):
            rows = piece.decisions
            made = np.zeros(len(rows), _ACTED)
            made["known"], made["strength"] = rows["time"], np.abs(rows["score"]["f"])
            made["close"] = piece.bars["close"][len(piece.bars) - len(rows) :]
            against = np.where(rows["asked"] > 0, rows["guards_long"], rows["guards_short"])
            made["side"] = np.where(against == 0, rows["asked"], 0)
            made["left"] = rows["ended"]
            self._rows[k].append(made)
            self._note_setups(k, chunk)

    def _note_setups(self, k: int, chunk: Chunk) -> None:
        """Keep the signals of setups: they are what the run itself was given."""
        piece, room = chunk.pieces[k], len(chunk.feed.signals) // len(chunk.pieces)
        end = k * room + len(piece.bars)
        rows = chunk.feed.signals[end - len(piece.decisions) : end]
        fired = rows["setup"] > 0
        if fired.any():
            self._asked[k].append((piece.decisions["time"][fired], rows[fired]))

    def given(self, symbol: int, own: tuple[_Array, _Array] | None) -> tuple[_Array, _Array] | None:
        """Close times and signals that asked for one symbol: its `own`, or its setups'; None where F asked."""
        if own is not None or not self._asked[symbol]:
            return own
        times, rows = zip(*self._asked[symbol], strict=True)
        return np.concatenate(times), np.concatenate(rows)

    def signals(self, symbol: int, given: tuple[_Array, _Array] | None) -> Signals:
        """One symbol's signals; `given` are its own ones, if it has any."""
        rows = np.concatenate(self._rows[symbol])
        known, at, left = rows["known"].copy(), np.flatnonzero(rows["side"]), rows["left"] == 1
        made = np.repeat(to_array(Signal), len(at))
        made["side"], made["strength"] = rows["side"][at], rows["strength"][at]
        if given is not None:
            made = given[1][np.searchsorted(given[0], known[at])].copy()
            left = np.isin(known, given[0][given[1]["flat"] == 1])
        holds = _holds(at, np.flatnonzero(left))
        return Signals(known, rows["close"].copy(), at, made, holds, flat=given is not None)


def _holds(entries: _Array, ends: _Array) -> _Array:
    """Bars from each entry to the end before the next entry, 0 where none came."""
    never = np.iinfo(np.int64).max
    found = np.append(ends, never)[np.searchsorted(ends, entries, side="right")]
    return np.where(found < np.append(entries[1:], never), found - entries, 0)


@dataclasses.dataclass(frozen=True, slots=True)
class Beliefs:
    """What the second pass found: entries of the summary, and a row per ambiguous position."""

    summary: dict[str, Any]
    ambiguity: list[dict[str, Any]]


def believe(
    p: Plan, cuts: Sequence[int], closed: _Array, acted: Acted, last: Money, tick: Callable[[], None]
) -> Beliefs:
    """Trade the run again in every way that says how far it can be trusted.

    Args:
        p: the run's plan.
        cuts: where its pieces began.
        closed: its finished positions.
        acted: its signals.
        last: how it ended.
        tick: called after every piece.
    """
    instruments = [t.instrument for t in p.traded]
    room = DecideStage(p.config.decide, instruments)
    lower = [t.outside.lower is not None for t in p.traded]
    ambiguous = closed[closed["ambiguous"] > 0]
    orders = [
        Orders(p.config.decide, instruments[row["symbol"]], row, len(instruments), room, data=lower[row["symbol"]])
        for row in ambiguous
    ]
    reruns = {m.name.lower(): _rerun(p, m, room) for m in _other_modes(p, all(lower))} if orders else {}
    given = [acted.given(k, t.outside.signals) for k, t in enumerate(p.traded)]
    signals = [acted.signals(k, own) for k, own in enumerate(given)] if p.baseline else []
    flips, late = (_flips(p, signals), _late(p, signals, given, room)) if p.baseline else (None, None)
    others: list[Again] = [*orders, *reruns.values(), *(o for o in (flips, late) if o is not None)]
    if others:
        read_again(p, cuts, others, last, tick)
    equity = float(last.marks["equity"][0])
    return Beliefs(
        {
            "interval": _interval(equity, [o.result() for o in orders], closed),
            "coin_flip": None if flips is None else flips.result(),
            "delayed": None if late is None else late.result(),
            "reruns": {name: other.result() for name, other in reruns.items()},
        },
        [_row(row, o.result()) for row, o in zip(ambiguous, orders, strict=True)],
    )


def _row(position: Any, result: dict[str, Any]) -> dict[str, Any]:
    return {"position_id": int(position["id"]), "exit_time": int(position["exit_time"]), **result}


def _other_modes(p: Plan, lower: bool) -> list[Intrabar]:  # noqa: FBT001  (one flag, by position)
    modes = [m for m in Intrabar if m != p.config.decide.fills.intrabar]
    return modes if lower else [m for m in modes if m != Intrabar.DATA]


def _rerun(p: Plan, mode: Intrabar, room: DecideStage) -> Other:
    fills = FillParams(intrabar=mode, limit_fill=p.config.decide.fills.limit_fill)
    decide = dataclasses.replace(p.config.decide, fills=fills)
    return Other(decide, [t.instrument for t in p.traded], room=room)


def _flips(p: Plan, signals: list[Signals]) -> CoinFlips:
    return CoinFlips(p.config.decide, [t.instrument for t in p.traded], signals)


def _late(p: Plan, signals: list[Signals], given: Sequence[tuple[_Array, _Array] | None], room: DecideStage) -> Other:
    """The run's signals and the ends of its states, each at the close after its own; the last bar's has none."""
    late = []
    for own, a in zip(given, signals, strict=True):
        times, rows = own or _again(a)
        at = np.searchsorted(a.known, times) + 1
        late.append((a.known[at[at < len(a.known)]], rows[at < len(a.known)]))
    return Other(p.config.decide, [t.instrument for t in p.traded], late, room=room)


def _again(a: Signals) -> tuple[_Array, _Array]:
    """The score's decisions as signals: sides taken, and states that ended."""
    ends = (a.at + a.holds)[a.holds > 0]
    every = np.sort(np.concatenate([a.at, ends]))
    rows = np.repeat(to_array(Signal), len(every))
    rows[np.searchsorted(every, a.at)] = a.rows
    rows["off"][np.searchsorted(every, ends)] = 1
    return a.known[every], rows


def _interval(equity: float, results: list[dict[str, Any]], closed: _Array) -> dict[str, Any]:
    """Final equity at worst and at best, and how often the pessimistic guess was wrong where lower bars know."""
    resolved = [r for r in results if r["data"] is not None]
    return {
        "equity_low": equity + sum(r["worst"] - r["taken"] for r in results),
        "equity_high": equity + sum(r["best"] - r["taken"] for r in results),
        "equity_data": equity + sum(r["data"] - r["taken"] for r in resolved) if resolved else None,
        "positions": len(results),
        "bars": int(closed["ambiguous"].sum()),
        "branches": sum(r["branches"] for r in results),
        "resolved": len(resolved),
        "pessimism_wrong": sum(r["data"] != r["pessimistic"] for r in resolved),
    }
