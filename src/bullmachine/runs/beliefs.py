"""How far a run's numbers can be trusted: interval, coin flip, delay, and the other ways to settle a bar.

Everything here trades the run's bars again in one second pass; what the run itself did does not change.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bullmachine.core.record import to_array
from bullmachine.fusion.state import Transition
from bullmachine.machine.machine import Chunk
from bullmachine.machine.stages import DecideStage, Money
from bullmachine.runs.chance import CoinFlips, Other
from bullmachine.runs.interval import Orders
from bullmachine.runs.plan import Plan
from bullmachine.runs.second import Again, read_again
from bullmachine.runs.symbols import Traded
from bullmachine.trading.params import FillParams, Intrabar, Source
from bullmachine.trading.records import Signal

__all__ = ["Acted", "Beliefs", "believe"]

_Array = np.ndarray[Any, Any]


class Acted:
    """The signals a run acted on: its state entered a side or flipped. Grows with each piece."""

    def __init__(self, symbols: int) -> None:
        self._known: list[list[_Array]] = [[] for _ in range(symbols)]
        self._sides: list[list[_Array]] = [[] for _ in range(symbols)]

    def take(self, chunk: Chunk) -> None:
        """Note one piece."""
        for k, piece in enumerate(chunk.pieces):
            rows = piece.decisions
            acted = np.isin(rows["transition"], (Transition.ENTER, Transition.FLIP))
            self._known[k].append(rows["time"].copy())
            self._sides[k].append(np.where(acted, rows["asked"], 0))

    def known(self) -> list[_Array]:
        """Close times of each symbol's decided bars."""
        return [np.concatenate(parts) for parts in self._known]

    def sides(self) -> list[_Array]:
        """Per decided bar the side that was acted on, 0 for none."""
        return [np.concatenate(parts) for parts in self._sides]


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
    flips, late = (_flips(p, acted), _late(p, acted, room)) if p.baseline else (None, None)
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


def _flips(p: Plan, acted: Acted) -> CoinFlips:
    known, sides = acted.known(), acted.sides()
    holds = [_holds(t, k, side) for t, k, side in zip(p.traded, known, sides, strict=True)]
    instruments = [t.instrument for t in p.traded]
    return CoinFlips(p.config.decide, instruments, known, [side[side != 0] for side in sides], holds)


def _holds(t: Traded, known: _Array, sides: _Array) -> _Array:
    """Bars from each signal acted on to the flat before the next one, 0 where none came."""
    entries, flats = np.flatnonzero(sides), np.zeros(0, np.int64)
    if t.outside.signals is not None:
        times, rows = t.outside.signals
        flats = np.searchsorted(known, times[rows["flat"] == 1])
    never = np.iinfo(np.int64).max
    ends = np.append(flats, never)[np.searchsorted(flats, entries, side="right")]
    return np.where(ends < np.append(entries[1:], never), ends - entries, 0)


def _late(p: Plan, acted: Acted, room: DecideStage) -> Other:
    """The run's signals, each at the close after its own; the last bar's has none."""
    late = []
    for t, known, sides in zip(p.traded, acted.known(), acted.sides(), strict=True):
        if p.config.decide.trade.source == Source.SIGNALS:
            times, rows = t.outside.signals or (known[:0], _signals(known[:0]))
        else:
            times, rows = known[sides != 0], _signals(sides[sides != 0])
        at = np.searchsorted(known, times) + 1
        late.append((known[at[at < len(known)]], rows[at < len(known)]))
    return Other(p.config.decide, [t.instrument for t in p.traded], late, room=room)


def _signals(sides: _Array) -> _Array:
    rows = np.repeat(to_array(Signal), len(sides))
    rows["side"] = sides
    return rows


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
