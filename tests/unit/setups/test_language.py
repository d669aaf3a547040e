"""The language of setups: what sentences say, and what is refused, in one sentence with the place."""

from pathlib import Path
from typing import Any

import pytest

from bullmachine.config import load_config
from bullmachine.core.errors import ConfigError
from bullmachine.setups.book import setup_sets
from bullmachine.setups.kinds import KIND_OF
from bullmachine.setups.language import parse_condition
from bullmachine.setups.records import CONDITIONS, PAIRS, Form
from bullmachine.trading.exit_params import StopAt, Trail
from bullmachine.trading.params import SETUPS

SPRING = "event SPRING on base within 3"


def refusal(**row: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(overrides={"fusion.mode": "setups", "setups": {"mine": row}})
    return str(caught.value)


def test_an_event_says_its_kinds_age_score_and_what_came_before() -> None:
    said = parse_condition("event lps | BU on middle within 2 score>=0.4 after SOS|JAC within 40 score >= .5")
    assert (said.form, said.tf) == (Form.EVENT, 1)
    assert [KIND_OF["LPS"], KIND_OF["BU"]] == list(said.event.kinds)
    assert (said.event.age, said.event.score) == (2, 0.4)
    assert [KIND_OF["SOS"], KIND_OF["JAC"]] == list(said.before.kinds)
    assert (said.before.age, said.before.score) == (40, 0.5)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("state trend slow >= 0.5", 0.5, float("inf")),
        ("state trend base <= -1", float("-inf"), -1.0),
        ("state phase base = A", 1.0, 2.0),
        ("state phase base = C", 4.0, 4.0),
        ("state phase middle >= C", 4.0, 6.0),
        ("state phase middle <= B", 1.0, 3.0),
        ("state location base discount", float("-inf"), 0.5),
        ("state location middle premium", 0.5, float("inf")),
        ("state location middle<=0.25", float("-inf"), 0.25),
        ("state align middle >= 1", 1.0, float("inf")),
    ],
)
def test_a_state_says_from_where_to_where(text: str, low: float, high: float) -> None:
    said = parse_condition(text)
    assert (said.low, said.high) == (low, high)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("event SPRNG on base within 3", "there is no event SPRNG; did you mean SPRING?"),
        ("event UTAD on base within 3", "UTAD never speaks for longs; conditions are written for the long side and m"),
        ("event UTAD on base within 3", "and mirrored: write SPRING"),
        ("event ACC_FAIL on base within 3", "mirrored: write DIST_FAIL"),
        ("event SPRING within 3", "an event is written event KIND on base|middle|slow within BARS"),
        ("event SPRING on daily within 3", "there is no timeframe daily; write base, middle or slow"),
        ("event CHOCH on slow within 3", "CHOCH is never told on slow"),
        ("event SESSION_BREAK on middle within 3", "SESSION_BREAK is never told on middle"),
        ("event SPRING on base within 1001", "within takes bars, a whole number from 0 to 1000, not 1001"),
        ("event SPRING on base within -1", "within takes bars, a whole number from 0 to 1000, not -1"),
        ("event SPRING on base within 3 score >= 1.1", "a score lies in 0 to 1: 1.1 can never hold"),
        ("event SPRING on base within 3 score >= high", "a score is a number, not high"),
        ("event SWING on base within 3 score >= 0.1", "SWING has no score"),
        ("event SWEEP on base within 3 after SWEEP within 9", "SWEEP cannot come after itself"),
        ("event BOS|CHOCH|MSS|FVG|OB on base within 3", "5 kinds in one condition are more than 4"),
        ("zone OBB on base touched within 0", "there is no zone OBB; did you mean OB?"),
        ("zone HOB on base touched within 0", "a HOB ends where price touches it"),
        ("zone OB on slow touched within 0", "a zone on slow can never hold: the slow timeframe has levels"),
        ("zone OB on base within 0", "a zone is written zone KIND on base|middle touched within BARS"),
        ("state phase base = F", "a phase is =, >= or <= one of A, B, C, D, E"),
        ("state location base >= 1.5", "a location lies in 0 to 1: 1.5 can never hold"),
        ("state location slow discount", "location on slow can never hold"),
        ("state location base cheap", "a location is discount, premium, or >= or <= a number from 0 to 1, not cheap"),
        ("state align slow >= 0", "align on slow can never hold: nothing is slower"),
        ("state align base >= 2", "an alignment lies in -1 to 1: 2 can never hold"),
        ("state trend base = 1", "a trend is compared with >= or <="),
        ("state mood base >= 1", "there is no state mood"),
        ("SPRING on base", "a condition begins with event, zone or state"),
    ],
)  # fmt: skip
def test_a_condition_that_cannot_hold_is_refused_with_its_place(text: str, sentence: str) -> None:
    said = refusal(when=["state trend base >= 0", text])
    assert said.startswith("setups.mine")
    assert f'"{text}"' in said
    assert "condition 2" in said
    assert sentence in said
    assert said.endswith("(set in overrides)")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"on": True}, "setups.mine: when is missing: list its conditions"),
        ({"when": [SPRING] * (CONDITIONS + 1)}, f"{CONDITIONS + 1} conditions are more than {CONDITIONS}"),
        ({"when": ["state trend base >= 1", SPRING, "state trend base <= 0"]},
         "conditions 1 and 3 of when can never hold together"),
        ({"when": ["state trend base >= 1"], "entry": "ce"}, "entry = ce needs a zone to lie in"),
        ({"when": [SPRING], "exits": "single_2"}, 'there is no exit set "single_2"; did you mean single_2r?'),
        ({"when": [SPRING], "entry": "limit"}, 'setups.mine.entry = "limit" in overrides is not a known name'),
        ({"when": [SPRING], "expiry": 0}, "setups.mine.expiry = 0 in overrides is below 1"),
        ({"when": [SPRING], "whe": 1}, '"setups.mine.whe" in overrides; did you mean setups.mine.when?'),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_is_refused_in_one_sentence(row: dict[str, Any], sentence: str) -> None:
    assert sentence in refusal(**row)


