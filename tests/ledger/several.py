"""Several symbols on one account, each a market written as text; they share every close."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from tests.ledger import table as t

from bullmachine.core.bars import Row
from bullmachine.core.record import dtype_of, to_array
from bullmachine.trading.codes import FillReason
from bullmachine.trading.decide import decide_run
from bullmachine.trading.params import DecideParams
from bullmachine.trading.records import Account, Given, Instrument, Signal, Symbol
from bullmachine.trading.rows import Decision, Ledger, Mark

Array = np.ndarray[Any, Any]


@dataclasses.dataclass
class Played:
    """What the kernels wrote: decisions and holdings are symbols x steps."""

    legs: Array
    closed: Array
    marks: Array
    holdings: Array
    decisions: Array

    def fills(self, symbol: int) -> str:
        """One symbol's fills as "reason price xQTY" in order."""
        legs = self.legs[(self.legs["symbol"] == symbol) & (self.legs["reason"] != FillReason.FUNDING)]
        return " | ".join(
            f"{FillReason(int(leg['reason'])).name.lower()} {leg['price']:g} x{leg['qty']:g}" for leg in legs
        )


def play(
    texts: list[str], p: DecideParams, *, mirror: bool = False, without: dict[int, list[int]] | None = None
) -> Played:
    """Run over markets of the same length; `without` names the steps at which a symbol has no bar."""
    made = [t.market(text, mirror=mirror) for text in texts]
    return run(np.stack([bars for bars, _ in made]), np.stack([readings for _, readings in made]), p, without or {})


def run(bars: Array, readings: Array, p: DecideParams, without: dict[int, list[int]] | None = None) -> Played:
    """Run over bars and readings, symbols x steps, that fit one ledger."""
    k, n = bars.shape
    instruments = np.repeat(to_array(Instrument(tick=p.account.tick, lot=p.account.lot)), k)
    account, ledger = to_array(Account(cash=p.account.equity, equity=p.account.equity)), to_array(Ledger)
    given, signals = np.repeat(to_array(Given), k * n), np.repeat(to_array(Signal), k * n)
    given["funding_due"] = 0.0
    decisions, marks = np.zeros(k * n, dtype_of(Decision)), np.zeros(n, dtype_of(Mark))
    holdings = np.zeros(n * k)
    places = np.arange(k * n).reshape(k, n)
    for symbol, steps in (without or {}).items():
        places[symbol, steps] = -1
    taken = decide_run(
        to_array(p), instruments, account, np.repeat(to_array(Symbol), k), places.T.ravel(), bars[0]["known"].copy(),
        bars.ravel(), readings.ravel(), given, signals, np.zeros(0, dtype_of(Row)), decisions, marks, holdings, ledger,
    )  # fmt: skip
    assert taken == n
    made = ledger[0]
    return Played(
        made.legs[: made.n_legs], made.closed[: made.n_closed], marks, holdings.reshape(n, k).T, decisions.reshape(k, n)
    )
