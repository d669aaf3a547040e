"""Whatever cannot be used is refused in one sentence with its key, value, place and range."""

import math
from typing import Any

import numpy as np
import pytest

from bullmachine.config import Leaf, describe, load_config
from bullmachine.config.checks import check_sums
from bullmachine.core.errors import ConfigError

LEAVES = describe()
NUMBERS = [leaf for leaf in LEAVES if leaf.low is not None]
WHOLE = [leaf for leaf in NUMBERS if type(leaf.default) is int]


def refusal(overrides: Any, source: Any = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(source, overrides)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def outside(leaf: Leaf) -> tuple[float, float]:
    assert leaf.low is not None
    assert leaf.high is not None
    if type(leaf.default) is int:
        return leaf.low - 1, leaf.high + 1
    return math.nextafter(leaf.low, -math.inf), math.nextafter(leaf.high, math.inf)


@pytest.mark.parametrize("leaf", NUMBERS, ids=lambda leaf: leaf.key)
def test_a_number_just_outside_its_bounds_is_refused_with_its_key(leaf: Leaf) -> None:
    low, high = outside(leaf)
    assert refusal({leaf.key: low}).startswith(f"{leaf.key} = {low} in overrides is below ")
    assert refusal({leaf.key: high}).startswith(f"{leaf.key} = {high} in overrides is above ")


@pytest.mark.parametrize("leaf", NUMBERS, ids=lambda leaf: leaf.key)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "1", None, [1.0], 10**400, {"x": 1}], ids=str)
def test_what_is_not_a_finite_number_is_refused_with_its_key(leaf: Leaf, value: object) -> None:
    assert leaf.key in refusal({leaf.key: value})


@pytest.mark.parametrize("leaf", WHOLE, ids=lambda leaf: leaf.key)
def test_a_fraction_is_no_whole_number_and_an_integral_float_is(leaf: Leaf) -> None:
    assert "is not a whole number" in refusal([f"{leaf.key}={leaf.default}.5"])
    assert type(load_config(overrides={leaf.key: float(str(leaf.default))}).get(leaf.key)) is int


@pytest.mark.parametrize("leaf", [leaf for leaf in LEAVES if leaf.choices], ids=lambda leaf: leaf.key)
def test_an_unknown_name_is_refused_with_the_known_ones(leaf: Leaf) -> None:
    assert refusal([f"{leaf.key}=sideways"]).endswith(f"allowed: {', '.join(leaf.choices)}")
    assert leaf.key in refusal({leaf.key: 0})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("fusion.on=5", "fusion.on = 5 in --set is above 1; allowed: 0.01 to 1"),
        ("fusion.on=nan", "fusion.on = nan in --set is not finite; allowed: 0.01 to 1"),
        ("fusion.on=high", 'fusion.on = "high" in --set is not a number; allowed: 0.01 to 1'),
        ("fusion.on=true", "fusion.on = true in --set is not a number; allowed: 0.01 to 1"),
        ("trade.side=up", 'trade.side = "up" in --set is not a known name; allowed: both, long, short'),
        ("calibration.slice=3", "calibration.slice = 3 in --set is not text"),
        (
            "fusion.mode=single",
            (
                'fusion.mode = "single" in --set is not a known name; allowed: weighted, engines, setups, '
                "single:wyckoff, single:smc, single:hob, single:momentum"
            ),
        ),
        ("fusion.onn=1", 'unknown setting "fusion.onn" in --set; did you mean fusion.on?'),
        ("fusion=1", '"fusion" in --set is a section, not a setting; set a key in it, such as fusion.mode'),
        ("zzz.qqq=1", 'unknown setting "zzz.qqq" in --set; `bull config schema` lists them all'),
        ("fusion.on", '--set "fusion.on" is not KEY=VALUE, such as fusion.on=0.5'),
        ("=1", '--set "=1" is not KEY=VALUE, such as fusion.on=0.5'),
    ],
)
def test_the_sentence_names_key_value_place_and_what_is_allowed(text: str, sentence: str) -> None:
    assert refusal([text]) == sentence


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("fusion.onn", ["fusion.on"]),
        ("fuson.on", ["fusion.on"]),
        ("fusion.momentum.mix_bas", ["fusion.momentum.mix_base"]),
        ("costs.per_trade", ["risk.per_trade"]),
        ("per_trade", ["risk.per_trade"]),
        ("macd.fast", ["engines.momentum.macd.fast"]),
        ("momentum.macd.fast", ["engines.momentum.macd.fast"]),
        ("account.pertrade", ["risk.per_trade"]),
        ("atr.length", ["engines.features.atr.length"]),
        ("fusion.on.x", ["fusion.on"]),
        ("Fusion.On", ["fusion.on"]),
        ("data.timeframe", ["data.timeframes"]),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest(wrong: str, meant: list[str]) -> None:
    assert refusal({wrong: 1}).partition("did you mean ")[2] == " or ".join(meant) + "?"