def test_too_many_setups_or_events_are_refused() -> None:
    many = {f"s{n:02d}": {"when": [SPRING]} for n in range(SETUPS + 1)}
    with pytest.raises(ConfigError, match=rf"^{SETUPS + 8} setups are more than {SETUPS}; switch some off"):
        load_config(overrides={"setups": many})
    texts = [f"event {name} on {tf} within 3" for tf in ("base", "middle") for name in KIND_OF if _speaks(name, tf)]
    rows = {f"s{n}": {"when": texts[n * 8 : n * 8 + 8]} for n in range(8)}
    with pytest.raises(ConfigError, match=rf"the setups name \d+ events, more than {PAIRS}"):
        load_config(overrides={"setups": rows})


def _speaks(name: str, tf: str) -> bool:
    try:
        parse_condition(f"event {name} on {tf} within 3")
    except ConfigError:
        return False
    return not name.startswith("SESSION")


def test_a_mode_of_setups_without_any_is_refused() -> None:
    with pytest.raises(ConfigError, match=r'fusion\.mode = "setups", but no setup is on'):
        load_config(overrides={"fusion.mode": "setups", "fusion.setups": "none"})
    assert load_config(overrides={"fusion.setups": "none"}).setups.rows == {}


def test_a_set_brings_its_setups_and_one_can_be_changed_or_switched_off(tmp_path: Path) -> None:
    config = load_config(overrides=["fusion.mode=setups", "setups.spring.on=false", "setups.ob_retest.expiry=9"])
    assert list(config.setups.rows) == sorted(setup_sets()["shipped"])
    assert "spring" not in config.setups.live
    assert config.setups.rows["ob_retest"].expiry == 9
    path = tmp_path / "mine.toml"
    path.write_text(config.to_toml())
    assert load_config(path).setups == config.setups
    assert load_config(overrides=config.to_dict()) == load_config(overrides=config.to_dict())


def test_exits_are_the_runs_changed_by_their_set_and_stop() -> None:
    rows = {"a": {"when": [SPRING], "stop": "structure"}, "b": {"when": [SPRING], "exits": "trend"}}
    config = load_config(
        overrides={"fusion.mode": "setups", "fusion.setups": "none", "exits.stop_atr": 3.5, "setups": rows}
    )
    decide = config.decide
    a, b = decide.sets[:2]
    assert (a.stop, a.stop_atr, a.trail, a.target_1) == (
        StopAt.STRUCTURE,
        3.5,
        decide.exits.trail,
        decide.exits.target_1,
    )
    assert (b.stop, b.stop_atr, b.trail, b.max_bars) == (StopAt.ATR, 3.5, Trail.CHANDELIER, 168)
    assert b.trail_from.name == "ENTRY"


def test_only_the_mode_of_setups_runs_them() -> None:
    assert load_config().asking is None
    assert load_config(overrides=["fusion.mode=setups", "trade.source=signals"]).asking is None
    asking = load_config(overrides=["fusion.mode=setups"]).asking
    assert asking is not None
    assert asking.n == 7
