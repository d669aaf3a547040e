"""One run that many tests read, and a shorthand for others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

import bullmachine as bm
from bullmachine.runs.result import Result

Backtest = Callable[..., Result]

#: thresholds that F reaches on both sides within a quarter
OFTEN: Final = {"fusion.on": 0.75, "fusion.off": 0.375}


@pytest.fixture(scope="session")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The synthetic sample from April to June 2022, into a folder of its own."""
    return _backtest(out=tmp_path_factory.mktemp("quarter") / "run")


@pytest.fixture
def backtest() -> Backtest:
    """`backtest(**changes)`: the same window with other arguments; without a `config` on top of `OFTEN`."""
    return _backtest


def _backtest(**changes: Any) -> Result:
    given: dict[str, Any] = {"start": "2022-04-01", "end": "2022-06-30", **changes}
    if "config" not in given:
        given["overrides"] = OFTEN | given.get("overrides", {})
    return bm.backtest(given.pop("source") if "source" in given else bm.sample(), **given)
