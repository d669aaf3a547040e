"""The presets beside the default one: what they change, and that a calibration gives their numbers again."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

from tests.modes import compiled_only

from bullmachine.config import differences, load_config
from bullmachine.runs.base import read_base
from bullmachine.runs.calibrate import calibrate

Find = Callable[[str], pathlib.Path]


def test_eth_15m_is_the_default_preset_on_its_own_ladder_with_its_own_calibration() -> None:
    changed = {key for key, *_ in differences(load_config("eth_1h"), load_config("eth_15m"))}
    assert load_config("eth_15m").get("data.timeframes") == ("15m", "1h", "4h")
    others = {key for key in changed if not key.startswith(("fusion.", "calibration."))}
    assert others == {"data.timeframes"}
    assert all(".s_" in key or key in {"fusion.on", "fusion.off"} for key in changed if key.startswith("fusion."))


@compiled_only
def test_eth_15m_holds_what_its_calibration_finds(real_data: Find) -> None:
    """`bull calibrate ETHUSDT_binance_5m.parquet --until 2023-12-31 --config eth_15m`."""
    config = load_config("eth_15m")
    found = calibrate([read_base(real_data("ohlcv/ETHUSDT_binance_5m.parquet"), config)], config, "2023-12-31")
    assert found.scales == {key: config.get(key) for key in found.scales}
    fusion, said = config.decide.fusion, config.calibration
    assert (found.on, found.off) == (fusion.on, fusion.off)
    assert (found.slice, found.quantile, found.engines) == (said.slice, said.quantile, said.engines)
