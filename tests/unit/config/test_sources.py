"""Presets, files and overrides: which wins, and what is said when one cannot be read."""

import importlib.resources
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bullmachine.config import load_config, presets
from bullmachine.core.errors import ConfigError
from bullmachine.fusion.params import FusionParams

Write = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    def write(text: str | bytes, name: str = "my.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refusal(source: Any, overrides: Any = ()) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(source, overrides)
    return str(caught.value)


@pytest.mark.parametrize("name", presets())
def test_every_preset_loads_under_its_name_with_the_values_it_tells(name: str) -> None:
    text = (importlib.resources.files("bullmachine.config") / f"presets/{name}.toml").read_text("utf-8")
    config = load_config(name)
    assert config.name == name
    told = [(f"{k}.{j}", w) for k, v in tomllib.loads(text).items() for j, w in v.items()]
    assert all(config.get(key) == value for key, value in told if not isinstance(value, dict))


def test_without_a_source_the_first_preset_is_loaded() -> None:
    assert load_config() == load_config("eth_1h")


def test_a_file_starts_from_the_defaults_or_from_the_preset_it_names(written: Write) -> None:
    plain = load_config(written("[risk]\nper_trade = 0.02\n", "plain.toml"))
    based = load_config(str(written('preset = "eth_1h"\n[risk]\nper_trade = 0.02\n', "based.toml")))
    assert (plain.name, based.name) == ("plain", "based")
    assert plain.get("risk.per_trade") == based.get("risk.per_trade") == 0.02
    preset = load_config("eth_1h")
    assert plain.get("fusion.momentum.s_trend") == FusionParams().momentum.s_trend
    assert based.get("fusion.momentum.s_trend") == preset.get("fusion.momentum.s_trend")
    assert plain.get("fusion.momentum.s_trend") != preset.get("fusion.momentum.s_trend")


def test_later_overrides_win_over_earlier_ones_and_all_win_over_the_file(written: Write) -> None:
    path = written('preset = "eth_1h"\n[fusion]\non = 0.9\noff = 0.1\n')
    assert load_config(path).get("fusion.on") == 0.9
    config = load_config(path, ["fusion.on=0.8", "fusion.on=0.7"])
    assert (config.get("fusion.on"), config.get("fusion.off")) == (0.7, 0.1)
    assert load_config(path, ["fusion={on=0.3}", "fusion.on=0.4"]).get("fusion.on") == 0.4


def test_a_value_that_is_overridden_need_not_be_valid(written: Write) -> None:
    assert load_config(written("[fusion]\non = 7\noff = 0.1\n"), ["fusion.on=0.7"]).get("fusion.on") == 0.7


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("trade.side=long", "trade.side", "long"),
        ('trade.side="long"', "trade.side", "long"),
        (" fusion.on = 0.5 ", "fusion.on", 0.5),
        ("fusion.on=.5", "fusion.on", 0.5),
        ("fusion.on=1", "fusion.on", 1.0),
        ("guards.gap_bars=1_000", "guards.gap_bars", 1000),
        ("fusion.mode=single:hob", "fusion.mode", "single:hob"),
        ("calibration.slice=a=b c", "calibration.slice", "a=b c"),
        ("calibration.slice=", "calibration.slice", ""),
        ("calibration.slice='a'\nb=1", "calibration.slice", "'a'\nb=1"),
        ("data.timeframes=15m,1h,4h", "data.timeframes", ("15m", "1h", "4h")),
        ('data.timeframes=["15m", "1h", "4h"]', "data.timeframes", ("15m", "1h", "4h")),
        ("data.timeframes=[15m,1h,4h]", "data.timeframes", ("15m", "1h", "4h")),
        ("data.timeframes=60m,240m,24H", "data.timeframes", ("1h", "4h", "1d")),
        ("data.timeframes=1d,3d,6d", "data.timeframes", ("1d", "3d", "6d")),
        ("data.timeframes=4h,1d,7d", "data.timeframes", ("4h", "1d", "1w")),
    ],
)
def test_override_texts_are_toml_values_or_bare_words(text: str, key: str, value: object) -> None:
    assert load_config(overrides=[text, "fusion.off=0"]).get(key) == value


def test_one_text_is_one_override() -> None:
    assert load_config(overrides="trade.side=long") == load_config(overrides=["trade.side=long"])


def test_the_place_of_a_wrong_value_is_its_last_source(written: Write) -> None:
    path = written('preset = "eth_1h"\n[fusion]\non = 7\n')
    assert refusal(path) == f"fusion.on = 7 in {path} is above 1; allowed: 0.01 to 1"
    assert refusal(path, ["fusion.on=8"]) == "fusion.on = 8 in --set is above 1; allowed: 0.01 to 1"
    assert refusal(None, {"fusion": {"on": 9}}) == "fusion.on = 9 in overrides is above 1; allowed: 0.01 to 1"


def test_an_unknown_key_in_a_file_names_the_file(written: Write) -> None:
    path = written("[fusion]\nonn = 1\n")
    assert refusal(path) == f'unknown setting "fusion.onn" in {path}; did you mean fusion.on?'


def test_a_syntax_error_names_file_and_line(written: Write) -> None:
    path = written("[fusion]\non = = 1\n")
    assert refusal(path).startswith(f"{path} is not valid TOML: ")
    assert "line 2" in refusal(path)


def test_a_missing_preset_or_file_is_answered_with_the_presets(written: Write, tmp_path: Path) -> None:
    assert refusal("eth_1") == f'no preset "eth_1"; did you mean eth_1h? Presets: {", ".join(presets())}'
    assert refusal("zzz") == f'no preset "zzz"; presets: {", ".join(presets())}'
    absent = tmp_path / "absent.toml"
    assert refusal(absent) == f"no settings file {absent}; presets: {', '.join(presets())}"
    path = written('preset = "eth_1"\n')
    assert refusal(path).startswith(f'no preset "eth_1" in {path}; did you mean eth_1h?')
    assert "no preset" in refusal(written("preset = 3\n"))


def test_what_is_no_text_file_is_refused_by_name(written: Write, tmp_path: Path) -> None:
    assert refusal(str(tmp_path)).startswith(f"{tmp_path} cannot be read as a settings file")
    path = written(b"\xff\xfe\x00")
    assert refusal(path).startswith(f"{path} cannot be read as a settings file")


def test_a_byte_order_mark_is_no_setting(written: Write) -> None:
    assert load_config(written(b"\xef\xbb\xbf[fusion]\non = 0.5\noff = 0.1\n")).get("fusion.on") == 0.5
