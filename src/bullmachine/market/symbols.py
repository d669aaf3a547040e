"""Symbols as people, files and venues write them, brought to one form."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["DOLLARS", "guess_symbol", "split_symbol"]

#: quotes that are, or are pegged to, the US dollar
DOLLARS: Final = ("USDT", "USDC", "BUSD", "FDUSD", "USD")

_QUOTES: Final = (*DOLLARS, "EUR", "GBP", "JPY", "BTC", "ETH")
#: words that name a place or a kind of contract, never an instrument: without them `kraken_ETH` is no pair
_NOISE: Final = frozenset(
    (
        *("BINANCE", "BINANCEUS", "BINANCEPERP", "BITFINEX", "BITSTAMP", "BYBIT", "COINBASE", "HYPERLIQUID"),
        *("KRAKEN", "OANDA", "OKX", "AMEX", "BATS", "NASDAQ", "NYSE", "PERP", "PERPETUAL", "SPOT", "SWAP", "FUTURES"),
    )
)
_ALIASES: Final = {"XBT": "BTC", "XDG": "DOGE"}
_KRAKEN: Final = r"X([A-Z]{3})Z([A-Z]{3})"  # XXBTZUSD: a letter for coins, one for money


def guess_symbol(text: str) -> str:
    """The instrument that a file's name or a symbol in any spelling speaks of, upper case; "" when none.

    >>> [guess_symbol(s) for s in ("ETHUSDT_binance_1h", "eth_usdt-1h", "BINANCE_BTCUSDT, 60", "SPY_1h", "2024")]
    ['ETHUSDT', 'ETHUSDT', 'BTCUSDT', 'SPY', '']
    >>> [guess_symbol(s) for s in ("ETH/USDT:USDT", "BYBIT:BTCUSDT.P", "BTCUSDTPERP", "kraken_ETH_1h")]
    ['ETHUSDT', 'BTCUSDT', 'BTCUSDT', 'ETH']
    """
    every = [w for w in re.split(r"[^A-Z0-9]+", text.upper()) if w]
    words = [w.removesuffix("PERP") or w for w in every if w not in _NOISE]
    for k, word in enumerate(words):
        if word in _QUOTES and k > 0:
            return words[k - 1] + word
        if word.endswith(_QUOTES) and word not in _QUOTES:
            return word
    return next((w for w in (*words[:1], *every[:1]) if w.isalpha()), "")


def split_symbol(symbol: str) -> tuple[str, str]:
    """Base and quote of a symbol in one spelling; the quote is "" when the symbol names only one thing.

    >>> split_symbol("XBT/USD"), split_symbol("xxbtzusd"), split_symbol("AAPL"), split_symbol("ETH-PERP")
    (('BTC', 'USD'), ('BTC', 'USD'), ('AAPL', ''), ('ETH', ''))
    """
    word = guess_symbol(symbol)
    long = re.fullmatch(_KRAKEN, word)
    if long:
        return _ALIASES.get(long[1], long[1]), long[2]
    quote = next((q for q in _QUOTES if word.endswith(q) and word != q), "")
    base = word.removesuffix(quote)
    return _ALIASES.get(base, base), quote
