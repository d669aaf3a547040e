"""Counts what each guard of the state does to the strongest signals of files of hourly bars, and what is traded.

    python docs/method/count_guards.py ETHUSDT_1h.parquet BTCUSDT_1h.parquet

The tables "Measured" of trading.md are what this prints. The strongest signals are the bars of 2019 to 2025 on which
abs F is at least its own 97 % quantile over them, once nothing is warming up. Positions are those of one account per
file, with the preset, and with the guards that judge the market switched off.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import polars as pl

from bullmachine.config import Config, load_config
from bullmachine.core.bars import rows_from_columns
from bullmachine.core.time import to_ms
from bullmachine.machine.machine import Machine
from bullmachine.trading.guards import OF_MARKET, Guard

__all__ = ["Measured", "measure", "of_guards", "of_years"]

Array: TypeAlias = np.ndarray[Any, Any]

FIRST, AFTER = 2019, 2026
QUANTILE: Final = 0.97
#: the guards that judge the market, switched off
OFF: Final[dict[str, object]] = {
    "guards.volatility_low": 0.0, "guards.volatility_high": 1.0, "guards.htf_strength": 0.0,
    "guards.opposed_quality": 0.0, "guards.both_sides": "off", "guards.fresh_shift_bars": 0, "guards.room_r": 0.0,
}  # fmt: skip
#: with those that the preset leaves off
ALL: Final[dict[str, object]] = {
    "guards.throttle_low": 0.2, "guards.throttle_high": 0.95, "guards.require_alignment": "on",
}  # fmt: skip
_PRICES: Final = ("open", "high", "low", "close", "volume")


class Measured(NamedTuple):
    """Of one file: by guard the share of the strongest signals and of all bars it blocks; positions by year."""

    strongest: int
    blocked: dict[str, float]
    bars: dict[str, float]
    together: float
    before: dict[int, int]
    after: dict[int, int]


def measure(path: pathlib.Path) -> Measured:
    """Everything of one file with `timestamp`, prices and `volume`."""
    hours = pl.read_parquet(path)
    rows = rows_from_columns(hours["timestamp"].dt.epoch("ms").to_numpy(), *(hours[n].to_numpy() for n in _PRICES))
    time, f, masks, _ = _follow(rows, load_config(None, ALL))
    known = (time >= _year(FIRST)) & (time < _year(AFTER)) & (masks & 1 << Guard.WARMUP == 0)
    f, masks = f[known], masks[known]
    strong = np.abs(f) >= np.quantile(np.abs(f), QUANTILE)
    some = [guard for guard in Guard if 1 << guard & OF_MARKET]
    shipped = OF_MARKET & ~(1 << Guard.ATR_THROTTLE | 1 << Guard.MTF_UNALIGNED)
    return Measured(
        strongest=int(strong.sum()),
        blocked={g.name.lower(): float((masks[strong] >> g & 1).mean()) for g in some},
        bars={g.name.lower(): float((masks >> g & 1).mean()) for g in some},
        together=float((masks[strong] & shipped != 0).mean()),
        before=_by_year(_follow(rows, load_config(None, OFF))[3]),
        after=_by_year(_follow(rows, load_config(None))[3]),
    )


def _year(year: int) -> int:
    return to_ms(pl.select(pl.datetime(year, 1, 1, time_zone="UTC")).item())


def _follow(rows: Array, config: Config) -> tuple[Array, Array, Array, Array]:
    """Close times, F, the mask against F's side, and when positions were entered."""
    machine, said, entered = Machine(config.sense, config.decide), [], []
    for chunk in machine.advance(rows):
        made = chunk.pieces[0].decisions
        f = made["score"]["f"].copy()
        said.append((made["time"].copy(), f, np.where(f > 0.0, made["guards_long"], made["guards_short"])))
        entered.append(chunk.money.closed["entry_time"].copy())
    time, f, masks = (np.concatenate(part) for part in zip(*said, strict=True))
    return time, f, masks, np.concatenate(entered)


def _by_year(times: Array) -> dict[int, int]:
    return {year: int(((times >= _year(year)) & (times < _year(year + 1))).sum()) for year in range(FIRST, AFTER)}


def of_guards(found: Sequence[Measured]) -> list[list[str]]:
    """A row for each guard, one for all that the preset has on, and one that counts the strongest signals."""

    def cells(shares: Sequence[tuple[float, float]]) -> list[str]:
        return [f"{100 * share:.1f} %" for pair in shares for share in pair]

    made = [[f"`{name}`", *cells([(m.blocked[name], m.bars[name]) for m in found])] for name in found[0].blocked]
    made.append(["those of the preset together", *(c for m in found for c in (f"{100 * m.together:.1f} %", ""))])
    return [*made, ["strongest signals", *(c for m in found for c in (f"{m.strongest:,}", ""))]]


def of_years(found: Sequence[Measured]) -> list[list[str]]:
    """A row for each year: positions without the guards that judge the market, and with the preset."""
    return [[str(year), *(str(n) for m in found for n in (m.before[year], m.after[year]))] for year in found[0].before]


def main(paths: list[str]) -> None:
    """Print both tables."""
    found = [measure(pathlib.Path(path)) for path in paths]
    for row in (*of_guards(found), *of_years(found)):
        print("| " + " | ".join(row) + " |")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
