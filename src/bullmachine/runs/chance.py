"""What chance and lateness make of a run: other signals, the same exits, costs and guards.

* The coin flip: as many signals as the run acted on, with the same sides, at random bars. Two hundred runs of
  it show what such a number of trades makes of luck alone.
* Delayed: the run's own signals, one bar later. What a bar of delay destroys was not there to be had.

Signals go to the same decide stage that own signals go to. Their size, limit, stop and target are the
settings', not a signal's own, in the coin flip, which keeps only how long after an entry its flat came; the
delayed ones keep all of theirs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from bullmachine.core.record import dtype_of, to_array
from bullmachine.machine.feed import with_signals
from bullmachine.machine.machine import Chunk
from bullmachine.machine.stages import DecideStage
from bullmachine.trading.params import DecideParams, Source, TradeParams
from bullmachine.trading.records import Instrument, Signal
from bullmachine.trading.rows import Closed

__all__ = ["FLIPS", "FLIP_BARS", "LEVELS", "SEED", "CoinFlips", "Other", "Signals", "flips_for"]

FLIPS: Final = 200  #: coin-flip runs of one backtest
FLIP_BARS: Final = 6_000_000  #: decided bars of all of them: about a second
SEED: Final = 20_250_614  #: of all random draws of a run

LEVELS: Final = ("limit", "stop", "target")  #: prices a signal of one's own may have

_Array = np.ndarray[Any, Any]


def flips_for(bars: int) -> int:
    """How many coin-flip runs a run of so many decided bars gets.

    >>> flips_for(2_500), flips_for(60_000)
    (200, 100)
    """
    return max(20, min(FLIPS, FLIP_BARS // max(bars, 1)))


@dataclasses.dataclass(frozen=True, slots=True)
class Signals:
    """What one symbol's run acted on.

    Attributes:
        known: close times of its decided bars.
        closes: their closes.
        at: the decided bars at which a side was taken, rising.
        rows: a `Signal` for each.
        holds: bars from each to what ended it before the next one, 0 for nothing.
        flat: that end is a signal's `flat`, otherwise the end of the score's state.
    """

    known: _Array
    closes: _Array
    at: _Array
    rows: _Array
    holds: _Array
    flat: bool


class Other:
    """Another account that trades the run's pieces, with other settings or with given signals.

    Args:
        decide: its settings.
        instruments: each symbol's steps.
        signals: close times and rows of `Signal` per symbol; None: whatever the run itself is given.
        room: a stage whose outputs' room is used.
    """

    def __init__(
        self,
        decide: DecideParams,
        instruments: Sequence[Instrument],
        signals: Sequence[tuple[_Array, _Array]] | None = None,
        *,
        room: DecideStage | None = None,
    ) -> None:
        if signals is not None:
            trade = TradeParams(**{**_fields(decide.trade), "source": Source.SIGNALS})
            decide = dataclasses.replace(decide, trade=trade)
        self.stage = DecideStage(decide, instruments, room=room)
        self._signals = signals
        self._closed: list[_Array] = [np.zeros(0, dtype_of(Closed))]
        self._start = decide.account.equity
        self.equity = decide.account.equity

    def take(self, chunk: Chunk) -> None:
        """Trade one piece."""
        feed = chunk.feed
        if self._signals is not None:
            feed = with_signals(feed, self._signals)
        money = self.stage.take(feed)
        if len(money.closed):
            self._closed.append(money.closed)

    def end(self, closes: Sequence[float], known: int) -> None:
        """The data end."""
        last = self.stage.close_out(closes, known)
        self._closed.append(last.closed)
        self.equity = float(last.marks["equity"][0])

    def result(self) -> dict[str, float]:
        """Positions, their net R, and the return."""
        r = np.concatenate(self._closed)["r_net"]
        return {
            "positions": len(r),
            "r_net": float(r.sum()),
            "r_net_mean": float(r.mean()) if len(r) else 0.0,
            "return": self.equity / self._start - 1.0,
        }


def _fields(record: Any) -> dict[str, Any]:
    return {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}


class CoinFlips:
    """The coin-flip runs of a backtest.

    Args:
        decide: the run's settings.
        instruments: each symbol's steps.
        acted: what each symbol's run acted on.
    """

    def __init__(
        self,
        decide: DecideParams,
        instruments: Sequence[Instrument],
        acted: Sequence[Signals],
    ) -> None:
        n = flips_for(sum(len(a.known) for a in acted))
        rng = np.random.default_rng(SEED)
        self._runs: list[Other] = []
        for _ in range(n):
            drawn = [_draw(rng, a) for a in acted]
            room = self._runs[0].stage if self._runs else None
            self._runs.append(Other(decide, instruments, drawn, room=room))

    def take(self, chunk: Chunk) -> None:
        """Trade one piece in every run."""
        for run in self._runs:
            run.take(chunk)

    def end(self, closes: Sequence[float], known: int) -> None:
        """The data end."""
        for run in self._runs:
            run.end(closes, known)

    def result(self) -> dict[str, Any]:
        """How many runs, and 5 %, 50 % and 95 % of mean net R and return; positions on average."""
        made = [run.result() for run in self._runs]
        traded = [m["r_net_mean"] for m in made if m["positions"]]
        bands = {"r_net_mean": traded or [0.0], "return": [m["return"] for m in made]}
        return {
            "runs": len(made),
            **{name: np.quantile(values, (0.05, 0.5, 0.95)).tolist() for name, values in bands.items()},
            "positions": float(np.mean([m["positions"] for m in made])),
        }


def _draw(rng: np.random.Generator, a: Signals) -> tuple[_Array, _Array]:
    """Every signal at a random close of its own, and after each the end it had; where another falls, that counts."""
    n = min(len(a.at), len(a.known))
    at = np.sort(rng.choice(len(a.known), n, replace=False)) if n else np.zeros(0, np.int64)
    order = rng.permutation(len(a.at))[:n]
    ends = (at + a.holds[order])[a.holds[order] > 0]
    ends = np.setdiff1d(ends[ends < len(a.known)], at)
    every = np.sort(np.concatenate([at, ends]))
    rows = np.repeat(to_array(Signal), len(every))
    entries = a.rows[order]
    for name in LEVELS:
        entries[name] *= a.closes[at] / a.closes[a.at[order]]
    rows[np.searchsorted(every, at)] = entries
    rows["flat" if a.flat else "off"][np.searchsorted(every, ends)] = 1
    return a.known[every], rows
