"""The tree of settings mirrors the Params classes, and says everything about each setting."""

import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bullmachine.config import RunParams, describe, json_schema, load_config, model_of, presets
from bullmachine.core.record import F8, I8, nested, param, params
from bullmachine.machine.records import SenseParams
from bullmachine.market.calendars import Calendar
from bullmachine.trading.exit_params import OnOpposite
from bullmachine.trading.params import DecideParams, Side

CLASSES: list[Any] = [SenseParams, DecideParams, RunParams]


@params
class Inner:
    length: I8 = param(default=3, ge=1, le=9, doc="bars")
    side: Side = param(default=Side.SHORT, doc="which side")


@params
class Outer:
    own: Inner = nested(Inner)
    longer: Inner = nested(Inner, length=7)
    share: F8 = param(default=1, ge=0, le=2, doc="a share")


def dig(tree: Any, key: str) -> Any:
    for name in key.split("."):
        tree = tree[name]
    return tree


def test_a_model_takes_defaults_bounds_and_names_from_its_params() -> None:
    made = model_of(Outer)()
    assert made.model_dump() == {
        "own": {"length": 3, "side": "short"},
        "longer": {"length": 7, "side": "short"},
        "share": 1.0,
    }
    schema = model_of(Inner).model_json_schema()
    assert schema["additionalProperties"] is False
    length, side = schema["properties"]["length"], schema["properties"]["side"]
    assert (length["minimum"], length["maximum"], length["description"]) == (1, 9, "bars")
    assert (side["enum"], side["default"]) == (["both", "long", "short"], "short")


def test_an_empty_file_resolves_to_the_defaults_of_the_params_classes(tmp_path: Path) -> None:
    path = tmp_path / "plain.toml"
    path.write_text("")
    config = load_config(path)
    assert config.name == "plain"
    assert [config.sense, config.decide, config.run] == [cls() for cls in CLASSES]


def scalars(cls: Any) -> Iterator[Any]:
    for f in dataclasses.fields(cls):
        item = f.metadata.get("item")
        if "length" in f.metadata:  # made from other settings
            continue
        yield from [f.metadata] if item is None else scalars(item)


def test_every_parameter_is_a_setting() -> None:
    rungs, own = 3, 9  # three timeframes are one setting; four of calibration, four names of sets, and what is shown
    expected = [m["doc"] for cls in CLASSES for m in scalars(cls)]
    assert len(describe()) == len(expected) - rungs + 1 + own
    missing = set(expected) - {leaf.doc for leaf in describe()}
    assert all(doc.endswith("timeframe in milliseconds") for doc in missing)


def test_every_setting_has_a_meaning_and_every_number_both_bounds_with_its_default_inside() -> None:
    for leaf in describe():
        assert leaf.doc, leaf.key
        if isinstance(leaf.default, int | float) and not isinstance(leaf.default, bool):
            assert leaf.low is not None, leaf.key
            assert leaf.high is not None, leaf.key
            assert leaf.low <= leaf.default <= leaf.high, leaf.key
        if leaf.choices:
            assert leaf.default in leaf.choices, leaf.key


def test_describe_speaks_of_the_values_that_load() -> None:
    config = load_config(overrides={leaf.key: leaf.default for leaf in describe()})
    for leaf in describe():
        assert config.get(leaf.key) == leaf.default
        assert type(config.get(leaf.key)) is type(leaf.default)


def test_values_reach_the_parameters_the_machine_reads() -> None:
    given = {
        "data.timeframes": ["15m", "1h", "4h"],
        "data.calendar": "us_equities",
        "data.max_gap": 7,
        "engines.features.sma_slow.length": 99,
        "fusion.momentum.s_trend": 0.25,
        "exits.on_opposite": "ignore",
        "timing.every_bars": 50,
        "calibration.slice": "ETH to 2022",
    }
    config = load_config(overrides=given)
    assert (config.sense.base, config.sense.middle, config.sense.slow) == (900_000, 3_600_000, 14_400_000)
    assert (config.sense.calendar, config.sense.max_gap) == (Calendar.SESSIONS, 7)
    assert (config.sense.features.sma_slow.length, config.sense.features.sma_fast.length) == (99, 20)
    assert config.decide.fusion.momentum.s_trend == 0.25
    assert config.decide.exits.on_opposite is OnOpposite.IGNORE
    assert (config.run.every_bars, config.calibration.slice) == (50, "ETH to 2022")


def test_the_schema_knows_every_key_and_the_preset_line() -> None:
    schema = json_schema()
    assert schema["properties"]["preset"]["enum"] == presets()
    for leaf in describe():
        node = schema
        for name in leaf.key.split("."):
            node = node["properties"][name]
            node = schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
        assert node["description"] == leaf.doc
        assert (node.get("minimum"), node.get("maximum")) == (leaf.low, leaf.high)


def test_the_resolved_tree_holds_every_setting_as_plain_values() -> None:
    tree = load_config().to_dict()
    assert tree["data"] == {"timeframes": ["1h", "4h", "1d"], "calendar": "24x7", "max_gap": 3}
    for leaf in describe():
        assert type(dig(tree, leaf.key)) in {int, float, str, bool, list}


def test_a_configuration_cannot_be_changed_and_survives_pickling() -> None:
    config = load_config()
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.name = "other"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301  (our own bytes)
    assert hash(config) == hash(load_config())


def test_preset_names_come_without_numba() -> None:
    code = "import sys; from bullmachine.config import presets; presets(); sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
