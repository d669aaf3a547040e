"""A moving-average cross with an ATR stop, run by backtesting.py 0.6.6: somebody else's opinion of fills.

The same decisions can be handed to this machine as signals (`as_signals`), so that the two disagree about
execution only. What backtesting.py does on a bar, read from its source (`_Broker._process_orders`):

1. Orders go in the order of its queue. A stop loss and a `Trade.close()` are put in front, others behind, and
   what is put in front later comes first: an exit asked for at the last close fills at the open before the stop
   is looked at; a plain opposite order fills behind the stop, though at the same open.
2. A stop loss is hit when the low is at or below it (the high at or above it for a short) and fills at the worse
   of stop and open.
3. After a market entry the queue is gone through again, so that its stop acts on the entry bar too.
4. A stop loss is a price fixed when the order is placed, at the close; nothing can be said relative to the fill.
   `stop_from="fill"` therefore looks up the next open while placing the order, for the stop alone.
5. Only whole units trade; an opposite order nets (first in, first out) instead of closing and entering.
6. Fees are a fraction of each fill's value, taken from cash at entry and exit; a trade's PnL is net of both.
7. Orders whose value and fee exceed free margin are cancelled with a warning, not cut.
8. `next` is first called on the second bar on which every declared indicator has a value.
9. With `finalize_trades` what is still open is closed at the *open* of the last bar, which has already passed.
10. An exit carries the open time of its bar, also when it happened inside it.
"""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any, Literal

import backtesting
import numpy as np
import pandas as pd
import polars as pl

__all__ = ["Crosses", "Foreign", "as_signals", "crosses", "run_foreign"]

Array = np.ndarray[Any, Any]
FAST, SLOW, LENGTH, STOP_ATR = 20, 50, 14, 2.0


@dataclasses.dataclass(frozen=True)
class Crosses:
    """Per bar: +1 where the fast average crosses above the slow one, -1 below, else 0; and the ATR."""

    side: Array
    atr: Array


@dataclasses.dataclass(frozen=True)
class Foreign:
    """Trades in order of entry and the equity after the last bar.

    Columns: entry_time, exit_time (open times of bars, UTC), side, size, entry_price, exit_price, stop, fee, pnl
    (net of fee), entry_bar, exit_bar.
    """

    trades: pl.DataFrame
    equity: float


def crosses(rows: Array) -> Crosses:
    """Decisions at the closes of `rows` (fields open, high, low, close)."""
    above = np.sign(_mean(rows["close"], FAST) - _mean(rows["close"], SLOW))
    side = np.where((above != 0) & (np.roll(above, 1) == -above), above, 0)
    side[0] = 0
    return Crosses(np.nan_to_num(side).astype(np.int64), _wilder(rows))


def _mean(values: Array, length: int) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(values, length)
    return np.concatenate([np.full(length - 1, np.nan), windows.mean(axis=1)])


def _wilder(rows: Array) -> Array:
    before = rows["close"][:-1]
    tr = np.maximum(rows["high"][1:], before) - np.minimum(rows["low"][1:], before)
    atr = np.full(len(rows), np.nan)
    atr[LENGTH] = tr[:LENGTH].mean()
    for k in range(LENGTH + 1, len(rows)):
        atr[k] = (atr[k - 1] * (LENGTH - 1) + tr[k - 1]) / LENGTH
    return atr


def as_signals(rows: Array, found: Crosses, tf: int, size: int) -> pl.DataFrame:
    """The decisions as signals, stamped with closes; the last but one close says flat, so that nothing stays open."""
    at = np.flatnonzero(found.side[:-2])
    time = np.append(rows["ts"][at], rows["ts"][-2]) + tf
    side = np.append(found.side[at], 0)
    sizes = np.where(side == 0, np.nan, float(size))
    return pl.DataFrame({"time": time, "side": side, "size": sizes}).with_columns(pl.col("size").fill_nan(None))


