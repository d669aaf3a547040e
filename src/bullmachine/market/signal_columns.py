"""Which column of a table of signals is which; a TradingView list of trades is told by its header."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from bullmachine.core.errors import DataError
from bullmachine.market.columns import INDEX, find_column, plain_name
from bullmachine.market.kind import Kind

__all__ = ["SIGNALS", "SignalColumns", "recognise_signals"]

# `open_time` is no name here: a signal counts from when it was known, and such a column says otherwise.
_TIMES: Final = ("time", "timestamp", "datetime", "date_time", "known", "close_time", "unix", "ts", "t", "date")
_PARTS: Final = {
    "side": ("side", "direction", "action", "signal"),
    "limit": ("limit", "limit_price"),
    "stop": ("stop", "stop_loss", "stoploss", "stop_price", "sl"),
    "target": ("target", "take_profit", "takeprofit", "target_price", "tp"),
    "size": ("size", "qty", "quantity", "amount", "units", "contracts"),
    "expiry": ("expiry", "expiry_bars"),
    "tag": ("tag", "label", "comment"),
    "symbol": ("symbol", "ticker", "pair", "instrument"),
}
# The export's headers over the years; the price column ends in the quote currency.
_TRADE_TIMES: Final = ("date/time", "date_and_time")
_TRADES: Final = {
    "number": ("trade_#", "trade_number"),
    "side": ("type",),
    "tag": ("signal",),
    "size": ("contracts", "shares", "lots", "quantity", "qty", "size_(qty)", "position_size_(qty)", "position_size"),
}
_BARS: Final = ({"high", "low", "close"}, {"h", "l", "c"})


@dataclasses.dataclass(frozen=True, slots=True)
class SignalColumns:
    """Positions of the parts; `trades` marks a TradingView list of trades, `bars` that prices of bars stand beside."""

    names: tuple[str, ...]
    time: tuple[int, ...]
    parts: dict[str, int]
    trades: bool
    bars: bool

    @property
    def places(self) -> tuple[int, ...]:
        """Positions of the columns that are read."""
        return (*self.time, *self.parts.values())

    def named(self) -> dict[str, str]:
        """Which column plays which part, by its name in the source."""
        time = " + ".join(self.names[k] for k in self.time)
        return {"time": time} | {part: self.names[k] for part, k in self.parts.items()}


def recognise_signals(names: Sequence[str], where: str) -> SignalColumns:
    """Find time, side and whatever else is given among column `names`, in any case.

    Raises:
        DataError: there is no time or no side, or two columns claim one part.

    >>> recognise_signals(["Date", "Side", "SL"], "x.csv").named()
    {'time': 'Date', 'side': 'Side', 'stop': 'SL'}
    """
    plain = [plain_name(name) for name in names]
    trades = "type" in plain and bool(set(plain) & set(_TRADES["number"])) and bool(set(plain) & set(_TRADE_TIMES))
    known, times = (_TRADES, _TRADE_TIMES) if trades else (_PARTS, (*_TIMES, *INDEX))
    found = {part: find_column(plain, words, where, names) for part, words in known.items()}
    if trades:
        found["price"] = next((k for k, name in enumerate(plain) if name.split("_")[0] == "price"), None)
    time = _time(plain, times, where, names)
    if not time or found["side"] is None:
        _refuse(where, names, "side" if time else "time")
    parts = {part: k for part, k in found.items() if k is not None}
    return SignalColumns(tuple(names), time, parts, trades, any(bars <= set(plain) for bars in _BARS))


def _time(plain: Sequence[str], times: Sequence[str], where: str, names: Sequence[str]) -> tuple[int, ...]:
    if "date" in plain and "time" in plain:
        return plain.index("date"), plain.index("time")
    k = find_column(plain, times, where, names)
    return () if k is None else (k,)


def _refuse(where: str, names: Sequence[str], part: str) -> None:
    raise DataError(
        f"{where} has no column for {part} (found: {', '.join(names) or 'none'}); signals need a column time, when "
        "each was known, and a column side with long, short or flat",
        path=where,
        column=part,
        value=tuple(names),
    )


def _dialect(columns: SignalColumns) -> str:
    return "tradingview trades" if columns.trades else "signals"


#: tables of signals
SIGNALS: Final = Kind("signals", "time,side,size", recognise_signals, _dialect)
