"""Counts what the structure engines say about a file of hourly bars, how late, and why things end.

    python docs/method/count_structure.py ETHUSDT_1h.parquet

The tables "Measured" of smc.md, hob.md and wyckoff.md are what this prints; a test compares them. SMC and HOB are
counted on 1h and 4h, Wyckoff on 1d too, which is where it runs.
"""

from __future__ import annotations

import collections
import pathlib
import sys
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import polars as pl

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.events import Reason, State
from bullmachine.engines.hob import Hob
from bullmachine.engines.hob import Kind as HobKind
from bullmachine.engines.levels import LevelsParams, PivotParams
from bullmachine.engines.smc import Kind as SmcKind
from bullmachine.engines.wyckoff import Kind as WyckoffKind
from bullmachine.engines.wyckoff import MarkupParams, Phase, Wyckoff, WyckoffParams

__all__ = [
    "born", "ends", "engine_of", "fates", "kinds", "left", "measure", "measure_ranges", "met", "rows_of", "signs", "unseen",
]  # fmt: skip

Array: TypeAlias = np.ndarray[Any, Any]
Kinds: TypeAlias = type[SmcKind] | type[HobKind] | type[WyckoffKind]
Measured: TypeAlias = dict[str, tuple[int, Array]]

PIVOTS: Final = {"1h": 5, "4h": 3, "1d": 3}  #: the k of the base, the middle and the slow timeframe
MARKUPS: Final = {"1h": 200, "4h": 120, "1d": 40}  #: and the bars a markup counts on them
_PRICES: Final = ("open", "high", "low", "close", "volume")
_ENDS: Final = (SmcKind.SMC_END, HobKind.HOB_MITIGATED, HobKind.HOB_END)
_MET: Final[dict[str, tuple[int, ...]]] = {
    "order block or breaker": (SmcKind.OB,), "inverted gap": (SmcKind.FVG,), "hidden block": (HobKind.HOB, HobKind.PHOB)
}  # fmt: skip
_WHAT: Final[dict[int, str]] = {
    SmcKind.FVG: "gap", SmcKind.IFVG: "inverted gap", SmcKind.OB: "order block", SmcKind.BREAKER: "breaker",
    SmcKind.POOL: "pool", SmcKind.SMR: "reversal",
}  # fmt: skip


def measure(path: pathlib.Path) -> Measured:
    """Timeframe -> how many bars it has, and its events, of a parquet file with `timestamp`, prices and `volume`."""
    hours = pl.read_parquet(path)
    rows = {timeframe: rows_of(hours, timeframe) for timeframe in ("1h", "4h")}
    return {timeframe: (len(found), _events(found, timeframe)) for timeframe, found in rows.items()}


def measure_ranges(path: pathlib.Path) -> Measured:
    """The same of Wyckoff, on three timeframes."""
    hours = pl.read_parquet(path)
    rows = {timeframe: rows_of(hours, timeframe) for timeframe in PIVOTS}
    return {timeframe: (len(found), _ranges(found, timeframe)) for timeframe, found in rows.items()}


def rows_of(hours: pl.DataFrame, timeframe: str) -> Array:
    """The bars of a timeframe; hours are joined as the machine joins them, aligned to midnight UTC."""
    made = hours.group_by_dynamic("timestamp", every=timeframe).agg(
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").last(),
        pl.col("volume").sum(),
    )
    stamps = made["timestamp"].dt.epoch("ms").to_numpy()
    return rows_from_columns(stamps, *(made[name].to_numpy() for name in _PRICES))


def _events(rows: Array, timeframe: str) -> Array:
    """Everything said on these bars: the log of the second engine holds that of the first."""
    levels: Any = LevelsParams
    engine = Hob(timeframe=timeframe, levels=levels(pivot=PivotParams(k=PIVOTS[timeframe])))
    engine.run(rows)
    return engine.event_array()


def _ranges(rows: Array, timeframe: str) -> Array:
    engine = engine_of(timeframe)
    engine.run(rows)
    return engine.event_array()