def test_an_unknown_section_is_refused_even_when_empty_and_a_known_one_may_be_empty() -> None:
    assert '"fuson"' in refusal({"fuson": {}})
    assert '"fusion.on.more"' in refusal({"fusion": {"on": {"more": {}}}})
    assert load_config(overrides={"fusion": {}}) == load_config()


@pytest.mark.parametrize(
    ("overrides", "parts"),
    [
        (["fusion.off=0.5", "fusion.on=0.4"], ["fusion.off = 0.5 is above fusion.on = 0.4 (set in --set)"]),
        (["fusion.on=0.02"], ["is above fusion.on = 0.02 (set in preset eth_1h and --set)"]),
        (["fusion.momentum.mix_base=0.5"], ["fusion.momentum.mix_base + fusion.momentum.mix_middle", "not 0.8"]),
        (["engines.momentum.weights.rsi=0.5"], ["engines.momentum.weights.rsi + ", "must be 1, not 1.25"]),
        (["engines.momentum.weights.rsi=0.25000001"], ["not 1.00000001"]),
        (
            ["fusion.momentum.w_trend=0.5"],
            ["fusion.wyckoff.w_trend + fusion.smc.w_trend + fusion.momentum.w_trend must be 1, not 1.2 "],
        ),
        (
            ["fusion.hob.w_reversal=0"],
            [
                " + ".join(f"fusion.{e}.w_reversal" for e in ("wyckoff", "smc", "hob", "momentum"))
                + " must be 1, not 0.75 "
            ],
        ),
        (["fusion.hob.mix_base=1"], ["fusion.hob.mix_base + fusion.hob.mix_middle must be 1, not 1.3"]),
        (["engines.momentum.macd.fast=30"], ["engines.momentum.macd", "fast = 30", "slow = 26", "(set in --set)"]),
    ],
)
def test_settings_that_contradict_each_other_are_refused(overrides: Any, parts: list[str]) -> None:
    sentence = refusal(overrides)
    assert [part for part in parts if part not in sentence] == []


def test_the_weights_of_a_book_are_summed_over_its_engines() -> None:
    check_sums({"fusion.momentum.w_trend": 0.3, "fusion.smc.w_trend": 0.7, "fusion.smc.w_reversal": 1.0}, {})
    with pytest.raises(ConfigError, match=r"^fusion\.momentum\.w_trend \+ fusion\.smc\.w_trend must be 1, not 0\.9$"):
        check_sums({"fusion.momentum.w_trend": 0.3, "fusion.smc.w_trend": 0.6}, {})


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ("1h,4h", 'is not like ["1h", "4h", "1d"]'),
        ("1h,4h,1d,1w", 'is not like ["1h", "4h", "1d"]'),
        (7, 'is not like ["1h", "4h", "1d"]'),
        ([1, 4, 24], 'is not like ["1h", "4h", "1d"]'),
        ("1h,4h,soon", "'soon' is not like"),
        ("1h,90m,1d", "90m is not a multiple of 1h"),
        ("1h,4h,6h", "6h is not a multiple of 4h"),
        ("1h,1h,1d", "1h is not a multiple of 1h"),
        ("4h,1h,1d", "1h is not a multiple of 4h"),
        ("2d,4d,1w", "the base timeframe must be 1m to 1d"),
        ("1h,4h,2w", "the slow timeframe must be 1m to 1w"),
        ("4h,28h,1w", "weeks begin on Monday, which 28h bars do not meet"),
        ("7h,21h,1w", "weeks begin on Monday, which 21h bars do not meet"),
    ],
)
def test_timeframes_that_are_no_ladder_are_refused(names: object, problem: str) -> None:
    sentence = refusal({"data.timeframes": names})
    assert "data.timeframes" in sentence
    assert "overrides" in sentence
    assert problem in sentence


def test_numpy_numbers_are_numbers() -> None:
    config = load_config(overrides={"fusion.off": 0, "fusion.on": np.float64(0.75), "data.max_gap": np.int64(5)})
    assert [type(config.get(k)) for k in ("fusion.on", "data.max_gap")] == [float, int]
    assert "fusion.on" in refusal({"fusion.on": np.float64("nan")})


def test_asking_for_an_unknown_setting_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r'^unknown setting "fusion\.onn"; did you mean fusion\.on\?$') as caught:
        load_config().get("fusion.onn")
    assert caught.value.facts == {"key": "fusion.onn"}
