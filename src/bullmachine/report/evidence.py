"""What engines said, as things that can be drawn: each from the moment it was known until its end.

A thing is an event that opens something. The event of state `end` whose parent it is ends it; without one it
lived to the end of the run. It fed a position when its id is evidence of the signal that asked for it
(`signals.parquet`), or when what fed it descends from it: a sweep from its pool, a shift from its break.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from bullmachine.report.glossary import TERMS
from bullmachine.report.pack import Block, milliseconds
from bullmachine.report.read import Run
from bullmachine.report.words import ended

__all__ = ["bar_time", "events_of", "extremes", "fed", "packed", "things"]

_SCORE_DIGITS: Final = 2


def events_of(run: Run, symbol: str) -> pl.DataFrame:
    """All events of a symbol, oldest first."""
    return run.of("engine_events", symbol)


def things(run: Run, symbol: str, kinds: Sequence[str]) -> pl.DataFrame:
    """Events of `kinds` with the time of their end (`end`) and how they ended (`over`, empty: they did not)."""
    events = events_of(run, symbol)
    found = events.filter(pl.col("kind").is_in(list(kinds)))
    over = events.filter(pl.col("state") == "end", pl.col("parent").is_in(found["id"].implode()))
    over = over.unique("parent", keep="first", maintain_order=True)
    over = over.select("parent", end="t_known", over=_ended(over))
    found = found.join(over, left_on="id", right_on="parent", how="left", maintain_order="left")
    return found.with_columns(pl.col("end").fill_null(_close(run, symbol)), pl.col("over").fill_null(""))


def _ended(over: pl.DataFrame) -> pl.Series:
    """How each ended; the few pairs of kind and reason are put into words once."""
    ways = over.select("kind", "reason").unique()
    words = [ended(kind, reason) for kind, reason in ways.iter_rows()]
    named = ways.with_columns(over=pl.Series(words, dtype=pl.String))
    return over.join(named, on=["kind", "reason"], maintain_order="left")["over"]


def _close(run: Run, symbol: str) -> pl.Expr:
    """The last close of the run."""
    return pl.lit(run.bars(symbol)["known"].max(), pl.Datetime("ms", "UTC"))


def fed(run: Run, symbol: str) -> pl.DataFrame:
    """Which event fed which position: columns `id`, `position`; worked out once, every layer asks."""
    if symbol not in run.fed:
        run.fed[symbol] = _fed(run, symbol)
    return run.fed[symbol]


def _fed(run: Run, symbol: str) -> pl.DataFrame:
    entries = run.of("legs", symbol).filter(pl.col("reason") == "entry")
    asked = run.of("signals", symbol).select(order_time="time", id="evidence").explode("id").drop_nulls("id")
    found = entries.join(asked, on="order_time").select("id", position="position_id").cast(pl.Int64)
    parents = events_of(run, symbol).filter(pl.col("parent") >= 0).select("id", "parent")
    fresh = found
    while len(fresh):
        fresh = fresh.join(parents, on="id").select("position", id="parent").select("id", "position").unique()
        fresh = fresh.join(found, on=["id", "position"], how="anti")
        found = pl.concat([found, fresh])
    return found.unique().sort("id", "position")


def bar_time(run: Run, symbol: str, rows: pl.DataFrame, bars: pl.Series) -> pl.Series:
    """Open times of the bars that lie `bars` before each row's `t_ref`, in the row's own timeframe.

    A bar before the run's first is given that one's time: the chart begins there.
    """
    times = milliseconds(rows["t_ref"]).copy()
    for tf in rows["tf"].unique():
        mine = (rows["tf"] == tf).to_numpy()
        opens = milliseconds(run.of("bars", symbol).filter(pl.col("tf") == tf)["time"])
        place = np.searchsorted(opens, times[mine]) - bars.to_numpy()[mine].astype(np.int64)
        times[mine] = opens[np.maximum(place, 0)]
    return pl.Series(times).cast(pl.Datetime("ms", "UTC"))


def extremes(run: Run, symbol: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `edge`: the high of the bar each is about where its `side` is above 0, else the low.

    A bar before the run's first is not known: then it is what the event says.
    """
    found = run.of("bars", symbol).select("tf", t_ref="time", top="high", bottom="low")
    rows = rows.join(found, on=["tf", "t_ref"], how="left", maintain_order="left")
    high, low = pl.coalesce("top", "hi"), pl.coalesce("bottom", "lo")
    return rows.with_columns(edge=pl.when(pl.col("side") > 0).then(high).otherwise(low)).drop("top", "bottom")


def packed(rows: pl.DataFrame, links: pl.DataFrame, block: Block, *more: str) -> dict[str, Any]:
    """The columns of things (`end` and `over` among them) and which of them fed what.

    Times are whole multiples of `unit` milliseconds: `known` from 1970 on, and `ref`, `end` and every other time
    among `more` as distances from it, which takes a byte or two of each. Prices among `more` stay as they are.

    Args:
        rows: things in order of `t_known`.
        links: what fed which position, see `fed`.
        block: where columns go.
        more: further columns: times, prices and texts.
    """
    known, unit = milliseconds(rows["t_known"]), _unit(rows)
    kinds = _kinds(rows)
    names = sorted(kinds.unique())
    made: dict[str, Any] = {
        "unit": unit,
        "kinds": [TERMS[name]._asdict() for name in names],
        "kind": block.put(np.searchsorted(names, kinds.to_list()) if names else [], alone=True),
        "tf": block.names(rows["tf"]),
        "dir": block.put(rows["dir"]),
        "known": block.put(known // unit),
        "score": block.put(np.round(rows["score"].to_numpy(), _SCORE_DIGITS), alone=True),
        "over": block.names(rows["over"]),
        "fed": _links(rows, links, block),
    }
    for name in ("t_ref", "end", *more):
        made[name.removeprefix("t_")] = _column(rows[name], known, unit, block)
    return made


def _kinds(rows: pl.DataFrame) -> pl.Series:
    """Kinds, with a `-` behind those that have another word where they point down."""
    down = pl.col("kind") + "-"
    turned = (pl.col("dir") < 0) & down.is_in(list(TERMS))
    return rows.select(pl.when(turned).then(down).otherwise("kind")).to_series()


def _column(values: pl.Series, known: np.ndarray[Any, Any], unit: int, block: Block) -> Any:
    if values.dtype == pl.String:
        return block.names(values)
    if values.dtype.is_temporal():
        return block.put((milliseconds(values) - known) // unit, alone=True)
    return block.put(values, alone=True)


def _links(rows: pl.DataFrame, links: pl.DataFrame, block: Block) -> dict[str, Any]:
    """Pairs of a thing's row and a position it fed."""
    found = rows.select("id").with_row_index("row").join(links, on="id").sort("row", "position")
    return {"row": block.put(found["row"]), "position": block.put(found["position"])}


def _unit(rows: pl.DataFrame) -> int:
    """The largest number of milliseconds of which every time is a multiple."""
    times = [milliseconds(column) for column in rows.iter_columns() if column.dtype.is_temporal()]
    return int(np.gcd.reduce(np.concatenate(times))) or 1 if len(rows) else 1
