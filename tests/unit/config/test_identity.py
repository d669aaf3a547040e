"""What a run was made with: files that load back, the digest, and the differences of two configurations."""

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bullmachine.config import Config, describe, differences, load_config
from bullmachine.config.rows import rows_in
from bullmachine.config.sources import flatten

FEEDS = ("wyckoff", "smc", "hob", "momentum")
LEAVES = {leaf.key: leaf for leaf in describe()}
#: settings that sum to 1: an engine's weights, its mix, and the weights of a book
SUMS = [
    *([key for key in LEAVES if key.startswith(f"engines.{e}.weights.")] for e in FEEDS),
    *([key for key in LEAVES if key.startswith(f"fusion.{e}.mix_")] for e in FEEDS),
    [f"fusion.{e}.w_trend" for e in ("wyckoff", "smc", "momentum")],
    [f"fusion.{e}.w_reversal" for e in FEEDS],
]
#: moves the other way, to keep the sum
PARTNERS = {key: keys[k - 1] for keys in SUMS for k, key in enumerate(keys)}
#: what moves with a setting that stands for others, when it moves to its neighbour
STANDS_FOR: dict[str, dict[str, Any]] = {
    "account.venue": {"costs.taker_bps": 5.5},
    "exits.set": {
        "exits.target_2.at": "r", "exits.target_2.size": 0.5, "exits.trail": "atr", "exits.trail_atr": 1.0,
        "exits.max_bars": 96, "exits.volume_spike": "entry", "exits.spike_z": 1.3, "exits.spike_atr": 0.5,
    },
    "macro.set": {"macro.shown": ()},
}  # fmt: skip
MACHINE = [key for key in LEAVES if not key.startswith("calibration.")]
#: a rule ties them to other settings
TIED = (
    {*PARTNERS, "engines.momentum.macd.fast", "engines.momentum.macd.slow", "fusion.on", "fusion.off"}
    | {
        "engines.momentum.divergence.min_sep",
        "engines.momentum.divergence.max_sep",
    }
    | {"engines.levels.sessions.fixed_utc", "guards.weekdays", "account.leverage", "account.maintenance"}
    | {
        "risk.least",
        "risk.most",
        *(f"guards.{name}_{end}" for name in ("volatility", "throttle") for end in ("low", "high")),
        "guards.hour_from",
        "guards.hour_to",
        "exits.set",
        *(f"exits.target_{n}.{name}" for n in (1, 2, 3) for name in ("at", "size")),
    }
)
FREE = [key for key in MACHINE if key not in TIED]


#: values that a rule allows
SPECIAL: dict[str, Any] = {"data.timeframes": ("1h", "4h", "12h"), "guards.weekdays": 12345, "macro.shown": ("gold",)}


def neighbour(key: str, value: Any) -> Any:
    leaf: Any = LEAVES[key]
    if key in SPECIAL:
        return SPECIAL[key]
    if leaf.choices:
        return leaf.choices[(leaf.choices.index(value) + 1) % len(leaf.choices)]
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, int):
        return value + 1 if value < leaf.high else value - 1
    return (value + (leaf.low if value > leaf.low else leaf.high)) / 2


def moved(key: str) -> tuple[Config, Config, dict[str, Any]]:
    before = load_config()
    changes: dict[str, Any] = {key: neighbour(key, before.get(key))}
    if key in PARTNERS:
        values: dict[str, Any] = dict(before.settings)
        changes[key] = values[key] / 2
        changes[PARTNERS[key]] = values[PARTNERS[key]] + values[key] / 2
    return before, load_config(overrides=changes), changes


def reloaded(config: Config, path: Path) -> Config:
    path.write_text(config.to_toml(), encoding="utf-8")
    return load_config(path)


@pytest.mark.parametrize("key", LEAVES)
def test_a_changed_setting_comes_back_from_the_file_it_is_written_to(key: str, tmp_path: Path) -> None:
    _, after, changes = moved(key)
    back = reloaded(after, tmp_path / "eth_1h.toml")
    assert back == after
    assert all(back.get(k) == v for k, v in changes.items())
    assert load_config(overrides=after.to_dict()) == after
    assert load_config(overrides=json.loads(json.dumps(after.to_dict()))) == after


