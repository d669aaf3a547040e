"""Venues: what trading there costs, how it is settled, and where that is written."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import importlib.resources
import tomllib
from typing import Any, Final

from bullmachine.core.errors import ConfigError

__all__ = ["DEFAULT_VENUE", "Venue", "find_venue", "tables", "venues"]

DEFAULT_VENUE: Final = "binance_perp"


@dataclasses.dataclass(frozen=True, slots=True)
class Venue:
    """One venue; None where it leaves a setting as it is (`custom`).

    Attributes:
        name: as `account.venue` takes it.
        market: `perp` or `spot`.
        taker_bps, maker_bps: fees in basis points of the notional, without any discount.
        funding_hours: hours from one funding settlement to the next; 0: there are none.
        maintenance: maintenance margin as a fraction of the notional; 0 where nothing is borrowed.
        calendar: one of `calendars.CALENDARS`.
        dated: ISO date of the schedule the numbers were taken from.
        source: that schedule, in words.
    """

    name: str
    dated: str
    source: str
    market: str | None = None
    taker_bps: float | None = None
    maker_bps: float | None = None
    funding_hours: int | None = None
    maintenance: float | None = None
    calendar: str | None = None


def venues() -> tuple[Venue, ...]:
    """All venues, the default first and `custom` last.

    >>> [venue.name for venue in venues()][:2]
    ['binance_perp', 'bybit_perp']
    """
    return tuple(_venues().values())


def find_venue(name: str) -> Venue:
    """The venue called `name`.

    Raises:
        ConfigError: there is none; the sentence names the nearest.

    >>> find_venue("kraken_spot").taker_bps
    40.0
    """
    known = _venues()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(str(name).lower(), known, n=1)
    hint = f"did you mean {near[0]}? Venues: " if near else "venues: "
    raise ConfigError(f'no venue "{name}"; {hint}{", ".join(known)}', key="account.venue", value=name)


@functools.cache
def tables() -> dict[str, dict[str, Any]]:
    """The packaged file of venues as it stands, by name."""
    text = (importlib.resources.files("bullmachine.market") / "venues.toml").read_text("utf-8")
    return tomllib.loads(text)


@functools.cache
def _venues() -> dict[str, Venue]:
    return {name: _venue(name, table) for name, table in tables().items()}


def _venue(name: str, table: dict[str, Any]) -> Venue:
    given = {key: value for key, value in table.items() if key != "instruments"}
    return Venue(**{**given, "name": name, "dated": given["dated"].isoformat()})
