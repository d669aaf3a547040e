"""Running the whole machine and keeping everything it said, in forms that compare byte for byte."""

import dataclasses
import itertools
import pathlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numba
import numpy as np
import polars as pl
import pytest

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.time import HOUR
from bullmachine.fusion.params import FusionParams, Mix
from bullmachine.machine.feed import Outside
from bullmachine.machine.machine import Chunk, Machine
from bullmachine.machine.records import SenseParams
from bullmachine.macro.context import MacroRules
from bullmachine.macro.rules import Blocks, Rule
from bullmachine.macro.series import Series
from bullmachine.macro.table import MacroTable
from bullmachine.macro.timeline import Timeline, timeline
from bullmachine.market.sample import sample_rows
from bullmachine.testing.markets import random_market, spoiled
from bullmachine.trading.exit_params import ExitParams, OnOpposite, TargetAt, TargetParams, Trail, TrailFrom
from bullmachine.trading.params import CostParams, DecideParams, GuardParams
from bullmachine.trading.records import Instrument

Array = np.ndarray[Any, Any]
Finder = Callable[[str], pathlib.Path]

compiled_only = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="the machine on arrays takes minutes without the JIT; the twins run there"
)

OF_PIECE: Final = ("bars", "readings", "decisions", "events", "slow_bars")
OF_MONEY: Final = ("marks", "holdings", "legs", "closed", "notes")
PARTS: Final = OF_MONEY + OF_PIECE  #: of one symbol; the second's pieces are `bars.1` and so on


def made(cls: Any, **values: Any) -> Any:
    """A record or Params; mypy takes the fields made with `nested` for required ones."""
    return cls(**values)


#: guards that hold back little, but keep their memories busy
EAGER: Final = GuardParams(
    losses=8,
    losses_hours=48.0,
    losses_pause_hours=3.0,
    cooldown_bars=1,
    max_daily_loss=0.2,
    max_drawdown=0.9,
    max_cost_r=100.0,
)
LADDER: Final = {
    "target_1": TargetParams(at=TargetAt.R, r=0.8, size=0.5),
    "target_2": TargetParams(at=TargetAt.R, r=1.5, size=0.3),
}
#: a machine that trades often, so that a few hundred bars hold fills of every kind
BUSY: Final = made(
    DecideParams,
    fusion=made(FusionParams, on=0.25, off=0.2, momentum=Mix(s_trend=0.3, s_reversal=0.05)),
    exits=made(ExitParams, stop_atr=0.8, trail_atr=1.5, **LADDER),
    guards=EAGER,
)
#: one that differs from it in every section
OTHER: Final = made(
    DecideParams,
    fusion=made(FusionParams, on=0.9, off=0.1),
    exits=made(
        ExitParams, stop_atr=5.0, target_1=TargetParams(at=TargetAt.R, r=0.5, size=1.0), on_opposite=OnOpposite.IGNORE,
        trail=Trail.PERCENT, trail_from=TrailFrom.ENTRY, max_bars=30,
    ),
    costs=CostParams(taker_bps=50.0),
    guards=EAGER,
)  # fmt: skip

MARKETS: Final = ("sample", "nasty", "with refused rows", "Kraken", "ETH")


def market(name: str, real_data: Finder, n: int = 1500) -> Array:
    """`n` rows of a market by name; the real ones skip the test when there is no data."""
    if name == "sample":
        return sample_rows(n)
    if name == "nasty":
        return random_market(5, n)
    if name == "with refused rows":
        return spoiled(random_market(6, n), 6)[0]
    file, first = {"Kraken": ("ETHUSD_kraken_1h", 0), "ETH": ("ETHUSDT_binance_1h", 7000)}[name]
    return real_rows(real_data(f"ohlcv/{file}.parquet"))[first : first + n]


def real_rows(path: pathlib.Path) -> Array:
    frame = pl.read_parquet(path)
    columns = (frame[name].to_numpy() for name in ("open", "high", "low", "close", "volume"))
    return rows_from_columns(frame["timestamp"].dt.epoch("ms").to_numpy(), *columns)


@dataclasses.dataclass(frozen=True, slots=True)
class Trace:
    """Every part of every chunk put together, how many records there were after each chunk, and the state."""

    said: dict[str, Array]
    counts: Array
    snapshot: bytes

    def until(self, piece: int) -> dict[str, Array]:
        """What had been said once piece number `piece` was taken (-1: nothing)."""
        ends = self.counts[piece] if piece >= 0 else [0] * len(self.said)
        return {part: self.said[part][:end] for part, end in zip(self.said, ends, strict=True)}


