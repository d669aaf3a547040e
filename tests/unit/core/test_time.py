"""Names of timeframes."""

import pytest

from bullmachine.core.errors import ConfigError
from bullmachine.core.time import DAY, HOUR, MINUTE, WEEK, parse_timeframe, timeframe_name


@pytest.mark.parametrize(
    ("name", "length"), [("15m", 15 * MINUTE), ("1h", HOUR), ("4H", 4 * HOUR), (" 1D ", DAY), ("1w", WEEK)]
)
def test_a_timeframe_has_its_length(name: str, length: int) -> None:
    assert parse_timeframe(name) == length
    assert parse_timeframe(timeframe_name(length)) == length


@pytest.mark.parametrize("name", ["1M", "0h", "h", "1", "1.5h", "-1h", "99999m", "1y", ""])
def test_a_month_and_other_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="is not like 15m"):
        parse_timeframe(name)