def engine_of(timeframe: str) -> Wyckoff:
    """Wyckoff as the machine runs it on a timeframe."""
    levels, markup, wyckoff = (cls for cls in (LevelsParams, MarkupParams, WyckoffParams))  # type: tuple[Any, Any, Any]
    pivots = levels(pivot=PivotParams(k=PIVOTS[timeframe]))
    return Wyckoff(wyckoff(markup=markup(e_max=MARKUPS[timeframe])), timeframe=timeframe, levels=pivots)


def _lag(events: Array) -> str:
    """Median and 90th percentile of `known` - `ref` in bars; one number where they are equal."""
    if len(events) == 0:
        return ""
    middle, late = np.percentile(events["i_known"] - events["i_ref"], [50, 90], method="higher").astype(int)
    return f"{middle:,}" if middle == late else f"{middle:,}, {late:,}"


def kinds(of: Kinds, measured: Measured) -> list[list[str]]:
    """A row for each kind: its number and name, then count and lag on each timeframe."""
    made = []
    for kind in of:
        found = [events[events["kind"] == kind] for _, events in measured.values()]
        made.append([str(int(kind)), f"`{kind.name}`", *(cell for e in found for cell in (f"{len(e):,}", _lag(e)))])
    return made


def _ended(event: Any) -> tuple[str, str]:
    """What ended, and why."""
    reason = f"`{Reason(event['reason']).name}`"
    if event["kind"] == SmcKind.SMC_END:
        return _WHAT[int(event["ev"][0])], reason
    return "hidden block" if event["ev"][0] > 0 else "reaction", reason  # times skipped; a reaction has none


def ends(of: Kinds, measured: Measured) -> list[list[str]]:
    """A row for what ended with a reason, and one for want of room: what, why, how often on each timeframe."""
    told = [events[np.isin(events["kind"], [k for k in _ENDS if k in list(of)])] for _, events in measured.values()]
    counts = [collections.Counter(_ended(e) for e in found) for found in told]
    full = [sum(n for (_, why), n in count.items() if why == "`CAPACITY`") for count in counts]
    found = sorted(key for key in set().union(*counts) if key[1] != "`CAPACITY`")
    rows = [[what, why, *(f"{count[what, why]:,}" for count in counts)] for what, why in found]
    return [*rows, ["anything", "`CAPACITY`", *(f"{n:,}" for n in full)]]


def met(measured: Measured) -> list[list[str]]:
    """What the zones of reactions were, and how often on each timeframe."""
    told = [_parents(events) for _, events in measured.values()]
    return [[name, *(f"{sum(p in of for p in found):,}" for found in told)] for name, of in _MET.items()]


def _parents(events: Array) -> list[int]:
    """The kind of the event that made each reaction's zone."""
    made = dict(zip(events["id"].tolist(), events["kind"].tolist(), strict=True))
    return [made[parent] for parent in events["parent"][events["kind"] == HobKind.HOB_REACTION].tolist()]


def left(measured: Measured) -> list[list[str]]:
    """How structures ended: phase, reason, event, and how often on each timeframe."""
    of = (WyckoffKind.ACC_FAIL, WyckoffKind.DIST_FAIL, WyckoffKind.RANGE_END)
    told = [events[np.isin(events["kind"], of)] for _, events in measured.values()]
    counts = [collections.Counter((int(e["kind"]), int(e["ev"][0]), int(e["reason"])) for e in found) for found in told]
    return [
        [Phase(at).name, f"`{Reason(why).name}`", f"`{WyckoffKind(k).name}`", *(f"{n[k, at, why]:,}" for n in counts)]
        for k, at, why in sorted(set().union(*counts))
    ]


def signs(measured: Measured) -> list[list[str]]:
    """Signs of strength and weakness: schematic, bar or leg, event, and how often on each timeframe."""
    told = [events[np.isin(events["kind"], (WyckoffKind.SOS, WyckoffKind.SOW))] for _, events in measured.values()]
    counts = [collections.Counter((int(e["kind"]), int(e["ev"][0]), int(e["ev"][5])) for e in found) for found in told]
    return [
        [f"schematic {n}", ("bar", "leg")[leg], f"`{WyckoffKind(k).name}`", *(f"{c[k, n, leg]:,}" for c in counts)]
        for k, n, leg in sorted(set().union(*counts))
    ]


