"""Instruments: the steps of price and quantity of one symbol on one venue."""

from __future__ import annotations

import dataclasses
import functools

from bullmachine.market.symbols import DOLLARS, guess_symbol, split_symbol
from bullmachine.market.venues import find_venue, tables

__all__ = ["Instrument", "find_instrument", "instruments"]


@dataclasses.dataclass(frozen=True, slots=True)
class Instrument:
    """What a venue lets one order for a symbol be.

    Attributes:
        venue, symbol: where, and the symbol as that venue writes it.
        tick: step of the price in quote units.
        lot: step of the quantity in base units.
        min_notional: smallest order in quote units; 0: none.
        assumed: the symbol is not in the venue's list; the steps are a near one's, or small ones that
            round nothing that matters.
    """

    venue: str
    symbol: str
    tick: float
    lot: float
    min_notional: float
    assumed: bool = False


def instruments(venue: str) -> tuple[Instrument, ...]:
    """The instruments listed for a venue.

    Raises:
        ConfigError: there is no such venue.

    >>> [found.symbol for found in instruments("kraken_spot")][:2]
    ['XBTUSD', 'ETHUSD']
    """
    listed = _steps(find_venue(venue).name)
    return tuple(Instrument(venue, name, *steps) for name, steps in listed.items() if name not in ("other", "every"))


def find_instrument(venue: str, symbol: str) -> Instrument:
    """The instrument of a symbol, in whatever spelling, on a venue.

    A symbol with another dollar than the listed one (ETHUSD where ETHUSDT is listed) gets the listed one's
    steps, marked `assumed`; any other symbol gets the venue's general ones, marked too.

    Raises:
        ConfigError: there is no such venue.

    >>> find_instrument("binance_perp", "ETH/USDT")
    Instrument(venue='binance_perp', symbol='ETHUSDT', tick=0.01, lot=0.001, min_notional=20.0, assumed=False)
    >>> find_instrument("binance_perp", "ETHUSD_kraken_1h").assumed, find_instrument("us_equity", "SPY").lot
    (True, 1.0)
    """
    base, quote = split_symbol(symbol)
    near = [(split_symbol(known.symbol)[1], known) for known in instruments(venue) if _base(known) == base]
    for found, known in near:
        if found == quote:
            return known
    for found, known in near:
        if found in ("", *DOLLARS) and quote in ("", *DOLLARS):
            return dataclasses.replace(known, assumed=found != "")  # a venue that lists coins has one dollar
    steps = _steps(venue)
    name = guess_symbol(symbol)
    if "every" in steps:
        return Instrument(venue, name, *steps["every"])
    return Instrument(venue, name, *steps["other"], assumed=True)


def _base(known: Instrument) -> str:
    return split_symbol(known.symbol)[0]


@functools.cache
def _steps(venue: str) -> dict[str, tuple[float, float, float]]:
    found: dict[str, list[float]] = tables()[venue]["instruments"]
    return {name: (tick, lot, least) for name, (tick, lot, least) in found.items()}
