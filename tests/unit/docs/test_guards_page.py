"""What the page on trading says the guards did to real bars is what the script beside it counts today."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

from tests.modes import compiled_only
from tests.unit.docs import pages
from tests.unit.docs.test_structure_pages import script


@compiled_only
def test_the_tables_of_the_guards_are_what_the_script_counts(real_data: Callable[[str], pathlib.Path]) -> None:
    count = script("count_guards")
    found = [count.measure(real_data(f"ohlcv/{name}USDT_binance_1h.parquet")) for name in ("ETH", "BTC")]
    told = list(pages.rows(pages.section(pages.text("docs/method/trading.md"), "## Measured")))
    rows = [row for row in told if "---" not in row and "ETH" not in row[1]]  # but for heads
    assert rows == count.of_guards(found) + count.of_years(found)


@compiled_only
def test_no_guard_of_the_preset_blocks_more_than_a_quarter_of_the_strongest_signals(
    real_data: Callable[[str], pathlib.Path],
) -> None:
    count = script("count_guards")
    for name in ("ETH", "BTC"):
        blocked = count.measure(real_data(f"ohlcv/{name}USDT_binance_1h.parquet")).blocked
        assert {guard for guard, share in blocked.items() if share > 0.25} == {"atr_throttle"}  # which is off
