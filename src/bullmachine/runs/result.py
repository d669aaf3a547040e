"""A finished run, read back from its folder: the same face for a run made now and one of last year."""

from __future__ import annotations

import functools
import json
import pathlib
from typing import TYPE_CHECKING, Any

from bullmachine.runs.folder import LAST, find_run

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Result", "open_run"]


class Result:
    """Tables and numbers of one run. Frames are polars, read when first asked for (`.to_pandas()` works).

    Args:
        path: the run folder.
    """

    def __init__(self, path: str | pathlib.Path) -> None:
        self.path = pathlib.Path(path)

    @functools.cached_property
    def summary(self) -> dict[str, Any]:
        """The numbers of the result table."""
        return self._json("summary.json")

    @functools.cached_property
    def manifest(self) -> dict[str, Any]:
        """What was run on what, with fingerprints, funnel and timings."""
        return self._json("manifest.json")

    @functools.cached_property
    def positions(self) -> pl.DataFrame:
        """One row per position: one entry to flat."""
        return self._frame("positions")

    @functools.cached_property
    def legs(self) -> pl.DataFrame:
        """One row per fill and per funding settlement."""
        return self._frame("legs")

    @functools.cached_property
    def orders(self) -> pl.DataFrame:
        """One row per step of an order that is no fill: placed, moved, or ended."""
        return self._frame("orders")

    @functools.cached_property
    def ambiguity(self) -> pl.DataFrame:
        """One row per position with an ambiguous bar: as taken, at worst, at best."""
        return self._frame("ambiguity")

    @functools.cached_property
    def signals(self) -> pl.DataFrame:
        """The bars that asked for a trade, with the guards that blocked them."""
        return self._frame("signals")

    @functools.cached_property
    def decisions(self) -> pl.DataFrame:
        """One row per decided bar."""
        return self._frame("decisions")

    @functools.cached_property
    def events(self) -> pl.DataFrame:
        """What the engines said, with `t_ref` and `t_known`."""
        return self._frame("engine_events")

    @functools.cached_property
    def equity(self) -> pl.DataFrame:
        """The account at every decided close."""
        return self._frame("equity")

    @functools.cached_property
    def context(self) -> pl.DataFrame:
        """Every change of a macro value."""
        return self._frame("context")

    @functools.cached_property
    def bars(self) -> pl.DataFrame:
        """The window's bars of every timeframe as the machine saw them."""
        return self._frame("bars")

    def __repr__(self) -> str:
        """Name, positions and net R."""
        return f"Result({self.path.name!r}, positions={self.summary['positions']}, r_net={self.summary['r_net']:+.2f})"

    def _json(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
        return found

    def _frame(self, name: str) -> pl.DataFrame:
        import polars  # noqa: ICN001, PLC0415  (0.2 s that a run without frames does not pay)

        return polars.read_parquet(self.path / f"{name}.parquet", glob=False)


def open_run(name: str | pathlib.Path = LAST, directory: str | pathlib.Path = "runs") -> Result:
    """A finished run by its folder, by its name in `directory`, or the `last` one there.

    Raises:
        OutputError: there is no such run; the sentence names the newest.
    """
    return Result(find_run(str(name), pathlib.Path(directory)))
