"""Tiny markets as text, and what the decide kernels make of them.

A market is bars separated by `|`, each "open high low close F": F is a letter, `L` or `S` reaches the
threshold, `l` or `s` holds the state, `.` is nothing. Fills are read back as text in the same way:
"bar reason price", with "xN" behind it when the fill is not of the whole position. The mirrored market lies
at 200 - price, with F negated.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np
from tests import quiet

from bullmachine.core.bars import Bar, Row
from bullmachine.core.record import dtype_of, to_array
from bullmachine.core.time import HOUR
from bullmachine.fusion.params import AgreementParams, ExhaustedParams, FusionParams, Mix, MtfParams
from bullmachine.fusion.readings import Readings
from bullmachine.trading.codes import AT_OPEN, FillReason, OrderKind, OrderState
from bullmachine.trading.decide import close_out, decide_run
from bullmachine.trading.exit_params import Breakeven, ExitParams, TargetAt, TargetParams, Trail
from bullmachine.trading.params import AccountParams, CostParams, DecideParams, GuardParams, RiskParams
from bullmachine.trading.records import Account, Given, Instrument, Signal, Symbol
from bullmachine.trading.rows import Decision, Ledger, Mark

F: Final = {"L": 1.0, "l": 0.7, ".": 0.0, "s": -0.7, "S": -1.0}
FREE: Final = CostParams(taker_bps=0.0, maker_bps=0.0, entry_bps=0.0, stop_bps=0.0, funding_bps=0.0)
OPEN: Final = {FillReason.ENTRY, *AT_OPEN}
#: guards that stay out of the way of the fill rules
QUIET: Final = GuardParams(
    **quiet.QUIET, losses=0, cooldown_bars=0, max_daily_loss=1.0, max_drawdown=1.0, max_open_risk=10.0, max_cost_r=100.0
)

#: F without its adjustments
PLAIN: Final[dict[str, Any]] = {
    "mtf": MtfParams(bonus=0.0, penalty=0.0), "agreement": AgreementParams(per_engine=0.0),
    "exhausted": ExhaustedParams(share=0.0),
}  # fmt: skip

_Array = np.ndarray[Any, Any]


def exits(**parts: Any) -> ExitParams:
    """A stop at 2 ATR and one target of 2 R, nothing else."""
    plain = {
        "stop_atr": 2.0,
        "target_1": TargetParams(at=TargetAt.R, r=2.0, size=1.0),
        "breakeven": Breakeven.NEVER,
        "trail": Trail.NONE,
        "max_bars": 0,
    }
    return ExitParams(**{**plain, **parts})


def settings(**parts: Any) -> DecideParams:
    """F is `rsi_part` alone; no costs; 1 % of 10,000 at 2 ATR; whole units; a tick of 0.25."""
    plain = {
        "fusion": FusionParams(on=0.9, off=0.5, momentum=Mix(mix_base=1.0, mix_middle=0.0, s_trend=1.0), **PLAIN),
        "account": AccountParams(equity=10_000.0, lot=1.0, tick=0.25),
        "risk": RiskParams(per_trade=0.01),
        "costs": FREE,
        "exits": exits(),
        "guards": QUIET,
    }
    return DecideParams(**{**plain, **parts})


@dataclasses.dataclass
class Played:
    """What the kernels wrote, and the bars they read."""

    bars: _Array
    legs: _Array
    closed: _Array
    notes: _Array
    marks: _Array
    holdings: _Array
    decisions: _Array

    @property
    def fills(self) -> str:
        """Every fill as "bar reason price", with "xQTY" when it is not of the whole position."""
        told: list[str] = []
        sizes: dict[int, float] = {}
        for leg in self.legs[self.legs["reason"] != FillReason.FUNDING]:
            reason = FillReason(int(leg["reason"]))
            whole = sizes.setdefault(int(leg["position_id"]), float(leg["qty"]))
            part = "" if leg["qty"] == whole else f" x{float(leg['qty']):g}"
            told.append(f"{self._bar(leg, reason)} {reason.name.lower()} {round(float(leg['price']), 6):g}{part}")
        return " | ".join(told)

    def _bar(self, leg: _Array, reason: FillReason) -> int:
        """The bar of a fill: stamped with its open or with its close."""
        inside = np.flatnonzero(self.bars["known"] == leg["time"])
        opened = np.flatnonzero(self.bars["ts"] == leg["time"])
        limit = reason == FillReason.ENTRY and self._limit(int(leg["order_time"])) == float(leg["price"])
        return int((inside if reason not in OPEN or limit else opened)[0])

    def _limit(self, decided: int) -> float:
        kinds = (self.notes["kind"] == OrderKind.LIMIT) & (self.notes["time"] == decided)
        placed = self.notes[kinds & (self.notes["state"] == OrderState.PLACED)]
        return float(placed["price"][0]) if len(placed) else float("nan")

    @property
    def ended(self) -> str:
        """Every entry order that ended without a fill, as "bar state"."""
        some = self.notes[(self.notes["kind"] <= OrderKind.LIMIT) & (self.notes["state"] > OrderState.MOVED)]
        told = []
        for row in some:
            bar = np.flatnonzero((self.bars["known"] == row["time"]) | (self.bars["ts"] == row["time"]))[0]
            told.append(f"{int(bar)} {OrderState(int(row['state'])).name.lower()}")
        return " | ".join(told)

    @property
    def stops(self) -> str:
        """Every step of the stop as "bar price": the bar at whose close, or fill, it was set."""
        some = self.notes[self.notes["kind"] == OrderKind.STOP]
        return " | ".join(f"{int(np.searchsorted(self.bars['known'], r['time']))} {r['price']:g}" for r in some)


def warm(readings: _Array) -> None:
    """Every engine that feeds F is ready, and all that guards read is known and unremarkable."""
    for stream in ("base", "middle"):
        for engine in ("wyckoff", "smc", "hob", "momentum"):
            readings[stream][engine]["ready"] = 1
    readings["slow"]["wyckoff"]["ready"] = 1
    for stream in ("middle", "slow"):
        readings[stream]["features"]["atr"], readings[stream]["features"]["sma_fast"] = 1.0, 100.0
    readings["atr_rank"] = readings["atr_rank_short"] = 0.5


def market(text: str, *, mirror: bool = False, atr: float = 1.0) -> tuple[_Array, _Array]:
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
    warm(readings)
    readings["base"]["features"]["atr"] = atr
    return bars, readings


def play(
    bars: _Array,
    readings: _Array,
    p: DecideParams | None = None,
    *,
    ends: bool = False,
    signals: _Array | None = None,
    funding: _Array | None = None,
    lower: list[list[tuple[float, float, float, float]]] | None = None,
    min_notional: float = 0.0,
    macro: _Array | None = None,
) -> Played:
    """Run the decide kernel over a market, draining the ledger as the machine does; with `ends`, the data end.

    `signals` are rows of `Signal`, `funding` rates due at each open, `lower` the lower bars of each bar,
    `macro` rows of `Macro`.
    """
    stage = Stage(p or settings(), bars, readings, signals, funding, lower, min_notional)
    if macro is not None:
        stage.given["macro"] = macro
    done, legs, closed, notes = 0, [], [], []
    while done < len(bars):
        done += stage.run(done)
        if ends and done == len(bars):
            stage.close_out()
        made = stage.ledger[0]
        legs.append(made.legs[: made.n_legs].copy())
        closed.append(made.closed[: made.n_closed].copy())
        notes.append(made.notes[: made.n_notes].copy())
        made.n_legs = made.n_closed = made.n_notes = 0
    return Played(
        bars, np.concatenate(legs), np.concatenate(closed), np.concatenate(notes), stage.marks,
        stage.holdings, stage.decisions,
    )  # fmt: skip


class Stage:
    """The decide stage of one symbol: its parameters, inputs, state and outputs."""

    def __init__(
        self,
        p: DecideParams,
        bars: _Array,
        readings: _Array,
        signals: _Array | None = None,
        funding: _Array | None = None,
        lower: list[list[tuple[float, float, float, float]]] | None = None,
        min_notional: float = 0.0,
    ) -> None:
        n = len(bars)
        self.bars, self.readings = bars, readings
        self.params, self.symbols, self.ledger = to_array(p), to_array(Symbol), to_array(Ledger)
        self.instruments = to_array(Instrument(tick=p.account.tick, lot=p.account.lot, min_notional=min_notional))
        self.account = to_array(Account(cash=p.account.equity, equity=p.account.equity))
        self.signals = np.repeat(to_array(Signal), n) if signals is None else signals
        self.given = np.repeat(to_array(Given), n)
        if funding is not None:
            self.given["funding_due"] = funding
        self.given["begin"], self.given["end"], self.lower = _lower(lower, n)
        self.decisions, self.marks = np.zeros(n, dtype_of(Decision)), np.zeros(n, dtype_of(Mark))
        self.holdings = np.zeros(n)

    def run(self, first: int = 0) -> int:
        """Run on from bar `first`; how many bars were taken."""
        return decide_run(
            self.params, self.instruments, self.account, self.symbols, np.arange(len(self.bars) - first),
            self.bars["known"][first:].copy(), self.bars[first:], self.readings[first:], self.given[first:],
            self.signals[first:], self.lower, self.decisions[first:],
            self.marks[first:], self.holdings[first:], self.ledger,
        )  # fmt: skip

    def close_out(self) -> None:
        """The data end after the last bar."""
        close_out(
            self.params, self.instruments, self.account, self.symbols, self.bars[-1:], self.marks[-1:],
            self.holdings[-1:], self.ledger,
        )  # fmt: skip


def _lower(given: list[list[tuple[float, float, float, float]]] | None, n: int) -> tuple[_Array, _Array, _Array]:
    """Where each bar's lower bars begin and end, and all lower bars."""
    cells = given or [[] for _ in range(n)]
    ends = np.cumsum([len(cell) for cell in cells])
    rows = np.zeros(int(ends[-1]), dtype_of(Row))
    for row, prices in zip(rows, (prices for cell in cells for prices in cell), strict=True):
        for name, price in zip(("open", "high", "low", "close"), prices, strict=True):
            row[name] = price
    return ends - [len(cell) for cell in cells], ends, rows


def mirrored_fills(fills: str) -> str:
    """The fills of the mirrored market."""
    told = [fill.split() for fill in fills.split("|") if fill.strip()]
    return " | ".join(" ".join([bar, reason, f"{200.0 - float(price):g}", *rest]) for bar, reason, price, *rest in told)
