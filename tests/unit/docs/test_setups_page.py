"""What the page on setups says they did on real bars is what the script beside it counts today."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

from tests.modes import compiled_only
from tests.unit.docs import pages
from tests.unit.docs.test_structure_pages import script

from bullmachine.config import load_config


@compiled_only
def test_the_tables_of_the_setups_are_what_the_script_counts(real_data: Callable[[str], pathlib.Path]) -> None:
    count = script("count_setups")
    assert tuple(load_config().setups.rows) == count.SETUPS
    found = [row for name in ("ETH", "BTC") for row in count.rows_of(real_data(f"ohlcv/{name}USDT_binance_1h.parquet"))]
    told = pages.rows(pages.section(pages.text("docs/method/setups.md"), "## The seven"))
    assert [row for row in told if len(row) == 8 and row[0].startswith("`")] == found