def _weather() -> tuple[MacroRules, Timeline]:
    """Rules that speak and fall silent every few days, on a series from 1970 to 2030."""
    hours = np.arange(0, 60 * 366 * 24, 29) * HOUR
    rng = np.random.default_rng(11)
    series = {"x": Series(release="at its stamp", max_age=1.0), "y": Series(release="+0 days 22:00")}
    rules = {
        "high": Rule(series="x", on=1.6, off=0.5, blocks=Blocks.LONG, weight=0.6),
        "low": Rule(series="x", on=-1.6, off=-0.5, blocks=Blocks.SHORT, weight=0.6, closes=True),
        "quiet": Rule(series="y", transform="change_2d", on=0.0, off=-0.1, weight=0.3, quiet=0.05),
    }
    table = MacroTable(rules, series)
    days = hours[::19]
    values = {"x": (hours, rng.normal(size=len(hours))), "y": (days, rng.normal(size=len(days)))}
    return table.kernel(), timeline(table, values, alt=True)


WEATHER: Final = _weather()


def fresh(
    decide: DecideParams = BUSY, sense: SenseParams | None = None, *, symbols: int = 1, trade_from: int = -(2**62),
    outside: Sequence[Outside] = (),
) -> Machine:  # fmt: skip
    return Machine(
        made(SenseParams) if sense is None else sense, decide, trade_from=trade_from,
        instruments=[Instrument() for _ in range(symbols)], macro=WEATHER[0],
        outside=outside or [Outside(macro=WEATHER[1]) for _ in range(symbols)],
    )  # fmt: skip


def parts_of(chunk: Chunk) -> dict[str, Array]:
    """Every part of a chunk by its name."""
    found = {part: getattr(chunk.money, part) for part in OF_MONEY}
    for k, piece in enumerate(chunk.pieces):
        found |= {f"{part}.{k}" if k else part: getattr(piece, part) for part in OF_PIECE}
    return found


def names_of(symbols: int) -> tuple[str, ...]:
    """The parts of a machine of so many symbols."""
    return (*PARTS, *(f"{part}.{k}" for k in range(1, symbols) for part in OF_PIECE))


def follow(machine: Machine, rows: Array, cuts: Iterable[int] = ()) -> Trace:
    """Feed `rows` from where the machine is, in pieces that end at `cuts`."""
    return follow_all(machine, [[rows[a:b]] for a, b in itertools.pairwise([0, *cuts, len(rows)])])


def follow_all(machine: Machine, pieces: Iterable[Sequence[Array]]) -> Trace:
    """Feed pieces, each with one array of rows per symbol, from where the machine is."""
    parts = names_of(len(machine.senses))
    kept: dict[str, list[Array]] = {part: [] for part in parts}
    for piece in pieces:
        for chunk in machine.advance(*piece):
            found = parts_of(chunk)
            if not any(len(own.bars) for own in chunk.pieces):  # every row was refused: nothing can be said of it
                assert not any(len(records) for records in found.values())
                continue
            for part, records in found.items():
                kept[part].append(records.copy())
    lengths = [[len(piece) for piece in kept[part]] for part in parts]
    said = {part: np.concatenate(pieces) for part, pieces in kept.items() if pieces}
    return Trace(said, np.cumsum(np.array(lengths).T, axis=0), machine.snapshot())


def bar_by_bar(machine: Machine, rows: Array) -> Trace:
    return follow(machine, rows, range(1, len(rows)))


def differences(expected: dict[str, Array], found: dict[str, Array]) -> list[str]:
    """Each part that differs, its lengths and its first record that does; empty when all bytes are equal."""
    return [
        f"{part}: {len(a)} against {len(b)} records, the first that differs is {_first(a, b)}"
        for part, a, b in ((part, expected[part], found[part]) for part in expected)
        if a.tobytes() != b.tobytes()
    ]


def compare(expected: Trace, found: Trace) -> list[str]:
    odd = differences(expected.said, found.said)
    return odd if expected.snapshot == found.snapshot else [*odd, "snapshot"]


def _first(a: Array, b: Array) -> int:
    pairs = zip(a, b, strict=False)
    return next((k for k, (x, y) in enumerate(pairs) if x.tobytes() != y.tobytes()), min(len(a), len(b)))
