"""Venues and instruments: the numbers that decide what a trade costs."""

import dataclasses
import datetime as dt
import math
import re

import pytest

from bullmachine.core.errors import ConfigError, InputError
from bullmachine.market.calendars import CALENDARS
from bullmachine.market.instruments import Instrument, find_instrument, instruments
from bullmachine.market.venues import DEFAULT_VENUE, find_venue, venues

NUMBERS = [venue for venue in venues() if venue.name != "custom"]


@pytest.mark.parametrize(
    ("name", "market", "taker", "maker", "hours", "calendar"),
    [
        ("binance_perp", "perp", 5.0, 2.0, 8, "24x7"),
        ("bybit_perp", "perp", 5.5, 2.0, 8, "24x7"),
        ("hyperliquid_perp", "perp", 4.5, 1.5, 1, "24x7"),
        ("kraken_spot", "spot", 40.0, 25.0, 0, "24x7"),
        ("binance_spot", "spot", 10.0, 10.0, 0, "24x7"),
        ("us_equity", "spot", 0.5, 0.5, 0, "us_equities"),
        ("custom", None, None, None, None, None),
    ],
)
def test_a_venue_has_its_schedules_fees_and_hours(
    name: str, market: str, taker: float, maker: float, hours: int, calendar: str
) -> None:
    venue = find_venue(name)
    assert (venue.market, venue.taker_bps, venue.maker_bps) == (market, taker, maker)
    assert (venue.funding_hours, venue.calendar) == (hours, calendar)


def test_there_are_seven_venues_the_default_first() -> None:
    assert len(venues()) == 7
    assert venues()[0].name == DEFAULT_VENUE == "binance_perp"


@pytest.mark.parametrize("venue", NUMBERS, ids=lambda venue: venue.name)
def test_a_venues_numbers_fit_its_market(venue: object) -> None:
    facts = dataclasses.asdict(venue)  # type: ignore[call-overload]
    perp = facts["market"] == "perp"
    assert facts["market"] in {"perp", "spot"}
    assert facts["calendar"] in CALENDARS
    assert facts["maker_bps"] <= facts["taker_bps"]
    assert (facts["funding_hours"] > 0, facts["maintenance"]) == (perp, 0.005 if perp else 0.0)


@pytest.mark.parametrize("venue", venues(), ids=lambda venue: venue.name)
def test_a_venue_says_where_its_fees_come_from_and_when(venue: object) -> None:
    facts = dataclasses.asdict(venue)  # type: ignore[call-overload]
    assert dt.date(2024, 1, 1) < dt.date.fromisoformat(facts["dated"])
    assert len(facts["source"]) > 20


def test_a_venue_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        find_venue("custom").taker_bps = 0.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("kraken", "did you mean kraken_spot?"),
        ("Binance_Perp", "did you mean binance_perp?"),
        ("hyperliquid", "did you mean hyperliquid_perp?"),
        ("moon", "; venues: binance_perp, "),
    ],
)
def test_an_unknown_venue_is_answered_with_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(hint)) as caught:
        find_venue(name)
    assert isinstance(caught.value, InputError)
    assert caught.value.facts == {"key": "account.venue", "value": name}
    with pytest.raises(ConfigError, match=re.escape(hint)):
        find_instrument(name, "ETHUSDT")


@pytest.mark.parametrize(
    ("venue", "symbol", "steps"),
    [
        ("binance_perp", "BTCUSDT", (0.1, 0.001, 100.0)),
        ("binance_perp", "ETHUSDT", (0.01, 0.001, 20.0)),
        ("binance_perp", "SOLUSDT", (0.01, 0.01, 5.0)),
        ("bybit_perp", "ETHUSDT", (0.01, 0.01, 5.0)),
        ("binance_spot", "BTCUSDT", (0.01, 0.00001, 5.0)),
        ("kraken_spot", "XBTUSD", (0.1, 1e-8, 0.5)),
        ("kraken_spot", "ETHUSD", (0.01, 1e-8, 0.5)),
        ("hyperliquid_perp", "BTC", (1.0, 0.00001, 10.0)),
        ("us_equity", "AAPL", (0.01, 1.0, 0.0)),
    ],
)
def test_a_listed_instrument_has_the_venues_steps(venue: str, symbol: str, steps: tuple[float, float, float]) -> None:
    assert find_instrument(venue, symbol) == Instrument(venue, symbol, *steps, assumed=False)


@pytest.mark.parametrize(
    "written", ["ETHUSDT_binance_1h", "eth/usdt", "ETH-USDT", "ETH/USDT:USDT", "BINANCE:ETHUSDT.P", "ETHUSDTPERP"]
)
def test_an_instrument_is_found_in_any_spelling(written: str) -> None:
    assert find_instrument("binance_perp", written) == find_instrument("binance_perp", "ETHUSDT")


def test_a_coins_other_name_is_the_same_coin() -> None:
    assert find_instrument("kraken_spot", "BTCUSD_kraken_1h").symbol == "XBTUSD"
    assert find_instrument("hyperliquid_perp", "ETHUSDT").symbol == "ETH"
    assert not find_instrument("hyperliquid_perp", "ETH-PERP").assumed


def test_another_dollar_gets_the_listed_steps_and_says_so() -> None:
    found = find_instrument("binance_perp", "ETHUSD_kraken_1h")
    assert found == dataclasses.replace(find_instrument("binance_perp", "ETHUSDT"), assumed=True)


@pytest.mark.parametrize("symbol", ["ETHBTC", "ETHEUR", "PEPEUSDT", "SYNTHETIC", "EURUSD", ""])
@pytest.mark.parametrize("venue", [venue.name for venue in venues() if venue.name != "us_equity"])
def test_an_unlisted_symbol_gets_small_steps_and_says_so(venue: str, symbol: str) -> None:
    found = find_instrument(venue, symbol)
    assert (found.symbol, found.assumed) == (symbol, True)
    assert found.tick <= 1e-8
    assert found.lot <= 0.001


def test_shares_have_one_rule_and_nothing_is_assumed() -> None:
    assert not any(find_instrument("us_equity", symbol).assumed for symbol in ("SPY", "AAPL", "BRK.B"))
    assert instruments("us_equity") == ()


@pytest.mark.parametrize("venue", [venue.name for venue in venues()])
def test_every_listed_instrument_is_found_by_its_own_name_and_its_steps_are_decimal(venue: str) -> None:
    for listed in instruments(venue):
        assert find_instrument(venue, listed.symbol) == listed
        assert listed.min_notional > 0
        for step in (listed.tick, listed.lot):
            assert math.log10(step) == pytest.approx(round(math.log10(step)), abs=1e-9)