def born(measured: Measured) -> list[list[str]]:
    """Springs and upthrusts told for the first time: in ranges from a climax, in locked ones, on each timeframe."""
    made = []
    for kind in (WyckoffKind.SPRING, WyckoffKind.UTAD):
        for base, words in ((WyckoffKind.AR, "from a climax"), (WyckoffKind.RANGE, "without a climax")):
            counts = [_of_base(events, kind, base) for _, events in measured.values()]
            made.append([words, f"`{kind.name}`", *(f"{n:,}" for n in counts)])
    return made


def _of_base(events: Array, kind: int, base: int) -> int:
    first = events[(events["kind"] == kind) & (events["state"] == State.NEW)]
    return int(np.isin(first["parent"], events["id"][events["kind"] == base]).sum())


def fates(measured: Measured) -> list[list[str]]:
    """How many structures of both sides began with a climax, became ranges, and came to a spring or a sign."""
    rows = {
        "first climax": _climaxes,
        "automatic rally or reaction": _from_climax,
        "spring, or sign of strength or weakness": _came_to,
    }
    return [[name, *(f"{len(of(events)):,}" for _, events in measured.values())] for name, of in rows.items()]


def _climaxes(events: Array) -> Array:
    return events["id"][np.isin(events["kind"], (WyckoffKind.SC, WyckoffKind.BC)) & (events["state"] == State.NEW)]


def _from_climax(events: Array) -> Array:
    return events["id"][events["kind"] == WyckoffKind.AR]


def _came_to(events: Array) -> Array:
    """The ranges from a climax that are parents of such an event; a sign after a spring is of the spring's."""
    signs = (WyckoffKind.SPRING, WyckoffKind.UTAD, WyckoffKind.SOS, WyckoffKind.SOW)
    return np.intersect1d(_from_climax(events), events["parent"][np.isin(events["kind"], signs)])


def unseen(measured: Measured) -> list[list[str]]:
    """How many locked ranges of 4h had none on 1h, from a climax or without, at least four fifths as high then."""
    slow, fast = (measured[timeframe][1] for timeframe in ("4h", "1h"))
    wide = slow[slow["kind"] == WyckoffKind.RANGE]
    made = fast[np.isin(fast["kind"], (WyckoffKind.AR, WyckoffKind.RANGE))]
    missed = 0
    for one in wide:
        then = made[(made["t_known"] >= one["t_ref"]) & (made["t_known"] <= one["t_known"])]
        missed += not np.any(then["hi"] - then["lo"] >= 0.8 * (one["hi"] - one["lo"]))
    return [["locked on 4h", "none four fifths as high then", f"{missed:,} of {len(wide):,}"]]


def _show(rows: Sequence[Sequence[str]]) -> None:
    for row in rows:
        print("| " + " | ".join(row) + " |")  # noqa: T201
    print()  # noqa: T201


def main(path: str) -> None:
    """Print all tables."""
    measured = measure(pathlib.Path(path))
    print(", ".join(f"{bars:,} bars of {timeframe}" for timeframe, (bars, _) in measured.items()))  # noqa: T201
    for of in (SmcKind, HobKind):
        _show(kinds(of, measured))
        _show(ends(of, measured))
    _show(met(measured))
    ranges = measure_ranges(pathlib.Path(path))
    print(", ".join(f"{bars:,} bars of {timeframe}" for timeframe, (bars, _) in ranges.items()))  # noqa: T201
    _show(kinds(WyckoffKind, ranges))
    _show(left(ranges))
    _show(signs(ranges))
    _show(fates(ranges))
    _show(born(ranges))
    _show(unseen(ranges))


if __name__ == "__main__":
    main(sys.argv[1])