class _Cross(backtesting.Strategy):  # type: ignore[misc]  # it has no types
    """On a cross: close what is open, and with `flip`, or when nothing is open, enter its side."""

    found: Any = None
    opens: Any = None
    size = 1
    flip = False
    netting = False
    flat_at_end = True
    stop_from = "fill"

    def init(self) -> None:
        # Declared for the warm-up alone (rule 8): the decisions are precomputed.
        self.warm = self.I(_mean, self.data.Close, SLOW, plot=False)

    def next(self) -> None:
        k = len(self.data) - 1
        if self.flat_at_end and k >= len(self.opens) - 2:
            self.position.close()
            return
        side = int(self.found.side[k])
        if side == 0:
            return
        open_before = bool(self.position)
        if open_before and not self.netting:
            self.position.close()
        if not open_before or self.flip:
            units = 2 * self.size if open_before and self.netting else self.size
            self._enter(side, units, k)

    def _enter(self, side: int, units: int, k: int) -> None:
        basis = self.opens[k + 1] if self.stop_from == "fill" else self.data.Close[-1]
        stop = basis - side * STOP_ATR * self.found.atr[k]
        (self.buy if side == 1 else self.sell)(size=units, sl=stop)


def run_foreign(
    rows: Array,
    found: Crosses,
    *,
    flip: bool = False,
    netting: bool = False,
    flat_at_end: bool = True,
    stop_from: Literal["fill", "close"] = "fill",
    commission: float = 0.0,
    size: int = 1,
    cash: float = 1e6,
) -> Foreign:
    """Trade `found` on `rows`.

    Args:
        rows: bars with fields ts, open, high, low, close.
        found: what was decided at each close.
        flip: an opposite cross also enters its side.
        netting: it does so with one order of twice the size instead of an exit and an entry.
        flat_at_end: leave at the last bar's open by a decision; otherwise `finalize_trades` ends it.
        stop_from: what the stop is measured from.
        commission: share of each fill's value.
        size: whole units of the base currency.
        cash: starting cash.
    """
    names = {"open": "Open", "high": "High", "low": "Low", "close": "Close"}
    index = pd.DatetimeIndex(rows["ts"].astype("M8[ms]"), tz="UTC")
    data = pd.DataFrame({new: rows[old] for old, new in names.items()}, index=index)
    test = backtesting.Backtest(data, _Cross, cash=cash, commission=commission, finalize_trades=not flat_at_end)
    with warnings.catch_warnings():
        # Its statistics use what pandas 3 deprecates; a cancelled order warns in another category and is heard.
        warnings.simplefilter("ignore", DeprecationWarning)
        stats = test.run(
            found=found, opens=rows["open"], size=size, flip=flip, netting=netting, flat_at_end=flat_at_end,
            stop_from=stop_from,
        )  # fmt: skip
    return Foreign(_table(stats["_trades"], rows["ts"]), float(stats["_equity_curve"]["Equity"].iloc[-1]))


def _table(trades: pd.DataFrame, ts: Array) -> pl.DataFrame:
    signed = trades["Size"].to_numpy().astype(np.float64)
    entry, leave = (trades[name].to_numpy().astype(np.int64) for name in ("EntryBar", "ExitBar"))
    utc = pl.Datetime("ms", "UTC")
    table = pl.DataFrame(
        {
            "entry_time": pl.Series(ts[entry]).cast(utc),
            "exit_time": pl.Series(ts[leave]).cast(utc),
            "side": np.sign(signed).astype(np.int64),
            "size": np.abs(signed),
            "entry_price": trades["EntryPrice"].to_numpy().astype(np.float64),
            "exit_price": trades["ExitPrice"].to_numpy().astype(np.float64),
            "stop": trades["SL"].to_numpy().astype(np.float64),
            "fee": trades["Commission"].to_numpy().astype(np.float64),
            "pnl": trades["PnL"].to_numpy().astype(np.float64),
            "entry_bar": entry,
            "exit_bar": leave,
        }
    )
    return table.sort("entry_bar", "exit_bar")