@pytest.mark.parametrize("key", MACHINE)
def test_the_digest_and_the_parameters_change_with_every_setting(key: str) -> None:
    before, after, _ = moved(key)
    assert after.sha256 != before.sha256
    assert (after.sense, after.decide, after.macro, after.setups, after.run) != (
        before.sense, before.decide, before.macro, before.setups, before.run,
    )  # fmt: skip


@pytest.mark.parametrize("key", [key for key in LEAVES if key.startswith("calibration.")])
def test_the_digest_does_not_depend_on_where_the_values_come_from(key: str) -> None:
    before, after, _ = moved(key)
    assert after.sha256 == before.sha256
    assert after.calibration != before.calibration


@pytest.mark.parametrize("key", LEAVES)
def test_differences_are_exactly_what_was_changed(key: str) -> None:
    before, after, changes = moved(key)
    told = changes | STANDS_FOR.get(key, {})
    expected = [(k, before.get(k), told[k]) for k in LEAVES if k in told]
    assert [d for d in differences(before, after) if rows_in(d[0]) is None] == expected
    assert differences(before, before) == []


def test_the_digest_does_not_change_with_the_order_or_the_spelling_of_settings() -> None:
    one = load_config(overrides={"fusion.on": 0.75, "data.timeframes": "60m,4h,1d", "fusion.off": 0})
    two = load_config(overrides=["fusion.off=-0.0", "data.timeframes=1h,4h,24h", "fusion.on=0.75"])
    assert one.sha256 == two.sha256
    assert one == two


def test_the_digest_is_that_of_the_sorted_json_of_all_settings_but_calibration() -> None:
    config = load_config()
    tree = {name: part for name, part in config.to_dict().items() if name != "calibration"}
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"))
    assert config.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_the_written_file_explains_every_setting() -> None:
    text = load_config().to_toml()
    for leaf in LEAVES.values():
        assert f"# {leaf.doc}" in text
    assert "length = 14  # true ranges in the average (1 to 200)\n" in text
    written = {key: value for key, value in flatten(tomllib.loads(text)).items() if value != {}}
    bundled = {
        "data.calendar",
        "costs.taker_bps",
        "exits.trail",
        "exits.target_1.r",
    }  # comments: venue and exit set say them
    assert bundled <= set(LEAVES) - set(written)
    assert written == {k: v for k, v in flatten(load_config().to_dict()).items() if k in written}
    assert text.index("[engines.momentum.divergence]") < text.index("[engines.momentum.divergence.pivot]")


def any_value(key: str) -> Any:
    leaf: Any = LEAVES[key]
    if key == "data.timeframes":
        return st.sampled_from([("1m", "5m", "15m"), ("15m", "1h", "4h"), ("1d", "2d", "6d"), ("4h", "1d", "1w")])
    if key == "macro.shown":
        return st.sampled_from([(), ("gold",), ("total3/total2", "vix")])
    if leaf.choices:
        return st.sampled_from(leaf.choices)
    if isinstance(leaf.default, int):
        return st.integers(leaf.low, leaf.high)
    return st.floats(leaf.low, leaf.high)


ANY_SETTINGS = st.lists(st.sampled_from(FREE), unique=True).flatmap(
    lambda keys: st.fixed_dictionaries({key: any_value(key) for key in keys})
)


@given(chosen=ANY_SETTINGS, slice_=st.text())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_valid_settings_come_back_bit_for_bit(chosen: dict[str, object], slice_: str, tmp_path: Path) -> None:
    config = load_config(overrides={**chosen, "calibration.slice": slice_})
    assert all(config.get(key) == value for key, value in chosen.items())
    back = reloaded(config, tmp_path / "eth_1h.toml")
    assert back == config
    assert back.sha256 == config.sha256
