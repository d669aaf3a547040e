"""Rows: settings whose names people choose. They are checked like any other, and stand in one order."""

from pathlib import Path

import pytest

from bullmachine.config import changed, describe, describe_rows, differences, load_config
from bullmachine.config.rows import ANY, rows_in
from bullmachine.core.errors import ConfigError

VIX = {
    "series": "vix",
    "transform": "level",
    "on": 30.0,
    "off": 25.0,
    "blocks": "long",
    "weight": 0.5,
    "unit": "points",
}


def refusal(*overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(overrides=list(overrides))
    return str(caught.value)


def test_a_row_of_ones_own_stands_beside_those_of_the_named_table() -> None:
    config = load_config(overrides={"macro.rules.fear": VIX})
    assert {"fear", "vix_jump"} <= set(config.macro.rules)
    assert (config.macro.rules["fear"].on, config.get("macro.rules.fear.quiet")) == (30.0, 0.0)


def test_one_number_of_a_shipped_row_can_be_changed_alone() -> None:
    config = load_config(overrides=["macro.rules.vix_jump.on=1.5", "macro.series.vix.max_age=3"])
    assert (config.macro.rules["vix_jump"].on, config.macro.rules["vix_jump"].off) == (1.5, 1.1)
    assert (config.macro.series["vix"].max_age, config.macro.series["vix"].release) == (3.0, "+0 days 22:00")
    assert differences(load_config(), config) == [
        ("macro.rules.vix_jump.on", 1.3, 1.5), ("macro.series.vix.max_age", 5.0, 3.0),
    ]  # fmt: skip


def test_choosing_a_table_takes_the_rows_below_it_away_and_keeps_those_of_its_own_place(tmp_path: Path) -> None:
    assert load_config(overrides=["macro.set=none"]).macro.rules == {}
    path = tmp_path / "mine.toml"
    path.write_text(
        'preset = "eth_1h"\n[macro]\nset = "none"\n[macro.rules.fear]\n'
        'series = "vix"\non = 30.0\noff = 25.0\nweight = 0.5\n'
    )
    assert list(load_config(path).macro.rules) == ["fear"]
    assert "vix_jump" in load_config(path, ["macro.set=changes"]).macro.rules
    assert "fear" not in load_config(path, ["macro.set=changes"]).macro.rules


def test_rows_stand_in_the_order_of_their_names_whatever_brought_them(tmp_path: Path) -> None:
    one = load_config(overrides={"macro.rules.zeta": VIX, "macro.rules.alpha": VIX})
    two = load_config(overrides={"macro.rules.alpha": VIX, "macro.rules.zeta": VIX})
    assert one == two
    assert one.sha256 == two.sha256
    assert list(one.macro.rules) == sorted(one.macro.rules)
    path = tmp_path / "eth_1h.toml"
    path.write_text(one.to_toml())
    assert load_config(path) == one
    assert load_config(overrides=one.to_dict()) == one
    assert load_config(overrides=load_config(overrides=["macro.set=none"]).to_dict()).macro.rules == {}


def test_every_setting_of_a_row_is_described_and_no_other_setting_has_a_star() -> None:
    assert {rows_in(leaf.key) for leaf in describe_rows()} == {"macro.rules", "macro.series", "setups"}
    assert all(leaf.doc for leaf in describe_rows())
    assert not [leaf.key for leaf in describe() if ANY in leaf.key]


@pytest.mark.parametrize("leaf", [leaf for leaf in describe_rows() if leaf.low is not None], ids=lambda leaf: leaf.key)
def test_a_number_of_a_row_outside_its_bounds_is_refused_with_the_rows_name(leaf: object) -> None:
    row = {"macro.rules": "vix_jump", "macro.series": "vix", "setups": "spring"}[str(rows_in(leaf.key))]  # type: ignore[attr-defined]
    key = leaf.key.replace(ANY, row)  # type: ignore[attr-defined]
    assert refusal(f"{key}={leaf.high * 2}").startswith(f"{key} = ")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("rules.vix_jump.onn=1", 'vix_jump.onn" in --set; did you mean macro.rules.vix_jump.on?'),
        ("rules.Vix.on=1", '"Vix" in --set is no name for a row of macro.rules: take a-z, 0-9 and _'),
        ("rules.fear.on=30", "macro.rules.fear: series is missing: name the series it reads (set in --set)"),
        ("series.cpi.unit=percent", "macro.series.cpi: release is missing: say when a value is known, such as "),
        ("rules.vix_jump.series=vixx", '"vixx", a series that nobody declares; did you mean vix? (set in --set)'),
        ("rules.vix_jump.series=cpi", "a series that nobody declares; declare it: [macro.series.cpi] (set in --set)"),
        ("shown=gold,cpi", 'macro.shown names "cpi", a series that nobody declares; declare it: [macro.series.cpi] ('),
        ("rules.funding_high.unit=percent", 'but funding is in "fraction per 8 h": convert on and off (set in --set)'),
        ("rules.funding_high.on=0.05", "on = 0.05 can never be reached: funding lies in -0.02 to 0.02 (set in --set)"),
        ("rules.vix_jump.on=1.1", "vix_jump: on = off = 1.1 does not say which way: put off below on (speaks"),
        ("series.vix.column=dxy", "the column dxy: their release rules (+0 days 22:00; +0 days 22:00) overlap; keep"),
        ("series.vix.release=tomorrow", 'vix: release = "tomorrow" is no release rule; write "+1 weekdays 22:00"'),
        ("rules.vix_jump.transform=sma", 'macro.rules.vix_jump: transform = "sma" is none; write level, over_sma_20'),
        ("rules.vix_jump.blocks=up", 'blocks = "up" in --set is not a known name; allowed: both, long, short'),
        ("set=v19", 'macro.set = "v19" in --set is not a known name; allowed: changes, none'),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_is_refused_in_one_sentence(override: str, sentence: str) -> None:
    said = refusal(f"macro.{override}")
    assert sentence in said
    assert "\n" not in said


def test_more_rows_than_the_context_holds_are_refused() -> None:
    rows = {f"macro.rules.r{n}": VIX for n in range(30)}
    with pytest.raises(ConfigError, match=r"^39 macro rules and 5 shown series are more than 32"):
        load_config(overrides=rows)


def test_a_choice_on_top_of_a_whole_configuration_takes_its_rows_away() -> None:
    own = load_config(overrides={"macro.set": "none", "macro.rules.fear": VIX})
    assert list(changed(own, {"trade.side": "long"}).macro.rules) == ["fear"]
    assert changed(load_config(), {"macro.set": "none"}).macro.rules == {}
    assert changed(load_config(), ["fusion.setups=none"]).setups.rows == {}
    assert (
        changed(load_config(overrides={"exits.set": "trend"}), {"exits.set": "single_2r"}).get("exits.trail") == "none"
    )
