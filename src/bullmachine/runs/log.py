"""The log of a run: events only (signal, order, fill, exit, dropped, guards, regime, timing), in order of time.

Never a line per bar: a signal that stays held back by the same guards is one line, guards are told when they
change, and steps of stops stand in `orders.parquet` alone.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np

from bullmachine.core.time import from_ms
from bullmachine.machine.stages import Money
from bullmachine.macro.context import Regime
from bullmachine.runs.funnel import Funnel
from bullmachine.runs.tables import Names
from bullmachine.trading import guards
from bullmachine.trading.ask import FAST, TAGGED
from bullmachine.trading.codes import AT_OPEN, FillReason, OrderKind, OrderState

__all__ = ["Log"]

_Array = np.ndarray[Any, Any]

#: what comes first of events at one moment: the close, what is decided on it, then the next open
_INSIDE, _DECIDED, _OPEN = range(3)


def _side(sign: int) -> str:
    return "long" if sign > 0 else "short"


class Log:
    """Writes `log.jsonl`; `funnel` counts signals on the way.

    Args:
        path: the file.
        names: the run's symbols and tags; a line names its symbol where there are several.
    """

    def __init__(self, path: pathlib.Path, names: Names) -> None:
        self._names = names
        self._file = path.open("w", encoding="utf-8")
        self._lines: list[tuple[int, int, str]] = []
        n = len(names.symbols)
        self._guards: list[tuple[int, ...]] = [(0, 0, 0)] * n
        self._held: list[tuple[int, int, list[str]]] = [(-1, 0, [])] * n
        self._decided = [0] * n
        self._regime = [int(Regime.NEUTRAL)] * n
        self._limits: dict[tuple[int, int], float] = {}
        self.funnel = Funnel()

    @property
    def closed(self) -> bool:
        """Whether the file is closed."""
        return self._file.closed

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def flush(self) -> None:
        """Write the lines so far, in order of time."""
        self._file.writelines(line for _, _, line in sorted(self._lines, key=lambda entry: entry[:2]))
        self._lines.clear()
        self._file.flush()

    def note(self, event: str, at: int, place: int = _OPEN, **facts: Any) -> None:
        """One line, written with the piece it belongs to."""
        line = json.dumps({"event": event, "time": from_ms(at).isoformat(), **facts})
        self._lines.append((at, place, line + "\n"))

    def decisions(self, symbol: int, rows: _Array) -> None:
        """Guard changes, signals and orders of a piece of one symbol's decisions."""
        first = self._decided[symbol]
        self._decided[symbol] += len(rows)
        self._note_guards(symbol, rows[rows["evaluated"] == 1])
        for k in np.flatnonzero(rows["asked"]):
            row = rows[k]
            if row["lots"] > 0 and np.isfinite(row["limit"]):
                self._limits[symbol, int(row["time"])] = float(row["limit"])
            blocked = guards.names(int(row["blocked"]))
            bar, side = first + int(k), int(row["asked"])
            once = FAST <= row["source"] < TAGGED
            self.funnel.ask(bar=bar, side=side, blocked=blocked, symbol=symbol, once=once)
            held, self._held[symbol] = self._held[symbol], (bar, side, blocked)
            if blocked and not once and held == (bar - 1, side, blocked):
                continue  # the same signal, still held back by the same guards
            self.note(
                "signal" if blocked else "order",
                int(row["time"]),
                _DECIDED,
                **self._of(symbol),
                side=_side(side),
                source=self._names.source(int(row["source"])),
                f=float(row["score"]["f"]),
                lots=int(row["lots"]),
                blocked_by=blocked,
            )

    def money(self, money: Money) -> None:
        """Fills and exits, and entries that ended without a fill."""
        for leg in money.legs[money.legs["reason"] != FillReason.FUNDING]:
            entry = leg["reason"] == FillReason.ENTRY
            self.note(
                "fill" if entry else "exit",
                int(leg["time"]),
                _OPEN if self._at_open(leg) else _INSIDE,
                **self._of(int(leg["symbol"])),
                position=int(leg["position_id"]),
                side="buy" if leg["side"] > 0 else "sell",
                qty=float(leg["qty"]),
                price=float(leg["price"]),
                reason=FillReason(int(leg["reason"])).name.lower(),
            )
        for row in money.notes[(money.notes["kind"] <= OrderKind.LIMIT) & (money.notes["state"] > OrderState.MOVED)]:
            state = OrderState(int(row["state"])).name.lower()
            self.note(
                "dropped", int(row["time"]), _OPEN, **self._of(int(row["symbol"])), side=_side(int(row["side"])),
                reason=state,
            )  # fmt: skip

    def _at_open(self, leg: Any) -> bool:
        """Whether a fill happened at its time as an open; a limit's own price was inside the bar that ends then."""
        if leg["reason"] != FillReason.ENTRY:
            return int(leg["reason"]) in AT_OPEN
        limit = self._limits.pop((int(leg["symbol"]), int(leg["order_time"])), None)
        return bool(leg["price"] != limit or leg["time"] == leg["order_time"])

    def _of(self, symbol: int) -> dict[str, str]:
        return {} if len(self._names.symbols) == 1 else {"symbol": self._names.symbols[symbol]}

    def regimes(self, symbol: int, rows: _Array) -> None:
        """Each change of what macro says about risk."""
        regimes = rows["regime"]
        for k in np.flatnonzero(regimes != np.concatenate([[self._regime[symbol]], regimes[:-1]])[: len(regimes)]):
            row = rows[k]
            self.note(
                "regime",
                int(row["time"]),
                _DECIDED,
                **self._of(symbol),
                regime=Regime(int(row["regime"])).name.lower(),
                risk_long=float(row["risk_long"]),
                risk_short=float(row["risk_short"]),
                rules=[name for name in self._names.speaking(int(row["speaking"])).split("|") if name],
            )
        if len(rows):
            self._regime[symbol] = int(regimes[-1])

    def _note_guards(self, symbol: int, rows: _Array) -> None:
        """Each change of the guards that need no order, not their every bar.

        Those that judge the market change all the time: with them every fifth bar was a line.
        """
        masks = np.stack([rows[f"guards_{part}"] for part in ("long", "short", "account")], axis=1) & ~guards.OF_MARKET
        before = np.concatenate([[self._guards[symbol]], masks[:-1]]) if len(masks) else masks
        for k in np.flatnonzero((masks != before).any(axis=1)):
            long, short, account = (guards.names(int(m)) for m in masks[k])
            self.note(
                "guards", int(rows["time"][k]), _DECIDED, **self._of(symbol), long=long, short=short, account=account
            )
        if len(masks):
            self._guards[symbol] = tuple(int(m) for m in masks[-1])
