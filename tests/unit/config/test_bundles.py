"""A setting that stands for others: who wins, what is refused, and that every bundle fits the settings."""

from pathlib import Path
from typing import Any

import pytest

from bullmachine.config import describe, differences, load_config
from bullmachine.config.bundles import bundles, opened, sets, venue_bundle
from bullmachine.config.load import _merged
from bullmachine.config.rows import rows_in
from bullmachine.config.sources import Layer
from bullmachine.core.errors import ConfigError
from bullmachine.market.venues import venues

LEAVES = {leaf.key: leaf for leaf in describe()}
TABLE: Any = {
    "size": {"big": {"width": 9, "height": 9}, "small": {"width": 1, "height": 1}, "own": {}},
    "look": {"dark": {"ink": "white"}},
}
#: what a number of a venue is called among the settings
SETTINGS = {
    "market": "account.market",
    "taker_bps": "costs.taker_bps",
    "maker_bps": "costs.maker_bps",
    "funding_hours": "costs.funding_hours",
    "maintenance": "account.maintenance",
    "calendar": "data.calendar",
}


def resolved(*layers: dict[str, object]) -> dict[str, object]:
    """The last value of every key."""
    values: dict[str, object] = {}
    for layer in opened([Layer(f"layer {k}", given) for k, given in enumerate(layers)], TABLE):
        values |= layer.values
    return values


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([{"size": "big"}], {"size": "big", "width": 9, "height": 9}),
        ([{"width": 3, "size": "big"}], {"size": "big", "width": 3, "height": 9}),
        ([{"size": "big"}, {"width": 3}], {"size": "big", "width": 3, "height": 9}),
        ([{"width": 3}, {"size": "big"}], {"size": "big", "width": 9, "height": 9}),
        ([{"size": "big", "width": 3}, {"size": "small"}], {"size": "small", "width": 1, "height": 1}),
        ([{"size": "big", "width": 3}, {"size": "big"}], {"size": "big", "width": 9, "height": 9}),
        ([{"size": "big", "width": 3}, {"size": "own"}], {"size": "own", "width": 3, "height": 9}),
        ([{"size": "big"}, {"look": "dark"}], {"size": "big", "width": 9, "height": 9, "look": "dark", "ink": "white"}),
        ([{"size": "huge"}], {"size": "huge"}),
        ([{"size": ["big"]}], {"size": ["big"]}),
        ([{"width": 3}], {"width": 3}),
    ],
)
def test_a_choice_is_opened_where_it_is_made_below_what_that_place_says(
    layers: list[dict[str, object]], expected: dict[str, object]
) -> None:
    assert resolved(*layers) == expected


def test_an_opened_layer_says_what_opened_it() -> None:
    places = [layer.place for layer in opened([Layer("my.toml", {"size": "big"})], TABLE)]
    assert places == ['my.toml by size = "big"', "my.toml"]


def test_a_bundle_that_sets_what_is_no_setting_is_refused_by_name() -> None:
    layers = opened([Layer("--set", {"account.venue": "x"})], {"account.venue": {"x": {"costs.takr_bps": 1.0}}})
    with pytest.raises(ConfigError, match=r'^unknown setting "costs\.takr_bps" in --set by account\.venue = "x"; did'):
        _merged(layers)


def test_what_stands_as_a_bundle_sets_it_is_known_from_what_was_changed() -> None:
    values = {"size": "big", "width": 9, "height": 2, "look": "dark", "ink": "black"}
    assert sets(values, TABLE) == {"width": "size"}


@pytest.mark.parametrize("key", bundles())
def test_a_bundles_choices_are_those_of_its_setting(key: str) -> None:
    assert list(bundles()[key]) == list(LEAVES[key].choices)


@pytest.mark.parametrize("key", bundles())
def test_the_default_choice_is_what_the_defaults_are(key: str) -> None:
    chosen = bundles()[key][str(LEAVES[key].default)]
    own = {k: value for k, value in chosen.items() if rows_in(k) is None}  # no default is a row
    assert own == {k: LEAVES[k].default for k in own}


@pytest.mark.parametrize("key", bundles())
def test_every_choice_sets_the_same_settings_or_none_so_that_nothing_of_another_stays(key: str) -> None:
    told = [frozenset(k for k in given if rows_in(k) is None) for given in bundles()[key].values() if given]
    assert len(set(told)) == 1


@pytest.mark.parametrize("key", bundles())
def test_no_bundle_sets_another(key: str) -> None:
    assert not {k for given in bundles()[key].values() for k in given} & set(bundles())


@pytest.mark.parametrize(("key", "choice"), [(key, choice) for key, choices in bundles().items() for choice in choices])
def test_every_choice_loads_with_the_values_it_stands_for(key: str, choice: str) -> None:
    config = load_config(overrides={key: choice})
    assert config.get(key) == choice
    for k, value in bundles()[key][choice].items():
        assert config.get(k) == value
        assert type(config.get(k)) is type(value)


def test_every_number_of_a_venue_that_is_a_setting_is_set_by_it() -> None:
    for venue in venues():
        given = {key: getattr(venue, field) for field, key in SETTINGS.items() if key in LEAVES}
        assert venue_bundle()[venue.name] == {key: value for key, value in given.items() if value is not None}


def test_a_venue_moves_its_costs_and_own_costs_win_over_it(tmp_path: Path) -> None:
    kraken = load_config(overrides=["account.venue=kraken_spot"])
    assert (kraken.decide.costs.taker_bps, kraken.decide.costs.maker_bps) == (40.0, 25.0)
    path = tmp_path / "mine.toml"
    path.write_text('preset = "eth_1h"\n[account]\nvenue = "kraken_spot"\n[costs]\ntaker_bps = 26.0\n')
    assert (load_config(path).get("costs.taker_bps"), load_config(path).get("costs.maker_bps")) == (26.0, 25.0)
    again = load_config(path, ["account.venue=bybit_perp"])
    assert (again.get("costs.taker_bps"), again.get("costs.maker_bps")) == (5.5, 2.0)


@pytest.mark.parametrize("turn", [1, -1])
def test_the_order_of_overrides_does_not_decide_between_a_venue_and_a_cost(turn: int) -> None:
    texts = ["costs.taker_bps=3", "account.venue=bybit_perp"][::turn]
    assert load_config(overrides=texts).get("costs.taker_bps") == 3.0


def test_custom_leaves_costs_as_they_are_set_and_has_a_digest_of_its_own() -> None:
    plain, custom = load_config(), load_config(overrides=["account.venue=custom"])
    assert differences(plain, custom) == [("account.venue", "binance_perp", "custom")]
    assert plain.sha256 != custom.sha256


def test_an_unknown_venue_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r'^account\.venue = "kraken" in --set is not a known name; allowed: binance'):
        load_config(overrides=["account.venue=kraken"])


def test_a_rule_that_a_bundles_value_breaks_names_the_choice() -> None:
    layers = [Layer("--set", {"account.venue": "x"})]
    _, origins = _merged(opened(layers, {"account.venue": {"x": {"costs.taker_bps": 1.0}}}))
    assert origins["costs.taker_bps"] == '--set by account.venue = "x"'


def test_the_venue_in_a_written_file_can_be_changed_with_effect(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = load_config(overrides={"costs.maker_bps": 1.0}).to_toml()
    assert "# taker_bps = 5.0  # fee of market and stop fills (0 to 1000); set by account.venue\n" in text
    path.write_text(text.replace('venue = "binance_perp"', 'venue = "kraken_spot"'))
    config = load_config(path)
    assert (config.get("costs.taker_bps"), config.get("costs.maker_bps")) == (40.0, 1.0)
