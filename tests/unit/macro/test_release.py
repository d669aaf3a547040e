"""When a value could first be known: hand-made dates against each kind of release rule."""

import datetime as dt

import numpy as np
import pytest

from bullmachine.core.errors import ConfigError
from bullmachine.core.time import from_ms, to_ms
from bullmachine.macro.release import parse_release


def ms(text: str) -> int:
    return to_ms(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("rule", "observed", "known"),
    [
        ("+0 days 22:00", "2024-01-05", "2024-01-05 22:00"),
        ("+1 days 00:00", "2024-02-28", "2024-02-29 00:00"),
        ("+0 days 24:00", "2024-01-05", "2024-01-06 00:00"),
        ("+1 weekday 22:00", "2024-01-04", "2024-01-05 22:00"),
        ("+1 weekdays 22:00", "2024-01-05", "2024-01-08 22:00"),  # Friday: Monday
        ("+1 weekdays 22:00", "2024-01-06", "2024-01-08 22:00"),  # a Saturday counts as the Friday before
        ("+5 weekdays 22:00", "2024-01-03", "2024-01-10 22:00"),
        ("+0 weekdays 09:30", "2024-01-06", "2024-01-08 09:30"),  # on the same day, if that is a weekday
        ("+1 weeks tue 22:00", "2024-01-01", "2024-01-09 22:00"),  # Monday
        ("+1 weeks tue 22:00", "2024-01-05", "2024-01-09 22:00"),  # Friday of the same week
        ("+1 weeks tue 22:00", "2024-01-07", "2024-01-09 22:00"),  # Sunday ends the week
        ("+1 weeks tue 22:00", "2024-01-08", "2024-01-16 22:00"),
        ("at its stamp", "2024-01-05 08:00", "2024-01-05 08:00"),
    ],
)
def test_a_value_is_known_when_its_rule_says(rule: str, observed: str, known: str) -> None:
    (found,) = parse_release(rule).known_at(np.array([ms(observed)]))
    assert f"{from_ms(int(found)):%Y-%m-%d %H:%M}" == known


@pytest.mark.parametrize("rule", ["+0 days 22:00", "+2 weekdays 22:00", "+1 weeks fri 08:00", "at its stamp"])
def test_no_value_is_known_before_an_older_one(rule: str) -> None:
    days = ms("2024-01-01") + np.arange(60) * 86_400_000
    assert (np.diff(parse_release(rule).known_at(days)) >= 0).all()


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "22:00", "+1 days", "+1 days 25:00", "+1 days 12:60", "-1 days 22:00", "+1 weeks 22:00",
     "+1 weeks xyz 22:00", "+40 days 22:00", "+1 months 22:00"],
)  # fmt: skip
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no release rule; write"):
        parse_release(text)
