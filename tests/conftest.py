"""Where the suite finds real market data, and how it says that it found none."""

import os
import pathlib
from collections.abc import Callable

import pytest
from tests.invariants import every_run_adds_up

__all__ = ["every_run_adds_up", "real_data"]

DATA = pathlib.Path(os.environ.get("BULLMACHINE_DATA", pathlib.Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], pathlib.Path]:
    """`real_data("ohlcv/ETHUSDT_binance_1h.parquet")` is that file's path, or a skip with the reason."""

    def find(name: str) -> pathlib.Path:
        path = DATA / name
        if not path.exists():
            pytest.skip(f"no real data: {path} is absent (set BULLMACHINE_DATA)")
        return path

    return find
