"""One instrument, however a file, an exchange or a person writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bullmachine.market.symbols import guess_symbol, split_symbol


@pytest.mark.parametrize(
    ("stem", "symbol"),
    [
        ("ETHUSDT_binance_1h", "ETHUSDT"),
        ("ETHUSDT_binanceperp_1m", "ETHUSDT"),
        ("ETH_USDT-1h", "ETHUSDT"),
        ("BINANCE_BTCUSDT, 60", "BTCUSDT"),
        ("BINANCE_BTCUSDT.P, 240", "BTCUSDT"),
        ("Coinbase_ETHUSD_1h", "ETHUSD"),
        ("ETHUSD_PERP-1h-2024-01", "ETHUSD"),
        ("EURUSD_15m", "EURUSD"),
        ("kraken_ETH_1h", "ETH"),
        ("PERP_ETH_USDC", "ETHUSDC"),
        ("spy_1h", "SPY"),
        ("NASDAQ_AAPL, 1D", "AAPL"),
        ("SPOT_1h", "SPOT"),
        ("1h", ""),
        ("2024-01", ""),
        ("", ""),
    ],
)
def test_the_symbol_is_guessed_from_the_file_name(stem: str, symbol: str) -> None:
    assert guess_symbol(stem) == symbol


@pytest.mark.parametrize(
    "written",
    ["ETHUSDT", "ethusdt", "ETH/USDT", "ETH-USDT", "ETH_USDT", "ETH/USDT:USDT", "ETHUSDT.P", "ETHUSDTPERP",
     "ETH-USDT-SWAP", "BINANCE:ETHUSDT.P", "ETHUSDT_binance_1h"],
)  # fmt: skip
def test_every_spelling_of_a_pair_has_the_same_parts(written: str) -> None:
    assert split_symbol(written) == ("ETH", "USDT")


@pytest.mark.parametrize("written", ["BTCUSD", "XBTUSD", "XBT/USD", "XXBTZUSD", "PF_XBTUSD"])
def test_krakens_names_are_those_of_the_coin(written: str) -> None:
    assert split_symbol(written) == ("BTC", "USD")


def test_what_names_one_thing_has_no_quote() -> None:
    assert [split_symbol(s) for s in ("ETH-PERP", "ETHPERP", "SPY", "BTC")] == [
        ("ETH", ""),
        ("ETH", ""),
        ("SPY", ""),
        ("BTC", ""),
    ]


@given(st.sampled_from(["SOL", "AVAX", "DOGE", "1INCH", "1000PEPE"]), st.sampled_from(["USDT", "USDC", "USD", "EUR"]))
def test_a_pair_is_its_base_and_its_quote(base: str, quote: str) -> None:
    assert guess_symbol(f"{base}{quote}") == base + quote
    assert split_symbol(f"{base}{quote}") == (base, quote)
