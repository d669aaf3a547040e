"""What one symbol brings into a run: bars and their window, its instrument, and what comes from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bullmachine.config import Config
from bullmachine.core.errors import ConfigError, InputError
from bullmachine.machine.feed import Outside
from bullmachine.machine.stages import instrument_of
from bullmachine.market.instruments import find_instrument
from bullmachine.market.report import Bars
from bullmachine.market.sample import SAMPLE_NAME
from bullmachine.runs.window import Window
from bullmachine.trading.records import Instrument
from bullmachine.trading.rows import MAX_SYMBOLS

__all__ = ["Traded", "by_symbol", "instrument_for", "names_of"]


@dataclass(slots=True)
class Traded:
    """One symbol of a run."""

    symbol: str
    bars: Bars
    window: Window
    instrument: Instrument
    outside: Outside = field(default_factory=Outside)

    @property
    def synthetic(self) -> bool:
        """Whether its bars are the packaged invented ones."""
        return self.bars.report.symbol == SAMPLE_NAME

    @property
    def opens(self) -> np.ndarray[Any, Any]:
        """Open times of the decided bars."""
        found: np.ndarray[Any, Any] = self.window.rows["ts"][self.window.warm_up :]
        return found


def names_of(files: Sequence[Bars], given: Sequence[str] = ()) -> list[str]:
    """The symbols' names, as given or from their files.

    Raises:
        InputError: none or too many are given, or two have one name.
    """
    names = list(given) or [bars.report.symbol or bars.report.name for bars in files]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(
            f"two files are of {twice}: give each symbol once, or name the files after their symbols "
            "(frames: {name: frame})"
        )
    if not 1 <= len(names) <= MAX_SYMBOLS:
        raise InputError(f"{len(names)} symbols: one account holds 1 to {MAX_SYMBOLS}")
    return names


def instrument_for(config: Config, symbol: str) -> tuple[Instrument, str]:
    """The symbol's steps at the configured venue, settings first, and a note where they are assumed."""
    venue, account = str(config.get("account.venue")), config.decide.account
    found = find_instrument(venue, symbol)
    listed = Instrument(tick=found.tick, lot=found.lot, min_notional=found.min_notional)
    made = instrument_of(config.decide, listed)
    given = account.tick > 0.0 and account.lot > 0.0
    if not found.assumed or given or venue == "custom" or symbol == SAMPLE_NAME:
        return made, ""
    return made, f"{symbol} is not listed for {venue}: a tick of {made.tick:g} and a lot of {made.lot:g} are assumed"


def by_symbol(given: Any, names: Sequence[str], what: str) -> dict[str, Any]:
    """What was given for each symbol: one thing for the one symbol, or a mapping from their names.

    Raises:
        ConfigError: a name is none of the run's, or several symbols share one thing.
    """
    if given is None:
        return {}
    if isinstance(given, Mapping):
        unknown = next((name for name in given if name not in names), None)
        if unknown is not None:
            raise ConfigError(f"{what} for {unknown!r}: the symbols of this run are {', '.join(names)}", key=what)
        return dict(given)
    if len(names) > 1:
        raise ConfigError(f"{what}: say which symbol it is for, as {names[0]}=FILE", key=what)
    return {names[0]: given}
