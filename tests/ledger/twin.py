"""The rules of trading, written down a second time: slow, plain, and without a line of the package.

One symbol. Everything is a tuple or a dict; quantities are lots times the lot.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Bar(NamedTuple):
    """Prices of one bar."""

    open: float
    high: float
    low: float
    close: float


class Fill(NamedTuple):
    """A fill on bar number `bar`."""

    bar: int
    reason: str
    side: int
    qty: float
    price: float
    fee: float


class Twin:
    """Trades F, bar by bar; `fills` and `equity` grow. `p` holds the settings by their last name."""

    def __init__(self, p: dict[str, float], allowed: int = 0, *, ignore: bool = False) -> None:
        self.p, self.allowed, self.ignore = p, allowed, ignore
        self.cash = p["equity"]
        self.stance = 0
        self.position: dict[str, float] | None = None
        self.order: tuple[int, float, float] | None = None
        self.leaving = False
        self.fills: list[Fill] = []
        self.equity: list[float] = []

    def step(self, k: int, bar: Bar, f: float, atr: float, *, ready: bool, bad: bool) -> None:
        """Take one bar with its score, its ATR, and whether engines are warm and data were bad lately."""
        self._at_the_open(k, bar)
        self._inside(k, bar)
        held = self.position["side"] * self.position["qty"] if self.position else 0.0
        self.equity.append(self.cash + held * bar.close)
        self._decide(bar, f, atr, ready=ready, bad=bad)

    def end(self, k: int, bar: Bar) -> None:
        """The data end after bar `k`."""
        if self.position:
            self._close(k, "end_of_data", bar.close, self.p["entry_bps"], self.p["taker_bps"])
        self.equity[-1] = self.cash

    def _at_the_open(self, k: int, bar: Bar) -> None:
        if self.leaving:
            self._close(k, "opposite", bar.open, self.p["entry_bps"], self.p["taker_bps"])
        if self.order:
            side, qty, distance = self.order
            price = bar.open + side * abs(bar.open) * self.p["entry_bps"] / 10_000
            self.position = {
                "side": side,
                "qty": qty,
                "stop": price - side * distance,
                "target": price + side * self.p["target_r"] * distance,
            }
            self._fill(k, "entry", side, qty, price, self.p["taker_bps"])
        self.leaving, self.order = False, None

    def _inside(self, k: int, bar: Bar) -> None:
        if not self.position:
            return
        stop, target = self.position["stop"], self.position["target"]
        if self.position["side"] > 0:
            stopped, gone = bar.low <= stop, bar.open > target
            reached = bar.high >= target + self.p["tick"]
            at_stop, at_target = min(stop, bar.open), max(target, bar.open)
        else:
            stopped, gone = bar.high >= stop, bar.open < target
            reached = bar.low <= target - self.p["tick"]
            at_stop, at_target = max(stop, bar.open), min(target, bar.open)
        if gone or (reached and not stopped):
            self._close(k, "target", at_target, 0.0, self.p["maker_bps"])
        elif stopped:
            self._close(k, "stop", at_stop, self.p["stop_bps"], self.p["taker_bps"])

    def _close(self, k: int, reason: str, raw: float, slip_bps: float, fee_bps: float) -> None:
        assert self.position
        side = -int(self.position["side"])
        self._fill(k, reason, side, self.position["qty"], raw + side * abs(raw) * slip_bps / 10_000, fee_bps)
        self.position = None

    def _fill(self, k: int, reason: str, side: int, qty: float, price: float, fee_bps: float) -> None:
        fee = qty * abs(price) * fee_bps / 10_000
        self.cash -= side * qty * price + fee
        self.fills.append(Fill(k, reason, side, qty, price, fee))

    def _decide(self, bar: Bar, f: float, atr: float, *, ready: bool, bad: bool) -> None:
        side = 1 if f >= self.p["on"] else (-1 if f <= -self.p["on"] else 0)
        free = ready and atr > 0 and not bad and self.allowed in (0, side)
        asked = side if side != self.stance else 0
        if asked and self.position and self.position["side"] == -asked and not self.ignore:
            self.leaving = True
        if asked and free:
            self.stance = side
            self._ask(side, bar, atr)
        elif self.stance and (bad or self.stance * f < self.p["off"]):
            self.stance = 0

    def _ask(self, side: int, bar: Bar, atr: float) -> None:
        if self.position:
            return
        distance = self.p["stop_atr"] * atr
        qty = self.equity[-1] * self.p["per_trade"] / distance
        qty = min(qty, self.equity[-1] * self.p["leverage"] * self.p["max_margin_use"] / abs(bar.close))
        lots = math.floor(qty / self.p["lot"])
        if lots >= 1:
            self.order = (side, lots * self.p["lot"], distance)
