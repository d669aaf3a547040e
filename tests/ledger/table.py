"""Tiny markets as text, and what the decide kernels make of them.

A market is bars separated by `|`, each "open high low close F": F is a letter, `L` or `S` reaches the
threshold, `l` or `s` holds the state, `.` is nothing. Fills are read back as text in the same way:
"bar reason price". The mirrored market lies at 200 - price, with F negated.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np

from bullmachine.core.bars import Bar
from bullmachine.core.record import dtype_of, to_array
from bullmachine.core.time import HOUR
from bullmachine.fusion.readings import Readings
from bullmachine.fusion.score import FusionParams, MomentumMix
from bullmachine.macro.context import Context
from bullmachine.trading.decide import close_out, decide_run
from bullmachine.trading.fills import FillReason
from bullmachine.trading.params import AccountParams, CostParams, DecideParams, ExitParams, RiskParams
from bullmachine.trading.records import Account, Decision, Ledger, Mark, Symbol

F: Final = {"L": 1.0, "l": 0.7, ".": 0.0, "s": -0.7, "S": -1.0}
AT_OPEN: Final = {"entry", "opposite"}
FREE: Final = CostParams(taker_bps=0.0, maker_bps=0.0, entry_bps=0.0, stop_bps=0.0)


def settings(**parts: Any) -> DecideParams:
    """F is `rsi_part` alone; no costs; 1 % of 10,000 at 2 ATR; whole units; a tick of 0.25."""
    plain = {
        "fusion": FusionParams(on=0.9, off=0.5, momentum=MomentumMix(mix_base=1.0, mix_middle=0.0, s_trend=1.0)),
        "account": AccountParams(equity=10_000.0, lot=1.0, tick=0.25),
        "risk": RiskParams(per_trade=0.01),
        "costs": FREE,
        "exits": ExitParams(stop_atr=2.0, target_r=2.0),
    }
    return DecideParams(**{**plain, **parts})


@dataclasses.dataclass
class Played:
    """What the kernels wrote, and the bars they read."""

    bars: np.ndarray[Any, Any]
    legs: np.ndarray[Any, Any]
    closed: np.ndarray[Any, Any]
    marks: np.ndarray[Any, Any]
    decisions: np.ndarray[Any, Any]

    @property
    def fills(self) -> str:
        """Every fill as "bar reason price"."""
        told = []
        for leg in self.legs:
            reason = FillReason(int(leg["reason"])).name.lower()
            stamps = self.bars["ts"] if reason in AT_OPEN else self.bars["known"]
            bar = int(np.flatnonzero(stamps == leg["time"])[0])
            told.append(f"{bar} {reason} {round(float(leg['price']), 6):g}")
        return " | ".join(told)


def market(text: str, *, mirror: bool = False, atr: float = 1.0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Bars and readings of a market written down."""
    cells = [bar.split() for bar in text.split("|")]
    bars, readings = np.zeros(len(cells), dtype_of(Bar)), np.repeat(to_array(Readings), len(cells))
    for k, (*cell, letter) in enumerate(cells):
        prices = [float(price) for price in cell]
        if mirror:
            prices = [200.0 - prices[i] for i in (0, 2, 1, 3)]
        bars[k]["ts"], bars[k]["known"] = k * HOUR, (k + 1) * HOUR
        for name, price in zip(("open", "high", "low", "close"), prices, strict=True):
            bars[k][name] = price
        readings[k]["base"]["momentum"]["rsi_part"] = -F[letter] if mirror else F[letter]
    readings["base"]["momentum"]["ready"] = readings["middle"]["momentum"]["ready"] = 1
    readings["base"]["features"]["atr"] = atr
    return bars, readings


def play(
    bars: np.ndarray[Any, Any], readings: np.ndarray[Any, Any], p: DecideParams | None = None, *, ends: bool = False
) -> Played:
    """Run the decide kernel over a market, draining the ledger as the machine does; with `ends`, the data end."""
    stage, done, legs, closed = Stage(p or settings(), len(bars)), 0, [], []
    while done < len(bars):
        done += stage.run(bars, readings, done)
        if ends and done == len(bars):
            close_out(stage.params, stage.account, stage.symbols, bars[-1:], stage.marks[-1:], stage.ledger)
        made = stage.ledger[0]
        legs.append(made.legs[: made.n_legs].copy())
        closed.append(made.closed[: made.n_closed].copy())
        made.n_legs = made.n_closed = 0
    return Played(bars, np.concatenate(legs), np.concatenate(closed), stage.marks, stage.decisions)


class Stage:
    """The decide stage's parameters, state and outputs for `n` bars."""

    def __init__(self, p: DecideParams, n: int) -> None:
        self.params, self.symbols, self.ledger = to_array(p), to_array(Symbol), to_array(Ledger)
        self.account = to_array(Account(cash=p.account.equity, equity=p.account.equity))
        self.decisions, self.marks = np.zeros(n, dtype_of(Decision)), np.zeros(n, dtype_of(Mark))

    def run(self, bars: np.ndarray[Any, Any], readings: np.ndarray[Any, Any], first: int = 0) -> int:
        """Run on from bar `first`; how many bars were taken."""
        contexts = np.repeat(to_array(Context), len(bars) - first)
        return decide_run(
            self.params, self.account, self.symbols, bars[first:], readings[first:], contexts,
            self.decisions[first:], self.marks[first:], self.ledger,
        )  # fmt: skip


def mirrored_fills(fills: str) -> str:
    """The fills of the mirrored market."""
    told = [fill.split() for fill in fills.split("|") if fill.strip()]
    return " | ".join(f"{bar} {reason} {200.0 - float(price):g}" for bar, reason, price in told)
